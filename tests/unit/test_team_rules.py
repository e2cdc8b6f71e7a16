"""What the company's policy asks on top of the configuration, and that it never allows or hinders more."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.config import Connection
from dfn_tui.config.team_policy import (
    CapRule,
    ForwardingRule,
    GrantHours,
    PolicyError,
    ReasonRule,
    Rule,
    TeamPolicy,
)
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.service.changes.policy import Approval, require, requirements
from dfn_tui.service.changes.scope import Scope
from dfn_tui.service.changes.team_rules import Team
from dfn_tui.service.context import Forwarded
from dfn_tui.text.korea import KOREA
from tests.unit.plans import DAY
from tests.unit.test_policy import GIVE_ONE, GIVES, HERE, MAY_WRITE, PROD, STOP_ONE, STOPS

FILE = Path("/etc/dfn-tui/policy.toml")
SETS = Scope(1, fields=frozenset({("property", "points")}), user="user-0001")  # type: ignore[arg-type]
NO_ARCHIVE = Forwarded(False)
ALL_THERE = Forwarded(True)


def ask(
    scope: Scope,
    team: Team,
    connection: Connection = HERE,
    approval: Approval | None = None,
    now: datetime = DAY,
    forwarded: Forwarded = NO_ARCHIVE,
) -> None:
    said = Approval("INC-7", "a form") if approval is None else approval
    require(
        scope, MAY_WRITE, connection, said._replace(typed_count=scope.users), now, team, lambda: forwarded
    )


def refused(scope: Scope, team: TeamPolicy, rule: str, **more: Any) -> GateRefused:
    """What is refused by that rule, and by nothing without it."""
    ask(scope, None, **more)
    with pytest.raises(GateRefused) as caught:
        ask(scope, team, **more)
    assert f"rule {rule} in {FILE}" in caught.value.happened
    assert "Nothing is sent." in caught.value.happened
    assert caught.value.next_step
    return caught.value


class TestReadOnly:
    def test_holds_for_all_but_withdrawals(self) -> None:
        team = TeamPolicy(read_only=Rule())
        for scope in (GIVE_ONE, SETS, GIVES):
            refused(scope, team, "read_only")
        ask(STOP_ONE, team)
        ask(STOPS, team)

    def test_holds_for_withdrawals_where_it_says_so(self) -> None:
        refused(STOP_ONE, TeamPolicy(read_only=Rule(withdrawals=True)), "read_only")

    def test_holds_over_the_connections_it_names(self) -> None:
        team = TeamPolicy(read_only=Rule(connections=("prod", "here")))
        refused(SETS, team, "read_only")
        ask(SETS, team, HERE._replace(name="there"))

    @pytest.mark.parametrize(
        "base", ["https://Api.Example", "https://api.example.:8443/x", "https://api.example"]
    )
    def test_holds_over_what_leads_to_the_hosts_it_names_whatever_that_is_called(self, base: str) -> None:
        team = TeamPolicy(read_only=Rule(connections=("prod",), hosts=("api.example",)))
        refused(SETS, team, "read_only", connection=HERE._replace(name="mine", base_url=base))
        ask(SETS, team, HERE._replace(base_url="https://other.example"))
        ask(SETS, team, HERE._replace(base_url=None))
        own = TeamPolicy(read_only=Rule(hosts=("openapi.dfinery.io",)))
        refused(SETS, own, "read_only", connection=HERE._replace(name="mine", base_url=None))


class TestCaps:
    def test_of_users_counts_all_but_withdrawals_and_is_not_raised_by_an_option(self) -> None:
        team = TeamPolicy(max_users=CapRule(most=2))
        sets = SETS._replace(users=3, user="")
        refused(sets, team, "max_users")
        refused(sets, team, "max_users", approval=Approval(max_users=9))
        ask(sets._replace(users=2), team)
        ask(STOPS._replace(users=900, withdrawn=900, only_withdrawn=900), team)
        ask(sets._replace(users=5, withdrawn=3, only_withdrawn=3), team)

    def test_of_users_counts_withdrawals_where_it_says_so(self) -> None:
        team = TeamPolicy(max_users=CapRule(most=2, withdrawals=True))
        refused(STOPS._replace(users=3, withdrawn=3, only_withdrawn=3), team, "max_users")
        ask(STOP_ONE, team)

    def test_of_grants_counts_them_and_is_not_raised_by_an_option(self) -> None:
        team = TeamPolicy(max_grants=CapRule(most=2))
        gives = GIVE_ONE._replace(users=3, granted=3, user="")
        refused(gives, team, "max_grants")
        refused(gives, team, "max_grants", approval=Approval(max_grants=9))
        ask(gives._replace(granted=2), team)

    def test_hold_over_the_connections_they_name(self) -> None:
        caps = {"max_users": CapRule(most=1, connections=("prod",))}
        ask(GIVE_ONE._replace(users=3, granted=3), TeamPolicy(**caps))  # type: ignore[arg-type]
        ask(GIVE_ONE._replace(users=3, granted=3), TeamPolicy(max_grants=caps["max_users"]))

    def test_a_cap_of_the_configuration_holds_beneath_a_wider_one(self) -> None:
        team = TeamPolicy(max_users=CapRule(most=1000), max_grants=CapRule(most=1000))
        with pytest.raises(GateRefused, match=r"max_users of this connection in config.toml"):
            ask(SETS._replace(users=9, user=""), team, HERE._replace(max_users=5))


class TestReason:
    TEAM = TeamPolicy(reason=ReasonRule(pattern=r"INC-\d+"))

    @pytest.mark.parametrize("reason", ["", "customer called", "INC-", "inc-7"])
    def test_has_to_hold_the_pattern(self, reason: str) -> None:
        for scope in (SETS, GIVE_ONE):
            found = refused(scope, self.TEAM, "reason", approval=Approval(reason, "a form"))
            assert r"INC-\d+" in found.happened
        ask(STOP_ONE, self.TEAM, approval=Approval(reason))

    def test_may_hold_more(self) -> None:
        ask(SETS, self.TEAM, approval=Approval("INC-7, the customer called"))

    def test_is_asked_for_with_its_pattern(self) -> None:
        asked = requirements(SETS, HERE, DAY, self.TEAM)
        assert (asked.reason_required, asked.reason_pattern) == (True, r"INC-\d+")
        asked = requirements(STOP_ONE, HERE, DAY, self.TEAM)
        assert (asked.reason_required, asked.reason_pattern) == (False, "")

    def test_is_asked_of_withdrawals_where_it_says_so(self) -> None:
        team = TeamPolicy(reason=ReasonRule(pattern="INC", withdrawals=True))
        refused(STOP_ONE, team, "reason", approval=Approval("he said so"))
        assert requirements(STOP_ONE, HERE, DAY, team).reason_pattern == "INC"

    def test_a_reason_is_required_where_it_was_before(self) -> None:
        with pytest.raises(GateRefused, match="A reason is missing"):
            ask(STOP_ONE, self.TEAM, PROD, Approval())


class TestEvidence:
    TEAM = TeamPolicy(evidence=Rule())

    def test_is_always_needed_but_for_withdrawals(self) -> None:
        for scope in (SETS, GIVE_ONE):
            refused(scope, self.TEAM, "evidence", approval=Approval("INC-7", " "))
            assert requirements(scope, HERE, DAY, self.TEAM).evidence_required
        ask(STOP_ONE, self.TEAM, approval=Approval())
        assert not requirements(STOP_ONE, HERE, DAY, self.TEAM).evidence_required

    def test_of_each_row_will_do(self) -> None:
        gives = GIVE_ONE._replace(users=3, granted=3)
        ask(gives._replace(proven=3), self.TEAM, approval=Approval())
        refused(gives._replace(proven=2), self.TEAM, "evidence", approval=Approval())

    def test_is_needed_of_withdrawals_where_it_says_so(self) -> None:
        refused(STOP_ONE, TeamPolicy(evidence=Rule(withdrawals=True)), "evidence", approval=Approval("INC-7"))


def korean(clock: str) -> datetime:
    at = datetime.combine(DAY.astimezone(KOREA), time.fromisoformat(clock), KOREA)
    return at.astimezone(UTC)  # as hosts have it


class TestGrantHours:
    NIGHT = TeamPolicy(grant_hours=GrantHours(start=time(21), end=time(8)))
    NOON = TeamPolicy(grant_hours=GrantHours(start=time(11, 30), end=time(13)))

    @pytest.mark.parametrize(
        ("team", "clock", "open_"),
        [
            (NIGHT, "20:59:59", True),
            (NIGHT, "21:00:00", False),
            (NIGHT, "00:00:00", False),
            (NIGHT, "07:59:59", False),
            (NIGHT, "08:00:00", True),
            (NOON, "11:29:59", True),
            (NOON, "11:30:00", False),
            (NOON, "12:59:59", False),
            (NOON, "13:00:00", True),
            (NOON, "23:00:00", True),
        ],
    )
    def test_refuse_grants_by_the_korean_clock(self, team: TeamPolicy, clock: str, open_: bool) -> None:
        now = korean(clock)
        if open_:
            ask(GIVE_ONE, team, now=now)
        else:
            refused(GIVE_ONE, team, "grant_hours", now=now)
        ask(SETS, team, now=now)
        ask(STOP_ONE, team, now=now)

    def test_hold_over_the_connections_they_name(self) -> None:
        hours = GrantHours(start=time(21), end=time(8), connections=("prod",))
        ask(GIVE_ONE, TeamPolicy(grant_hours=hours), now=korean("22:00:00"))


class TestForwarding:
    TEAM = TeamPolicy(forwarding=ForwardingRule(minutes=60))

    def test_needs_an_archive(self) -> None:
        for team in (self.TEAM, TeamPolicy(forwarding=ForwardingRule())):
            refused(SETS, team, "forwarding")
            ask(SETS, team, forwarded=ALL_THERE)
            ask(STOP_ONE, team)

    def test_needs_one_that_is_not_too_far_behind(self) -> None:
        def at(minutes: int) -> Forwarded:
            return Forwarded(True, DAY - timedelta(minutes=minutes))

        refused(SETS, self.TEAM, "forwarding", forwarded=at(61))
        refused(SETS, self.TEAM, "forwarding", forwarded=Forwarded(True, datetime.min.replace(tzinfo=KOREA)))
        ask(SETS, self.TEAM, forwarded=at(60))
        ask(SETS, TeamPolicy(forwarding=ForwardingRule()), forwarded=at(10_000))
        ask(STOP_ONE, self.TEAM, forwarded=at(61))

    def test_needs_the_companys_and_no_other(self) -> None:
        team = TeamPolicy(forwarding=ForwardingRule(archives=("audit.example", "/dev/log")))
        for places in ((), ("mine.example",), ("/tmp/log",), ("audit.example", "mine.example")):
            refused(SETS, team, "forwarding", forwarded=Forwarded(True, None, places))
        for places in (("audit.example",), ("/dev/log",)):
            ask(SETS, team, forwarded=Forwarded(True, None, places))
        ask(STOP_ONE, team, forwarded=Forwarded(True, None, ("mine.example",)))

    def test_is_needed_for_withdrawals_where_it_says_so(self) -> None:
        refused(STOP_ONE, TeamPolicy(forwarding=ForwardingRule(withdrawals=True)), "forwarding")

    def test_what_cannot_be_told_is_not_taken_for_well(self) -> None:
        def broken() -> Forwarded:
            raise ConsoleError("No", "The journal is locked.", "Wait.")

        with pytest.raises(GateRefused, match=r"rule forwarding in .* The journal is locked\."):
            require(SETS, MAY_WRITE, HERE, Approval(), DAY, self.TEAM, broken)
        require(STOP_ONE, MAY_WRITE, HERE, Approval(), DAY, self.TEAM, broken)


class TestUnusable:
    WHY = PolicyError(
        FILE, "{file}: reason.patern is not a known key.", "Did you mean “pattern”?", title="No"
    )

    def test_nothing_is_sent_but_withdrawals(self) -> None:
        for scope in (SETS, GIVE_ONE, GIVES):
            with pytest.raises(GateRefused, match=rf"{FILE}: reason.patern is not .* Did you mean"):
                ask(scope, self.WHY)
        ask(STOP_ONE, self.WHY)
        ask(STOPS, self.WHY)

    def test_what_is_asked_for_is_what_the_configuration_asks(self) -> None:
        assert requirements(GIVES, PROD, DAY, self.WHY) == requirements(GIVES, PROD, DAY)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


NAMES = st.sampled_from([(), ("here",), ("there",), ("here", "there")])
ABOUT = {"connections": NAMES, "withdrawals": st.booleans()}
CAPS = st.builds(CapRule, most=st.integers(1, 6), **ABOUT)
CLOCKS = st.times(timezones=st.none())
TEAMS = st.builds(
    TeamPolicy,
    read_only=_maybe(st.builds(Rule, **ABOUT)),
    max_users=_maybe(CAPS),
    max_grants=_maybe(CAPS),
    reason=_maybe(st.builds(ReasonRule, pattern=st.sampled_from(["INC", r"^\d+$"]), **ABOUT)),
    evidence=_maybe(st.builds(Rule, **ABOUT)),
    grant_hours=_maybe(st.builds(GrantHours, connections=NAMES, start=CLOCKS, end=CLOCKS)),
    forwarding=_maybe(st.builds(ForwardingRule, minutes=_maybe(st.integers(1, 90)), **ABOUT)),
) | st.sampled_from([TestUnusable.WHY])
CONFIGURED = st.builds(
    lambda place, users, grants, withdrawals: place._replace(
        max_users=users, max_grants=grants, max_withdrawals=withdrawals
    ),
    st.sampled_from([HERE, PROD, HERE._replace(name="elsewhere")]),
    *[_maybe(st.integers(1, 6))] * 3,
)
SCOPES = st.builds(
    lambda base, more, withdrawn, proven: base._replace(
        users=base.users + more + withdrawn,
        granted=base.granted + (more if base.granted else 0),
        withdrawn=base.withdrawn + withdrawn,
        only_withdrawn=base.only_withdrawn + withdrawn,
        proven=min(proven, base.granted),
    ),
    st.sampled_from([STOP_ONE, GIVE_ONE, SETS]),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 2),
)
ANSWERS = st.builds(
    Approval,
    reason=st.sampled_from(["", "INC-7", "12"]),
    evidence=st.sampled_from(["", "a form"]),
    max_grants=_maybe(st.integers(1, 9)),
    max_users=_maybe(st.integers(1, 9)),
)
MOMENTS = st.times(timezones=st.none()).map(lambda clock: korean(clock.isoformat()))
STANDS = st.sampled_from([NO_ARCHIVE, ALL_THERE, Forwarded(True, DAY - timedelta(days=3))])


def passes(asking: Callable[[], None]) -> bool:
    try:
        asking()
    except GateRefused:
        return False
    return True


@given(SCOPES, TEAMS, CONFIGURED, ANSWERS, MOMENTS, STANDS)
def test_both_together_allow_nothing_that_one_alone_forbids(
    scope: Scope, team: Team, connection: Connection, said: Approval, now: datetime, stands: Forwarded
) -> None:
    together = passes(lambda: ask(scope, team, connection, said, now, stands))
    assert not together or passes(lambda: ask(scope, None, connection, said, now))
    lenient = connection._replace(max_users=None, max_grants=None, max_withdrawals=None, environment=HERE[2])
    assert not together or passes(lambda: ask(scope, team, lenient, said, now, stands))


@given(TEAMS, CONFIGURED, ANSWERS, MOMENTS, STANDS, st.integers(1, 9))
def test_a_withdrawal_is_held_up_by_no_rule_that_does_not_say_so(
    team: Team, connection: Connection, said: Approval, now: datetime, stands: Forwarded, users: int
) -> None:
    scope = STOP_ONE._replace(users=users, withdrawn=users, only_withdrawn=users)
    if isinstance(team, TeamPolicy):
        rules = {
            name: None
            for name in ("read_only", "max_users", "reason", "evidence", "forwarding")
            if getattr(team, name) is not None and getattr(team, name).withdrawals
        }
        team = team.model_copy(update=rules)
    assert passes(lambda: ask(scope, team, connection, said, now, stands)) == passes(
        lambda: ask(scope, None, connection, said, now)
    )
