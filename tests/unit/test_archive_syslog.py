"""The archive in the local syslog: what is written can be put together and checked again."""

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.service.archive.sending import send
from dfn_tui.service.archive.sink import ArchiveError
from dfn_tui.service.archive.syslog import TAG, SyslogArchive, messages
from dfn_tui.store import Journal
from dfn_tui.store.archive_queue import ArchiveQueue
from tests.unit.archives import ORIGIN
from tests.unit.journals import consent, filled, intent


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "log"))
        one.setblocking(False)
        yield one


def received(listening: socket.socket) -> list[dict[str, object]]:
    """The objects of the messages that came."""
    found: list[dict[str, object]] = []
    while True:
        try:
            message = listening.recv(1 << 20).decode("ascii")
        except BlockingIOError:
            return found
        head, cee, text = message.partition(": @cee: ")
        assert cee and head.startswith("<86>") and TAG in head
        found.append(json.loads(text))


def test_an_entry_is_a_message_with_its_place_in_the_chain(tmp_path: Path, listening: socket.socket) -> None:
    path = tmp_path / "journal.db"
    filled(path, changes=2)
    queue = ArchiveQueue(path, "log")
    assert send(queue, lambda: SyslogArchive(str(tmp_path / "log")), origin=ORIGIN) == 4
    found = received(listening)
    assert [one["seq"] for one in found] == [1, 2, 3, 4]
    for one in found:
        digest = hashlib.sha256(bytes.fromhex(str(one["previous"])) + str(one["body"]).encode())
        assert (one["hash"], one["host"], one["account"]) == (digest.hexdigest(), *ORIGIN)
    assert "821012345678" not in str(found)


def test_a_long_entry_comes_in_parts_that_no_daemon_cuts(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.begin([intent("u-1", *(consent(f"flag_{number}") for number in range(200)))])
    [entry] = ArchiveQueue(path, "log").take(1)
    said = [*messages(ORIGIN, entry)]
    assert len(said) > 2
    assert max(map(len, said)) < 8192
    parts = [json.loads(one.partition(b"@cee: ")[2]) for one in said]
    assert "".join(one["body"] for one in parts).encode() == entry.body
    assert [(one["part"], one["parts"]) for one in parts] == [(n, len(said)) for n in range(1, len(said) + 1)]


def test_no_daemon_or_one_that_takes_nothing_leaves_all_in_the_queue(
    tmp_path: Path, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.service.archive.syslog._WAIT", 0.05)
    path = tmp_path / "journal.db"
    filled(path, changes=250)
    queue = ArchiveQueue(path, "log")
    with pytest.raises(ArchiveError, match="does not take messages"):
        send(queue, lambda: SyslogArchive(str(tmp_path / "none")), origin=ORIGIN)
    with pytest.raises(ArchiveError, match="does not take messages"):  # nobody reads, so its buffer is full
        send(queue, lambda: SyslogArchive(str(tmp_path / "log")), origin=ORIGIN)
    assert queue.behind() == 500
    assert received(listening)
