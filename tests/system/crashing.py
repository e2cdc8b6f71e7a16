"""Kills consoles in the middle of writes, starts the next one, and compares journal and server.

What must hold after every kill: nothing reached the server without an intent that was on the disk before;
the next start leaves no intent open; the chain is whole. And in the end, when no request is under way any
more, what the journal says of each field is what the server has.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from dfn_tui.config import ApiVersion
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.changes.reconcile import Reconciled
from dfn_tui.store import Filter, Journal
from tests.sandbox_thread import ReceivedRequest, SandboxThread
from tests.starting import KEY, start
from tests.system.writer import Order

INTENTS, CHAIN = "dfn_tui/service/intents.py", "dfn_tui/store/chain.py"
PIPELINE = "dfn_tui/service/changes/pipeline.py"
STEPS = {
    "before the intent": (INTENTS, "journal_intents"),
    "while the intent is written": (CHAIN, "_signature"),
    "after the intent": (PIPELINE, "send"),
    "after the answer": (PIPELINE, "read_back"),
    "before the outcome": (INTENTS, "journal_outcomes"),
    "while the outcome is written": (CHAIN, "_list_outcomes"),
    "after the outcome": ("dfn_tui/service/staging.py", "settle"),
}
"""The steps of a write at which a writer can be told to die, by the function that is called then."""
_ANSWER_LOST = ("dfn_tui/api/messages.py", "answer_lost")
_ALL = 1_000_000  # entries at most


class Requests(list[ReceivedRequest]):
    """The requests as the sandbox receives them, each shown to `seen` before it is looked at."""

    def __init__(self, seen: Callable[[ReceivedRequest], None]) -> None:
        super().__init__()
        self._seen = seen

    def append(self, request: ReceivedRequest) -> None:
        super().append(request)
        self._seen(request)


class Line(Protocol):
    """An order to a writer."""

    def line(self) -> str: ...


class Writer:
    """The program that forks a writer for each order: `tests.system.writer`, or another of its kind."""

    def __init__(self, module: str = "tests.system.writer") -> None:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        self._pid = 0
        self._born = threading.Event()

    def begin(self, order: Line) -> None:
        """Returns when the writer is about to apply, or has died before."""
        assert self._process.stdin is not None
        self._process.stdin.write(order.line())
        self._process.stdin.flush()
        self._pid = int(self._said("pid"))
        self._born.set()
        self._said("writing")

    def kill(self) -> None:
        self._born.wait()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def end(self) -> tuple[bool, int]:
        """Waits for its end: whether it was killed, and the calls it counted where it was not."""
        assert self._process.stdout is not None
        calls = 0
        for line in self._process.stdout:
            word, _, number = line.partition(" ")
            if word == "calls":
                calls = int(number)
            elif word == "ended":
                self._pid = 0
                self._born.clear()
                status = int(number)
                killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                assert killed or status == 0, f"the writer failed: {status}"
                return killed, calls
        raise AssertionError("the writers are gone")

    def _said(self, wanted: str) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        word, _, rest = line.strip().partition(" ")
        assert word == wanted, f"{word!r} instead of {wanted!r}"
        return rest

    def close(self) -> None:
        assert self._process.stdin is not None
        if self._pid:
            self.kill()
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Crashes:
    """One journal, one server, and any number of writes that are cut short."""

    def __init__(
        self, folder: Path, api: ApiVersion = ApiVersion.V1, *, seed: int = 1, users: int = 1000
    ) -> None:
        self.journal = folder / "state" / "journal.db"
        self.counts: Counter[str] = Counter()
        """How many writes were killed at each step, and how the next starts found them to have ended."""
        self.unannounced: list[str] = []
        """Users whose write reached the server before an intent was on the disk. There must be none."""
        self._api = api
        self._pick = random.Random(seed)
        self._sandbox = SandboxThread(SandboxOptions(users=users))
        self._sandbox.requests = Requests(self._on_request)
        self._on_write: Callable[[], None] = lambda: None
        self._written = 0
        self._runs = 0
        self._writer = Writer()

    def __enter__(self) -> Self:
        self._sandbox.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._sandbox.__exit__(kind, error, trace)

    def _order(self, users: int, **kill: Any) -> Order:
        self._runs += 1
        names = tuple(f"user-{self._written + number + 1:04}" for number in range(users))
        self._written += users
        return Order(
            self._sandbox.url,
            self._sandbox.token,
            self._sandbox.service_id,
            str(self.journal),
            names,
            f"run-{self._runs}",
            "821012345678" if self._api is ApiVersion.V1 and self._runs % 2 else "",
            self._api,
            **kill,
        )

    def _on_request(self, request: ReceivedRequest) -> None:
        self._faults()  # each holds for one request
        body = json.loads(request.body)
        if request.path.endswith("/update"):
            users = [user["user_id"] for key in body if key.startswith("user_") for user in body[key]]
        elif request.path == "/api/v1/user-profile":
            users = [body["identity"]["external_id"]]
        else:
            return
        with Journal(self.journal, KEY) as journal:
            # Written just now, so that an outcome is still to come.
            begun = {entry.intent.subject.value for entry in journal.find(Filter(unresolved=True))}
        self.unannounced += [user for user in users if user not in begun]
        self._on_write()

    @contextmanager
    def _when_written(self, do: Callable[[], None]) -> Iterator[None]:
        """Does it, on the server's side, when a write arrives and before it is looked at."""
        self._on_write = do
        try:
            yield
        finally:
            self._on_write = lambda: None

    def _faults(self, *, error_rate: float = 0.0, drop_rate: float = 0.0, latency_ms: int = 0) -> None:
        faults = self._sandbox.faults
        faults.error_rate, faults.drop_rate, faults.latency_ms = error_rate, drop_rate, latency_ms

    async def at_step(self, step: str) -> list[Reconciled]:
        """A write of one user, killed at a step of `STEPS`."""
        self._writer.begin(self._order(1, kill_at=STEPS[step]))
        return await self._next(step)

    async def sent(self, *, applied: bool, latency_ms: int = 0) -> list[Reconciled]:
        """Killed when the request has arrived at the server, which then applies it, at once or after so many
        milliseconds, or does not."""

        def arrived() -> None:
            self._faults(error_rate=0.0 if applied else 1.0, latency_ms=latency_ms)
            self._writer.kill()

        step = "after the request arrived, to be applied" if applied else "after the request arrived, in vain"
        with self._when_written(arrived):
            self._writer.begin(self._order(1))
            return await self._next(step)

    async def unanswered(self) -> list[Reconciled]:
        """Killed when the server has applied it and the answer is lost on the way."""

        with self._when_written(lambda: self._faults(drop_rate=1.0)):
            self._writer.begin(self._order(1, kill_at=_ANSWER_LOST))
            return await self._next("after the server applied it")

    async def at_random_call(self, most: int) -> list[Reconciled]:
        """Killed at a random one of the first `most` calls and returns of functions."""
        self._writer.begin(self._order(2, kill_after=self._pick.randint(1, most)))
        return await self._next("at a random call")

    async def at_random_time(self, longest: float) -> list[Reconciled]:
        """Killed from outside after a random time of at most `longest` seconds."""
        self._writer.begin(self._order(2))
        time.sleep(self._pick.uniform(0, longest))  # noqa: ASYNC251  the loop has nothing else to do
        self._writer.kill()
        return await self._next("at a random time")

    def whole_writes(self) -> tuple[int, float]:
        """Writes of two users that nobody disturbs: the fewest calls and seconds that one takes."""
        taken = []
        for _ in range(6):
            self._writer.begin(self._order(2))
            began = time.perf_counter()
            killed, calls = self._writer.end()
            assert not killed
            taken.append((calls, time.perf_counter() - began))
        return min(calls for calls, _seconds in taken), min(seconds for _calls, seconds in taken)

    def applied(self) -> int:
        """How many writes the server has applied."""
        [(count,)] = self._sandbox.state.query("SELECT count(*) FROM users WHERE properties LIKE '%run-%'")
        return int(count)

    async def _next(self, step: str) -> list[Reconciled]:
        """The start after a kill; once in a while the one after a longer time too."""
        killed, _calls = self._writer.end()
        self.counts[step if killed else "ended before it was killed"] += 1
        settled = await self._start()
        if self._runs % 10 == 0:
            await self.last_start()
        return settled

    async def _start(self, later: timedelta = timedelta()) -> list[Reconciled]:
        """The next start, which settles; no intent may be open after it, and the chain must be whole."""
        async with start(
            self._sandbox, self.journal, api=self._api, clock=lambda: datetime.now(UTC) + later
        ) as session:
            await session.settled_first()
            assert session.journal_trouble is None
            settled = session.settled
        for one in settled:
            self.counts[f"settled as {Outcome(one.outcome.value)}"] += 1
        with Journal(self.journal, KEY) as journal:
            assert journal.unresolved() == []
            found = journal.verify()
        assert found.whole
        assert found.signed == ((1, found.entries) if found.entries else None)
        return settled

    async def _idle(self) -> None:
        """Returns when the server has done everything it was asked to do."""
        journal = self.journal.parent / "idle" / "journal.db"
        async with start(self._sandbox, journal, api=self._api) as session:
            await session.probe()

    async def last_start(self) -> list[Reconciled]:
        """The start of the next day: everything that can be read back is known now."""
        await self._idle()
        return await self._start(timedelta(days=1))

    def endings(self) -> list[Outcome | None]:
        """How the writes ended that have an intent, in their order."""
        with Journal(self.journal, KEY) as journal:
            found = journal.find(Filter(), limit=_ALL)
        return [entry.outcome.outcome if entry.outcome else None for entry in reversed(found)]

    def contradictions(self) -> list[str]:
        """Where the server has something else than the journal says, or something it does not know of."""
        with Journal(self.journal, KEY) as journal:
            found = journal.find(Filter(), limit=_ALL)
            intents = {entry.intent.subject.value: journal.reveal(entry) for entry in found}
        by_user = {entry.intent.subject.value: entry for entry in found}
        wrong = []
        rows = self._sandbox.state.query("SELECT user_id, mkt_sms_flag, phone_number, properties FROM users")
        for user, sms, phone, properties in rows:
            mark = json.loads(properties).get("mark")
            if user not in by_user:
                wrong += [f"{user} was written without an intent"] if mark else []
                continue
            now = {"mkt_sms_flag": sms or "Undefined", "phone_number": phone, "mark": mark}
            for change in intents[user].changes:
                ending = by_user[user].outcome_of(change)
                has = now[change.name]
                right = {Outcome.CONFIRMED: change.after, Outcome.FAILED: change.before}
                if ending in right and right[ending] == has:
                    continue
                wrong.append(f"{user}.{change.name}: {change.before} to {change.after}, {ending}, is {has}")
        return wrong
