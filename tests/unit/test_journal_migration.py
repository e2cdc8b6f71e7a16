"""A journal of version 1 is brought to the present schema: copied first, then all of it or nothing."""

import errno
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import ChainFault, FieldKind, Filter, Journal, JournalError, Verification, schema
from tests.unit.journals import KEY, PHONE, consent, intent, tampering

VERSION_1 = Path(__file__).with_name("journal_v1.sql")
"""What version 1 of the schema made of a few entries: the words, hashes and signature of then."""
WHOLE = Verification(14, signed=(1, 14))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "journal.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(VERSION_1.read_text())
        connection.execute("PRAGMA journal_mode = WAL")
    file.chmod(0o600)
    return file


def kept(path: Path, version: int = 1) -> Path:
    return path.with_name(f"journal.db.v{version}")


def brought_to(path: Path, version: int) -> None:
    """The journal as a console with so many steps would have left it."""
    with tampering(path) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:version])


def entries(path: Path) -> list[tuple[int, bytes, bytes]]:
    with tampering(path) as connection:
        return connection.execute("SELECT seq, CAST(body AS BLOB), hash FROM entry ORDER BY seq").fetchall()


def version(path: Path) -> int:
    with tampering(path) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def found(journal: Journal, wanted: Filter) -> list[int]:
    return [entry.seq for entry in journal.find(wanted)]


def test_an_old_journal_is_whole_and_keeps_every_byte(path: Path) -> None:
    before = entries(path)
    with Journal(path, KEY) as journal:
        assert journal.verify() == WHOLE
        assert entries(path) == before
        assert journal.begin([intent()]) == [15]
        assert journal.verify() == Verification(15, signed=(1, 15))
    assert version(path) == len(schema.MIGRATIONS)
    assert entries(path)[:-1] == before


def test_old_entries_are_read_in_the_words_of_today(path: Path) -> None:
    with Journal(path, KEY) as journal:
        failed, different = journal.entry(2), journal.entry(5)
        assert failed is not None
        assert different is not None
        assert failed.outcome_of(consent("night_flag")) is Outcome.FAILED
        assert failed.intent.changes[0].kind is FieldKind.CONSENT
        assert [one.outcome for one in journal.outcomes(5)] == [Outcome.DIFFERENT, Outcome.UNKNOWN]
        assert (different.intent.undo_of, different.intent.job) == (2, "w2/7")
        assert found(journal, Filter(outcome=Outcome.FAILED)) == [2]
        assert found(journal, Filter(outcome=Outcome.DIFFERENT)) == [5]
        email = journal.entry(6)
        assert email is not None
        assert journal.reveal(email).subject.value == "lee@example.com"
    with tampering(path) as connection:
        words = {row[0] for row in connection.execute("SELECT outcome FROM index_key")}
    assert {"not-applied", "changed-by-other"} <= words


def test_old_entries_are_found_by_what_they_were_and_by_host(path: Path) -> None:
    with Journal(path, KEY) as journal:
        assert found(journal, Filter()) == [13, 9, 8, 7, 6, 5, 2, 1]
        assert found(journal, Filter(host="bastion-2")) == [6, 5]
        assert found(journal, Filter(host="bastion-9")) == [7]
        assert found(journal, Filter(host="bastion-1", unresolved=True)) == [9, 8]
        assert found(journal, Filter(user="u-2", write="w2")) == [5]
        assert found(journal, Filter(operator="alice", flag="night_flag")) == [9]
        assert found(journal, Filter(incident="INC-1")) == []


def test_the_journal_is_copied_beside_itself_first(path: Path) -> None:
    before = entries(path)
    with Journal(path, KEY) as journal:
        journal.begin([intent()])
    assert stat.S_IMODE(kept(path).stat().st_mode) == 0o600
    assert (version(kept(path)), entries(kept(path))) == (1, before)
    assert not list(path.parent.glob("*.part*"))
    copied = kept(path).read_bytes()
    with Journal(path, KEY) as journal:
        assert journal.count() == 15
    assert kept(path).read_bytes() == copied


def test_what_is_still_in_the_log_is_copied_too(path: Path) -> None:
    with tampering(path) as other:
        other.execute("UPDATE head SET dropped = dropped")  # keeps the log
        other.execute("INSERT INTO step VALUES (99)")
        with Journal(path, KEY) as journal:
            journal.count()
    with tampering(kept(path)) as connection:
        assert connection.execute("SELECT max(seq) FROM step").fetchone() == (99,)


def test_an_older_copy_is_kept(path: Path) -> None:
    kept(path).write_bytes(b"the first copy")
    with Journal(path, KEY) as journal:
        assert journal.verify() == WHOLE
    assert kept(path).read_bytes() == b"the first copy"


def test_a_new_journal_is_not_copied(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        journal.begin([intent()])
        assert not list(tmp_path.glob("*.v*"))


@pytest.mark.parametrize("fails", ["open", "fsync"])
def test_no_room_for_the_copy_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def full(*_args: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = entries(path)
    with monkeypatch.context() as patched:
        patched.setattr(os, fails, full)
        with Journal(path, KEY) as journal, pytest.raises(JournalError, match="disk is full"):
            journal.count()
    assert (version(path), entries(path)) == (1, before)
    assert not list(path.parent.glob("*.v1*"))
    with Journal(path, KEY) as journal:
        assert journal.verify() == WHOLE


def test_a_damaged_entry_stays_found_out(path: Path) -> None:
    with tampering(path) as connection:
        connection.execute("UPDATE entry SET body = '{' WHERE seq = 7")
    with Journal(path, KEY) as journal:
        verified = journal.verify()
    assert (verified.fault, verified.seq) == (ChainFault.ALTERED, 7)


def test_an_archived_journal_is_read_without_touching_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.store.schema.on_read_only_media", lambda _path: True)
    before = path.read_bytes()
    with Journal(path, KEY) as journal:
        assert journal.verify() == WHOLE
        assert found(journal, Filter(host="bastion-9")) == [7]
    assert path.read_bytes() == before
    assert not kept(path).exists()


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from dfn_tui.store import Filter, Journal, schema

where, path = sys.argv[1], Path(sys.argv[2])

def die(*_args):
    os.kill(os.getpid(), signal.SIGKILL)

if where == "the copy":
    real = sqlite3.Connection
    class Copied(sqlite3.Connection):
        def backup(self, target):
            super().backup(target, pages=1, progress=die)
    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **named: connect(*args, factory=Copied, **named)
elif where == "before the rename":
    os.fsync = die
elif where == "after the rename":
    schema.sync = die
else:
    step, at = map(int, where.split("."))
    schema._own_schema()
    steps = list(schema.MIGRATIONS)
    steps[step] = (*steps[step][:at], "SELECT die()", *steps[step][at:])
    migrate = schema.migrate
    def killed(connection, _steps, before):
        connection.create_function("die", 0, die)
        migrate(connection, steps, before)
    schema.migrate = killed
with Journal(path) as journal:
    journal.find(Filter())
"""
POINTS = [
    (version, where)
    for version in range(1, len(schema.MIGRATIONS))
    for where in (
        "the copy",
        "before the rename",
        "after the rename",
        *(
            f"{step}.{at}"
            for step in range(version, len(schema.MIGRATIONS))
            for at in range(len(schema.MIGRATIONS[step]) + 1)
        ),
    )
]


@pytest.mark.slow
@pytest.mark.parametrize(("old", "where"), POINTS)
def test_a_console_killed_at_any_point_leaves_a_whole_journal(path: Path, old: int, where: str) -> None:
    brought_to(path, old)
    before = entries(path)
    with tampering(path) as other:
        other.execute("SELECT * FROM head").fetchall()  # so that the log stays, as after a kill it may
        ended = subprocess.run([sys.executable, "-c", KILLED, where, path], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert version(path) == old
    with Journal(path, KEY) as journal:
        assert journal.verify() == WHOLE
        assert found(journal, Filter(host="bastion-9")) == [7]
        assert found(journal, Filter(user="u-2")) == [5, 2]
        assert journal.begin([intent("u-1", PHONE)]) == [15]
        assert journal.verify().whole
    assert entries(path)[:-1] == before
    assert (version(kept(path, old)), entries(kept(path, old))) == (old, before)
    assert not list(path.parent.glob("*.part*"))
