"""The session for many users at once: plans, jobs and what comes after them, over one connection.

One job runs at a time. It runs on whoever looks or not, and is never cut short: `finish` stops it after the
batches under way, and a later start resumes it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dfn_tui.api.calls import UserApi
from dfn_tui.api.types import IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.plan.file import PlanFile, check_digest, open_plan, unused_name
from dfn_tui.service.bulk.plan.making import Reading, make_plan, make_undo
from dfn_tui.service.bulk.plan.records import PlanError, PlanMetadata
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT, RateLimiter
from dfn_tui.service.bulk.run.format import share_of
from dfn_tui.service.bulk.run.job import Job, job_files, make_job, open_job
from dfn_tui.service.bulk.run.listing import JobSummary, list_jobs, summary, unfinished_jobs
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.bulk.run.undoing import undo_edits
from dfn_tui.service.bulk.run.verifying import Drift, verify
from dfn_tui.service.changes.policy import Approval, require_same_place, warnings
from dfn_tui.service.intents import blank_intent
from dfn_tui.service.session import Session
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import file_stamp

AT_ONCE = 32
"""The most requests under way together."""


class JobBusy(ConsoleError):
    """A job runs already."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is applied. `limit` is in requests a minute. `read_back` has every user read again after
    sending, where this API version can."""

    on_conflict: OnConflict = OnConflict.STOP
    read_back: bool = True
    limit: int = DOCUMENTED_LIMIT


class BulkSession:
    """Plans and jobs over `session`'s connection. `open_api` gives a client that keeps to a rate;
    jobs are kept in `folder`."""

    def __init__(
        self, session: Session, open_api: Callable[[RateLimiter], Awaitable[UserApi]], folder: Path
    ) -> None:
        self.session = session
        self.folder = folder
        self.run: Run | None = None
        """The run under way, or the last one."""
        self._open_api = open_api
        self._task: asyncio.Task[JobRecord] | None = None
        self.stopping = False
        """Whether jobs are to stop, the one under way and any that is about to start."""
        session.context.job_share = self._share

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return self._task is not None and not self._task.done()

    @property
    def by(self) -> str:
        """Who plans and applies, as `user@host`."""
        operator = self.session.journal.operator
        return f"{operator.user}@{operator.host}"

    def _share(self) -> int | None:
        return share_of(self.run.progress()) if self.busy and self.run is not None else None

    @asynccontextmanager
    async def _client(self, limit: int) -> AsyncIterator[ThrottledClient]:
        await self.session.settled_first()
        rate_limiter = RateLimiter(limit=limit, most=AT_ONCE)
        api = await self._open_api(rate_limiter)
        try:
            yield ThrottledClient(api, rate_limiter, self.session.clock)
        finally:
            await api.aclose()

    def _head(self, kind: IdentityKind, source: str, undo_of_job: str = "") -> PlanMetadata:
        here, now = self.session.connection, self.session.clock()
        return PlanMetadata(
            here.name, here.environment, here.api, kind, now, self.by, source, undo_of_job=undo_of_job
        )

    async def plan(
        self,
        source: BulkInput,
        name: str,
        path: Path,
        progress: Callable[[Reading], None],
        *,
        create: bool = False,
        stop_at_first_bad: bool = False,
        limit: int = DOCUMENTED_LIMIT,
    ) -> str:
        """Makes a plan of `source`, called `name`, at `path`, and returns its digest. Nothing is written to
        the server. Raises what reading the input and the server raise, and `PlanError`."""
        head = self._head(source.kind, name)
        async with self._client(limit) as client:
            return await make_plan(
                client,
                source,
                path,
                head,
                create=create,
                stop_at_first_bad=stop_at_first_bad,
                progress=progress,
            )

    async def plan_undo(
        self, job: str, path: Path, progress: Callable[[Reading], None], *, limit: int = DOCUMENTED_LIMIT
    ) -> str:
        """Makes a plan that takes a job back, as far as the users are still as it left them."""
        with self._open(job) as found:
            id = found.record.id
            head = self._head(found.plan.head.kind, id, id)
            require_same_place(found.plan.head, self.session.connection)
            edits = undo_edits(found, self.session.journal.path)
            async with self._client(limit) as client:
                return await make_undo(client, edits, path, head, progress=progress)

    def guard(self, plan: PlanFile, approval: Approval) -> Totals:
        """Says whether the plan may be applied with this approval; raises `GateRefused` if not."""
        found = totals(plan)
        self.session.admit(found.scope, approval)
        return found

    async def apply(
        self, path: Path, approval: Approval, options: Options, *, digest: str | None = None
    ) -> Run:
        """Starts a job of the plan at `path`: `run` tells how far it is, and `wait` waits for its end.
        `digest` is that of the plan as it was approved, where that is known.

        Raises `GateRefused`, `PlanError`, `JobBusy`, and what opening raises, before anything is sent.
        """
        self._require_idle()
        await self.session.settled_first()  # without a token no job is made that would be left over
        plan = await asyncio.to_thread(open_plan, path)
        try:
            if digest is not None and plan.digest != digest:
                raise _not_as_approved()
            found = await asyncio.to_thread(self.guard, plan, approval)
            record = self._record(plan, found, approval, options)
            job = await asyncio.to_thread(make_job, plan, self.folder, record)
        finally:
            plan.close()
        return await self._start(job, options.limit)

    def _record(self, plan: PlanFile, found: Totals, approval: Approval, options: Options) -> JobRecord:
        now = self.session.clock()
        return JobRecord(
            id=unused_name(self.folder, f"{file_stamp(now)}-{plan.digest[:6]}", ".db"),
            digest=plan.digest,
            begun=now,
            by=self.by,
            reason=approval.reason.strip(),
            evidence=approval.evidence.strip(),
            warnings=tuple(
                warning.text for warning in warnings(found.scope, now) if warning.id in approval.acknowledged
            ),
            on_conflict=options.on_conflict,
            read_back=options.read_back,
            limit=options.limit,
            acknowledged=tuple(sorted(approval.acknowledged)),
            typed_count=approval.typed_count,
            max_grants=approval.max_grants,
            max_users=approval.max_users,
        )

    async def resume(self, id: str, *, failed: bool = False, limit: int | None = None) -> Run:
        """Goes on with a job where it was left; with `failed`, those that failed are done once more.

        Raises `PlanError`, `JobBusy`, `GateRefused` and what opening raises.
        """
        self._require_idle()
        job = await asyncio.to_thread(self._open, id)
        return await self._start(job, limit, again=(Outcome.FAILED, Outcome.DIFFERENT) if failed else ())

    async def _start(self, job: Job, limit: int | None, again: Sequence[Outcome] = ()) -> Run:
        """`again`: the users that ended so are done once more. Without a `limit` the job's own holds."""
        try:
            record = job.record
            if not job.take():
                raise JobBusy(  # noqa: TRY301  the job must be closed
                    _("The job runs already"),
                    _("Another console or command runs {job}.").format(job=sanitize(record.id, 60)),
                    _("Wait for it, or look at it: dfn-tui bulk status"),
                )
            await asyncio.to_thread(self._check, job, record)
            record = replace(record, state=JobState.RUNNING, why="", ended=None)
            await asyncio.to_thread(job.save, record)
            if again:
                await asyncio.to_thread(job.take_up_again, *again)
            total = await asyncio.to_thread(job.count_to_send)
        except BaseException:
            job.close()
            raise
        ready: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        self.run = None
        going = self._go(job, record, total, limit or record.limit, ready)
        self._task = asyncio.ensure_future(going)
        return await asyncio.shield(ready)

    def _check(self, job: Job, record: JobRecord) -> None:
        """Asks the rules once more, of the plan that was approved and of no other: the file may have been
        changed since. Raises `PlanError` and `GateRefused`."""
        check_digest(job.path, job.plan.db)
        if job.plan.digest != record.digest:
            raise _not_as_approved()
        found = totals(job.plan)
        approval = Approval(
            record.reason,
            record.evidence,
            frozenset(record.acknowledged or ()),
            typed_count=record.typed_count,
            max_grants=record.max_grants,
            max_users=record.max_users,
        )
        if record.acknowledged is None:  # of the first version, which kept the texts alone
            asked = warnings(found.scope, self.session.clock())
            read = frozenset(one.id for one in asked if one.text in record.warnings)
            users, granted = found.to_send, found.granted
            approval = approval._replace(
                acknowledged=read, typed_count=users, max_grants=granted, max_users=users
            )
        self.session.admit(found.scope, approval)

    async def _go(
        self, job: Job, record: JobRecord, total: int, limit: int, ready: "asyncio.Future[Run]"
    ) -> JobRecord:
        try:
            async with self._client(limit) as client:
                journal, connection = self.session.journal, self.session.connection
                blank = blank_intent(
                    connection,
                    journal.operator,
                    record.id,
                    warnings=record.warnings,
                    reason=record.reason,
                    evidence=record.evidence,
                )
                run_log, clock = RunLog(journal, job), self.session.clock
                self.run = Run(record, total, client, run_log, job.plan.head.kind, blank, journal, clock)
                ready.set_result(self.run)
                if self.stopping:
                    self.run.stop()
                return await self.run.go()
        except Exception as error:  # whatever it is, whoever waits for the run must hear of it
            if ready.done():
                raise
            ready.set_exception(error)
            return record
        finally:
            job.close()

    def _require_idle(self) -> None:
        if self.busy:
            raise JobBusy(
                _("A job runs already"),
                _("One job at a time is run over a connection. Nothing was sent."),
                _("Wait for it to end, or stop it."),
            )

    async def wait(self) -> JobRecord:
        """Waits for the job under way. A caller that is cancelled does not stop it."""
        assert self._task is not None
        return await asyncio.shield(self._task)

    async def verify(
        self, name: str, on_progress: Callable[[int], None], *, limit: int = DOCUMENTED_LIMIT
    ) -> AsyncIterator[Drift]:
        """The users of a plan's file, or of a job, that are not as it wants them now."""
        plan = await asyncio.to_thread(self._planned, name)
        try:
            require_same_place(plan.head, self.session.connection)
            async with self._client(limit) as client:
                async for drift in verify(client, plan, on_progress):
                    yield drift
        finally:
            plan.close()

    def _planned(self, name: str) -> PlanFile:
        path = Path(name)
        return open_plan(path) if path.exists() else self._open(name).plan

    def jobs(self) -> list[JobSummary]:
        """The jobs of this connection, the newest first. Those that cannot be read are left out."""
        return list_jobs(self.folder, self.session.connection.name)

    def job(self, id: str) -> JobSummary:
        """The job of that id, or whose id begins so. Raises PlanError."""
        with self._open(id) as found:
            return summary(found)

    def unfinished(self) -> list[str]:
        """The ids of this connection's jobs that can be gone on with, the newest first."""
        return unfinished_jobs(self.folder, self.session.connection.name)

    def _open(self, id: str) -> Job:
        """The job of that id, or whose id begins so. Raises PlanError."""
        found = [path for path in job_files(self.folder) if path.stem.startswith(id)] if id else []
        exact = [path for path in found if path.stem == id]
        if len(found) > 1 and not exact:
            raise PlanError(
                _("More than one job is meant"),
                _("{count} jobs begin with {id}.").format(count=len(found), id=sanitize(id, 40)),
                _("Give more of the id."),
            )
        return open_job((exact or found or [self.folder / f"{Path(id).name}.db"])[0])

    def stop(self) -> None:
        """Stops the job under way, or about to start, after what was sent, so that it can be resumed."""
        self.stopping = True
        if self.run is not None:
            self.run.stop()

    async def finish(self) -> None:
        """Stops the job under way, and waits for that."""
        self.stop()
        if self._task is not None:
            await asyncio.wait([self._task])


def _not_as_approved() -> PlanError:
    return PlanError(
        _("The plan was changed"),
        _("Something else changed or replaced it since it was approved. Nothing is sent."),
        _("Look at it again."),
    )
