"""The server the sandbox runs on, in this thread (`serve`) or in one of its own (`SandboxThread`)."""

import asyncio
import socket
import threading
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from dfn_tui.sandbox.app import create_app
from dfn_tui.sandbox.core import ReceivedRequest, Sandbox
from dfn_tui.sandbox.database import Database
from dfn_tui.sandbox.delivery import CUT, WRITE
from dfn_tui.sandbox.listening import listen, url_of
from dfn_tui.sandbox.options import Faults, SandboxOptions


class _Protocol(H11Protocol):
    """HTTP that lets a handler cut its connection and write to it, as a failing network or server would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def disturbed(scope: Any, receive: Any, send: Any) -> None:
            scope[CUT], scope[WRITE] = transport.abort, transport.write
            await app(scope, receive, send)

        self.app = disturbed


class _Server(uvicorn.Server):
    """Says when it is up."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=1,
            )
        )
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def serve(options: SandboxOptions, sock: socket.socket | None = None, port: int = 0) -> None:
    """Serves until SIGINT or SIGTERM, on `sock` (listening already) or a new loopback socket."""
    listening = sock or listen(port=port)
    try:
        _Server(create_app(options)).run([listening])
    finally:
        listening.close()


class SandboxThread:
    """A sandbox in a thread of its own, for the time of a `with` block. For tests."""

    def __init__(self, options: SandboxOptions | None = None, *, record: bool = True) -> None:
        self.options = options or SandboxOptions()
        self.requests: list[ReceivedRequest] = []
        """The requests received so far (with `record`), in the order they came in."""
        self._record = record
        self._server: _Server
        self._sandbox: Sandbox
        self._thread: threading.Thread

    @property
    def token(self) -> str:
        return self.options.token

    @property
    def export_token(self) -> str:
        return self.options.export_token

    @property
    def service_id(self) -> str:
        return self.options.service_id

    @property
    def faults(self) -> Faults:
        """What goes wrong; may be changed while the sandbox runs."""
        return self._sandbox.faults

    @property
    def state(self) -> Database:
        """The state, open until the end of the block: `sandbox.state.query("SELECT …")`."""
        return self._sandbox.state

    def __enter__(self) -> Self:
        app = create_app(self.options, self.requests if self._record else None)
        self._sandbox = app.state.sandbox
        self._server = _Server(app)
        sock = listen()
        self.url = url_of(sock)
        self._thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
        self._thread.start()
        self._server.up.wait()
        return self

    def _run(self, sock: socket.socket) -> None:
        try:
            self._server.run([sock])
        finally:
            self._server.up.set()  # a start that failed must not leave the test waiting

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join()
