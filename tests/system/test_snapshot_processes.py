"""Snapshots and what befalls a process or a disk: a SIGKILL, another process, no room, many users."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion
from dfn_tui.store.snapshot import SnapshotError
from tests.api.served import RawServer, Served, http
from tests.starting import connections
from tests.system.snapshot_taker import Place

pytestmark = pytest.mark.slow

COLUMNS = (
    "df_unified_id,df_external_id,df_push_optin,df_push_ads_optin,df_sms_ads_optin,df_kakao_ads_optin,"
    "df_push_night_ads_optin\n"
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
ONE = http(COLUMNS + "u1,kim,,true,false,,\n", headers={"Content-Type": "text/csv"})


def rows(first: int, count: int) -> bytes:
    return "".join(f"u{at},user-{at},,true,false,,true\n" for at in range(first, first + count)).encode()


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def export(users: int, *, ends: bool = True) -> Served:
    """An export of so many users; without `ends` it says nothing more after them, and stays open."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(COLUMNS.encode()))
        for first in range(0, users, 5000):
            writer.write(chunk(rows(first, min(5000, users - first))))
            await writer.drain()
        if ends:
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        else:
            await reader.read()

    return serve


async def taker(url: str, journal: Path) -> Process:
    command = (sys.executable, "-m", "tests.system.snapshot_taker", url, str(journal))
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=Path(__file__).parents[2])


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in (folder / "snapshots").iterdir())


async def kept(url: str, journal: Path, user: str) -> bool | None:
    """Whether the next start finds that user in a snapshot; None where there is none."""
    run = connections(Place(url), journal, api=ApiVersion.V2)
    try:
        session = run.session("here")
        view = (await session.read_user(session.identity(user))).snapshot
        return None if view is None else view.kept
    finally:
        await run.finish()


async def test_killed_in_the_middle_the_old_one_stays_and_nothing_else(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    async with RawServer(ONE, export(20_000, ends=False)) as server:
        first = await taker(server.url, journal)
        assert await line(first) == "taken 1"
        await first.wait()
        second = await taker(server.url, journal)
        while not (await line(second)).startswith("rows 19"):
            pass
        assert [name for name in names(tmp_path) if name.startswith(".dfn-tui-")]
        os.kill(second.pid, signal.SIGKILL)
        await second.wait()
        assert await kept(server.url, journal, "kim") is True
        assert await kept(server.url, journal, "user-7") is False
        assert [name for name in names(tmp_path) if not name.endswith(".db")] in ([], ["export.lock"])
        server.replies[:] = [ONE]  # nor does what it left hold the next one up
        third = await taker(server.url, journal)
        assert await line(third) == "taken 1"
        await third.wait()


async def test_two_processes_at_once(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    async with RawServer(export(20_000, ends=False)) as server:
        first = await taker(server.url, journal)
        await line(first)
        second = await taker(server.url, journal)
        assert await line(second) == "refused An export runs already"
        await second.wait()
        assert len(server.requests) == 1
        first.kill()
        await first.wait()


async def test_exports_are_counted_for_all_processes(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    async with RawServer(ONE) as server:
        for _time in range(3):
            process = await taker(server.url, journal)
            await process.communicate()
        run = connections(Place(server.url), journal, api=ApiVersion.V2)
        snapshots = run.session("here").snapshots
        assert snapshots is not None
        assert len((await snapshots.status()).asked) == 3
        await run.finish()


async def test_without_room_the_old_one_stays(mounted: Callable[[str], Path]) -> None:
    folder = mounted("size=2m")
    journal = folder / "journal.db"
    async with RawServer(ONE, export(200_000)) as server:
        run = connections(Place(server.url), journal, api=ApiVersion.V2)
        session = run.session("here")
        await session.take_snapshot(None, (), lambda _at: None)
        with pytest.raises(SnapshotError) as caught:
            await session.take_snapshot(None, (), lambda _at: None)
        assert "full" in caught.value.happened
        view = (await session.read_user(session.identity("kim"))).snapshot
        assert view is not None and view.kept
        await run.finish()
        assert [name for name in names(folder) if name.startswith(".")] == []
        with suppress(OSError):
            journal.unlink()


async def test_many_users_take_no_more_memory_than_few(tmp_path: Path) -> None:
    async def peak(users: int) -> int:
        async with RawServer(export(users)) as server:
            process = await taker(server.url, tmp_path / f"{users}" / "journal.db")
            out, _none = await process.communicate()
            *_rows, taken, memory = out.decode().splitlines()
            assert taken == f"taken {users}"
            return int(memory.removeprefix("memory "))

    few, many = await peak(2_000), await peak(400_000)
    assert many - few < 24 * 1024  # KiB; held at once they would take 80 MiB
