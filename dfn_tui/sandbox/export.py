"""Version 2's export of user profiles as CSV, by its public documentation."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.codes import EXPORT
from dfn_tui.sandbox.core import Call, Refused, Sandbox, bearer, read_object
from dfn_tui.sandbox.database import StoredUser
from dfn_tui.sandbox.delivery import CUT, answer
from dfn_tui.sandbox.options import Faults
from dfn_tui.sandbox.v2_properties import CONSENTS, NAMES

_AT_ONCE = 5
_PAGE = 500
_UNIFIED = "df_unified_id"
_EXTERNAL = "df_external_id"
_EXPORTED = (_EXTERNAL, *NAMES)
_ABSENT = {"left-out": "", "null": "null", "undefined": "Undefined"}
_AUDIENCES = {"nwh3nu": Flag.MKT_PUSH}
"""The audiences the sandbox knows: users subscribed to a flag."""


def refuse(message: str) -> Refused:
    return Refused(answer({"result": "fail", "message": message}, EXPORT[message]))


class ExportRequest:
    """The one call that reads, and not more than five of it at the same time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._running = 0

    def calls(self) -> Mapping[str, Call]:
        return {"/api/v1/export/userprofile": self.userprofile}

    def authorize(self, request: Request) -> None:
        options = self._sandbox.options
        if bearer(request) != options.export_token:
            raise refuse("unauthorized_token")
        if request.query_params.get("service_id") != options.service_id:
            raise refuse("invalid_parameter")

    def too_many_requests(self) -> Refused:
        return refuse("too_many_api_requests")

    def refusal(self, code: str) -> Refused | None:
        return refuse(code) if code in EXPORT else None

    def userprofile(self, body: bytes) -> Response:
        try:
            request = read_object(body)
        except ValueError:
            raise refuse("invalid_parameter") from None
        faults = self._sandbox.faults
        columns = _columns(request, faults)
        audience = request.get("audience")
        if audience is not None and (not isinstance(audience, str) or audience not in _AUDIENCES):
            raise refuse("invalid_parameter")
        if self._running >= _AT_ONCE:
            raise self.too_many_requests()
        short = faults.export_cut_after
        lines = self._lines(columns, None if audience is None else _AUDIENCES[audience], short or _PAGE)
        if short is not None:
            # The head, and a page that is as long as that.
            return _CutShort(self._rows(islice(lines, 2 if short else 1)), media_type="text/csv")
        kind = self._sandbox.export_kind
        if kind == "true":
            return StreamingResponse(self._rows(lines), media_type="text/csv")
        return self._sandbox.deliver(Response("".join(lines), media_type="text/csv"), [kind], self)

    async def _rows(self, lines: Iterator[str]) -> AsyncIterator[str]:
        self._running += 1
        try:
            for line in lines:
                yield line
        finally:
            self._running -= 1

    def _lines(self, columns: list[str], audience: Flag | None, size: int) -> Iterator[str]:
        yield _csv([[_UNIFIED, *columns]])
        last = 0
        while page := self._sandbox.seen.page(last, size):
            last = page[-1][0]
            yield _csv(
                fields
                for user in page
                if audience is None or user[2][audience] == State.SUBSCRIBED
                for fields in self._user_rows(columns, user)
            )

    def _user_rows(self, columns: list[str], stored: StoredUser) -> Iterator[list[str]]:
        """A user's row as the export has it: none, one, or two that differ."""
        row, external_id, flags, properties = stored
        user = external_id or ""
        kind = self._sandbox.read_kinds([user])[user]
        if kind in ("failed", "unmentioned"):
            return
        odd = self._sandbox.faults_of(user).odd_values
        absent = _ABSENT[self._sandbox.faults.absent_export]
        values: dict[str, Any] = {"df_external_id": external_id, **properties}
        for name, flag in CONSENTS.items():
            state = flags[flag]
            values[name] = None if state is None else state == State.SUBSCRIBED
        yield [f"unified-{row}", *(odd.get(name) or _text(values.get(name), absent) for name in columns)]
        if kind == "user-twice":
            twice = {name: not value if isinstance(value, bool) else value for name, value in values.items()}
            yield [f"unified-{row}", *(_text(twice.get(name), absent) for name in columns)]


class _CutShort(StreamingResponse):
    """Cuts its connection after the last of what it has, which is not the whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for part in self.body_iterator:
            body = part.encode() if isinstance(part, str) else bytes(part)
            await send({"type": "http.response.body", "body": body, "more_body": True})
        scope[CUT]()


def _columns(request: Mapping[str, Any], faults: Faults) -> list[str]:
    """The columns that come after the unified id, in the order of registration. Raises Refused."""
    columns = _asked_columns(request)
    identities = request.get("identities_condition_type")
    if identities not in (None, "all") or (identities and faults.export_identities == "refused"):
        raise refuse("invalid_parameter")
    everything = request["properties_condition_type"] == "all"
    if faults.export_identities == "missing" or (faults.export_identities == "with-all" and not everything):
        columns = [name for name in columns if name != _EXTERNAL]
    elif identities and _EXTERNAL not in columns:
        columns = [_EXTERNAL, *columns]
    return columns[:-1] if faults.export_columns == "fewer" else columns


def _asked_columns(request: Mapping[str, Any]) -> list[str]:
    kind = request.get("properties_condition_type")
    names = request.get("properties", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise refuse("invalid_parameter")
    if kind == "all":
        return list(_EXPORTED)
    if kind not in ("include", "exclude") or not names or not set(names) <= {_UNIFIED, *_EXPORTED}:
        raise refuse("invalid_parameter")
    return [name for name in _EXPORTED if (name in names) == (kind == "include")]


def _text(value: object, absent: str) -> str:
    """A value as a CSV field: an array and a Boolean as in JSON."""
    if value is None:
        return absent
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
