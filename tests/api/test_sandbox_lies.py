"""Each way in which the sandbox lies, lags or answers oddly, over real sockets."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.notable import notable_ids
from dfn_tui.sandbox.odd import LONG_ID, OWN_FAULTS, odd_users
from dfn_tui.sandbox.options import RateLimit, SandboxOptions
from tests.sandbox_thread import SandboxThread

ONE, OTHER = "user-0001", "user-0002"
PROFILE, UPDATE = "/api/v1/users/profile", "/api/v1/users/profile/update"
CI, CI_UPDATE, CI_DELETE = "/api/v1/users/ci", "/api/v1/users/ci/update", "/api/v1/users/ci/delete"
NAMES = {"user_ci_property_names": ["kakao_id", "phone_number"]}
STRANGER = "nobody"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=3)) as running:
        yield running


def post(sandbox: SandboxThread, path: str, body: object, timeout: float = 60) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    return httpx.post(sandbox.url + path, headers=headers, json=body, timeout=httpx.Timeout(60, read=timeout))


def read(sandbox: SandboxThread, *ids: str, timeout: float = 60) -> httpx.Response:
    return post(sandbox, PROFILE, {"user_ids": ids or (ONE,)}, timeout)


def rows(sandbox: SandboxThread, *ids: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(sandbox, *ids).json()["result_data"]["successful_user_properties"]
    return found


def shown(sandbox: SandboxThread, user: str = ONE) -> dict[str, Any]:
    [row] = rows(sandbox, user)
    properties: dict[str, Any] = row["properties"]
    return properties


def write(sandbox: SandboxThread, *ids: str, timeout: float = 60) -> httpx.Response:
    users = [{"user_id": one, "properties": {"memo": "x"}} for one in ids or (ONE,)]
    return post(sandbox, UPDATE, {"user_properties": users}, timeout)


def write_2(sandbox: SandboxThread, user: str = ONE, timeout: float = 60) -> httpx.Response:
    body = {
        "identity": {"external_id": user},
        "user_properties": {"df_name": "x"},
        "request_datetime": "2024-06-24T06:42:25.394Z",
    }
    url = f"{sandbox.url}/api/v1/user-profile?service_id={sandbox.service_id}"
    return httpx.post(
        url, headers={"access_token": sandbox.token}, json=body, timeout=httpx.Timeout(60, read=timeout)
    )


def export(sandbox: SandboxThread, *columns: str) -> httpx.Response:
    url = f"{sandbox.url}/api/v1/export/userprofile?service_id={sandbox.service_id}"
    body = {"properties_condition_type": "include", "properties": ["df_external_id", *columns]}
    return httpx.post(url, headers={"Authorization": f"Bearer {sandbox.export_token}"}, json=body)


def exported(sandbox: SandboxThread, *columns: str) -> list[list[str]]:
    return [line.split(",")[1:] for line in export(sandbox, *columns).text.splitlines()[1:]]


def memo(sandbox: SandboxThread, user: str = ONE) -> object:
    """What is stored, whatever is said."""
    return sandbox.state.profiles([user])[user][1].get("memo")


def name_2(sandbox: SandboxThread) -> object:
    [(text,)] = sandbox.state.query("SELECT df_properties FROM users WHERE user_id = ?", ONE)
    return json.loads(text)["df_name"]


def until(condition: Any) -> None:
    for _ in range(4000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("never came true")


# Absence.


@pytest.mark.parametrize(("spelt", "value"), [("undefined", "Undefined"), ("null", None), ("left-out", ...)])
def test_absence_is_spelt_as_wanted(sandbox: SandboxThread, spelt: Any, value: object) -> None:
    flags = {"undefined": dict.fromkeys(Flag, "Undefined"), "left-out": {}, "null": dict.fromkeys(Flag)}[
        spelt
    ]
    sandbox.faults.absent_flags = spelt
    assert shown(sandbox, STRANGER) == flags
    sandbox.faults.absent_flags = "left-out"
    sandbox.faults.absent_properties = spelt
    names = ["user_name", "age", "gender"]
    given = {} if value is ... else dict.fromkeys(names, value)
    assert shown(sandbox, STRANGER) == given
    asked = post(sandbox, PROFILE, {"user_ids": [STRANGER], "property_names": ["memo", "mkt_flag"]}).json()
    [row] = asked["result_data"]["successful_user_properties"]
    assert row["properties"] == ({} if value is ... else {"memo": value})
    sandbox.faults.absent_ci = spelt
    [row] = post(sandbox, CI, {"user_ids": [STRANGER]} | NAMES).json()["result_data"][
        "successful_user_ci_properties"
    ]
    assert row["properties"] == (
        {} if value is ... else dict.fromkeys(NAMES["user_ci_property_names"], value)
    )
    sandbox.faults.absent_export = spelt
    text = {"undefined": "Undefined", "null": "null", "left-out": ""}[spelt]
    assert exported(sandbox, "df_push_optin")[2][1] in ("true", "false", text)
    sandbox.state.link(None, {"external_id": STRANGER})
    assert exported(sandbox, "df_push_optin")[-1] == [STRANGER, text]
    assert shown(sandbox)["user_name"] not in ("Undefined", None)  # what is there stays


# Answers to writes.


@pytest.mark.parametrize("kind", ["failed", "unmentioned"])
def test_a_write_that_was_applied_is_denied(sandbox: SandboxThread, kind: str) -> None:
    sandbox.faults.write_answer = kind
    sandbox.faults.only_users = frozenset({ONE})
    data = write(sandbox, ONE, OTHER).json()["result_data"]
    assert data["successful_user_ids"] == [OTHER]
    named = [{"code": 5001, "msg": "Internal error.", "user_ids": [ONE]}]
    assert data["failure_details"] == (named if kind == "failed" else None)
    assert (memo(sandbox, ONE), memo(sandbox, OTHER)) == ("x", "x")
    two = write_2(sandbox).json()
    assert (two["code"], name_2(sandbox)) == ("50000" if kind == "failed" else "20000", "x")
    assert (
        post(sandbox, CI_DELETE, {"user_ids": [ONE]} | NAMES).json()["result_data"]["successful_user_ids"]
        == []
    )
    assert sandbox.state.ci([ONE]) == {ONE: {}}


def test_a_write_that_was_not_applied_is_said_to_be(sandbox: SandboxThread) -> None:
    sandbox.faults.apply_after_ms = None
    sandbox.faults.only_users = frozenset({ONE})
    assert write(sandbox, ONE, OTHER).json()["result_data"]["successful_user_ids"] == [ONE, OTHER]
    assert (memo(sandbox, ONE), memo(sandbox, OTHER)) == (None, "x")
    before = name_2(sandbox)
    assert write_2(sandbox).json()["code"] == "20000"
    assert name_2(sandbox) == before


@pytest.mark.parametrize("kind", ["408", "425", "504", "401", "page"])
def test_a_write_that_was_applied_is_answered_with_a_page(sandbox: SandboxThread, kind: str) -> None:
    sandbox.faults.write_answer = kind
    for response in (write(sandbox), write_2(sandbox)):
        assert response.status_code == (200 if kind == "page" else int(kind))
        assert response.headers["content-type"].startswith("text/html")
    assert (memo(sandbox), name_2(sandbox)) == ("x", "x")
    assert read(sandbox).status_code == 200


def test_a_write_that_was_applied_is_answered_with_any_code(sandbox: SandboxThread) -> None:
    for code, status in (("4007", 400), ("5001", 500), ("9999", 200)):
        sandbox.faults.write_answer = code
        response = write(sandbox)
        assert (response.status_code, response.json()["result_code"]) == (status, int(code))
        assert write_2(sandbox).json()["code"] == "20000"
    for code in ("40402", "49999"):
        sandbox.faults.write_answer = code
        assert write_2(sandbox).json()["code"] == code
    assert memo(sandbox) == "x"


def test_failure_details_are_missing(sandbox: SandboxThread) -> None:
    sandbox.faults.write_answer = sandbox.faults.read_answer = "no-details"
    assert write(sandbox).json()["result_data"] == {"successful_user_ids": [ONE]}
    assert list(read(sandbox).json()["result_data"]) == ["successful_user_properties"]


def test_a_write_is_answered_twice_over(sandbox: SandboxThread) -> None:
    sandbox.faults.write_answer = "user-twice"
    assert write(sandbox).json()["result_data"]["successful_user_ids"] == [ONE, ONE]
    sandbox.faults.write_answer = "key-twice"
    codes = json.loads(
        write_2(sandbox).text, object_pairs_hook=lambda pairs: [v for k, v in pairs if k == "code"]
    )
    assert codes == ["50000", "20000"]


# Delays.


@pytest.mark.parametrize("kind", ["true", "504"])
def test_a_write_is_applied_later(sandbox: SandboxThread, kind: str) -> None:
    sandbox.faults.write_answer = kind
    sandbox.faults.apply_after_ms = 3_600_000
    assert write(sandbox).status_code == (504 if kind == "504" else 200)
    assert memo(sandbox) is None
    sandbox.faults.apply_after_ms = 50
    write(sandbox, OTHER)
    write_2(sandbox)
    until(lambda: memo(sandbox, OTHER) == "x" and name_2(sandbox) == "x")
    assert memo(sandbox) is None


def test_reads_lag_behind(sandbox: SandboxThread) -> None:
    sandbox.faults.read_lag_ms = 3_600_000
    before = exported(sandbox, "df_name")
    write(sandbox)
    write(sandbox, STRANGER)
    write_2(sandbox)
    post(sandbox, CI_DELETE, {"user_ids": [ONE]} | NAMES)
    assert (memo(sandbox), "memo" in shown(sandbox), "memo" in shown(sandbox, STRANGER)) == (
        "x",
        False,
        False,
    )
    fields = post(sandbox, CI, {"user_ids": [ONE]} | NAMES).json()["result_data"]
    assert len(fields["successful_user_ci_properties"][0]["properties"]) == 2
    assert exported(sandbox, "df_name") == before
    sandbox.faults.read_lag_ms = 50
    until(lambda: "memo" in shown(sandbox) and exported(sandbox, "df_name")[0] == [ONE, "x"])


# Reads.


@pytest.mark.parametrize(("kind", "status"), [("401", 401), ("page", 200), ("503", 503)])
def test_reading_back_gives_a_page(sandbox: SandboxThread, kind: str, status: int) -> None:
    sandbox.faults.read_back = kind
    assert read(sandbox).headers["content-type"] == "application/json"
    assert export(sandbox).headers["content-type"].startswith("text/csv")
    write(sandbox)
    for response in (read(sandbox, OTHER, ONE), export(sandbox)):
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html")
    assert [row["user_id"] for row in rows(sandbox, OTHER)] == [OTHER]
    sandbox.faults.only_users = frozenset({OTHER})  # who was not written
    assert export(sandbox).headers["content-type"].startswith("text/csv")


def test_reading_back_refuses_the_token_or_leaves_the_user_out(sandbox: SandboxThread) -> None:
    write(sandbox)
    sandbox.faults.read_back = "4001"
    assert read(sandbox).json()["result_code"] == 4001
    sandbox.faults.read_back = "unmentioned"
    assert [row["user_id"] for row in rows(sandbox, ONE, OTHER)] == [OTHER]
    assert exported(sandbox) == [[OTHER], ["user-0003"]]
    sandbox.faults.read_back = "failed"
    assert read(sandbox, ONE, OTHER).json()["result_data"]["failure_details"][0]["user_ids"] == [ONE]


def test_the_same_user_twice_with_different_values(sandbox: SandboxThread) -> None:
    sandbox.faults.read_answer = "user-twice"
    sandbox.faults.only_users = frozenset({ONE})
    first, second, other = rows(sandbox, ONE, OTHER)
    assert (first["user_id"], second["user_id"], other["user_id"]) == (ONE, ONE, OTHER)
    assert (first["properties"]["mkt_flag"], second["properties"]["mkt_flag"]) == (
        "Subscribed",
        "Unsubscribed",
    )
    twice = [row for row in exported(sandbox, "df_sms_ads_optin") if row[0] == ONE]
    assert twice == [[ONE, "true"], [ONE, "false"]]


def test_an_object_with_a_key_twice(sandbox: SandboxThread) -> None:
    sandbox.faults.read_answer = "key-twice"

    def pairs(found: list[tuple[str, Any]]) -> Any:
        return [value for name, value in found if name == "mkt_flag"] or dict(found)

    answered = json.loads(read(sandbox).text, object_pairs_hook=pairs)
    [row] = answered["result_data"]["successful_user_properties"]
    assert row["properties"] == ["Unsubscribed", "Subscribed"]


@pytest.mark.parametrize(
    "value",
    [
        '["a", 1]',
        "null",
        '{"a": 1}',
        "1e999",
        "-1e999",
        "NaN",
        '"\\ud800"',
        '"Pending"',
        '"subscribed"',
        "1" * 400,
    ],
)
@pytest.mark.parametrize("name", ["mkt_flag", "memo"])
def test_a_field_reads_as_any_json(sandbox: SandboxThread, name: str, value: str) -> None:
    sandbox.faults.odd_values = {name: value}
    sandbox.faults.only_users = frozenset({ONE})
    assert f'"{name}": {value}' in read(sandbox, ONE, OTHER).text
    assert f'"{name}": {value}' not in read(sandbox, OTHER).text
    asked = {"user_ids": [ONE], "property_names": [name]}
    assert f'"properties": {{"{name}": {value}}}' in post(sandbox, PROFILE, asked).text


def test_a_number_for_an_identifier_and_an_odd_field_in_the_export(sandbox: SandboxThread) -> None:
    sandbox.faults.odd_values = {"kakao_id": "1234567890", "df_sms_ads_optin": "yes"}
    assert '"kakao_id": 1234567890' in post(sandbox, CI, {"user_ids": [ONE]} | NAMES).text
    assert "kakao_id" not in read(sandbox).text
    assert exported(sandbox, "df_sms_ads_optin")[0] == [ONE, "yes"]


def test_values_come_back_normalised(sandbox: SandboxThread) -> None:
    kept = {"memo": " x ", "size": 30, "vip": True}
    sandbox.state.write_profiles([(ONE, {}, kept)])
    assert kept.items() <= shown(sandbox).items()
    sandbox.faults.normalise = "trim"
    assert {"memo": "x", "size": 30, "vip": True}.items() <= shown(sandbox).items()
    sandbox.faults.normalise = "text"
    assert {"memo": " x ", "size": "30", "vip": "true"}.items() <= shown(sandbox).items()


# The connection.


@pytest.mark.parametrize("what", ["write", "read"])
@pytest.mark.parametrize("kind", ["silent", "stalled"])
def test_a_server_that_says_nothing_more(sandbox: SandboxThread, kind: str, what: str) -> None:
    setattr(sandbox.faults, f"{what}_answer", kind)
    dumb, other = (write, read) if what == "write" else (read, write)
    with pytest.raises(httpx.ReadTimeout):
        dumb(sandbox, timeout=0.2)
    assert other(sandbox).status_code == 200
    assert memo(sandbox) == "x"


def test_version_2_falls_silent_too(sandbox: SandboxThread) -> None:
    sandbox.faults.write_answer = "silent"
    with pytest.raises(httpx.ReadTimeout):
        write_2(sandbox, timeout=0.2)
    assert name_2(sandbox) == "x"


def test_a_stalled_answer_has_its_headers_and_half_its_body(sandbox: SandboxThread) -> None:
    sandbox.faults.read_answer = "stalled"
    url = f"{sandbox.url}/api/v1/export/userprofile?service_id={sandbox.service_id}"
    body = {"properties_condition_type": "all"}
    got = b""
    headers = {"Authorization": f"Bearer {sandbox.export_token}"}
    with (
        pytest.raises(httpx.ReadTimeout),
        httpx.stream(
            "POST", url, headers=headers, json=body, timeout=httpx.Timeout(60, read=0.2)
        ) as answered,
    ):
        for piece in answered.iter_raw():
            got += piece
    assert len(got) == int(answered.headers["content-length"]) // 2


def test_a_write_is_cut_and_reads_are_answered(sandbox: SandboxThread) -> None:
    sandbox.faults.write_answer = "cut"
    with pytest.raises(httpx.RemoteProtocolError):
        write(sandbox)
    assert shown(sandbox)["memo"] == "x"


@pytest.mark.parametrize("version", [1, 2])
def test_an_answer_comes_once_more_on_the_kept_connection(sandbox: SandboxThread, version: int) -> None:
    sandbox.faults.write_answer = "repeated"
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        path, body, token = UPDATE, {"user_properties": [{"user_id": ONE, "properties": {"memo": "x"}}]}, ""
        if version == 2:
            path = f"/api/v1/user-profile?service_id={sandbox.service_id}"
            body = {
                "identity": {"external_id": ONE},  # type: ignore[dict-item]
                "user_properties": {"df_name": "x"},  # type: ignore[dict-item]
                "request_datetime": "2024-06-24T06:42:25.394Z",  # type: ignore[dict-item]
            }
        token = f"Authorization: Bearer {sandbox.token}\r\naccess_token: {sandbox.token}"
        content = json.dumps(body)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{token}\r\nContent-Length: {len(content)}\r\n\r\n"
        connection.sendall((head + content).encode())
        got = b""
        while (
            got.count(b"HTTP/1.1 200 OK") < 2 or len(got) % 2 or got[: len(got) // 2] != got[len(got) // 2 :]
        ):
            piece = connection.recv(65536)
            assert piece, got
            got += piece
        assert len(sandbox.requests) == 1
        connection.sendall((head + content).encode())  # it stays open
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


# Headers.


def date_of(response: httpx.Response) -> datetime:
    return parsedate_to_datetime(response.headers["date"])


def test_the_date_is_off_by_so_much_odd_or_missing(sandbox: SandboxThread) -> None:
    right = date_of(read(sandbox))
    assert abs(right - datetime.now(UTC)) < timedelta(minutes=1)
    for skew in (3600, -86_400):
        sandbox.faults.date = f"{skew:+}"
        for response in (read(sandbox), write_2(sandbox), export(sandbox)):
            assert abs(date_of(response) - right - timedelta(seconds=skew)) < timedelta(minutes=1)
    sandbox.faults.date = "Tue, 01 Jan 2019 00:00:00 +99999999999999"
    assert read(sandbox).headers.get_list("date") == [sandbox.faults.date]
    sandbox.faults.date = "none"
    assert "date" not in read(sandbox).headers


def test_a_reset_in_a_year(sandbox: SandboxThread) -> None:
    sandbox.faults.rate_limit = RateLimit(1, "1m")
    sandbox.faults.rate_limit_reset = "year-ahead"
    read(sandbox)
    response = read(sandbox)
    ahead = datetime.fromtimestamp(int(response.headers["x-rate-limit-reset"]), UTC) - datetime.now(UTC)
    assert (response.status_code, ahead > timedelta(days=365)) == (429, True)


def test_retry_after_alone_and_for_ever(sandbox: SandboxThread) -> None:
    sandbox.faults.retry_after = 120
    sandbox.faults.rate_limit_spelling = "none"
    assert "retry-after" not in read(sandbox).headers
    for refused, send in (("4006", write), ("40401", write_2), ("too_many_api_requests", export)):
        sandbox.faults.refuse = refused
        for _ in range(3):
            response = send(sandbox)
            assert response.status_code == (200 if send is write_2 else 429)
            assert response.headers["retry-after"] == "120"
            assert not [name for name in response.headers if name.startswith("x-rate")]


# The made-up users of odd kinds.


@pytest.fixture
def odd() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=3, odd_users=True)) as running:
        yield running


def test_the_users_of_odd_kinds_are_beside_the_others(odd: SandboxThread) -> None:
    ids = [user for (user,) in odd.state.query("SELECT user_id FROM users ORDER BY id")]
    assert ids[:3] == ["user-0001", "user-0002", "user-0003"]
    assert ids[3:] == [row["user_id"] for row in odd_users()]
    assert {one for one, _why in notable_ids() if one.startswith("odd-")} < set(ids)
    assert set(OWN_FAULTS) < set(ids)


def test_users_of_odd_kinds_are_what_they_are_called(odd: SandboxThread) -> None:
    assert shown(odd, "odd-empty") == dict.fromkeys(Flag, "Undefined")
    assert odd.state.ci(["odd-empty"])["odd-empty"].keys() == {"kakao_id"}
    clash = shown(odd, "odd-clash")
    assert (clash["mkt_flag"], clash["mkt_sms_flag"], clash["night_sms_flag"]) == (
        "Unsubscribed",
        "Subscribed",
        "Subscribed",
    )
    assert isinstance(shown(odd, "odd-list")["interests"], list)
    assert isinstance(shown(odd, "odd-list")["address"], dict)
    assert shown(odd, "odd-null")["favourite_store"] is None
    assert (shown(odd, "odd-flag")["mkt_sms_flag"], shown(odd, "odd-flag")["night_flag"]) == (
        "Pending",
        "subscribed",
    )
    assert '"points": 1e999' in read(odd, "odd-number").text
    assert "\\ud800" in read(odd, "odd-number").text
    [row] = post(odd, CI, {"user_ids": ["odd-ci"]} | NAMES).json()["result_data"][
        "successful_user_ci_properties"
    ]
    assert {type(value) for value in row["properties"].values()} == {int}
    assert len(rows(odd, "odd-unread")) == 2
    assert len(LONG_ID) > 100 and len(shown(odd, LONG_ID)["user_name"]) > 500
    assert len(shown(odd, "odd-korean")["user_name"]) > 80
    assert not shown(odd, "odd-control")["user_name"].isprintable()
    assert shown(odd, "odd-control")["mkt_sms_flag"] == State.SUBSCRIBED


def test_two_of_them_are_lied_about_whatever_the_others_are(odd: SandboxThread) -> None:
    odd.faults.only_users = frozenset({ONE})
    data = write(odd, "odd-lie", "odd-denial", OTHER).json()["result_data"]
    assert data["successful_user_ids"] == ["odd-lie", OTHER]
    assert data["failure_details"][0]["user_ids"] == ["odd-denial"]
    assert [memo(odd, one) for one in ("odd-lie", "odd-denial", OTHER)] == [None, "x", "x"]
