"""One call over many users: portions, retries, and exactly one reply for each user in the order asked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dfn_tui.api.calls import OnProgress, Profile, Progress, Reply
from dfn_tui.api.deadline import current_deadline
from dfn_tui.api.errors import (
    AnswerLost,
    AnswerUnreadable,
    ApiError,
    NotPermitted,
    RateLimited,
    ReadOnly,
    Rejected,
    ServerFailed,
    TokenRejected,
    Unreachable,
)
from dfn_tui.api.limiter import Limiter, LimiterClosed, Permit, Unlimited
from dfn_tui.api.retry import LASTING, TRANSIENT, RetryPolicy, RetryState, worth_retrying
from dfn_tui.api.types import Identity, Value
from dfn_tui.text import _, ngettext

BUSY = "5003"
"""Version 1's code for "too busy for these users": the one failure of single users worth repeating."""

UNREADABLE = "unreadable"
"""The code of a user whose part of an answer cannot be read."""

_STOPS_ALL = (TokenRejected, NotPermitted, ReadOnly)
_OF_ONE = (AnswerLost, AnswerUnreadable, ServerFailed)
"""What one user among those asked for may be the cause of."""
_STOPS_CALL = (*_STOPS_ALL, Unreachable, RateLimited)


class Item(NamedTuple):
    """One user of a call. `payload` is what the request holds about them, checked already."""

    identity: Identity
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a read found of one user."""

    profile: Profile | None = None
    ci: Mapping[str, Value] | None = None
    ci_unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchResponse:
    """What one answer says, by user id: for whom it went well, for whom not (code, message), and whose part
    of it cannot be read (why)."""

    done: Mapping[str, Found]
    failed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


Send = Callable[[Sequence[Item]], Awaitable[BatchResponse]]
"""Makes one request for a portion of users. Raises SendAgain, and ApiError when it failed as a whole."""


class SendAgain(Exception):
    """The server took nothing; the same is to be sent at once in another form."""


class Requests:
    """How one client makes its requests: its policy, its limiter, and why it makes no more."""

    def __init__(self, policy: RetryPolicy, limiter: Limiter | None) -> None:
        self.policy = policy
        self.limiter = limiter or Unlimited()
        self.limiter_waits = limiter is not None
        self.stopped: ApiError | None = None
        self.closed = False
        """Whether whoever uses this client wants nothing more to be written; reading goes on."""
        self._in_vain = 0
        self._limited_since: float | None = None

    def note(self, error: ApiError | None) -> None:
        """Counts a request, with the error it ended with."""
        if self.policy.in_vain is None:
            return
        if isinstance(error, RateLimited):
            self._note_limit(error)
            return
        self._limited_since = None
        self._in_vain = self._in_vain + 1 if isinstance(error, TRANSIENT) else 0
        lasting = isinstance(error, Unreachable) and error.code in LASTING
        if lasting or isinstance(error, _STOPS_ALL) or self._in_vain >= self.policy.in_vain:
            self._stop(error)

    def _note_limit(self, error: RateLimited) -> None:
        policy, now = self.policy, self.policy.clock()
        self._limited_since = now if self._limited_since is None else self._limited_since
        asked_for = (
            error.wait is not None and policy.longest_wait is not None and error.wait > policy.longest_wait
        )
        so_long = policy.limited_for is not None and now - self._limited_since >= policy.limited_for
        if asked_for or so_long:
            self._stop(error)

    def note_exhausted(self, error: ApiError) -> None:
        """All attempts were made in vain. A server that answered nobody else meanwhile is gone."""
        if self.policy.in_vain is not None and self._in_vain >= self.policy.attempts:
            self._stop(error)

    def _stop(self, error: ApiError | None) -> None:
        self.stopped = error
        self.limiter.close()


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

    def __init__(self, send: Send, requests: Requests, progress: OnProgress, *, write: bool) -> None:
        self._send = send
        self._requests = requests
        self._progress = progress
        self._write = write
        self._total = 0
        self._done = 0
        self._stopped: ApiError | None = None

    async def run(self, items: Sequence[Item | Reply], size: int, width: int = 1) -> list[Reply]:
        """The replies to `items` in their order; an item that is a reply already is passed through.

        Portions of `size` users are sent, `width` at a time.
        """
        self._total = len(items)
        sendable = [item for item in items if isinstance(item, Item)]
        self._done = self._total - len(sendable)
        waiting = iter(list(enumerate(portions(sendable, size))))
        answered: dict[int, list[Reply]] = {}

        async def work() -> None:
            for number, portion in waiting:
                settled = await self._settle(portion)
                answered[number] = [settled[item.identity.value] for item in portion]
                self._done += len(portion)
                self._progress(Progress(self._done, self._total))

        if width == 1 or len(sendable) <= size:
            await work()
        else:
            async with asyncio.TaskGroup() as group:
                for _number in range(width):
                    group.create_task(work())
        replies = (reply for number in sorted(answered) for reply in answered[number])
        return [item if isinstance(item, Reply) else next(replies) for item in items]

    async def _settle(self, portion: Sequence[Item]) -> dict[str, Reply]:
        """The reply to each of the portion, by their ids, after all that is worth trying."""
        state = RetryState(self._requests.policy, self._tell_waiting)
        settled: dict[str, Reply] = {}
        left = list(portion)
        while left:
            try:
                response = await self._request(left)
            except SendAgain:
                continue
            except LimiterClosed:
                return {item.identity.value: self._not_sent(item) for item in left} | settled
            except ApiError as exc:
                # Kept without its traceback, whose frames hold the request and the answer.
                error = exc.with_traceback(None)
                if isinstance(error, Rejected) and error.believed and len(left) > 1:
                    for half in (left[: len(left) // 2], left[len(left) // 2 :]):
                        settled |= await self._settle(half)
                    return settled
                many = len(left) > 1 and not self._write and isinstance(error, _OF_ONE)
                if not (many and error.code == "timeout") and await self._again(state, error):
                    continue
                if many and self._requests.stopped is None:
                    return settled | await self._one_by_one(left, error)
                return settled | {item.identity.value: self._failed(item, error) for item in left}
            settled |= self._judged(left, response)
            left = [item for item in left if self._repeatable(settled[item.identity.value])]
            if left and not await state.again(_busy(len(left))):
                break
        return settled

    async def _one_by_one(self, items: Sequence[Item], error: ApiError) -> dict[str, Reply]:
        """Asks for each alone of those who could not be read together, as one of them may be what hinders.
        Nothing more is asked once three in a row were asked for in vain."""
        found: dict[str, Reply] = {}
        in_vain = 0
        for item in items:
            try:
                if in_vain < 3:
                    found |= self._judged([item], await self._request([item]))
                    in_vain = 0
                    continue
            except LimiterClosed:
                in_vain = 3
            except ApiError as exc:
                in_vain, error = in_vain + 1, exc.with_traceback(None)
            found[item.identity.value] = self._failed(item, error)
        return found

    async def _request(self, items: Sequence[Item]) -> BatchResponse:
        """Makes one request when the limiter lets it start, and tells what the answer says of the load."""
        requests = self._requests
        if self._stopped or requests.stopped or (self._write and requests.closed):
            raise LimiterClosed
        waits_from = requests.policy.clock()
        async with requests.limiter.request() as permit:
            if requests.limiter_waits and (current := current_deadline()) is not None:
                current.extend(requests.policy.clock() - waits_from)
            try:
                response = await self._send(items)
            except ApiError as exc:
                self._note_failure(permit, exc)
                raise
            busy = sum(code == BUSY for code, _message in response.failed.values())
            if 2 * busy > len(items):
                permit.busy()  # not for single users, who may be busy for reasons of their own
            requests.note(None)
            return response

    def _note_failure(self, permit: Permit, error: ApiError) -> None:
        if isinstance(error, RateLimited):
            permit.limited(error.wait)
        elif isinstance(error, TRANSIENT):
            permit.busy()
        self._requests.note(error)

    async def _again(self, state: RetryState, error: ApiError) -> bool:
        """Waits for another attempt after a request that failed as a whole, or says that there is none."""
        requests = self._requests
        if worth_retrying(error, requests.policy, write=self._write) and requests.stopped is None:
            if await state.after(error, limiter_waits=requests.limiter_waits):
                return True
            if state.exhausted and isinstance(error, TRANSIENT):
                requests.note_exhausted(error)
        if isinstance(error, _STOPS_CALL) and requests.policy.in_vain is None:
            self._stopped = error
        return False

    def _judged(self, asked: Sequence[Item], response: BatchResponse) -> dict[str, Reply]:
        named = response.done.keys() | response.failed.keys() | response.unreadable.keys()
        strangers = len(named - {item.identity.value for item in asked})
        replies = {item.identity.value: self._one(item, response) for item in asked}
        if not strangers:
            return replies
        note = ngettext(
            "The server also answered for {count} user nobody asked about; that was ignored.",
            "The server also answered for {count} users nobody asked about; that was ignored.",
            strangers,
        ).format(count=strangers)
        self._progress(Progress(self._done, self._total, reason=note))
        return {value: reply._replace(message=reply.message or note) for value, reply in replies.items()}

    def _one(self, item: Item, response: BatchResponse) -> Reply:
        value = item.identity.value
        found, failed = response.done.get(value), response.failed.get(value)
        if value in response.unreadable:
            message = _("What the server answers for this user cannot be read: {why}.")
            message = message.format(why=response.unreadable[value])
            return Reply(item.identity, False, code=UNREADABLE, message=message)
        if failed is not None and found is not None and self._write:
            # One of the two is false, so neither is believed: reading back tells.
            message = _("The server's answer says both that this was applied and that it failed.")
            return Reply(item.identity, False, code="contradiction", message=message)
        if failed is not None:
            said = _("The server said: “{words}”").format(words=failed[1]) if failed[1] else ""
            return Reply(item.identity, False, code=failed[0], message=said)
        if found is not None:
            profile, ci = found.profile, found.ci
            return Reply(item.identity, True, profile=profile, ci=ci, ci_unreadable=found.ci_unreadable)
        message = _("The server's answer does not mention this user.")
        return Reply(item.identity, False, code="not-mentioned", message=message)

    def _repeatable(self, reply: Reply) -> bool:
        """5003 says that this user was not looked at, so even a write may be repeated. A read may be
        repeated after any failure on the server's side (5xxx)."""
        if reply.ok or reply.code is None:
            return False
        if self._write:
            return reply.code == BUSY
        return len(reply.code) == len(BUSY) and reply.code.startswith("5")

    def _failed(self, item: Item, error: ApiError) -> Reply:
        code = error.code
        if self._write and isinstance(error, Unreachable) and code != "deadline":
            code = "not-sent"
        pending = self._write and not error.believed
        return Reply(item.identity, False, error.believed, pending, code, error.happened, error=error)

    def _not_sent(self, item: Item) -> Reply:
        error = self._requests.stopped or self._stopped
        why = _("an earlier request failed for good") if error else _("the run was stopped before")
        message = (_("Not sent: {why}.") if self._write else _("Not read: {why}.")).format(why=why)
        return Reply(item.identity, False, refused=True, code="not-sent", message=message, error=error)

    def _tell_waiting(self, attempt: int, seconds: float, reason: str) -> None:
        self._progress(Progress(self._done, self._total, attempt, seconds, reason))


def _busy(count: int) -> str:
    return ngettext(
        "The server could not handle {count} user.", "The server could not handle {count} users.", count
    ).format(count=count)
