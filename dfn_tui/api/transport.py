"""The one way a request leaves this host, used by both API versions.

Redirects are never followed (a token must not travel to a host nobody named), cookies are not kept, and
no answer is read beyond a fixed size. What httpx raises becomes an error of ours, told apart by the one
thing that matters for a write: whether any byte of the request was sent.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx
import truststore
from pydantic import SecretStr

from dfn_tui import __version__
from dfn_tui.api import messages
from dfn_tui.api.connection import TunnelFailed
from dfn_tui.api.deadline import current_deadline
from dfn_tui.api.encoding import decoded
from dfn_tui.api.errors import ApiError
from dfn_tui.api.pool import ConnectionPool, SentFlag
from dfn_tui.api.proxies import SCHEMES, is_address, is_loopback, proxy_for
from dfn_tui.text import _, mask_within, sanitize

_ANY_SKEW = timedelta(days=36_500)  # further off is no date, and one at the end of all dates overflows

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Twenty users with every property are a few hundred kilobytes; more than this is no answer to us."""

_MESSAGE_LENGTH = 300

_HEADERS = [
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"identity"),
    (b"Connection", b"keep-alive"),
    (b"Content-Type", b"application/json"),
    (b"User-Agent", f"dfn-tui/{__version__}".encode()),
]

FAULTS = (httpx.HTTPError, OSError)
"""What an exchange may raise by way of the network; `TimeoutError` is an OSError."""


class Timeouts(NamedTuple):
    """All in seconds. `total` holds for one request and its whole answer, whatever trickles in."""

    connect: float = 5.0
    read: float = 20.0
    pool: float = 10.0
    total: float = 40.0


class TokenAuth(httpx.Auth):
    """Puts a token into its header as the request goes out, so that it lies nowhere else.

    Raises ApiError when the token cannot be a header's value: line breaks and non-ASCII characters come
    in with a paste, and the HTTP library would quote the token in its complaint.
    """

    def __init__(self, name: str, token: SecretStr, prefix: str = "") -> None:
        text = token.get_secret_value()
        if not text or not all("!" <= char <= "~" for char in text):
            raise messages.misconfigured(
                _("The token holds what no token has: spaces, line breaks or letters beyond ASCII."),
                _("Copy the token again from the product's web console, alone and whole."),
            )
        self._name = name
        self._prefix = prefix
        self._token = token

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers[self._name] = self._prefix + self._token.get_secret_value()
        yield request


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `body` is JSON; `write` marks what changes something on the server."""

    path: str
    body: bytes = field(repr=False)
    auth: TokenAuth | None
    write: bool = False
    query: tuple[tuple[str, str], ...] = ()
    read: float | None = None
    """Seconds without a byte after which it counts as lost; None: as long as for every other."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. `server_time` is what the server's clock showed when it came."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    server_time: datetime


class Transport:
    """Keep-alive connections to one server. Closed by `aclose`; bound to the event loop of its first request.

    At most `connections` requests are under way at once; what more is asked waits. With `fresh_writes` each
    write has a connection of its own: where an answer does not name what it answers, nothing left on a kept
    connection can be taken for it. Raises ApiError at construction for an address or a proxy setting that
    cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        secrets: Sequence[SecretStr] = (),
        read_only: bool = False,
        fresh_writes: bool = False,
        timeouts: Timeouts | None = None,
        connections: int = 8,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = _checked(base_url)
        self._secrets = tuple(secret for secret in secrets if secret.get_secret_value())
        self._read_only = read_only
        self._fresh_writes = fresh_writes
        self._timeouts = timeouts or Timeouts()
        self._waits = self._timeouts._asdict()
        self._now = now
        # What speaks without TLS on this host, as the sandbox does, is spared half a MiB.
        trusted = _trusted() if self._url.scheme == "https" else None
        proxy = proxy_for(self._url)
        self._proxy = proxy.shown if proxy is not None else ""
        self._client = httpx.AsyncClient(
            transport=ConnectionPool(self._url, trusted, proxy, connections),
            trust_env=False,
            follow_redirects=False,
        )
        # None are kept, and httpx would make urllib's request and response of each answer to look for them.
        self._client.cookies.extract_cookies = lambda response: None  # type: ignore[method-assign]
        self._headers = [(b"Host", self._url.netloc), *_HEADERS]
        self._targets: dict[tuple[str, tuple[tuple[str, str], ...]], httpx.URL] = {}
        """By path and query, as reading an address takes longer than putting it into a request."""
        self._dated: tuple[str, datetime] | None = None
        """The latest `Date`, as it came and as read: answers of one second share it."""
        self.clock_skew: timedelta | None = None
        """Server time minus host time, by the last answer that bore a readable `Date`."""

    async def post(self, call: Call) -> Response:
        """Sends the request and reads the whole answer, whatever its status.

        Raises ReadOnly, Unreachable (nothing was sent), AnswerLost or AnswerUnreadable (too large).
        """
        sent = SentFlag()
        try:
            async with asyncio.timeout(self._longest()), self.open(call, sent) as response:
                return await self.whole(response, write=call.write)
        except FAULTS as exc:
            error = self.error_for(exc, call, sent)
        # Raised out here so that the error does not carry httpx's along, and the token's header with it.
        raise error

    @asynccontextmanager
    async def open(self, call: Call, sent: SentFlag) -> AsyncIterator[httpx.Response]:
        """The answer as a stream, for what is too long to hold.

        Raises ReadOnly; the caller turns `FAULTS` into errors by `error_for`, and keeps the time.
        """
        if call.write and self._read_only:
            raise messages.read_only()
        response = await self._client.send(self._request(call, sent), auth=call.auth, stream=True)
        try:
            self._note_date(response.headers.get("date"))
            yield response
        finally:
            await response.aclose()

    def _longest(self) -> float:
        current = current_deadline()
        if current is None:
            return self._timeouts.total
        if current.left <= 0:
            raise messages.unreachable("deadline", self._url.host)
        return min(self._timeouts.total, current.left)

    def _request(self, call: Call, sent: SentFlag) -> httpx.Request:
        # Given as a stream with all of its headers, since httpx would look for each of them.
        return httpx.Request(
            "POST",
            self._target(call),
            headers=[*self._headers, (b"Content-Length", b"%d" % len(call.body))],
            stream=httpx.ByteStream(call.body),
            extensions={
                "timeout": self._waits if call.read is None else self._waits | {"read": call.read},
                "sent": sent,
                "fresh": call.write and self._fresh_writes,
            },
        )

    def _target(self, call: Call) -> httpx.URL:
        key = call.path, call.query
        target = self._targets.get(key)
        if target is None:
            url = httpx.URL(str(self._url).rstrip("/") + call.path)
            target = self._targets[key] = url.copy_merge_params(dict(call.query)) if call.query else url
        return target

    async def whole(self, response: httpx.Response, *, write: bool) -> Response:
        """An open answer, read to its end. Raises AnswerUnreadable when it is too large."""
        body = bytearray()
        async with aclosing(decoded(response, write=write)) as parts:
            async for part in parts:
                body += part
                if len(body) > MAX_ANSWER_BYTES:
                    raise messages.answer_unreadable("too-large", write=write)
        return Response(response.status_code, bytes(body), response.headers, self.server_time())

    def error_for(self, exc: Exception, call: Call, sent: SentFlag) -> ApiError:
        """One of `FAULTS` as an error with words."""
        if not sent.yes:
            status = exc.status if isinstance(exc, TunnelFailed) else 0
            return messages.unreachable(_reason(exc), self._url.host, status, self._proxy)
        if isinstance(exc, httpx.DecodingError):
            return messages.answer_unreadable("malformed", write=call.write)
        timeout = isinstance(exc, httpx.TimeoutException | TimeoutError)
        return messages.answer_lost(timeout=timeout, write=call.write, proxy=self._proxy)

    def server_time(self) -> datetime:
        """The time on the server's clock, as far as it is known."""
        return self._now() + (self.clock_skew or timedelta())

    def shown(self, message: str | None) -> str:
        """A server's message for the operator and the journal: short, inert, and should it repeat our tokens
        or somebody's number or e-mail address, without the ones and with the others masked."""
        text = message or ""
        for secret in self._secrets:
            text = text.replace(secret.get_secret_value(), "•••")
        # Cut before it is searched, as it may be of any length; what this parts is not shown.
        return sanitize(mask_within(text[: 2 * _MESSAGE_LENGTH]), _MESSAGE_LENGTH)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _note_date(self, text: str | None) -> None:
        if self._dated is None or self._dated[0] != text:
            try:
                served = parsedate_to_datetime(text or "")
                served = served if served.tzinfo else served.replace(tzinfo=UTC)  # "-0000": UTC by RFC 5322
                served = served.astimezone(UTC)
            except (ValueError, OverflowError):
                return
            self._dated = text or "", served
        skew = self._dated[1] - self._now()
        if abs(skew) < _ANY_SKEW:
            self.clock_skew = skew


def _trusted() -> ssl.SSLContext:
    """TLS with whom this system trusts."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _checked(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if not is_address(url) or url.scheme not in SCHEMES or url.userinfo or url.query or url.fragment:
        raise messages.misconfigured(
            _("The server's address is not one of the form https://host or https://host:port."),
            _("Correct base_url in the configuration."),
        )
    if url.scheme == "http" and not is_loopback(url.host):
        raise messages.misconfigured(
            _("The server's address begins with http:, which would send the token unencrypted."),
            _("Use https: in base_url; http: is for this host itself only."),
        )
    return url


def _reason(exc: BaseException) -> str:
    """Why nothing was sent, as a code for `messages.unreachable`."""
    causes = list(_causes(exc))

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    current = current_deadline()
    if current is not None and current.left <= 0:
        return "deadline"
    if isinstance(exc, TunnelFailed):
        return exc.reason
    if isinstance(exc, httpx.PoolTimeout):
        return "busy-here"
    if isinstance(exc, httpx.ConnectTimeout | TimeoutError):
        return "connect-timeout"  # first: a handshake that stalls has an SSLWantReadError behind it
    if among(socket.gaierror):
        return "unknown-host"
    if among(ssl.SSLError):
        return "tls"
    return "refused" if among(ConnectionRefusedError) else "unreachable"


def _causes(exc: BaseException) -> Iterator[BaseException]:
    yield exc
    if isinstance(exc, BaseExceptionGroup):
        for member in exc.exceptions:
            yield from _causes(member)
    cause = exc.__cause__ or exc.__context__
    if cause is not None:
        yield from _causes(cause)
