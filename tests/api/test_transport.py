"""What the network does, and which error it becomes. Real sockets throughout."""

import asyncio
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.api import pool as pool_module
from dfn_tui.api import transport as transport_module
from dfn_tui.api.calls import Reply
from dfn_tui.api.errors import (
    AnswerLost,
    AnswerUnreadable,
    ApiError,
    NotPermitted,
    RateLimited,
    ReadOnly,
    Rejected,
    ServerFailed,
    TokenRejected,
    Unreachable,
)
from dfn_tui.api.transport import Call, Timeouts, TokenAuth, Transport
from tests.api.served import (
    TOKEN,
    RawServer,
    Served,
    Waits,
    change,
    cut,
    found,
    how,
    http,
    silent,
    users,
    v1,
    written,
)

TLS = Path(__file__).parents[1] / "data" / "tls"
SHORT = Timeouts(connect=5, read=0.1, pool=5, total=5)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield


async def read_one(url: str, timeouts: Timeouts | None = None) -> Reply:
    api = v1(url, timeouts=timeouts)
    (outcome,) = await api.read_profiles(users("a"))
    await api.aclose()
    return outcome


async def write_one(url: str, timeouts: Timeouts | None = None) -> Reply:
    api = v1(url, timeouts=timeouts)
    (outcome,) = await api.write_profiles([change(users("a")[0], {}, {"age": "30"})])
    await api.aclose()
    return outcome


def tls_server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    return context


async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not writer.transport.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)


async def half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


HTML = "<html><body>Server Error, ask admin@example.com</body></html>"
# reply, what a read ends with, its code, and how a write ends
FAULTS: dict[str, tuple[Served, type[ApiError], str, str]] = {
    "cut": (cut, AnswerLost, "cut", "pending"),
    "cut within the answer": (half, AnswerLost, "cut", "pending"),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", AnswerLost, "cut", "pending"),
    "500 HTML": (http(HTML, 500), ServerFailed, "500", "pending"),
    "503 HTML": (http(HTML, 503), ServerFailed, "503", "pending"),
    "5001": (
        http({"result_code": 5001, "result_msg": "x", "result_data": None}),
        ServerFailed,
        "5001",
        "pending",
    ),
    "malformed": (http("{"), AnswerUnreadable, "malformed", "pending"),
    "empty": (http(""), AnswerUnreadable, "malformed", "pending"),
    "not UTF-8": (http(b'{"a": "\xff"}'), AnswerUnreadable, "field", "pending"),
    "NaN": (http('{"result_code": NaN}'), AnswerUnreadable, "field", "pending"),
    "deep": (http("[" * 100_000), AnswerUnreadable, "malformed", "pending"),
    "a list": (http([]), AnswerUnreadable, "malformed", "pending"),
    "200 HTML": (http(HTML), AnswerUnreadable, "malformed", "pending"),
    "redirect": (
        http("", 302, {"Location": "https://example.com/"}),
        AnswerUnreadable,
        "malformed",
        "pending",
    ),
    "unknown code": (
        http({"result_code": 7, "result_msg": None, "result_data": None}),
        AnswerUnreadable,
        "7",
        "pending",
    ),
    "success with 400": (
        http({"result_code": 2000, "result_msg": None, "result_data": None}, 400),
        AnswerUnreadable,
        "2000",
        "pending",
    ),
    "bad gzip": (
        http("nonsense", headers={"Content-Encoding": "gzip"}),
        AnswerUnreadable,
        "malformed",
        "pending",
    ),
    "401 HTML": (http(HTML, 401), TokenRejected, "401", "pending"),
    "403 HTML": (http(HTML, 403), NotPermitted, "403", "pending"),
    "404 HTML": (http(HTML, 404), Rejected, "404", "pending"),
    "408 HTML": (http(HTML, 408), ServerFailed, "408", "pending"),
    "425 HTML": (http(HTML, 425), ServerFailed, "425", "pending"),
    "429 HTML": (http(HTML, 429), RateLimited, "429", "pending"),
    "429": (
        http({"result_code": 4006, "result_msg": "x", "result_data": None}, 429),
        RateLimited,
        "4006",
        "refused",
    ),
    "refused, but with 502": (
        http({"result_code": 4002, "result_msg": "x", "result_data": None}, 502),
        ServerFailed,
        "4002",
        "pending",
    ),
    "a refusal nobody documented": (
        http({"result_code": 4999, "result_msg": "x", "result_data": None}, 400),
        Rejected,
        "4999",
        "pending",
    ),
    "a refusal with a name twice": (
        http('{"result_code": 4002, "result_code": 4002, "result_msg": null}', 400),
        Rejected,
        "400",
        "pending",
    ),
    "4001": (
        http({"result_code": 4001, "result_msg": "x"}, 400),
        TokenRejected,
        "4001",
        "refused",
    ),
    "200 that failed": (
        http({"result_code": 4004, "result_msg": "no", "result_data": None}),
        NotPermitted,
        "4004",
        "refused",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_faults(name: str) -> None:
    reply, kind, code, write_status = FAULTS[name]
    async with RawServer(reply) as server:
        read = await read_one(server.url)
        wrote = await write_one(server.url)
    assert (type(read.error), read.code, read.ok) == (kind, code, False)
    assert (type(wrote.error), wrote.code, how(wrote)) == (kind, code, write_status)
    assert isinstance(read.error, ApiError) and isinstance(wrote.error, ApiError)
    for error in (read.error, wrote.error):
        assert error.title and error.happened and error.next_step
        assert "admin@example.com" not in str(error) and "<" not in str(error)
        assert len(error.happened) < 300
    assert "hanged" not in read.error.happened  # a read may be the look at what a write came to
    assert ("The request changed nothing" in wrote.error.happened) is (write_status == "refused")


async def test_a_lost_write_is_sent_once_and_a_lost_read_again() -> None:
    async with RawServer(cut) as server:
        await write_one(server.url)
        assert len(server.requests) == 1
    async with RawServer(cut, cut, found({"a": {}})) as server:
        assert (await read_one(server.url)).ok
        assert len(server.requests) == 3


async def test_a_read_timeout_is_a_lost_answer() -> None:
    async with RawServer(silent) as server:
        read, wrote = await read_one(server.url, SHORT), await write_one(server.url, SHORT)
    assert (type(read.error), read.code) == (AnswerLost, "timeout")
    assert (how(wrote), wrote.code) == ("pending", "timeout")


async def test_a_trickling_answer_ends_at_the_total_timeout() -> None:
    async with RawServer(trickle) as server:
        wrote = await write_one(server.url, Timeouts(total=0.3))
    assert (how(wrote), wrote.code) == ("pending", "timeout")


async def test_an_answer_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_ANSWER_BYTES", 1000)
    async with RawServer(http("x" * 1001)) as server:
        assert (await read_one(server.url)).code == "too-large"


async def test_refused_connection() -> None:
    async with RawServer(b"") as server:
        url = server.url
    read, wrote = await read_one(url), await write_one(url)
    assert (type(read.error), read.code, how(read)) == (Unreachable, "refused", "refused")
    assert (type(wrote.error), wrote.code, how(wrote)) == (Unreachable, "not-sent", "refused")


async def test_unknown_host() -> None:
    read = await read_one("https://does-not-exist.invalid", Timeouts(connect=60, total=90))
    assert (type(read.error), read.code) == (Unreachable, "unknown-host")
    assert "does-not-exist.invalid" in read.message


async def test_a_certificate_nobody_vouches_for() -> None:
    async with RawServer(found({"a": {}}), tls=tls_server_context()) as server:
        read, wrote = await read_one(server.url), await write_one(server.url)
        assert server.requests == []
    assert (type(read.error), read.code) == (Unreachable, "tls")
    assert (how(wrote), wrote.code) == ("refused", "not-sent")


async def test_plain_http_behind_https() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        read = await read_one(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert (type(read.error), read.code) == (Unreachable, "tls")


async def test_a_handshake_that_stalls_is_a_connect_timeout() -> None:
    async with RawServer(silent) as server:
        url = f"https://127.0.0.1:{server.port}"
        read, wrote = await read_one(url, Timeouts(connect=0.1)), await write_one(url, Timeouts(total=0.1))
    assert (type(read.error), read.code) == (Unreachable, "connect-timeout")
    assert (type(wrote.error), wrote.code) == (Unreachable, "not-sent")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's store is no file")
async def test_the_systems_trust_store_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "server.pem"))
    async with RawServer(found({"a": {}}), tls=tls_server_context()) as server:
        assert (await read_one(server.url)).ok


async def test_proxies_are_used_but_never_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(http("no", 403)) as proxy, RawServer(found({"a": {}})) as server:
        for name in PROXY_VARIABLES[:3]:
            monkeypatch.setenv(name, proxy.url)
        assert (await read_one(server.url)).ok
        assert proxy.requests == []
        wrote = await write_one("https://openapi.example.com")
        assert proxy.requests[0].line == "CONNECT openapi.example.com:443 HTTP/1.1"
        assert TOKEN not in str(proxy.requests[0])
    assert isinstance(wrote.error, Unreachable)
    assert (wrote.error.code, wrote.code, how(wrote)) == ("proxy", "not-sent", "refused")


@pytest.mark.parametrize(
    "proxy", ["socks5://user:pa55@127.0.0.1:1080", "ftp://user:pa55@h", "http://[user:pa55"]
)
async def test_a_proxy_setting_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ApiError) as caught:
        Transport("https://openapi.example.com")
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://openapi.dfinery.io",
        "http://10.0.0.1:8000",
        "http://localhost.example.com",
        "ftp://127.0.0.1",
        "openapi.dfinery.io",
        "https://",
        "https://user:secret@openapi.dfinery.io",
        "https://openapi.dfinery.io?x=1",
        "https://[::1",
        "https://a\nb",
        "",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ApiError) as caught:
        Transport(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.9.9.9", "http://[::1]:8000", "https://openapi.dfinery.io/"]
)
async def test_addresses_that_are_taken(url: str) -> None:
    await Transport(url).aclose()


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "abc\r\n", "tøken", "a\x00", "한국어"])
def test_tokens_that_cannot_be_sent(token: str) -> None:
    with pytest.raises(ApiError) as caught:
        TokenAuth("Authorization", SecretStr(token))
    assert not token or token not in str(caught.value)


async def test_read_only_refuses_before_anything_leaves() -> None:
    async with RawServer(written("a")) as server:
        transport = Transport(server.url, read_only=True)
        with pytest.raises(ReadOnly):
            await transport.post(Call("/", b"{}", None, write=True))
        await transport.aclose()
        api = v1(server.url, read_only=True)
        (outcome,) = await api.write_profiles([change(users("a")[0], {}, {"age": "1"})])
        assert (how(outcome), outcome.code) == ("refused", "read-only")
        (outcome,) = await api.delete_ci(users("a"), ["kakao_id"])
        assert (how(outcome), outcome.code) == ("refused", "read-only")
        await api.aclose()
        assert server.connections == 0


async def test_one_connection_serves_many_requests_and_keeps_no_cookies() -> None:
    reply = http(
        {"result_code": 2000, "result_msg": None, "result_data": None}, headers={"Set-Cookie": "a=b; Path=/"}
    )
    async with RawServer(reply) as server:
        transport = Transport(server.url)
        for _ in range(3):
            await transport.post(Call("/x", b"{}", None))
        await transport.aclose()
        assert server.connections == 1
        assert not any("cookie" in name.lower() for request in server.requests for name in request.headers)


async def test_a_connection_that_the_server_closed_meanwhile_is_not_written_to() -> None:
    closed = asyncio.Event()

    async def last(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http("first"))
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with RawServer(last, http("second")) as server:
        transport = Transport(server.url)
        assert (await transport.post(Call("/", b"{}", None, write=True))).body == b"first"
        await closed.wait()
        assert (await transport.post(Call("/", b"{}", None, write=True))).body == b"second"
        await transport.aclose()
        assert server.connections == 2


async def test_a_connection_idle_for_too_long_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "KEPT", -1.0)
    async with RawServer(http("")) as server:
        transport = Transport(server.url)
        for _ in range(2):
            await transport.post(Call("/", b"{}", None, write=True))
        await transport.aclose()
        assert server.connections == 2


async def test_after_a_request_that_was_cancelled_comes_a_new_connection() -> None:
    arrived = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await half(reader, writer)
        await silent(reader, writer)

    async with RawServer(hold, http("whole")) as server:
        transport = Transport(server.url, connections=1)
        task = asyncio.create_task(transport.post(Call("/", b"{}", None)))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await transport.post(Call("/", b"{}", None))).body == b"whole"
        await transport.aclose()
        assert server.connections == 2


async def test_clock_skew() -> None:
    host = datetime(2025, 1, 1, 12, tzinfo=UTC)
    for header, skew in [
        (format_datetime(host + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        (format_datetime(host - timedelta(hours=1), usegmt=True), timedelta(hours=-1)),
        ("Wed, 01 Jan 2025 12:00:30 -0000", timedelta(seconds=30)),
        ("yesterday", None),
        ("Wed, 99 Foo 2025 12:00:30 GMT", None),
    ]:
        async with RawServer(http({}, headers={"Date": header})) as server:
            transport = Transport(server.url, now=lambda: host)
            assert transport.clock_skew is None
            await transport.post(Call("/", b"{}", None))
            await transport.aclose()
            assert transport.clock_skew == skew


async def test_the_clock_is_compared_anew_though_the_date_is_the_same() -> None:
    host = datetime(2025, 3, 1, 9, tzinfo=UTC)
    times = iter([host, host, host + timedelta(seconds=1), host + timedelta(seconds=1)])
    async with RawServer(http("", headers={"Date": format_datetime(host, usegmt=True)})) as server:
        transport = Transport(server.url, now=lambda: next(times))
        await transport.post(Call("/", b"{}", None))
        assert transport.clock_skew == timedelta()
        await transport.post(Call("/", b"{}", None))
        assert transport.clock_skew == timedelta(seconds=-1)
        await transport.aclose()


@pytest.mark.parametrize("connections", [1, 3, 12])
async def test_as_many_connections_as_wanted(connections: int) -> None:
    async with RawServer(http("")) as server:
        transport = Transport(server.url, connections=connections)
        call = Call("/", b"{}", None)
        await asyncio.gather(*(transport.post(call) for _ in range(2 * connections)))
        await transport.aclose()
        assert len(server.requests) == 2 * connections
        assert server.connections == connections


async def test_a_read_can_be_cancelled() -> None:
    arrived = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await silent(reader, writer)

    async with RawServer(hold) as server:
        api = v1(server.url)
        task = asyncio.create_task(api.read_profiles(users(*map(str, range(100)))))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await api.aclose()


async def test_the_reset_is_waited_for_by_the_servers_clock() -> None:
    """The reset is an instant on the server's clock, which may be off the host's."""
    ahead = datetime.now(UTC) + timedelta(hours=3)
    reset = int(ahead.timestamp()) + 30
    limited = http(
        {"result_code": 4006, "result_msg": "slow down", "result_data": None},
        429,
        {"Date": format_datetime(ahead, usegmt=True), "x-ratelimit-reset": str(reset)},
    )
    waits = Waits()
    async with RawServer(limited, written("a")) as server:
        api = v1(server.url, waits)
        (outcome,) = await api.write_profiles(
            [change(users("a")[0], {}, {"age": "30"})], waits.progress.append
        )
        await api.aclose()
    assert outcome.ok
    assert len(waits.slept) == 1 and 29 <= waits.slept[0] <= 32
    waiting = waits.progress[0]
    assert (waiting.attempt, waiting.waiting) == (2, waits.slept[0])
    assert "too many requests" in waiting.reason
