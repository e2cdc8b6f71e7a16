"""The connections to one server: one for each request under way, the one used last first.

httpx's own pool reuses a connection that has bytes left over, which would answer the next request, and takes
as long as the request itself. This is a transport for `httpx.AsyncClient`, so all else is httpx's.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from ssl import SSLContext

import h11
import httpx

from dfn_tui.api.connection import HttpConnection

KEPT = 4.0
"""Seconds that an idle connection is kept. Common servers drop it after five, and a write that meets
a closing connection would end as "unknown" for nothing."""


class SentFlag:
    """Whether the request itself went on its way; a tunnel asked of a proxy does not count."""

    def __init__(self) -> None:
        self.yes = False


class ConnectionPool(httpx.AsyncBaseTransport):
    """At most `size` requests to the server at `url` at a time; what more is asked waits.

    A request bears its timeouts as `extensions["timeout"]`, as httpx has it. Two more are ours: `sent` is
    told when the request goes out, and `fresh` asks for a connection that nothing else uses, before or after.
    """

    def __init__(self, url: httpx.URL, tls: SSLContext | None, proxy: httpx.Proxy | None, size: int) -> None:
        """`tls` may be None where `url` is http:, which needs no proxy either."""
        self._url = url
        self._tls = tls
        self._proxy = proxy
        self._idle: list[HttpConnection] = []
        self._room = asyncio.Semaphore(size)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeouts: dict[str, float] = request.extensions["timeout"]
        fresh: bool = request.extensions.get("fresh", False)
        await self._wait(timeouts["pool"])
        connection: HttpConnection | None = None
        try:
            connection = None if fresh else self._kept()
            if connection is None:
                connection = await self._connect(timeouts)
            content = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
            sent: SentFlag | None = request.extensions.get("sent")
            if sent is not None:
                sent.yes = True
            with _as_httpx():
                came = await connection.exchange(
                    request.method, request.url.raw_path, request.headers.raw, content, timeouts["read"]
                )
        except BaseException:
            if connection is not None:
                connection.close()
            self._room.release()
            raise
        body = _Body(self, connection, timeouts["read"], keep=not fresh)
        return httpx.Response(came.status_code, headers=list(came.headers.raw_items()), stream=body)

    async def aclose(self) -> None:
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)  # the event loop closes a socket in a step of its own

    def release(self, connection: HttpConnection, *, keep: bool) -> None:
        """Takes back a connection whose answer was read or given up."""
        self._room.release()
        if connection.finish() and keep:
            connection.expires = time.monotonic() + KEPT
            self._idle.append(connection)
        else:
            connection.close()

    def _kept(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() < connection.expires and connection.reusable():
                return connection
            connection.close()
        return None

    async def _connect(self, timeouts: dict[str, float]) -> HttpConnection:
        try:
            return await HttpConnection.open(self._url, self._tls, self._proxy, timeouts["connect"])
        except TimeoutError as exc:
            raise httpx.ConnectTimeout("") from exc
        except OSError as exc:
            raise httpx.ConnectError("") from exc

    async def _wait(self, longest: float) -> None:
        if not self._room.locked():
            await self._room.acquire()  # at once
            return
        try:
            async with asyncio.timeout(longest):
                await self._room.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("") from None


class _Body(httpx.AsyncByteStream):
    def __init__(self, pool: ConnectionPool, connection: HttpConnection, read: float, *, keep: bool) -> None:
        self._pool = pool
        self._connection = connection
        self._read = read
        self._keep = keep
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._connection.body(self._read):
                yield part

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._pool.release(self._connection, keep=self._keep)


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except TimeoutError as exc:
        raise httpx.ReadTimeout("") from exc
    except OSError as exc:
        raise httpx.ReadError("") from exc
    except h11.RemoteProtocolError as exc:
        raise httpx.RemoteProtocolError("") from exc
