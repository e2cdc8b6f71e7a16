"""A connection is used again only when nothing is left of the last answer, also by a proxy."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from dfn_tui.api.calls import ProfileWrite
from dfn_tui.api.connection import HttpConnection
from dfn_tui.api.errors import ApiError
from dfn_tui.api.limiter import Unlimited
from dfn_tui.api.open import open_api
from dfn_tui.api.pool import ConnectionPool
from dfn_tui.api.proxies import proxy_for
from dfn_tui.api.stream import Stream
from dfn_tui.api.transport import Call, Timeouts, Transport
from tests.api.served import (
    SERVICE_ID,
    TOKEN,
    RawServer,
    Served,
    change,
    cut,
    external,
    http,
    silent,
    users,
    v1,
    written,
)

HOST = "api.dfn-tui.test"
WRITE = Call("/", b"{}", None, write=True)
READ = Call("/", b"{}", None)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For `HOST` and this host, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    start = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.fixture
def tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side of TLS, trusted here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class Proxy:
    """Makes tunnels to `port` here, whatever host is asked for."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, extra: bytes = b"") -> None:
        self._port = port
        self._tls = tls
        self._extra = extra
        self._tasks: set[asyncio.Task[None]] = set()
        self.asked: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        yield f"{'https' if self._tls else 'http'}://localhost:{server.sockets[0].getsockname()[1]}"
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n" + self._extra)
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            back.close()
            writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


@asynccontextmanager
async def reached(
    way: str, *replies: Served, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[RawServer, str]]:
    """A server with those answers, and its address: direct, over TLS, or by a proxy."""
    async with RawServer(*replies, tls=None if way == "direct" else tls) as server:
        if way == "direct":
            yield server, server.url
        elif way == "tls":
            yield server, f"https://localhost:{server.port}"
        else:
            proxy = Proxy(server.port, tls if way == "https proxy" else None)
            async with proxy.running() as url:
                monkeypatch.setenv("HTTPS_PROXY", url.replace("://", "://user:pa55@"))
                yield server, f"https://{HOST}"
            assert all(asked.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n") for asked in proxy.asked)
            assert all("Basic dXNlcjpwYTU1" in asked and TOKEN not in asked for asked in proxy.asked)
            assert len(proxy.asked) >= server.connections  # more where no TLS came about


WAYS = ["direct", "tls", "proxy", "https proxy"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_connection_is_used_again(
    way: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reached(way, http("x"), tls=tls, monkeypatch=monkeypatch) as (server, url):
        transport = Transport(url)
        for _number in range(3):
            assert (await transport.post(READ)).body == b"x"
        await transport.aclose()
        assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("extra", [http("first"), b"\r\n", b"x" * 40_000])
async def test_bytes_after_an_answer_never_answer_the_next_request(
    way: str, extra: bytes, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = (http("first") + extra, http("second"))
    async with reached(way, *replies, tls=tls, monkeypatch=monkeypatch) as (server, url):
        transport = Transport(url)
        assert (await transport.post(WRITE)).body == b"first"
        assert (await transport.post(WRITE)).body == b"second"
        await transport.aclose()
        assert server.connections == 2


async def come_in(transport: Transport) -> None:
    """Returns when the one connection that is kept has seen that there is more."""
    pool = transport._client._transport
    assert isinstance(pool, ConnectionPool)
    (connection,) = pool._idle
    async with asyncio.timeout(10):
        while connection.reusable():  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0)


@pytest.mark.parametrize("way", WAYS)
async def test_bytes_that_come_while_nothing_was_asked(
    way: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = asyncio.Event()

    async def again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http("first"))
        await late.wait()
        writer.write(http("first"))
        await reader.read()

    async with reached(way, again, http("second"), tls=tls, monkeypatch=monkeypatch) as (server, url):
        transport = Transport(url)
        assert (await transport.post(WRITE)).body == b"first"
        late.set()
        await come_in(transport)
        assert (await transport.post(WRITE)).body == b"second"
        await transport.aclose()
        assert server.connections == 2


async def test_bytes_before_a_tunnel_are_no_tunnel(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RawServer(http("x"), tls=tls) as server, Proxy(server.port, extra=b"x").running() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        (reply,) = await v1(f"https://{HOST}").read_profiles(users("a"))
        assert server.requests == []
    assert reply.error is not None and reply.code == "proxy-answer"


async def test_an_answer_lost_behind_a_proxy_was_lost_over_it(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reached("proxy", cut, tls=tls, monkeypatch=monkeypatch) as (_server, url):
        api = v1(url)
        (read,) = await api.read_profiles(users("a"))
        (wrote,) = await api.write_profiles([change(users("a")[0], {}, {"x": "1"})])
        await api.aclose()
        proxy = proxy_for(httpx.URL(url))
    assert (read.code, wrote.code, proxy is not None) == ("cut", "cut", True)
    assert proxy is not None and proxy.shown.endswith(" (HTTPS_PROXY)") and "pa55" not in proxy.shown
    for reply in (read, wrote):
        assert f"The way went over the proxy {proxy.shown}." in reply.message


async def test_a_certificate_behind_a_proxy_was_met_over_it(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reached("proxy", http("x"), tls=tls, monkeypatch=monkeypatch) as (server, url):
        monkeypatch.delenv("SSL_CERT_FILE")
        api = v1(url)
        (reply,) = await api.read_profiles(users("a"))
        await api.aclose()
        assert (reply.code, server.requests) == ("tls", [])
        assert f"No trusted TLS connection to {HOST} over the proxy localhost:" in reply.message


OK = http({"status": True, "code": "20000", "message": "OK", "data": True})


async def test_single_writes_of_version_2_take_a_fresh_connection_each() -> None:
    """A duplicate that comes after the next request cannot be told from its answer there."""
    people = tuple(external(f"p{number}") for number in range(3))
    async with RawServer(OK) as server:
        api = open_api(api="v2", base_url=server.url, token=SecretStr(TOKEN), service_id=SERVICE_ID)
        await api.write_profiles([ProfileWrite(people, {}, {"x": 1})])
        await api.link(external("a"), [])
        await api.aclose()
        assert server.connections == len(server.requests) == 4


async def test_neither_bulk_runs_nor_version_1_do() -> None:
    async with RawServer(OK) as server:
        api = open_api(
            api="v2",
            base_url=server.url,
            token=SecretStr(TOKEN),
            service_id=SERVICE_ID,
            limiter=Unlimited(),
        )
        for _number in range(3):
            await api.write_profiles([change(external("a"), {}, {"x": 1})])
        await api.aclose()
        assert server.connections == 1
    async with RawServer(written("a")) as server:
        api = open_api(api="v1", base_url=server.url, token=SecretStr(TOKEN))
        for _number in range(3):
            await api.write_profiles([change(users("a")[0], {}, {"x": "1"})])
        await api.aclose()
        assert server.connections == 1


async def test_what_only_reads_does_not_need_one() -> None:
    async with RawServer(http("x")) as server:
        transport = Transport(server.url, fresh_writes=True)
        for call in (READ, WRITE, READ, WRITE, READ):
            await transport.post(call)
        await transport.aclose()
        assert [request.connection for request in server.requests] == [1, 2, 1, 3, 1]


async def test_what_the_event_loop_has_not_come_to_yet_is_seen_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        stream = await Stream.connect(host, port, None)
        there, _address = listener.accept()
        with there:
            assert stream.quiet
            there.sendall(b"x")
            assert not stream.quiet
        stream.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("ways", ["[::1]", "fe80::/10", "[::1],10.0.0.0/8, localhost ,::1"])
async def test_no_proxy_may_hold_what_it_likes(ways: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", ways)
    proxy = proxy_for(httpx.URL("https://openapi.dfinery.io"))
    assert proxy is not None and proxy.url.host == "proxy.example.com"
    await Transport("https://openapi.dfinery.io").aclose()


@pytest.mark.parametrize("name", ["*", "dfinery.io", ".dfinery.io", "openapi.dfinery.io", "x, dfinery.io"])
def test_no_proxy_is_kept_to(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", name)
    assert proxy_for(httpx.URL("https://openapi.dfinery.io")) is None
    assert (proxy_for(httpx.URL("https://notdfinery.io")) is None) is (name == "*")


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("proxy:3128", "http://proxy:3128"),
        ("http://proxy", "http://proxy"),
        ("https://proxy:8443", "https://proxy:8443"),
    ],
)
def test_proxies_as_they_are_named(setting: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, setting)
        proxy = proxy_for(httpx.URL("https://openapi.dfinery.io"))
        assert proxy is not None and str(proxy.url) == address
        monkeypatch.delenv(name)
    assert proxy_for(httpx.URL("https://openapi.dfinery.io")) is None


@pytest.mark.parametrize("setting", ["http://h:99999", "http://h:0", "http://", "socks5://h:1"])
def test_a_proxy_that_cannot_be(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", setting)
    with pytest.raises(ApiError) as caught:
        Transport("https://openapi.dfinery.io")
    assert caught.value.code == "misconfigured"


async def test_a_proxy_that_is_not_there_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(b"") as server:
        url = server.url
    monkeypatch.setenv("HTTPS_PROXY", url)
    (reply,) = await v1("https://openapi.example.com").read_profiles(users("a"))
    assert reply.code == "proxy-unreachable" and "proxy" in reply.message and reply.refused


@pytest.mark.parametrize("reply", [cut, b"SSH-2.0\r\n\r\n", http("", 407), http("", 502)])
async def test_a_proxy_that_makes_no_tunnel(reply: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(reply) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        (one,) = await v1("https://openapi.example.com").write_profiles(
            [change(users("a")[0], {}, {"x": "1"})]
        )
    assert one.error is not None and (one.refused, one.code) == (True, "not-sent")
    assert isinstance(one.error, ApiError) and one.error.code.startswith("proxy")


async def test_a_silent_proxy_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(silent) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        api = v1("https://openapi.example.com", timeouts=Timeouts(connect=0.1))
        (reply,) = await api.write_profiles([change(users("a")[0], {}, {"x": "1"})])
    assert isinstance(reply.error, ApiError) and reply.error.code == "proxy-timeout"


DATES = [
    "Tue, 01 Jan 2019 00:00:00 +99999999999999",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Mon, 99999999999999999999 Jan 2019 00:00:00 GMT",
]


@pytest.mark.parametrize("date", DATES)
async def test_a_date_beyond_all_dates_is_none(date: str) -> None:
    async with RawServer(http("x", headers={"Date": date})) as server:
        transport = Transport(server.url)
        for _number in range(2):
            assert (await transport.post(READ)).body == b"x"
        assert transport.clock_skew is None
        await transport.aclose()


async def test_the_transport_holds_no_token_as_plain_text() -> None:
    transport = Transport("http://127.0.0.1:1", secrets=[SecretStr(TOKEN), SecretStr("")])
    assert TOKEN not in repr(vars(transport))
    assert transport.shown(f"x {TOKEN} y") == "x ••• y"
    await transport.aclose()


async def test_an_interim_answer_is_not_the_answer() -> None:
    async with RawServer(b"HTTP/1.1 100 Continue\r\n\r\n" + http("x")) as server:
        transport = Transport(server.url)
        for _number in range(2):
            assert (await transport.post(READ)).body == b"x"
        await transport.aclose()
        assert server.connections == 1


async def test_an_answer_that_ends_with_its_connection() -> None:
    async def until_closed(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await writer.drain()

    async with RawServer(until_closed) as server:
        transport = Transport(server.url)
        for _number in range(2):
            assert (await transport.post(READ)).body == b"all of it"
        await transport.aclose()
        assert server.connections == 2


async def test_a_long_answer_comes_whole() -> None:
    body = b"x" * (5 * 1024 * 1024)
    async with RawServer(http(body)) as server:
        transport = Transport(server.url)
        for _number in range(2):
            assert (await transport.post(READ)).body == body
        await transport.aclose()
        assert server.connections == 1


async def test_without_a_context_for_tls_nothing_goes_out_in_plain_text() -> None:
    async with RawServer(silent) as server:
        url = httpx.URL(server.url).copy_with(scheme="https")
        with pytest.raises(ssl.SSLError):
            await HttpConnection.open(url, None, None, 1.0)
