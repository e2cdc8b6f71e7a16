"""Which proxy is asked, which addresses need none, and what is said where a proxy is in the way."""

import asyncio
import gc
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from dfn_tui.api.errors import ApiError, Unreachable
from dfn_tui.api.proxies import proxy_for
from dfn_tui.api.retry import LASTING
from dfn_tui.api.transport import Call, Timeouts, Transport
from tests.api.served import RawServer, Served, change, cut, how, http, silent, users, v1

TLS = Path(__file__).parents[1] / "data" / "tls"
ADDRESS = "http://proxy.corp.example:3128"
VARIABLES = ("HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY", "NO_PROXY")
Set = Callable[..., None]


@pytest.fixture(autouse=True)
def setting(monkeypatch: pytest.MonkeyPatch) -> Set:
    """`setting(https_proxy="…")`: the environment holds that, and nothing else of proxies."""

    def put(**values: str) -> None:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    put()
    return put


# NO_PROXY, addresses that need no proxy by it, and addresses that do
EXEMPT: list[tuple[str, list[str], list[str]]] = [
    ("", [], ["api.corp.example", "10.1.2.3", "[2001:db8::7]"]),
    (" , ,, ", [], ["api.corp.example"]),
    ("*", ["api.corp.example", "10.1.2.3", "[2001:db8::7]"], []),
    ("other.example, *", ["api.corp.example", "192.0.2.1"], []),
    ("corp.example", ["corp.example", "a.b.corp.example"], ["notcorp.example", "corp.example.org"]),
    (".corp.example", ["corp.example", "api.corp.example"], ["notcorp.example"]),
    ("corp.example.", ["api.corp.example", "api.corp.example."], []),
    (".corp.example.", ["corp.example", "corp.example."], ["example"]),
    ("CORP.Example", ["api.corp.EXAMPLE"], []),
    ("*.corp.example", ["api.corp.example"], ["corp.example", "notcorp.example"]),
    ("my_host", ["my_host"], ["host"]),
    ("예시.example", ["예시.example", "xn--vv4b11d.example"], ["example"]),
    ("xn--vv4b11d.example", ["a.예시.example"], []),
    ("a.example b.example\tc.example", ["a.example", "b.example", "c.example"], ["d.example"]),
    (" a.example , ,b.example,", ["a.example", "b.example"], ["c.example"]),
    ("api.corp.example:443", ["api.corp.example"], ["api.corp.example:8443"]),
    ("corp.example:8443", ["api.corp.example:8443"], ["api.corp.example", "corp.example:443"]),
    ("10.0.0.0/8", ["10.255.1.2", "10.0.0.1:8443"], ["11.0.0.1", "a.10", "[2001:db8::7]"]),
    ("10.20.30.40/8", ["10.1.1.1"], ["11.1.1.1"]),
    ("172.16.0.0/255.240.0.0", ["172.31.0.1"], ["172.32.0.1"]),
    ("192.0.2.9", ["192.0.2.9", "192.0.2.9:1"], ["192.0.2.99", "1.192.0.2.9.example"]),
    ("192.0.2.9:443", ["192.0.2.9"], ["192.0.2.9:8443"]),
    ("2.9", [], ["192.0.2.9"]),
    ("192.0.2.*", ["192.0.2.9"], ["192.0.3.9"]),
    ("2001:db8::7", ["[2001:db8::7]", "[2001:DB8:0::7]:8443"], ["[2001:db8::8]", "192.0.2.9"]),
    ("[2001:db8::7]", ["[2001:db8::7]", "[2001:db8::7]:8443"], ["[2001:db8::8]"]),
    ("[2001:db8::7]:8443", ["[2001:db8::7]:8443"], ["[2001:db8::7]"]),
    ("2001:DB8:0:0::/32", ["[2001:db8:ffff::1]"], ["[2001:db9::1]", "10.0.0.1"]),
    ("[2001:db8::]/32", ["[2001:db8:1::1]"], ["[2001:db9::1]"]),
    ("fe80::/10", ["[fe80::1]", "[febf::1]"], ["[fec0::1]", "api.corp.example"]),
    ("[::1],::1,127.0.0.1,localhost", [], ["api.corp.example", "[::2]"]),
    ("0.0.0.0/0,::/0", ["10.0.0.1", "[2001:db8::7]"], ["api.corp.example"]),
    ("/var/run/docker.sock,corp.example", ["corp.example"], ["run.example"]),
]


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(("entries", "direct", "proxied"), EXEMPT)
def test_addresses_that_need_no_proxy(
    variable: str, entries: str, direct: list[str], proxied: list[str], setting: Set
) -> None:
    setting(HTTPS_PROXY=ADDRESS, **{variable: entries})
    for hosts, needed in ((direct, False), (proxied, True)):
        found = {host: proxy_for(httpx.URL(f"https://{host}")) is not None for host in hosts}
        assert found == dict.fromkeys(hosts, needed)


UNREADABLE = [
    *("10.0.0.0/33", "10.0.0.0/x", "fe80::/129", "[fe80::1", "fe80::1]", "[10.0.0.0/8]/8", "10.0.0.0/8/8"),
    *("a.example:99999", "a.example:x", "a.example:0", ":443", "a..example", "https://a.example"),
    *("a.example/path", "a.example?x", "-%-", "[]", "a" * 64 + ".example", "a\udcff.example"),
]


@pytest.mark.parametrize("entry", UNREADABLE)
def test_an_entry_that_cannot_be_read_is_named(entry: str, setting: Set) -> None:
    setting(HTTPS_PROXY=ADDRESS, no_proxy=f"a.test,{entry}, b.test")
    with pytest.raises(ApiError) as caught:
        Transport("https://api.corp.example")
    assert caught.value.code == "misconfigured"
    assert caught.value.happened.startswith("no_proxy has an entry that cannot be read: “")
    assert entry[:8].encode("ascii", "backslashreplace").decode() in caught.value.happened
    # What rests on another entry does not wait for this one, before or after it.
    assert proxy_for(httpx.URL("https://a.test")) is proxy_for(httpx.URL("https://b.test")) is None


async def test_where_no_proxy_is_asked_no_setting_matters(setting: Set) -> None:
    setting(HTTPS_PROXY="socks5://h:1", NO_PROXY="corp.example")
    await Transport("https://api.corp.example").aclose()
    setting(HTTPS_PROXY="socks5://h:1", NO_PROXY="10.0.0.0/99")
    await Transport("http://127.0.0.1:1").aclose()
    setting(NO_PROXY="10.0.0.0/99", HTTP_PROXY="socks5://h:1")
    await Transport("https://api.corp.example").aclose()


# as curl has it: small letters first, what is empty is not set, HTTPS_PROXY before ALL_PROXY
PRECEDENCE: list[tuple[dict[str, str], str | None]] = [
    ({}, None),
    ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "a"),
    ({"https_proxy": "", "HTTPS_PROXY": "http://b:1"}, "b"),
    ({"all_proxy": "http://a:1", "ALL_PROXY": "http://b:1"}, "a"),
    ({"HTTPS_PROXY": "http://b:1", "all_proxy": "http://a:1"}, "b"),
    ({"HTTPS_PROXY": "", "ALL_PROXY": "http://b:1"}, "b"),
    ({"http_proxy": "http://a:1", "HTTP_PROXY": "http://b:1"}, None),
    ({"HTTPS_PROXY": "http://b:1", "no_proxy": "x.test", "NO_PROXY": "corp.example"}, "b"),
    ({"HTTPS_PROXY": "http://b:1", "no_proxy": "", "NO_PROXY": "corp.example"}, None),
]


@pytest.mark.parametrize(("values", "host"), PRECEDENCE)
def test_which_variable_counts(values: dict[str, str], host: str | None, setting: Set) -> None:
    setting(**values)
    proxy = proxy_for(httpx.URL("https://api.corp.example"))
    assert (proxy and proxy.url.host) == host


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("address", "words"),
    [
        *((f"http://kim:pa55{rest}", "does not hold the address") for rest in ("", "@", "@:8080", "@h:0")),
        *(
            (f"http://kim:pa55@h{rest}", "does not hold")
            for rest in (":99999", ":-1", "/x", "?x", "#x", "..x")
        ),
        *((f"http://kim:{pw}@h", "does not hold the address") for pw in ("12/pa55", "#pa55", "?pa55")),
        *((f"http://kim:pa55@{host}", "does not hold") for host in ("[::1", "a b", "%", "h\x7f", "x" * 64)),
        ("http://", "does not hold the address"),
        ("://h", "does not hold the address"),
        ("http://\udcff:pa55@h", "does not hold the address"),
        *((f"{kind}://kim:pa55@h:1080", "of a kind") for kind in ("socks5", "socks5h", "socks4", "ftp")),
    ],
)
def test_an_address_that_is_none_is_named_by_its_variable(
    variable: str, address: str, words: str, setting: Set
) -> None:
    setting(**{variable: address})
    with pytest.raises(ApiError) as caught:
        Transport("https://api.corp.example")
    error = caught.value
    assert (error.code, error.happened.startswith(f"{variable} "), words in error.happened) == (
        "misconfigured",
        True,
        True,
    )
    assert variable in error.next_step
    chained = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert not any(secret in chained for secret in ("pa55", "kim"))


def test_a_password_that_got_into_no_proxy_is_not_shown(setting: Set) -> None:
    setting(HTTPS_PROXY=ADDRESS, NO_PROXY="x.test,http://kim:pa,55@h:1")
    with pytest.raises(ApiError) as caught:
        Transport("https://api.corp.example")
    assert "kim" not in str(caught.value) and "55" not in str(caught.value)
    assert "no. 2" in caught.value.happened


@pytest.mark.parametrize("url", ["https://a..b", "https://h:99999", f"https://{'x' * 64}.b", "https://h:0"])
def test_a_server_no_connection_can_be_made_to(url: str) -> None:
    with pytest.raises(ApiError) as caught:
        Transport(url)
    assert "server's address" in caught.value.happened


async def test_what_the_proxy_is_asked_for(setting: Set) -> None:
    async with RawServer(http("", 403)) as proxy:
        setting(ALL_PROXY=proxy.url)
        for host in ("api.corp.example", "[2001:db8::7]:8443", "예시.example"):
            transport = Transport(f"https://{host}")
            with pytest.raises(Unreachable):
                await transport.post(Call("/", b"{}", None))
            await transport.aclose()
        assert [request.line.split()[1] for request in proxy.requests] == [
            *("api.corp.example:443", "[2001:db8::7]:8443", "xn--vv4b11d.example:443")
        ]


async def half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Conn")
    await writer.drain()


FAILURES: dict[str, tuple[Served, str, str]] = {
    "forbidden": (http("admin@example.com", 403), "proxy", "refused (HTTP 403)"),
    "a redirect": (http("", 302, {"Location": "https://login.test"}), "proxy", "refused (HTTP 302)"),
    "a login": (http("", 407, {"Proxy-Authenticate": "Basic"}), "proxy-login", "login (HTTP 407)"),
    "bad gateway": (http("", 502), "proxy-failed", "failed (HTTP 502)"),
    "too busy": (http("", 503), "proxy-failed", "failed (HTTP 503)"),
    "reset": (cut, "proxy-answer", "no usable answer"),
    "cut": (half, "proxy-answer", "no usable answer"),
    "rubbish": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "proxy-answer", "no usable answer"),
    "endless": (b"HTTP/1.1 200 X\r\nA: " + b"x" * 200_000, "proxy-answer", "no usable answer"),
    "bytes before the tunnel": (b"HTTP/1.1 200 X\r\n\r\nx", "proxy-answer", "no usable answer"),
    "silence": (silent, "proxy-timeout", "did not answer in time"),
}


async def failed_at(
    proxy: str, setting: Set, caplog: pytest.LogCaptureFixture, connect: float = 30
) -> Unreachable:
    """What a write ends with by way of that proxy; the proxy is named, and its password is not."""
    caplog.set_level(logging.DEBUG)
    setting(HTTPS_PROXY=proxy.replace("://", "://kim:pa55@"))
    api = v1("https://api.corp.example", timeouts=Timeouts(connect=connect))
    (reply,) = await api.write_profiles([change(users("a")[0], {}, {"x": "1"})])
    await api.aclose()
    error = reply.error
    assert isinstance(error, Unreachable)
    assert (reply.code, how(reply), reply.message) == ("not-sent", "refused", error.happened)
    assert error.title == "No way through the proxy"
    assert f"proxy {proxy.partition('://')[2]} (HTTPS_PROXY)" in error.happened
    assert "api.corp.example" in error.happened
    assert error.happened.endswith("The request was not sent.")
    gc.collect()  # what asyncio says of a connection that was left open
    for text in (str(error), repr(error.__context__), caplog.text):
        assert not any(secret in text for secret in ("pa55", "kim", "admin@example.com"))
    return error


@pytest.mark.parametrize("name", FAILURES)
async def test_what_the_proxy_did_is_said_of_the_proxy(
    name: str, setting: Set, caplog: pytest.LogCaptureFixture
) -> None:
    served, code, words = FAILURES[name]
    async with RawServer(served) as server:
        error = await failed_at(server.url, setting, caplog, 0.3 if served is silent else 30)
        assert len(server.requests) <= 1
    assert (error.code, words in error.happened) == (code, True)


async def test_a_proxy_that_cannot_be_reached(setting: Set, caplog: pytest.LogCaptureFixture) -> None:
    async with RawServer(b"") as server:
        url = server.url
    assert (await failed_at(url, setting, caplog)).code == "proxy-unreachable"


async def test_a_proxy_whose_name_is_not_known(setting: Set, caplog: pytest.LogCaptureFixture) -> None:
    setting()
    error = await failed_at("http://proxy.invalid:3128", setting, caplog)
    assert error.code in ("proxy-unknown", "proxy-timeout")  # a resolver may be slow to say so


@pytest.mark.parametrize("served", ["a certificate nobody vouches for", "plain http", "silence"])
async def test_a_proxy_whose_tls_fails(served: str, setting: Set, caplog: pytest.LogCaptureFixture) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        if served == "plain http":
            writer.write(http("", 400))
        else:
            await silent(reader, writer)
        writer.close()

    if served.startswith("a certificate"):
        async with RawServer(b"", tls=context) as server:
            error = await failed_at(server.url, setting, caplog)
    else:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as plain:
            port = plain.sockets[0].getsockname()[1]
            url = f"https://127.0.0.1:{port}"
            error = await failed_at(url, setting, caplog, 0.3 if served == "silence" else 30)
    assert error.code == ("proxy-timeout" if served == "silence" else "proxy-tls")
    if error.code == "proxy-tls":
        assert "TLS connection to the proxy" in error.happened and "trust store" in error.next_step


def tunnel(then: str) -> Served:
    """A proxy that says a way is open, and does something else when TLS begins on it."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        if then == "closes at once":
            return
        await reader.read(100)
        if then == "resets":
            writer.transport.abort()
        elif then == "is silent":
            await silent(reader, writer)
        elif then != "closes":
            writer.write({"garbage": b"\x00\x01 no TLS", "a page": http("<h1>Blocked</h1>", 403)}[then])
            await writer.drain()

    return served


@pytest.mark.parametrize("then", ["closes at once", "closes", "resets", "garbage", "a page"])
async def test_a_tunnel_without_tls_is_said_of_the_proxy(
    then: str, setting: Set, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawServer(tunnel(then)) as server:
        error = await failed_at(server.url, setting, caplog)
    if then == "closes at once":
        assert error.code in ("proxy-answer", "proxy-tunnel")  # seen before TLS begins, or in it
    else:
        assert error.code == "proxy-tunnel"
        assert "said that the way to api.corp.example is open" in error.happened


async def test_a_server_that_is_silent_behind_the_tunnel_is_so_over_the_proxy(setting: Set) -> None:
    async with RawServer(tunnel("is silent")) as server:
        setting(all_proxy=server.url)
        api = v1("https://api.corp.example", timeouts=Timeouts(connect=0.3))
        (reply,) = await api.write_profiles([change(users("a")[0], {}, {"x": "1"})])
        await api.aclose()
    assert isinstance(reply.error, Unreachable)
    assert (reply.code, reply.error.code) == ("not-sent", "connect-timeout")
    assert reply.message == (
        f"api.corp.example over the proxy 127.0.0.1:{server.port} (all_proxy) did not answer in time. "
        "The request was not sent."
    )


async def test_the_variable_that_wants_a_login_is_named(setting: Set) -> None:
    async with RawServer(http("", 407)) as server:
        setting(all_proxy=server.url, ALL_PROXY="http://other:1")
        (reply,) = await v1("https://api.corp.example").read_profiles(users("a"))
    assert reply.error is not None
    assert reply.error.next_step.startswith("Write all_proxy like http://user:password@host:port")


def test_what_stays_until_somebody_repairs_it_is_not_tried_again() -> None:
    assert {"proxy", "proxy-login", "proxy-tls"} < set(LASTING)
    assert not {"proxy-failed", "proxy-unreachable", "proxy-timeout", "proxy-answer"} & set(LASTING)
