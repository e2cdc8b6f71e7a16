"""Tables drawn with lines, as clients of databases show them and wikis write them, pasted as they are."""

import io
from itertools import islice

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.service.bulk.input.boxes import is_boxed, unboxed
from dfn_tui.service.bulk.input.mapping import MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Good
from tests.unit.test_lists_amiss import taken

MYSQL = """+---------+--------------+
| user_id | mkt_sms_flag |
+---------+--------------+
| M-31    | Unsubscribed |
| M-32    | Subscribed   |
+---------+--------------+
2 rows in set (0.01 sec)
"""
PSQL = """ user_id | mkt_sms_flag
---------+--------------
 M-31    | Unsubscribed
 M-32    | Subscribed
(2 rows)

"""
SHELL = f"mysql> SELECT user_id, mkt_sms_flag\n    -> FROM t;\n{MYSQL}\nmysql> exit\nBye\n"
UNICODE = MYSQL.translate(str.maketrans("+-|", "┼─│")).replace("M─", "M-")
MARKDOWN = """| user_id | mkt_sms_flag |
|:--------|-------------:|
| M-31 | Unsubscribed |
|M-32|Subscribed|
"""
OPEN = "user_id | mkt_sms_flag\n--- | ---\nM-31 | Unsubscribed\nM-32 | Subscribed\n"


@pytest.mark.parametrize(
    "table", [MYSQL, PSQL, SHELL, UNICODE, MARKDOWN, OPEN, f"crm=# select 1;\n{PSQL}", f"\ufeff\n{MYSQL}"]
)
def test_the_rows_of_a_drawn_table_are_taken_and_its_frame_is_nobody(table: str) -> None:
    with open_input(table, VERSION_1) as source:
        rows = list(source.rows())
    found = [(row.user, row.wanted.edits[0].value) for row in rows if isinstance(row, Good)]
    assert found == [("M-31", "Unsubscribed"), ("M-32", "Subscribed")]
    assert len(rows) == 2
    assert [row.line for row in rows] == [
        at for at, line in enumerate(table.split("\n"), 1) if "M-31" in line or "M-32" in line
    ]


@pytest.mark.parametrize(
    "table",
    [
        "+---------+\n| user_id |\n+---------+\n| M-31    |\n| M-32    |\n+---------+\n",
        " user_id\n---------\n M-31\n M-32\n(2 rows)\n",
        "| M-31    |\n| M-32    |\n+---------+\n2 rows in set, 1 warning (0.01 sec)\n",
        "| M-31 |\n| M-32 |\n(2개 행)\n",
    ],
)
def test_the_ids_of_a_drawn_column_are_taken(table: str) -> None:
    assert taken(table) == (["M-31", "M-32"], {})


def test_a_drawn_table_in_a_file_is_read_like_a_pasted_one() -> None:
    with open_input(io.BytesIO(MYSQL.encode("utf-16")), VERSION_1) as source:
        assert [row.line for row in source.rows() if isinstance(row, Good)] == [4, 5]


@pytest.mark.parametrize(
    ("broken", "bad"),
    [
        ("| M-33    | Unsubscribed\nas told |\n", [6, 7]),
        ("| M-33    | a|b          |\n", [6]),
        ("| M-33    |\n", [6]),
        ("| M-33    | as          +|\n|         | told         |\n", [6, 7]),
        ("M-33    | Unsubscribed\n", [6]),
        ("+ M-33 +\n", [6]),
        ("| user_id | mkt_push_flag |\n+--+--+\n| M-33 | Unsubscribed |\n", [6, 8]),
    ],
)
def test_what_is_no_row_of_a_drawn_table_is_nobody(broken: str, bad: list[int]) -> None:
    rule = "+---------+--------------+\n2 rows"
    good, found = taken(MYSQL.replace(rule, broken + rule), stop=False)
    assert (good, list(found)) == (["M-31", "M-32"], bad)


def test_a_bar_in_a_value_is_none_between_columns() -> None:
    text = f"{PSQL.partition('(2')[0]} M-33 | Unsubscribed | x\n"
    assert taken(text, stop=False)[1] == {5: "The row has 3 cells where 2 were expected."}


def test_a_value_over_two_lines_is_no_value() -> None:
    head = " user_id | user_name\n---------+-----------\n"
    text = f"{head} M-31    | Han      +\n         | Oh\n M-32    | A+\n(2 rows)\n"
    good, bad = taken(text, stop=False)
    assert (good, list(bad)) == (["M-32"], [3, 4])


def test_nobody_is_taken_from_below_the_end_of_a_drawn_table() -> None:
    more = MYSQL.replace("M-3", "M-4").replace("user_id", "user_no")
    good, bad = taken(MYSQL + more, stop=False)
    assert (good, list(bad)) == (["M-31", "M-32"], [9, 11, 12])


def test_heads_that_are_not_known_are_asked_about_without_the_frame() -> None:
    table = MYSQL.replace("user_id", "회원번호").replace("mkt_sms_flag", "문자수신")
    with pytest.raises(MappingNeeded) as needed:
        open_input(table, VERSION_1)
    assert [(one.head, one.first) for one in needed.value.mapping.columns] == [
        ("회원번호", ("M-31", "M-32")),
        ("문자수신", ("Unsubscribed", "Subscribed")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "user_id,mkt_sms_flag\nM-31,Unsubscribed\n",
        "user_id,mkt_sms_flag\n---\nM-31,Unsubscribed\n",
        "auth0|5f7c\nauth0|5f7d\n",
        "|M-31\n|M-32\n",
        "- M-31\n- M-32\n",
        "M-31\nM-32\n---\n",
    ],
)
def test_what_is_not_drawn_is_read_as_it_stands(text: str) -> None:
    assert not is_boxed(text.splitlines())


def test_a_quoted_or_parted_value_of_a_drawn_table_stays_one() -> None:
    text = 'user_id | user_name\n--- | ---\nM-31 | Han, "Oh"; Min\n'
    with open_input(text, VERSION_1, asked=MappingOptions()) as source:
        [row] = source.rows()
    assert isinstance(row, Good)
    assert row.wanted.edits[0].value == 'Han, "Oh"; Min'


@pytest.mark.parametrize("user", ["Bye", "crm=>", "-->"])
def test_what_a_client_says_is_an_id_amid_the_rows(user: str) -> None:
    good, bad = taken(f" user_id\n---------\n M-31\n {user}\n M-32\n(2 rows)\nBye\n")
    assert [*good, *bad] in (["M-31", user, "M-32"], ["M-31", "M-32", 4])


def test_what_a_frame_is_drawn_with_stays_as_it_is_in_an_id() -> None:
    assert taken(UNICODE.replace("M-31", "M─31"), stop=False)[0] == ["M─31", "M-32"]


def test_a_drawn_table_is_read_a_line_at_a_time() -> None:
    lines = iter([*MYSQL.splitlines()[:5], "never read"])
    assert len(list(islice(unboxed(lines), 4))) == 4
    assert next(lines) == "never read"
