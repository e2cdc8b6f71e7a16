"""Version 1 as the sandbox answers it, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dfn_tui.consent.flags import Flag
from dfn_tui.sandbox.options import SandboxOptions
from tests.sandbox_thread import SandboxThread

PROFILE, UPDATE = "/api/v1/users/profile", "/api/v1/users/profile/update"
CI, CI_UPDATE, CI_DELETE = "/api/v1/users/ci", "/api/v1/users/ci/update", "/api/v1/users/ci/delete"
NAMES = ["kakao_id", "phone_number"]


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=20)) as running:
        yield running


def post(sandbox: SandboxThread, path: str, body: object, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or sandbox.token}"}
    return httpx.post(sandbox.url + path, headers=headers, json=body)


def data(sandbox: SandboxThread, path: str, body: object) -> dict[str, Any]:
    response = post(sandbox, path, body)
    assert response.status_code == 200
    assert response.json()["result_code"] == 2000
    found: dict[str, Any] = response.json()["result_data"]
    return found


def refusal(sandbox: SandboxThread, path: str, body: object) -> tuple[int, int]:
    response = post(sandbox, path, body)
    assert response.json()["result_data"] is None
    return response.status_code, response.json()["result_code"]


def write(user_id: object, /, **properties: object) -> dict[str, Any]:
    return {"user_properties": [{"user_id": user_id, "properties": properties}]}


def write_ci(**fields: object) -> dict[str, Any]:
    return {"user_ci_properties": [{"user_id": "user-0001", "properties": fields}]}


def read(sandbox: SandboxThread, *user_ids: str) -> list[dict[str, Any]]:
    found = data(sandbox, PROFILE, {"user_ids": user_ids})["successful_user_properties"]
    assert [one["user_id"] for one in found] == list(user_ids)
    return [one["properties"] for one in found]


def test_an_unknown_user_is_answered_with_nine_undefined_flags(sandbox: SandboxThread) -> None:
    assert read(sandbox, "nobody-here") == [dict.fromkeys(Flag, "Undefined")]


def test_a_read_without_names_gives_every_flag_and_property_in_the_order_asked(
    sandbox: SandboxThread,
) -> None:
    fourth, first, again = read(sandbox, "user-0004", "user-0001", "user-0001")
    assert first == again
    assert {first[flag] for flag in Flag} == {"Subscribed"}
    assert {fourth[flag] for flag in Flag} == {"Undefined"}
    assert first["age"].isdecimal()
    assert {"user_name", "gender", "email", "vip", "points"} < first.keys()


def test_a_read_gives_only_the_names_asked_for(sandbox: SandboxThread) -> None:
    request = {"user_ids": ["user-0004"], "property_names": ["mkt_flag", "no_such_property"]}
    found = data(sandbox, PROFILE, request)["successful_user_properties"]
    assert found == [{"user_id": "user-0004", "properties": {"mkt_flag": "Undefined"}}]


def test_a_write_touches_what_it_names_and_nothing_else(sandbox: SandboxThread) -> None:
    (before,) = read(sandbox, "user-0001")
    done = data(
        sandbox, UPDATE, write("user-0001", mkt_sms_flag="Unsubscribed", note="민지 [/foo]", big=2**70)
    )
    assert done == {"successful_user_ids": ["user-0001"], "failure_details": None}
    changed = {"mkt_sms_flag": "Unsubscribed", "note": "민지 [/foo]", "big": 2**70}
    assert read(sandbox, "user-0001") == [before | changed]
    assert sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", "user-0001") == [
        ("Unsubscribed",)
    ]


def test_a_write_creates_a_user_that_is_unknown(sandbox: SandboxThread) -> None:
    data(sandbox, UPDATE, write("new", mkt_flag="Subscribed"))
    assert read(sandbox, "new") == [dict.fromkeys(map(str, Flag), "Undefined") | {"mkt_flag": "Subscribed"}]


def test_ids_may_be_given_twice_and_the_later_write_counts(sandbox: SandboxThread) -> None:
    first, second = write("twice", note="first"), write("twice", note="second")
    body = {"user_properties": first["user_properties"] + second["user_properties"]}
    assert data(sandbox, UPDATE, body)["successful_user_ids"] == ["twice", "twice"]
    assert read(sandbox, "twice")[0]["note"] == "second"


def test_ci_fields_are_read_set_and_deleted(sandbox: SandboxThread) -> None:
    data(sandbox, CI_UPDATE, write_ci(kakao_id="0000000001"))
    data(sandbox, CI_UPDATE, write_ci(phone_number="821012345678"))
    asked = {"user_ids": ["user-0001", "nobody-here"], "user_ci_property_names": NAMES}
    found = data(sandbox, CI, asked)["successful_user_ci_properties"]
    assert found == [
        {"user_id": "user-0001", "properties": {"kakao_id": "0000000001", "phone_number": "821012345678"}},
        {"user_id": "nobody-here", "properties": {}},
    ]
    data(sandbox, CI_DELETE, {"user_ids": ["user-0001"], "user_ci_property_names": ["kakao_id"]})
    found = data(sandbox, CI, asked)["successful_user_ci_properties"]
    assert found[0]["properties"] == {"phone_number": "821012345678"}


@pytest.mark.parametrize("path", [PROFILE, UPDATE, CI, CI_UPDATE, CI_DELETE])
def test_every_call_wants_the_token_and_post(sandbox: SandboxThread, path: str) -> None:
    response = post(sandbox, path, {}, token="wrong")
    assert (response.status_code, response.json()["result_code"]) == (400, 4001)
    plain = httpx.post(sandbox.url + path, headers={"access_token": sandbox.token}, json={})
    assert (plain.status_code, plain.json()["result_code"]) == (400, 4001)
    assert httpx.get(sandbox.url + path).status_code == 405
    assert refusal(sandbox, path, {}) == (400, 4002)
    assert refusal(sandbox, path, ["no object"]) == (400, 4002)


@pytest.mark.parametrize("user_ids", [[], [""], [None], [7], "user-0001", ["user-0001"] * 21])
def test_ids_that_are_refused(sandbox: SandboxThread, user_ids: object) -> None:
    assert refusal(sandbox, PROFILE, {"user_ids": user_ids}) == (400, 4002)


def test_twenty_ids_are_served(sandbox: SandboxThread) -> None:
    assert len(read(sandbox, *(f"user-{number:04d}" for number in range(1, 21)))) == 20


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (write("user-0001", mkt_flag=None), 4002),
        (write("user-0001", note=["a", "list"]), 4002),
        (write("user-0001", note={"an": "object"}), 4002),
        (write("user-0001", age=30), 4002),
        (write("user-0001"), 4002),
        (write("", note="x"), 4002),
        (write(None, note="x"), 4002),
        (write("user-0001", mkt_flag="Undefined"), 4007),
        (write("user-0001", mkt_flag="yes"), 4007),
        (write("user-0001", mkt_flag=True), 4007),
        (write("user-0001", user_id="user-0002"), 4007),
        ({"user_properties": ["user-0001"]}, 4002),
        ({"user_properties": [{"user_id": "user-0001", "properties": ["a"]}]}, 4002),
    ],
)
def test_profile_writes_that_are_refused(sandbox: SandboxThread, body: dict[str, Any], code: int) -> None:
    before = sandbox.state.query("SELECT * FROM users")
    body["user_properties"].insert(0, write("user-0002", note="must not be stored")["user_properties"][0])
    assert refusal(sandbox, UPDATE, body) == (400, code)
    assert sandbox.state.query("SELECT * FROM users") == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (write_ci(kakao_id="123456789"), 4008),
        (write_ci(kakao_id="012345678x"), 4008),
        (write_ci(kakao_id=1234567890), 4002),
        (write_ci(kakao_id=None), 4002),
        (write_ci(phone_number="+821012345678"), 4007),
        (write_ci(phone_number="010-1234-5678"), 4007),
        (write_ci(line_id="x"), 4007),
    ],
)
def test_ci_writes_that_are_refused(sandbox: SandboxThread, body: object, code: int) -> None:
    before = sandbox.state.query("SELECT * FROM users")
    assert refusal(sandbox, CI_UPDATE, body) == (400, code)
    assert sandbox.state.query("SELECT * FROM users") == before


def test_ci_names_are_required_and_known(sandbox: SandboxThread) -> None:
    for path in (CI, CI_DELETE):
        assert refusal(sandbox, path, {"user_ids": ["user-0001"]}) == (400, 4002)
        assert refusal(sandbox, path, {"user_ids": ["user-0001"], "user_ci_property_names": []}) == (
            400,
            4002,
        )
        unknown = {"user_ids": ["user-0001"], "user_ci_property_names": ["kakao_id", "x"]}
        assert refusal(sandbox, path, unknown) == (400, 4007)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"user_ids": ["\\ud800"]}',
        b'{"user_ids": ["a"], "x": NaN}',
        b'{"user_ids": ["a"], "x": 1e999}',
        b"[" * 100_000,
        b'{"user_ids": ["a"], "x": ' + b"9" * 5000 + b"}",
    ],
)
def test_bodies_that_cannot_be_read_or_stored(sandbox: SandboxThread, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    response = httpx.post(sandbox.url + PROFILE, headers=headers, content=body)
    assert (response.status_code, response.json()["result_code"]) == (400, 4002)
