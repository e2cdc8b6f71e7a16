"""The identifiers messages are sent to: CI fields where a generation has them, else linked identities."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from dfn_tui.screens.dialogs import ErrorDialog
from dfn_tui.screens.user.edit_dialogs import CiDeletion, DeleteCiDialog, EditCiDialog
from dfn_tui.screens.user.messages import DraftChanged
from dfn_tui.screens.user.words import read_failure
from dfn_tui.service import Capabilities, Draft, Identity, Value
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.personal import shown_value
from dfn_tui.text import _
from dfn_tui.widgets.value_table import Row, ValueTable

_CUT = 200


class CiPane(Vertical):
    """Stages changes and deletions in the draft and tells the screen so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", _("Edit"), id="ci.edit", key_display="Enter/e", tooltip=_("Change this field")),
        Binding("a", "link", _("Link"), id="ci.link", tooltip=_("Link another identity to this user")),
        Binding(
            "d", "delete", _("Delete…"), id="ci.delete", tooltip=_("Ask whether to delete this identifier")
        ),
        Binding("x,backspace", "drop", _("Drop edit"), id="ci.drop", tooltip=_("Drop this staged edit")),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draft: Draft | None = None
        self._capabilities: Capabilities | None = None
        self._revealed = False

    def compose(self) -> ComposeResult:
        yield Static(classes="failure", markup=False)
        yield ValueTable((_("identifier"), _("current value"), _("staged value")))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Fields are edited, identities are linked: a generation has the one or the other."""
        if action in ("edit", "link"):
            linkable = self._capabilities is not None and bool(self._capabilities.linkable)
            return linkable is (action == "link")
        return True

    def show(self, draft: Draft, capabilities: Capabilities, revealed: bool) -> None:
        """Shows this draft; values masked unless `revealed`."""
        if self._capabilities is not capabilities:
            self._capabilities = capabilities
            self.refresh_bindings()
        self._draft, self._revealed = draft, revealed
        failure = draft.record.failure if draft.record.ci is None else None
        line = self.query_one(".failure", Static)
        line.display = failure is not None
        if failure is not None:
            line.update(read_failure(failure))
        rows = [Row(name, Text(name), self._current(name), self._staged(name)) for name in self._fields()]
        self.query_one(ValueTable).show(rows)

    def _fields(self) -> tuple[str, ...]:
        """The fields of this generation, or the identities that can be linked to this user."""
        if self._draft is None or self._capabilities is None:
            return ()
        own = self._draft.record.identity.kind
        linkable = tuple(kind.value for kind in self._capabilities.linkable if kind is not own)
        return self._capabilities.ci_fields or linkable

    def _current(self, name: str) -> Text:
        assert self._draft is not None
        ci = self._draft.record.ci
        why = self._draft.record.ci_unreadable.get(name)
        if ci is None or why is not None:
            words = _("not readable: {why}").format(why=why) if why else _("not readable")
            return Text(words, "dim")
        return Text(self._words(name, ci[name])) if name in ci else Text(_("not set"), "dim")

    def _staged(self, name: str) -> Text:
        assert self._draft is not None
        if name not in self._draft.ci:
            return Text("")
        value = self._draft.ci[name]
        return (
            Text(_("to be deleted"), "bold red") if value is None else Text(self._words(name, value), "bold")
        )

    def _words(self, name: str, value: Value) -> str:
        return shown_value(name, value, revealed=self._revealed, limit=_CUT)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.action_edit()

    def action_link(self) -> None:
        """Asks for an identity to link."""
        self.action_edit()

    def action_edit(self) -> None:
        """Asks for the value of the field under the cursor, or for an identity of that kind."""
        draft, capabilities, field = self._draft, self._capabilities, self.query_one(ValueTable).current
        if draft is None or capabilities is None or field is None:
            return
        linking = bool(capabilities.linkable)
        title = _("Link an identity") if linking else _("Edit a CI field")
        fields = self._fields() if linking else (field,)
        known = draft.ci.get(field) or (draft.record.ci or {}).get(field)
        # Putting a masked value into the field would reveal it.
        text = str(known) if known is not None and self._revealed and not linking else ""
        user = draft.record.identity

        def stage(typed: tuple[str, str] | None) -> None:
            current = self._still(user)
            if typed is not None and current is not None:
                current.stage_ci(*typed)
                self.post_message(DraftChanged())

        self.app.push_screen(EditCiDialog(title, fields, field, self._current(field).plain, text), stage)

    def action_delete(self) -> None:
        """Explains a deletion and asks for the user's id."""
        draft, capabilities, field = self._draft, self._capabilities, self.query_one(ValueTable).current
        if draft is None or capabilities is None or field is None:
            return
        user = draft.record.identity
        if not capabilities.ci_fields:
            self.app.push_screen(ErrorDialog(no_removal()))
            return
        if draft.record.ci is not None and field not in draft.record.ci:
            self.notify(_("This field is not set: there is nothing to delete."), markup=False)
            return

        def stage(deletion: CiDeletion | None) -> None:
            current = self._still(user)
            if deletion is not None and current is not None:
                current.stage_ci_deletion(deletion.field, deletion.typed_id)
                self.post_message(DraftChanged())

        self.app.push_screen(DeleteCiDialog(field, user.value, self._current(field).plain), stage)

    def _still(self, user: Identity) -> Draft | None:
        """The draft to stage in, which may be a newer one, if it is still that user's."""
        same = self._draft is not None and self._draft.record.identity == user
        return self._draft if same else None

    def action_drop(self) -> None:
        """Drops the staged edit under the cursor."""
        field = self.query_one(ValueTable).current
        if self._draft is not None and field in self._draft.ci:
            del self._draft.ci[field]
            self.post_message(DraftChanged())
