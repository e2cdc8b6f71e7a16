"""Version 2 as the sandbox answers it, over real HTTP."""

import csv
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dfn_tui.sandbox.options import SandboxOptions
from tests.sandbox_thread import SandboxThread

PROFILE, IDENTITIES, DELETE = "/api/v1/user-profile", "/api/v1/identities", "/api/v1/identities/delete"
EXPORT = "/api/v1/export/userprofile"
NOW = "2024-06-24T06:42:25.394Z"
OK = {"status": True, "code": "20000", "message": "OK", "data": True}
COLUMNS = "SELECT phone_no, email, kakao_user_id, line_user_id FROM users WHERE user_id = ?"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=20)) as running:
        yield running


def post(sandbox: SandboxThread, path: str, body: object) -> httpx.Response:
    headers = {"access_token": sandbox.token}
    return httpx.post(f"{sandbox.url}{path}?service_id={sandbox.service_id}", headers=headers, json=body)


def code(sandbox: SandboxThread, path: str, body: object) -> tuple[int, str]:
    response = post(sandbox, path, body)
    assert response.json()["status"] is (response.json()["code"] == "20000")
    return response.status_code, response.json()["code"]


def change(identity: object, **properties: object) -> dict[str, Any]:
    return {"identity": identity, "user_properties": properties, "request_datetime": NOW}


def naming(**identity: object) -> dict[str, Any]:
    return {"identity": identity, "request_datetime": NOW}


def export(sandbox: SandboxThread, **body: object) -> list[dict[str, str]]:
    response = ask_export(sandbox, **body)
    assert response.status_code == 200
    return list(csv.DictReader(response.text.splitlines()))


def ask_export(sandbox: SandboxThread, **body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.export_token}"}
    return httpx.post(f"{sandbox.url}{EXPORT}?service_id={sandbox.service_id}", headers=headers, json=body)


@pytest.mark.parametrize("kind", ["user_id", "phone_no", "email", "kakao_user_id", "line_user_id"])
def test_a_user_is_written_by_any_identity(sandbox: SandboxThread, kind: str) -> None:
    ((value,),) = sandbox.state.query(f"SELECT {kind} FROM users WHERE user_id = 'user-0003'")
    identity = {"external_id" if kind == "user_id" else kind: value}
    response = post(sandbox, PROFILE, change(identity, df_sms_ads_optin=False, df_gender="Other"))
    assert (response.status_code, response.json()) == (200, OK)
    ((flag, properties),) = sandbox.state.query(
        "SELECT mkt_sms_flag, df_properties FROM users WHERE user_id = 'user-0003'"
    )
    assert flag == "Unsubscribed"
    assert json.loads(properties)["df_gender"] == "Other"
    assert json.loads(properties)["df_name"]


def test_an_unknown_identity_creates_a_user(sandbox: SandboxThread) -> None:
    post(sandbox, PROFILE, change({"email": "new@example.com"}, df_push_night_ads_optin=True))
    rows = sandbox.state.query("SELECT user_id, night_push_flag FROM users WHERE email = 'new@example.com'")
    assert rows == [(None, "Subscribed")]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("df_name", "민지", True),
        ("df_name", 7, False),
        ("df_gender", "female", False),
        ("df_gender", ["Female"], False),
        ("df_birth", "1994-02-28", True),
        ("df_birth", "1994-02-30", False),
        ("points", 9_007_199_254_740_993, True),
        ("points", 2**63, False),
        ("points", 1.5, False),
        ("points", True, False),
        ("average_basket", 1.5, True),
        ("average_basket", "1.5", False),
        ("vip", True, True),
        ("vip", "true", False),
        ("vip", None, False),
        ("last_login", "2024-06-24T06:42:25Z", True),
        ("last_login", "2024-06-24T06:42:25+09:00", False),
        ("last_login", "2024-13-24T06:42:25Z", False),
        ("interests", ["여행"], True),
        ("interests", ["여행", 1], False),
        ("interests", ["x" * 8192], True),
        ("interests", ["한" * 2731], False),
        ("order_numbers", [1, 2], True),
        ("ratings", [1, 2.5], True),
        ("not_registered", "x", False),
    ],
)
def test_only_registered_properties_of_the_right_type_are_stored(
    sandbox: SandboxThread, name: str, value: object, stored: bool
) -> None:
    sandbox.state.write_df(1, {}, {name: "before"})
    assert code(sandbox, PROFILE, change({"external_id": "user-0001"}, **{name: value})) == (200, "20000")
    ((properties,),) = sandbox.state.query("SELECT df_properties FROM users WHERE id = 1")
    assert json.loads(properties)[name] == (value if stored else "before")


def test_a_consent_of_the_wrong_type_is_not_stored(sandbox: SandboxThread) -> None:
    for value in (None, "true", 0):
        post(sandbox, PROFILE, change({"external_id": "user-0001"}, df_sms_ads_optin=value))
    assert sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE id = 1") == [("Subscribed",)]


def consents(sandbox: SandboxThread, user: str) -> tuple[Any, ...]:
    [row] = sandbox.state.query("SELECT mkt_sms_flag, mkt_push_flag FROM users WHERE user_id = ?", user)
    return row


def test_linking_somebody_elses_identity_makes_one_person_of_two(sandbox: SandboxThread) -> None:
    ((taken,),) = sandbox.state.query("SELECT phone_no FROM users WHERE user_id = 'user-0002'")
    post(sandbox, PROFILE, change({"external_id": "first"}, df_sms_ads_optin=False))
    second = change({"external_id": "user-0002"}, df_sms_ads_optin=True, df_push_ads_optin=True, points=7)
    post(sandbox, PROFILE, second)
    assert code(sandbox, IDENTITIES, naming(external_id="first", phone_no=taken)) == (200, "20000")
    assert sandbox.state.query(COLUMNS, "user-0002") == [], "the other is gone"
    assert sandbox.state.query(COLUMNS, "first")[0][0] == taken
    assert consents(sandbox, "first") == ("Unsubscribed", "Subscribed"), (
        "what was set stays, the rest comes over"
    )
    ((properties,),) = sandbox.state.query("SELECT df_properties FROM users WHERE user_id = 'first'")
    assert json.loads(properties)["points"] == 7


def test_linking_an_unknown_external_id_takes_over_whoever_had_the_address(sandbox: SandboxThread) -> None:
    post(sandbox, IDENTITIES, naming(external_id="new", email="user2@example.com"))
    assert sandbox.state.query(COLUMNS, "new")[0][1] == "user2@example.com"
    assert sandbox.state.query(COLUMNS, "user-0002") == []


def test_an_external_id_is_given_to_a_user_who_had_none(sandbox: SandboxThread) -> None:
    post(sandbox, PROFILE, change({"email": "new@example.com"}, df_name="New"))
    post(sandbox, IDENTITIES, naming(external_id="new", email="new@example.com"))
    ((properties,),) = sandbox.state.query("SELECT df_properties FROM users WHERE user_id = 'new'")
    assert json.loads(properties) == {"df_name": "New"}


def test_deleting_needs_the_external_id(sandbox: SandboxThread) -> None:
    assert code(sandbox, DELETE, naming(phone_no="821010007919")) == (200, "40001")
    assert code(sandbox, DELETE, naming(external_id="nobody-here")) == (200, "20000")


@pytest.mark.parametrize("beside", [{}, {"email": "user3@example.com"}, {"phone_no": "not theirs"}])
def test_deleting_takes_the_whole_person(sandbox: SandboxThread, beside: dict[str, str]) -> None:
    assert code(sandbox, DELETE, naming(external_id="user-0003", **beside)) == (200, "20000")
    assert sandbox.state.query("SELECT * FROM users WHERE id = 3") == []


@pytest.mark.parametrize("path", [PROFILE, IDENTITIES, DELETE])
def test_who_calls_is_checked(sandbox: SandboxThread, path: str) -> None:
    def ask(query: str, **headers: str) -> tuple[int, str, str]:
        response = httpx.post(sandbox.url + path + query, headers=headers, json={})
        return response.status_code, response.json()["code"], response.json()["message"]

    assert ask("", access_token=sandbox.token) == (200, "40101", "INVALID_SERVICE_ID")
    assert ask("?service_id=other", access_token=sandbox.token) == (200, "40101", "INVALID_SERVICE_ID")
    assert ask("?service_id=sandbox", access_token="wrong") == (200, "40201", "INVALID_TOKEN")
    assert ask("?service_id=sandbox", Authorization=f"Bearer {sandbox.token}")[1] == "40201"
    assert httpx.get(sandbox.url + path).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        {},
        naming(),
        naming(external_id=""),
        naming(external_id=7),
        naming(user_id="user-0001"),
        {"identity": {"external_id": "user-0001"}},
        {"identity": {"external_id": "user-0001"}, "request_datetime": "today"},
        {"identity": ["user-0001"], "request_datetime": NOW},
    ],
)
def test_a_200_that_failed(sandbox: SandboxThread, body: dict[str, Any]) -> None:
    for path in (PROFILE, IDENTITIES, DELETE):
        assert code(sandbox, path, body | {"user_properties": {"df_name": "x"}}) == (200, "40001")


def test_a_profile_needs_properties(sandbox: SandboxThread) -> None:
    assert code(sandbox, PROFILE, naming(external_id="user-0001")) == (200, "40001")
    assert code(sandbox, PROFILE, change({"external_id": "user-0001"})) == (200, "40001")


def test_a_body_that_is_no_object_is_a_bad_request(sandbox: SandboxThread) -> None:
    assert code(sandbox, PROFILE, ["x"]) == (200, "40000")


def test_the_export_shows_every_user_and_three_states(sandbox: SandboxThread) -> None:
    rows = export(sandbox, properties_condition_type="all")
    assert len(rows) == 20
    assert list(rows[0])[:2] == ["df_unified_id", "df_external_id"]
    assert rows[0]["df_sms_ads_optin"] == "true"
    assert rows[3]["df_sms_ads_optin"] == ""
    assert rows[6]["df_sms_ads_optin"] == "false"
    assert json.loads(rows[0]["order_numbers"]) == [1001, 1002]


def test_the_export_can_include_and_exclude(sandbox: SandboxThread) -> None:
    included = export(
        sandbox, properties_condition_type="include", properties=["df_gender", "df_external_id"]
    )
    assert list(included[0]) == ["df_unified_id", "df_external_id", "df_gender"]
    excluded = export(
        sandbox, properties_condition_type="exclude", properties=["df_gender", "df_external_id"]
    )
    assert not {"df_gender", "df_external_id"} & excluded[0].keys()
    assert {"df_unified_id", "df_name"} < excluded[0].keys()


def test_the_export_of_an_audience(sandbox: SandboxThread) -> None:
    rows = export(sandbox, properties_condition_type="all", audience="nwh3nu")
    assert {row["df_push_ads_optin"] for row in rows} == {"true"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties_condition_type": "some"},
        {"properties_condition_type": "include"},
        {"properties_condition_type": "include", "properties": ["no_such_property"]},
        {"properties_condition_type": "include", "properties": "df_name"},
        {"properties_condition_type": "all", "audience": "no-such-audience"},
        {"properties_condition_type": "all", "audience": ["nwh3nu"]},
    ],
)
def test_exports_that_are_refused(sandbox: SandboxThread, body: dict[str, object]) -> None:
    response = ask_export(sandbox, **body)
    assert (response.status_code, response.json()) == (
        400,
        {"result": "fail", "message": "invalid_parameter"},
    )


def test_the_export_takes_its_own_token_and_a_service(sandbox: SandboxThread) -> None:
    body = {"properties_condition_type": "all"}
    imported = {"Authorization": f"Bearer {sandbox.token}"}
    exported = {"Authorization": f"Bearer {sandbox.export_token}"}
    with_service = f"{sandbox.url}{EXPORT}?service_id={sandbox.service_id}"
    assert httpx.post(with_service, headers=imported, json=body).json()["message"] == "unauthorized_token"
    missing = httpx.post(sandbox.url + EXPORT, headers=exported, json=body)
    assert (missing.status_code, missing.json()["message"]) == (400, "invalid_parameter")


@pytest.mark.slow
async def test_at_most_five_exports_run_at_the_same_time() -> None:
    with SandboxThread(SandboxOptions(users=1100)) as sandbox:
        for row in range(1, 1101):  # more than any socket buffer holds: what nobody reads stays unfinished
            sandbox.state.write_df(row, {}, {"df_name": "x" * 30_000})
        url = f"{sandbox.url}{EXPORT}?service_id={sandbox.service_id}"
        headers = {"Authorization": f"Bearer {sandbox.export_token}"}
        body = {"properties_condition_type": "include", "properties": ["df_name"]}
        async with httpx.AsyncClient(headers=headers) as client:
            running = [
                await client.send(client.build_request("POST", url, json=body), stream=True) for _ in range(5)
            ]
            refused = await client.post(url, json=body)
            assert (refused.status_code, refused.json()["message"]) == (429, "too_many_api_requests")
            assert len(await running[0].aread()) > 1100 * 30_000
            again = await client.send(client.build_request("POST", url, json=body), stream=True)
            assert again.status_code == 200
            for response in (*running, again):
                await response.aclose()
