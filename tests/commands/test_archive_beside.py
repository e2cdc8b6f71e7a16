"""Commands that write send the journal to its archive afterwards, and no archive holds a write up."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfn_tui.config import load
from dfn_tui.service.connections import Connections
from dfn_tui.service.context import ConnectionContext
from dfn_tui.store import Journal, journal_file
from dfn_tui.store.archive_queue import mark_file
from tests.commands import running
from tests.commands.running import Run, Typed
from tests.sandbox_thread import SandboxThread


@contextmanager
def added(table: str) -> Iterator[None]:
    """The configuration of a process that is started has this, too."""
    before = running.CONFIG
    running.CONFIG = before + table.replace("{", "{{").replace("}", "}}")
    try:
        yield
    finally:
        running.CONFIG = before


@pytest.fixture
def log(run: Run, tmp_path: Path) -> Iterator[Path]:
    """Where the syslog would listen, as the configuration has it."""
    path = tmp_path / "log"
    with Path(os.environ["DFN_TUI_CONFIG"]).open("a", encoding="utf-8") as file:
        file.write(f'\n[journal.archive]\nto = "syslog"\nsocket = "{path}"\n')
    yield path


def test_what_a_command_wrote_is_archived_when_it_ends(
    run: Run, users: Callable[..., list[str]], log: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(log))
        ended = run("set", *users(), "mkt_sms_flag=Unsubscribed", "--reason", "asked by phone", "--yes")
        assert (ended.code, "archived" in ended.err) == (0, False)
        listening.setblocking(False)
        assert [b'"seq": 1' in listening.recv(65536), b'"seq": 2' in listening.recv(65536)] == [True, True]


def test_an_archive_that_is_not_there_changes_neither_the_write_nor_its_code(
    run: Run, users: Callable[..., list[str]], log: Path
) -> None:
    ended = run("set", *users(), "mkt_sms_flag=Unsubscribed", "--reason", "asked by phone", "--yes")
    assert ended.code == 0
    assert "2 entries are not archived yet. The syslog at" in ended.err
    assert not mark_file(journal_file()).exists()
    with Journal(journal_file()) as journal:
        assert journal.count() == 2


def test_a_command_that_only_reads_asks_no_archive(
    run: Run, users: Callable[..., list[str]], log: Path
) -> None:
    run("set", *users(), "mkt_sms_flag=Unsubscribed", "--reason", "asked by phone", "--yes")
    assert "archived" not in run("get", *users()).err


@pytest.mark.slow
def test_an_archive_that_never_answers_is_left_after_its_time(
    run: Run, users: Callable[..., list[str]], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never, asked = threading.Event(), list[object]()

    def silent(config: object) -> None:
        asked.append(config)
        never.wait()

    monkeypatch.setattr("dfn_tui.service.archive.background.open_sink", silent)
    withdrawal = ("mkt_sms_flag=Unsubscribed", "--reason", "asked by phone", "--yes")
    try:
        ended, at_once = (run("set", *users(), *withdrawal) for _time in range(2))
    finally:
        monkeypatch.setattr("dfn_tui.service.archive.background.send", lambda *_a, **_k: 0)
        never.set()
    assert (ended.code, at_once.code) == (0, 0)
    assert "The archive did not answer in time." in ended.err
    assert "4 entries are not archived yet. The archive did not answer in time." in at_once.err
    assert len(asked) == 1, "one withdrawal after the other waits for nothing"
    silence = journal_file().with_name("journal.db.silent")
    assert silence.stat().st_mode & 0o077 == 0
    os.utime(silence, (0, 0))
    again = run("set", *users(), *withdrawal)
    assert "did not answer" not in again.err, "after a minute it is tried again"


def test_the_console_knows_how_far_behind_it_is(run: Run, users: Callable[..., list[str]], log: Path) -> None:
    run("set", *users(), "mkt_sms_flag=Unsubscribed", "--reason", "asked by phone", "--yes")
    connections = Connections(load(Path(os.environ["DFN_TUI_CONFIG"])))
    context: ConnectionContext = connections.context("here")
    assert context.not_archived() == 0, "not looked at yet"
    archive = connections.archive.sender()
    assert archive is not None and connections.archive.configured
    assert "2 entries are not archived yet." in asyncio.run(connections.archive_rest())
    assert context.not_archived() == 2


def test_ctrl_c_while_the_archive_is_waited_for_keeps_the_code_of_what_was_done(
    sandbox: SandboxThread, run: Run, users: Callable[..., list[str]], tmp_path: Path
) -> None:
    """A server that takes the connection and says nothing: the command waits, and is left."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        table = f"""
[journal.archive]
to = "postgresql"
dsn = "host=127.0.0.1 port={port} dbname=audit user=dfn_tui_writer"
"""
        with (
            added(table),
            Typed(
                sandbox, "set", *users(), "mkt_sms_flag=Unsubscribed", "--reason", "asked by phone", "--yes"
            ) as typed,
        ):
            near, _address = silent.accept()
            typed.signal(signal.SIGINT)
            ended = typed.ended()
            near.close()
    assert ended.code == 0
    assert "confirmed" in ended.out
