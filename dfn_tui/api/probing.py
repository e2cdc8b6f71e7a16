"""What a connection test says of the clock."""

from datetime import timedelta

from dfn_tui.api.calls import CLOCK_SKEW_LIMIT
from dfn_tui.text import _, ngettext


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
