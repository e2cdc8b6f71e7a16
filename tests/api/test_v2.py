"""Version 2's client: one user a request, success by its code alone, no reading of one user."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dfn_tui.api.calls import CiWrite, ProfileWrite, Reply
from dfn_tui.api.capabilities import VERSION_2_LEGACY
from dfn_tui.api.errors import (
    AnswerUnreadable,
    ApiError,
    NotPermitted,
    RateLimited,
    Rejected,
    ServerFailed,
    TokenRejected,
)
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.api.v2_models import timestamp
from dfn_tui.consent.flags import Flag, State
from tests.api.served import RawServer, Waits, change, cut, external, how, http, users, v2


def said(code: object = "20000", status: int = 200, **changes: object) -> bytes:
    return http({"status": True, "code": code, "message": "OK", "data": True} | changes, status)


async def write_one(reply: bytes) -> tuple[Reply, int]:
    async with RawServer(reply) as server:
        (outcome,) = await v2(server.url).write_profiles([change(external("a"), {}, {"df_name": "x"})])
        return outcome, len(server.requests)


@pytest.mark.parametrize(
    ("code", "status", "kind", "ends", "requests"),
    [
        ("40000", 400, Rejected, "refused", 1),
        ("40001", 200, Rejected, "refused", 1),
        ("40101", 200, NotPermitted, "refused", 1),
        ("40201", 200, TokenRejected, "refused", 1),
        ("40401", 200, RateLimited, "refused", 4),
        ("40402", 429, Rejected, "refused", 1),
        ("40403", 429, Rejected, "refused", 1),
        ("50000", 500, ServerFailed, "pending", 1),
        ("50000", 200, ServerFailed, "pending", 1),
        ("20000", 500, ServerFailed, "pending", 1),
        ("20000", 400, AnswerUnreadable, "pending", 1),
        ("20001", 200, AnswerUnreadable, "pending", 1),
        (20000, 200, AnswerUnreadable, "pending", 1),
        ("", 200, AnswerUnreadable, "pending", 1),
        ("4\x1b[2J", 200, AnswerUnreadable, "pending", 1),
    ],
)
async def test_success_is_the_code_and_nothing_else(
    code: object, status: int, kind: type[ApiError], ends: str, requests: int
) -> None:
    outcome, sent = await write_one(said(code, status))
    assert (type(outcome.error), how(outcome), sent) == (kind, ends, requests)
    assert "\x1b" not in str(outcome)


async def test_a_success_may_say_more_but_not_less() -> None:
    assert (await write_one(said(status_text="new")))[0].ok
    assert (await write_one(said(data=None)))[0].ok
    for name in ("status", "message", "data"):
        content: dict[str, object] = {"status": True, "code": "20000", "message": "OK", "data": True}
        del content[name]
        outcome, _sent = await write_one(http(content))
        assert (how(outcome), outcome.code) == ("pending", "field")
        assert f"field {name} is" in outcome.message


async def test_a_limit_is_waited_for() -> None:
    waits = Waits()
    async with RawServer(said("40401", 429), said()) as server:
        write = change(external("a"), {}, {"df_name": "x"})
        (outcome,) = await v2(server.url, waits).write_profiles([write], waits.progress.append)
    assert outcome.ok and waits.slept == [0.5]


async def test_consents_are_written_by_their_names_here() -> None:
    consents = {Flag.MKT_SMS: State.UNSUBSCRIBED, Flag.NIGHT_PUSH: State.SUBSCRIBED}
    async with RawServer(said()) as server:
        identity = Identity(IdentityKind.PHONE_NO, "821012345678")
        await v2(server.url).write_profiles([change(identity, consents, {"tags": ["a", "b"], "n": 2**62})])
        body = server.requests[0].json
    assert body["identity"] == {"phone_no": "821012345678"}
    assert body["user_properties"] == {
        "df_sms_ads_optin": False,
        "df_push_night_ads_optin": True,
        "tags": ["a", "b"],
        "n": 2**62,
    }


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (change(users("a")[0], {}, {"x": 1}), "user_id"),
        (change(external(""), {}, {"x": 1}), "identity.external_id"),
        (change(external("\ud800"), {}, {"x": 1}), "identity.external_id"),
        (change(external("a"), {}, {}), "user_properties"),
        (change(external("a"), {Flag.MKT: State.SUBSCRIBED}), "mkt_flag"),
        (change(external("a"), {Flag.MKT_SMS: State.NEVER_SET}), "mkt_sms_flag"),
        (change(external("a"), {}, {"df_sms_ads_optin": True}), "df_sms_ads_optin"),
        (change(external("a"), {}, {"x": ["a", "\ud800"]}), "user_properties.x"),
        (change(external("a"), {}, {"x": ["가" * 2731]}), "user_properties.x"),
        (change(external("a"), {}, {"x": [1.0, float("inf")]}), "user_properties.x"),
    ],
)
async def test_what_cannot_be_sent_fails_alone(bad: ProfileWrite, field: str) -> None:
    good = change(external("b"), {}, {"x": [1, 2]})
    async with RawServer(said()) as server:
        outcomes = await v2(server.url).write_profiles([bad, good])
        assert [request.json["identity"] for request in server.requests] == [{"external_id": "b"}]
    assert (how(outcomes[0]), outcomes[0].code) == ("refused", "invalid")
    assert field in outcomes[0].message
    assert outcomes[1].ok


async def test_many_users_come_back_in_the_order_asked() -> None:
    ids = [f"u{number}" for number in range(30)]
    waits = Waits()
    async with RawServer(said()) as server:
        outcomes = await v2(server.url).write_profiles(
            [change(external(uid), {}, {"x": 1}) for uid in ids], waits.progress.append
        )
        assert 1 < server.connections <= 4
    assert [outcome.identity.value for outcome in outcomes] == ids
    assert [told.done for told in waits.progress] == list(range(1, 31))


async def test_writes_for_one_user_keep_their_order() -> None:
    async with RawServer(said()) as server:
        await v2(server.url).write_profiles([change(external("a"), {}, {"x": n}) for n in range(9)])
        assert [request.json["user_properties"]["x"] for request in server.requests] == list(range(9))


async def test_lost_and_refused_writes() -> None:
    async with RawServer(cut) as server:
        (outcome,) = await v2(server.url).write_profiles([change(external("a"), {}, {"x": 1})])
        assert (how(outcome), len(server.requests)) == ("pending", 1)
    (outcome,) = await v2(server.url).write_profiles([change(external("a"), {}, {"x": 1})])
    assert (how(outcome), outcome.code) == ("refused", "not-sent")


async def test_linking() -> None:
    mail = Identity(IdentityKind.EMAIL, "a@b")
    async with RawServer(said()) as server:
        api = v2(server.url)
        assert (await api.link(external("a"), [mail])).ok
        assert (await api.link(mail, [Identity(IdentityKind.EMAIL, "c@d")])).code == "invalid"
        assert len(server.requests) == 1
    assert server.requests[0].json["identity"] == {"external_id": "a", "email": "a@b"}


async def test_what_this_api_version_cannot_do() -> None:
    async with RawServer(b"") as server:
        api = v2(server.url)
        assert [o.code for o in await api.read_profiles([external("a"), external("b")])] == [
            "not-readable"
        ] * 2
        assert [o.code for o in await api.read_profiles([external("a")], names=["x"])] == ["not-readable"]
        assert [o.code for o in await api.read_ci([external("a")])] == ["not-supported"]
        assert [o.code for o in await api.delete_ci([external("a")], [])] == ["not-supported"]
        assert api.capabilities.read_by == () and api.clock_skew is None
        assert server.requests == []


async def test_read_only() -> None:
    async with RawServer(said()) as server:
        api = v2(server.url, read_only=True)
        outcomes = [await api.link(external("a"), [])]
        outcomes += await api.write_profiles([change(external("a"), {}, {"x": 1})])
        assert [outcome.code for outcome in outcomes] == ["read-only"] * 2
        assert server.connections == 0


def test_timestamps_are_utc_with_milliseconds() -> None:
    moment = datetime(2024, 6, 24, 6, 42, 25, 394_999, tzinfo=UTC)
    assert timestamp(moment) == "2024-06-24T06:42:25.394Z"
    assert timestamp(moment.astimezone(timezone(timedelta(hours=9)))) == "2024-06-24T06:42:25.394Z"
    assert timestamp(datetime(2024, 1, 1, tzinfo=UTC)) == "2024-01-01T00:00:00.000Z"


FAILED_EXPORT = {"result": "fail", "message": "unauthorized_token"}


async def test_probe() -> None:
    async with RawServer(
        http("df_unified_id,df_push_optin\n1,\n", headers={"Content-Type": "text/csv"})
    ) as server:
        probe = await v2(server.url).probe()
        assert server.requests[0].json["properties_condition_type"] == "include"
        assert probe.ok and len(probe.lines) == 2
    async with RawServer(http(FAILED_EXPORT, 401)) as server:
        probe = await v2(server.url).probe()
        assert not probe.ok and isinstance(probe.error, TokenRejected)
        probe = await v2(server.url, export_token=None).probe()
        assert probe.ok and "Without an export token" in probe.lines[0]
        assert "Authorization" not in server.requests[-1].headers
    for odd in (http("<html>", 200), http("<html>", 500), cut):
        async with RawServer(odd) as server:
            assert not (await v2(server.url, export_token=None).probe()).ok


@pytest.mark.parametrize(
    ("most", "members"), [(10, ["a"]), (5, [1]), (5, [1.5, 2.0]), (5, [1, 2.5])], ids=str
)
async def test_more_lists_of_a_kind_than_a_service_can_have_are_not_sent(
    most: int, members: list[str] | list[int] | list[float]
) -> None:
    fits = {f"p{number}": members for number in range(most)}
    more = {f"p{number}": members for number in range(most + 1)}
    async with RawServer(said()) as server:
        outcomes = await v2(server.url).write_profiles(
            [change(external("a"), {}, more), change(external("b"), {}, fits)]
        )
        assert [request.json["identity"] for request in server.requests] == [{"external_id": "b"}]
    assert (how(outcomes[0]), outcomes[0].code) == ("refused", "invalid")
    assert "without a word" in outcomes[0].message
    assert outcomes[1].ok


async def test_the_deprecated_consent_is_sent_only_where_the_service_has_it() -> None:
    write = change(external("a"), {Flag.INFO: State.UNSUBSCRIBED})
    async with RawServer(said()) as server:
        (refused,) = await v2(server.url).write_profiles([write])
        assert not server.requests and "info_flag" in refused.message
        (sent,) = await v2(server.url, capabilities=VERSION_2_LEGACY).write_profiles([write])
        assert sent.ok and server.requests[0].json["user_properties"] == {"df_push_optin": False}


async def test_no_request_that_can_be_built_deletes_anybody() -> None:
    """Each call of the client, with each identity: none goes where a profile is deleted."""
    named = [Identity(kind, f"{kind}-7") for kind in VERSION_2_LEGACY.write_by]
    async with RawServer(said()) as server:
        api = v2(server.url, capabilities=VERSION_2_LEGACY)
        consents = dict.fromkeys(VERSION_2_LEGACY.flags, State.UNSUBSCRIBED)
        calls = {
            "read_profiles": api.read_profiles(named),
            "read_ci": api.read_ci(named),
            "write_profiles": api.write_profiles([change(one, consents, {"a": [1]}) for one in named]),
            "write_ci": api.write_ci([CiWrite(tuple(named), {"phone_no": "821012345678"})]),
            "delete_ci": api.delete_ci(named, ["phone_no", "email", "external_id"]),
            "probe": api.probe(),
        }
        for call in calls.values():
            await call
        for one in named:
            await api.link(one, [other for other in named if other is not one])
        with suppress(ApiError):
            async for _row in api.export_profiles(["df_sms_ads_optin"]):
                pass
        await api.aclose()
        sent = {request.line.split()[1].partition("?")[0] for request in server.requests}
    harmless = {"stop", "aclose", "link", "export_profiles", "capabilities", "clock_skew", "stopped"}
    assert {name for name in dir(api) if not name.startswith("_")} == calls.keys() | harmless
    assert sent == {"/api/v1/user-profile", "/api/v1/identities", "/api/v1/export/userprofile"}
