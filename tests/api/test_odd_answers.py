"""What is odd about one user or field stays with them. Absent is absent, however it is spelt."""

import json

import pytest

from dfn_tui.api.calls import CiWrite, Reply
from dfn_tui.api.types import IdentityKind, Value
from dfn_tui.consent.flags import Flag, State
from tests.api.served import (
    TOKEN,
    RawServer,
    change,
    external,
    failure,
    found,
    how,
    http,
    users,
    v1,
    v2,
    written,
)

NEVER = dict.fromkeys(Flag, State.NEVER_SET)


def answer(rows: str, details: str = "null", name: str = "successful_user_properties") -> bytes:
    """The rows as they are written, since some cannot be written by a JSON library."""
    data = f'{{"{name}": [{rows}], "failure_details": {details}}}'
    return http(f'{{"result_code": 2000, "result_msg": null, "result_data": {data}}}')


async def read(reply: bytes, *ids: str, names: list[str] | None = None) -> list[Reply]:
    async with RawServer(reply) as server:
        api = v1(server.url)
        replies = await api.read_profiles(users(*(ids or ("a", "b"))), names=names)
        await api.aclose()
        assert len(server.requests) == 1
        return replies


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ('["x"]', "a list"),
        ('{"x": 1}', "an object"),
        ("1e999", "a number too large"),
        ("-1e999", "a number too large"),
        ("9223372036854775808", "a number too large"),
        ("9" * 5000, "a number too large"),
        ("Infinity", "not a number"),
        ("NaN", "not a number"),
        ('"\\ud800"', "text with broken characters"),
    ],
)
@pytest.mark.parametrize("name", ["memo", "mkt_flag", "age"])
async def test_a_field_that_cannot_be_read_costs_that_field(odd: str, why: str, name: str) -> None:
    rows = (
        f'{{"user_id": "a", "properties": {{"{name}": {odd}, "x": 7}}}},'
        '{"user_id": "b", "properties": {"x": true}}'
    )
    first, second = await read(answer(rows))
    assert first.ok and first.profile is not None and second.profile is not None
    assert first.profile.unreadable == {name: why} and first.profile.properties == {"x": 7}
    assert first.profile.consents == {flag: NEVER[flag] for flag in Flag if flag != name}
    assert (second.profile.properties, second.profile.unreadable) == ({"x": True}, {})


async def test_bytes_that_are_no_text_cost_the_field_they_are_in() -> None:
    rows = b'{"user_id": "a", "properties": {"memo": "\xff", "x": 1}}, {"user_id": "b", "properties": {}}'
    first, second = await read(http(answer("@").partition(b"\r\n\r\n")[2].replace(b"@", rows)))
    assert first.profile is not None and second.ok
    assert first.profile.unreadable == {"memo": "text with broken characters"}


async def test_a_name_that_is_no_text() -> None:
    (reply,) = await read(answer('{"user_id": "a", "properties": {"x\\ud800": "y", "z": "1"}}'), "a")
    assert reply.profile is not None and reply.profile.properties == {"z": "1"}
    assert reply.profile.unreadable == {"x\\ud800": "a name with broken characters"}


@pytest.mark.parametrize("value", ["Pending", "subscribed", "undefined", "", " Undefined", True, 0, 1.5])
async def test_a_flag_with_another_value_is_unreadable_and_no_property(value: Value) -> None:
    (reply,) = await read(found({"a": {"mkt_sms_flag": value}}), "a")
    assert reply.profile is not None
    said = value if isinstance(value, str) else json.dumps(value)
    assert reply.profile.unreadable == {"mkt_sms_flag": f"not one of the three states: “{said}”"}
    assert Flag.MKT_SMS not in reply.profile.consents and reply.profile.properties == {}


async def test_what_a_flag_says_is_shown_inert_short_and_masked() -> None:
    value = f"\x1b[2J {TOKEN} 821012345678 " + "x" * 1000
    (reply,) = await read(found({"a": {"mkt_flag": value}}), "a")
    assert reply.profile is not None
    why = reply.profile.unreadable["mkt_flag"]
    assert "\x1b" not in why and TOKEN not in why and "821012345678" not in why and len(why) < 400


@pytest.mark.parametrize("spelling", ["Undefined", None, ...])
async def test_absent_is_absent_however_it_is_spelt(spelling: object) -> None:
    values = {} if spelling is ... else {"mkt_flag": spelling, "age": spelling, "memo": spelling}
    for names in (None, ["mkt_flag", "age", "memo"]):
        (reply,) = await read(found({"a": values}), "a", names=names)
        assert reply.profile is not None and reply.profile.unreadable == {}
        assert reply.profile.properties == {}
        assert reply.profile.consents == (NEVER if names is None else {Flag.MKT: State.NEVER_SET})
    ci = {} if spelling is ... else {"phone_number": spelling}
    rows = json.dumps({"user_id": "a", "properties": ci | {"kakao_id": "0123456789"}})
    async with RawServer(answer(rows, name="successful_user_ci_properties")) as server:
        (reply,) = await v1(server.url).read_ci(users("a"))
    assert (reply.ci, reply.ci_unreadable) == ({"kakao_id": "0123456789"}, {})


async def test_flags_that_were_not_asked_for_are_not_known() -> None:
    (reply,) = await read(found({"a": {"age": "3"}}), "a", names=["age"])
    assert reply.profile is not None and reply.profile.consents == {}


async def test_ci_numbers_and_booleans_are_no_identifiers() -> None:
    rows = '{"user_id": "a", "properties": {"kakao_id": 123456789, "phone_number": false}},'
    rows += '{"user_id": "b", "properties": {"kakao_id": ["x"], "phone_number": "821012345678"}}'
    async with RawServer(answer(rows, name="successful_user_ci_properties")) as server:
        first, second = await v1(server.url).read_ci(users("a", "b"))
    number, boolean = (f"{what}, where the platform keeps text" for what in ("a number", "true or false"))
    assert (first.ci, first.ci_unreadable) == ({}, {"kakao_id": number, "phone_number": boolean})
    assert (second.ci, second.ci_unreadable) == ({"phone_number": "821012345678"}, {"kakao_id": "a list"})


@pytest.mark.parametrize(
    "rows",
    [
        '{"user_id": "a", "properties": {"x": "1", "x": "1"}}',
        '{"user_id": "a", "properties": {"x": "1"}, "properties": {"x": "2"}}',
        '{"user_id": "a", "properties": {"x": "1"}}, {"user_id": "a", "properties": {"x": "2"}}',
        '{"user_id": "a"}',
        '{"user_id": "a", "properties": ["x"]}',
    ],
)
async def test_what_is_said_twice_makes_that_user_unreadable(rows: str) -> None:
    first, second = await read(answer(rows + ', {"user_id": "b", "properties": {"y": "1"}}'))
    assert (first.ok, first.code, first.profile) == (False, "unreadable", None)
    assert second.ok and second.profile is not None and second.profile.properties == {"y": "1"}


async def test_a_row_with_two_ids_makes_both_unreadable() -> None:
    rows = '{"user_id": "a", "user_id": "b", "properties": {}}, {"user_id": "c", "properties": {}}'
    replies = await read(answer(rows), "a", "b", "c")
    assert [reply.code for reply in replies] == ["unreadable", "unreadable", None]


async def test_the_same_twice_is_no_contradiction() -> None:
    row = '{"user_id": "a", "properties": {"x": "1"}}'
    (reply,) = await read(answer(f"{row}, {row}"), "a")
    assert reply.ok


@pytest.mark.parametrize("row", ['{"properties": {}}', '{"user_id": 5551234, "properties": {}}', "3", "null"])
async def test_a_row_about_nobody_leaves_only_whoever_is_missing_without_an_answer(row: str) -> None:
    first, second = await read(answer(row + ', {"user_id": "b", "properties": {}}'))
    assert (first.code, second.ok) == ("not-mentioned", True)
    assert "5551234" not in str(first)


@pytest.mark.parametrize(
    "detail",
    [
        '{"code": "5003", "msg": "5551234", "user_ids": ["a"]}',
        '{"code": 5003, "code": 4999, "msg": "", "user_ids": ["a"]}',
        '{"code": 5003, "msg": "", "user_ids": ["a", 5551234]}',
    ],
)
async def test_a_failure_that_is_not_as_documented_is_that_users(detail: str) -> None:
    first, second = await read(answer('{"user_id": "b", "properties": {}}', f"[{detail}]"))
    assert (first.code, second.ok) == ("unreadable", True)
    assert "5551234" not in str(first)


async def test_failures_that_are_left_out_are_none() -> None:
    data = {"successful_user_ids": ["a"]}
    async with RawServer(http({"result_code": 2000, "result_msg": None, "result_data": data})) as server:
        (reply,) = await v1(server.url).write_profiles([change(users("a")[0], {}, {"x": "1"})])
    assert reply.ok


async def test_a_refusal_of_one_user_in_a_whole_answer_is_a_remark() -> None:
    async with RawServer(written("b", failures=[failure(5001, "a")])) as server:
        writes = [change(user, {}, {"x": "1"}) for user in users("a", "b", "c")]
        replies = await v1(server.url).write_profiles(writes)
    assert [how(reply) for reply in replies] == ["remark", "ok", "remark"]
    assert all(reply.error is None for reply in replies)


@pytest.mark.parametrize("word", ["Undefined", "undefined", " UNDEFINED\n"])
async def test_the_word_for_never_set_is_not_written(word: str) -> None:
    async with RawServer(b"") as server:
        user, person = users("a")[0], external("a")
        replies = await v1(server.url).write_profiles([change(user, {}, {"age": word})])
        replies += await v1(server.url).write_profiles([change(user, {Flag.MKT: State.NEVER_SET})])
        replies += await v1(server.url).write_ci([CiWrite((user,), {"phone_number": word})])
        replies += await v2(server.url).write_profiles([change(person, {}, {"df_name": word})])
        assert [(how(reply), reply.code) for reply in replies] == [("refused", "invalid")] * 4
        assert server.requests == []


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, float("inf"), float("nan"), "\ud800"])
async def test_what_would_not_be_read_back_is_not_written(value: Value) -> None:
    async with RawServer(b"") as server:
        replies = await v1(server.url).write_profiles([change(users("a")[0], {}, {"x": value})])
        replies += await v2(server.url).write_profiles([change(external("a"), {}, {"x": value})])
        assert [reply.code for reply in replies] == ["invalid"] * 2
        assert server.requests == []


async def test_one_edit_is_for_many_and_each_has_a_reply() -> None:
    people = [external("a"), external(""), external("b")]
    ok = http({"status": True, "code": "20000", "message": "OK", "data": True})
    async with RawServer(ok) as server:
        api = v2(server.url)
        replies = await api.write_profiles(
            [change(people[0], {}, {"x": 1}), type(change(people[0]))(tuple(people), {}, {"y": 2})]
        )
        await api.aclose()
    assert [reply.identity for reply in replies] == [people[0], *people]
    assert [reply.code for reply in replies] == [None, None, "invalid", None]
    assert people[0].kind is IdentityKind.EXTERNAL_ID
