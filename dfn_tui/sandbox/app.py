"""The sandbox as a Starlette application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dfn_tui.sandbox.core import Call, Dialect, Sandbox, date_header, endpoint
from dfn_tui.sandbox.export import ExportRequest
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.sandbox.v1 import VersionOne
from dfn_tui.sandbox.v2 import VersionTwo


def create_app(options: SandboxOptions) -> Starlette:
    """Both versions as one application, with `app.state.sandbox` (a `Sandbox`) behind it.

    The application closes its state when it is shut down. Dropping connections takes
    `dfn_tui.sandbox.server`. Raises ConsoleError where the state file cannot be used.
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
