"""What the rules of consent say of changes: what is to be read, and what is to be given."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.consent.flags import Flag, FlagChange, Purpose, State
from dfn_tui.service.changes.policy import Requirements, requirements, warnings
from dfn_tui.service.changes.scope import Scope

NOON = datetime(2026, 3, 1, 3, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 15, tzinfo=UTC)
INSTANTS = st.sampled_from([NOON, MIDNIGHT])
FLAGS = st.sampled_from(Flag)


def grant(flag: Flag) -> FlagChange:
    return FlagChange(flag, State.UNSUBSCRIBED, State.SUBSCRIBED)


def withdraw(flag: Flag) -> FlagChange:
    return FlagChange(flag, State.SUBSCRIBED, State.UNSUBSCRIBED)


def asked(*changes: FlagChange, at: datetime, production: bool) -> Requirements:
    """What one user's changes need."""
    place = Environment.PRODUCTION if production else Environment.SANDBOX
    granted = any(change.after is State.SUBSCRIBED for change in changes)
    scope = Scope(users=1, granted=granted, withdrawn=not granted, consents=frozenset(changes))
    return requirements(scope, Connection("here", ApiVersion.V1, place), at)


@given(st.lists(FLAGS, unique=True), INSTANTS, st.booleans())
def test_withdrawing_needs_no_more_than_the_reason(flags: list[Flag], at: datetime, production: bool) -> None:
    found = asked(*map(withdraw, flags), at=at, production=production)
    assert (found.warnings, found.evidence_required, found.count_required) == ((), False, False)
    assert found.reason_required == production


@given(st.sampled_from([flag for flag in Flag if flag.purpose is Purpose.NIGHT]), INSTANTS, st.booleans())
def test_a_night_consent_shows_the_rule_and_wants_evidence_at_any_hour(
    flag: Flag, at: datetime, production: bool
) -> None:
    found = asked(withdraw(Flag.MKT), grant(flag), at=at, production=production)
    assert found.evidence_required
    [rule] = found.to_acknowledge
    assert rule.id == "night-rule"
    assert "50(3)" in rule.text


@given(st.sampled_from([flag for flag in Flag if flag.purpose is not Purpose.NIGHT]), INSTANTS)
def test_any_other_consent_wants_evidence_in_production_only(flag: Flag, at: datetime) -> None:
    assert asked(grant(flag), at=at, production=True).evidence_required
    assert not asked(grant(flag), at=at, production=False).evidence_required


@given(FLAGS, INSTANTS)
def test_giving_an_advertising_consent_at_night_warns_of_the_hours(flag: Flag, at: datetime) -> None:
    found = warnings(Scope(1, consents=frozenset({grant(flag)})), at)
    warned = at is MIDNIGHT and flag is not Flag.INFO
    assert ("night-hours" in {warning.id for warning in found}) == warned


def test_each_warning_appears_once() -> None:
    found = warnings(Scope(1, consents=frozenset(map(grant, Flag))), MIDNIGHT)
    assert [warning.id for warning in found] == ["night-rule", "night-hours"]
