"""Running the commands about users: here, or in a terminal of their own."""

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self, get_args

import pytest

from dfn_tui.cli import main
from dfn_tui.credentials import TokenStore
from dfn_tui.credentials.backends import NoKeyring
from dfn_tui.sandbox.options import Absence
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, Server

CONFIG = """
default = "here"

[connections.here]
api = "v1"
environment = "sandbox"
base_url = "{url}"

[connections.prod]
api = "v1"
environment = "production"
base_url = "{url}"
max_users = 3

[connections.next]
api = "v2"
environment = "sandbox"
base_url = "{url}"
service_id = "{service_id}"

[connections.untrusted]
api = "v1"
environment = "sandbox"
base_url = "https{rest}"
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Each user's id and outcome."""
        return [(one["user_id"], one["outcome"]) for one in self.objects]


Run = Callable[..., Ran]
EACH_SPELLING = pytest.mark.parametrize("sandbox", get_args(Absence), indirect=True, scope="module")
"""Runs a file's tests with each way of spelling what is absent."""


def configure(sandbox: Server) -> None:
    """One connection of each sort to that sandbox, and one that meets no TLS."""
    file = Path(os.environ["DFN_TUI_CONFIG"])
    rest = sandbox.url.removeprefix("http")
    text = CONFIG.format(url=sandbox.url, service_id=sandbox.service_id, rest=rest)
    file.write_text(text, encoding="utf-8")


class _Store(TokenStore):
    """Has a key for the journal, but no keyring."""

    async def find_journal_key(self, *, make: bool) -> bytes | None:
        return KEY


def _no_keyring() -> NoReturn:
    raise NoKeyring("There is no keyring here.")


def runner(sandbox: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `dfn-tui …` here, with the sandbox's token; `stdin` is what is piped in."""
    configure(sandbox)
    monkeypatch.setenv("DFN_TUI_TOKEN", sandbox.token)
    monkeypatch.setattr(
        "dfn_tui.service.connections.everyday_store", lambda *_given: _Store(backend=_no_keyring)
    )

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        readable, writable = os.pipe()
        os.write(writable, stdin)
        os.close(writable)
        monkeypatch.setattr("dfn_tui.cli.stdin._STDIN", readable)
        capfd.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            os.close(readable)
        said = capfd.readouterr()
        return Ran(code, said.out, said.err)

    return run


class Typed:
    """`dfn-tui …` in a terminal: its input and its messages are there, its output is piped."""

    def __init__(self, sandbox: SandboxThread, *arguments: str) -> None:
        configure(sandbox)
        self._terminal, inside = os.openpty()
        # Tests that run in the background are told to ignore it, and would hand that on.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dfn_tui", *arguments],
            stdin=inside,
            stdout=subprocess.PIPE,
            stderr=inside,
            env=os.environ
            | {"TERM": "xterm-256color", "DFN_TUI_TOKEN": sandbox.token}
            | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, before)
        os.close(inside)
        self.seen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        os.close(self._terminal)

    def see(self, text: str) -> None:
        """Waits until it shows that text."""
        while text not in self.seen:
            assert self._read(), f"it ended before; it shows:\n{self.seen}"

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Waits until that is so, as long as the command runs."""
        while not condition():
            assert self._process.poll() is None, f"it ended before; it shows:\n{self.ended().err}"
            time.sleep(0.005)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode() + b"\n")

    def signal(self, kind: int) -> None:
        self._process.send_signal(kind)

    def ended(self) -> Ran:
        """Waits for its end."""
        while self._read():
            pass
        out, _none = self._process.communicate()
        return Ran(self._process.returncode, out.decode(), self.seen)

    def _read(self) -> bool:
        ready, _w, _x = select.select([self._terminal], [], [], 60)
        assert ready, f"nothing came; it shows:\n{self.seen}"
        try:
            piece = os.read(self._terminal, 4096)
        except OSError:  # its last end was closed
            return False
        self.seen += piece.decode("utf-8", "replace")
        return bool(piece)


_MOMENT = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\+00:00)?")


def without_moments(text: str) -> str:
    """The text with every moment as so many digits: whatever it is, a column of them is as wide."""
    return _MOMENT.sub(lambda found: re.sub(r"\d", "9", found[0]), text)


def shown_in_terminal(sandbox: Server, *arguments: str, columns: int = 80, **environ: str) -> Ran:
    """What `dfn-tui …` shows in a terminal so wide, with its colours; data and messages are one there."""
    configure(sandbox)
    terminal, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    said = {"TERM": "xterm-256color", "DFN_TUI_TOKEN": sandbox.token, "COLUMNS": ""} | environ
    process = subprocess.Popen(
        [sys.executable, "-m", "dfn_tui", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=inside,
        stderr=inside,
        env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"} | said,
    )
    os.close(inside)
    shown = b""
    with suppress(OSError):  # its last end was closed
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    os.close(terminal)
    return Ran(process.wait(), shown.decode().replace("\r\n", "\n"), "")


@contextmanager
def nobody_reads() -> Iterator[None]:
    """The standard output is a pipe that is closed at its other end."""
    reader, writer = os.pipe()
    os.close(reader)
    before, sys.stdout = sys.stdout, os.fdopen(writer, "w", encoding="utf-8")
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.close()
        sys.stdout = before


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@contextmanager
def no_room() -> Iterator[None]:
    """The standard output is a file on a full disk."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        before, sys.stdout = sys.stdout, full
        try:
            yield
        finally:
            sys.stdout = before
