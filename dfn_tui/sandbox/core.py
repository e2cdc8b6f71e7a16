"""What every call of both versions goes through: its token, its limits, its faults, its answer."""

import asyncio
import json
import math
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from email.utils import formatdate
from random import Random
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dfn_tui.sandbox.database import Database, open_database
from dfn_tui.sandbox.delivery import Cut, deliver, page
from dfn_tui.sandbox.odd import OWN_FAULTS, odd_users
from dfn_tui.sandbox.options import Faults, RateLimit, SandboxOptions
from dfn_tui.sandbox.seed import seeded_users

_SKEW = re.compile(r"[+-][0-9]{1,9}")
_YEAR = 366 * 86_400
_TRUTHFUL = Faults()


class Refused(Exception):
    """A request the server answers with something else than what was asked for; `limited`: there were too
    many, whatever the status says."""

    def __init__(self, response: Response, *, limited: bool = False) -> None:
        super().__init__(response.status_code)
        self.response = response
        self.limited = limited or response.status_code == 429


class Dialect(Protocol):
    """How one version (or its export) checks who calls, and says no."""

    def authorize(self, request: Request) -> None:
        """Raises Refused for a wrong token or service."""

    def too_many_requests(self) -> Refused: ...

    def refusal(self, code: str) -> Refused | None:
        """The refusal with that documented code; None where the dialect has no such code."""


Call = Callable[[bytes], Response]


class Sandbox:
    """What the calls share: options, faults, state, rate windows, and a source of chance."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.faults: Faults = replace(options.faults)
        self.random = Random(options.seed)  # noqa: S311  faults must repeat, they need not surprise
        self.state: Database = open_database(options.state)
        self._windows: dict[str, tuple[float, int]] = {}
        self._written: set[str] = set()
        self._past: list[tuple[float, Database]] = []
        """Copies of the state, each with when it was changed after that."""
        if self.state.is_empty():
            self.state.add(seeded_users(options.users, options.seed))
            if options.odd_users:
                self.state.add(odd_users())

    def close(self) -> None:
        for one in (self.state, *(past for _until, past in self._past)):
            one.close()

    def faults_of(self, user_id: str) -> Faults:
        """What goes wrong for that user."""
        if user_id in OWN_FAULTS:
            return OWN_FAULTS[user_id]
        only = self.faults.only_users
        return self.faults if not only or user_id in only else _TRUTHFUL

    def write_kinds(self, user_ids: Iterable[str]) -> dict[str, str]:
        """How the answer to a write goes wrong for each of these users."""
        return {user_id: self.faults_of(user_id).write_answer for user_id in user_ids}

    def read_kinds(self, user_ids: Iterable[str]) -> dict[str, str]:
        """The same for a read."""
        return {
            user_id: _read_kind(self.faults_of(user_id), user_id in self._written) for user_id in user_ids
        }

    @property
    def export_kind(self) -> str:
        """The same for an export, which is about everybody."""
        about = (user_id for user_id in self._written if self.faults_of(user_id) is self.faults)
        return _read_kind(self.faults, any(about))

    def deliver(self, response: Response, kinds: Iterable[str], dialect: Dialect) -> Response:
        """That answer, as the first of the kinds that is about all of it has it go wrong."""
        for kind in kinds:
            if kind.isdecimal() and len(kind) > 3 and (refused := dialect.refusal(kind)) is not None:
                return refused.response
            if (delivered := deliver(response, kind)) is not response:
                return delivered
        return response

    def apply(self, user_ids: Iterable[str], store: Callable[[Collection[str]], object]) -> None:
        """Has `store` store what is for these users: now, later, or never."""
        groups: dict[int | None, list[str]] = {}
        for user_id in user_ids:
            self._written.add(user_id)
            groups.setdefault(self.faults_of(user_id).apply_after_ms, []).append(user_id)
        for delay, some in groups.items():
            if delay == 0:
                self._store(some, store)
            elif delay is not None:
                asyncio.get_running_loop().call_later(delay / 1000, self._store, some, store)

    def _store(self, user_ids: list[str], store: Callable[[Collection[str]], object]) -> None:
        if self.faults.read_lag_ms:
            self._past.append((time.monotonic(), self.state.copy()))
        store(user_ids)

    @property
    def seen(self) -> Database:
        """What reads show: the state, or what it was a while ago."""
        then = time.monotonic() - self.faults.read_lag_ms / 1000
        while self._past and self._past[0][0] <= then:
            self._past.pop(0)[1].close()
        return self._past[0][1] if self._past else self.state

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
        if self.faults.rate_limit_reset == "year-ahead":
            seconds += _YEAR
        shown = seconds * 1000 if self.faults.rate_limit_reset == "milliseconds" else seconds
        values = {"limit": limit.period, "remaining": str(remaining), "reset": str(shown)}
        return {f"{spelling}-{name}": value for name, value in values.items()}


def endpoint(
    sandbox: Sandbox, dialect: Dialect, window: str, call: Call
) -> Callable[[Request], Awaitable[Response]]:
    """The handler of one path. A call raises the answer of its refusal."""

    async def handle(request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        faults = sandbox.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        headers: dict[str, str] = {}
        limited = False
        try:
            dialect.authorize(request)
            limit = faults.export_rate_limit if window == "export" else faults.rate_limit
            if limit is not None:
                allowed, headers = sandbox.count(window, limit)
                if not allowed:
                    raise dialect.too_many_requests()
            if faults.refuse is not None and (refused := dialect.refusal(faults.refuse)) is not None:
                raise refused
            response = page(500) if sandbox.chance(faults.error_rate) else call(body)
            if response.status_code < 500 and sandbox.chance(faults.drop_rate):
                response = Cut()
        except Refused as refused:
            response, limited = refused.response, refused.limited
        if limited and faults.retry_after is not None:
            headers["retry-after"] = str(faults.retry_after)
        response.headers.update(headers | date_header(faults.date))
        return response

    return handle


def date_header(wanted: str) -> dict[str, str]:
    """The Date header that `--date` asks for."""
    if wanted == "none":
        return {}
    if _SKEW.fullmatch(wanted):
        wanted = formatdate(time.time() + int(wanted), usegmt=True)
    return {"date": wanted}


def _read_kind(faults: Faults, written: bool) -> str:
    return faults.read_back if written and faults.read_back != "true" else faults.read_answer


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer …`, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object a body holds. Raises ValueError for anything that is not one or cannot be stored:
    broken UTF-8, lone surrogates, numbers without end."""
    try:
        payload = json.loads(body.decode())
        json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(payload, dict):
        raise ValueError("not an object")  # noqa: TRY004  one kind of error for a bad body
    return payload
