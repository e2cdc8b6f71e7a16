"""The identifiers messages are sent to: CI fields where an API version has them, else linked identities."""

from collections.abc import Mapping

from rich.text import Text

from dfn_tui.screens.dialogs import ErrorDialog, ask
from dfn_tui.screens.user.edit_dialogs import DeleteCiDialog, EditCiDialog
from dfn_tui.screens.user.pane import ValuePane, staged_text
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.changes.undocumented import merging
from dfn_tui.service.records import FieldKind
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Value
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.keys import CHANGE, bindings, key


class CiPane(ValuePane):
    """Stages changes and deletions."""

    BINDINGS = bindings(
        key("e", "edit", N_("Edit"), "ci.edit", N_("Change this field"), shown_as="enter e", group=CHANGE),
        key("a", "link", N_("Link"), "ci.link", N_("Link another identity to this user"), group=CHANGE),
        key(
            "d",
            "delete",
            N_("Delete…"),
            "ci.delete",
            N_("Ask whether to delete this identifier"),
            group=CHANGE,
        ),
        key(
            "x,backspace",
            "drop",
            N_("Drop edit"),
            "ci.drop",
            N_("Drop this staged edit"),
            show=False,
            group=CHANGE,
        ),
    )
    heading = N_("identifier")
    kind = FieldKind.CI

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Fields are edited, identities are linked: an API version has the one or the other."""
        if action in ("edit", "link") and bool(self.capabilities.linkable) is not (action == "link"):
            return False
        return super().check_action(action, parameters)

    def names(self, draft: Draft) -> list[str | None]:
        """The fields of this API version, or the identities that can be linked to this user."""
        own = draft.record.identity.kind
        linkable = tuple(kind.value for kind in self.capabilities.linkable if kind is not own)
        return [*(self.capabilities.ci_fields or linkable)]

    def seen(self, draft: Draft) -> Mapping[str, Value] | None:
        return draft.record.ci

    def current(self, name: str | None) -> Text:
        why = self.draft.record.ci_unreadable.get(name) if self.draft is not None and name else None
        if not why:
            return super().current(name)
        return Text(_("not readable: {why}").format(why=sanitize(why, 80)), "label")

    def staged(self, name: str | None) -> Text:
        assert self.draft is not None and name is not None
        if name not in self.draft.ci:
            return Text("")
        value = self.draft.ci[name]
        if value is None:
            return staged_text(_("to be deleted"), "strong.danger")
        return staged_text(self.words(name, value))

    def action_link(self) -> None:
        """Asks for an identity to link."""
        self.action_edit()

    def action_edit(self) -> None:
        """Asks for the value of the field under the cursor, or for an identity of that kind."""
        draft, field = self.draft, self.table.highlighted
        if draft is None or field is None or self._still_read():
            return
        linking = bool(self.capabilities.linkable)
        title = _("Link an identity") if linking else _("Edit a CI field")
        fields = [name for name in self.names(draft) if name] if linking else [field]
        known = draft.ci.get(field) or (draft.record.ci or {}).get(field)
        # Putting a masked value into the field would reveal it.
        text = str(known) if known is not None and self.revealed and not linking else ""
        user = draft.record.identity
        dialog = EditCiDialog(
            title, fields, field, self.current(field).plain, text, warning=merging() if linking else ""
        )
        ask(self.app, dialog, lambda typed: self.stage(user, lambda current: current.stage_ci(*typed)))

    def _still_read(self) -> bool:
        """Whether what would be changed is not known yet, which is said."""
        if self.awaited:
            self.notify(_("These fields are still being read."), markup=False)
        return bool(self.awaited)

    def action_delete(self) -> None:
        """Explains a deletion and asks for the user's id."""
        draft, field = self.draft, self.table.highlighted
        if draft is None or field is None or self._still_read():
            return
        user = draft.record.identity
        if not self.capabilities.ci_fields:
            self.app.push_screen(ErrorDialog(no_removal()))
        elif why := draft.record.ci_unreadable.get(field):
            self.notify(_("not readable: {why}").format(why=sanitize(why, 80)), markup=False)
        elif draft.record.ci is not None and field not in draft.record.ci:
            self.notify(_("This field is not set: there is nothing to delete."), markup=False)
        else:
            dialog = DeleteCiDialog(field, user, self.current(field).plain, draft.record.name)
            ask(
                self.app,
                dialog,
                lambda id: self.stage(user, lambda draft: draft.stage_ci_deletion(field, id)),
            )
