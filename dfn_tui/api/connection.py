"""One HTTP/1.1 connection to the server, direct or through a proxy's tunnel; h11 speaks the protocol."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from ssl import SSLContext

import h11
import httpx

from dfn_tui.api.stream import Stream

Headers = Iterable[tuple[bytes, bytes]]


class HttpConnection:
    """Carries one exchange after another. Raises what `Stream` and h11 raise, and `httpx.ProxyError`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._protocol = h11.Connection(h11.CLIENT)
        self.expires = 0.0
        """When it has been idle for too long; kept by the pool."""

    @classmethod
    async def open(
        cls, url: httpx.URL, tls: SSLContext, proxy: httpx.Proxy | None, read_timeout: float
    ) -> "HttpConnection":
        """Connects to the server at `url`."""
        host, port = address(url)
        secured = tls if url.scheme == "https" else None
        if proxy is None:
            return cls(await Stream.connect(host, port, secured))
        try:
            stream = await Stream.connect(*address(proxy.url), tls if proxy.url.scheme == "https" else None)
        except OSError as exc:
            raise httpx.ProxyError("not reached") from exc
        try:
            await cls(stream)._ask_for_tunnel(f"{url.raw_host.decode()}:{port}", proxy, read_timeout)
            await stream.start_tls(host, tls)  # plain http: is for this host alone, which needs no proxy
        except BaseException:
            stream.close()
            raise
        return cls(stream)

    async def _ask_for_tunnel(self, target: str, proxy: httpx.Proxy, read_timeout: float) -> None:
        headers = [(b"Host", target.encode()), (b"Accept", b"*/*"), *proxy.headers.raw]
        if proxy.raw_auth is not None:
            auth = httpx.BasicAuth(*proxy.raw_auth)
            signed = next(auth.auth_flow(httpx.Request("CONNECT", proxy.url)))
            headers.append((b"Proxy-Authorization", signed.headers["Authorization"].encode()))
        try:
            self._write(h11.Request(method="CONNECT", target=target, headers=headers))
            response = await self._response(read_timeout)
        except (h11.RemoteProtocolError, OSError) as exc:
            if isinstance(exc, TimeoutError):
                raise
            raise httpx.ProxyError("no answer") from exc
        if not 200 <= response.status_code < 300:
            raise httpx.ProxyError(str(response.status_code))
        if self._protocol.trailing_data[0] or not self._stream.quiet:
            raise httpx.ProxyError("bytes before the tunnel's own")

    async def exchange(
        self, method: str, target: bytes, headers: Headers, body: bytes, read_timeout: float
    ) -> h11.Response:
        """Sends a request; its answer, with the body still to be read."""
        request = h11.Request(method=method, target=target, headers=list(headers))
        self._write(request, h11.Data(data=body))
        return await self._response(read_timeout)

    async def body(self, read_timeout: float) -> AsyncIterator[bytes]:
        """The answer's body in the pieces it comes in."""
        while not isinstance(event := await self._event(read_timeout), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def reusable(self) -> bool:
        """Whether it may carry another exchange: the last is over on both sides, and nothing came after it.

        Bytes left over would be taken for the answer to the next request.
        """
        return self._protocol.states == _IDLE and not self._protocol.trailing_data[0] and self._stream.quiet

    def finish(self) -> bool:
        """Makes ready for another exchange, and says whether it is."""
        with suppress(h11.LocalProtocolError):
            self._protocol.start_next_cycle()
            return self.reusable()
        return False

    def close(self) -> None:
        self._stream.close()

    def _write(self, *events: h11.Request | h11.Data) -> None:
        data = b"".join([self._protocol.send(event) or b"" for event in (*events, h11.EndOfMessage())])
        self._stream.write(data)

    async def _response(self, read_timeout: float) -> h11.Response:
        while not isinstance(event := await self._event(read_timeout), h11.Response):
            pass  # 1xx: the answer itself is still to come
        return event

    async def _event(self, read_timeout: float) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._stream.read(read_timeout))
        if isinstance(event, h11.ConnectionClosed) or not isinstance(event, h11.Event):
            raise h11.RemoteProtocolError("the connection ended before the answer did")
        return event


_IDLE = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}


def address(url: httpx.URL) -> tuple[str, int]:
    """Host and port to connect to."""
    return url.raw_host.decode("ascii"), url.port or {"https": 443, "http": 80}[url.scheme]
