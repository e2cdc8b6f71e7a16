"""One call over many users: portions, retries, and exactly one outcome for each user in the order asked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dfn_tui.api.calls import OnProgress, Outcome, Profile, Progress, Status
from dfn_tui.api.errors import (
    AnswerLost,
    AnswerUnreadable,
    ApiError,
    NotPermitted,
    RateLimited,
    ReadOnly,
    ServerFailed,
    TokenRejected,
    Unreachable,
)
from dfn_tui.api.retry import Patience, RetryPolicy, worth_retrying
from dfn_tui.api.types import Identity
from dfn_tui.text import _, ngettext

BUSY = "5003"
"""Generation 1's code for "too busy for these users": the one failure of single users worth repeating."""

_HOLDS_FOR_ALL = (TokenRejected, NotPermitted, Unreachable, RateLimited, ReadOnly)
_TELLS_NOTHING = (AnswerLost, ServerFailed, AnswerUnreadable)


@dataclass(frozen=True, slots=True)
class Item:
    """One user of a call. `payload` is what the request holds about them, checked already."""

    identity: Identity
    payload: Any


@dataclass(frozen=True, slots=True)
class Found:
    """What a read found of one user."""

    profile: Profile | None = None
    ci: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What one answer said, by user id: for whom it went well, and for whom not (code, message)."""

    done: Mapping[str, Found]
    failed: Mapping[str, tuple[str, str]] = field(default_factory=dict)


Send = Callable[[Sequence[Item]], Awaitable[Said]]
"""Makes one request for a portion of users. Raises ApiError when the request as a whole failed."""


def portions(items: Iterable[Item], size: int) -> list[list[Item]]:
    """The items in order, at most `size` together, and no user twice in one request: an answer names
    users by their id, so two changes of one user in it could not be told apart."""
    result: list[list[Item]] = []
    seen: set[str] = set()
    for item in items:
        if not result or len(result[-1]) == size or item.identity.value in seen:
            result.append([])
            seen = set()
        result[-1].append(item)
        seen.add(item.identity.value)
    return result


class Batch:
    """One call: counts, reports progress, and stops sending once an error holds for every request."""

    def __init__(self, send: Send, policy: RetryPolicy, progress: OnProgress, *, write: bool) -> None:
        self._send = send
        self._policy = policy
        self._progress = progress
        self._write = write
        self._total = 0
        self._done = 0
        self._stopped: ApiError | None = None

    async def run(self, items: Sequence[Item | Outcome], size: int, width: int = 1) -> list[Outcome]:
        """The outcomes of `items` in their order; an item that is an outcome already is passed through.

        Portions of `size` users are sent, `width` at a time.
        """
        self._total = len(items)
        sendable = [item for item in items if isinstance(item, Item)]
        self._done = self._total - len(sendable)
        waiting = iter(list(enumerate(portions(sendable, size))))
        answered: dict[int, list[Outcome]] = {}

        async def work() -> None:
            for number, portion in waiting:
                answered[number] = await self._settle(portion)
                self._done += len(portion)
                self._progress(Progress(self._done, self._total))

        if width == 1 or len(sendable) <= size:
            await work()
        else:
            async with asyncio.TaskGroup() as group:
                for _number in range(width):
                    group.create_task(work())
        outcomes = (outcome for number in sorted(answered) for outcome in answered[number])
        return [item if isinstance(item, Outcome) else next(outcomes) for item in items]

    async def _settle(self, portion: Sequence[Item]) -> list[Outcome]:
        patience = Patience(self._policy, self._tell_waiting)
        settled: dict[str, Outcome] = {}
        pending = list(portion)
        while pending:
            if self._stopped is not None:
                settled |= {item.identity.value: self._not_sent(item, self._stopped) for item in pending}
                break
            try:
                said = await self._send(pending)
            except ApiError as exc:
                wait = exc.wait if isinstance(exc, RateLimited) else None
                if worth_retrying(exc, write=self._write) and await patience.again(exc.happened, wait):
                    continue
                # Kept without its traceback, whose frames hold the request and the answer.
                error = exc.with_traceback(None)
                if isinstance(error, _HOLDS_FOR_ALL):
                    self._stopped = error
                settled |= {item.identity.value: self._failed(item, error) for item in pending}
                break
            settled |= self._judged(pending, said)
            pending = [item for item in pending if self._repeatable(settled[item.identity.value])]
            if pending and not await patience.again(_busy(len(pending))):
                break
        return [settled[item.identity.value] for item in portion]

    def _judged(self, asked: Sequence[Item], said: Said) -> dict[str, Outcome]:
        strangers = len((said.done.keys() | said.failed.keys()) - {item.identity.value for item in asked})
        outcomes = {item.identity.value: self._one(item, said) for item in asked}
        if not strangers:
            return outcomes
        note = _strangers(strangers)
        self._progress(Progress(self._done, self._total, reason=note))
        return {
            value: replace(outcome, message=outcome.message or note) for value, outcome in outcomes.items()
        }

    def _one(self, item: Item, said: Said) -> Outcome:
        value = item.identity.value
        if value in said.failed and value in said.done and self._write:
            # One of the two is false, so neither is believed: reading back tells.
            return Outcome(item.identity, Status.UNKNOWN, "contradiction", _contradiction())
        if value in said.failed:
            code, message = said.failed[value]
            return Outcome(item.identity, Status.FAILED, code, message)
        if value in said.done:
            found = said.done[value]
            return Outcome(item.identity, Status.DONE, profile=found.profile, ci=found.ci)
        return Outcome(item.identity, Status.FAILED, "not-mentioned", _not_mentioned(write=self._write))

    def _repeatable(self, outcome: Outcome) -> bool:
        """5003 says that this user was not looked at, so even a write may be repeated. A read may be
        repeated after any failure on the server's side (5xxx)."""
        if outcome.status is not Status.FAILED or outcome.code is None:
            return False
        if self._write:
            return outcome.code == BUSY
        return len(outcome.code) == len(BUSY) and outcome.code.startswith("5")

    def _failed(self, item: Item, error: ApiError) -> Outcome:
        unknown = self._write and isinstance(error, _TELLS_NOTHING)
        code = "not-sent" if self._write and isinstance(error, Unreachable) else error.code
        status = Status.UNKNOWN if unknown else Status.FAILED
        return Outcome(item.identity, status, code, error.happened, error=error)

    def _not_sent(self, item: Item, error: ApiError) -> Outcome:
        message = _("Not sent, nothing was changed: an earlier request of this call failed for good.")
        return Outcome(item.identity, Status.FAILED, "not-sent", message, error=error)

    def _tell_waiting(self, attempt: int, seconds: float, reason: str) -> None:
        self._progress(Progress(self._done, self._total, attempt, seconds, reason))


def _busy(count: int) -> str:
    return ngettext(
        "The server is too busy for {count} user.", "The server is too busy for {count} users.", count
    ).format(count=count)


def _strangers(count: int) -> str:
    return ngettext(
        "The server also answered for {count} user nobody asked about; that was ignored.",
        "The server also answered for {count} users nobody asked about; that was ignored.",
        count,
    ).format(count=count)


def _not_mentioned(*, write: bool) -> str:
    if write:
        return _("The server's answer does not mention this user. Look the user up to see what was applied.")
    return _("The server's answer does not mention this user.")


def _contradiction() -> str:
    return _("The server's answer says both that this was applied and that it failed.")
