"""The archive in the syslog of a real rsyslog, on a socket of its own."""

import hashlib
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.service.archive.sending import send
from dfn_tui.service.archive.sink import ArchiveError
from dfn_tui.service.archive.syslog import TAG, SyslogArchive
from dfn_tui.store import Journal
from dfn_tui.store.archive_queue import ArchiveQueue
from tests.unit.archives import ORIGIN
from tests.unit.journals import consent, filled, intent

pytestmark = pytest.mark.slow

_CONFIG = """
global(workDirectory="{folder}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log" RateLimit.Interval="0")
template(name="whole" type="string" string="%syslogfacility-text% %programname%%msg%\\n")
:programname, isequal, "{tag}" action(type="omfile" file="{folder}/kept" template="whole")
"""


class Rsyslog:
    """A daemon that keeps the journal's messages in a file."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.kept = folder / "log", folder / "kept"
        config = folder / "rsyslog.conf"
        config.write_text(_CONFIG.format(folder=folder, tag=TAG))
        self.socket.unlink(missing_ok=True)  # what is there belongs to one that was stopped
        command = ["rsyslogd", "-n", "-f", str(config), "-i", str(folder / "pid")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for(self.socket.exists)

    def wait_for(self, condition: Callable[[], object]) -> None:
        while not condition():
            assert self._process.poll() is None, "rsyslogd ended"
            time.sleep(0.01)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def entries(self, count: int) -> list[dict[str, object]]:
        """So many messages, once they are all there."""
        self.wait_for(lambda: self.kept.exists() and self.kept.read_bytes().count(b"\n") >= count)
        lines = self.kept.read_text().splitlines()
        assert all(line.startswith(f"authpriv {TAG} @cee: ") for line in lines)
        return [json.loads(line.partition("@cee: ")[2]) for line in lines]


@pytest.fixture
def folder(require: Callable[..., None]) -> Iterator[Path]:
    """A short path: a socket's name has 107 characters at the most."""
    require("rsyslogd")
    with tempfile.TemporaryDirectory(prefix="dfn-") as name:
        yield Path(name)


def test_what_rsyslog_keeps_is_the_journal_whole(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path, changes=50)
    with Journal(path) as journal:
        journal.begin([intent("u-1", *(consent(f"flag_{number}") for number in range(200)))])
    queue = ArchiveQueue(path, "log")
    syslog = Rsyslog(folder)
    try:
        assert send(queue, lambda: SyslogArchive(str(syslog.socket)), origin=ORIGIN) == 101
        found = syslog.entries(101)
    finally:
        syslog.stop()
    texts: dict[object, str] = {}
    for one in found:
        texts[one["seq"]] = texts.get(one["seq"], "") + str(one["body"])
    assert [*texts] == [*range(1, 102)], "in order"
    for one in found:
        digest = hashlib.sha256(bytes.fromhex(str(one["previous"])) + texts[one["seq"]].encode())
        assert one["hash"] == digest.hexdigest()


def test_a_daemon_that_was_stopped_gets_the_rest_when_it_is_back(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    filled(path, changes=2)
    queue = ArchiveQueue(path, "log")
    syslog = Rsyslog(folder)
    syslog.stop()
    with pytest.raises(ArchiveError):
        send(queue, lambda: SyslogArchive(str(syslog.socket)), origin=ORIGIN)
    assert queue.behind() == 4
    syslog = Rsyslog(folder)
    try:
        assert send(queue, lambda: SyslogArchive(str(syslog.socket)), origin=ORIGIN) == 4
        assert [one["seq"] for one in syslog.entries(4)] == [1, 2, 3, 4]
    finally:
        syslog.stop()
