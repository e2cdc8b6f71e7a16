"""Kills bulk jobs in the middle, resumes them, and compares plan, journal and server.

What must hold after every kill: nothing reached the server without an intent that was on the disk before, and
nothing is sent again that is known to be done. And in the end: the server has exactly what was planned, each
user is in exactly one outcome, and the chain is whole.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.records import SENT
from dfn_tui.service.bulk.run.job import job_files, open_job
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from dfn_tui.service.changes.fields import parse_assignment
from dfn_tui.service.context import ConnectionContext
from dfn_tui.store import Filter, Journal
from tests.sandbox_thread import ReceivedRequest, SandboxThread
from tests.starting import KEY, connections
from tests.system.bulk_writer import LIMIT, BulkOrder
from tests.system.crashing import Requests, Writer

FLAG = Flag.MKT_SMS.value
_KNOWN_DONE = (Outcome.ACCEPTED, Outcome.CONFIRMED)
_ALL = 1_000_000  # entries at most


class BulkCrashes:
    """One plan and one job at a time, any number of kills."""

    def __init__(
        self,
        folder: Path,
        *,
        users: int = 200,
        api: ApiVersion = ApiVersion.V1,
        seed: int = 1,
        faults: Faults | None = None,
    ) -> None:
        self.folder = folder
        self.journal = folder / "state" / "journal.db"
        self.kills = 0
        self.unannounced: list[str] = []
        """Users whose write reached the server before an intent was on the disk. There must be none."""
        self.plain: list[str] = []
        """The files of jobs in which ids could be read after a run or a kill. Nor any of these."""
        self.sandbox = SandboxThread(SandboxOptions(users=users, faults=faults or Faults(rate_limit=None)))
        self.sandbox.requests = Requests(self._on_request)
        self.pick = random.Random(seed)
        self._users = users
        self._api = api
        self._on_write: Callable[[], None] = lambda: None
        self._writer = Writer("tests.system.bulk_writer")

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self.sandbox.__exit__(kind, error, trace)

    async def plan(self, *more: str) -> Path:
        """A plan that withdraws the SMS consent of every user, and sets `more`."""
        path = self.folder / "plan"
        ids = "\n".join(f"user-{number:04}" for number in range(1, self._users + 1))
        run = connections(self.sandbox, self.journal, api=self._api)
        try:
            bulk = run.bulk("here")
            capabilities = ConnectionContext(bulk.session.connection, bulk.session.context.mode).capabilities
            edits = [parse_assignment(one, capabilities) for one in (f"{FLAG}=Unsubscribed", *more)]
            with open_input(ids, capabilities, edits) as source:
                await bulk.plan(source, "ids", path, lambda _reading: None, create=True, limit=LIMIT)
        finally:
            await run.finish()
        return path

    def _on_request(self, request: ReceivedRequest) -> None:
        body = json.loads(request.body)
        if request.path.endswith("/update"):
            users = [user["user_id"] for user in body["user_properties"]]
        elif request.path == "/api/v1/user-profile":
            users = [body["identity"]["external_id"]]
        else:
            return
        with Journal(self.journal, KEY) as journal:
            begun = {
                entry.intent.subject.value for entry in journal.find(Filter(unresolved=True), limit=_ALL)
            }
        self.unannounced += [user for user in users if user not in begun]
        self._on_write()

    def _order(self) -> BulkOrder:
        server = self.sandbox
        return BulkOrder(server.url, server.token, server.service_id, str(self.journal), api=self._api)

    def apply(self, plan: Path, on_conflict: OnConflict, kill_after: int | None = None) -> bool:
        """Applies the plan, until the job ends or the server has received so many of its writes: whether it
        was killed."""
        return self._run(replace(self._order(), plan=str(plan), on_conflict=on_conflict), kill_after)

    def resume(self, kill_after: int | None = None) -> bool:
        """Resumes the job, an hour later."""
        return self._run(replace(self._order(), job=self.job, later=1), kill_after)

    def _run(self, order: BulkOrder, kill_after: int | None) -> bool:
        left = kill_after

        def count() -> None:
            nonlocal left
            if left is not None:
                left -= 1
                if left == 0:
                    self._writer.kill()

        self._writer.begin(order)
        self._on_write = count
        killed, _calls = self._writer.end()
        self._on_write = lambda: None
        self._idle()
        self.kills += killed
        files = [*(self.folder / "state" / "jobs").iterdir()]
        self.plain += [f"{path.name} is plain" for path in files if b"user-0" in path.read_bytes()]
        return killed

    def _idle(self) -> None:
        """Returns when the server has done everything that a killed job asked of it: what is asked last, here
        in vain, is answered last."""
        httpx.post(f"{self.sandbox.url}/api/v1/users/profile", json={})

    def to_the_end(self, plan: Path, *, kills: int, on_conflict: OnConflict) -> None:
        """Applies the plan, killed so often at random writes, and resumed each time."""
        self.apply(plan, on_conflict, self._point())
        for _kill in range(kills - 1):
            if self.state() is not JobState.FINISHED:
                self.resume(self._point())
        for _again in range(5):  # a server that fails often may have the run stop
            if self.state() is not JobState.FINISHED:
                self.resume()

    def _point(self) -> int:
        return self.pick.randint(1, max(2, self._users // 40))

    @property
    def job(self) -> str:
        [path] = job_files(self.folder / "state" / "jobs")
        return path.stem

    def state(self) -> JobState:
        [path] = job_files(self.folder / "state" / "jobs")
        with open_job(path, KEY) as job:
            return job.record.state

    def ends(self) -> Counter[Outcome]:
        [path] = job_files(self.folder / "state" / "jobs")
        with open_job(path, KEY) as job:
            return job.counts()

    def failed(self) -> set[str]:
        """The users that failed."""
        [path] = job_files(self.folder / "state" / "jobs")
        with open_job(path, KEY) as job:
            return {user.user for user, _ended in job.ended_in(Outcome.FAILED, -1, _ALL)}

    def planned(self, plan: Path) -> set[str]:
        """The users that something is sent for."""
        with open_plan(plan) as opened:
            return {user.user for user in opened.users(limit=_ALL) if user.group.status in SENT}

    async def wrong(self, plan: Path, unsent: frozenset[str] = frozenset()) -> list[str]:
        """What is not as it must be at the end; `unsent` are the users whose change cannot succeed."""
        found = [*self.unannounced, *self.plain]
        sent = self.planned(plan)
        if self._api is ApiVersion.V1:
            now = dict(self.sandbox.state.query("SELECT user_id, mkt_sms_flag FROM users"))
            found += [
                f"{user} is {now.get(user)}" for user in sent - unsent if now.get(user) != "Unsubscribed"
            ]
        [path] = job_files(self.folder / "state" / "jobs")
        with open_job(path, KEY) as job:
            ended = {user.user: end for user, end in job.planned(-1, _ALL)}
        found += [f"{user} has no outcome" for user in sent if ended.get(user) is None]
        found += [f"{user} has an outcome" for user in ended if user not in sent]
        return found + await asyncio.to_thread(self._journal_faults)

    def _journal_faults(self) -> list[str]:
        with Journal(self.journal, KEY) as journal:
            assert journal.verify().whole
            found = journal.find(Filter(), limit=_ALL)
            wrong = [f"{entry.seq} is open" for entry in journal.unresolved()]
        done: set[str] = set()
        for entry in reversed(found):
            user = entry.intent.subject.value
            if user in done:
                wrong.append(f"{user} was sent again after it was known to be done")
            if entry.outcome is not None and entry.outcome.outcome in _KNOWN_DONE:
                done.add(user)
        return wrong
