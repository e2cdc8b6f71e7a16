"""The session for many users at once: plans, jobs and what comes after them, over one connection.

One job runs at a time. It runs on whoever looks or not, and is never cut short: `finish` stops it after the
batches under way, and a later start resumes it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.approving import may_be_asked, of_job, require_signed, signatures_for
from dfn_tui.service.bulk.plan.errors import plan_errors
from dfn_tui.service.bulk.plan.file import check_digest, open_plan, unused_name
from dfn_tui.service.bulk.plan.totals import totals
from dfn_tui.service.bulk.planning import Planning
from dfn_tui.service.bulk.run.begun import Options, approval_of, new_record, not_as_approved
from dfn_tui.service.bulk.run.format import share_of
from dfn_tui.service.bulk.run.job import Job, make_job
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.bulk.run.sent import leave_out_sent
from dfn_tui.service.changes.four_eyes import SignedBy
from dfn_tui.service.changes.plan_rules import require_fresh
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.changes.scope import Scope
from dfn_tui.service.four_eyes.files import beside
from dfn_tui.service.intents import blank_intent
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import file_stamp, korean_date


class JobBusy(ConsoleError):
    """A job runs already."""


class BulkSession(Planning):
    """Plans and jobs over a connection. As `Planning`."""

    run: Run | None = None
    """The run under way, or the last one."""
    stopping = False
    """Whether jobs are to stop, the one under way and any that is about to start."""
    _task: "asyncio.Task[JobRecord] | None" = None

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return self._task is not None and not self._task.done()

    def _share(self) -> int | None:
        return share_of(self.run.progress()) if self.busy and self.run is not None else None

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
                raise not_as_approved()
            await asyncio.to_thread(self.mark_sent, plan, sending=True)
            found = await asyncio.to_thread(self.guard, plan, approval)
            now = self.session.clock()
            id = unused_name(self.folder, f"{file_stamp(now)}-{plan.digest[:6]}", ".db")
            limit = self.rates(found, options.limit)[0]
            record = new_record(id, found, approval, options, limit, by=self.by, now=now)
            signatures = await asyncio.to_thread(
                signatures_for, self.session, found, beside(path), self.signing
            )
            record = replace(record, incident=self.session.incident, signatures=signatures)
            key = await self.key.look(make=True)
            job = await asyncio.to_thread(make_job, plan, self.folder, record, key)
        finally:
            plan.close()
        return await self._start(job, None)

    async def resume(
        self,
        id: str,
        *,
        failed: bool = False,
        limit: int | None = None,
        on_conflict: OnConflict | None = None,
    ) -> Run:
        """Goes on with a job where it was left; with `failed`, those that failed are done once more, but for
        who is as wanted by now.

        `on_conflict` decides about the users known to be changed by somebody else, and holds from then on:
        SKIP leaves them aside, OVERWRITE sends them as planned, STOP looks at everybody first and sends
        nothing where one is still so. None leaves them aside and the job's rule as it is.

        Raises `PlanError`, `KeyNeeded`, `JobBusy`, `GateRefused` and what opening raises.
        """
        self._require_idle()
        await self.unseal(id)
        job = await asyncio.to_thread(self.jobs.open, id)
        again = [Outcome.FAILED, Outcome.DIFFERENT] if failed else []
        if on_conflict not in (None, OnConflict.SKIP):
            again.append(Outcome.CONFLICT)
        try:
            record = await asyncio.to_thread(self._signed_again, job, again=bool(again))
        except BaseException:
            job.close()
            raise
        return await self._start(job, limit, again, on_conflict, record)

    def _signed_again(self, job: Job, *, again: bool) -> JobRecord:
        """The job's record, signed by who goes on with it. Raises `SignatureRefused`."""
        record = job.record
        if not (may_be_asked(self.session) and (again or job.pending(-1, 1))):
            return record
        approval = of_job(record.signatures)
        hint = _("Apply the plan once more, with a new approval: whoever was sent is left out.")
        signatures = signatures_for(
            self.session, totals(job.plan), approval, self.signing, hint, job=record.id
        )
        return replace(record, signatures=signatures)

    async def _start(
        self,
        job: Job,
        limit: int | None,
        again: Sequence[Outcome] = (),
        on_conflict: OnConflict | None = None,
        record: JobRecord | None = None,
    ) -> Run:
        """`again`: the users that ended so are done once more. Without a `limit` the job's own holds, and so
        does its `record`."""
        try:
            record = record or job.record
            if not job.take():
                raise JobBusy(  # noqa: TRY301  the job must be closed
                    _("The job runs already"),
                    _("Another console or command runs {job}.").format(job=sanitize(record.id, 60)),
                    _("Wait for it, or look at it: dfn-tui bulk list"),
                )
            await asyncio.to_thread(self._check_content, job, record)
            # Before anybody is taken out: it is the plan as it was approved.
            signed = await asyncio.to_thread(self._check_signed, job, record, again=bool(again))
            if signed is not None:
                _require_as_approved(job, on_conflict or record.on_conflict)
            now, journal = self.session.clock(), self.session.journal.path
            record = await asyncio.to_thread(leave_out_sent, job, record, again, journal, self.by, now)
            approval = approval_of(record)._replace(signed=signed)
            scope = await asyncio.to_thread(self._check, job, approval, again=bool(again))
            record = replace(record, state=JobState.RUNNING, why="", ended=None)
            sent_again = record.sent_again or Outcome.FAILED in again
            record = replace(record, on_conflict=on_conflict or record.on_conflict, sent_again=sent_again)
            await asyncio.to_thread(job.save, record)
            if again:
                await asyncio.to_thread(job.take_up_again, *again)
            total = await asyncio.to_thread(job.count_to_send)
        except BaseException:
            job.close()
            raise
        ready: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        self.run = None
        self.session.context.job_share = self._share
        look_first = on_conflict is OnConflict.STOP
        admit = partial(self.session.admit, scope, approval)
        going = self._go(job, record, signed, total, limit or record.limit, ready, admit, look_first)
        self._task = asyncio.ensure_future(going)
        return await asyncio.shield(ready)

    def _check_content(self, job: Job, record: JobRecord) -> None:
        """Raises `PlanError` where the job is not of the plan that was approved: the file may have been
        changed since."""
        with plan_errors(job.path):
            check_digest(job.path, job.plan.db)
        if job.plan.digest != record.digest:
            raise not_as_approved()

    def _check_signed(self, job: Job, record: JobRecord, *, again: bool) -> SignedBy | None:
        """Who approved and who applies what the job holds. Raises `SignatureRefused`."""
        if not (may_be_asked(self.session) and (again or job.pending(-1, 1))):  # as below
            return None
        return require_signed(self.session, totals(job.plan), record.signatures, job=record.id)

    def _check(self, job: Job, approval: Approval, *, again: bool) -> Scope:
        """Asks the rules once more about what the job would send, and returns that. Raises `GateRefused`."""
        found = totals(job.plan)
        sends = again or bool(job.pending(-1, 1))
        if sends:  # what was sent may be read back, however old the plan is
            require_fresh(found.head, found.granted, self.session.connection, self.session.clock())
        scope = self.session.counted(found.scope, job.record.id) if sends else found.scope
        self.session.admit(scope, approval, sends=sends)
        return scope

    async def _go(
        self,
        job: Job,
        record: JobRecord,
        signed: SignedBy | None,
        total: int,
        limit: int,
        ready: "asyncio.Future[Run]",
        admit: Callable[[], None],
        look_first: bool,
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
                    incident=record.incident,
                    ground=record.ground,
                    expressed_on=record.expressed_on or korean_date(record.begun),
                    signed=signed,
                )
                run_log, clock = RunLog(journal, job), self.session.clock
                look_first = look_first and bool(client.capabilities.read_by)
                self.run = Run(
                    record, total, client, run_log, blank, journal, clock, admit, look_first=look_first
                )
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


def _require_as_approved(job: Job, on_conflict: OnConflict) -> None:
    """Raises `GateRefused` where people would be given a consent who may have said no since that was
    approved."""
    if on_conflict is OnConflict.OVERWRITE and totals(job.plan).granted:
        raise GateRefused(
            _("What was approved is sent as it was"),
            _("Who was changed since by somebody else is not overwritten with a consent. Nothing is sent."),
            _("Leave them aside (--on-conflict skip), or have a new plan of them approved."),
        )
