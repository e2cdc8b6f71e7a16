"""What the clients of both generations are made of."""

from datetime import timedelta

from dfn_tui.api.batch import Requests
from dfn_tui.api.errors import ApiError
from dfn_tui.api.limiter import Limiter
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Transport


class Client:
    """The part of `dfn_tui.api.calls.UserApi` that is the same everywhere. Owns the transport."""

    def __init__(self, transport: Transport, policy: RetryPolicy, limiter: Limiter | None) -> None:
        self._transport = transport
        self._requests = Requests(policy, limiter)

    @property
    def clock_skew(self) -> timedelta | None:
        return self._transport.clock_skew

    @property
    def stopped(self) -> ApiError | None:
        return self._requests.stopped

    def stop(self) -> None:
        self._requests.closed = True

    async def aclose(self) -> None:
        await self._transport.aclose()
