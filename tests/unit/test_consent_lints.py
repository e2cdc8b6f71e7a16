from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import Channel, Flag, Purpose, State
from dfn_tui.consent.lints import Lint, LintKind, lint, new_lints

ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET


def test_a_night_consent_without_the_day_consent() -> None:
    for day in (OFF, NEVER):
        assert lint({Flag.MKT_SMS: day, Flag.NIGHT_SMS: ON}) == (
            Lint(
                LintKind.NIGHT_WITHOUT_DAY,
                (Flag.NIGHT_SMS, Flag.MKT_SMS),
                "SMS at night is given, but advertising by SMS is not",
            ),
        )


def test_a_night_consent_for_every_channel_without_the_day_consent() -> None:
    [found] = lint({Flag.MKT: NEVER, Flag.NIGHT: ON})
    assert (found.kind, found.flags) == (LintKind.NIGHT_WITHOUT_DAY, (Flag.NIGHT, Flag.MKT))


def test_a_channel_on_under_an_every_channel_flag_that_is_off() -> None:
    assert lint({Flag.MKT: OFF, Flag.MKT_PUSH: ON}) == (
        Lint(
            LintKind.CHANNEL_OVER_EVERY,
            (Flag.MKT_PUSH, Flag.MKT),
            "push is given, but advertising by every channel is withdrawn",
        ),
    )
    [found] = lint({Flag.NIGHT: OFF, Flag.MKT_KAKAO: ON, Flag.NIGHT_KAKAO: ON})
    assert (found.kind, found.flags) == (LintKind.CHANNEL_OVER_EVERY, (Flag.NIGHT_KAKAO, Flag.NIGHT))


def test_nothing_ever_set() -> None:
    [found] = lint(dict.fromkeys(Flag, NEVER))
    assert (found.kind, found.flags) == (LintKind.NOTHING_EVER_SET, tuple(Flag))


def test_only_findings_that_were_not_there_before_are_new() -> None:
    before = {Flag.MKT_SMS: State.UNSUBSCRIBED, Flag.NIGHT_SMS: State.SUBSCRIBED}
    after = before | {Flag.MKT_PUSH: State.UNSUBSCRIBED, Flag.NIGHT_PUSH: State.SUBSCRIBED}
    assert [one.flags for one in new_lints(before, after)] == [(Flag.NIGHT_PUSH, Flag.MKT_PUSH)]


def test_what_cannot_be_read_contradicts_nothing() -> None:
    assert lint({}) == ()
    assert lint({Flag.NIGHT_PUSH: ON}) == ()


def test_everything_on_or_everything_off_is_in_order() -> None:
    assert lint(dict.fromkeys(Flag, ON)) == ()
    assert lint(dict.fromkeys(Flag, OFF)) == ()


@given(st.dictionaries(st.sampled_from(Flag), st.sampled_from(State)))
def test_a_finding_names_what_is_on_and_what_speaks_against_it(consents: dict[Flag, State]) -> None:
    for found in lint(consents):
        assert found.text
        if found.kind is LintKind.NOTHING_EVER_SET:
            assert set(consents.values()) == {NEVER}
            continue
        flag, against = found.flags
        assert consents[flag] is ON
        if found.kind is LintKind.NIGHT_WITHOUT_DAY:
            assert consents[against] is not ON
            assert (against.purpose, against.channel) == (Purpose.ADVERTISING, flag.channel)
        else:
            assert consents[against] is OFF
            assert (against.purpose, against.channel) == (flag.purpose, Channel.EVERY)
