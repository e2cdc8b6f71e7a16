"""The sandbox as a process of its own, which cannot outlive the one that started it."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Self

from dfn_tui.paths import child_environment
from dfn_tui.sandbox.launch import (
    EXPORT_TOKEN_VARIABLE,
    SERVICE_ID,
    TOKEN_VARIABLE,
    listen,
    new_token,
    require_server,
    url_of,
)

# -P: never run a module from the current folder.
_COMMAND = (sys.executable, "-P", "-m", "dfn_tui.sandbox", "--until-eof")
_PATIENCE = 3.0  # seconds, for each of the ways of asking it to end


class SandboxProcess:
    """A sandbox with new tokens; `arguments` as for `dfn-tui sandbox`.

    `start` makes the process, which takes a while: the console would rather paint first. `url` is good from
    the beginning: connections wait in the socket until the server is up. The process ends with `close()`, or
    when this process ends in whatever way: it holds the other end of the pipe the sandbox reads. Raises
    ConsoleError where the web server is not installed.
    """

    service_id = SERVICE_ID

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        require_server()
        self.token = new_token()
        self.export_token = new_token()
        self._arguments = arguments
        self._socket = listen()
        self.url = url_of(self._socket)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process, unless it was started or closed before."""
        if self._process is None and self._socket.fileno() != -1:
            with self._socket:
                self._process = self._popen(self._socket.fileno())

    def _popen(self, fd: int) -> subprocess.Popen[bytes]:
        # Its tokens go by the environment: other users of the machine can read arguments.
        return subprocess.Popen(  # noqa: S603  this Python, our module
            [*_COMMAND, "--listen-fd", str(fd), *self._arguments],
            pass_fds=[fd],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # the terminal belongs to the console
            env={**child_environment(), TOKEN_VARIABLE: self.token, EXPORT_TOKEN_VARIABLE: self.export_token},
            start_new_session=True,  # Ctrl-C and hang-ups of the terminal are the console's to handle
        )

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def close(self) -> None:
        """Ends the process and waits until it has ended. May be called again."""
        self._socket.close()
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        for insist in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                insist()
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
