"""What a column is taken for: by an exact name, by what was said, or not at all."""

import csv
import io
import json
import sqlite3
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities
from dfn_tui.consent.flags import Flag
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.cells import Problem
from dfn_tui.service.bulk.input.evidence import read_moment
from dfn_tui.service.bulk.input.ingest import take_in
from dfn_tui.service.bulk.input.mapping import (
    NOTHING_SAID,
    InputRefused,
    MappingNeeded,
    MappingOptions,
    Role,
)
from dfn_tui.service.bulk.input.reading import BulkInput, open_input
from dfn_tui.service.bulk.input.records import Bad, Good, PersonsWord, RowFault
from dfn_tui.service.bulk.input.source import InputSource
from dfn_tui.service.changes.fields import NameRefused, parse_assignment
from dfn_tui.text.korea import korean_date, utc_now

STOP = parse_assignment("mkt_sms_flag=Unsubscribed", VERSION_1)


def maps(**said: str) -> MappingOptions:
    return MappingOptions(maps=tuple(said.items()))


def read(text: str, asked: MappingOptions = NOTHING_SAID, has: Capabilities = VERSION_1) -> list[Good | Bad]:
    with open_input(text, has, asked=asked) as source:
        return list(source.rows())


def good(text: str, asked: MappingOptions = NOTHING_SAID) -> list[tuple[str, dict[str, object]]]:
    return [
        (row.user, {edit.name: edit.value for edit in row.wanted.edits})
        for row in read(text, asked)
        if isinstance(row, Good)
    ]


EXACT = ("user_id", "mkt_sms_flag", "night_flag", "user_name", "age", "kakao_id", "MKT_PUSH_FLAG")
LIKELY = (
    "회원번호",
    "수신동의",
    "mkt_sms",
    "email",
    "phone",
    "name",
    "status",
    "channel",
    "evidence",
    "SMS수신동의",
)
STRANGE = ("points", "grade:number", "", "등급", "df_sms_ads_optin", "external_id", "note:bool", "…", "#1")
NAMES = (
    "user_id",
    "mkt_sms_flag",
    "mkt_push_flag",
    "grade",
    "points:number",
    "evidence",
    "channel",
    "status",
)
CELLS = (
    "U-1",
    "U-2",
    "Unsubscribed",
    "subscribed",
    "Y",
    "N",
    "동의",
    "NULL",
    "",
    "7",
    "010-0000-0001",
    "sms",
)


@given(
    st.lists(st.sampled_from([*EXACT, *LIKELY, *STRANGE]), min_size=1, max_size=6),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=6), max_size=6),
    st.lists(
        st.tuples(st.sampled_from([*EXACT, *LIKELY, *STRANGE, "#2"]), st.sampled_from(NAMES)), max_size=3
    ),
    st.booleans(),
    st.lists(
        st.sampled_from([("Y", "Subscribed"), ("N", "Unsubscribed"), ("sms", "mkt_sms_flag")]), unique=True
    ),
)
def test_nothing_is_written_but_what_has_an_exact_name_or_was_said(
    header: list[str],
    table: list[list[str]],
    said: list[tuple[str, str]],
    ignore_others: bool,
    values: list[tuple[str, str]],
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *table])
    asked = MappingOptions(tuple(said), values=tuple(values), ignore_others=ignore_others)
    try:
        source = open_input(out.getvalue(), VERSION_1, asked=asked)
    except (InputRefused, NameRefused):
        return
    with source:
        rows = [row for row in source.rows() if isinstance(row, Good)]
    named = {name.partition(":")[0] for _head, name in said}
    exact = {head.lower() for head in header if head in EXACT}
    if "channel" in named:
        named |= {flag.value for flag in Flag}  # each row names its own
    key = source.mapping.of(Role.USER)[0]
    assert key.head == "user_id" or key.said
    for row in rows:
        assert row.user in {cells[key.place].strip() for cells in table if key.place < len(cells)}
        assert {edit.name for edit in row.wanted.edits} <= exact | named


@pytest.mark.parametrize("head", [*EXACT, *LIKELY, "고객", "Points"])
def test_a_suggestion_alone_writes_nothing(head: str) -> None:
    known = head in EXACT
    text = f"user_id,mkt_flag,{head}\nU-1,Unsubscribed,0123456789\n"
    if known and head != "user_id":
        assert open_input(text, VERSION_1).mapping.of(Role.OPEN) == ()
    else:
        with pytest.raises(MappingNeeded):
            open_input(text, VERSION_1)


@pytest.mark.parametrize(
    "asked",
    [
        maps(nobody="user_id"),
        MappingOptions(ignored=("nobody",)),
        maps(grade="…"),
        MappingOptions(maps=(("grade", "grade"),), ignored=("grade",)),
        MappingOptions(maps=(("grade", "grade"), ("#3", "points"))),
        maps(grade="mkt_sms_flag"),
        maps(grade="mkt_sms"),
        maps(grade="external_id"),
        maps(grade="points:bool"),
        maps(grade="channel"),
        maps(grade="status"),
        maps(user_id="user_id", grade="user_id"),
        MappingOptions(ignored=("grade",), values=(("Y", "perhaps"),)),
        MappingOptions(ignored=("grade",), values=(("Y", "…"),)),
        MappingOptions(ignored=("grade",), values=(("Subscribed", "Unsubscribed"),)),
        MappingOptions(ignored=("grade",), values=(("Y", "Subscribed"), ("y", "Unsubscribed"))),
        MappingOptions(ignored=("user_id", "grade")),
    ],
)
def test_what_was_said_has_to_make_sense(asked: MappingOptions) -> None:
    with pytest.raises((InputRefused, NameRefused)):
        open_input("user_id,mkt_sms_flag,grade\nU-1,Unsubscribed,gold\n", VERSION_1, asked=asked)


def test_columns_are_named_by_their_place_where_they_have_no_head_of_their_own() -> None:
    text = "user_id,x,x,\nU-1,a,b,c\n"
    with pytest.raises(MappingNeeded) as needed:
        open_input(text + "", VERSION_1, [STOP])
    assert needed.value.options == ("--ignore", "#2", "--ignore", "#3")
    asked = MappingOptions(maps=(("#2", "grade"),), ignored=("#3",))
    assert good("user_id,x,x\nU-1,a,b\n", asked) == [("U-1", {"grade": "a"})]


def test_types_are_said_by_the_head_or_by_the_name() -> None:
    assert good("user_id,points:number\nU-1,7\n", MappingOptions(new_properties=("points",))) == [
        ("U-1", {"points": 7})
    ]
    assert good("user_id,점수\nU-1,7\n", maps(점수="points:number")) == [("U-1", {"points": 7})]


@pytest.mark.parametrize("word", ["Y", "1", "true", "TRUE", "O", "수신", "동의", "예"])
def test_no_word_for_yes_is_taken_unexplained(word: str) -> None:
    for text in (
        f"user_id,문자수신동의\nU-1,Subscribed\nU-2,{word}\n",
        f"user_id,mkt_sms_flag\nU-2,{word}\n",
    ):
        rows = read(
            text,
            maps(문자수신동의="mkt_sms_flag")._replace(values=(("Z", ""),))
            if "문자" in text
            else NOTHING_SAID,
        )
        assert [row.fault for row in rows if isinstance(row, Bad)] == [RowFault.VALUE]
    with pytest.raises(MappingNeeded, match=f"{word}=Subscribed"):
        read(f"user_id,문자수신동의\nU-2,{word}\n", maps(문자수신동의="mkt_sms_flag"))


def test_true_in_a_column_that_refuses_is_what_was_said_of_it() -> None:
    asked = MappingOptions((("SMS수신거부", "df_sms_ads_optin"),), values=(("true", "Unsubscribed"),))
    [row] = read("external_id,SMS수신거부\nU-1,TRUE\n", asked, VERSION_2)
    assert isinstance(row, Good)
    assert row.wanted.edits[0].value == "Unsubscribed"


def test_one_word_cannot_mean_two_things() -> None:
    text = "user_id,문자수신동의,카카오수신거부\nU-1,Y,Y\n"
    asked = MappingOptions(
        (("문자수신동의", "mkt_sms_flag"), ("카카오수신거부", "mkt_kakao_flag")),
        values=(("Y", "Subscribed"),),
    )
    with pytest.raises(InputRefused, match="--ignore"):
        read(text, asked)
    # A column of the platform's name is not turned round by what was said of another.
    text = "user_id,mkt_sms_flag,카카오수신거부\nU-1,Y,Y\nU-2,,Y\n"
    asked = MappingOptions((("카카오수신거부", "mkt_kakao_flag"),), values=(("Y", "Unsubscribed"),))
    assert good(text, asked) == [("U-2", {"mkt_kakao_flag": "Unsubscribed"})]


def test_a_word_may_ask_for_nothing() -> None:
    asked = MappingOptions((("수신", "mkt_sms_flag"),), values=(("N", "Unsubscribed"), ("미정", "")))
    assert good("user_id,수신\nU-1,N\nU-2,미정\n", asked) == [("U-1", {"mkt_sms_flag": "Unsubscribed"})]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("U-1\nU-2\nU-3", False),
        ("kim\nlee\npark", False),
        ("박지성\n김연아", False),
        ("a@example.com\nb@example.com", False),
        ("ID\nU-1\nU-2", True),
        ("고객\nU-1", True),
        ("ClientRef\nA-1\nA-2", True),
        ("Address book\nkim\nlee", True),
        ("contact\na@example.com\nb@example.com", True),
        ("수신거부 명단 2026-11\nU-1\nU-2", True),
    ],
)
def test_a_first_line_that_may_be_a_head(text: str, asks: bool) -> None:
    users = text.split("\n")
    if not asks:
        with open_input(text, VERSION_1, [STOP]) as source:
            assert [row.user for row in source.rows() if isinstance(row, Good)] == users
        return
    with pytest.raises(MappingNeeded, match="--no-head"):
        open_input(text, VERSION_1, [STOP])
    said = MappingOptions(maps=((users[0], "user_id"),))
    with open_input(text, VERSION_1, [STOP], asked=said) as source:
        assert [row.user for row in source.rows() if isinstance(row, Good)] == users[1:]
    with open_input(text, VERSION_1, [STOP], asked=MappingOptions(no_head=True)) as source:
        assert len(list(source.rows())) == len(users)


def numbers(text: str, asked: MappingOptions = NOTHING_SAID, place: int = 0) -> BulkInput:
    """A workbook with numbers in that column."""
    opened = InputSource(io.BytesIO(text.encode()), None, numeric=frozenset([place]))
    return open_input(opened, VERSION_1, [] if "flag" in text else [STOP], asked=asked)


@pytest.mark.parametrize(
    "text", ["1012345678\n1012345679\n", "user_id,mkt_sms_flag\n1012345678,Unsubscribed\n"]
)
def test_numbers_of_a_workbook_are_no_ids_unless_that_is_said(text: str) -> None:
    with pytest.raises(MappingNeeded):
        numbers(text)
    said = MappingOptions(maps=(("#1", "user_id"),))
    assert all(isinstance(row, Good) for row in numbers(text, said).rows())
    numbers("user_id,mkt_sms_flag,age\nU-1,Unsubscribed,30\n", place=2)  # which no zero begins
    with pytest.raises(MappingNeeded):
        numbers("user_id,mkt_sms_flag,phone_number\nU-1,Unsubscribed,1012345678\n", place=2)


def test_who_the_user_is_has_to_be_said_of_some_column() -> None:
    with pytest.raises(MappingNeeded) as needed:
        open_input("branch,grp\nA,1\n", VERSION_1)
    assert needed.value.options == ("--map", "branch=…", "--ignore", "grp")


def test_the_other_versions_user_id_is_offered_before_contact_data() -> None:
    with pytest.raises(MappingNeeded) as needed:
        open_input("user_id,email,mkt_sms_flag\nU-1,a@example.com,Unsubscribed\n", VERSION_2)
    assert needed.value.options == ("--map", "user_id=external_id", "--ignore", "email")


def test_rows_that_are_not_read_to_their_end_leave_nothing_to_complain() -> None:
    with open_input("U-1\nU-2\n", VERSION_1, [STOP]) as source:
        rows = source.rows()
        next(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del rows  # pytest makes an error of what a generator cannot clean up


def test_titles_are_left_out_but_no_ids() -> None:
    head = "user_id,mkt_sms_flag\nU-9,Unsubscribed\n"
    assert good(f"3월 명단\n작성 2026-03-05\n\n{head}") == [("U-9", {"mkt_sms_flag": "Unsubscribed"})]
    with pytest.raises(InputRefused):
        open_input(f"U-1\nU-2\n{head}", VERSION_1)


def test_an_sql_list_says_whom_it_is_about() -> None:
    def users(text: str, asked: MappingOptions = NOTHING_SAID) -> list[str]:
        with open_input(text, VERSION_1, [STOP], asked=asked) as source:
            return [row.user if isinstance(row, Good) else f"!{row.line}" for row in source.rows()]

    assert users("in (101, 102,\n103)") == ["101", "102", "103"]
    assert users("(\n'a',\n'b'\n)\n;\n") == ["a", "b"]
    assert users("'a', 'it''s',\n'b'") == ["a", "it's", "b"]
    assert users("user_id in ('a') and age > 3") == ["a", "!2"]
    assert users("('a', b, 'c')") == ["a", "!2"]
    assert users("'a'\n'b'\n", MappingOptions(no_head=True)) == ["!1", "!2"]
    assert users("('a', 'b'\n'c')") == ["a", "b", "!3"]
    with pytest.raises(MappingNeeded):
        users("'user_id','mkt_sms_flag'\n'U-1','Unsubscribed'\n")
    with pytest.raises(InputRefused, match="NOT IN"):
        users("user_id NOT IN ('a','b')")
    with pytest.raises(MappingNeeded, match="phone"):
        users("phone IN ('01000000001')")


def test_rows_of_the_long_form_add_up() -> None:
    text = (
        "user_id,channel,status,증빙\n"
        "U-1,sms,unsubscribed,R-1\nU-1,push,subscribed,R-2\nU-2,sms,subscribed,\n"
        "U-3,sms,subscribed,\nU-3,sms,unsubscribed,\nU-1,sms,unsubscribed,\n"
    )
    asked = MappingOptions(
        (("channel", "channel"), ("status", "status"), ("증빙", "evidence")),
        values=(("sms", "mkt_sms_flag"), ("push", "mkt_push_flag")),
    )
    with open_input(text, VERSION_1, asked=asked) as source, sqlite3.connect(":memory:") as db:
        taken = take_in(source, db)
        rows = db.execute("SELECT user, wanted, word FROM input_row ORDER BY line").fetchall()
    assert (taken.users, taken.bad, taken.duplicates) == (2, 2, 0)
    assert [
        (user, {name: value for _kind, name, value in json.loads(wanted)}) for user, wanted, _word in rows
    ] == [
        ("U-1", {"mkt_sms_flag": "Unsubscribed", "mkt_push_flag": "Subscribed"}),
        ("U-2", {"mkt_sms_flag": "Subscribed"}),
    ]
    assert PersonsWord(*json.loads(rows[0][2])).evidence == "R-1 · R-2"
    assert rows[1][2] == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-03-02", "2026-03-02"),
        ("2026.03.02", "2026-03-02"),
        ("2026. 3. 2.", "2026-03-02"),
        ("2026/3/2", "2026-03-02"),
        ("20260302", "2026-03-02"),
        ("2026년 3월 2일", "2026-03-02"),
        ("2026-03-02 13:05", "2026-03-02T13:05:00+09:00"),
        ("2026.03.02 13:05:06", "2026-03-02T13:05:06+09:00"),
        ("2026년 3월 2일 13시 5분".replace("5분", "05분"), "2026-03-02T13:05:00+09:00"),
        ("2026-03-02 오후 1:05:06", "2026-03-02T13:05:06+09:00"),
        ("2026-03-02 12:05 AM", "2026-03-02T00:05:00+09:00"),
        ("2026-03-02T13:05:06Z", "2026-03-02T13:05:06+00:00"),
        ("2026-03-02T13:05:06.789+09:00", "2026-03-02T13:05:06+09:00"),
        ("2026-03-02 13:05:06 UTC", "2026-03-02T13:05:06+00:00"),
        ("20260302130506", "2026-03-02T13:05:06+09:00"),
    ],
)
def test_a_date(text: str, kept: str) -> None:
    assert read_moment(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026",
        "3.4.26",
        "03-04-2026",
        "2026-02-30",
        "2026-13-01",
        "어제",
        "46000",
        "2026-03-02 25:00",
        "2026-03",
    ],
)
def test_no_date(text: str) -> None:
    with pytest.raises(Problem):
        read_moment(text)


def test_a_persons_word_is_not_of_tomorrow() -> None:
    now = utc_now()
    assert read_moment(korean_date(now)) == korean_date(now)
    for later in (
        korean_date(now + timedelta(days=1)),
        (now + timedelta(hours=1)).astimezone(UTC).isoformat(),
    ):
        with pytest.raises(Problem, match="future"):
            read_moment(later)
    assert datetime.fromisoformat(read_moment(now.isoformat(timespec="seconds"))) <= now


def test_rows_of_one_word_share_it() -> None:
    asked = maps(증빙="evidence", 거부일="expressed_on", 경로="expressed_source")
    text = "user_id,mkt_sms_flag,증빙,거부일,경로\n" + "".join(
        f"U-{number},Unsubscribed,R-7,2026-03-02,앱\n" for number in range(3)
    )
    first, *others = [row.word for row in read(text, asked) if isinstance(row, Good)]
    assert first == PersonsWord("R-7", "2026-03-02", "앱")
    assert len(others) == 2
    assert all(other is first for other in others)


def test_evidence_in_json_lines() -> None:
    text = '{"user_id": "U-1", "mkt_sms_flag": "Unsubscribed", "ticket": "R-7", "at": "2026-03-02"}\n'
    [row] = read(text, maps(ticket="evidence", at="expressed_on"))
    assert isinstance(row, Good)
    assert row.word == PersonsWord("R-7", "2026-03-02")
    assert [edit.name for edit in row.wanted.edits] == ["mkt_sms_flag"]


def test_a_null_in_a_row_seen_before_is_counted_again() -> None:
    text = "user_id,user_name,mkt_sms_flag\n" + "U-1,NULL,Unsubscribed\nU-2,\\N,Unsubscribed\n" * 3
    with open_input(text, VERSION_1) as source:
        assert all(isinstance(row, Good) and len(row.wanted.edits) == 1 for row in source.rows())
        assert source.remarks() == ["Taken for empty cells: NULL (3), \\N (3)."]
        list(source.rows())
        assert source.remarks() == ["Taken for empty cells: NULL (3), \\N (3)."]


@pytest.mark.parametrize(
    ("head", "means"),
    [
        ("회원 ID", "user_id"),
        ("SMS수신동의여부", "mkt_sms_flag"),
        ("앱푸시 수신거부", "mkt_push_flag"),
        ("야간광고 수신동의(문자)", "night_sms_flag"),
        ("야간", "night_flag"),
        ("이메일", heads.NOT_USED),
        ("수신동의", ""),
        ("수신거부일시", "expressed_on"),
        ("거부경로", "expressed_source"),
        ("전혀 모르는 것", None),
    ],
)
def test_a_known_head(head: str, means: str | None) -> None:
    assert heads.suggestion(head, VERSION_1) == means
