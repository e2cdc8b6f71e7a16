"""Calls to the server at the pace of a bulk run, for a batch of users at a time.

What the server did not look at is asked again: a request over the limit, and the users it was too busy for,
those alone. A batch refused for one bad user is split until that user is alone. A write whose outcome is not
known is never repeated here: whoever called reads the users first.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from dfn_tui.api.batch import BUSY
from dfn_tui.api.calls import (
    CiWrite,
    OnProgress,
    Outcome,
    ProfileWrite,
    Status,
    UserApi,
    ignore_progress,
)
from dfn_tui.api.errors import (
    AnswerLost,
    ApiError,
    NotPermitted,
    RateLimited,
    ReadOnly,
    Rejected,
    ServerFailed,
    TokenRejected,
    Unreachable,
)
from dfn_tui.api.types import Capabilities, Identity
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.run.pace import Pace, PaceClosed, Ticket
from dfn_tui.service.clock import Clock
from dfn_tui.service.records import UserRecord
from dfn_tui.text import _

ATTEMPTS = 6
"""How often users are asked again that the server was too busy for, or that no answer came for."""

IN_VAIN = 12
"""Requests in a row that no answer came to, until the server is held to be gone."""

_LONGEST_PAUSE = 8.0
_STOPS_ALL = (TokenRejected, NotPermitted, ReadOnly)
_TRANSIENT = (Unreachable, ServerFailed, AnswerLost)


class Named(Protocol):
    """Anything that is asked or sent for one user."""

    @property
    def identity(self) -> Identity: ...


Item = TypeVar("Item", bound=Named)
Call = Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]]


class _Asked:
    """A user to be read."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity


class Calls:
    """Reads and writes over `api`, which must not try again by itself. `stopped` is why no further request
    makes sense: the token is not taken, or no answer comes any more."""

    def __init__(
        self,
        api: UserApi,
        pace: Pace,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.api = api
        self.pace = pace
        self.stopped: ConsoleError | None = None
        self._clock = clock
        self._sleep = sleep
        self._in_vain = 0

    @property
    def capabilities(self) -> Capabilities:
        return self.api.capabilities

    @property
    def over(self) -> bool:
        """Whether no further request is made."""
        return self.stopped is not None or self.pace.closed

    async def read(
        self, identities: Sequence[Identity], *, names: Sequence[str] | None = None, ci: bool = False
    ) -> dict[Identity, UserRecord]:
        """A record for every user, with a `failure` where they could not be read. `names` are the properties
        to be read, None for all; `ci` has the CI fields read as well."""
        asked = [_Asked(identity) for identity in identities]
        profiles = await self.settle(asked, lambda users: self._read_profiles(users, names))
        found = dict(zip(identities, profiles, strict=True))
        cis: dict[Identity, Outcome] = {}
        if ci:
            readable = [one for one in asked if found[one.identity].status is Status.DONE]
            read = await self.settle(readable, lambda users: self.api.read_ci([u.identity for u in users]))
            cis = {outcome.identity: outcome for outcome in read}
        now = self._clock()
        return {identity: _record(found[identity], cis.get(identity), now) for identity in identities}

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        """One answer for each write. Users the server was too busy for are sent again, they alone."""
        return await self.settle(writes, self.api.write_profiles, write=True)

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        """The same for CI fields."""
        return await self.settle(writes, self.api.write_ci, write=True)

    async def delete_ci(
        self, identities: Sequence[Identity], fields: Sequence[str], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        """The same for the deletion of CI fields."""

        async def delete(users: Sequence[_Asked]) -> list[Outcome]:
            return await self.api.delete_ci([user.identity for user in users], fields)

        return await self.settle([_Asked(identity) for identity in identities], delete, write=True)

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Outcome:
        """The same for identities that are linked to a user."""

        async def link(_users: Sequence[_Asked]) -> list[Outcome]:
            return [await self.api.link(identity, others)]

        [outcome] = await self.settle([_Asked(identity)], link, write=True)
        return outcome

    def _read_profiles(
        self, users: Sequence[_Asked], names: Sequence[str] | None
    ) -> Awaitable[list[Outcome]]:
        return self.api.read_profiles([user.identity for user in users], names=names)

    async def settle(self, items: Sequence[Item], call: Call[Item], *, write: bool = False) -> list[Outcome]:
        """The outcome of `call` for every item, in their order; each item is for another user."""
        done: dict[Identity, Outcome] = {}
        left = list(items)
        attempt = 0
        while left:
            outcomes = await self._once(left, call)
            if outcomes is None:  # no more requests are to be made
                done = {item.identity: _not_sent(item.identity) for item in left} | done
                break
            done |= {outcome.identity: outcome for outcome in outcomes}
            error = _common_error(outcomes)
            if isinstance(error, RateLimited):
                continue
            if isinstance(error, Rejected) and len(left) > 1:
                for half in (left[: len(left) // 2], left[len(left) // 2 :]):
                    done |= {o.identity: o for o in await self.settle(half, call, write=write)}
                break
            attempt += 1
            left = [item for item in left if _repeatable(done[item.identity], write=write)]
            if left and attempt == ATTEMPTS and isinstance(error, _TRANSIENT):
                self._note_gone(error)
            if not left or attempt == ATTEMPTS or self.stopped is not None:
                break
            await self._pause(attempt)
        return [done[item.identity] for item in items]

    async def _once(self, items: Sequence[Item], call: Call[Item]) -> Sequence[Outcome] | None:
        try:
            async with self.pace.request() as ticket:
                outcomes = await call(items)
                self._note(outcomes, ticket)
        except PaceClosed:
            return None
        if self.stopped is not None:
            self.pace.close()
        return outcomes

    def _note(self, outcomes: Sequence[Outcome], ticket: Ticket) -> None:
        error = _common_error(outcomes)
        if isinstance(error, RateLimited):
            ticket.limited(error.wait)
        elif isinstance(error, _TRANSIENT) or 2 * sum(one.code == BUSY for one in outcomes) > len(outcomes):
            ticket.busy()  # not for single users, who may be busy for reasons of their own
        if isinstance(error, _STOPS_ALL):
            self.stopped = error
        self._in_vain = self._in_vain + 1 if isinstance(error, _TRANSIENT) else 0
        if self._in_vain >= IN_VAIN:
            self.stopped = error

    def _note_gone(self, error: ApiError) -> None:
        """A batch was asked for in vain to the last. A server that answered nobody else meanwhile is gone."""
        if self._in_vain >= ATTEMPTS:
            self.stopped = error
            self.pace.close()

    async def _pause(self, attempt: int) -> None:
        longest = min(_LONGEST_PAUSE, 0.25 * 2**attempt)
        # Spreads the batches out; nothing secret hangs on it.
        await self._sleep(longest * (0.5 + random.random() / 2))  # noqa: S311


def _common_error(outcomes: Sequence[Outcome]) -> ApiError | None:
    """The error of the request as a whole, where it failed as a whole."""
    error = outcomes[0].error if outcomes else None
    return error if isinstance(error, ApiError) else None


def _repeatable(outcome: Outcome, *, write: bool) -> bool:
    """Whether the user may be asked for again: the server did not look at them, or was only to read them."""
    if outcome.code == BUSY or isinstance(outcome.error, Unreachable):
        return outcome.status is Status.FAILED
    if write or outcome.status is Status.DONE:
        return False
    return isinstance(outcome.error, _TRANSIENT) or (outcome.code or "").startswith("5")


def _not_sent(identity: Identity) -> Outcome:
    return Outcome(identity, Status.FAILED, "not-sent", _("Not sent: the run was stopped before."))


def _record(profile: Outcome, ci: Outcome | None, at: datetime) -> UserRecord:
    failed = next((o for o in (profile, ci) if o is not None and o.status is not Status.DONE), None)
    return UserRecord(profile.identity, at, profile.profile, ci.ci if ci else None, failed)
