"""Every fault the sandbox can show, over real sockets."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dfn_tui.sandbox.options import Faults, RateLimit, SandboxOptions
from tests.sandbox_thread import SandboxThread

UPDATE, DELETE = "/api/v1/users/profile/update", "/api/v1/users/ci/delete"
IDS = [f"user-{number:04d}" for number in range(1, 21)]
NOTES = "SELECT count(*) FROM users WHERE json_extract(properties, '$.note') = 'x'"
NOW = "2024-06-24T06:42:25.394Z"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=20)) as running:
        yield running


def post(sandbox: SandboxThread, path: str, body: object) -> httpx.Response:
    return httpx.post(sandbox.url + path, headers={"Authorization": f"Bearer {sandbox.token}"}, json=body)


def read(sandbox: SandboxThread) -> httpx.Response:
    return post(sandbox, "/api/v1/users/profile", {"user_ids": IDS})


def write(sandbox: SandboxThread) -> httpx.Response:
    changes = [{"user_id": user_id, "properties": {"note": "x"}} for user_id in IDS]
    return post(sandbox, UPDATE, {"user_properties": changes})


def write_2(sandbox: SandboxThread, path: str = "/api/v1/user-profile") -> httpx.Response:
    body = {
        "identity": {"external_id": "user-0001"},
        "user_properties": {"df_name": "x"},
        "request_datetime": NOW,
    }
    url = f"{sandbox.url}{path}?service_id={sandbox.service_id}"
    return httpx.post(url, headers={"access_token": sandbox.token}, json=body)


def export(sandbox: SandboxThread) -> httpx.Response:
    url = f"{sandbox.url}/api/v1/export/userprofile?service_id={sandbox.service_id}"
    headers = {"Authorization": f"Bearer {sandbox.export_token}"}
    return httpx.post(url, headers=headers, json={"properties_condition_type": "all"})


def split(response: httpx.Response, key: str) -> tuple[list[str], list[str]]:
    """The users that succeeded and those that failed, all with 5003."""
    data: dict[str, Any] = response.json()["result_data"]
    (failure,) = data["failure_details"]
    assert failure["code"] == 5003
    done = [one if isinstance(one, str) else one["user_id"] for one in data[key]]
    return done, failure["user_ids"]


def test_busy_users_are_neither_read_nor_written(sandbox: SandboxThread) -> None:
    sandbox.faults.busy_rate = 0.5
    done, busy = split(write(sandbox), "successful_user_ids")
    assert sorted(done + busy) == IDS
    assert sandbox.state.query(NOTES) == [(len(done),)]
    done, busy = split(read(sandbox), "successful_user_properties")
    assert sorted(done + busy) == IDS
    names = {"user_ci_property_names": ["kakao_id"]}
    done, busy = split(post(sandbox, DELETE, {"user_ids": IDS} | names), "successful_user_ids")
    marks = ", ".join("?" * len(done))
    left = sandbox.state.query(f"SELECT kakao_id FROM users WHERE user_id IN ({marks})", *done)
    assert set(left) == {(None,)}
    done, busy = split(
        post(sandbox, "/api/v1/users/ci", {"user_ids": IDS} | names), "successful_user_ci_properties"
    )
    assert sorted(done + busy) == IDS


def test_chance_repeats_with_the_seed() -> None:
    answers = []
    for _ in range(2):
        with SandboxThread(SandboxOptions(users=20, seed=7, faults=Faults(busy_rate=0.5))) as sandbox:
            answers.append([write(sandbox).json(), read(sandbox).json()])
    assert answers[0] == answers[1]


def test_named_users_are_busy_until_told_otherwise(sandbox: SandboxThread) -> None:
    sandbox.faults.busy_users = frozenset({"user-0002"})
    assert split(write(sandbox), "successful_user_ids")[1] == ["user-0002"]
    sandbox.faults.busy_users = frozenset()
    assert write(sandbox).json()["result_data"]["failure_details"] is None


def test_an_error_is_html_and_applies_nothing(sandbox: SandboxThread) -> None:
    before = sandbox.state.query("SELECT * FROM users")
    sandbox.faults.error_rate = 1.0
    for response in (write(sandbox), write_2(sandbox), export(sandbox)):
        assert response.status_code == 500
        assert response.headers["content-type"].startswith("text/html")
    assert sandbox.state.query("SELECT * FROM users") == before


def test_a_drop_applies_the_write_and_answers_nothing(sandbox: SandboxThread) -> None:
    sandbox.faults.drop_rate = 1.0
    for send in (write, write_2, export):
        with pytest.raises(httpx.RemoteProtocolError):
            send(sandbox)
    assert sandbox.state.query(NOTES) == [(20,)]
    assert sandbox.state.query("SELECT json_extract(df_properties, '$.df_name') FROM users WHERE id = 1") == [
        ("x",)
    ]
    sandbox.faults.drop_rate = 0.0
    assert read(sandbox).status_code == 200


def test_latency_delays_and_changes_nothing(sandbox: SandboxThread) -> None:
    sandbox.faults.latency_ms = 500
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(sandbox.url + UPDATE, json={}, timeout=httpx.Timeout(5, read=0.01))
    assert write(sandbox).status_code == 200


def test_the_rate_limit_refuses_and_says_until_when(sandbox: SandboxThread) -> None:
    sandbox.faults.rate_limit = RateLimit(2, "1H")
    first, second, third = read(sandbox), write(sandbox), read(sandbox)
    assert [response.status_code for response in (first, second, third)] == [200, 200, 429]
    assert third.json() == {"result_code": 4006, "result_msg": "Rate limit exceeded.", "result_data": None}
    assert [response.headers["X-Rate-Limit-Remaining"] for response in (first, second, third)] == [
        "1",
        "0",
        "0",
    ]
    assert third.headers["X-Rate-Limit-Limit"] == "1H"
    assert third.headers["X-Rate-Limit-Reset"] == first.headers["X-Rate-Limit-Reset"]


def test_a_refused_write_is_not_applied(sandbox: SandboxThread) -> None:
    sandbox.faults.rate_limit = RateLimit(1, "1H")
    read(sandbox)
    assert write(sandbox).status_code == 429
    assert sandbox.state.query(NOTES) == [(0,)]


def test_the_window_opens_again() -> None:
    with SandboxThread(SandboxOptions(users=1, faults=Faults(rate_limit=RateLimit(1, "1s")))) as sandbox:
        statuses = {read(sandbox).status_code}
        while statuses != {200, 429}:
            statuses.add(read(sandbox).status_code)
        while read(sandbox).status_code == 429:
            pass


def test_each_documented_limit_has_a_window_of_its_own(sandbox: SandboxThread) -> None:
    sandbox.faults.rate_limit = sandbox.faults.export_rate_limit = RateLimit(1, "1H")
    for send in (read, write_2, lambda running: write_2(running, "/api/v1/identities"), export):
        assert send(sandbox).status_code == 200
    refused = write_2(sandbox)
    assert (refused.status_code, refused.json()["code"]) == (200, "40401")
    assert write_2(sandbox, "/api/v1/identities/delete").json()["code"] == "40401"
    assert export(sandbox).json() == {"result": "fail", "message": "too_many_api_requests"}


def test_the_reset_in_seconds_and_milliseconds_and_both_spellings(sandbox: SandboxThread) -> None:
    seconds = read(sandbox).headers["X-Rate-Limit-Reset"]
    sandbox.faults.rate_limit_reset = "milliseconds"
    assert read(sandbox).headers["X-Rate-Limit-Reset"] == seconds + "000"
    sandbox.faults.rate_limit_spelling = "x-ratelimit"
    headers = read(sandbox).headers
    assert headers["x-ratelimit-reset"] == seconds + "000"
    assert headers["x-ratelimit-limit"] == "1m"
    assert "x-ratelimit-remaining" in headers
    assert "x-rate-limit-reset" not in headers
    sandbox.faults.rate_limit_spelling = "none"
    assert not [name for name in read(sandbox).headers if "rate" in name]


@pytest.mark.parametrize(
    ("accepted", "key", "status"),
    [
        ("both", "user_ids", 200),
        ("both", "user_id", 200),
        ("user_ids", "user_ids", 200),
        ("user_ids", "user_id", 400),
        ("user_id", "user_id", 200),
        ("user_id", "user_ids", 400),
    ],
)
def test_the_key_of_ci_delete(sandbox: SandboxThread, accepted: Any, key: str, status: int) -> None:
    sandbox.faults.delete_key = accepted
    response = post(sandbox, DELETE, {key: ["user-0001"], "user_ci_property_names": ["phone_number"]})
    assert response.status_code == status
    assert response.json()["result_code"] == (2000 if status == 200 else 4002)
    left = sandbox.state.query("SELECT phone_number IS NULL FROM users WHERE user_id = 'user-0001'")
    assert left == [(status == 200,)]


@pytest.mark.parametrize(
    ("code", "status"), [("4003", 403), ("4004", 403), ("4005", 400), ("4007", 400), ("4008", 400)]
)
def test_documented_refusals_of_version_1(sandbox: SandboxThread, code: str, status: int) -> None:
    sandbox.faults.refuse = code
    response = write(sandbox)
    assert (response.status_code, response.json()["result_code"]) == (status, int(code))
    assert write_2(sandbox).json()["code"] == "20000"
    assert export(sandbox).status_code == 200


@pytest.mark.parametrize("code", ["40402", "40403", "50000", "40000", "40001", "40401"])
def test_documented_refusals_of_version_2(sandbox: SandboxThread, code: str) -> None:
    sandbox.faults.refuse = code
    response = write_2(sandbox)
    assert (response.status_code, response.json()["code"]) == (200, code)
    assert write(sandbox).status_code == 200


@pytest.mark.parametrize(
    ("message", "status"),
    [("client_connection_closed", 200), ("exceed_date_range_limit", 400), ("unknown_error", 500)],
)
def test_documented_refusals_of_the_export(sandbox: SandboxThread, message: str, status: int) -> None:
    sandbox.faults.refuse = message
    response = export(sandbox)
    assert (response.status_code, response.json()) == (status, {"result": "fail", "message": message})


def test_requests_are_recorded_as_they_came_in(sandbox: SandboxThread) -> None:
    write_2(sandbox)
    (request,) = sandbox.requests
    assert (request.method, request.path, request.query) == (
        "POST",
        "/api/v1/user-profile",
        "service_id=sandbox",
    )
    assert request.headers["access_token"] == sandbox.token
    assert b'"df_name"' in request.body
    assert sandbox.token not in repr(request) + repr(sandbox.options)


@pytest.mark.parametrize("text", ["", "100", "0/1m", "100/", "100/1w", "100/0m", "-1/1m", "100/1m "])
def test_rate_limits_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        RateLimit.parse(text)


def test_rate_limits_as_documented() -> None:
    seconds = {"1y": 31_536_000, "1M": 2_592_000, "1d": 86_400, "1H": 3_600, "m": 60, "30s": 30}
    assert {period: RateLimit.parse(f"100/{period}").seconds for period in seconds} == seconds
