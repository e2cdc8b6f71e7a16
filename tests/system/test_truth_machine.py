"""A server that lies and an operator who works, played against each other: what is told is always so.

The oracle takes down what the server really held, and when. It knows nothing of the program but what it says.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dfn_tui.api.transport import Timeouts
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.changes.inverse import prepare_undos, stage_undo
from dfn_tui.service.changes.outcome import NOT_READABLE, UserResult
from dfn_tui.service.changes.pipeline import StaleWrite
from dfn_tui.service.connections import Connections
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.store import Entry
from dfn_tui.text.korea import utc_now
from tests.sandbox_thread import SandboxThread
from tests.starting import connections, entries, send

PUSH, GRADE, PHONE = Flag.MKT_PUSH.value, "grade", "phone_number"
VALUES: dict[str, list[str]] = {
    PUSH: [State.SUBSCRIBED.value, State.UNSUBSCRIBED.value],
    GRADE: ["gold", "silver"],
    PHONE: ["821011112222", "821033334444"],
}
FIRST = "821099998888"
ODD = {PUSH: '"Paused"', GRADE: '["gold"]', PHONE: "[1]"}
"""What nobody can read, by the field it may be in."""
ODD_NAMES = st.sets(st.sampled_from([*ODD]))
WRITES = ("/update", "/delete")
LAG = 0.2
"""Seconds that reads are behind, where they are."""

WHOLE = ("true", "no-details", "user-twice", "repeated", "failed", "unmentioned")
"""Answers after which the server is done with a write, or was never going to do it."""
NO_ANSWER = ("cut", "page", "401", "408", "425", "500", "504", "5001", "9999")
REFUSALS = ("4001", "4007")
READS = ("true", "page", "401", "504", "cut", "4001", "failed", "unmentioned", "user-twice", "key-twice")

T = TypeVar("T")


class Change(NamedTuple):
    """A field of a user, as of some moment."""

    at: float
    user: str
    name: str
    value: str | None


class ServerHistory:
    """What a sandbox held of its users' fields, and the writes that it has taken and not applied yet."""

    def __init__(self, server: SandboxThread) -> None:
        self.server = server
        self._changes: list[Change] = []
        self._late: list[tuple[str, Callable[[], object]]] = []
        sandbox = server._sandbox
        apply = sandbox.apply

        def delayed(user_ids: Any, store: Callable[[Any], object]) -> None:
            ids = list(user_ids)
            if server.faults.apply_after_ms:
                sandbox._written.update(ids)
                self._late += [(one, partial(sandbox._store, [one], store)) for one in ids]
            else:
                apply(ids, store)
            self.look(ids)

        sandbox.apply = delayed  # type: ignore[method-assign]

    def look(self, users: list[str]) -> None:
        """Takes down what is stored of these users."""
        at = time.monotonic()
        profiles, identifiers = self.server.state.profiles(users), self.server.state.ci(users)
        for user in users:
            flags, properties = profiles.get(user, ({}, {}))
            given = {flag: state for flag, state in flags.items() if state != State.NEVER_SET}
            stored = {**given, **properties, **identifiers.get(user, {})}
            self._changes += [Change(at, user, name, stored.get(name)) for name in VALUES]

    def held(self, user: str, name: str, since: float) -> set[str | None]:
        """The values that the field had from then on."""
        all_of = [change for change in self._changes if (change.user, change.name) == (user, name)]
        before = [None, *(change.value for change in all_of if change.at <= since)][-1:]
        return {*before, *(change.value for change in all_of if change.at > since)}

    def now(self, user: str, name: str) -> str | None:
        return next(
            change.value for change in reversed(self._changes) if (change.user, change.name) == (user, name)
        )

    def is_late(self, user: str) -> bool:
        return any(late == user for late, _store in self._late)

    def catch_up(self) -> None:
        """Applies what was taken and is late."""
        late, self._late = self._late, []
        for user, store in late:
            store()
            self.look([user])

    def change(self, user: str, name: str, value: str) -> None:
        """Somebody else writes."""
        state = self.server.state
        if name == PUSH:
            state.write_profiles([(user, {Flag.MKT_PUSH: State(value)}, {})])
        elif name == GRADE:
            state.write_profiles([(user, {}, {GRADE: value})])
        else:
            state.write_ci([(user, {PHONE: value})])
        self.look([user])


def _whole(value: Any) -> Any:
    """A number that the journal shows masked."""
    numbers = (one for one in (FIRST, *VALUES[PHONE]) if "•" in str(value) and one[-2:] == str(value)[-2:])
    return next(numbers, value)


def _plain(value: Any) -> Any:
    """A value as the server's history has it: a consent that is not set is no value."""
    return None if value == State.NEVER_SET.value else value


class TruthMachine(RuleBasedStateMachine):
    """The moves of the server, of other writers and of the operator, in any order."""

    server: ClassVar[SandboxThread]
    history: ClassVar[ServerHistory]
    numbers: ClassVar[Iterator[int]]

    def __init__(self) -> None:
        super().__init__()
        self.users = [f"t-{next(self.numbers)}" for _number in range(2)]
        self._folder = tempfile.TemporaryDirectory()
        self._journal = Path(self._folder.name) / "journal.db"
        self._runner = asyncio.Runner()
        self._ahead = timedelta(0)
        self._told: dict[int, tuple[Outcome, ...]] = {}
        self._calm()
        self._open()

    def _clock(self) -> datetime:
        return utc_now() + self._ahead

    def _open(self) -> None:
        self._run_of: Connections = connections(self.server, self._journal, clock=self._clock)
        self.session: Session = self._run_of.session("here")

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _calm(self) -> None:
        for fault in fields(Faults):
            setattr(self.server.faults, fault.name, getattr(self.server.options.faults, fault.name))

    def teardown(self) -> None:
        self._calm()
        self._do(self._run_of.finish())
        self._runner.close()
        self.history.catch_up()
        self._folder.cleanup()

    @initialize(push=st.sampled_from(VALUES[PUSH]), phone=st.booleans())
    def people(self, push: str, phone: bool) -> None:
        for user in self.users:
            self.history.change(user, PUSH, push)
            self.history.change(user, GRADE, "bronze")
            if phone:
                self.history.change(user, PHONE, FIRST)

    # The server's moves.

    @rule(answer=st.sampled_from(WHOLE), applied=st.booleans())
    def answers_in_full(self, answer: str, applied: bool) -> None:
        self.server.faults.write_answer = answer
        self.server.faults.apply_after_ms = 0 if applied else None

    @rule(answer=st.sampled_from((*NO_ANSWER, "true")), applies=st.sampled_from([0, None, 1]))
    def gives_no_answer(self, answer: str, applies: int | None) -> None:
        self.server.faults.write_answer = answer
        self.server.faults.apply_after_ms = applies  # 1: when it catches up

    @rule(code=st.sampled_from(REFUSALS))
    def refuses(self, code: str) -> None:
        self.server.faults.write_answer = code
        self.server.faults.apply_after_ms = None
        self.server.faults.only_users = frozenset()  # it is about the whole request, and believed

    @rule(answer=st.sampled_from(READS), back=st.sampled_from(READS), lags=st.booleans(), odd=ODD_NAMES)
    def reads_oddly(self, answer: str, back: str, lags: bool, odd: set[str]) -> None:
        self.server.faults.read_answer, self.server.faults.read_back = answer, back
        self.server.faults.read_lag_ms = int(LAG * 1000) if lags else 0
        self.server.faults.odd_values = {name: ODD[name] for name in odd}

    @rule(which=st.integers(0, 1))
    def is_odd_to_one_only(self, which: int) -> None:
        if self.server.faults.write_answer not in REFUSALS:
            self.server.faults.only_users = frozenset({self.users[which]})

    @rule()
    def is_well_again(self) -> None:
        self._calm()

    @rule()
    def catches_up(self) -> None:
        self.history.catch_up()

    @rule(data=st.data(), which=st.integers(0, 1), name=st.sampled_from([*VALUES]))
    def somebody_else_writes(self, data: st.DataObject, which: int, name: str) -> None:
        self.history.change(self.users[which], name, data.draw(st.sampled_from(VALUES[name])))

    # The operator's moves.

    @rule(
        data=st.data(),
        both=st.booleans(),
        names=st.sets(st.sampled_from([*VALUES]), min_size=1),
        lies=st.none()
        | st.tuples(st.sampled_from((*WHOLE, *NO_ANSWER)), st.booleans(), st.sampled_from(READS)),
        odd=st.none() | ODD_NAMES,
    )
    def sets(
        self,
        data: st.DataObject,
        both: bool,
        names: set[str],
        lies: tuple[str, bool, str] | None,
        odd: set[str] | None,
    ) -> None:
        """`lies`: the server is well when the users are looked up, and no more when they are written. `odd`:
        these fields are, too."""
        if lies is not None:
            self._calm()
        wanted = {name: data.draw(st.sampled_from(VALUES[name])) for name in sorted(names)}
        for user in self.users if both else self.users[:1]:
            record = self._look_up(user)
            if record.failure is not None:
                continue
            draft = self.session.staging.draft(record)
            for name, value in wanted.items():
                if name == PUSH:
                    draft.stage_consents({Flag.MKT_PUSH: State(value)})
                elif name == GRADE:
                    draft.stage_property(GRADE, value)
                else:
                    draft.stage_ci(PHONE, value)
        if lies is not None:
            self.answers_in_full(*lies[:2])
            self.server.faults.read_back = lies[2]
        if odd is not None:
            self.server.faults.odd_values = {name: ODD[name] for name in odd}
        self._apply()

    @rule()
    def deletes(self) -> None:
        record = self._look_up(self.users[0])
        if record.failure is None and PHONE in (record.ci or {}):
            self.session.staging.draft(record).stage_ci_deletion(PHONE, self.users[0])
            self._apply()

    @rule()
    def undoes(self) -> None:
        if not self._entries():
            return
        entry = self._entries()[-1]
        try:
            [(_entry, record, plan)] = self._do(prepare_undos(self.session, [entry]))
            self.session.staging.drop(record.identity)
            stage_undo(self.session.staging.draft(record), entry.seq, plan, record.identity.value)
        except ConsoleError:  # not readable, or nothing to be taken back
            return
        self._apply()

    @rule(later=st.booleans())
    def starts_again(self, later: bool) -> None:
        """`later`: after so long that no server is at work any more on what it took."""
        self._do(self._run_of.finish())
        if later:
            self.history.catch_up()
            self._ahead = timedelta(minutes=2)
        before = {entry.seq: self._outcomes(entry) for entry in self._entries()}
        self._open()
        began = time.monotonic()
        self._do(self.session.settled_first())
        self._ahead = timedelta(0)
        for entry in self._entries():
            if self._outcomes(entry) != before[entry.seq]:
                user = entry.intent.subject.value
                for change, outcome in zip(entry.intent.changes, self._outcomes(entry), strict=True):
                    self._is_so(user, change.name, _whole(change.after), outcome, began)

    def _look_up(self, user: str) -> UserRecord:
        """Reads a user: every value that is shown was there."""
        began = time.monotonic()
        record = self._do(self.session.open_user(self.session.identity(user)))
        shown: dict[str, Any] = dict(record.properties)
        shown |= {flag.value: state.value for flag, state in record.consents.items()} | dict(record.ci or {})
        for name in VALUES.keys() & shown.keys():
            held = self.history.held(user, name, began - self._lag())
            assert _plain(shown[name]) in held, (user, name)
        return record

    def _apply(self) -> None:
        staged = self.session.staging
        if not staged.changes():
            return
        self.server.requests.clear()
        began = time.monotonic()
        try:
            results = self._do(self._send())
        except StaleWrite as stale:
            for conflict in stale.conflicts:
                held = self.history.held(
                    conflict.user.identity.value, conflict.change.name, began - self._lag()
                )
                assert _plain(conflict.now) in held
            assert not [one for one in self.server.requests if one.path.endswith(WRITES)]
            results = []
        for result in results:
            for field in result.fields:
                user, name = result.identity.value, field.change.name
                sent = self._sent(user, name)
                assert not (sent and field.code == NOT_READABLE), f"{name} is told as not sent"
                self._is_so(user, name, field.change.after, field.outcome, began, sent)
                if field.read_back:
                    held = self.history.held(user, name, began - self._lag())
                    assert _plain(field.now) in held
        for identity in map(self.session.identity, self.users):
            staged.drop(identity)

    async def _send(self) -> list[UserResult]:
        return await asyncio.wait_for(send(self.session), 60)  # it ends

    def _sent(self, user: str, name: str) -> bool:
        """Whether a request that writes was about that field of that user."""
        written = set()
        for body in (json.loads(one.body) for one in self.server.requests if one.path.endswith(WRITES)):
            for row in body.get("user_properties") or body.get("user_ci_properties") or ():
                written |= {(row["user_id"], field) for field in row["properties"]}
            for field in body.get("user_ci_property_names", ()):
                written |= {(one, field) for one in body.get("user_ids") or body["user_id"]}
        return (user, name) in written

    def _lag(self) -> float:
        return LAG + 0.05 if self.server.faults.read_lag_ms else 0.0

    def _is_so(
        self, user: str, name: str, wanted: Any, outcome: Outcome | None, began: float, sent: bool = True
    ) -> None:
        """What is told of that field since `began` is what was so on the server."""
        held = self.history.held(user, name, began - self._lag())
        if outcome in (Outcome.CONFIRMED, Outcome.UNCHANGED):
            assert wanted in held, f"{name} is told as {outcome}, and was never {wanted}: {held}"
        elif outcome is Outcome.DIFFERENT:
            assert held != {wanted}
        elif outcome is Outcome.FAILED and sent and not self._lag():
            assert self.history.now(user, name) != wanted or self._was_so(held, wanted)
            assert not self.history.is_late(user) or self.server.faults.write_answer in (*WHOLE, *REFUSALS)
        else:
            assert sent or outcome in (Outcome.FAILED, Outcome.UNKNOWN)

    @staticmethod
    def _was_so(held: set[str | None], wanted: Any) -> bool:
        """Nothing had to be changed for it."""
        return held == {wanted}

    def _entries(self) -> list[Entry]:
        return entries(self._journal) if self._journal.exists() else []

    @staticmethod
    def _outcomes(entry: Entry) -> tuple[Outcome | None, ...]:
        return tuple(entry.outcome_of(change) for change in entry.intent.changes)

    @invariant()
    def what_was_decided_stays(self) -> None:
        """Only what is unknown is ever told otherwise later, and what was taken and shows late as applied:
        `starts_again` sees that the server held it then."""
        for entry in self._entries():
            now = self._outcomes(entry)
            before = self._told.get(entry.seq, now)
            for was, told in zip(before, now, strict=True):
                late = (was, told) == (Outcome.DIFFERENT, Outcome.CONFIRMED)
                assert was == told or late or Outcome.UNKNOWN in before
            assert None not in now  # every write that was begun has an outcome
            self._told[entry.seq] = now  # type: ignore[assignment]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0, faults=Faults(rate_limit=None))) as running:
        TruthMachine.server, TruthMachine.history = running, ServerHistory(running)
        TruthMachine.numbers = count()
        yield running


@pytest.fixture(autouse=True)
def _in_short(server: SandboxThread, patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as ever, without the pauses; silence ends soon."""
    monkeypatch.setattr("dfn_tui.service.changes.pipeline.READ_BACK_PAUSES", (0.0,) * 3)
    monkeypatch.setattr("dfn_tui.api.transport.Timeouts", lambda: Timeouts(read=0.3, total=1.0))


def _play(examples: int, steps: int) -> None:
    rules = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.generate],  # a case that fails is short enough, and the lag makes smaller ones differ
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(TruthMachine, settings=rules)


@pytest.mark.slow
def test_what_is_told_is_so() -> None:
    _play(examples=200, steps=20)


@pytest.mark.slow
def test_what_is_told_is_so_for_long() -> None:
    _play(examples=300, steps=30)
