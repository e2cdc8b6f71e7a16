"""One HTTP/1.1 connection to the server, direct or through a proxy's tunnel; h11 speaks the protocol."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import h11
import httpx

from dfn_tui.api.stream import Stream

Headers = Iterable[tuple[bytes, bytes]]


class TunnelFailed(httpx.ProxyError):
    """The proxy's failure. `reason` as in `messages.unreachable`, `status` of its answer or 0."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class HttpConnection:
    """Carries one exchange after another. Raises what `Stream` and h11 raise, and `TunnelFailed`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._protocol = h11.Connection(h11.CLIENT)
        self.expires = 0.0
        """When it has been idle for too long; kept by the pool."""

    @classmethod
    async def open(
        cls, url: httpx.URL, tls: ssl.SSLContext | None, proxy: httpx.Proxy | None, connect_timeout: float
    ) -> "HttpConnection":
        """Connects to the server at `url`. Raises TunnelFailed where a proxy hinders it.

        `tls` may be None where nothing on the way is https:. It never means plain text there: SSLError.
        """
        until = asyncio.get_running_loop().time() + connect_timeout
        if proxy is None:
            async with asyncio.timeout_at(until):
                return cls(await Stream.connect(*address(url), _tls_to(url, tls)))
        try:
            async with asyncio.timeout_at(until):
                stream = await Stream.connect(*address(proxy.url), _tls_to(proxy.url, tls))
        except OSError as exc:
            raise TunnelFailed(_reason(exc, "proxy-unreachable")) from exc
        try:
            await cls(stream)._ask_for_tunnel(url, proxy, until)
            try:
                async with asyncio.timeout_at(until):
                    # Plain http: is for this host alone, which needs no proxy.
                    await stream.start_tls(address(url)[0], _given(tls))
            except OSError as exc:
                raise TunnelFailed(_reason_within(exc)) from exc
        except BaseException:
            stream.close()
            raise
        return cls(stream)

    async def _ask_for_tunnel(self, url: httpx.URL, proxy: httpx.Proxy, until: float) -> None:
        host, port = address(url)
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers = [(b"Host", target.encode()), (b"Accept", b"*/*"), *proxy.headers.raw]
        if proxy.raw_auth is not None:
            auth = httpx.BasicAuth(*proxy.raw_auth)
            signed = next(auth.auth_flow(httpx.Request("CONNECT", proxy.url)))
            headers.append((b"Proxy-Authorization", signed.headers["Authorization"].encode()))
        try:
            self._write(h11.Request(method="CONNECT", target=target, headers=headers))
            async with asyncio.timeout_at(until):
                status = (await self._response(None)).status_code
        except (h11.RemoteProtocolError, OSError) as exc:
            raise TunnelFailed(_reason(exc, "proxy-answer")) from exc
        if not 200 <= status < 300:
            reason = "proxy-login" if status == 407 else "proxy-failed" if status >= 500 else "proxy"
            raise TunnelFailed(reason, status)
        if self._protocol.trailing_data[0] or not self._stream.quiet:
            raise TunnelFailed("proxy-answer")

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
        """Makes ready for another exchange, and says whether the last one is over: what may have come after
        it is looked for when the connection is used again."""
        with suppress(h11.LocalProtocolError):
            self._protocol.start_next_cycle()
            return self._protocol.states == _IDLE
        return False

    def close(self) -> None:
        self._stream.close()

    def _write(self, *events: h11.Request | h11.Data) -> None:
        data = b"".join([self._protocol.send(event) or b"" for event in (*events, h11.EndOfMessage())])
        self._stream.write(data)

    async def _response(self, read_timeout: float | None) -> h11.Response:
        while not isinstance(event := await self._event(read_timeout), h11.Response):
            pass  # 1xx: the answer itself is still to come
        return event

    async def _event(self, read_timeout: float | None) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._stream.read(read_timeout))
        if isinstance(event, h11.ConnectionClosed) or not isinstance(event, h11.Event):
            raise h11.RemoteProtocolError("the connection ended before the answer did")
        return event


_IDLE = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}


def _reason(exc: Exception, otherwise: str) -> str:
    """Why the proxy makes no tunnel, as a code for `messages.unreachable`."""
    if isinstance(exc, ssl.SSLError):
        return "proxy-tls"
    if isinstance(exc, socket.gaierror):
        return "proxy-unknown"
    return "proxy-timeout" if isinstance(exc, TimeoutError) else otherwise


def _reason_within(exc: OSError) -> str:
    """Why no TLS came about over a tunnel that the proxy says it made."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return "tls"
    return "connect-timeout" if isinstance(exc, TimeoutError) else "proxy-tunnel"


def _tls_to(url: httpx.URL, tls: ssl.SSLContext | None) -> ssl.SSLContext | None:
    return _given(tls) if url.scheme == "https" else None


def _given(tls: ssl.SSLContext | None) -> ssl.SSLContext:
    """Stops what would go out in plain text."""
    if tls is None:
        raise ssl.SSLError("TLS without a context")
    return tls


def address(url: httpx.URL) -> tuple[str, int]:
    """Host and port to connect to."""
    return url.raw_host.decode("ascii"), url.port or {"https": 443, "http": 80}[url.scheme]
