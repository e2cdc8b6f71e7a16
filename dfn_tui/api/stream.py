"""Bytes to and from one host, over TCP or TLS.

asyncio's own transport, read all the time: what a host sends beyond its answer is seen at once, also where
it came inside TLS, and never waits unseen for the next request.
"""

import asyncio
import select
from ssl import SSLContext
from typing import cast

_MOST_HELD = 1024 * 1024


class Stream(asyncio.Protocol):
    """One connection. `read` is for one reader at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._reader: asyncio.Future[None] | None = None
        self._paused = False
        self._ended = False
        self._error: Exception | None = None

    @classmethod
    async def connect(cls, host: str, port: int, tls: SSLContext | None) -> "Stream":
        """Raises OSError (`ssl.SSLError` is one)."""
        _transport, stream = await asyncio.get_running_loop().create_connection(
            cls, host, port, ssl=tls, server_hostname=host if tls else None, happy_eyeballs_delay=0.25
        )
        return stream

    async def start_tls(self, host: str, tls: SSLContext) -> None:
        """TLS with `host` over what is open already, which may be TLS with a proxy. Raises OSError."""
        assert self._transport is not None
        transport = await asyncio.get_running_loop().start_tls(
            self._transport, self, tls, server_hostname=host
        )
        if transport is None:
            raise ConnectionResetError
        self._transport = transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _MOST_HELD and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._error = error
        self._wake()

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    async def read(self, longest: float | None) -> bytes:
        """What has come, at least a byte; empty at the end. Raises TimeoutError and OSError."""
        if not self._received and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(longest):
                await self._reader
        if not self._received and self._error is not None:
            raise self._error
        data = bytes(self._received)
        self._received.clear()
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    @property
    def quiet(self) -> bool:
        """Whether the host has sent nothing that was not read, and has not hung up."""
        return not (self._received or self._ended or self._readable())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _readable(self) -> bool:
        """What the event loop has not come to yet."""
        assert self._transport is not None
        number = self._transport.get_extra_info("socket").fileno()
        if number < 0:
            return True
        if not hasattr(select, "poll"):  # Windows
            return bool(select.select([number], [], [], 0)[0])
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
