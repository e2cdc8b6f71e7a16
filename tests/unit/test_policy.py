"""What may be written, and what must be given before it is: for single users and for plans."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.consent.flags import Direction, Flag, FlagChange, State
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.plan.records import PlanMetadata
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.changes.policy import Approval, Notice, Scope, require, requirements
from dfn_tui.service.context import Mode
from dfn_tui.service.records import UserChange
from dfn_tui.service.review import review
from dfn_tui.store import FieldChange, FieldKind
from tests.unit.plans import DAY, NIGHT

MAY_WRITE = Mode(False, "")
HERE = Connection("here", ApiVersion.V1, Environment.SANDBOX)
PROD = HERE._replace(environment=Environment.PRODUCTION)
NEXT = HERE._replace(api=ApiVersion.V2)


@dataclass(frozen=True)
class Plan:
    """Where a plan was made for."""

    connection: str = "here"
    environment: Environment = Environment.SANDBOX
    api: ApiVersion = ApiVersion.V1
    kind: IdentityKind = IdentityKind.USER_ID


def consents(flag: Flag, after: State) -> frozenset[FlagChange]:
    return frozenset({FlagChange(flag, None, after)})


STOP_ONE = Scope(1, withdrawn=1, consents=consents(Flag.MKT_SMS, State.UNSUBSCRIBED), user="user-0001")
GIVE_ONE = STOP_ONE._replace(granted=1, withdrawn=0, consents=consents(Flag.MKT_SMS, State.SUBSCRIBED))
NIGHT_ONE = GIVE_ONE._replace(consents=consents(Flag.NIGHT_SMS, State.SUBSCRIBED))
STOPS = STOP_ONE._replace(users=80, withdrawn=80, user="", plan=Plan())
GIVES = GIVE_ONE._replace(users=80, granted=80, user="", plan=Plan())
NIGHTS = GIVES._replace(consents=NIGHT_ONE.consents)
POINTS = Scope(80, fields=frozenset({(FieldKind.PROPERTY, "points")}), plan=Plan())
CREATES = STOP_ONE._replace(notices=(Notice("create:user-0001", "It is unknown.", must_acknowledge=True),))
NOTHING = Approval()
REASON = Approval(reason="INC-42")
FORM = Approval(evidence="form 7")
READ = FORM._replace(acknowledged=frozenset({"night-rule"}))
ALL = READ._replace(reason="INC-42", typed_count=80)


def ask(
    scope: Scope,
    approval: Approval,
    connection: Connection = HERE,
    mode: Mode = MAY_WRITE,
    now: datetime = DAY,
) -> None:
    """Of a plan that was made for this connection's environment."""
    if isinstance(scope.plan, Plan):
        scope = scope._replace(plan=replace(scope.plan, environment=connection.environment))
    require(scope, mode, connection, approval, now)


@pytest.mark.parametrize(
    ("scope", "approval", "connection"),
    [
        (STOP_ONE, NOTHING, HERE),
        (STOP_ONE, REASON, PROD),
        (STOP_ONE._replace(users=101, withdrawn=101), REASON, PROD),
        (GIVE_ONE, NOTHING, HERE),
        (GIVE_ONE, FORM._replace(reason="INC-42"), PROD),
        (NIGHT_ONE, READ, HERE),
        (CREATES, NOTHING._replace(acknowledged=frozenset({"create:user-0001"})), HERE),
        (STOPS, REASON, HERE),
        (GIVES, FORM, HERE),
        (NIGHTS, READ, HERE),
        (POINTS, NOTHING, HERE),
        (STOPS, REASON._replace(typed_count=80), PROD),
        (STOPS._replace(users=101, withdrawn=101), REASON, HERE._replace(max_grants=1)),
        (NIGHTS, ALL, PROD),
        (GIVES._replace(granted=100, users=100), FORM, HERE),
        (GIVES._replace(granted=101, users=101), FORM._replace(max_grants=101), HERE),
        (GIVES._replace(granted=101, users=101), FORM, HERE._replace(max_grants=101)),
        (STOPS._replace(users=100_000), REASON, HERE),
        (STOPS._replace(users=100_001), REASON._replace(max_users=100_001), HERE),
        (STOPS._replace(users=100_001), REASON, HERE._replace(max_users=100_001)),
    ],
)
def test_what_is_asked_for_is_enough(scope: Scope, approval: Approval, connection: Connection) -> None:
    for now in (DAY, NIGHT):
        ask(scope, approval, connection, now=now)


@pytest.mark.parametrize(
    ("scope", "approval", "connection", "title"),
    [
        (STOP_ONE._replace(users=0), REASON, HERE, "Nothing to send"),
        (STOP_ONE, NOTHING, PROD, "A reason is missing"),
        (STOP_ONE, Approval(reason=" "), PROD, "A reason is missing"),
        (GIVE_ONE, REASON, PROD, "Evidence is missing"),
        (NIGHT_ONE, READ._replace(evidence=" "), HERE, "Evidence is missing"),
        (NIGHT_ONE, FORM, HERE, "A warning is not acknowledged"),
        (CREATES, READ, HERE, "A warning is not acknowledged"),
        (GIVE_ONE._replace(users=101, granted=101), ALL, HERE, "Too many consents given at once"),
        (STOP_ONE._replace(users=100_001), ALL, HERE, "Too many users at once"),
        (STOPS._replace(users=0), ALL, HERE, "Nothing to send"),
        (STOPS, NOTHING, HERE, "A reason is missing"),
        (STOPS, Approval(reason=" "), HERE, "A reason is missing"),
        (POINTS, FORM, PROD, "A reason is missing"),
        (GIVES, REASON, HERE, "Evidence is missing"),
        (GIVES._replace(withdrawn=1), FORM, HERE, "A reason is missing"),
        (GIVES, REASON._replace(evidence=" "), PROD, "Evidence is missing"),
        (NIGHTS, FORM, HERE, "A warning is not acknowledged"),
        (GIVES._replace(granted=101, users=101), FORM, HERE, "Too many consents given at once"),
        (GIVES, FORM._replace(max_grants=79), HERE, "Too many consents given at once"),
        (GIVES, FORM, HERE._replace(max_grants=79), "Too many consents given at once"),
        (STOPS._replace(users=100_001), REASON, HERE, "Too many users at once"),
        (STOPS, REASON._replace(max_users=79), HERE, "Too many users at once"),
        (STOPS, REASON, PROD, "The number of users is not confirmed"),
        (STOPS, REASON._replace(typed_count=79), PROD, "The number of users is not confirmed"),
        (STOPS, REASON._replace(typed_count=81), PROD, "The number of users is not confirmed"),
    ],
)
def test_the_first_thing_missing_is_named(
    scope: Scope, approval: Approval, connection: Connection, title: str
) -> None:
    with pytest.raises(GateRefused) as caught:
        ask(scope, approval, connection)
    assert caught.value.title == title
    assert "Nothing is sent." in caught.value.happened


def test_how_many_would_be_reached_is_told() -> None:
    with pytest.raises(GateRefused, match="100,001 users would be written to; 100,000 at most"):
        ask(STOPS._replace(users=100_001), ALL)
    with pytest.raises(GateRefused, match="101 users would be given a consent; 100 at most"):
        ask(GIVES._replace(users=101, granted=101), ALL)


@pytest.mark.parametrize("scope", [STOP_ONE, STOPS])
def test_a_console_that_may_not_write_does_not(scope: Scope) -> None:
    with pytest.raises(GateRefused, match=r"Read-only: .*config\.toml"):
        ask(scope, ALL, mode=Mode(True, "config.toml"))


@pytest.mark.parametrize(
    "plan", [Plan(connection="there"), Plan(environment=Environment.PRODUCTION), Plan(api=ApiVersion.V2)]
)
def test_a_plan_is_sent_nowhere_but_where_it_was_made_for(plan: Plan) -> None:
    with pytest.raises(GateRefused, match="another connection"):
        require(STOPS._replace(plan=plan), MAY_WRITE, HERE, ALL, DAY)


@pytest.mark.parametrize(
    ("scope", "kind"),
    [
        (STOPS._replace(consents=consents(Flag.NIGHT, State.UNSUBSCRIBED)), IdentityKind.EMAIL),
        (POINTS._replace(fields=frozenset({(FieldKind.CI, "kakao_id")})), IdentityKind.EMAIL),
        (POINTS, IdentityKind.USER_ID),
    ],
)
def test_what_an_api_version_does_not_have_is_not_sent(scope: Scope, kind: IdentityKind) -> None:
    with pytest.raises(GateRefused, match="does not fit"):
        ask(scope._replace(plan=Plan(api=ApiVersion.V2, kind=kind)), ALL, NEXT)


@pytest.mark.parametrize("name", ["kakao_id", "email", "phone_no"])
@pytest.mark.parametrize("plan", [None, Plan(api=ApiVersion.V2, kind=IdentityKind.EXTERNAL_ID)])
def test_nothing_removes_an_identifier_of_version_2(name: str, plan: Plan | None) -> None:
    with pytest.raises(GateRefused, match="cannot be removed"):
        ask(Scope(80, deletes=frozenset({name}), plan=plan), ALL, NEXT)


@pytest.mark.parametrize(
    ("scope", "connection", "question", "answer"),
    [
        (STOP_ONE, HERE, "Type yes", "yes"),
        (STOP_ONE, PROD, "This is production", "1"),
        (STOPS, PROD, "This is production", "80"),
        (STOP_ONE._replace(deletes=frozenset({"kakao_id"})), HERE, "the user's id to delete", "user-0001"),
        (STOPS._replace(deletes=frozenset({"kakao_id"})), PROD, "cannot be undone", "80"),
    ],
)
def test_what_is_typed_before_it_is_sent(
    scope: Scope, connection: Connection, question: str, answer: str
) -> None:
    asked = requirements(scope, connection, DAY)
    assert question in asked.question
    assert asked.answer == answer
    assert asked.yes_is_enough is (connection is HERE)


def test_what_a_review_would_write_is_counted() -> None:
    user = Identity(IdentityKind.USER_ID, "new-1")
    sms = FieldChange(FieldKind.CONSENT, Flag.MKT_SMS, None, State.SUBSCRIBED)
    push = FieldChange(FieldKind.CONSENT, Flag.MKT_PUSH, State.SUBSCRIBED, State.UNSUBSCRIBED)
    others = (
        FieldChange(FieldKind.PROPERTY, "points", None, 7),
        FieldChange(FieldKind.CI, "kakao_id", "k-1", None),
        FieldChange(FieldKind.CI, "phone_number", None, "821012345678"),
    )
    found = review([UserChange(user, (sms, push, *others), creates=True)], [{}], VERSION_1, PROD, DAY)
    [creates] = found.asked.to_acknowledge
    assert creates.id == "create:user_id=new-1"
    assert found.scope == Scope(
        users=1,
        granted=1,
        withdrawn=1,
        consents=frozenset(
            {
                FlagChange(Flag.MKT_SMS, None, State.SUBSCRIBED),
                FlagChange(Flag.MKT_PUSH, State.SUBSCRIBED, State.UNSUBSCRIBED),
            }
        ),
        fields=frozenset({(FieldKind.PROPERTY, "points"), (FieldKind.CI, "phone_number")}),
        deletes=frozenset({"kakao_id"}),
        notices=(creates,),
        user="new-1",
    )


def test_what_a_plan_would_write_is_counted() -> None:
    head = PlanMetadata(
        "here",
        Environment.SANDBOX,
        ApiVersion.V1,
        IdentityKind.USER_ID,
        DAY,
        "kim",
        "",
        "ids",
        "",
        9,
        0,
        0,
        0,
    )
    found = Totals(
        head,
        to_send=9,
        flags={(Flag.MKT_SMS, Direction.GRANT): 2, (Flag.MKT, Direction.WITHDRAW): 3},
        fields={(FieldKind.PROPERTY, "points"): 4},
        deleted={"kakao_id": 1},
        granted=2,
        withdrawn=3,
    )
    assert found.scope == Scope(
        users=9,
        granted=2,
        withdrawn=3,
        consents=consents(Flag.MKT_SMS, State.SUBSCRIBED) | consents(Flag.MKT, State.UNSUBSCRIBED),
        fields=frozenset({(FieldKind.PROPERTY, "points")}),
        deletes=frozenset({"kakao_id"}),
        plan=head,
    )
