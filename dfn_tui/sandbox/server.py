"""The sandbox as a Starlette application, and the server it runs on."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from dfn_tui.sandbox.core import Call, Dialect, Sandbox, date_header, endpoint
from dfn_tui.sandbox.delivery import CUT, WRITE
from dfn_tui.sandbox.export import ExportRequest
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.sandbox.v1 import VersionOne
from dfn_tui.sandbox.v2 import VersionTwo


def create_app(options: SandboxOptions) -> Starlette:
    """Both versions as one application, with `app.state.sandbox` (a `Sandbox`) behind it.

    The application closes its state when it is shut down. Raises ConsoleError where the state file cannot
    be used.
    """
    sandbox = Sandbox(options)
    one, two, export = VersionOne(sandbox), VersionTwo(sandbox), ExportRequest(sandbox)
    calls: list[tuple[str, Dialect, str, Call]] = [
        *((path, one, "version 1", call) for path, call in one.calls().items()),
        *(
            (path, two, "identity" if "/identities" in path else "profile", call)
            for path, call in two.calls().items()
        ),
        *((path, export, "export", call) for path, call in export.calls().items()),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        sandbox.close()

    async def not_a_call(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = {**(error.headers or {}), **date_header(sandbox.faults.date)}
        return PlainTextResponse(error.detail, error.status_code, headers)

    app = Starlette(
        routes=[
            Route(path, endpoint(sandbox, dialect, window, call), methods=["POST"])
            for path, dialect, window, call in calls
        ],
        exception_handlers={HTTPException: not_a_call},
        lifespan=lifespan,
    )
    app.state.sandbox = sandbox
    return app


class _Protocol(H11Protocol):
    """HTTP that lets a handler cut its connection and write to it, as a failing network or server would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def disturbed(scope: Any, receive: Any, send: Any) -> None:
            scope[CUT], scope[WRITE] = transport.abort, transport.write
            await app(scope, receive, send)

        self.app = disturbed


class SandboxServer(uvicorn.Server):
    """Says when it is up."""

    def __init__(self, app: ASGIApp) -> None:
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


def serve(options: SandboxOptions, sock: socket.socket) -> None:
    """Serves on `sock`, which listens already, until SIGINT or SIGTERM."""
    SandboxServer(create_app(options)).run([sock])
