"""Version 1's client: portions, order, one outcome for each user, whatever the answer holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.api.batch import Item, portions
from dfn_tui.api.calls import CiWrite, ProfileWrite, Reply
from dfn_tui.api.errors import AnswerUnreadable, TokenRejected
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.consent.flags import Flag, State
from tests.api.served import (
    RawServer,
    Waits,
    change,
    cut,
    external,
    failure,
    found,
    how,
    http,
    users,
    v1,
    written,
)

BUSY = 5003


def write(uid: str, **properties: Value) -> ProfileWrite:
    return change(users(uid)[0], {}, properties or {"age": "30"})


def codes(outcomes: list[Reply]) -> list[str | None]:
    return [outcome.code for outcome in outcomes]


@given(st.lists(st.sampled_from("abcdefghij"), max_size=60), st.integers(1, 5))
def test_portions_keep_the_order_and_name_nobody_twice(ids: list[str], size: int) -> None:
    cut_up = portions([Item(identity, None) for identity in users(*ids)], size)
    assert [item.identity.value for portion in cut_up for item in portion] == ids
    for portion in cut_up:
        assert 1 <= len(portion) <= size
        assert len({item.identity for item in portion}) == len(portion)


async def test_twenty_a_request_and_answers_in_the_order_asked() -> None:
    ids = [f"u{number}" for number in range(45)]
    everyone = found({uid: {"user_name": uid} for uid in reversed(ids)})
    waits = Waits()
    async with RawServer(everyone) as server:
        outcomes = await v1(server.url).read_profiles(users(*ids, "u3", "u44"), waits.progress.append)
        sizes = sorted(len(request.json["user_ids"]) for request in server.requests)
    assert sizes == [5, 20, 20]
    assert [outcome.identity.value for outcome in outcomes] == [*ids, "u3", "u44"]
    assert [o.profile.properties["user_name"] for o in outcomes if o.profile] == [*ids, "u3", "u44"]
    assert waits.progress[-1].done == waits.progress[-1].total == 45


async def test_two_writes_for_one_user_are_two_requests_in_order() -> None:
    async with RawServer(written("a", "b")) as server:
        outcomes = await v1(server.url).write_profiles([write("a", x="1"), write("b"), write("a", x="2")])
        sent = [request.json["user_properties"] for request in server.requests]
    assert [[entry["user_id"] for entry in portion] for portion in sent] == [["a", "b"], ["a"]]
    assert sent[1][0]["properties"] == {"x": "2"}
    assert [how(outcome) for outcome in outcomes] == ["ok"] * 3


async def test_nobody_is_silently_missing() -> None:
    async with RawServer(found({"a": {}}, [failure(4999, "b", msg="no [/x] \x1b[2J")])) as server:
        outcomes = await v1(server.url).read_profiles(users("a", "b", "c"))
    assert codes(outcomes) == [None, "4999", "not-mentioned"]
    assert outcomes[1].message == "The server said: “no [/x] \\x1b[2J”"
    assert outcomes[2].message and how(outcomes[2]) == how(outcomes[1]) == "remark"


async def test_a_user_said_to_be_both_done_and_failed() -> None:
    async with RawServer(found({"a": {}}, [failure(4999, "a")])) as server:
        assert codes(await v1(server.url).read_profiles(users("a"))) == ["4999"]
    async with RawServer(written("a", failures=[failure(BUSY, "a")])) as server:
        (outcome,) = await v1(server.url).write_profiles([write("a")])
        assert (how(outcome), outcome.code) == ("remark", "contradiction")
        assert len(server.requests) == 1


async def test_an_answer_for_users_nobody_asked_about() -> None:
    waits = Waits()
    async with RawServer(written("a", "x", failures=[failure(BUSY, "y")])) as server:
        outcomes = await v1(server.url, waits).write_profiles([write("a"), write("b")], waits.progress.append)
        assert len(server.requests) == 1
    assert [outcome.identity.value for outcome in outcomes] == ["a", "b"]
    assert codes(outcomes) == [None, "not-mentioned"]
    assert "2 users nobody asked about" in outcomes[0].message
    assert any("2 users nobody asked about" in told.reason for told in waits.progress)


async def test_busy_users_alone_are_written_again() -> None:
    waits = Waits()
    replies = [
        written("a", failures=[failure(BUSY, "b", "c"), failure(4007, "d")]),
        written("c", failures=[failure(BUSY, "b")]),
        written("b"),
    ]
    async with RawServer(*replies) as server:
        outcomes = await v1(server.url, waits).write_profiles(
            [write(uid) for uid in "abcd"], waits.progress.append
        )
        asked = [[entry["user_id"] for entry in r.json["user_properties"]] for r in server.requests]
    assert asked == [["a", "b", "c", "d"], ["b", "c"], ["b"]]
    assert codes(outcomes) == [None, None, None, "4007"]
    assert [(told.attempt, told.waiting) for told in waits.progress[:2]] == [(2, 0.5), (3, 1.0)]


async def test_users_busy_to_the_end_have_failed() -> None:
    waits = Waits()
    async with RawServer(written(failures=[failure(BUSY, "a")])) as server:
        (outcome,) = await v1(server.url, waits).write_profiles([write("a")])
        assert len(server.requests) == 4
    assert (how(outcome), outcome.code) == ("remark", "5003")


async def test_a_retry_that_is_lost_leaves_its_users_unknown_and_the_others_done() -> None:
    async with RawServer(written("a", failures=[failure(BUSY, "b")]), cut) as server:
        outcomes = await v1(server.url).write_profiles([write("a"), write("b")])
    assert [how(outcome) for outcome in outcomes] == ["ok", "pending"]


async def test_other_5xxx_of_single_users_are_repeated_for_reads_only() -> None:
    async with RawServer(found({}, [failure(5001, "a")]), found({"a": {}})) as server:
        assert codes(await v1(server.url).read_profiles(users("a"))) == [None]
    async with RawServer(written(failures=[failure(5001, "a")])) as server:
        assert codes(await v1(server.url).write_profiles([write("a")])) == ["5001"]
        assert len(server.requests) == 1


async def test_an_error_for_good_stops_the_call() -> None:
    refused = http({"result_code": 4001, "result_msg": "bad token", "result_data": None}, 400)
    ids = [f"u{number}" for number in range(50)]
    async with RawServer(written(*ids[:20]), refused) as server:
        outcomes = await v1(server.url).write_profiles([write(uid) for uid in ids])
        assert len(server.requests) == 2
    assert codes(outcomes) == [None] * 20 + ["4001"] * 20 + ["not-sent"] * 10
    assert all(isinstance(outcome.error, TokenRejected) for outcome in outcomes[20:])


async def test_a_lost_write_does_not_stop_the_others() -> None:
    ids = [f"u{number}" for number in range(40)]
    async with RawServer(cut, written(*ids)) as server:
        outcomes = await v1(server.url).write_profiles([write(uid) for uid in ids])
    assert [how(outcome) for outcome in outcomes] == ["pending"] * 20 + ["ok"] * 20


def answer_with(**changes: object) -> dict[str, object]:
    rows = [{"user_id": "a", "properties": {"age": "30"}}]
    data: dict[str, object] = {"successful_user_properties": rows, "failure_details": []}
    return {"result_code": 2000, "result_msg": None, "result_data": data | changes}


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({}, "result_code"),
        ({"result_code": "2000", "result_msg": None, "result_data": {}}, "result_code"),
        ({"result_code": True, "result_msg": None, "result_data": {}}, "result_code"),
        ({"result_code": 2000, "result_data": {}}, "result_msg"),
        ({"result_code": 2000, "result_msg": None}, "result_data"),
        ({"result_code": 2000, "result_msg": None, "result_data": None}, "result_data"),
        (
            {"result_code": 2000, "result_msg": None, "result_data": {}},
            "result_data.successful_user_properties",
        ),
        (answer_with(successful_user_properties=3), "result_data.successful_user_properties"),
        (answer_with(failure_details=3), "result_data.failure_details"),
    ],
)
async def test_what_is_missing_or_wrong_is_named(content: object, path: str) -> None:
    async with RawServer(http(content)) as server:
        (outcome,) = await v1(server.url).read_profiles(users("a"))
        assert len(server.requests) == 1
    assert isinstance(outcome.error, AnswerUnreadable)
    assert f"field {path} is" in outcome.message
    assert "5551234" not in str(outcome)


async def test_extra_fields_are_no_error() -> None:
    content = answer_with(new=1, failure_details=None) | {"trace_id": "x", "\u2066": 1}
    async with RawServer(http(content)) as server:
        (outcome,) = await v1(server.url).read_profiles(users("a"))
    assert outcome.ok


async def test_values_come_through_untouched() -> None:
    properties = {"user_name": "[/x]\x1b", "n": 2**63 - 1, "m": -(2**63), "b": True, "f": 1.5e300, "z": "007"}
    async with RawServer(found({"a": properties})) as server:
        (outcome,) = await v1(server.url).read_profiles(users("a"))
    assert outcome.profile is not None
    got = outcome.profile.properties
    assert got == properties and outcome.profile.unreadable == {}
    assert got["b"] is True and type(got["n"]) is int


async def test_writes_are_sent_as_utf8_with_every_digit() -> None:
    big = 2**63 - 1
    consents = {Flag.MKT_SMS: State.UNSUBSCRIBED}
    async with RawServer(written("김철수")) as server:
        (outcome,) = await v1(server.url).write_profiles(
            [change(users("김철수")[0], consents, {"user_name": "이😀", "n": big, "f": 0.5, "b": False})]
        )
        assert "김철수".encode() in server.requests[0].content
        (entry,) = server.requests[0].json["user_properties"]
    assert outcome.ok
    sent = entry["properties"]
    assert sent == {"user_name": "이😀", "n": big, "f": 0.5, "b": False, "mkt_sms_flag": "Unsubscribed"}


UNSENDABLE = [
    (change(users("a")[0], {}, {"user_name": "x\ud800"}), "properties.user_name"),
    (change(users("a")[0], {}, {"x\ud800": "y"}), "properties"),
    (change(users("a\ud800")[0], {}, {"x": "y"}), "user_id"),
    (change(users("")[0], {}, {"x": "y"}), "user_id"),
    (change(users("a")[0], {}, {"x": ["y"]}), "properties.x"),
    (change(users("a")[0], {}, {"x": float("nan")}), "properties.x"),
    (change(users("a")[0], {}, {"mkt_flag": "Subscribed"}), "mkt_flag"),
    (change(users("a")[0], {Flag.MKT: State.NEVER_SET}), "mkt_flag"),
    (change(external("a"), {}, {"x": "y"}), "external_id"),
]


@pytest.mark.parametrize(("bad", "field"), UNSENDABLE)
async def test_what_cannot_be_sent_fails_alone(bad: ProfileWrite, field: str) -> None:
    async with RawServer(written("b")) as server:
        outcomes = await v1(server.url).write_profiles([bad, write("b")])
        assert [entry["user_id"] for entry in server.requests[0].json["user_properties"]] == ["b"]
    assert [outcome.identity for outcome in outcomes] == [bad.identities[0], users("b")[0]]
    assert (how(outcomes[0]), outcomes[0].code) == ("refused", "invalid")
    assert field in outcomes[0].message
    assert outcomes[1].ok


async def test_what_users_share_is_sent_for_each_that_can_be_sent() -> None:
    consents, properties = {Flag.MKT_SMS: State.UNSUBSCRIBED}, {"age": "30"}
    async with RawServer(written("a", "b")) as server:
        api = v1(server.url)
        writes = [ProfileWrite(tuple(users("a", "", "b")), consents, properties)]
        assert codes(await api.write_profiles(writes)) == [None, "invalid", None]
        sent = {"mkt_sms_flag": "Unsubscribed", "age": "30"}
        assert server.requests[0].json == {
            "user_properties": [{"user_id": user, "properties": sent} for user in ("a", "b")]
        }
        unsendable = {"age": "\ud800"}
        writes = [ProfileWrite(tuple(users("a", "b")), consents, unsendable)]
        assert codes(await api.write_profiles(writes)) == ["invalid", "invalid"]
        assert len(server.requests) == 1


NAMED = ("user_id", "user_id", "email")


async def test_nothing_to_ask_is_nothing_sent() -> None:
    async with RawServer(b"") as server:
        api = v1(server.url)
        assert await api.read_profiles([]) == await api.write_profiles([]) == []
        outcomes = await api.read_profiles([*users("", "\ud800"), Identity(IdentityKind.EMAIL, "a@b")])
        assert codes(outcomes) == ["invalid"] * 3
        assert [field in outcome.message for field, outcome in zip(NAMED, outcomes, strict=True)] == [
            True
        ] * 3
        assert codes(await api.write_ci([CiWrite((users("a")[0],), {"kakao_id": "\ud800"})])) == ["invalid"]
        assert server.requests == []


INVALID = http({"result_code": 4002, "result_msg": "empty", "result_data": None}, 400)


async def test_the_delete_key_that_worked_is_kept() -> None:
    async with RawServer(INVALID, written("a"), written("a"), INVALID) as server:
        api = v1(server.url)
        assert codes(await api.delete_ci(users("a"), ["kakao_id"])) == [None]
        assert codes(await api.delete_ci(users("a"), ["kakao_id"])) == [None]
        assert codes(await api.delete_ci(users("a"), ["kakao_id"])) == ["4002"]
        keys = [next(iter(set(request.json) - {"user_ci_property_names"})) for request in server.requests]
    assert keys == ["user_ids", "user_id", "user_id", "user_id"]


async def test_a_delete_refused_both_ways_has_failed() -> None:
    async with RawServer(INVALID) as server:
        (outcome,) = await v1(server.url).delete_ci(users("a"), ["kakao_id"])
        assert len(server.requests) == 2
    assert (how(outcome), outcome.code) == ("refused", "4002")


async def test_a_delete_lost_the_second_way_is_unknown() -> None:
    async with RawServer(INVALID, cut) as server:
        (outcome,) = await v1(server.url).delete_ci(users("a"), ["kakao_id"])
    assert how(outcome) == "pending"


async def test_what_this_api_version_does_not_have() -> None:
    async with RawServer(b"") as server:
        api = v1(server.url)
        other = [Identity(IdentityKind.EMAIL, "a@b")]
        outcome = await api.link(users("a")[0], other)
        assert (how(outcome), outcome.code) == ("refused", "not-supported")
        assert server.requests == []


async def test_probe() -> None:
    old = {"Date": "Wed, 01 Jan 2020 12:00:00 GMT"}
    data: dict[str, object] = {"successful_user_properties": [], "failure_details": []}
    reply = http({"result_code": 2000, "result_msg": None, "result_data": data}, headers=old)
    async with RawServer(reply) as server:
        probe = await v1(server.url).probe()
        assert server.requests[0].json["property_names"] == ["mkt_flag"]
    assert probe.ok and probe.error is None
    assert any("behind" in line for line in probe.lines)
    refused = http({"result_code": 4001, "result_msg": "", "result_data": None}, 400)
    async with RawServer(refused) as server:
        probe = await v1(server.url).probe()
    assert not probe.ok and isinstance(probe.error, TokenRejected)
