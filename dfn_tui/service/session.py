"""The session: one open connection and what the operator has on it.

Look-ups may be cancelled and superseded. Applying may not: it runs in a task of its own that a cancelled
caller leaves running, and `finish` waits for it before the program ends.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from dfn_tui.api.calls import CLOCK_SKEW_LIMIT, OnProgress, Probe, UserApi, ignore_progress
from dfn_tui.api.deadline import deadline
from dfn_tui.api.errors import TokenRejected
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service import gate
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.outcome import STILL_AT_WORK, UserResult
from dfn_tui.service.changes.pipeline import (
    ChangeGroup,
    Checked,
    StaleWrite,
    Target,
    as_wanted,
    check,
    not_sent,
    read_back,
    read_groups,
    send,
)
from dfn_tui.service.changes.policy import Approval, Scope, require
from dfn_tui.service.changes.reading import read_records
from dfn_tui.service.changes.reconcile import Reconciled, reconcile
from dfn_tui.service.context import ConnectionContext
from dfn_tui.service.records import UserRecord
from dfn_tui.service.review import Review, review
from dfn_tui.service.staging import Staging
from dfn_tui.service.tokens import TOKEN_KINDS
from dfn_tui.store import JournalError
from dfn_tui.text.korea import Clock, utc_now

LOOK_UPS_AT_ONCE = 4
"""Batches of a long look-up under way together: quick on a slow line, kind to the server."""

RECONCILE_TIMEOUT = 5.0
"""Seconds a look-up waits while what an earlier run left open is settled. A write waits to the end."""

A_LOOK_UP = 60.0
"""The longest time for the users of one request, all attempts together; what the server asks to wait does not
count."""

A_REQUEST = 20.0
"""Seconds more that a write may take for each request after the first."""

_OVER = (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNCHANGED)
"""Outcomes after which nothing is left to be sent for that user."""


class Session:
    """Looks up, stages, reviews and applies over one connection."""

    def __init__(
        self,
        context: ConnectionContext,
        journal: AsyncJournal,
        open_api: Callable[[], Awaitable[UserApi]],
        clock: Clock = utc_now,
    ) -> None:
        self.context = context
        self.connection = context.connection
        self.capabilities = context.capabilities
        context.clock_skew = self._clock_skew
        self.journal = journal
        self.staging = Staging()
        self.clock = clock
        self.settled: list[Reconciled] = []
        """What an earlier run left open, and how it was found to have ended when this session was opened."""
        self.journal_trouble: JournalError | None = None
        """Why the journal could not be read or written last."""
        self.stopped = False
        """Whether nothing more is to be sent by this run."""
        self._open_api = open_api
        self._api: UserApi | None = None
        self._opening = asyncio.Lock()
        self._in_use: Counter[UserApi] = Counter()
        self._calls = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._reconciling: list[asyncio.Task[None]] = []
        self._writes: Counter[Identity] = Counter()
        self._writing: set[asyncio.Task[list[UserResult]]] = set()

    def _clock_skew(self) -> timedelta | None:
        skew = self._api.clock_skew if self._api else None
        return skew if skew is not None and abs(skew) > CLOCK_SKEW_LIMIT else None

    async def _borrow(self) -> tuple[UserApi, asyncio.Task[None]]:
        """The client, which is not closed before it is given back, and the settling of what an earlier run
        left open."""
        async with self._opening:
            if self._api is None:
                self._api = await self._open_api()
                if self.stopped:
                    self._api.stop()
                # In a task of its own: a look-up that is cancelled must not leave entries open.
                self._reconciling = [asyncio.ensure_future(self._settle(self._api))]
            self._in_use[self._api] += 1
            return self._api, self._reconciling[0]

    async def _settle(self, client: UserApi) -> None:
        try:
            with deadline(A_LOOK_UP):
                settled = await reconcile(client, self.journal, self.connection.name, self.clock)
        except JournalError as error:
            self.journal_trouble = error  # reading goes on; writing is refused at the gate
            return
        self.settled += settled
        if self.capabilities.read_by and any(one.outcome is Outcome.UNKNOWN for one in settled):
            self._reconciling.append(asyncio.ensure_future(self._settle_later(client)))

    async def _settle_later(self, client: UserApi) -> None:
        """A second look, when the server cannot be at work any more on what it had not applied yet."""
        await asyncio.sleep(STILL_AT_WORK.total_seconds())
        await self._settle(client)

    async def forget_token(self) -> None:
        """Lets the client go once nothing is being written, so that the next call asks for the token again;
        whoever reads with it may finish. Staged edits stay."""
        if self._writing:
            await asyncio.wait(self._writing)
        async with self._opening:
            client, self._api = self._api, None
        for task in self._reconciling:
            task.cancel()
        if client is not None:
            await self._close_unused(client)

    async def _close_unused(self, client: UserApi) -> None:
        if client is not self._api and not self._in_use[client]:
            del self._in_use[client]
            await client.aclose()

    @asynccontextmanager
    async def _using(self, *, settled: bool = False) -> AsyncIterator[UserApi]:
        """The client. What an earlier run left open is settled before anything else is asked of the server,
        as far as that is quick; to the end where everything must be `settled`."""
        self._calls += 1
        self._quiet.clear()
        try:
            client, settling = await self._borrow()
            try:
                await asyncio.wait([settling], timeout=None if settled else RECONCILE_TIMEOUT)
                if settling.done() and not settling.cancelled():
                    settling.result()  # what it did not expect is a defect, and must be heard of
                yield client
            finally:
                self._in_use[client] -= 1
                await self._close_unused(client)
        finally:
            self._calls -= 1
            if not self._calls:
                self._quiet.set()

    async def settled_first(self) -> None:
        """Waits until what an earlier run left open is settled. Raises what opening raises."""
        async with self._using(settled=True):
            pass

    async def rest(self) -> None:
        """Forgets the token as soon as nothing is asked of the server and nothing is written."""
        await self._quiet.wait()
        await self.forget_token()
        self.context.token_in_memory = False

    async def probe(self) -> Probe:
        """A harmless read that tells whether this connection works."""
        async with self._using() as client:
            return await client.probe()

    def token_that_helps(self, error: ConsoleError) -> str | None:
        """The kind of token that would mend this error, None where no token would."""
        return TOKEN_KINDS[self.connection.api][0] if isinstance(error, TokenRejected) else None

    def identity(self, value: str, kind: IdentityKind | None = None) -> Identity:
        """An identity of the kind given, or of the API version's first kind."""
        return Identity(kind or self.capabilities.write_by[0], value)

    async def look_up(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress, *, ci: bool = False
    ) -> AsyncIterator[UserRecord]:
        """Every user's record, in the order asked, as the answers come, with the CI fields if `ci`. Raises
        what opening raises.

        An API version that cannot read single users gives records without a profile, and asks nobody.
        """
        if not self.capabilities.read_by:
            for identity in identities:
                yield UserRecord(identity, self.clock())
            return
        size = self.capabilities.batch_size
        batches = [identities[at : at + size] for at in range(0, len(identities), size)]
        running: list[asyncio.Task[list[UserRecord]]] = []
        async with self._using() as client:
            try:
                for batch in batches:
                    running.append(asyncio.ensure_future(self._read(client, batch, progress, ci)))
                    if len(running) == LOOK_UPS_AT_ONCE:
                        for record in await running.pop(0):
                            yield record
                while running:
                    for record in await running.pop(0):
                        yield record
            finally:
                for task in running:
                    task.cancel()

    async def open_user(self, identity: Identity, progress: OnProgress = ignore_progress) -> UserRecord:
        """One user with everything this API version can read, the CI fields too."""
        [record] = [one async for one in self.look_up([identity], progress, ci=True)]
        return record

    async def _read(
        self, client: UserApi, identities: Sequence[Identity], progress: OnProgress, ci: bool
    ) -> list[UserRecord]:
        ci = ci and bool(self.capabilities.ci_fields)
        with deadline(A_LOOK_UP):
            found = await read_records(client, identities, self.clock, progress, ci=ci)
        return [found[identity] for identity in identities]

    async def look_again(self, identities: Collection[Identity]) -> None:
        """Reads users with staged edits again and moves the edits onto what is there now."""
        for identity in identities:
            record = await self.open_user(identity)
            if record.failure is None:
                self.staging.draft(record)

    def writes_to(self, identity: Identity) -> int:
        """How often this session wrote to that user: what was read before the last time is out of date."""
        return self._writes[identity]

    def review(self) -> Review:
        """Everything staged, with what the rules demand of it at this moment."""
        changes = self.staging.changes()
        seen = [self.staging.seen(change.identity) for change in changes]
        return review(changes, seen, self.capabilities, self.connection, self.clock())

    def admit(self, scope: Scope, approval: Approval) -> None:
        """Says whether this may be sent with these answers; raises `GateRefused` if not. Sends nothing."""
        require(scope, self.context.mode, self.connection, approval, self.clock())

    def stop_sending(self) -> None:
        """Sends nothing more; what is under way goes on."""
        self.stopped = True
        if self._api is not None:
            self._api.stop()

    async def apply(
        self,
        reviewed: Review,
        approval: Approval,
        progress: OnProgress = ignore_progress,
        *,
        seconds: float = 60.0,
    ) -> list[UserResult]:
        """Sends what was reviewed: checked against the server, journalled, sent, read back, journalled.

        Raises `GateRefused`, `StaleWrite` and what opening raises, each before anything leaves. Confirmed and
        accepted edits leave the staging; all others stay staged. A caller that is cancelled does not stop it.
        It is over after about `seconds`, and for each further request full of users some more; what nobody
        answered by then is unknown.
        """
        self.admit(reviewed.scope, approval)
        async with self._using(settled=True) as client:
            task = asyncio.ensure_future(self._apply(client, reviewed, approval, progress, seconds))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
            return await asyncio.shield(task)

    async def _apply(
        self, client: UserApi, reviewed: Review, approval: Approval, progress: OnProgress, seconds: float
    ) -> list[UserResult]:
        more = (len(reviewed.changes) - 1) // self.capabilities.batch_size
        with deadline(seconds + more * A_REQUEST):
            wanted = {c.identity: c for c in reviewed.changes if c.identity not in approval.leave_out}
            groups = [ChangeGroup(c.fields, (Target(c.identity, c.undo_of),)) for c in wanted.values()]
            if self.capabilities.read_by:
                checked = check(groups, await read_groups(client, groups, self.clock, progress), strict=True)
                if checked.conflicts:
                    raise StaleWrite(checked.conflicts)
            else:
                checked = Checked(tuple(groups))
            results = [not_sent(*one) for one in checked.unread]
            results += [as_wanted(user, fields) for user, fields in checked.unchanged]
            if checked.fresh:
                results += await self._write(client, checked.fresh, reviewed, approval, progress)
            for result in results:
                if result.outcome in _OVER:
                    self.staging.settle(wanted[result.identity])
            return results

    async def _write(
        self,
        client: UserApi,
        groups: Sequence[ChangeGroup],
        reviewed: Review,
        approval: Approval,
        progress: OnProgress,
    ) -> list[UserResult]:
        self.admit(reviewed.scope, approval)  # again: reading took its time, and the night may have begun
        entries = await gate.record(self.journal, self.connection, groups, reviewed, approval)
        replies = await send(client, groups, progress)
        results = await read_back(client, groups, replies, self.clock, progress)
        self.journal_trouble = await gate.conclude(self.journal, entries, results)
        self._writes.update(result.identity for result in results)
        if self.capabilities.read_by and any(one.outcome is Outcome.UNKNOWN for one in results):
            self._reconciling.append(asyncio.ensure_future(self._settle_later(client)))
        return results
