"""What the panes with values of a user share: what is there now, and what is staged."""

from collections.abc import Callable, Mapping

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from dfn_tui.service.personal import shown_value
from dfn_tui.service.records import FieldKind, Reply
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Capabilities, Identity, Value
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.table import PADDING, Column, Table

CUT = 200
"""Characters of a value that are shown at most."""


STAGED = "› "
"""Stands before a value that is staged, and not sent."""


def staged_text(words: str, style: str = "strong.staged") -> Text:
    """A value that is staged."""
    return Text.assemble((STAGED, "staged"), (words, style))


class DraftChanged(Message):
    """An edit was staged or dropped."""


class ValuePane(Vertical):
    """A row for each name, None for a division. Stages in the draft and tells the screen so."""

    def __init__(self, capabilities: Capabilities, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.capabilities = capabilities
        self.draft: Draft | None = None
        self.revealed = False
        self.awaited = ""

    def compose(self) -> ComposeResult:
        yield PlainText(classes="failure")
        yield Table(self._columns, lambda name: "division" if name is None else f"p:{name}")

    def _columns(self, width: int) -> list[Column[str | None]]:
        room = max(width - 3 * PADDING, 10)
        names = self.names(self.draft) if self.draft is not None else ()
        longest = max((self.named(name).cell_len for name in names), default=0)
        name = min(max(longest, room * 3 // 10), room * 2 // 5)
        current = (room - name) * 3 // 5
        return [
            Column(_(self.heading), name, self.named),
            Column(_("now"), current, self.current),
            Column(_("staged"), room - name - current, self.staged),
        ]

    heading: str
    """What the names are."""
    kind: FieldKind
    """What is staged here."""
    table = getters.query_one(Table)

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
            return Text(self.awaited or _("not readable"), "label")
        value = seen.get(name)
        return Text(_("not set"), "label") if value is None else Text(self.words(name, value))

    def staged(self, name: str | None) -> Text:
        """The staged value in words; empty where there is none."""
        raise NotImplementedError

    def show(self, draft: Draft, revealed: bool, *, awaited: str = "", failure: Reply | None = None) -> None:
        """Shows this draft; personal values masked unless `revealed`. In the place of values that were not
        read stands what is `awaited`, and above them the `failure` of reading them."""
        self._know(draft)
        self.revealed, self.awaited = revealed, awaited
        unread = self.seen(draft) is None and not awaited
        self.say_failure((failure or draft.record.failure) if unread else None)
        self.table.show(self.names(draft))

    def _know(self, draft: Draft | None) -> None:
        came_or_went = (self.draft is None) is not (draft is None)
        self.draft = draft
        if came_or_went:
            self.refresh_bindings()

    def say_failure(self, failure: Reply | None) -> None:
        """Says above the table why the values could not be read."""
        reason = sanitize(failure.message or failure.code or "", 160) if failure else ""
        words = _("✗ This could not be read: {reason}").format(reason=reason) if failure else ""
        self.query_one(".failure", PlainText).say(Text(words, "strong.danger"))

    def wait(self, words: str) -> None:
        """Shows nobody, and what is awaited."""
        self._know(None)
        self.table.show(())
        self.query_one(".failure", PlainText).say(Text(words, "label"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be edited of somebody who was not read."""
        return action not in ("edit", "add", "link", "delete", "drop") or self.draft is not None

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
        if self.draft is not None and name is not None and self.draft.drop(self.kind, name):
            self.post_message(DraftChanged())
