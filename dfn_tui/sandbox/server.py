"""The server the sandbox runs on."""

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from dfn_tui.sandbox.app import create_app
from dfn_tui.sandbox.delivery import CUT, WRITE
from dfn_tui.sandbox.options import SandboxOptions


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
