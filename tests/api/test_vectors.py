"""The client sends what the documentation's examples send, and understands what they answer."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from dfn_tui.api import messages
from dfn_tui.api.calls import CiWrite, ProfileWrite, Reply, UserApi
from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.errors import ApiError, RateLimited, ServerFailed, TokenRejected
from dfn_tui.api.transport import Transport
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.api.v2 import V2Api
from dfn_tui.consent.flags import Flag, State
from tests.api.served import (
    EXPORT_TOKEN,
    SERVICE_ID,
    TOKEN,
    RawServer,
    Waits,
    change,
    external,
    how,
    http,
    users,
    v1,
    v2,
)

VECTORS = Path(__file__).parents[1] / "data" / "vectors"
PLACEHOLDERS = {
    "api-token": TOKEN,
    "import-token": TOKEN,
    "export-token": EXPORT_TOKEN,
    "service-1": SERVICE_ID,
}


def vector(name: str) -> dict[str, Any]:
    text = (VECTORS / f"{name}.json").read_text()
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def profile_write(entry: dict[str, Any]) -> ProfileWrite:
    properties = dict(entry["properties"])
    consents = {flag: State(properties.pop(flag)) for flag in Flag if flag in properties}
    return change(users(entry["user_id"])[0], consents, properties)


async def call_v1(name: str, url: str) -> list[Reply]:
    body = vector(name)["body"]
    api = v1(url)
    match name:
        case "v1-profile-update":
            return await api.write_profiles([profile_write(entry) for entry in body["user_properties"]])
        case "v1-ci-view":
            return await api.read_ci(users(*body["user_ids"]))
        case "v1-ci-update":
            entries = body["user_ci_properties"]
            return await api.write_ci([CiWrite((users(e["user_id"])[0],), e["properties"]) for e in entries])
        case "v1-ci-delete":
            return await api.delete_ci(users(*body["user_ids"]), body["user_ci_property_names"])
        case _:
            return await api.read_profiles(users(*body["user_ids"]))


async def call_v2(name: str, url: str) -> Reply:
    body = vector(name)["body"]
    moment = datetime.strptime(body["request_datetime"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    token = SecretStr(TOKEN)
    api = V2Api(
        Transport(url),
        Waits().policy(),
        token=token,
        export_token=None,
        service_id=SERVICE_ID,
        now=lambda: moment,
    )
    identity = external(body["identity"]["external_id"])
    others = [
        Identity(IdentityKind(kind), value)
        for kind, value in body["identity"].items()
        if kind != IdentityKind.EXTERNAL_ID
    ]
    if name == "v2-identities":
        return await api.link(identity, others)
    (outcome,) = await api.write_profiles([change(identity, {}, body["user_properties"])])
    return outcome


def check_request(server: RawServer, name: str, *, body: dict[str, Any] | None = None) -> None:
    expected = vector(name)
    request = server.requests[0]
    split = urlsplit(expected["url"])
    target = split.path + (f"?{split.query}" if split.query else "")
    assert request.line == f"{expected['method']} {target} HTTP/1.1"
    assert {key: request.headers[key] for key in expected["headers"]} == expected["headers"]
    others = {key.lower() for key in request.headers} - {key.lower() for key in expected["headers"]}
    assert others == {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
    assert request.json == (expected["body"] if body is None else body)


@pytest.mark.parametrize("name", ["v1-profile-update", "v1-ci-view", "v1-ci-update", "v1-ci-delete"])
async def test_version_1_requests_and_answers(name: str) -> None:
    for answer in vector(name)["answers"]:
        async with RawServer(http(answer["body"], answer["status"])) as server:
            outcomes = await call_v1(name, server.url)
            check_request(server, name)
        assert [outcome.identity.value for outcome in outcomes] == ["User_1", "User_2"]
        expected: list[str | None] = [None, None]
        if answer["status"] == 400:
            expected = ["4002", "4002"]
        elif answer["body"]["result_data"]["failure_details"]:
            expected = [None, "5003"]
        assert [outcome.code for outcome in outcomes] == expected
        done = [outcome.ok for outcome in outcomes]
        assert done == [code is None for code in expected]


async def test_ci_is_read_as_documented() -> None:
    answer = vector("v1-ci-view")["answers"][0]
    async with RawServer(http(answer["body"])) as server:
        outcomes = await call_v1("v1-ci-view", server.url)
    assert [outcome.ci for outcome in outcomes] == [
        {"kakao_id": "0123456789", "phone_number": "821012345678"}
    ] * 2
    assert set(VERSION_1.ci_fields) == {"kakao_id", "phone_number"}


async def test_profiles_are_read_as_documented() -> None:
    """The client reads every property, so it leaves the optional `property_names` out."""
    expected = vector("v1-profile-view")
    async with RawServer(http(expected["answers"][0]["body"])) as server:
        first, second = await call_v1("v1-profile-view", server.url)
        check_request(server, "v1-profile-view", body={"user_ids": ["User_1", "User_2"]})
    assert first.profile is not None and second.profile is not None
    rest = dict.fromkeys(Flag, State.NEVER_SET)
    assert first.profile.consents == rest | {Flag.INFO: State.SUBSCRIBED, Flag.MKT: State.SUBSCRIBED}
    assert second.profile.consents == rest | {Flag.INFO: State.SUBSCRIBED, Flag.MKT: State.UNSUBSCRIBED}
    assert (first.profile.properties, second.profile.properties) == (
        {"user_name": "lucas"},
        {"user_name": "max"},
    )


async def test_named_properties_are_asked_for_as_documented() -> None:
    expected = vector("v1-profile-view")
    async with RawServer(http(expected["answers"][0]["body"])) as server:
        await v1(server.url).read_profiles(
            users("User_1", "User_2"), names=expected["body"]["property_names"]
        )
        check_request(server, "v1-profile-view")


@pytest.mark.parametrize("name", ["v2-user-profile", "v2-identities"])
async def test_version_2_requests_and_answers(name: str) -> None:
    (answer,) = vector(name)["answers"]
    async with RawServer(http(answer["body"], answer["status"])) as server:
        outcome = await call_v2(name, server.url)
        check_request(server, name)
    assert (how(outcome), outcome.code, outcome.identity) == ("ok", None, external("dfn-user-123"))


async def test_export_request_and_answers() -> None:
    expected = vector("v2-export-userprofile")
    errors: list[type[ApiError]] = []
    for answer in expected["answers"]:
        async with RawServer(http(answer["body"], answer["status"])) as server:
            with pytest.raises(ApiError) as caught:
                async for _row in v2(server.url).export_profiles(
                    expected["body"]["properties"], expected["body"]["audience"]
                ):
                    pass
            check_request(server, "v2-export-userprofile")
        errors.append(type(caught.value))
    assert errors == [TokenRejected, RateLimited, ServerFailed]


def test_no_path_of_the_client_deletes_a_person() -> None:
    """`identities/delete` deletes the whole profile with all its consents."""
    package = Path(messages.__file__).parent
    assert not [path.name for path in package.glob("*.py") if "identities/delete" in path.read_text()]
    assert not hasattr(UserApi, "delete_identities")


def test_every_vector_is_covered() -> None:
    assert {path.stem for path in VECTORS.glob("*.json")} == {
        "v1-profile-view", "v1-profile-update", "v1-ci-view", "v1-ci-update", "v1-ci-delete",
        "v2-user-profile", "v2-identities", "v2-export-userprofile",
        "v2-identities-delete",  # for the sandbox; the client has no such call
    }  # fmt: skip
