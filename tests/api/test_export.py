"""The export: a CSV read as it comes, and every way it can fail."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api import export as export_module
from dfn_tui.api.errors import (
    AnswerLost,
    AnswerUnreadable,
    ApiError,
    RateLimited,
    Rejected,
    ServerFailed,
    TokenRejected,
)
from dfn_tui.api.export import _records_of
from tests.api.served import RawServer, Served, Waits, http, v2

CSV = {"Content-Type": "text/csv; charset=utf-8"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"


async def rows(*replies: Served, waits: Waits | None = None) -> list[dict[str, str]]:
    async with RawServer(*replies) as server:
        api = v2(server.url, waits)
        try:
            return [row async for row in api.export_profiles()]
        finally:
            await api.aclose()
            assert server.requests[0].json == {"properties_condition_type": "all"}


async def test_rows_by_name() -> None:
    text = '\ufeffdf_unified_id,df_name,memo\r\n1,김,"a, ""b""\r\nc"\r\n2,,\r\n\r\n3,x,y'
    assert await rows(http(text, headers=CSV)) == [
        {"df_unified_id": "1", "df_name": "김", "memo": 'a, "b"\r\nc'},
        {"df_unified_id": "2", "df_name": "", "memo": ""},
        {"df_unified_id": "3", "df_name": "x", "memo": "y"},
    ]


@pytest.mark.parametrize(
    ("message", "status", "kind"),
    [
        ("client_connection_closed", 200, AnswerLost),
        ("invalid_parameter", 400, Rejected),
        ("exceed_date_range_limit", 400, Rejected),
        ("unauthorized_token", 401, TokenRejected),
        ("too_many_api_requests", 429, RateLimited),
        ("unknown_error", 500, ServerFailed),
        ("query_error", 500, ServerFailed),
        ("something new", 200, AnswerUnreadable),
        ("something new", 400, Rejected),
    ],
)
async def test_failures(message: str, status: int, kind: type[ApiError]) -> None:
    headers = {"Content-Type": "application/json"}
    with pytest.raises(ApiError) as caught:
        await rows(http({"result": "fail", "message": message}, status, headers))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html>",
        "df_name\nx\n",
        "df_unified_id,a,a\n1,2,3\n",
        "df_unified_id,a\n1\n",
        "df_unified_id\n1,2\n",
        'df_unified_id\n"1\n',
        b"df_unified_id\n\xff\n",
    ],
)
async def test_what_is_no_export(content: str | bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        await rows(http(content, headers=CSV))


async def test_a_record_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "_LONGEST_RECORD", 1000)
    with pytest.raises(AnswerUnreadable):
        await rows(http('df_unified_id\n"' + "x" * 2000, headers=CSV))


async def cut_in_the_middle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"12\r\ndf_unified_id\n1\n2\n\r\n")
    await writer.drain()


async def test_a_cut_export_gives_what_came_and_then_says_so() -> None:
    async with RawServer(cut_in_the_middle) as server:
        got: list[dict[str, str]] = []
        with pytest.raises(AnswerLost):
            async for row in v2(server.url).export_profiles():
                got.append(row)
        assert [row["df_unified_id"] for row in got] == ["1", "2"]
        assert len(server.requests) == 1


async def test_tried_again_before_the_first_row() -> None:
    waits = Waits()
    limited = http({"result": "fail", "message": "too_many_api_requests"}, 429)
    assert await rows(limited, http("df_unified_id\n1\n", headers=CSV), waits=waits) == [
        {"df_unified_id": "1"}
    ]
    assert waits.slept == [0.5]


async def test_it_streams_and_can_be_left_in_the_middle() -> None:
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"10\r\ndf_unified_id\n1\n\r\n")
        await reader.read()
        left.set()

    async with RawServer(endless) as server:
        api = v2(server.url)
        async with aclosing(api.export_profiles()) as export:
            async for row in export:
                assert row == {"df_unified_id": "1"}
                break
        await left.wait()
        await api.aclose()


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6), st.integers(1, 7))
async def test_any_csv_in_any_pieces(table: list[list[str]], size: int) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(table)
    content = written.getvalue().encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]

    assert [record async for record in _records_of(pieces())] == table
