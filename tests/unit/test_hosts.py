"""Several hosts over one state folder: each writes a journal of its own, and they are read together."""

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    AllJournals,
    DutyNote,
    Filter,
    IntentGroup,
    IntentUser,
    Journal,
    JournalError,
    OutcomeGroup,
    Ref,
    Subject,
)
from dfn_tui.store.hosts import copied, first_writer, journal_of, other_journals
from tests.unit.journals import ALICE, KEY, consent, intent, settable, tampering, ticking

DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


def by(host: str, user: str = "u-1", undo_of: Ref | None = None) -> IntentGroup:
    group = intent(user, consent(), operator=ALICE._replace(host=host), write=f"{host}-{user}-{undo_of}")
    return replace(group, users=(IntentUser(Subject("user_id", user), undo_of),))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.store.hosts.file_system", lambda _folder: "nfs4")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says what this host calls itself."""

    def named(host: str) -> None:
        monkeypatch.setattr("dfn_tui.store.records.socket.gethostname", lambda: host)

    named("a")
    return named


def wrote(path: Path, host: str, *users: str, start: datetime = DAY) -> None:
    with Journal(path, KEY, clock=ticking(start)) as journal:
        for user in users:
            [seq] = journal.begin([by(host, user)])
            journal.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED)])


def test_on_a_disk_of_its_own_a_host_has_one_journal_whatever_it_is_called(tmp_path: Path) -> None:
    wrote(tmp_path / "journal.db", "former-name", "u-1")
    assert journal_of(tmp_path, "new-name") == tmp_path / "journal.db"
    assert other_journals(tmp_path / "journal.db") == []


@pytest.mark.usefixtures("network")
def test_on_a_network_each_host_has_its_own(tmp_path: Path) -> None:
    a, b = journal_of(tmp_path, "a"), journal_of(tmp_path, "b/../c")
    assert a == tmp_path / "hosts" / "a" / "journal.db"
    assert b == tmp_path / "hosts" / "b%2F..%2Fc" / "journal.db"
    for odd in ("..", ".", ""):
        assert journal_of(tmp_path, odd).resolve().parent.parent in (tmp_path / "hosts", tmp_path)
    assert journal_of(tmp_path, "..") == tmp_path / "hosts" / "%2E%2E" / "journal.db"
    wrote(a, "a", "u-1")
    wrote(b, "b/../c", "u-2")
    assert [(one.host, one.path) for one in other_journals(a)] == [("b/../c", b)]
    for folder in (tmp_path / "hosts", a.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.usefixtures("network")
def test_a_journal_that_is_there_goes_on_being_written_by_the_host_that_began_it(tmp_path: Path) -> None:
    single = tmp_path / "journal.db"
    wrote(single, "a", "u-1")
    wrote(single, "b", "u-2")  # as earlier versions let it
    assert journal_of(tmp_path, "a") == single
    own = journal_of(tmp_path, "b")
    assert own == tmp_path / "hosts" / "b" / "journal.db"
    wrote(own, "b", "u-3")
    assert journal_of(tmp_path, "b") == own
    assert [one.host for one in other_journals(own)] == ["a"]
    assert [one.host for one in other_journals(single)] == ["b"]
    with Journal(single, KEY) as journal:
        assert (journal.verify().whole, journal.head().seq) == (True, 4)  # numbers and chain go on


@pytest.mark.usefixtures("network")
def test_the_first_entry_is_found_while_it_is_in_the_log_alone(tmp_path: Path) -> None:
    single = tmp_path / "journal.db"
    with Journal(single, KEY) as journal:
        journal.begin([by("a")])
        assert single.with_name("journal.db-wal").stat().st_size
        assert journal_of(tmp_path, "a") == single
        assert journal_of(tmp_path, "b") != single
    single.write_bytes(b"no journal at all")
    assert first_writer(single) == ""
    assert journal_of(tmp_path, "a") != single  # nobody's: it is left alone


def test_a_folder_that_is_said_to_be_shared_is(tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    assert journal_of(tmp_path, "a") == tmp_path / "hosts" / "a" / "journal.db"


def test_entries_of_all_hosts_are_one_list(tmp_path: Path, here: Callable[[str], None]) -> None:
    a, b = (tmp_path / "hosts" / host / "journal.db" for host in "ab")
    wrote(a, "a", "u-1", "u-2")
    wrote(b, "b", "u-1", start=DAY + timedelta(minutes=1, seconds=30))
    with Journal(b, KEY, clock=settable(DAY + timedelta(hours=1))) as journal:
        journal.begin([by("b", "u-1", "1@a"), by("b", "u-9", 1)])
    with AllJournals(a, KEY) as every:
        found = every.find(Filter(user="u-1"))
        assert [(one.ref, one.intent.undo_of) for one in found] == [("3@b", 1), ("1@b", None), (1, None)]
        assert [one.ref for one in every.walk(Filter())] == ["4@b", "3@b", 3, "1@b", 1]
        assert every.find(Filter(), limit=2) == [*every.walk(Filter())][:2]
        last = every.entry("4@b")
        assert last is not None
        assert (last.intent.undo_of, every.reveal(last).undo_of) == ("1@b", "1@b")
        assert every.entry("2@b") is None  # an outcome
        assert ("2@b" in every, "9@b" in every, "1@c" in every) == (True, False, False)
        assert [every.entry(word) for word in ("x", "1@c", "99", "9" * 30, "", "@b", "1@")] == [None] * 7
        assert [one.outcome for one in every.outcomes("1@b")] == [Outcome.CONFIRMED]
        latest = every.last_changes("shop", "u-1", frozenset({Outcome.CONFIRMED}))
        assert latest["mkt_flag"].ref == "1@b"
        assert every.troubles == []
    here("b")
    with AllJournals(b, KEY) as every:
        assert [one.ref for one in every.find(Filter())] == [4, 3, "3@a", 1, "1@a"]


def test_notes_are_about_the_entries_of_their_own_journal(
    tmp_path: Path, here: Callable[[str], None]
) -> None:
    a, b = (tmp_path / "hosts" / host / "journal.db" for host in "ab")
    for path in (a, b):
        wrote(path, path.parent.name, "u-1")
        with Journal(path, KEY) as journal:
            journal.note([DutyNote("tell", (1,), "2026-03-02", ALICE, "0.1")])
    with AllJournals(a, KEY) as every:
        assert [note.intents for note in every.notes()] == [(1,), ("1@b",)]
        assert [note.on for note in every.notes("1@b")] == ["2026-03-02"]


def test_one_that_cannot_be_read_hides_none_of_the_rest(tmp_path: Path, here: Callable[[str], None]) -> None:
    a, b, c, d = (tmp_path / "hosts" / host / "journal.db" for host in "abcd")
    for path in (a, b, c):
        wrote(path, path.parent.name, "u-1")
    pipe = tmp_path / "hosts" / "pipe" / "journal.db"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    b.write_bytes(b"x" * 5000)
    d.parent.mkdir()
    d.symlink_to(a)
    with tampering(c) as connection:
        connection.execute("UPDATE entry SET body = x'ff' WHERE seq = 1")
    with AllJournals(a, KEY) as every:
        assert [one.ref for one in every.find(Filter())] == [1]
        assert [one.ref for one in every.walk(Filter())] == [1]
        assert [(words.split()[3], "missing" in words) for words in every.troubles] == [
            ("b", True), ("d", True), ("pipe", True), ("c", True),
        ]  # fmt: skip
    a.write_bytes(b"x" * 5000)
    with AllJournals(a, KEY) as every, pytest.raises(JournalError):
        every.find(Filter())


def test_a_copy_is_for_one_process_alone_and_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    wrote(path, "a", "u-1")
    with copied(path) as copy:
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with Journal(copy, KEY) as journal:
            assert journal.verify().whole
        name = copy.name.removesuffix(".db")
    assert not [one for one in Path(tempfile.gettempdir()).iterdir() if one.name.startswith(name)]
    with pytest.raises(JournalError), copied(tmp_path / "gone.db"):
        pass


def test_what_is_copied_while_it_is_written_is_one_state_of_it(tmp_path: Path) -> None:
    path, stop = tmp_path / "journal.db", threading.Event()
    wrote(path, "a", "u-1")

    def write() -> None:
        with Journal(path, KEY) as journal:
            for number in range(100_000):
                if stop.is_set():
                    return
                journal.begin([by("a", f"u-{number}")])
                stop.wait(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    counts: list[int] = []
    try:
        while len(set(counts)) < 6:
            with copied(path) as copy, Journal(copy, KEY) as journal:
                found = journal.verify()
                assert found.whole
                counts.append(found.entries)
    finally:
        stop.set()
        writer.join()
    assert counts == sorted(counts)


def test_one_that_never_holds_still_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.db"
    wrote(path, "a", "u-1")
    monkeypatch.setattr("dfn_tui.store.hosts._PAUSE", 0)
    copy_file = shutil.copyfile

    def written_meanwhile(source: Path, target: Path) -> None:
        copy_file(source, target)
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))

    monkeypatch.setattr("shutil.copyfile", written_meanwhile)
    with pytest.raises(JournalError) as refused, copied(path):
        pass
    assert refused.value.title == "The journal does not hold still"
