"""What may be written, and what must be given before it is: for single users and for plans."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.open import HOSTS
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.consent.flags import Direction, Flag, FlagChange, State
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.plan.records import PlanMetadata
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.changes.plan_rules import address_of, require_fresh
from dfn_tui.service.changes.policy import Approval, require, requirements
from dfn_tui.service.changes.scope import Notice, Scope
from dfn_tui.service.context import Mode
from dfn_tui.service.records import UserChange
from dfn_tui.service.review import review
from dfn_tui.store import FieldChange, FieldKind
from tests.unit.plans import DAY, NIGHT

MAY_WRITE = Mode(False, "")
HERE = Connection("here", ApiVersion.V1, Environment.SANDBOX, base_url="https://host")
PROD = HERE._replace(environment=Environment.PRODUCTION)
NEXT = HERE._replace(api=ApiVersion.V2)


@dataclass(frozen=True)
class Plan:
    """Where a plan was made for."""

    connection: str = "here"
    environment: Environment = Environment.SANDBOX
    api: ApiVersion = ApiVersion.V1
    kinds: tuple[IdentityKind, ...] = (IdentityKind.USER_ID,)
    named_by: str = "user_id"
    base_url: str = "https://host"
    service_id: str = ""
    made: datetime = DAY
    resubscribe: bool = False


def consents(flag: Flag, after: State) -> frozenset[FlagChange]:
    return frozenset({FlagChange(flag, None, after)})


STOP_ONE = Scope(
    1, withdrawn=1, consents=consents(Flag.MKT_SMS, State.UNSUBSCRIBED), user="user-0001", only_withdrawn=1
)
GIVE_ONE = STOP_ONE._replace(
    granted=1, withdrawn=0, consents=consents(Flag.MKT_SMS, State.SUBSCRIBED), only_withdrawn=0
)
NIGHT_ONE = GIVE_ONE._replace(consents=consents(Flag.NIGHT_SMS, State.SUBSCRIBED))
STOPS = STOP_ONE._replace(users=80, withdrawn=80, user="", plan=Plan(), only_withdrawn=80)
ALL_STOPS = STOPS._replace(users=1_000_000, withdrawn=1_000_000, only_withdrawn=1_000_000)
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
        (POINTS._replace(users=100_000), REASON, HERE),
        (POINTS._replace(users=100_001), REASON._replace(max_users=100_001), HERE),
        (POINTS._replace(users=100_001), REASON, HERE._replace(max_users=100_001)),
        (ALL_STOPS, REASON, HERE),
        (ALL_STOPS, REASON._replace(max_users=1), HERE._replace(max_users=1, max_grants=1)),
        (ALL_STOPS, REASON, HERE._replace(max_withdrawals=1_000_000)),
        (POINTS._replace(users=100_020, withdrawn=20, only_withdrawn=20), REASON, HERE),
        (GIVES._replace(proven=80), NOTHING, HERE),
        (NIGHTS._replace(proven=80), READ._replace(evidence=""), HERE),
        (GIVES._replace(resubscribed=9, plan=Plan(resubscribe=True)), FORM, HERE),
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
        (STOP_ONE._replace(users=100_002), ALL, HERE, "Too many users at once"),
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
        (POINTS._replace(users=100_001), REASON, HERE, "Too many users at once"),
        (POINTS, REASON._replace(max_users=79), HERE, "Too many users at once"),
        (ALL_STOPS, REASON, HERE._replace(max_withdrawals=999_999), "Too many consents withdrawn at once"),
        (GIVES._replace(proven=79), NOTHING, HERE, "Evidence is missing"),
        (NIGHTS._replace(proven=79), READ._replace(evidence=""), HERE, "Evidence is missing"),
        (GIVES._replace(resubscribed=1), FORM, HERE, "Some of these people had said no"),
        (GIVES._replace(plan=Plan(resubscribe=True), resubscribed=1), NOTHING, HERE, "Evidence is missing"),
        (STOPS._replace(plan=Plan(base_url="")), REASON, HERE, "The plan is of an earlier version"),
        (STOPS, REASON, HERE._replace(base_url="https://eu"), "The plan is for another address"),
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
        ask(POINTS._replace(users=100_001), ALL)
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
        ask(scope._replace(plan=Plan(api=ApiVersion.V2, kinds=(kind,))), ALL, NEXT)


@pytest.mark.parametrize("name", ["kakao_id", "email", "phone_no"])
@pytest.mark.parametrize("plan", [None, Plan(api=ApiVersion.V2, kinds=(IdentityKind.EXTERNAL_ID,))])
def test_nothing_removes_an_identifier_of_version_2(name: str, plan: Plan | None) -> None:
    with pytest.raises(GateRefused, match="cannot be removed"):
        ask(Scope(80, deletes=frozenset({name}), plan=plan), ALL, NEXT)


@pytest.mark.parametrize(
    ("scope", "connection", "question", "answer"),
    [
        (STOP_ONE, HERE, "Type yes", "yes"),
        (STOP_ONE, PROD, "This is production", "1"),
        (STOPS, PROD, "This is production. Type the number of users (user_id)", "80"),
        (STOPS, HERE, "Type yes to send to 80 users (user_id): ", "yes"),
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
        only_withdrawn=0,
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
        only_withdrawn=1,
    )
    assert found.scope == Scope(
        users=9,
        granted=2,
        withdrawn=3,
        consents=consents(Flag.MKT_SMS, State.SUBSCRIBED) | consents(Flag.MKT, State.UNSUBSCRIBED),
        fields=frozenset({(FieldKind.PROPERTY, "points")}),
        deletes=frozenset({"kakao_id"}),
        plan=head,
        only_withdrawn=1,
    )


def test_a_single_user_who_is_only_withdrawn_from_is_counted_so() -> None:
    user = Identity(IdentityKind.USER_ID, "user-0001")
    push = FieldChange(FieldKind.CONSENT, Flag.MKT_PUSH, State.SUBSCRIBED, State.UNSUBSCRIBED)
    points = FieldChange(FieldKind.PROPERTY, "points", None, 7)
    for fields, only in (((push,), 1), ((push, points), 0), ((points,), 0)):
        found = review([UserChange(user, fields)], [{}], VERSION_1, HERE, DAY)
        assert found.scope.only_withdrawn == only


@pytest.mark.parametrize(
    ("made", "here"),
    [
        (Plan(service_id="service-7"), HERE),
        (Plan(base_url="https://eu"), HERE),
        (
            Plan(api=ApiVersion.V2, base_url=HOSTS["v2"], service_id="shop-1"),
            NEXT._replace(service_id="shop-2"),
        ),
        (Plan(base_url="https://eu"), HERE._replace(base_url="https://us")),
    ],
)
def test_a_plan_for_another_address_is_refused_with_both_named(made: Plan, here: Connection) -> None:
    with pytest.raises(GateRefused) as refused:
        ask(STOPS._replace(plan=made), ALL, here)
    assert refused.value.title == "The plan is for another address"
    for word in (made.base_url, made.service_id, *address_of(here)):
        assert word in refused.value.happened


def test_the_documented_address_is_the_same_written_out() -> None:
    written_out = STOPS._replace(plan=Plan(base_url=HOSTS["v1"]))
    for address in (HOSTS["v1"], f"{HOSTS['v1']}/", None):
        ask(written_out, REASON, HERE._replace(base_url=address))


@pytest.mark.parametrize("api", [ApiVersion.V1, ApiVersion.V2])
def test_a_plan_that_gives_consents_is_good_for_a_day_or_as_the_connection_says(api: ApiVersion) -> None:
    plan = Plan(api=api)
    here = HERE._replace(api=api)
    for hours, connection in ((24, here), (3, here._replace(plan_hours=3))):
        limit = timedelta(hours=hours)
        for age in (limit, -limit):
            require_fresh(plan, GIVES.granted, connection, DAY + age)
        for age in (limit + timedelta(seconds=1), -limit - timedelta(seconds=1)):
            with pytest.raises(GateRefused, match="too old"):
                require_fresh(plan, GIVES.granted, connection, DAY + age)


def test_a_plan_of_withdrawals_only_warns_of_its_age() -> None:
    later = DAY + timedelta(days=30)
    require_fresh(Plan(), STOPS.granted, HERE, later)
    [notice] = requirements(STOPS, HERE, later).warnings
    assert (notice.id, notice.must_acknowledge) == ("old-plan", False)
    assert "720 hours" in notice.text
    assert requirements(STOPS, HERE, DAY + timedelta(hours=24)).warnings == ()
