"""The client of a run or a plan: the same as for a single user, held to a rate."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dfn_tui.api.calls import UserApi
from dfn_tui.api.types import Capabilities, Identity
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.rate_limiter import RateLimiter
from dfn_tui.service.changes.reading import Field, Records, read_fields, read_records
from dfn_tui.text.korea import Clock


class FieldReader(Protocol):
    """What fields of users can be read by."""

    @property
    def stopped(self) -> ConsoleError | None: ...

    @property
    def users_at_once(self) -> int: ...

    async def read_fields(self, identities: Sequence[Identity], fields: Iterable[Field]) -> Records: ...


@dataclass(frozen=True, slots=True)
class ThrottledClient:
    """`api` asks `rate_limiter` before each request, and tries again by itself what may be tried again.
    `wrote` is told of each user that was written to, or was found changed by it later."""

    api: UserApi
    rate_limiter: RateLimiter
    clock: Clock
    wrote: Callable[[Iterable[Identity]], None] = lambda _identities: None

    @property
    def capabilities(self) -> Capabilities:
        return self.api.capabilities

    @property
    def users_at_once(self) -> int:
        """How many users one request asks for."""
        return self.api.capabilities.batch_size

    @property
    def stopped(self) -> ConsoleError | None:
        """Why no further request makes sense: the token is not taken, or no answer comes any more."""
        return self.api.stopped

    @property
    def over(self) -> bool:
        """Whether no further request is made."""
        return self.stopped is not None or self.rate_limiter.closed

    async def read(self, identities: Sequence[Identity], *, ci: bool = False) -> Records:
        """The users with all their properties, with a `failure` where they could not be read."""
        return await read_records(self.api, identities, self.clock, ci=ci)

    async def read_fields(self, identities: Sequence[Identity], fields: Iterable[Field]) -> Records:
        """The users with these fields alone."""
        return await read_fields(self.api, identities, fields, self.clock)
