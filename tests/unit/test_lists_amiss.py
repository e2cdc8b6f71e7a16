"""Lists as people paste and save them in which something is amiss: nobody who was not meant is written to."""

import unicodedata
from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.service.bulk.input.mapping import InputRefused, MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Good
from dfn_tui.service.changes.fields import parse_assignment
from tests.unit.workbooks import Cell, one

STOP = [parse_assignment("mkt_sms_flag=Unsubscribed", VERSION_1)]
APART = unicodedata.normalize("NFD", "손님1")


def taken(
    text: str, *, stop: bool = True, asked: MappingOptions | None = None
) -> tuple[list[str], dict[int, str]]:
    """The users of the good rows, and what is said of the bad ones."""
    for_all = STOP if stop else []
    with open_input(text, VERSION_1, for_all, asked=asked or MappingOptions()) as source:
        rows = list(source.rows())
    good = [row.user for row in rows if isinstance(row, Good)]
    return good, {row.line: row.reason for row in rows if not isinstance(row, Good)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- C-7\n- C-8\n", "A bullet or a number stands before the id."),
        ("• C-7\n", "A bullet or a number stands before the id."),
        ("1. C-7\n2) C-8\n", "A bullet or a number stands before the id."),
        ("Ｃ－７\n", "full-width"),
        (f"{APART}\n", "taken apart"),
        (
            "https://crm.example.com/c/C-7\nHTTP://crm.example.com/c/C-8\nmailto:a@example.com\n",
            "a web address",
        ),
        ("“C-7”\n‘C-8’\n", "quotation mark"),
        ('"1,007"\n"12,345,678"\n', "A spreadsheet put commas into this number."),
        ("C-7 → stop\n", "more than one id"),
        ("C-7 (Han)\n", "more than one id"),
        ("(7 rows)\n", "more than one id"),
        ("총 7건\n", "more than one id"),
        ("user_id: C-7\n", "more than one id"),
        ('=C7\n"=HYPERLINK(""C-7"")"\n', "This is a formula"),
        ("1001.0\n1002.00\n", "made a number with a fraction"),
        ("user_id=C-7\n", "The name of a column stands before the id."),
        ("C-7',\nC-8'\n", "The id ends with an apostrophe."),
        ("C\u200b-7\nC-\u00ad8\n", "nobody can see"),
        ('"C\u00a07"\n"C\u30008"\n"C\u20099"\n', "nobody can see"),
        ("①C-7\n※C-8\n", "A bullet or a number stands before the id."),
        ("합계\n총계\nTotal\n", "This sums the rows up"),
        ("•C-7\n*C-8\n>C-9\n✓ C-10\n", "A bullet or a number stands before the id."),
        ("(1) C-7\n(2) C-8\n", "A bullet or a number stands before the id."),
        (
            "[C-7]\n(C-8)\n<C-9>\n[C-10](https://x.example/10)\n**C-11**\n(edited)\n<b>C-12</b>\n",
            "in brackets",
        ),
        (":pray:\n:+1:\n", "a picture in a chat"),
        ("C-7.\nC-8:\n가나.\nC-9\\\n", "punctuation stands after"),
        ("C-7님\nC-8입니다\n7건\n12명\n", "A word stands after the id."),
        ("ID:C-7\n회원번호:C-8\n고객ID=C-9\n", "The name of a column stands before the id."),
        ("04-Mar\n7-dec\n3월4일\n", "A spreadsheet made a date of the id."),
        ("C•••7\n••7\nC-00…\nC…7\n손**\n", "covered"),
        ("#C-7\n//C-8\n--C-9\n", "A mark of a remark"),
        ("끝\n이하여백\n계\nSUM\n", "This sums the rows up"),
        ('"C-7,C-8"\n"C-7; C-8"\n"C-7 C-8"\n"7,8"\n"1001,0"\n', "There is more than one id"),
    ],
)
def test_what_stands_around_an_id_or_is_left_of_it_makes_no_id(text: str, why: str) -> None:
    good, bad = taken(text, asked=MappingOptions(no_head=True))
    assert good == []
    assert len(bad) == len(text.splitlines())
    assert all(why in reason for reason in bad.values()), bad


@pytest.mark.parametrize(
    ("text", "ignored"),
    [("user_id\n회원번호\nC-7\n회원번호\n", ()), ("user_id,비고\n고객 ID,x\nC-7,x\n회원번호,x\n", ("비고",))],
)
def test_a_head_in_other_words_below_the_head_is_nobody(text: str, ignored: tuple[str, ...]) -> None:
    # Further down the same word may be somebody's id.
    good, bad = taken(text, asked=MappingOptions(ignored=ignored))
    assert (good, bad) == (["C-7", "회원번호"], {2: "This is the name of a column, and no id."})


@pytest.mark.parametrize(
    "ids",
    [
        "auth0|5f7c8ec7\nauth0|5f7c8ec8\nCORP\\nara\n",
        "C/7\nC:8\n",
        "㈜7\n(주)한국(서울)\n",
        "-Nx7\n_x8\n@x9\n",
        "YWJj==\n손님\n김개\n",
        "1.C\n3.C\n",
        "1.C\n",
        "member:7\nuid:8\n",
        "v1.0a\n10.5\n",
        "a-bcd\n7-xyz\nC#7\n7//8\nC*7\n끝내주는집\n오늘내일\n",
    ],
)
def test_what_only_looks_odd_is_an_id(ids: str) -> None:
    assert taken(ids) == (ids.split(), {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["C-7","C-8"]\n', "one JSON array"),
        ("['C-7', 'C-8']\n", "one JSON array"),
        ('[\n  "C-7",\n  "C-8"\n]\n', "one JSON array"),
        ("C-7,C-8,C-9\n", "one line alone"),
        ("C-7; C-8; C-9\n", "one line alone"),
        ("UPDATE c SET sms='N' WHERE user_id IN ('C-7','C-8') AND x = 'y';\n", "one line alone"),
        ('"user_id,grade"\n"C-7,a"\n"C-8,b"\n', "one cell in quotation marks"),
        ('"고객번호,등급"\n"C-7,a"\n', "one cell in quotation marks"),
        ("user_id NOT IN ('C-7')\n", "NOT IN"),
        ("1.C-7\n2.C-8\n3.C-9\n", "The ids are numbered"),
        ("(1)C-7\n(2)C-8\n", "The ids are numbered"),
        ("('C-7','Han'),\n('C-8','Oh');\n", "rows of values in SQL"),
        ("(7), (8)\n", "rows of values in SQL"),
    ],
)
def test_what_is_no_list_says_what_it_is(text: str, words: str) -> None:
    with pytest.raises(InputRefused) as refused:
        taken(text)
    assert words in refused.value.happened


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("[Han] [14:13] C-7\nC-8\nC-9\n", ["C-8", "C-9"], [1]),
        ("Han  2:13 PM\nplease stop:\nC-8\n:pray:\n", ["C-8"], [1, 2, 4]),
    ],
)
def test_a_line_of_a_chat_is_told_and_no_head(text: str, good: list[str], bad: list[int]) -> None:
    found, told = taken(text)
    assert (found, list(told)) == (good, bad)


def test_a_column_that_is_there_twice_can_be_left_out() -> None:
    text = "user_id,mkt_flag,mkt_flag\nC-7,Unsubscribed,Subscribed\n"
    with pytest.raises(InputRefused) as refused:
        taken(text, stop=False)
    assert "--ignore '#3'" in refused.value.next_step
    assert taken(text, stop=False, asked=MappingOptions(ignored=("#3",))) == (["C-7"], {})


@pytest.mark.parametrize(
    "below",
    [
        "user_id,mkt_push_flag\nC-8,Unsubscribed\n",
        "USER_ID , mkt_push_flag ,\nC-8,Unsubscribed,\n",
        "mkt_sms_flag,user_id\nUnsubscribed,Unsubscribed\n",
        "user_id,mkt_push_flag\nC-8,Unsubscribed\n" * 3,
    ],
)
def test_below_the_head_of_another_list_nobody_is_taken(below: str) -> None:
    above = "user_id,mkt_sms_flag\nC-6,Unsubscribed\nC-7,Unsubscribed\n"
    good, bad = taken(above + below, stop=False)
    assert good == ["C-6", "C-7"]
    assert len(bad) == len(below.splitlines())
    assert "Another list begins in line" in bad[5]


def test_below_the_same_head_the_list_goes_on() -> None:
    head = "user_id,mkt_sms_flag\n"
    text = f"{head}C-7,Unsubscribed\nuser_id,mkt_push_flag\nC-8,Unsubscribed\n{head}C-9,Unsubscribed\n"
    good, bad = taken(text, stop=False)
    assert (good, list(bad)) == (["C-7", "C-9"], [3, 4, 5])


@pytest.mark.parametrize(
    ("text", "maps"),
    [
        ("고객번호\nC-7\n고객번호\nC-8\n", (("고객번호", "user_id"),)),
        (
            "고객번호,mkt_flag\nC-7,Unsubscribed\n고객번호,mkt_flag\nC-8,Unsubscribed\n",
            (("고객번호", "user_id"),),
        ),
        ("고객번호,x\nC-7,a\n고객번호,x\nC-8,a\n", (("고객번호", "user_id"),)),
    ],
)
def test_the_head_again_is_nobody(text: str, maps: tuple[tuple[str, str], ...]) -> None:
    asked = MappingOptions(maps=maps, ignore_others=True)
    assert taken(text, stop="mkt_flag" not in text, asked=asked) == (
        ["C-7", "C-8"],
        {3: "This is the name of a column, and no id."},
    )


@pytest.mark.parametrize(
    "text",
    [
        "user_id|mkt_sms_flag\nC-7|Unsubscribed\nC-8|Unsubscribed\n",
        " user_id | mkt_sms_flag \n C-7     | Unsubscribed\n C-8     | Unsubscribed\n",
    ],
)
def test_bars_part_columns_where_the_head_is_known(text: str) -> None:
    assert taken(text, stop=False) == (["C-7", "C-8"], {})


@pytest.mark.parametrize(
    "text",
    [
        "-- asked by mail\nSELECT * FROM c WHERE user_id IN (\n'C-7', -- 'C-6',\n'C-8' /* last */\n);\n",
        "/* of\nNovember */ user_id IN ('C-7','C-8');\n",
        "-- all\n'C-7',\n-- 'C-6',\n'C-8'\n",
    ],
)
def test_remarks_in_sql_are_no_ids(text: str) -> None:
    assert taken(text) == (["C-7", "C-8"], {})


@pytest.mark.parametrize(
    "text",
    [
        "user_id IN ('C-7')\n OR user_id IN ('C-8')\n",
        "SELECT * FROM member m WHERE (m.user_id IN ('C-7') OR M.USER_ID IN ('C-8'));",
        "user_id in ('C-7'\n)\nor user_id in (\n'C-8'\n)\n;",
        "user_id IN ('C-7'\n,'C-8'\n)",
        "'C-7'\n,'C-8'\n",
    ],
)
def test_ids_of_one_column_in_sql_are_one_list(text: str) -> None:
    assert taken(text) == (["C-7", "C-8"], {})


@pytest.mark.parametrize(
    "more",
    [
        "OR name IN ('C-8')",
        "OR user_id NOT IN ('C-8')",
        "AND user_id IN ('C-8')",
        "UNION SELECT 'C-8'",
        "OR\nuser_id IN ('C-8')",
        ", ('C-8')",
    ],
)
def test_what_is_no_more_of_the_list_in_sql_is_told(more: str) -> None:
    good, bad = taken(f"user_id IN ('C-7') {more}")
    assert (good, set(bad.values())) == (["C-7"], {"Something follows after the end of the list."})


def test_ids_in_sql_without_a_comma_between_them_are_no_list() -> None:
    good, bad = taken("user_id IN (\n'C-7'\n'C-8')")
    assert (good, list(bad)) == (["C-7"], [3])


def test_a_workbook_with_a_title_and_a_total_asks_and_takes_no_total(tmp_path: Path) -> None:

    file = tmp_path / "a.xlsx"
    table: list[list[Cell]] = [["수신거부 (11월)"], [], ["No", "고객번호", "휴대폰", "문자수신"]]
    table += [[n, f"C-{n}", 1012345678 + n, "N"] for n in (7, 8)]
    file.write_bytes(one(*table, ["합계", None, None, 2]))
    with pytest.raises(MappingNeeded):
        open_input(file, VERSION_1)
    asked = MappingOptions(
        maps=(("고객번호", "user_id"), ("문자수신", "mkt_sms_flag")),
        values=(("N", "Unsubscribed"),),
        ignore_others=True,
    )
    with open_input(file, VERSION_1, asked=asked) as source:
        rows = list(source.rows())
    assert [row.user for row in rows if isinstance(row, Good)] == ["C-7", "C-8"]
    assert len(rows) == 3


def test_rows_of_which_each_holds_another_name_are_looked_at_like_others() -> None:
    lines = [
        "user_id,user_name",
        "C-1,Han",
        "C-2,Oh",
        "USER_ID,User_Name",
        "C-4,NULL",
        "C-5, Min ",
        "C-6,Yoo",
        'C-7,"=""07"""',
    ]
    with open_input("\n".join(lines), VERSION_1) as source:
        rows = list(source.rows())
        remarks = source.remarks()
    good = {row.user: row.wanted.edits[0].value for row in rows if isinstance(row, Good)}
    assert good == {"C-1": "Han", "C-2": "Oh", "C-5": "Min", "C-6": "Yoo", "C-7": "07"}
    assert [row.line for row in rows if not isinstance(row, Good)] == [4, 5]
    assert remarks == ["Blanks around values were dropped.", "Taken for empty cells: NULL (1)."]


def test_each_keeps_their_own_evidence_where_each_holds_another_name() -> None:
    lines = ["user_id,user_name,evidence", *(f"C-{n},N{n},call {n}" for n in range(5))]
    asked = MappingOptions(maps=(("evidence", "evidence"),))
    with open_input("\n".join(lines), VERSION_1, asked=asked) as source:
        words = {row.user: row.word and row.word.evidence for row in source.rows() if isinstance(row, Good)}
    assert words == {f"C-{n}": f"call {n}" for n in range(5)}


def test_below_another_list_nobody_is_taken_where_each_holds_another_name() -> None:
    lines = [
        "user_id,user_name",
        "C-1,Han",
        "C-2,Oh",
        "C-3,Min",
        "user_id,mkt_sms_flag",
        "C-5,Yoo",
        "C-6,Ahn",
    ]
    good, bad = taken("\n".join(lines), stop=False)
    assert (good, list(bad)) == (["C-1", "C-2", "C-3"], [5, 6, 7])


def test_what_stands_beyond_the_columns_is_told_where_each_holds_another_name() -> None:
    lines = ["user_id,user_name,,", *(f"C-{n},N{n},," for n in range(4)), "C-5,N5,,more", "C-6,N6,,"]
    good, bad = taken("\n".join(lines), stop=False)
    assert good == ["C-0", "C-1", "C-2", "C-3", "C-6"]
    assert bad == {6: "The row has 4 cells where 2 were expected."}
