"""The sandbox in a thread of its own, with every request it received."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import socket
from typing import Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dfn_tui.sandbox.core import Sandbox
from dfn_tui.sandbox.database import Database
from dfn_tui.sandbox.launch import listen, url_of
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.sandbox.server import SandboxServer, create_app


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
        self._server = SandboxServer(self._recording(app))
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
        self._server.should_exit = True
        self._thread.join()
