import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.changes.identities import KindInDoubt, looks_like, require_plain

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
        return len(list(source))


@pytest.mark.parametrize("text", ["cust-1\n010-0000-1234\n", "cust-1\nlee@example.com\n"])
def test_a_list_is_not_taken_while_only_the_default_says_what_it_holds(text: str) -> None:
    with pytest.raises(KindInDoubt):
        taken(text)
    assert taken(text, kind=IdentityKind.EXTERNAL_ID) == 2
    assert taken(text, VERSION_2.named_by("external_id")) == 2
    assert taken(f"external_id\n{text}") == 2


def test_a_table_without_a_named_key_neither() -> None:
    with pytest.raises(KindInDoubt):
        taken("연락처,df_sms_ads_optin\n010-0000-1234,false\n")
