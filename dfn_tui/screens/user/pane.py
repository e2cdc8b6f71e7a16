"""What the panes with values of a user share: what is there now, and what is staged."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from dfn_tui.service.personal import shown_value
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Capabilities, Identity, Value
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.table import PADDING, Column, Table

CUT = 200
"""Characters of a value that are shown at most."""


class DraftChanged(Message):
    """An edit was staged or dropped."""


class ValuePane(Vertical):
    """A row for each name, None for a division. Stages in the draft and tells the screen so."""

    def __init__(self, capabilities: Capabilities, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.capabilities = capabilities
        self.draft: Draft | None = None
        self.revealed = False

    def compose(self) -> ComposeResult:
        yield PlainText(classes="failure")
        yield Table(self._columns, lambda name: "division" if name is None else f"p:{name}")

    def _columns(self, width: int) -> list[Column[str | None]]:
        room = max(width - 3 * PADDING, 10)
        name = room * 3 // 10
        current = (room - name) // 2
        return [
            Column(self.heading, name, self.named),
            Column(_("current value"), current, self.current),
            Column(_("staged value"), room - name - current, self.staged),
        ]

    heading: str
    """What the names are."""

    def named(self, name: str | None) -> Text:
        return Text(sanitize(name or "", CUT))

    def names(self, draft: Draft) -> list[str | None]:
        """One for each row."""
        raise NotImplementedError

    def seen(self, draft: Draft) -> Mapping[str, Value] | None:
        """What was read; None where it cannot be read."""
        raise NotImplementedError

    def current(self, name: str | None) -> Text:
        """The value as it was read, in words."""
        if self.draft is None or name is None:
            return Text("")
        seen = self.seen(self.draft)
        if seen is None:
            return Text(_("not readable"), "dim")
        value = seen.get(name)
        return Text(_("not set"), "dim") if value is None else Text(self.words(name, value))

    def staged(self, name: str | None) -> Text:
        """The staged value in words; empty where there is none."""
        raise NotImplementedError

    def edits(self, draft: Draft) -> MutableMapping[str, Any]:
        """What is staged, by name."""
        raise NotImplementedError

    @property
    def table(self) -> Table[str | None]:
        return self.query_one(Table)

    def show(self, draft: Draft, revealed: bool) -> None:
        """Shows this draft; personal values masked unless `revealed`."""
        self.draft, self.revealed = draft, revealed
        failed = draft.record.failure if self.seen(draft) is None else None
        reason = sanitize(failed.message or failed.code or "", 160) if failed else ""
        words = _("This could not be read: {reason}").format(reason=reason) if failed else ""
        self.query_one(".failure", PlainText).say(words)
        self.table.show(self.names(draft))

    def words(self, name: str, value: Value) -> str:
        return shown_value(name, value, revealed=self.revealed, limit=CUT)

    def on_data_table_row_selected(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        """Asks for a new value of the row under the cursor."""
        raise NotImplementedError

    def stage(self, user: Identity, edit: Callable[[Draft], object]) -> None:
        """Stages an edit of that user."""
        # The user may have been read again meanwhile (another draft), but must not be another one.
        if self.draft is not None and self.draft.record.identity == user:
            edit(self.draft)
            self.post_message(DraftChanged())

    def action_drop(self) -> None:
        """Drops the staged edit under the cursor."""
        name = self.table.highlighted
        if self.draft is not None and name is not None and self.edits(self.draft).pop(name, None) is not None:
            self.post_message(DraftChanged())
