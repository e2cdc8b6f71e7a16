"""The sandbox in a thread of its own, with every request it received."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from socket import socket
from typing import Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dfn_tui.sandbox import core
from dfn_tui.sandbox.core import Sandbox
from dfn_tui.sandbox.database import Database
from dfn_tui.sandbox.launch import listen, url_of
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.sandbox.seed import seeded_users
from dfn_tui.sandbox.server import SandboxServer, create_app


@lru_cache(maxsize=4)
def _seeded(count: int, seed: int) -> list[dict[str, str | None]]:
    return [*seeded_users(count, seed)]


# Made once, not anew for each of thousands of tests.
core.seeded_users = _seeded  # type: ignore[assignment, attr-defined]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it came in. Header names are in lower case, as on the server's side of HTTP."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class AtFirstWrite(list[ReceivedRequest]):
    """Requests; does something as the first write comes in, before it is looked at."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act: Callable[[], object] | None = act

    def append(self, request: ReceivedRequest) -> None:
        super().append(request)
        if request.path.endswith("/update") and self._act is not None:
            act, self._act = self._act, None
            act()


class _Server(SandboxServer):
    """Ends at once: uvicorn looks ten times a second whether it is to, which is long for all tests."""

    async def main_loop(self) -> None:
        self._loop, self._asked = asyncio.get_running_loop(), asyncio.Event()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), 1)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in [*self.server_state.connections]:
            connection.shutdown()
        await asyncio.sleep(0)  # idle connections are closed in this turn
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
        else:
            await self.lifespan.shutdown()

    def end(self) -> None:
        """Ends it, from another thread."""
        self.should_exit = True
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._asked.set)


class SandboxThread:
    """A sandbox for the time of a `with` block."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        self.token = self.options.token
        self.export_token = self.options.export_token
        self.service_id = self.options.service_id
        self.requests: list[ReceivedRequest] = []
        """The requests received so far, in the order they came in."""

    @property
    def faults(self) -> Faults:
        """What goes wrong; may be changed while the sandbox runs."""
        return self._sandbox.faults

    @property
    def state(self) -> Database:
        """The state, open until the end of the block: `sandbox.state.query("SELECT …")`."""
        return self._sandbox.state

    def __enter__(self) -> Self:
        app = create_app(self.options)
        self._sandbox: Sandbox = app.state.sandbox
        self._server = _Server(self._recording(app))
        sock = listen()
        self.url = url_of(sock)
        self._thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
        self._thread.start()
        self._server.up.wait()
        return self

    def _recording(self, app: ASGIApp) -> ASGIApp:
        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            body = b""

            async def received() -> Message:
                nonlocal body
                message = await receive()
                if message["type"] == "http.request":
                    body += message["body"]
                    if not message["more_body"]:
                        headers = {
                            name.decode("latin-1"): value.decode("latin-1")
                            for name, value in scope["headers"]
                        }
                        path, query = scope["path"], scope["query_string"].decode()
                        self.requests.append(ReceivedRequest(scope["method"], path, query, headers, body))
                return message

            await app(scope, received, send)

        return recorded

    def _run(self, sock: socket) -> None:
        try:
            self._server.run([sock])
        finally:
            self._server.up.set()  # a start that failed must not leave the test waiting

    def __exit__(self, *_error: object) -> None:
        self._server.end()
        self._thread.join()
