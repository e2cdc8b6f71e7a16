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

from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    Entry,
    FieldChange,
    FieldKind,
    FieldOutcome,
    Filter,
    Intent,
    IntentGroup,
    IntentUser,
    Journal,
    Operator,
    OutcomeGroup,
    OutcomeRecord,
    Redaction,
    Subject,
)
from tests.unit.journal_strategies import INTENT_GROUPS, OUTCOME_GROUPS
from tests.unit.journals import ALICE, BOB, KEY, PHONE, START, as_read, consent, intent, settable, ticking

CONFIRMED = Outcome.CONFIRMED
ENDED_BEFORE = st.tuples(st.lists(st.integers(0), max_size=3), OUTCOME_GROUPS)
STEPS = st.lists(
    st.tuples(st.lists(INTENT_GROUPS, max_size=3), st.lists(ENDED_BEFORE, max_size=3)), max_size=6
)


@pytest.mark.slow
@settings(max_examples=60)
@given(steps=STEPS)
def test_any_order_of_writing_verifies_and_reads_as_written(
    steps: list[tuple[list[IntentGroup], list[tuple[list[int], OutcomeGroup]]]],
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / "journal.db", KEY, clock=ticking()) as journal,
    ):
        begun: dict[int, Intent] = {}
        ended: dict[int, list[OutcomeRecord]] = {}
        for groups, endings in steps:
            outcomes = [
                group._replace(intents=tuple(list(begun)[pick % len(begun)] for pick in picks))
                for picks, group in endings
                if begun
            ]
            intents = [one for group in groups for one in as_read(group)]
            begun |= zip(journal.write(outcomes, groups), intents, strict=True)
            for group in outcomes:
                for seq in group.intents:
                    ended.setdefault(seq, []).insert(0, recorded(seq, group))
        assert journal.verify().whole
        found = journal.find(Filter())
        assert [entry.seq for entry in found] == sorted(begun, reverse=True)
        assert {entry.seq: journal.reveal(entry) for entry in found} == begun
        assert {entry.seq: without_time(entry) for entry in found if entry.outcome} == {
            seq: records[0] for seq, records in ended.items()
        }
        for seq, records in ended.items():
            assert [record._replace(at=None) for record in journal.outcomes(seq)] == records
        assert [entry.seq for entry in journal.unresolved()] == sorted(begun.keys() - ended.keys())


def recorded(seq: int, group: OutcomeGroup) -> OutcomeRecord:
    return OutcomeRecord(seq, group.outcome, group.fields, group.code, group.message, group.by)


def without_time(entry: Entry) -> OutcomeRecord | None:
    return entry.outcome._replace(at=None) if entry.outcome else None


def test_the_users_of_all_groups_are_numbered_in_their_order(tmp_path: Path) -> None:
    def users(*values: str) -> tuple[IntentUser, ...]:
        return tuple(IntentUser(Subject("user_id", value)) for value in values)

    with Journal(tmp_path / "journal.db") as journal:
        first, second = replace(intent(), users=users("a", "b")), replace(intent(), users=users("c"))
        assert journal.begin([first, replace(intent(), users=()), second]) == [1, 2, 3]
        assert journal.begin([replace(intent(), users=())]) == []
        entries = journal.find(Filter())
        assert [entry.intent.subject.value for entry in entries] == ["c", "b", "a"]
        journal.conclude([OutcomeGroup((1, 3), Outcome.CONFIRMED), OutcomeGroup((2,), Outcome.FAILED)])
        found = [entry.outcome.outcome for entry in journal.find(Filter()) if entry.outcome]
        assert found == [Outcome.CONFIRMED, Outcome.FAILED, Outcome.CONFIRMED]


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
            journal.conclude(
                [OutcomeGroup((seq,), Outcome.CONFIRMED), OutcomeGroup((99,), Outcome.CONFIRMED)]
            )
        with pytest.raises(ValueError, match="JSON"):
            journal.write(
                [OutcomeGroup((seq,), Outcome.CONFIRMED)],
                [intent("b"), intent("c", FieldChange(FieldKind.PROPERTY, "x", None, float("nan")))],
            )
        with pytest.raises(ValueError, match="no intent"):
            journal.write(
                [OutcomeGroup((seq + 1,), Outcome.CONFIRMED)], [intent("b")]
            )  # the number it would get
        assert journal.count() == 1
        journal.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED)])
        with pytest.raises(ValueError, match="no intent"):
            journal.conclude([OutcomeGroup((journal.count(),), Outcome.CONFIRMED)])
        assert journal.verify().whole


def test_an_entry_is_found_by_its_number(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", clock=ticking()) as journal:
        (seq,) = journal.begin([intent()])
        journal.conclude([OutcomeGroup((seq,), Outcome.FAILED, code="5003", message="no such user")])
        entry = journal.entry(seq)
        assert entry is not None
        assert [entry.intent] == as_read(intent())
        assert entry.outcome is not None
        assert (entry.outcome.code, entry.outcome.by) == ("5003", None)
        assert journal.entry(seq + 1) is None
        assert journal.count() == 2


def test_a_receipt_names_the_latest_confirmed_change_of_each_flag(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        both = journal.begin([intent("u-1", consent("mkt_flag"), consent("night_flag"), PHONE)])[0]
        journal.conclude(
            [
                OutcomeGroup(
                    (both,), Outcome.FAILED, (FieldOutcome(FieldKind.CONSENT, "mkt_flag", Outcome.CONFIRMED),)
                )
            ]
        )
        night = journal.begin([intent("u-1", consent("night_flag"))])[0]
        journal.conclude([OutcomeGroup((night,), Outcome.CONFIRMED)])
        refused, elsewhere, open_ = journal.begin(
            [intent("u-1"), intent("u-1", connection="bank"), intent("u-1", consent("info_flag"))]
        )
        journal.conclude(
            [OutcomeGroup((refused,), Outcome.FAILED), OutcomeGroup((elsewhere,), Outcome.CONFIRMED)]
        )
        found = journal.last_changes("shop", "u-1")
        assert {flag: entry.seq for flag, entry in found.items()} == {"mkt_flag": both, "night_flag": night}
        assert journal.last_changes("shop", "u-1", frozenset({Outcome.ACCEPTED})) == {}
        assert open_ in [entry.seq for entry in journal.unresolved()]


def test_what_was_read_back_of_a_personal_field_is_masked(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", KEY) as journal:
        (seq,) = journal.begin([intent("u-1", PHONE)])
        read = FieldOutcome(
            FieldKind.CI, "phone_number", Outcome.DIFFERENT, True, "821055555555", personal=True
        )
        journal.conclude([OutcomeGroup((seq,), Outcome.DIFFERENT, (read,))])
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
    entry = Entry(1, START, as_read(intent("u-1", consent(), PHONE))[0])
    assert entry.outcome_of(PHONE) is None
    told = OutcomeRecord(1, Outcome.FAILED, (FieldOutcome(FieldKind.CI, "phone_number", Outcome.CONFIRMED),))
    assert entry._replace(outcome=told).outcome_of(PHONE) is Outcome.CONFIRMED
    assert entry._replace(outcome=told).outcome_of(consent()) is Outcome.FAILED


def test_redactions_are_set_by_the_journal_alone(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        (seq,) = journal.begin([intent("u-1", consent()._replace(redaction=Redaction.DROPPED), operator=BOB)])
        entry = journal.entry(seq)
        assert entry is not None
        assert entry.intent.changes[0].redaction is None
        assert entry.intent.operator != ALICE


def test_more_than_one_statement_takes_is_written_as_well(tmp_path: Path) -> None:
    users = tuple(IntentUser(Subject("user_id", f"u-{number}")) for number in range(1200))
    with Journal(tmp_path / "journal.db", KEY) as journal:
        numbers = journal.begin([replace(intent(), users=users)])
        journal.conclude([OutcomeGroup(tuple(numbers), Outcome.ACCEPTED)])
        ends = {seq: (Outcome.FAILED if seq % 3 else CONFIRMED) for seq in reversed(numbers)}
        for outcome in (CONFIRMED, Outcome.FAILED):
            journal.conclude([OutcomeGroup(tuple(s for s, end in ends.items() if end is outcome), outcome)])
        assert journal.verify().whole
        for outcome in (CONFIRMED, Outcome.FAILED):
            found = journal.find(Filter(outcome=outcome), limit=2000)
            assert [entry.seq for entry in found] == [s for s, end in ends.items() if end is outcome]
        assert journal.unresolved() == []
