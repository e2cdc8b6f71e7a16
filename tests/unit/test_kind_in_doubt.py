import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.service.bulk.input.mapping import MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Good
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.changes.identities import KindInDoubt, is_head, looks_like, require_plain

STOP = [parse_assignment("mkt_sms_flag=Unsubscribed", VERSION_2)]


@pytest.mark.parametrize(
    "value",
    [
        "010-0000-1234",
        "+821000001234",
        "82-10-0000-1234",
        "02-123-4567",
        "(02) 123-4567",
    ],
)
def test_phone_numbers(value: str) -> None:
    assert looks_like(value) is IdentityKind.PHONE_NO


@pytest.mark.parametrize("value", ["lee@example.com", "a.b+c@d.co.kr"])
def test_addresses(value: str) -> None:
    assert looks_like(value) is IdentityKind.EMAIL


@pytest.mark.parametrize(
    "value", ["01000001234", "1234567", "user-0001", "2024-06-30", "a@b", "회원-0001", "12-34"]
)
def test_other_ids(value: str) -> None:
    assert looks_like(value) is None


def test_ids_of_which_the_kind_was_said_are_taken_as_they_are() -> None:
    require_plain(["010-0000-1234"], VERSION_1)
    require_plain(["010-0000-1234"], VERSION_2.named_by("external_id"))
    with pytest.raises(KindInDoubt, match="phone numbers"):
        require_plain(["user-1", "010-0000-1234"], VERSION_2)


def test_a_connection_may_say_what_its_users_are_named_by() -> None:
    has = VERSION_2.named_by("phone_no")
    assert has.write_by[0] is IdentityKind.PHONE_NO
    assert sorted(has.write_by) == sorted(VERSION_2.write_by)


def taken(text: str, has: Capabilities = VERSION_2, kind: IdentityKind | None = None) -> int:
    wanted = [] if "optin" in text else STOP
    with open_input(text, has, wanted, kind) as source:
        return len(list(source.rows()))


@pytest.mark.parametrize("text", ["cust-1\n010-0000-1234\n", "cust-1\ncust-2\nlee@example.com\n"])
def test_a_list_is_not_taken_while_only_the_default_says_what_it_holds(text: str) -> None:
    with pytest.raises(KindInDoubt):
        taken(text)
    lines = text.count("\n")
    assert taken(text, kind=IdentityKind.EXTERNAL_ID) == lines
    assert taken(text, VERSION_2.named_by("external_id")) == lines
    assert taken(f"external_id\n{text}") == lines


def test_a_table_without_a_named_key_neither() -> None:
    with pytest.raises(MappingNeeded, match="phone_no"):
        taken("연락처,df_sms_ads_optin\n010-0000-1234,false\n")


@pytest.mark.parametrize(
    "word",
    [
        "회원번호",
        "회원 번호",
        "user_id",
        "\ufeffUser ID",
        '"ID"',
        "고객_ID",
        "전화번호",
        "no",
        "번호",
        "회원",
    ],
)
def test_what_stands_above_a_column_is_no_user(word: str) -> None:
    assert is_head(word)


@pytest.mark.parametrize("word", ["회원번호-17", "user-id-7", "id7", "홍길동", "", "12"])
def test_what_a_user_may_be_called_is_no_head(word: str) -> None:
    assert not is_head(word)


@pytest.mark.parametrize("first", ["no", "No", "number", "번호", "회원", "고객", "user_no", "회원번호"])
def test_what_may_be_an_id_at_the_head_of_a_list_is_asked_about(first: str) -> None:
    text = f"{first}\nanna\nboris"
    for capabilities in (VERSION_1, VERSION_2):
        stop = parse_assignment(f"{capabilities.flags[0]}=Unsubscribed", capabilities)
        with pytest.raises(MappingNeeded, match="If it is an id, say --no-head"):
            open_input(text, capabilities, [stop])
        with open_input(text, capabilities, [stop], asked=MappingOptions(no_head=True)) as source:
            assert [row.user for row in source.rows() if isinstance(row, Good)] == [first, "anna", "boris"]
