"""Whatever an input holds: nothing makes reading it fail, and every record is accounted for exactly once."""

import csv
import io
import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.flags import Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.cells import plain_user, read_user
from dfn_tui.service.bulk.input.ingest import take_in
from dfn_tui.service.bulk.input.layout import Form
from dfn_tui.service.bulk.input.mapping import NOTHING_SAID, MappingOptions
from dfn_tui.service.bulk.input.reading import BulkInput, open_input
from dfn_tui.service.bulk.input.records import Good, RowFault
from dfn_tui.service.bulk.input.rows import TableReader
from dfn_tui.service.changes.fields import EditSet, parse_assignment
from dfn_tui.service.changes.identities import KindInDoubt
from dfn_tui.service.changes.no_ids import looked_at, why_no_id
from dfn_tui.text import sanitize
from dfn_tui.text.phone import e164

STOP = parse_assignment("mkt_sms_flag=Unsubscribed", VERSION_1)
CAPABILITIES = st.sampled_from([VERSION_1, VERSION_2])
PIECES = st.one_of(
    st.sampled_from(['"', '""', ",", "\t", ";", "\n", "\r", "\r\n", " ", "'", "{", "}", "[", "]", ":"]),
    st.sampled_from(
        ["kim", "김", "\u200b", "\x00", "\x1b", "\ud83d", '="1"', '"a"', "1e999", "null", "true"]
    ),
    st.sampled_from(["user_id", '"user_id"', "phone_no", '"phone_no"', "mkt_sms_flag", '"mkt_sms_flag"']),
    st.sampled_from(
        [
            "points",
            "NULL",
            "회원번호",
            "sep=;\n",
            "IN (",
            "'a',",
            "Subscribed",
            '"Unsubscribed"',
            "010-1234-5678",
        ]
    ),
)
HEADERS = st.one_of(
    st.sampled_from(["", "user_id\n", "user_id,mkt_sms_flag\n", "phone_no;df_sms_ads_optin\r\n"]),
    st.sampled_from(["mkt_sms_flag\tpoints\tuser_id\n", '{"email":"kim@example.com"}\n']),
    st.just('{"user_id":"kim","mkt_sms_flag":"Subscribed"}\n'),
)
HOSTILE = st.builds(lambda header, parts: header + "".join(parts), HEADERS, st.lists(PIECES, max_size=60))


POINTS = MappingOptions(new_properties=("points",))
ANYTHING = (
    NOTHING_SAID,
    MappingOptions(ignore_others=True),
    MappingOptions(no_head=True),
    MappingOptions(new_properties=("points",)),
)


def settle(source: BulkInput, lines: int | None) -> None:
    """Reads all of it, as it is and into SQLite, and balances the books."""
    found = list(source.rows())
    counts = source.counts
    assert counts.good + counts.bad == len(found)
    places = [row.line for row in found]
    assert places == sorted(set(places))
    if lines is not None and source.form in (Form.IDS, Form.JSON_LINES):  # here every line is a record
        assert counts.good + counts.bad + counts.blank in (lines, lines - 1)
    for row in found:
        if isinstance(row, Good):
            row.user.encode()
            assert row.user and EditSet.read(row.wanted.text) == row.wanted
        else:
            assert sanitize(row.reason + row.shown) == row.reason + row.shown
    db = sqlite3.connect(":memory:")
    taken = take_in(source, db)
    assert (taken.users + taken.duplicates + taken.bad, taken.blank) == (len(found), counts.blank)
    users = [user for (user,) in db.execute("SELECT user FROM input_row")]
    refused = {line for (line,) in db.execute("SELECT line FROM input_bad")}
    wanted = {row.user: set[str]() for row in found if isinstance(row, Good)}
    for row in found:
        if isinstance(row, Good):
            wanted[row.user].add(row.wanted.text)
    assert sorted(users) == sorted(user for user, texts in wanted.items() if len(texts) == 1)
    assert len(users) + len(refused) == len(found)
    db.close()


def lines_in(text: str) -> int:
    return sum(1 for _line in io.StringIO(text, newline=""))


@pytest.mark.slow
@given(HOSTILE, CAPABILITIES, st.sampled_from(ANYTHING))
@example('user_id,mkt_sms_flag\n"', VERSION_1, NOTHING_SAID)
@example('user_id,mkt_sms_flag\na,"\nb,"x', VERSION_1, NOTHING_SAID)
@example(",", VERSION_1, NOTHING_SAID)
@example("010-1234-5678", VERSION_2, NOTHING_SAID)
@example("010-1234-5678", VERSION_2, MappingOptions(no_head=True))
def test_any_text_is_accounted_for(text: str, capabilities: Capabilities, asked: MappingOptions) -> None:
    try:
        source = open_input(text, capabilities, () if "sms" in text else [STOP], None, asked)
    except ConsoleError as refused:
        str(refused).encode()
        return
    with source, suppress(KindInDoubt):  # which is asked about while the list is read
        settle(source, lines_in(text))


@given(st.binary(max_size=400), HEADERS, st.sampled_from(["utf-8", "cp949", "utf-16"]), CAPABILITIES)
def test_any_bytes_are_accounted_for(
    data: bytes, header: str, codec: str, capabilities: Capabilities
) -> None:
    try:
        source = open_input(
            io.BytesIO(header.encode(codec) + data),
            capabilities,
            [] if "sms" in header else [STOP],
            asked=MappingOptions(new_properties=("points",), no_head=not header),
        )
    except ConsoleError:
        return
    with source, suppress(KindInDoubt):
        settle(source, None)


IDS = st.lists(
    st.text(st.sampled_from("abcXYZ019_-.@김철수똠 ,;\t\"'=E+"), min_size=1, max_size=8)
    .map(str.strip)
    .filter(
        lambda user: (
            user[:1].isalnum()
            and user[-1:].isalnum()
            and "\t" not in user
            and not why_no_id(user)  # a number of an item, a sum, several ids: tested by themselves
        )
    ),
    min_size=1,
    max_size=20,
).map(lambda users: ["가나다라마바사 아자차카타파하", *users])  # so that CP949 cannot pass for UTF-8
FLAGS = (Flag.MKT_SMS, Flag.NIGHT_PUSH)
STATES = st.sampled_from(["Subscribed", "Unsubscribed", ""])
TEXTS = st.one_of(
    st.just(""),
    st.text(st.sampled_from("a0가 ,;\"\t\n'"), max_size=8).filter(
        lambda text: text.strip() and "=" not in text
    ),
)


def written(form: str, header: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    if form == "json":
        for row in table:
            cells = {name: cell for name, cell in zip(header, row, strict=True) if cell}
            out.write(json.dumps(cells, ensure_ascii=False) + "\n")
    else:
        writer = csv.writer(out, delimiter=form)
        writer.writerow(header)
        writer.writerows(table)
    return out.getvalue()


@pytest.mark.slow
@given(
    st.data(),
    IDS,
    st.sampled_from([",", "\t", ";", "json"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"]),
)
def test_a_table_in_any_form_and_encoding_says_what_was_written(
    data: st.DataObject, users: list[str], form: str, codec: str
) -> None:
    header = ["user_id", *FLAGS, "등급"]
    table = [[user, data.draw(STATES), data.draw(STATES), data.draw(TEXTS)] for user in users]
    # A line of a quoted text that has as many cells as a row may be a row that was swallowed, and is refused.
    assume(all(line.count(form) < len(header) - 1 for *_cells, own in table for line in own.splitlines()))
    text = written(form, header, table)
    asked = MappingOptions(maps=(("등급", "등급"),))
    with open_input(io.BytesIO(text.encode(codec)), VERSION_1, asked=asked) as source:
        assert source.form is {",": Form.CSV, ";": Form.CSV, "\t": Form.TSV, "json": Form.JSON_LINES}[form]
        found = list(source.rows())
    assert len(found) == len(table)
    for row, (user, *cells) in zip(found, table, strict=True):
        # Blanks around a cell of a table are nobody's wish; in JSON a string is what it is.
        bare = cells if form == "json" else map(str.strip, cells)
        wanted = {name: cell for name, cell in zip(header[1:], bare, strict=True) if cell}
        if wanted:
            assert isinstance(row, Good)
            assert row.user == user
            assert {edit.name: edit.value for edit in row.wanted.edits} == wanted
        else:
            assert not isinstance(row, Good) and row.fault is RowFault.NOTHING


@given(IDS, st.sampled_from(["utf-8", "utf-8-sig", "cp949", "utf-16"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_ids_in_any_encoding(users: list[str], codec: str, end: str) -> None:
    lines = ['"' + user.replace('"', '""') + '"' for user in users]
    file, asked = io.BytesIO(end.join(lines).encode(codec)), MappingOptions(no_head=True)
    with open_input(file, VERSION_1, [STOP], asked=asked) as source:
        assert [row.user for row in source.rows() if isinstance(row, Good)] == users


STATE_CELLS = st.sampled_from(["", "Unsubscribed", "subscribed", " Unsubscribed", "-", "NULL", "no"])
TEXT_CELLS = st.one_of(
    st.sampled_from(
        ["", "Han", "-", "NULL", " Oh ", "=x", '="07"', "Undefined", "동의", "가\u200b", "\u00a0"]
    ),
    st.text(st.sampled_from("aB0가\u200b\u00a0-.='"), max_size=4),
)
NUMBER_CELLS = st.sampled_from(["", "", "5", "1.5", "x", " 7"])


@given(
    st.lists(st.tuples(NUMBER_CELLS, STATE_CELLS, TEXT_CELLS, TEXT_CELLS), min_size=5, max_size=12),
    st.sampled_from(["", ","]),
    st.booleans(),
)
def test_the_quick_way_with_rows_is_the_thorough_one(
    table: list[tuple[str, ...]], end: str, night: bool
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end + "\n")
    writer.writerow(["user_id", "user_name", "mkt_sms_flag", "grade", "points"])
    writer.writerows(
        [f"U-{at}", name, state, own, number] for at, (number, state, name, own) in enumerate(table)
    )
    for_all = [parse_assignment("night_flag=Unsubscribed", VERSION_1)] if night else []
    asked, found = MappingOptions(maps=(("points", "points:number"), ("grade", "grade"))), []
    for quick in (True, False):
        with pytest.MonkeyPatch.context() as patched:
            if not quick:
                patched.setattr(TableReader, "_unseen", lambda *_row: None)
            with open_input(out.getvalue(), VERSION_1, for_all, asked=asked) as source:
                found.append((list(source.rows()), source.remarks(), source.counts))
    assert found[0] == found[1]


@given(
    st.one_of(
        st.text(st.sampled_from("aiIdDeE0월일7님명가회원번호.:|/+-@_~"), max_size=8),
        st.from_regex(
            r"(id|user_id|회원번호|tel|http|mailto|email)[:.+/]?[:/]?[a-z0-9가-힣.:+-]{0,5}", fullmatch=True
        ),
        st.from_regex(r"[0-9]{1,3}[.,:e+-]{1,2}[0-9a-zA-Z]{1,3}", fullmatch=True),
        st.sampled_from(["04-Mar", "1.5E+07", "1001.000", "Undefined", "동의", "끝", "user_id", "ID:7"]),
    )
)
def test_the_quick_way_with_ids_is_the_thorough_one(user: str) -> None:
    assert why_no_id(user) == looked_at(user)
    if plain_user(IdentityKind.USER_ID)(user):
        assert looked_at(user) == ""


@given(st.from_regex(r"(\+?82-?|0)10-?[0-9]{4}-?[0-9]{4}", fullmatch=True))
def test_the_quick_way_with_mobile_numbers_is_the_thorough_one(written_as: str) -> None:
    if written_as.replace("-", "").removeprefix("+").removeprefix("82").removeprefix("0")[2] == "5":
        return  # where `phonenumbers` knows of exceptions, there is no quick way
    assert read_user(IdentityKind.PHONE_NO, written_as) == e164(written_as)


@pytest.mark.parametrize("rows", [10, 5000])
def test_edit_sets_are_told_apart_when_forgotten_and_made_again(rows: int) -> None:
    text = "user_id,points\n" + "".join(f"user-{number},{number}\n" for number in range(rows)) * 2
    db = sqlite3.connect(":memory:")
    with open_input(text, VERSION_1, asked=POINTS) as source:
        taken = take_in(source, db)
    assert (taken.users, taken.duplicates) == (rows, rows)
    db.close()


def test_quoted_line_breaks_keep_the_line_numbers() -> None:
    text = 'user_id,points\nkim,"1\n2\r\n3"\nlee,\n"park\n",4\n'
    with open_input(text, VERSION_1, asked=POINTS) as source:
        assert [(row.line, isinstance(row, Good)) for row in source.rows()] == [
            (2, True),
            (5, False),
            (6, True),
        ]
