"""The desk: one open connection and what the operator has on it.

Look-ups may be cancelled and superseded. Applying may not: it runs in a task of its own that a cancelled
caller leaves running, and `finish` waits for it before the program ends.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from dfn_tui.api.errors import TokenRejected
from dfn_tui.api.types import (
    Capabilities,
    Identity,
    IdentityKind,
    OnProgress,
    Outcome,
    Probe,
    Status,
    UserApi,
    ignore_progress,
)
from dfn_tui.config import Api, Connection, Environment
from dfn_tui.errors import ConsoleError
from dfn_tui.service.apply import apply
from dfn_tui.service.gate import Mode, admit
from dfn_tui.service.records import UserRecord, UserResult, Verdict
from dfn_tui.service.review import Approval, Review, review
from dfn_tui.service.staging import Staging

TOKEN_KINDS = {Api.V1: ("api",), Api.V2: ("import", "export")}
"""The tokens of each generation; the first is needed for everything but what the second names."""

LOOK_UPS_AT_ONCE = 4
"""Batches of a long look-up under way together: quick on a slow line, kind to the server."""

TOLERATED_SKEW = timedelta(minutes=2)
"""How far the server's clock may be off the host's before the operator is told."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The host's time. The night rule turns it into Korean time itself."""
    return datetime.now(UTC)


class Desk:
    """Looks up, stages, reviews and applies over one connection."""

    def __init__(
        self,
        connection: Connection,
        capabilities: Capabilities,
        mode: Mode,
        open_api: Callable[[], Awaitable[UserApi]],
        clock: Clock = utc_now,
    ) -> None:
        self.connection = connection
        self.capabilities = capabilities
        self.mode = mode
        self.staging = Staging()
        self.clock = clock
        self.token_in_memory = False
        """The token is held for this run only, because no keyring took it."""
        self._open_api = open_api
        self._api: UserApi | None = None
        self._opening = asyncio.Lock()
        self._writing: set[asyncio.Task[list[UserResult]]] = set()

    @property
    def production(self) -> bool:
        return self.connection.environment is Environment.PRODUCTION

    @property
    def clock_skew(self) -> timedelta | None:
        """Server time minus host time where it is more than tolerated, else None."""
        skew = self._api.clock_skew if self._api else None
        return skew if skew is not None and abs(skew) > TOLERATED_SKEW else None

    async def _client(self) -> UserApi:
        async with self._opening:
            if self._api is None:
                self._api = await self._open_api()
            return self._api

    async def forget_token(self) -> None:
        """Closes the client, so that the next call asks for the token again. Staged edits stay."""
        async with self._opening:
            client, self._api = self._api, None
        if client is not None:
            await client.aclose()

    async def probe(self) -> Probe:
        """A harmless read that tells whether this connection works."""
        return await (await self._client()).probe()

    def token_that_helps(self, error: ConsoleError) -> str | None:
        """The kind of token that would mend this error, None where no token would."""
        return TOKEN_KINDS[self.connection.api][0] if isinstance(error, TokenRejected) else None

    def identity(self, value: str, kind: IdentityKind | None = None) -> Identity:
        """An identity of the kind given, or of the generation's first kind."""
        return Identity(kind or self.capabilities.write_by[0], value)

    async def look_up(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> AsyncIterator[UserRecord]:
        """Every user's record, in the order asked, as the answers come. Raises what opening raises.

        A generation that cannot read single users gives records without a profile, and asks nobody.
        """
        if not self.capabilities.read_by:
            for identity in identities:
                yield UserRecord(identity, self.clock())
            return
        client = await self._client()
        size = self.capabilities.batch_size
        batches = [identities[at : at + size] for at in range(0, len(identities), size)]
        running: list[asyncio.Task[list[Outcome]]] = []
        try:
            for batch in batches:
                running.append(asyncio.ensure_future(client.read_profiles(batch, progress)))
                if len(running) == LOOK_UPS_AT_ONCE:
                    for outcome in await running.pop(0):
                        yield self._record(outcome)
            while running:
                for outcome in await running.pop(0):
                    yield self._record(outcome)
        finally:
            for task in running:
                task.cancel()

    async def open_user(self, identity: Identity, progress: OnProgress = ignore_progress) -> UserRecord:
        """One user with everything this generation can read, the CI fields too."""
        if not self.capabilities.read_by:
            return UserRecord(identity, self.clock())
        client = await self._client()
        [profile] = await client.read_profiles([identity], progress)
        record = self._record(profile)
        if self.capabilities.ci_fields and record.profile is not None:
            [ci] = await client.read_ci([identity], progress)
            failure = None if ci.status is Status.DONE else ci
            record = UserRecord(identity, record.read_at, record.profile, ci.ci, failure)
        return record

    def _record(self, outcome: Outcome) -> UserRecord:
        failure = None if outcome.status is Status.DONE else outcome
        return UserRecord(outcome.identity, self.clock(), outcome.profile, failure=failure)

    def review(self) -> Review:
        """Everything staged, with what the rules demand of it at this moment."""
        changes = self.staging.changes()
        seen = [self.staging.seen(change.identity) for change in changes]
        return review(changes, seen, self.capabilities, production=self.production, now=self.clock())

    def admit(self, reviewed: Review, approval: Approval) -> None:
        """Says whether the gate would let this through; raises `GateRefused` if not. Sends nothing."""
        admit(reviewed, approval, self.mode)

    async def apply(
        self, reviewed: Review, approval: Approval, progress: OnProgress = ignore_progress
    ) -> list[UserResult]:
        """Sends what was reviewed. Raises `GateRefused`, and what opening raises, before anything leaves.

        Confirmed and accepted edits leave the staging; all others stay staged.
        """
        self.admit(reviewed, approval)
        client = await self._client()
        task = asyncio.ensure_future(apply(client, reviewed.changes, progress))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        results = await asyncio.shield(task)
        for change, result in zip(reviewed.changes, results, strict=True):
            if result.verdict in (Verdict.CONFIRMED, Verdict.ACCEPTED):
                self.staging.settle(change)
        return results

    async def finish(self) -> None:
        """Waits for what is being written, then closes the connection."""
        if self._writing:
            await asyncio.wait(self._writing)
        await self.forget_token()
