"""The history of all connections: who changed what, when, and how it ended."""

from dataclasses import replace
from typing import cast

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.widgets import Input

from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.screens.history.listing import HistoryList
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.history import KEYS, FilterRefused, parse_words
from dfn_tui.service.session import Session
from dfn_tui.text import N_, _
from dfn_tui.text.korea import korean_clock
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import KEEP, bindings, key
from dfn_tui.widgets.lines import in_colours
from dfn_tui.widgets.plain_text import PlainText


class _AllHistory(HistoryList):
    """In a frame that says when the journal was read: jobs and other terminals write into it meanwhile."""

    def was_read(self) -> None:
        screen = cast("ConsoleScreen[None]", self.screen)
        words = _("read {time}").format(time=korean_clock(screen.connections.clock()))
        self.border_subtitle = words


class HistoryScreen(ConsoleScreen[None]):
    """The entries of a journal, with a filter in one line. It was opened from `session`, if any."""

    PLACE = N_("History")
    BINDINGS = bindings(
        # With priority, so that the keys that follow it on a slow line do not reach the table first.
        replace(
            key("slash", "filter", N_("Filter"), "history.filter", N_("Go to the filter")), priority=True
        ),
        key("f5,R", "read", N_("Read again"), "history.read", N_("Read it again"), show=False, group=KEEP),
    )

    AUTO_FOCUS = "DataTable"

    history_list = getters.query_one(HistoryList)

    def __init__(self, journal: AsyncJournal, session: Session | None = None) -> None:
        super().__init__(session.context if session else None)
        self._journal = journal
        self._session = session

    def body(self) -> ComposeResult:
        yield Field(
            placeholder=_("filter, as in outcome:unknown since:2026-11-01; empty shows all"), id="filter"
        )
        keys = " ".join(f"{key}:" for key in KEYS)
        yield PlainText(_("Filter keys: {keys}").format(keys=keys), classes="hint")
        yield PlainText(classes="refusal")
        entries = _AllHistory(self._journal, self._session, users=True)
        words = Text.assemble((_("History"), "bold"), (" · " + _("newest first"), "label"))
        entries.border_title = in_colours(words, self.app.console)
        yield entries.add_class("panel")

    def on_mount(self) -> None:
        self._search("")

    def on_screen_resume(self) -> None:
        self.history_list.look_again()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._search(event.value):
            self.history_list.table.focus()

    def _search(self, text: str) -> bool:
        """Lists what fits, or says beside the filter why it cannot be used."""
        try:
            wanted = parse_words(text.split())
        except FilterRefused as error:
            self.say(".refusal", f"{error.happened} {error.next_step}")
            return False
        self.say(".refusal", "")
        none = _("No entry fits this filter.")
        if not text.strip():
            none = _("Nothing was changed from this host yet.")
        self.history_list.ask(wanted, none)
        return True

    def action_filter(self) -> None:
        self.set_focus(self.query_one(Field))  # at once: what is typed next goes there

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the filter a slash is a slash."""
        return action != "filter" or not isinstance(self.focused, Field)

    def action_read(self) -> None:
        self.history_list.look_again()
