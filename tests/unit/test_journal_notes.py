"""Notes of duties that were done: entries of their own in the chain, and no writes to the platform."""

from pathlib import Path

import pytest

from dfn_tui.store import ChainFault, DutyNote, Filter, Journal
from tests.unit.journals import ALICE, BOB, KEY, intent, tampering, ticking


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three intents and a note about two of them."""
    file = tmp_path / "journal.db"
    with Journal(file, KEY, clock=ticking()) as journal:
        journal.begin([intent("u-1"), intent("u-2"), intent("u-3")])
        assert journal.note([told(1, 3)]) == [4]
    return file


def told(*intents: int, on: str = "2025-03-02") -> DutyNote:
    return DutyNote("tell", intents, on, ALICE, "0.2.0", "sent by mail \ud800")


def fault(path: Path) -> tuple[ChainFault | None, int | None]:
    with Journal(path, KEY) as journal:
        found = journal.verify()
    return found.fault, found.seq


def test_a_note_is_found_by_its_intents_and_is_no_intent(path: Path) -> None:
    with Journal(path, KEY, clock=ticking()) as journal:
        journal.note([DutyNote("confirm", (3,), "2025-03-05", BOB, "0.2.0")])
        assert [(one.seq, one.duty, one.on, one.operator) for one in journal.notes(3)] == [
            (4, "tell", "2025-03-02", ALICE),
            (5, "confirm", "2025-03-05", BOB),
        ]
        assert journal.notes(2) == []
        assert [one.intents for one in journal.notes()] == [(1, 3), (3,)]
        assert [one.seq for one in journal.find(Filter())] == [3, 2, 1]
        assert journal.entry(4) is None
        assert journal.verify().whole
        assert journal.verify().signed == (1, 5)


def test_more_intents_than_one_statement_takes(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", KEY) as journal:
        numbers = journal.begin([intent(f"u-{n}") for n in range(1500)])
        [note] = journal.note([told(*numbers)])
        assert journal.notes(numbers[-1])[0].seq == note
        assert journal.verify().whole


@pytest.mark.parametrize("intents", [(9,), (4,), (3, 1), (1, 1), (1, 2, 9)])
def test_a_note_of_no_intent_writes_nothing(path: Path, intents: tuple[int, ...]) -> None:
    with Journal(path, KEY) as journal:
        with pytest.raises(ValueError, match=r"intent"):
            journal.note([told(2), told(*intents)])
        assert journal.count() == 4


def test_where_there_is_no_journal_nothing_can_be_noted(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", KEY) as journal, pytest.raises(ValueError, match="no intent"):
        journal.note([told(1)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM duty WHERE intent = 1",
        "DELETE FROM duty",
        "INSERT INTO duty VALUES (4, 2)",
        "INSERT INTO duty VALUES (3, 2)",
        "INSERT INTO duty VALUES (9, 2)",
        "UPDATE duty SET intent = 2 WHERE intent = 3",
    ],
)
def test_a_list_that_does_not_say_what_the_chain_says_is_found(path: Path, statement: str) -> None:
    with tampering(path) as connection:
        connection.execute(statement)
    assert fault(path)[0] is ChainFault.LISTED_WRONG


def test_a_note_that_was_edited_is_found(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET body = replace(body, '2025-03-02', '2025-03-01') WHERE seq = 4")
    assert fault(path) == (ChainFault.ALTERED, 4)
