"""What is sent to the archive: in order, all of it, again where in doubt, and never in a write's way."""

import json
from pathlib import Path

import pytest

from dfn_tui.service.archive.sending import only_one, send
from dfn_tui.service.archive.sink import ArchiveError
from dfn_tui.store import Journal
from dfn_tui.store.archive_queue import ArchiveQueue, about, mark_file
from dfn_tui.store.archive_verify import ArchiveFault, ArchiveVerification, compare
from dfn_tui.store.body import chained
from tests.unit.archives import ORIGIN, ArchiveInMemory
from tests.unit.journals import KEY, OTHER_KEY, filled, intent, tampering, ticking


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of eight entries."""
    filled(tmp_path / "journal.db")
    return tmp_path / "journal.db"


def test_where_there_is_no_journal_there_is_nothing_to_send(tmp_path: Path) -> None:
    queue = ArchiveQueue(tmp_path / "journal.db", "it")
    assert (queue.behind(), queue.take(5), queue.known()) == (0, [], 0)
    assert ArchiveInMemory().take_all(tmp_path / "journal.db") == 0
    assert list(tmp_path.iterdir()) == []


def test_each_entry_is_sent_once_and_in_order(path: Path) -> None:
    archive = ArchiveInMemory()
    assert (archive.take_all(path), archive.take_all(path)) == (8, 0)
    assert archive.order == [*range(1, 9)]
    assert all(chained(one.previous, one.body) == one.hash == one.kept for one in archive.entries.values())
    first = json.loads(archive.entries[min(archive.entries)].body)
    assert first["subject"]["value"] == "u-1"
    assert "821012345678" not in str(archive.entries), "personal values stay masked"


def test_what_an_outage_held_up_is_sent_after_it(path: Path) -> None:
    archive = ArchiveInMemory()
    archive.down = True
    with pytest.raises(ArchiveError):
        archive.take_all(path)
    with Journal(path, KEY, clock=ticking()) as journal:
        journal.begin([intent("u-9")])
    assert ArchiveQueue(path, "it").behind() == 9
    archive.down = False
    assert archive.take_all(path) == 9
    assert ArchiveQueue(path, "it").behind() == 0


def test_it_ends_when_its_time_is_over_and_goes_on_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.service.archive.sending.AT_ONCE", 3)
    archive, left = ArchiveInMemory(), iter([True, True, False])
    assert send(ArchiveQueue(path, "it"), lambda: archive, go_on=lambda: next(left), origin=ORIGIN) == 6
    assert archive.take_all(path) == 2
    assert archive.order == [*range(1, 9)]


@pytest.mark.parametrize("text", [None, "", "nonsense", "7:ab", "\x00" * 600])
def test_a_mark_that_is_lost_or_broken_has_all_sent_again(path: Path, text: str | None) -> None:
    archive = ArchiveInMemory()
    archive.take_all(path)
    if text is None:
        mark_file(path).unlink()
    else:
        mark_file(path).write_text(text)
    assert archive.take_all(path) == 8
    assert len(archive.entries) == 8


def test_another_archive_is_sent_all_of_it(path: Path) -> None:
    ArchiveInMemory().take_all(path)
    assert ArchiveQueue(path, "another").behind() == 8


def test_a_mark_that_is_forged_hides_nothing(path: Path) -> None:
    """Who says that all was sent keeps entries from the archive: it is then found to lack them."""
    archive = ArchiveInMemory()
    archive.take_all(path)
    with Journal(path, KEY, clock=ticking()) as journal:
        journal.begin([intent("u-9"), intent("u-10")])
    queue = ArchiveQueue(path, "it")
    queue.sent(queue.take(2)[-1])
    assert queue.behind() == 0
    found = compare(path, archive.hashes(), queue.known())
    assert (found.fault, found.seq) == (ArchiveFault.LACKS, 9)


def test_another_journal_in_its_place_is_sent_from_its_beginning(path: Path) -> None:
    archive = ArchiveInMemory()
    archive.take_all(path)
    for file in path.parent.glob("journal.db*"):
        if file != mark_file(path):
            file.unlink()
    filled(path, OTHER_KEY, changes=5)
    assert archive.take_all(path) == 10
    assert len(archive.entries) > 10, "what was there stays beside it"


def test_an_entry_that_was_altered_goes_out_under_another_hash_and_holds_nothing_up(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET body = x'fe00' WHERE seq = 3")
        connection.execute("UPDATE entry SET body = '[' WHERE seq = 4")
        connection.execute("DELETE FROM entry WHERE seq = 6")
    archive = ArchiveInMemory()
    assert archive.take_all(path) == 7
    assert all(chained(one.previous, one.body) == one.hash for one in archive.entries.values())
    found = compare(path, archive.hashes())
    assert (found.fault, found.seq) == (ArchiveFault.FORKED, 3)


def test_an_archive_that_has_two_of_one_number_is_forked(path: Path) -> None:
    archive = ArchiveInMemory()
    archive.take_all(path)
    true = [*archive.hashes()]
    for other in (bytes(32), b"\xff" * 32):  # before the true one, and after it
        found = compare(path, iter(sorted([*true, (5, other)])))
        assert (found.fault, found.seq) == (ArchiveFault.FORKED, 5)
    assert compare(path, iter(true[:5])) == ArchiveVerification(5, behind=3)
    assert compare(path, iter([])) == ArchiveVerification(0, behind=8)
    assert compare(path, iter(true[:4] + true[5:])).fault is ArchiveFault.LACKS


def test_what_an_intent_and_an_outcome_are_found_by(path: Path) -> None:
    first, second, *_others = ArchiveQueue(path, "it").take(8)
    assert (first.about, first.intent) == (about("u-1"), None)
    assert (second.about, second.intent) == (None, 1)


def test_only_one_process_sends_at_a_time(path: Path) -> None:
    with only_one(path) as mine, only_one(path) as another:
        assert (mine, another) == (True, False)
    with only_one(path) as mine:
        assert mine
    assert not path.with_name("journal.db.archiving").exists()


def test_no_write_waits_while_something_is_sent(path: Path) -> None:
    """The journal is written in the middle of it, from the archive's own answer."""
    archive = ArchiveInMemory()

    def write(_count: int) -> None:
        with Journal(path, KEY, clock=ticking(), timeout=0.0) as journal:
            if journal.count() == 8:
                journal.begin([intent("u-9")])

    assert send(ArchiveQueue(path, "it"), lambda: archive, write, origin=ORIGIN) == 9


def test_the_mark_is_for_its_owner_alone(path: Path) -> None:
    ArchiveInMemory().take_all(path)
    assert mark_file(path).stat().st_mode & 0o777 == 0o600
