"""What every call of both generations goes through: its token, its limits, its faults, its answer."""

import asyncio
import json
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from dfn_tui.sandbox.database import Database, open_database
from dfn_tui.sandbox.options import Faults, RateLimit, SandboxOptions
from dfn_tui.sandbox.seed import seeded_users

CUT = "dfn_tui.cut"
"""The key in a request's ASGI scope under which the server puts a function that cuts the connection."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it came in. Header names are in lower case, as on the server's side of HTTP."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Refused(Exception):
    """A request the server answers with something else than what was asked for."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Dialect(Protocol):
    """How one generation (or its export) checks who calls, and says no."""

    def authorize(self, request: Request) -> None:
        """Raises Refused for a wrong token or service."""

    def too_many_requests(self) -> Refused: ...

    def refusal(self, code: str) -> Refused | None:
        """The refusal with that documented code; None where the dialect has no such code."""


Call = Callable[[bytes], Response]


class Sandbox:
    """What the calls share: options, faults, state, rate windows, and a source of chance."""

    def __init__(self, options: SandboxOptions, record: list[ReceivedRequest] | None = None) -> None:
        self.options = options
        self.faults: Faults = replace(options.faults)
        self.random = Random(options.seed)  # noqa: S311  faults must repeat, they need not surprise
        self.record = record
        self.state: Database = open_database(options.state)
        self._windows: dict[str, tuple[float, int]] = {}
        if self.state.is_empty():
            self.state.add(seeded_users(options.users, options.seed))

    def chance(self, rate: float) -> bool:
        return rate > 0 and self.random.random() < rate

    def count(self, window: str, limit: RateLimit) -> tuple[bool, dict[str, str]]:
        """Counts a request into a window: whether it is within the limit, and the headers that say so."""
        now = time.time()
        start, used = self._windows.get(window, (now, 0))
        if now >= start + limit.seconds:
            start, used = now, 0
        self._windows[window] = (start, used + 1)
        return used < limit.requests, self._rate_headers(
            limit, max(limit.requests - used - 1, 0), start + limit.seconds
        )

    def _rate_headers(self, limit: RateLimit, remaining: int, reset: float) -> dict[str, str]:
        spelling = self.faults.rate_limit_spelling
        if spelling == "none":
            return {}
        # Rounded up: who waits until the reset must not come back within the old window.
        seconds = math.ceil(reset)
        shown = seconds * 1000 if self.faults.rate_limit_reset == "milliseconds" else seconds
        values = {"limit": limit.period, "remaining": str(remaining), "reset": str(shown)}
        return {f"{spelling}-{name}": value for name, value in values.items()}


def endpoint(
    sandbox: Sandbox, dialect: Dialect, window: str, call: Call
) -> Callable[[Request], Awaitable[Response]]:
    """The handler of one path."""

    async def handle(request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        faults = sandbox.faults
        if sandbox.record is not None:
            sandbox.record.append(_received(request, body))
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        headers: dict[str, str] = {}
        try:
            dialect.authorize(request)
            limit = faults.export_rate_limit if window == "export" else faults.rate_limit
            if limit is not None:
                allowed, headers = sandbox.count(window, limit)
                if not allowed:
                    raise dialect.too_many_requests()
            if faults.refuse is not None and (refused := dialect.refusal(faults.refuse)) is not None:
                raise refused
            if sandbox.chance(faults.error_rate):
                raise _server_error()
            response = call(body)
        except Refused as refused:
            response = refused.response
        else:
            if sandbox.chance(faults.drop_rate):
                await _cut(request)
        if headers:
            response.headers.update(headers)
        return response

    return handle


def _received(request: Request, body: bytes) -> ReceivedRequest:
    url = request.url
    return ReceivedRequest(request.method, url.path, url.query, dict(request.headers), body)


def _server_error() -> Refused:
    page = "<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"
    return Refused(HTMLResponse(page, status_code=500))


async def _cut(request: Request) -> None:
    request.scope[CUT]()
    # Nothing may be sent before the server has noticed; the answer then goes nowhere.
    while (await request.receive())["type"] != "http.disconnect":
        pass


def same(given: str, expected: str) -> bool:
    """Whether a token is the expected one."""
    return secrets.compare_digest(given.encode(), expected.encode())


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer …`, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def answer(payload: object, status: int = 200) -> Response:
    return Response(json.dumps(payload), status, media_type="application/json")


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object a body holds. Raises ValueError for anything that is not one or cannot be stored:
    broken UTF-8, lone surrogates, numbers without end."""
    text = body.decode()
    try:
        payload = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(payload, dict):
        raise ValueError("not an object")  # noqa: TRY004  one kind of error for a bad body
    if "\\u" in text:  # a lone surrogate can only have come from an escape
        json.dumps(payload, ensure_ascii=False).encode()
    return payload
