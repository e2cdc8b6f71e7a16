"""The session: one open connection and what the operator has on it.

Look-ups may be cancelled and superseded. Applying may not: it runs in a task of its own that a cancelled
caller leaves running, and `finish` waits for it before the program ends.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta

from dfn_tui.api.calls import CLOCK_SKEW_LIMIT, OnProgress, Probe, UserApi, ignore_progress
from dfn_tui.api.deadline import deadline
from dfn_tui.api.errors import TokenRejected
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import TokenKind
from dfn_tui.config.team_policy import PolicyError, load_team_policy
from dfn_tui.consent.duties import korean_day, read_said
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.four_eyes import COUNTED_HOURS, may_be_cut, require_second
from dfn_tui.service.changes.grounds import ConsentDates
from dfn_tui.service.changes.outcome import STILL_AT_WORK, UserResult, merged
from dfn_tui.service.changes.pipeline import (
    ChangeGroup,
    ChangeStep,
    Checked,
    StaleWrite,
    Target,
    as_wanted,
    at_step,
    check,
    not_sent,
    read_back,
    read_groups,
    send,
)
from dfn_tui.service.changes.policy import Approval, Requirements, require, requirements
from dfn_tui.service.changes.reading import read_records
from dfn_tui.service.changes.reconcile import Reconciled, reconcile
from dfn_tui.service.changes.scope import Scope
from dfn_tui.service.changes.team_rules import Team
from dfn_tui.service.context import ConnectionContext
from dfn_tui.service.intents import journal_intents, journal_outcomes
from dfn_tui.service.records import UserChange, UserRecord
from dfn_tui.service.review import Review, review
from dfn_tui.service.shared_client import SharedClient
from dfn_tui.service.snapshots.reader import SnapshotReader, confirm_entries
from dfn_tui.service.snapshots.snapshots import NoExport, Snapshots, TakenSnapshot
from dfn_tui.service.snapshots.taking import OnTaking
from dfn_tui.service.staging import Draft, Staging, TypedGround
from dfn_tui.service.tokens import TOKEN_KINDS
from dfn_tui.service.write_counts import WriteCounts
from dfn_tui.store import Journal, JournalError
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
"""Outcomes after which nothing is left to be sent of that field."""


class Session:
    """Looks up, stages, reviews and applies over one connection."""

    def __init__(
        self,
        context: ConnectionContext,
        journal: AsyncJournal,
        open_api: Callable[[], Awaitable[UserApi]],
        clock: Clock = utc_now,
        incident: str = "",
    ) -> None:
        self.context = context
        self.connection = context.connection
        self.capabilities = context.capabilities
        context.clock_skew = self._clock_skew
        self.journal = journal
        self.staging = Staging()
        self.clock = clock
        self.incident = incident
        """The ticket that what is sent is done for; empty where none was named."""
        self.watched: dict[Identity, bool] = {}
        """The users that are read again and again, and whether somebody else changed them since."""
        self.settled: list[Reconciled] = []
        """What an earlier run left open, and how it was found to have ended when this session was opened."""
        self.journal_trouble: JournalError | None = None
        """Why the journal could not be read or written last."""
        self.stopped = False
        """Whether nothing more is to be sent by this run."""
        self._shared = SharedClient(open_api, self._opened, self._stop_settling)
        self._reconciling: list[asyncio.Task[None]] = []
        self._names: dict[Identity, str] = {}
        self.snapshots: Snapshots | None = None
        """Where everybody can only be exported at once."""
        self.writes = WriteCounts()
        self._writing: dict[asyncio.Task[list[UserResult]], frozenset[Identity]] = {}

    def _clock_skew(self) -> timedelta | None:
        skew = self._shared.client.clock_skew if self._shared.client else None
        return skew if skew is not None and abs(skew) > CLOCK_SKEW_LIMIT else None

    def _opened(self, client: UserApi) -> None:
        if self.stopped:
            client.stop()
        # In a task of its own: a look-up that is cancelled must not leave entries open.
        self._reconciling = [asyncio.ensure_future(self._settle(client))]

    def _stop_settling(self) -> None:
        for task in self._reconciling:
            task.cancel()

    async def _settle(self, client: UserApi) -> None:
        try:
            with deadline(A_LOOK_UP):
                settled = await reconcile(client, self.journal, self.connection.name, self.clock)
        except JournalError as error:
            self.journal_trouble = error  # reading goes on; no write begins without it
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
        reconciling = self._reconciling
        await self._shared.release()
        _hear(reconciling)

    @asynccontextmanager
    async def _using(self, *, settled: bool = False) -> AsyncIterator[UserApi]:
        """The client. What an earlier run left open is settled before anything else is asked of the server,
        as far as that is quick; to the end where everything must be `settled`."""
        async with self._shared.use() as client:
            await asyncio.wait([self._reconciling[0]], timeout=None if settled else RECONCILE_TIMEOUT)
            _hear(self._reconciling)
            yield client

    async def settled_first(self) -> None:
        """Waits until what an earlier run left open is settled. Raises what opening raises."""
        async with self._using(settled=True):
            pass

    async def rest(self) -> None:
        """Forgets the token as soon as nothing is asked of the server and nothing is written."""
        await self._shared.idle()
        await self.forget_token()
        self.context.token_in_memory = False

    async def probe(self) -> Probe:
        """A harmless read that tells whether this connection works."""
        async with self._using() as client:
            if self.snapshots is not None:
                await self.snapshots.note_export()
            return await client.probe()

    async def take_snapshot(
        self, audience: str | None, extras: Sequence[str], on_progress: OnTaking
    ) -> TakenSnapshot:
        """Exports everybody, or an audience, into the snapshot, and confirms what that shows of changes that
        were accepted before. Raises what opening does, and `Snapshots.take`."""
        if self.snapshots is None:
            raise NoExport
        async with self._using() as client:
            head = await self.snapshots.take(client, audience, extras, on_progress)
        seen = 0
        reader = SnapshotReader(self.snapshots, head)
        with suppress(ConsoleError):  # the snapshot is there all the same
            seen = await confirm_entries(reader, head, self.journal, self.connection.name)
        return TakenSnapshot(head, seen)

    def token_that_helps(self, error: ConsoleError) -> TokenKind | None:
        """The kind of token that would mend this error, None where no token would."""
        return TOKEN_KINDS[self.connection.api][0] if isinstance(error, TokenRejected) else None

    def identity(self, value: str, kind: IdentityKind | None = None) -> Identity:
        """An identity of the kind given, or of the API version's first kind."""
        return Identity(kind or self.capabilities.write_by[0], value)

    async def look_up(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress, *, ci: bool = False
    ) -> AsyncGenerator[UserRecord, None]:
        """Every user's record, in the order asked, as the answers come, with the CI fields if `ci`. Raises
        what opening raises.

        An API version that cannot read single users gives records without a profile, and asks nobody.
        """
        self.writes.know(identities)
        if not self.capabilities.read_by:
            views = await self.snapshots.views(identities) if self.snapshots else {}
            for identity in identities:
                yield UserRecord(identity, self.clock(), snapshot=views.get(identity))
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

    async def read_user(self, identity: Identity, progress: OnProgress = ignore_progress) -> UserRecord:
        """One user as a look-up reads them: without the CI fields."""
        [record] = [one async for one in self.look_up([identity], progress)]
        return record

    async def read_ci(self, identity: Identity, progress: OnProgress = ignore_progress) -> UserRecord:
        """The CI fields of that user alone, in a record without a profile. Raises what opening raises."""
        async with self._using() as client:
            with deadline(A_LOOK_UP):
                found = await read_records(client, [identity], self.clock, progress, profile=False, ci=True)
        return found[identity]

    async def _read(
        self, client: UserApi, identities: Sequence[Identity], progress: OnProgress, ci: bool
    ) -> list[UserRecord]:
        ci = ci and bool(self.capabilities.ci_fields)
        with deadline(A_LOOK_UP):
            found = await read_records(client, identities, self.clock, progress, ci=ci)
        self._names.update({one: record.name for one, record in found.items() if record.name})
        return [found[identity] for identity in identities]

    async def look_again(self, identities: Collection[Identity]) -> None:
        """Reads users with staged edits again and moves the edits onto what is there now."""
        for identity in identities:
            record = await self.open_user(identity)
            if record.failure is None:
                self.staging.draft(record)

    def restore(self, drafts: Sequence[Draft], ground: TypedGround) -> None:
        """Stages what an earlier run had staged, beside what it saw then: that is compared before sending."""
        self._names.update({one.record.identity: one.record.name for one in drafts if one.record.name})
        self.staging.restore(drafts, ground)

    def name_of(self, identity: Identity) -> str:
        """What a user is called, as it was read last; empty where that is not known. It is not inert yet."""
        return self._names.get(identity, "")

    def writes_to(self, identity: Identity) -> int:
        """How often this session or a job of its wrote to that user: what was read before the last time is
        out of date."""
        return self.writes.to(identity)

    def unsent(self) -> tuple[UserChange, ...]:
        """What is staged and not just being written."""
        under_way = frozenset().union(*self._writing.values())
        return tuple(one for one in self.staging.changes() if one.identity not in under_way)

    def review(self) -> Review:
        """Everything staged, with what the rules demand of it at this moment."""
        now, said = self.clock(), self.staging.said
        dates = ConsentDates(dict(self.connection.consent_dates))
        changes = self.staging.dated_changes(dates, read_said(said.expressed_on) or korean_day(now))
        seen = [self.staging.seen(change.identity) for change in changes]
        return review(changes, seen, self.capabilities, self.connection, now, said, self.team_policy())

    def requirements(self, scope: Scope) -> Requirements:
        """What sending this needs at this moment."""
        return requirements(scope, self.connection, self.clock(), self.team_policy())

    def team_policy(self) -> Team:
        """The company's policy as it is now: it may be changed while a console runs."""
        if self.context.made_up:
            return None
        try:
            return load_team_policy()
        except PolicyError as error:
            return error

    def counted(self, scope: Scope, but: str = "") -> Scope:
        """The same with what was written from here lately, where the company's policy asks: but for the write
        `but`. Looks through the journal, for a thread. Raises `JournalError`."""
        if not may_be_cut(self.team_policy(), scope, self.connection):
            return scope
        environment, api = self.connection.environment, self.connection.api
        since = self.clock() - timedelta(hours=COUNTED_HOURS)
        with closing(Journal(self.journal.path)) as journal:
            return scope._replace(before=journal.count_unapproved(environment, api, since, but))

    def require_single(self, scope: Scope) -> None:
        """Raises `SecondNeeded` where a plan has to be made of that, and `JournalError`."""
        if not self.context.mode.read_only:
            require_second(self.team_policy(), self.counted(scope), self.connection, None)

    def admit(self, scope: Scope, approval: Approval, *, sends: bool = True) -> None:
        """Says whether this may be sent with these answers; raises `GateRefused` if not. Sends nothing.
        Where no more of it `sends`, the company's policy is not asked: what was sent is read back."""
        context, team = self.context, self.team_policy() if sends else None
        require(scope, context.mode, self.connection, approval, self.clock(), team, context.forwarded)

    def stop_sending(self) -> None:
        """Sends nothing more; what is under way goes on."""
        self.stopped = True
        if self._shared.client is not None:
            self._shared.client.stop()

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
        scope = await asyncio.to_thread(self.counted, reviewed.scope)
        reviewed = reviewed._replace(scope=scope)
        self.admit(scope, approval)
        async with self._using(settled=True) as client:
            task = asyncio.ensure_future(self._apply(client, reviewed, approval, progress, seconds))
            self._writing[task] = frozenset(change.identity for change in reviewed.changes)
            task.add_done_callback(self._writing.pop)
            return await asyncio.shield(task)

    async def _apply(
        self, client: UserApi, reviewed: Review, approval: Approval, progress: OnProgress, seconds: float
    ) -> list[UserResult]:
        more = (len(reviewed.changes) - 1) // self.capabilities.batch_size
        with deadline(seconds + more * A_REQUEST):
            wanted = {c.identity: c for c in reviewed.changes if c.identity not in approval.leave_out}
            groups = [ChangeGroup(c.fields, (Target(c.identity, c.undo_of),)) for c in wanted.values()]
            if self.capabilities.read_by:
                news = at_step(ChangeStep.CHECK, len(wanted), progress)
                now = await read_groups(client, groups, self.clock, news)
                checked = check(groups, now, strict=True)
                if checked.conflicts:
                    raise StaleWrite(checked.conflicts)
            else:
                checked = Checked(tuple(groups))
            results = [not_sent(one) for one in checked.unread]
            results += [as_wanted(user, fields) for user, fields in checked.unchanged]
            if checked.fresh:
                results += await self._write(client, checked.fresh, reviewed, approval, progress)
            results = merged(results)
            for result in results:
                over = tuple(field.change for field in result.fields if field.outcome in _OVER)
                self.staging.settle(wanted[result.identity]._replace(fields=over))
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
        entries = await journal_intents(
            self.journal, self.connection, groups, reviewed, approval, self.incident
        )
        replies = await send(client, groups, at_step(ChangeStep.SEND, len(groups), progress))
        news = at_step(ChangeStep.READ_BACK, len(groups), progress)
        found = await read_back(client, groups, replies, self.clock, news)
        results = [one._replace(entry=entry) for one, entry in zip(found, entries, strict=True)]
        self.journal_trouble = await journal_outcomes(self.journal, entries, results)
        self.writes.add(result.identity for result in results)
        may_change = (Outcome.UNKNOWN, Outcome.DIFFERENT)
        if self.capabilities.read_by and any(one.outcome in may_change for one in results):
            self._reconciling.append(asyncio.ensure_future(self._settle_later(client)))
        return results


def _hear(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raises what one of these ended with: it is a defect, and nobody else would hear of it."""
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()
