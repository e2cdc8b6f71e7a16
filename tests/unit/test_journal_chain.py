"""Whoever changes the journal behind its back is found out, and the entry is named."""

import json
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import ChainFault, Filter, Journal, JournalError, OutcomeGroup, Verification
from dfn_tui.store import explain_verification as explain
from dfn_tui.store.body import GENESIS, canonical, chained
from tests.unit.journals import BOB, KEY, OTHER_KEY, START, filled, intent, settable, tampering


@pytest.fixture(params=[KEY, None], ids=["key", "no key"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def path(tmp_path: Path, key: bytes | None) -> Path:
    file = tmp_path / "journal.db"
    filled(file, key)
    return file


def verified(path: Path, key: bytes | None = None) -> Verification:
    with Journal(path, key) as journal:
        return journal.verify()


def rebuild(path: Path, start: int) -> None:
    """What a forger does who knows how the chain is made: all hashes from `start` on anew, and the head."""
    with tampering(path) as connection:
        row = connection.execute("SELECT hash FROM entry WHERE seq = ?", (start - 1,)).fetchone()
        previous = row[0] if row else GENESIS
        rows = connection.execute(
            "SELECT seq, body FROM entry WHERE seq >= ? ORDER BY seq", (start,)
        ).fetchall()
        for seq, body in rows:
            previous = chained(previous, body.encode())
            connection.execute("UPDATE entry SET hash = ? WHERE seq = ?", (previous, seq))
        connection.execute("UPDATE head SET hash = ?, count = (SELECT max(seq) FROM entry)", (previous,))


def test_a_journal_nobody_touched_is_whole(path: Path, key: bytes | None) -> None:
    found = verified(path, key)
    assert found == Verification(8, signed=(1, 8) if key else None)
    assert found.whole
    assert "8 entries" in explain(found)


def test_an_empty_journal_is_whole_and_stays_unmade(tmp_path: Path) -> None:
    assert verified(tmp_path / "journal.db", KEY) == Verification(0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("statement", "fault", "seq"),
    [
        ("UPDATE entry SET body = replace(body, 'u-2', 'u-9') WHERE seq = 3", ChainFault.ALTERED, 3),
        ("UPDATE entry SET body = body || ' ' WHERE seq = 8", ChainFault.ALTERED, 8),
        ("UPDATE entry SET body = '' WHERE seq = 1", ChainFault.ALTERED, 1),
        ("UPDATE entry SET body = CAST(x'ff00' AS TEXT) WHERE seq = 5", ChainFault.ALTERED, 5),
        ("UPDATE entry SET hash = zeroblob(32) WHERE seq = 4", ChainFault.ALTERED, 4),
        ("UPDATE entry SET hash = 'x' WHERE seq = 4", ChainFault.ALTERED, 4),
        ("DELETE FROM entry WHERE seq = 1", ChainFault.MISSING, 1),
        ("DELETE FROM entry WHERE seq = 5", ChainFault.MISSING, 5),
        ("DELETE FROM entry WHERE seq IN (5, 6)", ChainFault.MISSING, 5),
        ("DELETE FROM entry WHERE seq = 8", ChainFault.TRUNCATED, 8),
        ("DELETE FROM entry WHERE seq > 4", ChainFault.TRUNCATED, 5),
        ("DELETE FROM entry", ChainFault.TRUNCATED, 1),
        ("INSERT INTO entry SELECT 9, body, hash FROM entry WHERE seq = 8", ChainFault.ADDED, 9),
        ("INSERT INTO entry SELECT 12, body, hash FROM entry WHERE seq = 8", ChainFault.ADDED, 12),
        ("INSERT INTO entry SELECT 0, body, hash FROM entry WHERE seq = 8", ChainFault.ADDED, 0),
        ("UPDATE head SET dropped = '2030'", ChainFault.LISTED_WRONG, 8),
        ("UPDATE intent SET user = 'u-9' WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("UPDATE intent SET \"write\" = 'w9' WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("UPDATE intent SET outcome = NULL WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("UPDATE intent SET outcome = 6 WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("UPDATE intent SET outcome = 99 WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("UPDATE intent SET index_key = 99 WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("UPDATE intent SET incident = 'INC-9' WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("DELETE FROM intent WHERE seq = 3", ChainFault.LISTED_WRONG, 3),
        ("INSERT INTO intent VALUES (4, 'u', 'w', 1, NULL, NULL)", ChainFault.LISTED_WRONG, 4),
        ("INSERT INTO intent VALUES (99, 'u', 'w', 1, NULL, NULL)", ChainFault.LISTED_WRONG, 99),
        ("UPDATE index_key SET operator = 'mallory'", ChainFault.LISTED_WRONG, 1),
        ("UPDATE index_key SET host = 'bastion-9'", ChainFault.LISTED_WRONG, 1),
        ("UPDATE index_key SET outcome = 'failed' WHERE outcome = 'confirmed'", ChainFault.LISTED_WRONG, 2),
        ("INSERT INTO step VALUES (4)", ChainFault.LISTED_WRONG, 4),
    ],
)  # fmt: skip
def test_tampering_is_found_and_the_entry_named(
    path: Path, key: bytes | None, statement: str, fault: ChainFault, seq: int
) -> None:
    with tampering(path) as connection:
        connection.execute(statement)
    found = verified(path, key)
    assert (found.fault, found.seq) == (fault, seq)
    assert not found.whole
    assert str(seq) in explain(found)


@pytest.mark.parametrize(
    ("statement", "fault", "seq"),
    [
        ("UPDATE sealed SET ciphertext = zeroblob(40) WHERE seq = 3", ChainFault.FORGED, 3),
        ("UPDATE sealed SET nonce = 'nonce' WHERE seq = 3", ChainFault.FORGED, 3),
        ("DELETE FROM sealed WHERE seq = 5", ChainFault.LOST, 5),
        ("INSERT INTO sealed SELECT 4,slot,nonce,ciphertext FROM sealed WHERE seq=3", ChainFault.FORGED, 4),
        ("INSERT INTO sealed SELECT 99,slot,nonce,ciphertext FROM sealed WHERE seq=3", ChainFault.FORGED, 99),
    ],
)  # fmt: skip
def test_tampering_with_sealed_values_is_found(
    tmp_path: Path, statement: str, fault: ChainFault, seq: int
) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    with tampering(path) as connection:
        connection.execute(statement)
    found = verified(path)
    assert (found.fault, found.seq) == (fault, seq)


def swap(path: Path, one: int, other: int) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET seq = -1 WHERE seq = ?", (one,))
        connection.execute("UPDATE entry SET seq = ? WHERE seq = ?", (one, other))
        connection.execute("UPDATE entry SET seq = ? WHERE seq = -1", (other,))


def test_reordering_is_found(path: Path) -> None:
    swap(path, 3, 6)
    found = verified(path)
    assert (found.fault, found.seq) == (ChainFault.MISPLACED, 3)


def test_an_entry_put_between_two_is_found(path: Path) -> None:
    with tampering(path) as connection:
        for seq in range(8, 3, -1):
            connection.execute("UPDATE entry SET seq = ? WHERE seq = ?", (seq + 1, seq))
        connection.execute("INSERT INTO entry SELECT 4, body, hash FROM entry WHERE seq = 3")
    found = verified(path)
    assert (found.fault, found.seq) == (ChainFault.MISPLACED, 4)


def test_a_rebuilt_chain_is_found_with_the_key_only(path: Path, key: bytes | None) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET body = replace(body, 'CS-1', 'CS-2') WHERE seq = 3")
    rebuild(path, 3)
    found = verified(path, key)
    assert found.fault is (ChainFault.UNSIGNED if key else None)
    if key is None:
        assert "No key vouches" in explain(found)


def test_a_cut_end_with_a_rebuilt_head_is_found_with_the_key(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    with tampering(path) as connection:
        for table in ("entry", "intent", "sealed"):
            connection.execute(f"DELETE FROM {table} WHERE seq > 6")
    rebuild(path, 1)
    assert verified(path, KEY).fault is ChainFault.UNSIGNED


def test_a_forger_is_not_covered_by_what_is_written_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET body = replace(body, 'CS-1', 'CS-2') WHERE seq = 3")
    rebuild(path, 3)
    with Journal(path, KEY) as journal:
        journal.begin([intent()])
    found = verified(path, KEY)
    assert (found.fault, found.seq) == (ChainFault.UNSIGNED, 8)


def test_a_cut_end_stays_visible_when_more_is_written(path: Path, key: bytes | None) -> None:
    with tampering(path) as connection:
        connection.execute("DELETE FROM entry WHERE seq = 8")
    with Journal(path, key) as journal:
        assert journal.begin([intent()]) == [9]
    found = verified(path, key)
    assert (found.fault, found.seq) == (ChainFault.MISSING, 8)


def test_an_entry_in_the_way_of_the_next_stops_writing(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute("INSERT INTO entry SELECT 9, body, hash FROM entry WHERE seq = 8")
    with Journal(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.begin([intent()])


def test_a_removed_signature_shows_in_what_the_key_vouches_for(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    with tampering(path) as connection:
        connection.execute("UPDATE head SET signature = NULL")
    assert verified(path, KEY).signed is None
    with Journal(path, KEY) as journal:
        journal.begin([intent()])
    assert verified(path, KEY).signed == (9, 9)


def test_writing_without_the_key_leaves_the_signature_good_for_what_it_signed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    with Journal(path) as journal:
        journal.begin([intent()])
    assert verified(path, KEY) == Verification(9, signed=(1, 8))
    with Journal(path, KEY) as journal:
        journal.begin([intent()])
    assert verified(path, KEY) == Verification(10, signed=(1, 10))


def test_another_key_vouches_for_nothing_and_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    assert verified(path, OTHER_KEY) == Verification(8, signed=None)
    with Journal(path, OTHER_KEY) as journal:
        journal.begin([intent()])
    assert verified(path, OTHER_KEY).signed == (9, 9)


def test_a_clock_that_goes_backwards_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    earlier = START.replace(year=2020)
    with Journal(path, KEY, clock=settable(START, earlier, START)) as journal:
        numbers = [journal.begin([intent()])[0] for _ in range(3)]
        assert journal.verify().whole
        assert [entry.seq for entry in journal.find(Filter())] == numbers[::-1]
        assert [entry.seq for entry in journal.find(Filter(until=START))] == [2]
    with tampering(path) as connection:
        connection.execute("DELETE FROM step")
    assert verified(path).fault is ChainFault.LISTED_WRONG


def test_a_chain_of_something_else_is_no_journal(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET body = '[]' WHERE seq = 3")
    rebuild(path, 3)
    assert verified(path).fault is ChainFault.ALTERED
    with Journal(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.find(Filter())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM head",
        "DELETE FROM entry WHERE seq = 3",
        "UPDATE entry SET body = '{' WHERE seq = 3",
        "UPDATE entry SET body = '{}' WHERE seq = 3",
        "UPDATE entry SET body = replace(body, 'confirmed', 'perhaps') WHERE seq = 4",
        "DROP INDEX intent_user",
        "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM intent; END",
    ],
)
def test_reading_a_damaged_journal_says_so(path: Path, statement: str) -> None:
    with tampering(path) as connection:
        connection.execute(statement)
    with Journal(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.find(Filter(since=START))


def test_an_intent_listed_by_nothing_stops_writing(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE intent SET index_key = 99 WHERE seq = 3")
    with Journal(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.conclude([OutcomeGroup((3,), Outcome.FAILED)])


def test_outcomes_that_point_in_a_circle_do_not_hang(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute(
            "UPDATE entry SET body = replace(body, '\"previous\":null', '\"previous\":4') WHERE seq = 4"
        )
    with Journal(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.outcomes(3)


def test_verification_sees_one_state_while_others_write(path: Path, key: bytes | None) -> None:
    with Journal(path, key) as reader, Journal(path, key) as writer:
        with reader._reading():  # a verification under way
            writer.begin([intent(operator=BOB)])
        assert reader.verify().entries == 9


def test_later_outcomes_supersede_and_all_are_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        (seq,) = journal.begin([intent()])
        journal.conclude([OutcomeGroup((seq,), Outcome.UNKNOWN)])
        journal.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED, by=BOB)])
        assert [outcome.outcome for outcome in journal.outcomes(seq)] == [Outcome.CONFIRMED, Outcome.UNKNOWN]
        assert journal.find(Filter(outcome=Outcome.UNKNOWN)) == []
        assert journal.verify().whole


def test_the_canonical_text_has_one_form() -> None:
    text = canonical({"b": ["é", "\ud800", 1.5, None], "a": {"z": True, "y": 10**30}})
    assert text == ('{"a":{"y":1000000000000000000000000000000,"z":true},"b":["\\u00e9","\\ud800",1.5,null]}')
    assert canonical(json.loads(text)) == text
