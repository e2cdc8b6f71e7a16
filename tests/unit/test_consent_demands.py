from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.demands import CautionId, Demands, demands
from dfn_tui.consent.diff import FlagChange
from dfn_tui.consent.flags import Flag, Purpose, State

NOON = datetime(2026, 3, 1, 3, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 15, tzinfo=UTC)
INSTANTS = st.sampled_from([NOON, MIDNIGHT])
FLAGS = st.sampled_from(Flag)


def grant(flag: Flag) -> FlagChange:
    return FlagChange(flag, State.UNSUBSCRIBED, State.SUBSCRIBED)


def withdraw(flag: Flag) -> FlagChange:
    return FlagChange(flag, State.SUBSCRIBED, State.UNSUBSCRIBED)


@given(st.lists(FLAGS, unique=True), INSTANTS, st.booleans())
def test_withdrawing_demands_no_more_than_the_reason(
    flags: list[Flag], at: datetime, production: bool
) -> None:
    asked = demands([withdraw(flag) for flag in flags], at, production)
    assert asked == Demands(cautions=(), evidence_required=False, reason_required=production)


@given(st.sampled_from([flag for flag in Flag if flag.purpose is Purpose.NIGHT]), INSTANTS, st.booleans())
def test_a_night_consent_shows_the_rule_and_wants_evidence_at_any_hour(
    flag: Flag, at: datetime, production: bool
) -> None:
    asked = demands([withdraw(Flag.MKT), grant(flag)], at, production)
    assert asked.evidence_required
    rule = asked.cautions[0]
    assert (rule.id, rule.must_acknowledge) == (CautionId.NIGHT_RULE, True)
    assert "50(3)" in rule.text


@given(st.sampled_from([flag for flag in Flag if flag.purpose is not Purpose.NIGHT]), INSTANTS)
def test_any_other_consent_wants_evidence_in_production_only(flag: Flag, at: datetime) -> None:
    assert demands([grant(flag)], at, production=True).evidence_required
    assert not demands([grant(flag)], at, production=False).evidence_required


@given(FLAGS, INSTANTS, st.booleans())
def test_giving_an_advertising_consent_at_night_warns_of_the_hours(
    flag: Flag, at: datetime, production: bool
) -> None:
    cautions = {caution.id for caution in demands([grant(flag)], at, production).cautions}
    warned = at is MIDNIGHT and flag is not Flag.INFO
    assert (CautionId.NIGHT_HOURS in cautions) == warned


def test_each_caution_appears_once() -> None:
    cautions = demands([grant(flag) for flag in Flag], MIDNIGHT, production=True).cautions
    assert [caution.id for caution in cautions] == [CautionId.NIGHT_RULE, CautionId.NIGHT_HOURS]
