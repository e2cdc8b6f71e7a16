"""What the clients of both API versions are made of."""

from datetime import timedelta

from dfn_tui.api.batch import Requests
from dfn_tui.api.calls import CLOCK_SKEW_LIMIT
from dfn_tui.api.errors import ApiError
from dfn_tui.api.limiter import Limiter
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Transport
from dfn_tui.text import _, ngettext


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


def probe_lines(skew: timedelta | None) -> tuple[str, ...]:
    """A sentence when the server's clock is too far off the host's, else none."""
    if skew is None or abs(skew) <= CLOCK_SKEW_LIMIT:
        return ()
    minutes = round(abs(skew).total_seconds() / 60)
    if skew > timedelta():
        text = ngettext(
            "The server's clock is {minutes} minute ahead of this host's.",
            "The server's clock is {minutes} minutes ahead of this host's.",
            minutes,
        )
    else:
        text = ngettext(
            "The server's clock is {minutes} minute behind this host's.",
            "The server's clock is {minutes} minutes behind this host's.",
            minutes,
        )
    return (text.format(minutes=minutes), _("Check both clocks: the night rule goes by the time."))
