"""Which duties are open by what the journal holds, and that they were done."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.consent.duties import Duty
from dfn_tui.outcomes import Outcome
from dfn_tui.service.duties import (
    DutyRefused,
    OpenDuty,
    list_duties,
    notes_of,
    open_duties,
    require_done_on,
)
from dfn_tui.store import (
    AllJournals,
    FieldChange,
    Filter,
    IntentUser,
    Journal,
    OutcomeGroup,
    Ref,
    Subject,
)
from tests.unit.journals import ALICE, KEY, consent, intent

ON, OFF = "Subscribed", "Unsubscribed"
START = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # 3 March in Korea


class Told:
    """A journal that is told of changes, each on a day of its own."""

    def __init__(self, path: Path, key: bytes | None = KEY) -> None:
        self.now = START
        self.journal = Journal(path, key, clock=lambda: self.now)

    def change(
        self,
        *changes: FieldChange,
        user: Subject | str = "u-1",
        ending: Outcome | None = Outcome.CONFIRMED,
        said: str = "",
        ground: str = "",
        undo_of: int | None = None,
        days: int = 1,
    ) -> int:
        self.now += timedelta(days=days)
        subject = user if isinstance(user, Subject) else Subject("user_id", user)
        group = replace(intent("u", *changes), users=(IntentUser(subject, undo_of),))
        [seq] = self.journal.begin([replace(group, expressed_on=said, ground=ground, write=f"w{self.now}")])
        if ending is not None:
            self.journal.conclude([OutcomeGroup((seq,), ending)])
        return seq

    def open(self, duty: Duty) -> list[OpenDuty]:
        return [
            one
            for _entry, one in open_duties(AllJournals(self.journal.path), Filter(connection="shop"))
            if one.duty is duty
        ]

    def seqs(self, duty: Duty) -> list[Ref]:
        return [one.seq for one in self.open(duty)]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "journal.db")


def give(flag: str = "mkt_sms_flag") -> FieldChange:
    return consent(flag, OFF, ON)


def stop(flag: str = "mkt_sms_flag") -> FieldChange:
    return consent(flag, ON, OFF)


def test_the_days_count_from_what_the_person_said(told: Told) -> None:
    told.change(give(), said="2026-03-01", ground="expressed")
    [tell], [confirm] = told.open(Duty.TELL), told.open(Duty.CONFIRM)
    assert (tell.said, tell.last, tell.assumed) == (date(2026, 3, 1), date(2026, 3, 15), False)
    assert (confirm.said, confirm.last) == (date(2026, 3, 1), date(2028, 2, 29))


def test_an_entry_that_does_not_tell_counts_from_its_own_day_in_korea(told: Told) -> None:
    told.change(stop())
    [tell] = told.open(Duty.TELL)
    assert (tell.said, tell.last, tell.assumed) == (date(2026, 3, 4), date(2026, 3, 18), True)
    assert told.open(Duty.CONFIRM) == []


@pytest.mark.parametrize("said", ["2099-01-01", "0001-01-01", "x", "2026-03-04T23:00:00-09:00"])
def test_a_journal_that_was_written_by_others_puts_no_term_off(told: Told, said: str) -> None:
    told.change(stop(), said=said)
    assert told.open(Duty.TELL)[0].last <= date(2026, 3, 18)


def test_the_informational_consent_and_other_fields_have_no_duty(told: Told) -> None:
    told.change(stop("info_flag"))
    told.change(give("info_flag"))
    told.change(FieldChange(consent().kind, "odd_flag", OFF, ON))
    assert told.seqs(Duty.TELL) == told.seqs(Duty.CONFIRM) == []


@pytest.mark.parametrize(
    ("ending", "due"),
    [
        (Outcome.CONFIRMED, True),
        (Outcome.ACCEPTED, True),
        (Outcome.UNKNOWN, True),
        (Outcome.DIFFERENT, True),
        (None, True),
        (Outcome.FAILED, False),
    ],
)
def test_what_may_have_been_applied_is_to_be_told(told: Told, ending: Outcome | None, due: bool) -> None:
    told.change(stop(), ending=ending)
    assert bool(told.seqs(Duty.TELL)) is due


def test_each_word_is_told_of_and_the_last_grant_is_confirmed(told: Told) -> None:
    first, second, third = told.change(give()), told.change(stop()), told.change(give())
    assert told.seqs(Duty.TELL) == [third, second, first]
    assert told.seqs(Duty.CONFIRM) == [third]
    told.change(stop())
    assert told.seqs(Duty.CONFIRM) == []


def test_what_a_correction_took_back_nobody_had_said(told: Told) -> None:
    given = told.change(give(), said="2025-01-01")
    wrong = told.change(stop(), user="u-1")
    other = told.change(stop("mkt_push_flag"), stop())
    told.change(give(), undo_of=wrong)
    told.change(give("mkt_push_flag"), undo_of=other, ground="correction")
    assert [(one.seq, [flag for flag, _after in one.changes]) for one in told.open(Duty.TELL)] == [
        (other, ["mkt_sms_flag"]),
        (given, ["mkt_sms_flag"]),
    ]
    [confirm] = told.open(Duty.CONFIRM)
    assert (confirm.seq, confirm.said) == (given, date(2025, 1, 1))


def test_a_correction_that_failed_takes_nothing_back(told: Told) -> None:
    wrong = told.change(stop())
    told.change(give(), undo_of=wrong, ending=Outcome.FAILED)
    assert told.seqs(Duty.TELL) == [wrong]


def test_an_undo_that_is_the_persons_word_is_to_be_told(told: Told) -> None:
    first = told.change(give())
    second = told.change(stop(), undo_of=first, ground="expressed")
    assert told.seqs(Duty.TELL) == [second, first]


def test_what_was_told_is_not_open_and_what_was_confirmed_is_open_in_two_years(told: Told) -> None:
    seq = told.change(give(), said="2024-02-29")
    [confirm] = told.open(Duty.CONFIRM)
    assert confirm.last == date(2026, 2, 27)
    told.journal.note(notes_of(Duty.TELL, told.open(Duty.TELL), date(2026, 3, 4), ALICE, "mail"))
    told.journal.note(notes_of(Duty.CONFIRM, [confirm], date(2026, 3, 4), ALICE, ""))
    assert told.seqs(Duty.TELL) == []
    assert [(one.seq, one.last) for one in told.open(Duty.CONFIRM)] == [(seq, date(2028, 2, 28))]
    assert told.journal.verify().whole


def test_nobody_is_told_before_they_said_anything(told: Told) -> None:
    told.change(stop())
    with pytest.raises(DutyRefused, match="before they said"):
        notes_of(Duty.TELL, told.open(Duty.TELL), date(2026, 3, 3), ALICE, "")


@pytest.mark.parametrize("day", ["2026-03-04", "soon", "0000-00-00"])
def test_a_duty_is_done_on_a_day_that_was(day: str) -> None:
    assert require_done_on("", START) == require_done_on("2026-03-03", START) == date(2026, 3, 3)
    with pytest.raises(DutyRefused):
        require_done_on(day, START)


PHONES = [Subject("phone_no", f"82101234567{n}", personal=True) for n in (1, 2)]


def test_a_masked_id_is_one_person_with_the_key_and_nobody_without(tmp_path: Path) -> None:
    for key, confirmed in ((KEY, 1), (None, 2)):
        told = Told(tmp_path / f"{confirmed}.db", key)
        told.change(give(), user=PHONES[0])
        told.change(give(), user=PHONES[1])
        told.change(stop(), user=PHONES[0])
        assert len(told.seqs(Duty.TELL)) == 3
        assert len(told.seqs(Duty.CONFIRM)) == confirmed


def test_what_is_alike_is_one_group_and_the_most_urgent_is_first(told: Told) -> None:
    for _user in range(3):
        told.change(stop(), days=0)
    late = told.change(give(), said="2026-02-01")
    old = told.change(give("night_sms_flag"), said="2024-04-20", user="u-2")
    found = list_duties(AllJournals(told.journal.path), "shop", told.now)
    assert [(one.duty, len(one.seqs), one.seqs[-1]) for one in found.groups] == [
        (Duty.TELL, 1, old),
        (Duty.TELL, 1, late),
        (Duty.TELL, 3, 1),
        (Duty.CONFIRM, 1, old),
    ]
    assert found.later == 1
    assert found.count(Duty.TELL) == 5
    assert found.count(Duty.TELL, -1) == 2
    assert found.count(Duty.CONFIRM, 60) == 1
    week = list_duties(AllJournals(told.journal.path), "shop", told.now, timedelta(days=7))
    assert [one.seqs[-1] for one in week.groups] == [old, late]
    assert list_duties(AllJournals(told.journal.path), "elsewhere", told.now).groups == ()
