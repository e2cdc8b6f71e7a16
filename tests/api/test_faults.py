"""Both clients against the sandbox over real sockets, with every fault it can show switched on."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from dfn_tui.api.calls import CiWrite, ProfileWrite, UserApi
from dfn_tui.api.errors import AnswerLost, ApiError, NotPermitted, RateLimited, ServerFailed, TokenRejected
from dfn_tui.api.open import open_api
from dfn_tui.api.transport import Timeouts, Transport
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.api.v1 import V1Api
from dfn_tui.api.v2 import V2Api
from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import DeleteKey, RateLimit, Reset, Spelling
from tests.api.served import Waits, change, external, how, users
from tests.sandbox_thread import SandboxThread

IDS = [f"fault-{number}" for number in range(25)]
OFF = {Flag.MKT_SMS: State.UNSUBSCRIBED}


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread() as running:
        yield running


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest_asyncio.fixture
async def api(sandbox: SandboxThread, waits: Waits) -> AsyncIterator[UserApi]:
    opened = open_api(
        api="v1", base_url=sandbox.url, token=SecretStr(sandbox.token), policy=waits.policy(attempts=6)
    )
    yield opened
    await opened.aclose()


@pytest_asyncio.fixture
async def api2(sandbox: SandboxThread, waits: Waits) -> AsyncIterator[V2Api]:
    opened = open_api(
        api="v2",
        base_url=sandbox.url,
        token=SecretStr(sandbox.token),
        export_token=SecretStr(sandbox.export_token),
        service_id=sandbox.service_id,
        policy=waits.policy(),
    )
    assert isinstance(opened, V2Api)
    yield opened
    await opened.aclose()


def writes(*ids: str) -> list[ProfileWrite]:
    return [change(identity, OFF, {"user_name": "김철수"}) for identity in users(*ids)]


async def sms(api: UserApi, *ids: str) -> list[State | None]:
    outcomes = await api.read_profiles(users(*ids))
    return [outcome.profile.consents.get(Flag.MKT_SMS) if outcome.profile else None for outcome in outcomes]


async def test_the_main_path(api: UserApi) -> None:
    assert set(await sms(api, *IDS)) == {State.NEVER_SET}
    wrote = await api.write_profiles(writes(*IDS))
    assert [(outcome.identity.value, how(outcome)) for outcome in wrote] == [(i, "ok") for i in IDS]
    assert set(await sms(api, *IDS)) == {State.UNSUBSCRIBED}
    fields = {"kakao_id": "0123456789", "phone_number": "821012345678"}
    assert [how(o) for o in await api.write_ci([CiWrite((u,), fields) for u in users(*IDS)])] == ["ok"] * 25
    assert [outcome.ci for outcome in await api.read_ci(users(*IDS))] == [fields] * 25
    assert [how(o) for o in await api.delete_ci(users(*IDS), ["kakao_id"])] == ["ok"] * 25
    (left,) = await api.read_ci(users(IDS[0]))
    assert left.ci == {"phone_number": "821012345678"}
    assert (await api.probe()).ok


async def test_busy_users(sandbox: SandboxThread, api: UserApi, waits: Waits) -> None:
    sandbox.faults.busy_users = frozenset({IDS[1]})
    first, second = await api.write_profiles(writes(*IDS[:2]), waits.progress.append)
    assert (how(first), how(second), second.code) == ("ok", "remark", "5003")
    assert [len(request.body) > 0 for request in sandbox.requests] == [True] * 6
    assert [told.attempt for told in waits.progress] == [2, 3, 4, 5, 6, 1]
    sandbox.faults.busy_users = frozenset()
    sandbox.faults.busy_rate = 0.3
    wrote = await api.write_profiles(writes(*IDS))
    assert [outcome.identity.value for outcome in wrote] == IDS
    assert {outcome.code for outcome in wrote} <= {None, "5003"}


@pytest.mark.parametrize("reset", ["seconds", "milliseconds"])
@pytest.mark.parametrize("spelling", ["x-rate-limit", "x-ratelimit"])
async def test_the_rate_limit_is_waited_for(
    sandbox: SandboxThread, api: UserApi, waits: Waits, reset: Reset, spelling: Spelling
) -> None:
    sandbox.faults.rate_limit = RateLimit(1, "1m")
    sandbox.faults.rate_limit_reset = reset
    sandbox.faults.rate_limit_spelling = spelling
    await api.write_profiles(writes("a"))
    (outcome,) = await api.write_profiles(writes("b"))
    assert (type(outcome.error), outcome.code, how(outcome)) == (RateLimited, "4006", "refused")
    # The clock of this test stands still for the sandbox: one wait of its minute, and no time for a second.
    assert len(waits.slept) == 1 and 50 < waits.slept[0] < 62


async def test_a_limit_without_headers_is_backed_off_from(
    sandbox: SandboxThread, api: UserApi, waits: Waits
) -> None:
    sandbox.faults.rate_limit = RateLimit(1, "1m")
    sandbox.faults.rate_limit_spelling = "none"
    await api.read_profiles(users("a"))
    (outcome,) = await api.read_profiles(users("a"))
    assert outcome.code == "4006"
    assert waits.slept == [0.5, 1, 2, 4, 8]


async def test_500_with_html(sandbox: SandboxThread, api: UserApi, api2: V2Api) -> None:
    sandbox.faults.error_rate = 1.0
    (read,) = await api.read_profiles(users("a"))
    (wrote,) = await api.write_profiles(writes("a"))
    (second,) = await api2.write_profiles([change(external("a"), OFF)])
    assert (type(read.error), read.ok, len(sandbox.requests)) == (ServerFailed, False, 8)
    for outcome in (wrote, second):
        assert (type(outcome.error), how(outcome), outcome.code) == (ServerFailed, "pending", "500")
        assert "<" not in outcome.message


async def test_a_write_that_was_applied_and_lost_is_unknown(
    sandbox: SandboxThread, api: UserApi, api2: V2Api
) -> None:
    sandbox.faults.drop_rate = 1.0
    (wrote,) = await api.write_profiles(writes("a"))
    (second,) = await api2.write_profiles([change(external("b"), OFF)])
    assert len(sandbox.requests) == 2
    for outcome in (wrote, second):
        assert (type(outcome.error), how(outcome), outcome.code) == (AnswerLost, "pending", "cut")
    sandbox.faults.drop_rate = 0.0
    assert await sms(api, "a", "b") == [State.UNSUBSCRIBED, State.UNSUBSCRIBED]


async def test_latency_beyond_the_timeout(sandbox: SandboxThread, waits: Waits) -> None:
    sandbox.faults.latency_ms = 60_000
    token = SecretStr(sandbox.token)
    api = V1Api(Transport(sandbox.url, timeouts=Timeouts(read=0.2)), waits.policy(attempts=2), token=token)
    (read,) = await api.read_profiles(users("a"))
    (wrote,) = await api.write_profiles(writes("a"))
    await api.aclose()
    sandbox.faults.latency_ms = 0
    assert (read.code, read.ok) == ("timeout", False)
    assert (wrote.code, how(wrote)) == ("timeout", "pending")
    assert len(sandbox.requests) == 3


@pytest.mark.parametrize("key", ["user_ids", "user_id", "both"])
async def test_the_delete_key_either_way(sandbox: SandboxThread, api: UserApi, key: DeleteKey) -> None:
    sandbox.faults.delete_key = key
    await api.write_ci([CiWrite((user,), {"kakao_id": "0123456789"}) for user in users(*IDS)])
    outcomes = await api.delete_ci(users(*IDS), ["kakao_id"])
    assert [how(outcome) for outcome in outcomes] == ["ok"] * 25
    assert {str(outcome.ci) for outcome in await api.read_ci(users(*IDS))} == {"{}"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [("4001", TokenRejected), ("4003", NotPermitted), ("4004", NotPermitted), ("4005", NotPermitted)],
)
async def test_refusals(sandbox: SandboxThread, api: UserApi, code: str, kind: type[ApiError]) -> None:
    sandbox.faults.refuse = code
    outcomes = await api.write_profiles(writes(*IDS))
    assert [outcome.code for outcome in outcomes] == [code] * 20 + ["not-sent"] * 5
    assert {type(outcome.error) for outcome in outcomes} == {kind}
    assert len(sandbox.requests) == 1
    probe = await api.probe()
    assert not probe.ok and isinstance(probe.error, kind)


async def test_wrong_tokens(sandbox: SandboxThread) -> None:
    wrong = SecretStr("wrong")
    api = open_api(api="v1", base_url=sandbox.url, token=wrong)
    api2 = open_api(api="v2", base_url=sandbox.url, token=wrong, export_token=wrong, service_id="sandbox")
    (outcome,) = await api.write_profiles(writes("a"))
    (second,) = await api2.write_profiles([change(external("a"), OFF)])
    assert isinstance(outcome.error, TokenRejected) and isinstance(second.error, TokenRejected)
    assert isinstance((await api2.probe()).error, TokenRejected)
    await api.aclose()
    await api2.aclose()


async def test_a_wrong_service_id(sandbox: SandboxThread) -> None:
    token = SecretStr(sandbox.token)
    api = open_api(api="v2", base_url=sandbox.url, token=token, service_id="other")
    (outcome,) = await api.write_profiles([change(external("a"), OFF)])
    await api.aclose()
    assert (type(outcome.error), outcome.code) == (NotPermitted, "40101")


async def test_version_2(sandbox: SandboxThread, api: UserApi, api2: V2Api) -> None:
    (outcome,) = await api2.write_profiles([change(external("a"), OFF, {"df_name": "이영희"})])
    assert outcome.ok
    assert await sms(api, "a") == [State.UNSUBSCRIBED]
    mail = Identity(IdentityKind.EMAIL, "lee@example.com")
    assert (await api2.link(external("a"), [mail])).ok
    assert (await api2.probe()).ok
    rows = [row async for row in api2.export_profiles(["df_external_id", "df_name", "df_sms_ads_optin"])]
    assert len(rows) == 501
    (mine,) = [row for row in rows if row["df_external_id"] == "a"]
    assert mine["df_name"] == "이영희"


async def test_failures_of_the_export(sandbox: SandboxThread, api2: V2Api) -> None:
    for code, kind in [("query_error", ServerFailed), ("too_many_api_requests", RateLimited)]:
        sandbox.faults.refuse = code
        with pytest.raises(kind):
            async for _row in api2.export_profiles():
                pass


async def test_the_clock_is_compared(api: UserApi) -> None:
    assert api.clock_skew is None
    await api.read_profiles(users("a"))
    assert api.clock_skew is not None
