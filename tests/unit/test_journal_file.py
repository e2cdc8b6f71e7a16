"""The journal's file: its place, its modes, its schema, and what can be wrong with it."""

import errno
import sqlite3
import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.store import Filter, Journal, JournalError, OutcomeGroup, journal_file
from dfn_tui.store.errors import journal_errors
from dfn_tui.store.schema import MIGRATIONS, empty_journal, migrate
from tests.unit.journals import filled, intent, tampering


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_journal_lies_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_STATE", str(tmp_path))
    assert journal_file() == tmp_path / "journal.db"
    monkeypatch.delenv("DFN_TUI_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert journal_file() == tmp_path / "state" / "dfn-tui" / "journal.db"


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state" / "journal.db"
    with Journal(path) as journal:
        journal.begin([intent()])
        assert mode(path.parent) == 0o700
        files = list(path.parent.iterdir())
        assert {file.name for file in files} == {"journal.db", "journal.db-wal", "journal.db-shm"}
        assert {mode(file) for file in files} == {0o600}


def test_a_file_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.touch(mode=0o644)
    with Journal(path) as journal:
        journal.begin([intent()])
    assert mode(path) == 0o600


def test_it_survives_power_cuts_as_far_as_sqlite_can(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal, journal._using(create=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.conclude([OutcomeGroup(tuple(journal.begin([intent()])), Outcome.CONFIRMED)])
        moved_away(tmp_path)
        assert journal.find(Filter()) == []
        assert journal.begin([intent()]) == [1]
    with Journal(path) as journal:
        assert journal.count() == 1


def test_how_something_ended_is_not_told_of_what_has_its_number_in_another_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        old = journal.begin([intent("a"), intent("b")])
        moved_away(tmp_path)
        with pytest.raises(JournalError, match="removed or replaced"):
            journal.begin([intent("c")])  # it would have the number of one of these
        for seq in old:
            with pytest.raises(JournalError, match="removed or replaced"):
                journal.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED)])
        assert journal.count() == 0
        [seq] = journal.begin([intent("c")])  # nothing is left open in the other one
        journal.conclude([OutcomeGroup((seq,), Outcome.FAILED)])
    with Journal(path) as journal:
        [entry] = journal.find(Filter())
        assert entry.outcome is not None and entry.outcome.outcome is Outcome.FAILED


def moved_away(folder: Path) -> None:
    for file in sorted(folder.iterdir()):
        file.rename(file.with_name(f"old-{file.name}"))


def test_a_journal_made_by_another_console_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as reader:
        assert reader.count() == 0
        filled(path, changes=1)
        assert reader.count() == 2


def refusal(path: Path) -> JournalError:
    with Journal(path, timeout=0.05) as journal, pytest.raises(JournalError) as raised:
        journal.begin([intent()])
    return raised.value


def test_a_locked_journal_is_refused_after_a_while(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path, changes=1)
    with tampering(path) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in refusal(path).title
    with Journal(path) as journal:
        assert journal.begin([intent()]) == [3]


def test_a_new_file_that_is_locked_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with tampering(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "locked" in refusal(path).title


@pytest.mark.parametrize("content", [b"not a database at all" * 99, b"SQLite format 3\0" + b"\xff" * 4000])
def test_what_is_no_database_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    assert "not a journal" in refusal(path).title
    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [0, 1, 99])
def test_the_database_of_another_program_is_refused_and_kept(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.db"
    with tampering(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    assert "not a journal" in refusal(path).title
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    assert "not a journal" in refusal(tmp_path / "journal.db").title


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    assert "not a journal" in refusal(tmp_path / "state" / "journal.db").title


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path, changes=1)
    with Journal(path) as running:
        assert running.count() == 2
        with tampering(path) as connection:
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        assert "newer" in refusal(path).title
        with pytest.raises(JournalError, match="newer"):
            running.begin([intent()])
        assert running.count() == 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "no permission"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_system_says_is_passed_on(tmp_path: Path, code: int, said: str) -> None:
    with pytest.raises(JournalError, match=said), journal_errors(tmp_path):
        raise OSError(code, "Input/output error")


def test_a_failing_disk_is_named_and_a_wrong_statement_is_a_defect(tmp_path: Path) -> None:
    failing = sqlite3.OperationalError("disk I/O error")
    failing.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    failing.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    with pytest.raises(JournalError, match="SQLITE_IOERR_FSYNC"), journal_errors(tmp_path):
        raise failing
    with (
        pytest.raises(sqlite3.OperationalError),
        journal_errors(tmp_path),
        closing(sqlite3.connect(":memory:")) as connection,
    ):
        connection.execute("SELECT nonsense")


def made_by(path: Path, steps: Sequence[Sequence[str]]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, steps)
    return connection


FIRST = ("CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT)", "INSERT INTO entry VALUES (1, 'kept')")
SECOND = ("ALTER TABLE entry ADD COLUMN hash BLOB", "UPDATE entry SET hash = x'00'")


def test_an_older_journal_is_brought_up_to_date_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    made_by(path, [FIRST]).close()
    for _again in range(2):
        with closing(made_by(path, [FIRST, SECOND])) as connection:
            assert connection.execute("SELECT * FROM entry").fetchall() == [(1, "kept", b"\0")]
            assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    made_by(path, [FIRST]).close()
    with pytest.raises(sqlite3.OperationalError):
        made_by(path, [FIRST, (*SECOND, "nonsense")])
    with closing(made_by(path, [FIRST])) as connection:
        assert connection.execute("SELECT * FROM entry").fetchall() == [(1, "kept")]
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_every_index_serves_its_search() -> None:
    """What is found must not be sorted or walked through: at a million entries that would be felt."""
    with closing(empty_journal()) as connection:
        for index, where, uses in (
            ("intent_key", "index_key = 1", "COVERING INDEX intent_key (index_key"),
            ("intent_user", "user = 'u' AND outcome = 1", "INDEX intent_user (user"),
            ("intent_write", "\"write\" = 'w' AND outcome = 1", "INDEX intent_write (write"),
            ("intent_incident", "incident = 'i' AND outcome = 1", "INDEX intent_incident (incident"),
        ):
            source = f"FROM intent INDEXED BY {index} WHERE {where} AND seq BETWEEN 1 AND 9"
            for statement in (f"SELECT max(seq) {source}", f"SELECT seq {source} ORDER BY seq DESC LIMIT 5"):
                [step] = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
                assert step == f"SEARCH intent USING {uses}=? AND rowid>? AND rowid<?)"


def test_others_are_kept_out_at_each_opening(tmp_path: Path) -> None:
    path = tmp_path / "dfn-tui" / "journal.db"
    with Journal(path) as journal:
        journal.begin([intent()])
    log = path.with_name("journal.db-wal")
    path.parent.chmod(0o777)
    path.chmod(0o666)
    with Journal(path) as journal:
        journal.begin([intent()])
        modes = [mode(one) for one in (path.parent, path, log)]
    assert modes == [0o700, 0o600, 0o600]


def test_a_folder_of_another_name_is_closed_to_writers_only(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o757)
    with Journal(folder / "journal.db") as journal:
        journal.begin([intent()])
    assert mode(folder) == 0o755
    folder.chmod(0o1777)
    with Journal(folder / "journal.db") as journal:
        journal.begin([intent()])
    assert mode(folder) == 0o1777, "there nobody replaces what is not theirs"


def test_a_folder_that_others_write_and_that_cannot_be_closed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)

    def forbidden(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", forbidden)
    with Journal(tmp_path / "journal.db") as journal, pytest.raises(JournalError, match="Others may replace"):
        journal.begin([intent()])
    assert not (tmp_path / "journal.db").exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    (tmp_path / "journal.db").symlink_to(victim)
    with Journal(tmp_path / "journal.db") as journal:
        with pytest.raises(JournalError, match="is a link"):
            journal.begin([intent()])
        with pytest.raises(JournalError, match="is a link"):
            journal.count()
    assert victim.read_bytes() == b""


def test_rights_of_others_are_taken_away_by_whoever_only_reads(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path)
    path.chmod(0o666)
    with Journal(path) as journal:
        journal.count()  # a console reads first, and writes with what it has open
        assert path.stat().st_mode & 0o777 == 0o600
