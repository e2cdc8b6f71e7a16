"""The journal's archive on a real PostgreSQL: what it takes, who may do what, and what happens to it."""

import hashlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dfn_tui.cli import main
from dfn_tui.config.model import ArchiveConfig, ArchiveKind
from dfn_tui.service.archive import postgres
from dfn_tui.service.archive.history import history_of
from dfn_tui.service.archive.postgres import PostgresArchive
from dfn_tui.service.archive.sending import send
from dfn_tui.service.archive.sink import ArchiveError, Origin
from dfn_tui.service.archive.tables import TABLE, WRITTEN, statements
from dfn_tui.store import Journal
from dfn_tui.store.archive_queue import ArchiveQueue
from dfn_tui.store.archive_verify import ArchiveFault, ArchiveVerification, compare
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, look_up, see
from tests.screens.journals import SMS_OFF, written
from tests.system.postgres import TLS, PostgresServer, programs
from tests.unit.journals import KEY, filled, intent, ticking
from tests.unit.test_journal_attacks import ATTACKS, Kept

pytestmark = pytest.mark.slow

HERE = Origin("bastion-1", "kim")


@pytest.fixture(scope="module")
def running() -> Iterator[PostgresServer]:
    if programs() is None:
        reason = "not installed: postgresql"
        if os.environ.get("DFN_TUI_REQUIRE_SYSTEM") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with PostgresServer() as server:
        yield server


@pytest.fixture
def server(running: PostgresServer) -> PostgresServer:
    """The server, with a new archive on it."""
    running.sql("DROP SCHEMA IF EXISTS dfn_tui CASCADE", *statements("dfn_tui_writer", "dfn_tui_reader"))
    running.give_passwords()
    return running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of eight entries."""
    filled(tmp_path / "journal.db")
    return tmp_path / "journal.db"


def opened(server: PostgresServer, role: str = "dfn_tui_writer", **more: str) -> PostgresArchive:
    return PostgresArchive(server.dsn(role, **more), SecretStr(server.passwords[role]))


def sent(server: PostgresServer, path: Path, origin: Origin = HERE) -> int:
    return send(ArchiveQueue(path, "here"), lambda: opened(server), origin=origin)


def verified(server: PostgresServer, path: Path, origin: Origin = HERE) -> ArchiveVerification:
    with closing(opened(server, "dfn_tui_reader")) as archive:
        return compare(path, archive.hashes(origin), ArchiveQueue(path, "here").known())


def count(server: PostgresServer) -> int:
    return int(server.sql(f"SELECT count(*) FROM {TABLE}"))


def test_what_was_journalled_is_archived_once_and_masked(server: PostgresServer, path: Path) -> None:
    assert sent(server, path) == 8
    assert sent(server, path) == 0
    (path.parent / "journal.db.archived").unlink()  # a lost mark has all of it sent again
    assert sent(server, path) == 8
    assert count(server) == 8
    texts = server.sql(f"SELECT convert_from(body, 'UTF8') FROM {TABLE} ORDER BY seq")
    assert "u-1" in texts
    assert "821012345678" not in texts and "82••••••••78".encode("unicode_escape").decode() in texts
    assert server.sql(f"SELECT DISTINCT role FROM {TABLE}") == "dfn_tui_writer"
    assert verified(server, path) == ArchiveVerification(8)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("dfn_tui_writer", f"SELECT count(*) FROM {TABLE}"),
        ("dfn_tui_writer", f"UPDATE {TABLE} SET seq = 1"),
        ("dfn_tui_writer", f"DELETE FROM {TABLE}"),
        ("dfn_tui_writer", f"TRUNCATE {TABLE}"),
        ("dfn_tui_writer", f"DROP TABLE {TABLE}"),
        ("dfn_tui_writer", f"INSERT INTO {TABLE} (received) VALUES (now())"),
        ("dfn_tui_reader", f"INSERT INTO {TABLE} (seq) VALUES (1)"),
        ("dfn_tui_reader", f"DELETE FROM {TABLE}"),
    ],
)
def test_no_role_may_do_more_than_it_is_for(server: PostgresServer, role: str, statement: str) -> None:
    with closing(opened(server, role)) as archive, pytest.raises(ArchiveError) as raised:
        archive.run(statement)
    assert "permission denied" in raised.value.happened or "must be owner" in raised.value.happened


def test_an_entry_cannot_take_the_place_of_another(server: PostgresServer, path: Path) -> None:
    """A hash stands for one text alone: else a forged text sent first would keep the true one out."""
    [first, *_] = ArchiveQueue(path, "here").take(1)
    with closing(opened(server)) as archive, pytest.raises(ArchiveError, match="check constraint"):
        archive.store(HERE, [first._replace(body=first.body + b" ")])
    assert count(server) == 0


def test_a_role_with_more_rights_is_refused(server: PostgresServer) -> None:
    server.sql("DROP ROLE IF EXISTS mighty", "CREATE ROLE mighty LOGIN SUPERUSER")
    with pytest.raises(subprocess.CalledProcessError) as raised:
        server.sql("BEGIN", *statements("mighty", "dfn_tui_reader"), "COMMIT")
    assert "more rights" in raised.value.stderr
    server.sql("DROP ROLE mighty")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_each_attack_on_the_journal_is_found_by_the_archive(
    server: PostgresServer, tmp_path: Path, attack: Callable[[Kept], None]
) -> None:
    kept = Kept(tmp_path, None)
    sent(server, kept.path)
    attack(kept)
    with Journal(kept.path) as journal:
        local = journal.verify()
    before = verified(server, kept.path)
    assert not local.whole or before.fault is not None
    sent(server, kept.path)  # what was forged is archived, too, and hides nothing
    assert not local.whole or verified(server, kept.path).fault is not None


def test_what_is_forged_is_stored_beside_what_is_true(server: PostgresServer, path: Path) -> None:
    sent(server, path)
    with closing(opened(server)) as archive:
        [entry] = ArchiveQueue(path, "another").take(3)[2:]
        other = entry._replace(body=b"{}", previous=b"", hash=hashlib.sha256(b"{}").digest())
        archive.store(HERE, [other])
    assert count(server) == 9
    found = verified(server, path)
    assert (found.fault, found.seq) == (ArchiveFault.FORKED, 3)


def test_no_entry_is_kept_out_by_its_own_text_under_another_word(server: PostgresServer, path: Path) -> None:
    """Sent first with nothing that it is found by, the true one would be taken for there already."""
    entries = ArchiveQueue(path, "another").take(8)
    with closing(opened(server)) as archive:
        archive.store(HERE, [one._replace(about=None, intent=None) for one in entries])
    sent(server, path)
    with closing(opened(server, "dfn_tui_reader")) as archive:
        found = history_of(archive, "u-2", None)
    assert [(one.seq, one.outcome is not None) for one in found.entries] == [(3, True)]
    again = verified(server, path)
    assert (again.fault, again.seq) == (ArchiveFault.FORKED, 1)


def test_a_forged_outcome_is_named(server: PostgresServer, path: Path) -> None:
    sent(server, path)
    entries = ArchiveQueue(path, "another").take(8)
    true = next(one for one in entries if one.intent == 3)
    body = true.body.replace(b"confirmed", b"failed")
    assert body != true.body
    forged = true._replace(body=body, hash=hashlib.sha256(true.previous + body).digest())
    with closing(opened(server)) as archive:
        archive.store(HERE, [forged])
    with closing(opened(server, "dfn_tui_reader")) as archive:
        assert history_of(archive, "u-2", None).doubled == [(HERE, true.seq)]
    assert verified(server, path).fault is ArchiveFault.FORKED


def test_an_archive_of_an_earlier_version_is_brought_up_to_date(server: PostgresServer, path: Path) -> None:
    sent(server, path)
    server.sql(
        "DROP INDEX dfn_tui.journal_once",
        f"ALTER TABLE {TABLE} ADD CONSTRAINT journal_host_account_seq_hash_key"
        " UNIQUE (host, account, seq, hash)",
        *statements("dfn_tui_writer", "dfn_tui_reader"),
    )
    indexes = server.sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'dfn_tui'")
    assert "journal_once" in indexes and "seq_hash_key" not in indexes
    assert verified(server, path) == ArchiveVerification(8)


def test_an_archive_that_lost_entries_is_found(server: PostgresServer, path: Path) -> None:
    sent(server, path)
    server.sql(f"DELETE FROM {TABLE} WHERE seq = 8")
    assert verified(server, path)[2:] == (ArchiveFault.LACKS, 8)
    server.sql(f"DELETE FROM {TABLE} WHERE seq = 5")
    assert verified(server, path)[2:] == (ArchiveFault.LACKS, 5)


def test_what_was_written_meanwhile_is_behind_and_no_fault(server: PostgresServer, path: Path) -> None:
    sent(server, path)
    with Journal(path, KEY, clock=ticking()) as journal:
        journal.begin([intent("u-9"), intent("u-10")])
    assert verified(server, path) == ArchiveVerification(8, behind=2)


def test_a_restart_in_the_middle_loses_nothing(server: PostgresServer, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path, changes=600)
    queue = ArchiveQueue(path, "here")

    def restart(_count: int) -> None:
        server.stop()
        server.start()

    with pytest.raises(ArchiveError):
        send(queue, lambda: opened(server), restart, origin=HERE)
    assert queue.behind() == 700
    assert sent(server, path) == 700
    assert verified(server, path) == ArchiveVerification(1200)
    ordered = server.sql(
        f"SELECT bool_and(seq = place) FROM (SELECT seq, row_number() OVER (ORDER BY id)"
        f" AS place FROM {TABLE}) AS numbered"
    )
    assert ordered == "t"


def test_a_connection_that_is_cut_off_is_made_anew(server: PostgresServer, path: Path) -> None:
    archive = opened(server)
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'dfn_tui_writer'")
    with pytest.raises(ArchiveError):
        send(ArchiveQueue(path, "here"), lambda: archive, origin=HERE)
    assert ArchiveQueue(path, "here").behind() == 8
    assert sent(server, path) == 8


def test_a_line_that_says_nothing_any_more_is_given_up(
    server: PostgresServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LONGEST", 1.0)
    with mute_after_login(server.port) as (port, mute):
        archive = opened(server, port=str(port))
        mute.set()
        with pytest.raises(ArchiveError):
            send(ArchiveQueue(path, "here"), lambda: archive, origin=HERE)
    assert sent(server, path) == 8


class mute_after_login:  # noqa: N801  used as a context manager
    """Hands on what both sides say until it is muted; nothing is closed then."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._muted = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open = [self._listening]

    def __enter__(self) -> tuple[int, threading.Event]:
        threading.Thread(target=self._accept, daemon=True).start()
        return self._listening.getsockname()[1], self._muted

    def _accept(self) -> None:
        near = self._listening.accept()[0]
        far = socket.create_connection(("127.0.0.1", self._to))
        self._open += [near, far]
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._hand_on, args=(one, other), daemon=True).start()

    def _hand_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                if not self._muted.is_set():
                    other.sendall(said)

    def __exit__(self, *_error: object) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def test_a_database_that_is_read_only_takes_nothing_and_loses_nothing(
    server: PostgresServer, path: Path
) -> None:
    server.sql("ALTER DATABASE audit SET default_transaction_read_only = on")
    try:
        with pytest.raises(ArchiveError, match="read-only"):
            sent(server, path)
    finally:
        server.sql("SET default_transaction_read_only = off", "ALTER DATABASE audit RESET ALL")
    assert ArchiveQueue(path, "here").behind() == 8
    assert sent(server, path) == 8


def test_a_full_disk_takes_nothing_and_loses_nothing(
    server: PostgresServer, tmp_path: Path, require: Callable[..., None]
) -> None:
    require("mount", "umount")
    small = server.folder / "small"
    small.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("this account may not mount")
    try:
        shutil.chown(small, "postgres")
        server.sql(f"CREATE TABLESPACE small LOCATION '{small}'")
        server.sql(f"ALTER TABLE {TABLE} SET TABLESPACE small")
        path = tmp_path / "journal.db"
        filled(path, changes=600)
        with pytest.raises(ArchiveError, match="No space left"):
            sent(server, path)
        left = ArchiveQueue(path, "here").behind()
        assert left
        server.sql(f"ALTER TABLE {TABLE} SET TABLESPACE pg_default")  # there is room again
        assert sent(server, path) == left
        assert verified(server, path) == ArchiveVerification(1200)
    finally:
        server.sql("DROP SCHEMA dfn_tui CASCADE", "DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_another_certificate_or_name_is_refused(server: PostgresServer, path: Path, tmp_path: Path) -> None:
    right = {"sslmode": "verify-full", "sslrootcert": str(TLS / "server.pem")}
    other = tmp_path / "other.pem"
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    making += ["-keyout", str(tmp_path / "other.key"), "-out", str(other), "-days", "2"]
    subprocess.run(making, check=True, capture_output=True)
    with pytest.raises(ArchiveError, match="certificate"):
        opened(server, **right | {"sslrootcert": str(other)})
    with pytest.raises(ArchiveError, match="does not match"):
        opened(server, **right | {"host": "audit.example", "hostaddr": "127.0.0.1"})
    with closing(opened(server, **right)):
        pass


def test_a_wrong_password_is_never_shown(server: PostgresServer) -> None:
    with pytest.raises(ArchiveError) as raised:
        PostgresArchive(server.dsn("dfn_tui_writer"), SecretStr("tok-3f81c6"))
    assert "password authentication failed" in raised.value.happened
    assert "tok-3f81c6" not in raised.value.happened
    assert raised.value.__cause__ is None and raised.value.__suppress_context__


def test_the_environment_says_nothing_of_where_it_goes(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    with closing(opened(server)):
        pass
    assert "PGHOSTADDR" not in os.environ


def test_who_changed_a_user_is_read_of_every_host(server: PostgresServer, tmp_path: Path) -> None:
    for host in ("bastion-1", "bastion-2"):
        (tmp_path / host).mkdir()
        filled(tmp_path / host / "journal.db", changes=2)
        sent(server, tmp_path / host / "journal.db", Origin(host, "kim"))
    with closing(opened(server, "dfn_tui_reader")) as archive:
        found = history_of(archive, "u-2", None)
        assert [(one.seq, one.intent.subject.value) for one in found.entries] == [(3, "u-2")] * 2
        assert all(one.outcome is not None for one in found.entries)
        assert history_of(archive, "nobody", None).entries == []


def test_all_of_it_by_the_commands(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    server.sql("DROP SCHEMA dfn_tui CASCADE")
    monkeypatch.setattr("dfn_tui.cli.archive.is_terminal", lambda: False)
    assert main(["journal", "archive", "init", "--dsn", server.owner]) == 0
    assert main(["journal", "archive", "init", "--dsn", server.owner]) == 0, "it may be there already"
    server.give_passwords()
    config, state = tmp_path / "config.toml", tmp_path / "state"
    roles = [("", "dfn_tui_writer"), ("reader_", "dfn_tui_reader")]
    lines = ["[journal.archive]", 'to = "postgresql"']
    for which, role in roles:
        dsn = " ".join(f"{name}={value}" for name, value in server.dsn(role).items())
        lines += [f'{which}dsn = "{dsn}"', f'{which}password_command = ["echo", "{server.passwords[role]}"]']
    config.write_text("\n".join(lines))
    monkeypatch.setenv("DFN_TUI_CONFIG", str(config))
    monkeypatch.setenv("DFN_TUI_STATE", str(state))
    state.mkdir()
    filled(state / "journal.db", None)
    capfd.readouterr()
    assert main(["journal", "verify"]) == 0
    assert "8 entries are not archived yet." in capfd.readouterr().err
    assert main(["journal", "archive", "send"]) == 0
    assert "8 entries were archived." in capfd.readouterr().err
    assert main(["journal", "verify", "--against", "archive"]) == 0
    assert "The archive holds the same: 8 entries." in capfd.readouterr().out
    assert main(["history", "u-2", "--all-hosts"]) == 0
    assert "bastion-1" in capfd.readouterr().out
    main(["doctor", "--format", "jsonl"])
    assert '"check": "archive", "status": "ok"' in capfd.readouterr().out
    (state / "journal.db").unlink()
    assert main(["journal", "verify", "--against", "archive"]) == 1
    assert "Entry 1 was archived, and the journal ends before it" in capfd.readouterr().out


def test_the_writer_says_no_more_than_it_is_granted() -> None:
    assert not {"id", "received", "role"} & set(WRITTEN)
    assert psycopg.__version__ >= "3.2"


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_history_of_a_user_shows_what_any_host_wrote(
    server: PostgresServer, sandbox: SandboxThread, tmp_path: Path, size: tuple[int, int]
) -> None:
    elsewhere = tmp_path / "elsewhere" / "journal.db"
    written(elsewhere, SMS_OFF, user="user-0001", connection="by-another-name")
    written(elsewhere, SMS_OFF, user="user-0003")
    sent(server, elsewhere, Origin("bastion-9", "lee"))
    words = ("echo", server.passwords["dfn_tui_reader"])
    reader = tuple(server.dsn("dfn_tui_reader").items())
    archive = ArchiveConfig(ArchiveKind.POSTGRESQL, reader_dsn=reader, reader_password_command=words)
    app = console(sandbox, journal=tmp_path / "journal.db", archive=archive)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?")
        await pilot.press("4")
        await see(pilot, "Nothing was changed of this user from this host")
        await pilot.press("a")
        await see(pilot, "From the archive", "SMS", "kim on bastion-1", "by-another-name")
        await pilot.press("enter")
        await see(pilot, "Entry 1 of kim on bastion-1")
        await pilot.press("escape", "a")
        await see(pilot, "Nothing was changed of this user from this host")
        server.sql("DROP SCHEMA dfn_tui CASCADE")
        await pilot.press("a")
        await see(pilot, "! The archive cannot be used")
