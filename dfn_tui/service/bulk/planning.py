"""Plans over one connection: made, checked, compared with what is there. None of it writes to the server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from dfn_tui.api.calls import UserApi
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.duties import Ground, korean_day, read_said
from dfn_tui.consent.flags import State
from dfn_tui.service.bulk.approving import Signing, second_of
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.mapping import MappingOptions
from dfn_tui.service.bulk.input.reading import BulkInput, open_input
from dfn_tui.service.bulk.plan.file import PlanFile, open_plan
from dfn_tui.service.bulk.plan.making import Reading, make_plan, make_undo
from dfn_tui.service.bulk.plan.records import PlanError, PlanMetadata
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT, RateLimiter
from dfn_tui.service.bulk.rates import USUAL_LIMIT, only_withdraws, rates
from dfn_tui.service.bulk.run.job import find_job
from dfn_tui.service.bulk.run.keys import JobKey
from dfn_tui.service.bulk.run.listing import JobFolder, JobListing
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.bulk.run.seen import SnapshotTooOld, confirm_seen, fit_snapshot
from dfn_tui.service.bulk.run.sent import sent_before
from dfn_tui.service.bulk.run.undoing import undo_edits
from dfn_tui.service.bulk.run.verifying import Drift, verify
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.service.changes.grounds import AS_USUAL, ConsentDates, Said, require_day
from dfn_tui.service.changes.plan_rules import address_of, require_fresh, require_same_place
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.four_eyes.files import beside
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.reader import SnapshotReader
from dfn_tui.service.tokens import KeyNeeded
from dfn_tui.text import _

AT_ONCE = 32
"""The most requests under way together."""


class Planning:
    """Plans over `session`'s connection. `open_api` gives a client that keeps to a rate. Jobs are kept in
    `folder`, sealed with the `key` where there is one, for `keep_days` after their end; None: until they are
    cleared away. None goes whose plan is younger than `plan_hours`."""

    def __init__(
        self,
        session: Session,
        open_api: Callable[[RateLimiter], Awaitable[UserApi]],
        folder: Path,
        key: JobKey,
        keep_days: int | None = None,
        plan_hours: int = 0,
    ) -> None:
        self.session = session
        self.folder = folder
        self.key = key
        self.jobs = JobFolder(
            folder, session.journal.path, session.connection.name, session.clock, key, keep_days, plan_hours
        )
        self._open_api = open_api
        self.signing = Signing()
        """How who applies a plan signs it, where the company's policy asks for that."""

    @property
    def by(self) -> str:
        """Who plans and applies, as `user@host`."""
        operator = self.session.journal.operator
        return f"{operator.user}@{operator.host}"

    async def list_jobs(self) -> JobListing:
        """The jobs, with what is sealed of them where the key is at hand without a question. Raises
        `PlanError`."""
        found = await asyncio.to_thread(self.jobs.all)
        if any(job.locked for job in found.jobs) and await self.key.look() is not None:
            return await asyncio.to_thread(self.jobs.all)
        return found

    async def unseal(self, id: str) -> None:
        """Has the key at hand where the job of that id needs it. Raises `KeyNeeded` and `PlanError`."""
        if await asyncio.to_thread(self.jobs.is_locked, id):
            key = await self.key.look()
            if key is None or await asyncio.to_thread(self.jobs.is_locked, id):
                raise KeyNeeded(find_job(self.folder, id).stem, self.key.found, other=key is not None)

    @asynccontextmanager
    async def _client(self, limit: int) -> AsyncIterator[ThrottledClient]:
        await self.session.settled_first()
        rate_limiter = RateLimiter(limit=limit, most=AT_ONCE)
        api = await self._open_api(rate_limiter)
        try:
            yield ThrottledClient(api, rate_limiter, self.session.clock, self.session.writes.add_of_job)
        finally:
            await api.aclose()

    @asynccontextmanager
    async def reading(self, limit: int | None = None) -> AsyncIterator[ThrottledClient]:
        """A client that keeps to `limit` requests a minute, or to the rate of this connection. Raises what
        opening raises."""
        async with self._client(limit or self.usual_rate) as client:
            yield client

    def _head(
        self, kind: IdentityKind, source: str, undo_of_job: str = "", said: Said = AS_USUAL
    ) -> PlanMetadata:
        here, now = self.session.connection, self.session.clock()
        base_url, service_id = address_of(here)
        return PlanMetadata(
            here.name,
            here.environment,
            here.api,
            kind,
            now,
            self.by,
            source,
            undo_of_job=undo_of_job,
            base_url=base_url,
            service_id=service_id,
            ground=said.ground or (Ground.CORRECTION if undo_of_job else Ground.EXPRESSED),
            expressed_on=str(read_said(said.expressed_on.strip()) or korean_day(now)),
        )

    async def plan(
        self,
        source: BulkInput,
        name: str,
        path: Path,
        progress: Callable[[Reading], None],
        *,
        create: bool = False,
        resubscribe: bool = False,
        was: State | None = None,
        stop_at_first_bad: bool = False,
        replace_file: bool = False,
        limit: int | None = None,
        said: Said = AS_USUAL,
    ) -> str:
        """Makes a plan of `source`, called `name`, at `path`, and returns its digest; a file there is left as
        it is, unless `replace_file`. Nothing is written to the server. `resubscribe`: consents are given to
        who had said no, too. `was`: who was otherwise is left out. `said` holds for whose row does not
        say on what ground and when. Raises what reading the input and the server raise, `GateRefused` and
        `PlanError`."""
        require_day(said.expressed_on, self.session.clock())
        if was is not None and not self.session.capabilities.read_by:
            raise PlanError(
                _("What they were cannot be read"),
                _("This API version has no reading of users. No plan was made."),
                _("Leave out --was."),
            )
        head = replace(self._head(source.kind, name, said=said), resubscribe=resubscribe)
        limit = limit or (DOCUMENTED_LIMIT if only_withdraws(source) else self.usual_rate)
        async with self._client(limit) as client:
            return await make_plan(
                client,
                source,
                path,
                head,
                dates=ConsentDates(dict(self.session.connection.consent_dates)),
                create=create,
                was=was,
                stop_at_first_bad=stop_at_first_bad,
                replace_file=replace_file,
                progress=progress,
            )

    async def plan_users(
        self,
        users: Sequence[Identity],
        edits: Sequence[FieldEdit],
        path: Path,
        progress: Callable[[Reading], None],
        *,
        create: bool,
        said: Said,
    ) -> str:
        """Makes a plan of what was wanted for these users one by one, as `plan` does."""
        text = "\n".join(json.dumps({one.kind.value: one.value}) for one in users)  # an id means just itself
        asked = MappingOptions(new_properties=tuple(one.name for one in edits))  # by name, and not by a list
        with open_input(text, self.session.capabilities, edits, asked=asked) as source:
            return await self.plan(
                source, _("single changes"), path, progress, create=create, resubscribe=True, said=said
            )

    async def plan_undo(
        self,
        id: str,
        path: Path,
        progress: Callable[[Reading], None],
        *,
        resubscribe: bool = False,
        replace_file: bool = False,
        limit: int | None = None,
        said: Said = AS_USUAL,
    ) -> str:
        """Makes a plan that takes a job back, as far as the users are still as it left them. `resubscribe`:
        also where that gives a consent to who had said no."""
        await self.unseal(id)
        with self.jobs.open(id) as found:
            id = found.record.id
            head = replace(self._head(found.plan.head.kind, id, id, said), resubscribe=resubscribe)
            require_same_place(found.plan.head, self.session.connection)
            edits = undo_edits(found, self.session.journal.path)
            job = await asyncio.to_thread(totals, found.plan)
            withdraws = job.granted > 0 and not job.withdrawn  # to take a consent back is to withdraw it
            limit = limit or (DOCUMENTED_LIMIT if withdraws else self.usual_rate)
            async with self._client(limit) as client:
                return await make_undo(
                    client, edits, path, head, replace_file=replace_file, progress=progress
                )

    @property
    def usual_rate(self) -> int:
        """Requests a minute of what does not only withdraw consents."""
        return self.session.connection.requests_per_minute or USUAL_LIMIT

    def rates(self, found: Totals, asked: int | None = None) -> tuple[int, ...]:
        """Requests a minute that a plan is sent at (`asked`, where that is said), and the other rate."""
        return rates(found, self.usual_rate, asked)

    def mark_sent(self, plan: PlanFile, *, sending: bool = False) -> None:
        """Has the plan count who was sent from it before as left out. Raises PlanError and JournalError;
        where it is about to be sent, also if that is not known of everybody."""
        before = sent_before(plan.head, self.folder, self.session.journal.path)
        if sending:
            before.require_known(plan)
        if before.numbers:
            plan.mark_sent(before.numbers)

    def guard(self, plan: PlanFile, approval: Approval) -> Totals:
        """Says whether the plan may be applied with this approval; raises `GateRefused` if not, also where a
        second person is asked for and no signature beside the plan is theirs."""
        found = totals(plan)
        require_fresh(found.head, found.granted, self.session.connection, self.session.clock())
        approved = second_of(self.session, found, beside(plan.path))
        signed = approved.by if approved else None
        self.session.admit(self.session.counted(found.scope), approval._replace(signed=signed))
        return found

    async def verify(
        self, name: str, on_progress: Callable[[int], None], *, limit: int | None = None
    ) -> AsyncIterator[Drift]:
        """The users of a plan's file, or of a job, that are not as it wants them now; where nobody can be
        read, as of the snapshot that was taken after the job. Raises `SnapshotTooOld` where there is none."""
        if not self.session.capabilities.read_by:
            async for drift in self._verify_by_snapshot(name, on_progress):
                yield drift
            return
        plan = await self._planned(name)
        try:
            require_same_place(plan.head, self.session.connection)
            limit = limit or self.rates(await asyncio.to_thread(totals, plan))[0]
            async with self._client(limit) as client:
                async for drift in verify(client, plan, on_progress):
                    yield drift
        finally:
            plan.close()

    async def _verify_by_snapshot(
        self, name: str, on_progress: Callable[[int], None]
    ) -> AsyncIterator[Drift]:
        """Writes down first of whom the snapshot shows what was accepted."""
        if await asyncio.to_thread(Path(name).exists):
            raise SnapshotTooOld(
                _("Name the job, not the plan"),
                _("A plan does not say when it was sent, so no snapshot can be told to be new enough."),
                _("The jobs are listed by: dfn-tui bulk list"),
            )
        await self.unseal(name)
        job = await asyncio.to_thread(self.jobs.open, name)
        try:
            require_same_place(job.plan.head, self.session.connection)
            head = await fit_snapshot(self.session.snapshots, job.record)
            assert self.session.snapshots is not None  # it was just asked
            reader = SnapshotReader(self.session.snapshots, head)
            if await asyncio.to_thread(job.take):  # who else has it writes there
                run_log = RunLog(self.session.journal, job)
                try:
                    await confirm_seen(run_log, reader, head)
                finally:
                    await run_log.close()
            async for drift in verify(reader, job.plan, on_progress):
                yield drift
        finally:
            job.close()

    async def _planned(self, name: str) -> PlanFile:
        path = Path(name)
        if await asyncio.to_thread(path.exists):
            return await asyncio.to_thread(open_plan, path)
        await self.unseal(name)
        return (await asyncio.to_thread(self.jobs.open, name)).plan
