"""What is written is what is read, and any order of writing leaves a whole chain."""

import os
import pwd
import socket
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfn_tui.store import (
    Change,
    Cover,
    Ending,
    Entry,
    FieldOutcome,
    Filter,
    Intent,
    Journal,
    Operator,
    Outcome,
)
from tests.unit.journal_strategies import INTENTS, OUTCOMES
from tests.unit.journals import ALICE, BOB, KEY, PHONE, START, consent, intent, settable, ticking

ENDED_BEFORE = st.tuples(st.integers(0), OUTCOMES)
STEPS = st.lists(st.tuples(st.lists(INTENTS, max_size=3), st.lists(ENDED_BEFORE, max_size=3)), max_size=6)


@settings(max_examples=60)
@given(steps=STEPS)
def test_any_order_of_writing_verifies_and_reads_as_written(
    steps: list[tuple[list[Intent], list[tuple[int, Outcome]]]],
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / "journal.db", KEY, clock=ticking()) as journal,
    ):
        begun: dict[int, Intent] = {}
        ended: dict[int, list[Outcome]] = {}
        for intents, endings in steps:
            outcomes = [
                replace(outcome, intent=list(begun)[pick % len(begun)]) for pick, outcome in endings if begun
            ]
            begun |= zip(journal.write(outcomes, intents), intents, strict=True)
            for outcome in outcomes:
                ended.setdefault(outcome.intent, []).insert(0, outcome)
        assert journal.verify().whole
        found = journal.find(Filter())
        assert [entry.seq for entry in found] == sorted(begun, reverse=True)
        assert {entry.seq: journal.reveal(entry) for entry in found} == begun
        assert {entry.seq: without_time(entry) for entry in found if entry.outcome} == {
            seq: outcomes[0] for seq, outcomes in ended.items()
        }
        for seq, outcomes in ended.items():
            assert [replace(outcome, at=None) for outcome in journal.outcomes(seq)] == outcomes
        assert [entry.seq for entry in journal.unresolved()] == sorted(begun.keys() - ended.keys())


def without_time(entry: Entry) -> Outcome | None:
    return replace(entry.outcome, at=None) if entry.outcome else None


def test_a_batch_shares_its_time_and_is_numbered_in_order(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", clock=settable(START)) as journal:
        assert journal.begin([intent("a"), intent("b")]) == [1, 2]
        assert [entry.at for entry in journal.find(Filter())] == [START, START]


def test_nothing_to_write_makes_no_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "state" / "journal.db") as journal:
        journal.conclude([])
        assert journal.begin([]) == journal.write([], []) == []
        assert journal.find(Filter()) == journal.unresolved() == []
        assert journal.outcomes(1) == []
        assert journal.entry(1) is None
        assert (journal.count(), journal.drop_sealed(START), journal.last_changes("shop", "u-1")) == (
            0,
            0,
            {},
        )
    assert list(tmp_path.iterdir()) == []


def test_an_outcome_needs_its_intent_and_a_refused_batch_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        (seq,) = journal.begin([intent()])
        with pytest.raises(ValueError, match="no intent"):
            journal.conclude([Outcome(seq, Ending.CONFIRMED), Outcome(99, Ending.CONFIRMED)])
        with pytest.raises(ValueError, match="JSON"):
            journal.write(
                [Outcome(seq, Ending.CONFIRMED)],
                [intent("b"), intent("c", Change("property", "x", None, float("nan")))],
            )
        with pytest.raises(ValueError, match="no intent"):
            journal.write([Outcome(seq + 1, Ending.CONFIRMED)], [intent("b")])  # the number it would get
        assert journal.count() == 1
        journal.conclude([Outcome(seq, Ending.CONFIRMED)])
        with pytest.raises(ValueError, match="no intent"):
            journal.conclude([Outcome(journal.count(), Ending.CONFIRMED)])
        assert journal.verify().whole


def test_an_entry_is_found_by_its_number(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", clock=ticking()) as journal:
        (seq,) = journal.begin([intent()])
        journal.conclude([Outcome(seq, Ending.FAILED, code="5003", message="no such user")])
        entry = journal.entry(seq)
        assert entry is not None
        assert entry.intent == intent()
        assert entry.outcome is not None
        assert (entry.outcome.code, entry.outcome.by) == ("5003", None)
        assert journal.entry(seq + 1) is None
        assert journal.count() == 2


def test_a_receipt_names_the_latest_confirmed_change_of_each_flag(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        both = journal.begin([intent("u-1", consent("mkt_flag"), consent("night_flag"), PHONE)])[0]
        journal.conclude(
            [Outcome(both, Ending.FAILED, (FieldOutcome("consent", "mkt_flag", Ending.CONFIRMED),))]
        )
        night = journal.begin([intent("u-1", consent("night_flag"))])[0]
        journal.conclude([Outcome(night, Ending.CONFIRMED)])
        refused, elsewhere, open_ = journal.begin(
            [intent("u-1"), intent("u-1", connection="bank"), intent("u-1", consent("info_flag"))]
        )
        journal.conclude([Outcome(refused, Ending.FAILED), Outcome(elsewhere, Ending.CONFIRMED)])
        found = journal.last_changes("shop", "u-1")
        assert {flag: entry.seq for flag, entry in found.items()} == {"mkt_flag": both, "night_flag": night}
        assert journal.last_changes("shop", "u-1", frozenset({Ending.ACCEPTED})) == {}
        assert open_ in [entry.seq for entry in journal.unresolved()]


def test_what_was_read_back_of_a_personal_field_is_masked(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", KEY) as journal:
        (seq,) = journal.begin([intent("u-1", PHONE)])
        read = FieldOutcome("ci", "phone_number", Ending.DIFFERENT, True, "821055555555", personal=True)
        journal.conclude([Outcome(seq, Ending.DIFFERENT, (read,))])
        entry = journal.entry(seq)
        assert entry is not None
        assert entry.outcome is not None
        assert entry.outcome.fields[0].now == "82••••••••55"


def test_the_operator_is_who_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.setenv("SUDO_USER", "alice\x1b[31m")
    monkeypatch.setenv("SSH_CONNECTION", "2001:db8::7 50022 10.0.0.1 22")
    here = Operator.here()
    assert here.user == pwd.getpwuid(os.getuid()).pw_name
    assert here.host == socket.gethostname()
    assert (here.sudo_user, here.ssh, here.pid) == ("alice\\x1b[31m", "2001:db8::7", os.getpid())


@pytest.mark.parametrize("claimed", ["", "nonsense", "1.2.3.4.5 1 2 3", "\udcff 1 2 3"])
def test_what_is_no_address_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch, claimed: str) -> None:
    monkeypatch.setenv("SSH_CONNECTION", claimed)
    monkeypatch.delenv("SUDO_USER", raising=False)
    here = Operator.here()
    assert (here.ssh, here.sudo_user) == (None, None)


def test_without_an_outcome_for_the_field_the_user_s_counts() -> None:
    entry = Entry(1, START, intent("u-1", consent(), PHONE))
    assert entry.ending_of(PHONE) is None
    told = Outcome(1, Ending.FAILED, (FieldOutcome("ci", "phone_number", Ending.CONFIRMED),))
    assert replace(entry, outcome=told).ending_of(PHONE) is Ending.CONFIRMED
    assert replace(entry, outcome=told).ending_of(consent()) is Ending.FAILED


def test_covers_are_set_by_the_journal_alone(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        (seq,) = journal.begin([intent("u-1", replace(consent(), cover=Cover.DROPPED), operator=BOB)])
        entry = journal.entry(seq)
        assert entry is not None
        assert entry.intent.changes[0].cover is None
        assert entry.intent.operator != ALICE
