"""Making plans without a session: what the tests of plans share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.open import open_api
from dfn_tui.api.retry import BULK
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import ApiVersion, Environment
from dfn_tui.consent.flags import State
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.mapping import MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.making import Reading, make_plan
from dfn_tui.service.bulk.plan.records import PlanMetadata, PlannedUser
from dfn_tui.service.bulk.rate_limiter import RateLimiter
from dfn_tui.service.changes.fields import FieldEdit, parse_assignment
from dfn_tui.text.korea import utc_now
from tests.starting import Server

DAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # noon in Korea
NIGHT = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
STOP = "mkt_sms_flag=Unsubscribed"


class Nowhere:
    """Where nobody listens: for plans that are made without asking anybody."""

    url = "http://127.0.0.1:1"
    token = "tok-3cret"
    service_id = "service-7"


def about(api: ApiVersion = ApiVersion.V1, kind: IdentityKind = IdentityKind.USER_ID) -> PlanMetadata:
    return PlanMetadata(
        "here",
        Environment.SANDBOX,
        api,
        kind,
        DAY,
        "kim@bastion-1",
        "stop.csv",
        base_url="http://127.0.0.1:1",
    )


def named(user: str) -> Identity:
    return Identity(IdentityKind.USER_ID, user)


def edits(*assignments: str, api: ApiVersion = ApiVersion.V1) -> list[FieldEdit]:
    capabilities = VERSION_1 if api is ApiVersion.V1 else VERSION_2
    return [parse_assignment(one, capabilities) for one in assignments]


@asynccontextmanager
async def calls(
    server: Server, api: ApiVersion = ApiVersion.V1, *, most: int = 4
) -> AsyncIterator[ThrottledClient]:
    async def no_pause(_seconds: float) -> None:
        await asyncio.sleep(0)

    rate_limiter = RateLimiter(limit=600_000, most=most)
    api_client = open_api(
        api=api.value,
        base_url=server.url,
        token=SecretStr(server.token),
        service_id=server.service_id,
        policy=BULK._replace(sleep=no_pause),
        limiter=rate_limiter,
    )
    try:
        yield ThrottledClient(api_client, rate_limiter, utc_now)
    finally:
        await api_client.aclose()


async def make(
    server: Server,
    path: Path,
    text: str,
    *assignments: str,
    api: ApiVersion = ApiVersion.V1,
    kind: IdentityKind | None = None,
    create: bool = False,
    resubscribe: bool = False,
    was: State | None = None,
    stop_at_first_bad: bool = False,
    progress: Callable[[Reading], None] = lambda _reading: None,
) -> PlanFile:
    """The plan of that text, made and opened again."""
    capabilities = VERSION_1 if api is ApiVersion.V1 else VERSION_2
    async with calls(server, api) as reads:
        asked = MappingOptions(new_properties=("points",))
        with open_input(text, capabilities, edits(*assignments, api=api), kind, asked) as source:
            digest = await make_plan(
                reads,
                source,
                path,
                replace(about(api), resubscribe=resubscribe),
                create=create,
                was=was,
                stop_at_first_bad=stop_at_first_bad,
                replace_file=True,
                progress=progress,
            )
    plan = open_plan(path)
    assert plan.digest == digest  # it is over the head too
    return plan


def blind_plan(path: Path, text: str, *assignments: str) -> PlanFile:
    """A plan of version 2, for which nobody is asked."""
    return asyncio.run(make(Nowhere(), path, text, *assignments, api=ApiVersion.V2))


def by_user(plan: PlanFile) -> dict[str, PlannedUser]:
    return {user.user: user for user in plan.users(limit=10_000)}


def ids(users: Sequence[PlannedUser]) -> list[str]:
    return [user.user for user in users]
