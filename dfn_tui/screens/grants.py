"""What is said when a consent is given on a screen."""

from textual.widget import Widget

from dfn_tui.consent.flags import Consents, Purpose, State
from dfn_tui.consent.messages import night_rule, night_wait
from dfn_tui.consent.night import night_at
from dfn_tui.screens.dialogs import NoticeDialog
from dfn_tui.text import _
from dfn_tui.text.korea import Clock


def warn_of_grants(widget: Widget, wanted: Consents, clock: Clock) -> None:
    """Giving a night consent opens the rule; giving by night what may be sent by day says when."""
    purposes = {flag.purpose for flag, state in wanted.items() if state is State.SUBSCRIBED}
    if Purpose.NIGHT in purposes:
        widget.app.push_screen(NoticeDialog(_("The night rule"), night_rule()))
    elif Purpose.ADVERTISING in purposes and night_at(clock()).inside:
        widget.notify(night_wait(), markup=False)
