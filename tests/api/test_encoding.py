"""One layer of an encoding that is known, and a bound on what it grows to: in reads, writes and exports."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable

import pytest

from dfn_tui.api import transport as transport_module
from dfn_tui.api.errors import AnswerUnreadable, ApiError, ServerFailed, TokenRejected
from dfn_tui.api.transport import Call, Transport
from dfn_tui.errors import ConsoleError
from tests.api.served import RawServer, change, external, found, http, users, v1, v2, written

OK_2 = http({"status": True, "code": "20000", "message": "OK", "data": True})
CSV = "df_unified_id,memo\n1,a\n2,b\n"
Outcome = ConsoleError | None


async def read(url: str) -> Outcome:
    api = v1(url)
    (reply,) = await api.read_profiles(users("a"))
    await api.aclose()
    return reply.error


async def write(url: str) -> Outcome:
    api = v1(url)
    (reply,) = await api.write_profiles([change(users("a")[0], {}, {"x": "1"})])
    await api.aclose()
    assert reply.pending is (reply.error is not None)
    return reply.error


async def write_2(url: str) -> Outcome:
    api = v2(url)
    (reply,) = await api.write_profiles([change(external("a"), {}, {"x": 1})])
    await api.aclose()
    assert reply.pending is (reply.error is not None)
    return reply.error


async def export(url: str) -> Outcome:
    api = v2(url)
    try:
        assert len([row async for row in api.export_profiles()]) == 2
    except ApiError as error:
        return error
    finally:
        await api.aclose()
    return None


PATHS: dict[str, tuple[Callable[[str], Awaitable[Outcome]], bytes]] = {
    "version 1, a read": (read, found({"a": {}})),
    "version 1, a write": (write, written("a")),
    "version 2, a write": (write_2, OK_2),
    "version 2, an export": (export, http(CSV, headers={"Content-Type": "text/csv"})),
}


def bare_gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def encoded(answer: bytes, name: str, pack: Callable[[bytes], bytes]) -> bytes:
    head, _gap, content = answer.partition(b"\r\n\r\n")
    kind = {"Content-Type": "text/csv"} if b"text/csv" in head else {}
    return http(pack(content), headers={"Content-Encoding": name, **kind})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("name", "pack"),
    [
        *((name, bare_gzip) for name in ("gzip", "GZip", " x-gzip ")),
        *(("deflate", zlib.compress), ("identity", bytes)),
    ],
)
async def test_an_encoding_that_is_known(path: str, name: str, pack: Callable[[bytes], bytes]) -> None:
    ask, answer = PATHS[path]
    async with RawServer(encoded(answer, name, pack)) as server:
        assert await ask(server.url) is None
        (request,) = server.requests
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("gzip, gzip", lambda content: bare_gzip(bare_gzip(content))),
        ("deflate,gzip", lambda content: bare_gzip(zlib.compress(content))),
        ("gzip, identity", bare_gzip),
        *((name, bytes) for name in ("br", "zstd", "compress", "rot13", "x" * 5000)),
    ],
)
async def test_any_other_is_refused_by_name(path: str, name: str, pack: Callable[[bytes], bytes]) -> None:
    ask, answer = PATHS[path]
    async with RawServer(encoded(answer, name, pack)) as server:
        error = await ask(server.url)
    assert isinstance(error, AnswerUnreadable) and error.code == "encoding"
    assert f"“{name[:40]}" in error.happened and len(error.happened) < 300


async def test_an_encoding_named_twice_is_one_too_many() -> None:
    answer = encoded(found({"a": {}}), "gzip\r\nContent-Encoding: gzip", lambda c: bare_gzip(bare_gzip(c)))
    async with RawServer(answer) as server:
        error = await read(server.url)
    assert isinstance(error, AnswerUnreadable) and "“gzip, gzip”" in error.happened


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "pack",
    [
        lambda content: bare_gzip(content)[:-1],  # nothing is missing but its checksum's last byte
        lambda content: bare_gzip(content)[:-8] + b"\0" * 8,
        lambda content: bare_gzip(content) + b"x",
        lambda content: bare_gzip(content) + bare_gzip(b"3,c\n"),  # what follows would be lost
        lambda content: content,
    ],
)
async def test_content_that_is_not_whole(path: str, pack: Callable[[bytes], bytes]) -> None:
    ask, answer = PATHS[path]
    async with RawServer(encoded(answer, "gzip", pack)) as server:
        error = await ask(server.url)
    assert isinstance(error, AnswerUnreadable) and error.code == "malformed"


@pytest.mark.parametrize(("status", "kind"), [(401, TokenRejected), (502, ServerFailed)])
@pytest.mark.parametrize("name", ["gzip", "br"])
async def test_a_failure_needs_no_content(status: int, kind: type[ApiError], name: str) -> None:
    async with RawServer(
        http("" if name == "gzip" else "page", status, {"Content-Encoding": name})
    ) as server:
        assert type(await read(server.url)) is kind


def bomb(record: bytes, megabytes: int) -> bytes:
    """Gzip that grows a thousandfold."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = record * (1024 * 1024 // len(record))
    return b"".join([*(packer.compress(block) for _number in range(megabytes)), packer.flush()])


@pytest.mark.parametrize("path", PATHS)
async def test_a_bomb_is_not_held(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_ANSWER_BYTES", 1024 * 1024)
    ask, answer = PATHS[path]
    content = bomb(b"x", 64)
    assert len(content) < 100_000  # so that it comes in one piece
    async with RawServer(encoded(answer, "gzip", lambda _content: content)) as server:
        tracemalloc.start()
        try:
            error = await ask(server.url)
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(error, AnswerUnreadable) and error.code == "too-large"
    assert most < 16 * 1024 * 1024


@pytest.mark.slow
async def test_a_bomb_can_be_left() -> None:
    """Blank lines are no records, so only whoever waits can end it."""
    async with RawServer(
        http(bomb(b"\n", 64), headers={"Content-Encoding": "gzip", "Content-Type": "text/csv"})
    ) as server:
        api = v2(server.url)
        others = 0

        async def count() -> None:
            nonlocal others
            while True:
                others += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(count())
        with pytest.raises(AnswerUnreadable):
            await anext(api.export_profiles())
        task.cancel()
        await api.aclose()
    assert others > 64


async def test_a_long_answer_comes_whole_through_an_encoding() -> None:
    body = bytes(range(256)) * 4096
    for packed in (bare_gzip(body), zlib.compress(body, 0)):
        async with RawServer(http(packed, headers={"Content-Encoding": "gzip"})) as server:
            transport = Transport(server.url)
            for _number in range(2):
                assert (await transport.post(Call("/", b"{}", None))).body == body
            await transport.aclose()
            assert server.connections == 1
