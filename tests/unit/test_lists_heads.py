"""Heads over two lines, in two languages or with something below them that explains them."""

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.service.bulk.input.mapping import InputRefused, MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Good
from tests.unit.test_lists_amiss import taken


def asked_about(text: str) -> list[tuple[str, str]]:
    with pytest.raises(MappingNeeded) as needed:
        open_input(text, VERSION_1)
    return [(column.head, column.suggestion or column.name) for column in needed.value.mapping.columns]


def edits(text: str, asked: MappingOptions) -> dict[str, str]:
    with open_input(text, VERSION_1, asked=asked) as source:
        rows = list(source.rows())
    return {
        row.user: " ".join(f"{edit.name}={edit.value}" for edit in row.wanted.edits)
        for row in rows
        if isinstance(row, Good)
    }


def test_a_wide_cell_and_its_parts_below_are_heads_together() -> None:
    text = "고객번호,성명,수신동의,\n,,문자,앱푸시\nK-41,한,Y,N\nK-42,오,N,\n"
    assert asked_about(text) == [
        ("고객번호", "user_id"),
        ("성명", "-"),
        ("수신동의 문자", "mkt_sms_flag"),
        ("수신동의 앱푸시", "mkt_push_flag"),
    ]
    asked = MappingOptions(
        maps=(
            ("고객번호", "user_id"),
            ("수신동의 문자", "mkt_sms_flag"),
            ("수신동의 앱푸시", "mkt_push_flag"),
        ),
        ignored=("성명",),
        values=(("Y", "Subscribed"), ("N", "Unsubscribed")),
    )
    assert edits(text, asked) == {
        "K-41": "mkt_push_flag=Unsubscribed mkt_sms_flag=Subscribed",
        "K-42": "mkt_sms_flag=Unsubscribed",
    }


def test_the_line_with_the_users_is_the_head_and_what_groups_its_columns_is_none() -> None:
    text = "고객,,수신동의,\n고객번호,성명,문자수신,앱푸시수신\nK-41,한,Y,N\n"
    assert [head for head, _name in asked_about(text)] == ["고객번호", "성명", "문자수신", "앱푸시수신"]


@pytest.mark.parametrize(
    "rows",
    [
        "고객번호,비고,\nmember,한,골드\nK-41,오,골드\n",
        "고객,수신동의,\nid,Y,N\nK-41,Y,N\n",
        "고객번호,수신동의,\n,Y,N\nK-41,Y,N\n",
        "고객번호,수신동의,\n,7,8\nK-41,Y,N\n",
        "id,Unsubscribed\nuser_id,mkt_sms_flag\nK-41,Unsubscribed\n",
    ],
)
def test_a_row_is_no_part_of_the_head_nor_the_head(rows: str) -> None:
    heads = [head for head, _name in asked_about(rows)]
    assert heads == [head for head in rows.partition("\n")[0].split(",") if head]


def test_groups_above_the_platforms_names_are_left_out() -> None:
    text = "고객,수신동의,\nuser_id,mkt_sms_flag,mkt_push_flag\nK-41,Unsubscribed,Subscribed\n"
    assert edits(text, MappingOptions()) == {"K-41": "mkt_push_flag=Subscribed mkt_sms_flag=Unsubscribed"}


@pytest.mark.parametrize("above", ["고객번호,문자,푸시", "고객번호,동의 여부,"])
def test_the_platforms_names_below_the_same_in_other_words_are_the_head(above: str) -> None:
    text = f"{above}\nuser_id,mkt_sms_flag,mkt_push_flag\nK-41,Unsubscribed,Subscribed\n"
    assert edits(text, MappingOptions()) == {"K-41": "mkt_push_flag=Subscribed mkt_sms_flag=Unsubscribed"}


@pytest.mark.parametrize(
    "rows",
    [
        "kim,Unsubscribed,x\nuser_id,mkt_sms_flag,x\nlee,Unsubscribed,x\n",  # a file that was sorted
        "고객번호,문자수신\nK-41,Y\nuser_id,mkt_sms_flag\nK-42,N\n",
        "아이디,비고\n이름,y\nuser_id,x\n",
        "anna,seoul,company\nuser_id,city,grade\nlee,busan,x\n",
    ],
)
def test_no_row_above_a_head_is_left_out(rows: str) -> None:
    heads = [head for head, _name in asked_about(rows)]
    assert ",".join(heads) == rows.partition("\n")[0]


@pytest.mark.parametrize(
    "rows",
    [
        "user_id,mkt_sms_flag\n,Unsubscribed\nK-41,Unsubscribed\n",
        "user_id,mkt_sms_flag,\n,Unsubscribed,\nK-41,Unsubscribed,\n",
        "user_id,mkt_sms_flag,\n,,extra\nK-41,Unsubscribed,\n",
        "user_id,mkt_flag,\n,sms,push\n",
    ],
)
def test_a_row_without_a_user_is_no_part_of_the_head(rows: str) -> None:
    good, bad = taken(rows, stop=False)
    assert good == ["K-41"] * rows.count("K-41")
    assert list(bad) == [2]


@pytest.mark.parametrize("below", ["string", "varchar(40)", "필수", "예시", "예) K-1", "ex: K-1", "EXAMPLE"])
def test_what_explains_a_column_below_its_head_is_nobody(below: str) -> None:
    rows = f"user_id,user_name\n{below},x\nK-41,Han\nK-42,Oh\n"
    assert taken(rows, stop=False) == (["K-41", "K-42"], {2: "This explains the column, and is no id."})
    # Further down, or in a list without a head, it may be somebody.
    further = f"user_id,user_name\nK-41,Han\nK-42,Oh\n{below},x\n"
    assert taken(further, stop=False)[0][-1] == below


@pytest.mark.parametrize("user", ["expert7", "ex.kim", "예나", "textile", "number1"])
def test_an_id_that_only_begins_so_is_an_id(user: str) -> None:
    assert taken(f"user_id\n{user}\n") == ([user], {})


@pytest.mark.parametrize(
    "text", ["동의\nY\nN\n", "Y\nN\nY\n", "O\n거부\n", "mkt\nUnsubscribed\nSubscribed\n"]
)
def test_a_column_of_yes_and_no_is_no_list_of_users(text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        taken(text)
    assert "words of a consent" in refused.value.happened


@pytest.mark.parametrize("text", ["7\n1\n", "0\n1\n", "y\nkim\n", "kim\n"])
def test_ids_of_few_letters_are_ids(text: str) -> None:
    assert taken(text, asked=MappingOptions(no_head=True)) == (text.split(), {})


@pytest.mark.parametrize("word", ["Unsubscribed", "subscribed", "동의", "수신거부"])
def test_a_word_of_a_consent_is_no_user(word: str) -> None:
    text = f"user_id\nK-41\nK-42\nK-43\n{word}\n"
    assert taken(text) == (["K-41", "K-42", "K-43"], {5: "This is a word of a consent, and no id."})
