"""How a consent is spread over a list, and to whom advertising may go out by day and by night."""

from datetime import UTC, datetime, timedelta

import pytest

from dfn_tui.consent.flags import Channel, Flag, State
from dfn_tui.screens.lookup.spread import changes_after, most_staged, night_sentence, spread
from tests.unit.test_user_rows import GIVEN, NEVER, OFF, unread, user

DAY, SOON, NIGHT = (
    datetime(2026, 3, 2, hour, minute, tzinfo=UTC) for hour, minute in ((3, 0), (11, 52), (13, 0))
)
PEOPLE = [
    user("a", mkt=GIVEN, mkt_sms=GIVEN, night=GIVEN, night_sms=GIVEN),
    user("b", mkt=GIVEN, mkt_sms=GIVEN, night_sms=OFF),
    user("c", mkt_sms=OFF),
    user("d"),
]
FLAGS = tuple(Flag)


def test_the_bars_count_each_state_now_and_after_what_is_staged() -> None:
    staged = {PEOPLE[0].identity: {Flag.MKT_SMS: OFF}, PEOPLE[3].identity: {Flag.MKT_PUSH: OFF}}
    now, after = spread(Flag.MKT_SMS, [*PEOPLE, unread("e")], staged)
    assert dict(now) == {GIVEN: 2, OFF: 1, NEVER: 1}
    assert dict(after) == {GIVEN: 1, OFF: 2, NEVER: 1}


def test_by_day_it_is_said_how_many_are_left_at_night() -> None:
    words = night_sentence(PEOPLE, Channel.SMS, DAY, FLAGS).plain
    assert words == "Of 4 users 3 may get SMS advertising now, 2 after 21:00."


def test_shortly_before_the_night_it_is_said_what_changes() -> None:
    text = night_sentence(PEOPLE, Channel.SMS, SOON, FLAGS)
    assert text.plain.startswith("From 21:00 the night consent counts too. Of 4 users 3 may")
    assert any(span.style == "strong.warn" for span in text.spans)


def test_by_night_it_is_said_how_many_more_there_are_in_the_morning() -> None:
    words = night_sentence(PEOPLE, Channel.SMS, NIGHT, FLAGS).plain
    assert words == "Of 4 users 2 may get SMS advertising now, 3 after 08:00."


@pytest.mark.parametrize(("now", "minutes"), [(DAY, 8 * 60 + 30), (SOON, 8), (NIGHT, 10 * 60)])
def test_the_sentence_is_said_anew_when_it_changes(now: datetime, minutes: int) -> None:
    assert changes_after(now) == timedelta(minutes=minutes)
    then = now + changes_after(now)
    assert night_sentence(PEOPLE, Channel.SMS, then, FLAGS) != night_sentence(PEOPLE, Channel.SMS, now, FLAGS)


def test_the_consent_that_is_staged_most_often_is_shown() -> None:
    push, sms = {Flag.MKT_PUSH: OFF}, {Flag.MKT_SMS: State.UNSUBSCRIBED}
    assert most_staged([push, push, sms], FLAGS) is Flag.MKT_PUSH
    assert most_staged([], FLAGS) is Flag.MKT_SMS
    assert most_staged([], (Flag.INFO,)) is Flag.INFO
    assert most_staged([], FLAGS, Flag.MKT_PUSH) is Flag.MKT_PUSH  # it does not jump when the last edit goes
