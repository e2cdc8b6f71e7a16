"""The identifiers messages are sent to: CI fields where an API version has them, else linked identities."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from dfn_tui.screens.dialogs import ErrorDialog, ask
from dfn_tui.screens.user.edit_dialogs import DeleteCiDialog, EditCiDialog
from dfn_tui.screens.user.pane import ValuePane
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Value
from dfn_tui.text import _


class CiPane(ValuePane):
    """Stages changes and deletions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", _("Edit"), id="ci.edit", key_display="Enter/e", tooltip=_("Change this field")),
        Binding("a", "link", _("Link"), id="ci.link", tooltip=_("Link another identity to this user")),
        Binding(
            "d", "delete", _("Delete…"), id="ci.delete", tooltip=_("Ask whether to delete this identifier")
        ),
        Binding("x,backspace", "drop", _("Drop edit"), id="ci.drop", tooltip=_("Drop this staged edit")),
    ]
    heading = _("identifier")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Fields are edited, identities are linked: an API version has the one or the other."""
        return action not in ("edit", "link") or bool(self.capabilities.linkable) is (action == "link")

    def names(self, draft: Draft) -> list[str | None]:
        """The fields of this API version, or the identities that can be linked to this user."""
        own = draft.record.identity.kind
        linkable = tuple(kind.value for kind in self.capabilities.linkable if kind is not own)
        return [*(self.capabilities.ci_fields or linkable)]

    def edits(self, draft: Draft) -> dict[str, str | None]:
        return draft.ci

    def seen(self, draft: Draft) -> Mapping[str, Value] | None:
        return draft.record.ci

    def current(self, name: str | None) -> Text:
        why = self.draft.record.ci_unreadable.get(name) if self.draft is not None and name else None
        return Text(_("not readable: {why}").format(why=why), "dim") if why else super().current(name)

    def staged(self, name: str | None) -> Text:
        assert self.draft is not None and name is not None
        if name not in self.draft.ci:
            return Text("")
        value = self.draft.ci[name]
        return (
            Text(_("to be deleted"), "bold red") if value is None else Text(self.words(name, value), "bold")
        )

    def action_link(self) -> None:
        """Asks for an identity to link."""
        self.action_edit()

    def action_edit(self) -> None:
        """Asks for the value of the field under the cursor, or for an identity of that kind."""
        draft, field = self.draft, self.table.highlighted
        if draft is None or field is None:
            return
        linking = bool(self.capabilities.linkable)
        title = _("Link an identity") if linking else _("Edit a CI field")
        fields = [name for name in self.names(draft) if name] if linking else [field]
        known = draft.ci.get(field) or (draft.record.ci or {}).get(field)
        # Putting a masked value into the field would reveal it.
        text = str(known) if known is not None and self.revealed and not linking else ""
        user = draft.record.identity
        dialog = EditCiDialog(title, fields, field, self.current(field).plain, text)
        ask(self.app, dialog, lambda typed: self.stage(user, lambda current: current.stage_ci(*typed)))

    def action_delete(self) -> None:
        """Explains a deletion and asks for the user's id."""
        draft, field = self.draft, self.table.highlighted
        if draft is None or field is None:
            return
        user = draft.record.identity
        if not self.capabilities.ci_fields:
            self.app.push_screen(ErrorDialog(no_removal()))
        elif draft.record.ci is not None and field not in draft.record.ci:
            self.notify(_("This field is not set: there is nothing to delete."), markup=False)
        else:
            dialog = DeleteCiDialog(field, user.value, self.current(field).plain)
            ask(
                self.app,
                dialog,
                lambda id: self.stage(user, lambda draft: draft.stage_ci_deletion(field, id)),
            )
