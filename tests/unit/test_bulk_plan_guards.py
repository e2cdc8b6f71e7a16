"""What must be given before a plan is sent."""

from dataclasses import replace
from datetime import datetime

import pytest

from dfn_tui.api.types import IdentityKind
from dfn_tui.config import Api, Connection, Environment
from dfn_tui.consent.diff import Direction
from dfn_tui.consent.flags import Flag
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.plan.fit import require_fit
from dfn_tui.service.bulk.plan.records import Head
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.changes.policy import Approval, require
from dfn_tui.service.place import Mode
from dfn_tui.store import FieldKind
from tests.unit.plans import DAY, NIGHT

MAY_WRITE = Mode(False, "")
HERE = Connection("here", Api.V1, Environment.SANDBOX)
PROD = replace(HERE, environment=Environment.PRODUCTION)
HEAD = Head(
    connection="here",
    environment=Environment.SANDBOX,
    api=Api.V1,
    kind=IdentityKind.USER_ID,
    made=DAY,
    by="kim@bastion-1",
    source="",
    form="ids",
    encoding="",
    users=80,
    duplicates=0,
    bad=0,
    blank=0,
)
STOPS = Totals(HEAD, to_send=80, flags={(Flag.MKT_SMS, Direction.WITHDRAW): 80}, withdrawn=80)
GIVES = Totals(HEAD, to_send=80, flags={(Flag.MKT_SMS, Direction.GRANT): 80}, granted=80)
NIGHTS = replace(GIVES, flags={(Flag.NIGHT_SMS, Direction.GRANT): 80})
POINTS = Totals(HEAD, to_send=80, fields={(FieldKind.PROPERTY, "points"): 80})
REASON = Approval(reason="INC-42")
FORM = Approval(evidence="form 7")
READ = replace(FORM, acknowledged=frozenset({"night-rule"}))
ALL = replace(READ, reason="INC-42", typed_count=80)


def ask(
    found: Totals,
    approval: Approval,
    connection: Connection = HERE,
    mode: Mode = MAY_WRITE,
    now: datetime = DAY,
) -> None:
    head = replace(found.head, environment=connection.environment)
    guard(replace(found, head=head), mode, connection, approval, now)


def guard(found: Totals, mode: Mode, connection: Connection, approval: Approval, now: datetime) -> None:
    """As a plan is asked about before it is sent."""
    require_fit(found, connection)
    production = connection.environment is Environment.PRODUCTION
    require(found.scope(now, production=production), mode, connection, approval)


@pytest.mark.parametrize(
    ("found", "approval", "connection"),
    [
        (STOPS, REASON, HERE),
        (GIVES, FORM, HERE),
        (NIGHTS, READ, HERE),
        (POINTS, Approval(), HERE),
        (STOPS, replace(REASON, typed_count=80), PROD),
        (NIGHTS, ALL, PROD),
        (replace(GIVES, granted=101, to_send=101), replace(FORM, max_grants=101), HERE),
        (replace(GIVES, granted=101, to_send=101), FORM, replace(HERE, max_grants=101)),
        (replace(STOPS, to_send=100_001), replace(REASON, max_users=100_001), HERE),
        (replace(STOPS, to_send=100_001), REASON, replace(HERE, max_users=100_001)),
    ],
)
def test_what_is_asked_for_is_enough(found: Totals, approval: Approval, connection: Connection) -> None:
    for now in (DAY, NIGHT):
        ask(found, approval, connection, now=now)


@pytest.mark.parametrize(
    ("found", "approval", "connection", "title"),
    [
        (replace(STOPS, to_send=0), ALL, HERE, "Nothing to send"),
        (STOPS, Approval(), HERE, "A reason is missing"),
        (STOPS, Approval(reason=" "), HERE, "A reason is missing"),
        (POINTS, FORM, PROD, "A reason is missing"),
        (GIVES, REASON, HERE, "Evidence is missing"),
        (replace(GIVES, withdrawn=1), FORM, HERE, "A reason is missing"),
        (GIVES, replace(REASON, evidence=" "), PROD, "Evidence is missing"),
        (NIGHTS, FORM, HERE, "A warning is not acknowledged"),
        (replace(GIVES, granted=101, to_send=101), FORM, HERE, "Too many consents given at once"),
        (GIVES, replace(FORM, max_grants=79), HERE, "Too many consents given at once"),
        (GIVES, FORM, replace(HERE, max_grants=79), "Too many consents given at once"),
        (replace(STOPS, to_send=100_001), REASON, HERE, "Too many users at once"),
        (STOPS, replace(REASON, max_users=79), HERE, "Too many users at once"),
        (STOPS, REASON, PROD, "The number of users is not confirmed"),
        (STOPS, replace(REASON, typed_count=79), PROD, "The number of users is not confirmed"),
        (STOPS, replace(REASON, typed_count=81), PROD, "The number of users is not confirmed"),
    ],
)
def test_the_first_thing_missing_is_named(
    found: Totals, approval: Approval, connection: Connection, title: str
) -> None:
    with pytest.raises(GateRefused) as caught:
        ask(found, approval, connection)
    assert caught.value.title == title
    assert "Nothing was sent." in caught.value.happened


def test_a_console_that_may_not_write_does_not() -> None:
    with pytest.raises(GateRefused, match=r"Read-only: .*config\.toml"):
        ask(STOPS, ALL, mode=Mode(True, "config.toml"))


@pytest.mark.parametrize(
    "head",
    [
        replace(HEAD, connection="there"),
        replace(HEAD, environment=Environment.PRODUCTION),
        replace(HEAD, api=Api.V2),
    ],
)
def test_a_plan_is_sent_nowhere_but_where_it_was_made_for(head: Head) -> None:
    with pytest.raises(GateRefused, match="another connection"):
        guard(replace(STOPS, head=head), MAY_WRITE, HERE, ALL, DAY)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (replace(STOPS, flags={(Flag.NIGHT, Direction.WITHDRAW): 80}), IdentityKind.EMAIL),
        (replace(POINTS, fields={(FieldKind.CI, "kakao_id"): 1}), IdentityKind.EMAIL),
        (POINTS, IdentityKind.USER_ID),
    ],
)
def test_what_a_generation_does_not_have_is_not_sent(found: Totals, kind: IdentityKind) -> None:
    head = replace(found.head, api=Api.V2, kind=kind)
    with pytest.raises(GateRefused, match="does not fit"):
        guard(replace(found, head=head), MAY_WRITE, replace(HERE, api=Api.V2), ALL, DAY)


@pytest.mark.parametrize("name", ["kakao_id", "email", "phone_no"])
def test_no_plan_removes_an_identifier_of_generation_2(name: str) -> None:
    found = replace(POINTS, fields={}, deleted={name: 1}, head=replace(HEAD, api=Api.V2))
    head = replace(HEAD, api=Api.V2, kind=IdentityKind.EXTERNAL_ID)
    with pytest.raises(GateRefused, match="cannot be removed"):
        guard(replace(found, head=head), MAY_WRITE, replace(HERE, api=Api.V2), ALL, DAY)
