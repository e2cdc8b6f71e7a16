"""How answers are written and delivered: as they should be, or as a failing server or network would."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

CUT, WRITE = "dfn_tui.cut", "dfn_tui.write"
"""The keys in a request's ASGI scope under which the server puts functions that cut the connection, and that
write bytes to it."""
_MARK = f"raw-{secrets.token_hex(8)}-"
_MARKED = re.compile(f'"{_MARK}([0-9a-f]*)"')


def raw(text: str) -> str:
    """Stands for `text` in what `to_json` writes: JSON that no Python value becomes, like `1e999`."""
    return _MARK + text.encode().hex()


def to_json(payload: object) -> str:
    return _MARKED.sub(lambda found: bytes.fromhex(found[1]).decode(), json.dumps(payload))


def key_twice(payload: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Both as one JSON object, whose keys are there twice."""
    return raw(", ".join((to_json(other)[:-1], to_json(payload)[1:])))


def answer(payload: object, status: int = 200) -> Response:
    return Response(to_json(payload), status, media_type="application/json")


def page(status: int) -> Response:
    """A page of whatever stands before the server; with 200 one that wants somebody to log in."""
    title = "Log in" if status == 200 else str(status)
    return HTMLResponse(
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>", status
    )


class _Silent(Response):
    """Never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Nothing may be sent before the server has noticed that nobody waits; the rest then goes nowhere.
        while (await receive())["type"] != "http.disconnect":
            pass


class Cut(_Silent):
    """Cuts the connection instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CUT]()
        await super().__call__(scope, receive, send)


class _Stalled(_Silent):
    """Stops in the middle of its body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await super().__call__(scope, receive, send)


class _Repeated(Response):
    """Sent once more on the same connection, which stays open."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        lines = [b"%b: %b" % header for header in self.raw_headers]
        scope[WRITE](b"\r\n".join([b"HTTP/1.1 %d OK" % self.status_code, *lines, b"", bytes(self.body)]))


_DELIVERIES: dict[str, type[Response]] = {
    "silent": _Silent,
    "cut": Cut,
    "stalled": _Stalled,
    "repeated": _Repeated,
}


def deliver(response: Response, kind: str) -> Response:
    """That answer, as `kind` says it goes wrong; what no delivery changes is as it was."""
    if kind == "page" or (len(kind) == 3 and kind.isdecimal()):
        return page(200 if kind == "page" else int(kind))
    if (delivery := _DELIVERIES.get(kind)) is not None:
        return delivery(response.body, response.status_code, dict(response.headers))
    return response
