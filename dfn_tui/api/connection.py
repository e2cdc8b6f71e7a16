"""One connection to the server, held from request to request, without a pool around it.

httpx's pool and what stands around it take as long as the request itself. They are kept for proxies, since
httpx knows how the environment names them.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Literal, Protocol

import httpcore
import httpx

KEPT = 4.0
"""Seconds that an idle connection is kept. Common servers drop it after five, and a write that meets
a closing connection would end as "unknown" for nothing."""


class Client(Protocol):
    """Sends one request at a time; whoever asked closes the response. Raises httpx.HTTPError or OSError."""

    async def send(self, request: httpx.Request, *, stream: Literal[True]) -> httpx.Response:
        """The response, with its body still to be read."""

    async def aclose(self) -> None: ...


class Connection:
    """A client of the server at `url`; its certificate is checked against `trusted`."""

    def __init__(self, url: httpx.URL, trusted: SSLContext) -> None:
        port = url.port or {"https": 443, "http": 80}[url.scheme]
        self._origin = httpcore.Origin(url.raw_scheme, url.raw_host, port)
        self._trusted = trusted
        self._open: httpcore.AsyncHTTPConnection | None = None

    async def send(self, request: httpx.Request, *, stream: Literal[True]) -> httpx.Response:
        if self._open is not None and (not self._open.is_idle() or self._open.has_expired()):
            await self.aclose()
        if self._open is None:
            self._open = httpcore.AsyncHTTPConnection(self._origin, self._trusted, keepalive_expiry=KEPT)
        url = request.url
        with _as_httpx():
            came = await self._open.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(came.status, headers=came.headers, stream=_Body(came), request=request)

    async def aclose(self) -> None:
        open, self._open = self._open, None
        if open is not None:
            await open.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, came: httpcore.Response) -> None:
        self._came = came

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._came.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _as_httpx():
            await self._came.aclose()


_FAULTS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


@contextmanager
def _as_httpx() -> Iterator[None]:
    """httpx has an error of the same name for each of httpcore's."""
    try:
        yield
    except _FAULTS as exc:
        raise getattr(httpx, type(exc).__name__)(str(exc)) from exc
