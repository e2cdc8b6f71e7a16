"""When a request may start: what a bulk run's rate limiter has to offer to the clients."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol, Self


class LimiterClosed(Exception):
    """The run was given up: no further request may start."""


class Permit(Protocol):
    """One request that has started. What its answer says of the server's load is told here."""

    def busy(self) -> None:
        """The server failed, or was too busy for most of the users."""

    def limited(self, wait: float | None) -> None:
        """Too many requests: the server listens again in `wait` seconds, or does not say when."""


class Limiter(Protocol):
    """Lets requests start one by one."""

    @property
    def closed(self) -> bool: ...

    def request(self) -> AbstractAsyncContextManager[Permit]:
        """Around one request. Entering waits, and raises LimiterClosed once the run is given up."""

    def close(self) -> None:
        """Gives the run up; requests under way go on."""


class Unlimited:
    """Every request starts at once, and nobody keeps count."""

    closed = False

    def request(self) -> AbstractAsyncContextManager[Self]:
        return nullcontext(self)

    def busy(self) -> None: ...

    def limited(self, wait: float | None) -> None: ...

    def close(self) -> None: ...
