"""The properties of a user: standard ones first, then custom ones."""

from collections.abc import Mapping

from rich.text import Text
from textual.app import ComposeResult

from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.screens.user.edit_dialogs import AddPropertyDialog, EditValueDialog
from dfn_tui.screens.user.format import type_name
from dfn_tui.screens.user.pane import CUT, STAGED, ValuePane, staged_text
from dfn_tui.service.changes.values import format_value, type_of
from dfn_tui.service.personal import is_masked
from dfn_tui.service.records import FieldKind, Reply
from dfn_tui.service.snapshots.format import property_words, value_now
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import StandardProperty, Value
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.keys import CHANGE, bindings, key
from dfn_tui.widgets.plain_text import PlainText


class PropertiesPane(ValuePane):
    """Below the table stands the row under the cursor once more, with the width of the terminal to itself."""

    BINDINGS = bindings(
        key(
            "e",
            "edit",
            N_("Edit"),
            "properties.edit",
            N_("Edit this property"),
            shown_as="enter e",
            group=CHANGE,
        ),
        key("a", "add", N_("Add"), "properties.add", N_("Add a custom property"), group=CHANGE),
        key(
            "x,backspace",
            "drop",
            N_("Drop edit"),
            "properties.drop",
            N_("Drop this staged edit"),
            show=False,
            group=CHANGE,
        ),
    )
    heading = N_("property")
    kind = FieldKind.PROPERTY

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield PlainText(classes="detail")

    def show(self, draft: Draft, revealed: bool, *, awaited: str = "", failure: Reply | None = None) -> None:
        super().show(draft, revealed, awaited=awaited, failure=failure)
        self._show_detail()

    def names(self, draft: Draft) -> list[str | None]:
        standard = [prop.name for prop in self.capabilities.standard_properties]
        view = draft.record.snapshot
        known = {**self._known(draft), **(view.properties if view is not None else {})}
        return [*standard, None, *(name for name in known if name not in standard)]

    def _known(self, draft: Draft) -> dict[str, Value]:
        return {**draft.record.properties, **draft.properties}

    def seen(self, draft: Draft) -> Mapping[str, Value] | None:
        return draft.record.properties if draft.record.profile is not None else None

    def current(self, name: str | None) -> Text:
        view = self.draft.record.snapshot if self.draft is not None and name is not None else None
        if view is None or name is None or not (name in view.later or name in view.properties):
            return super().current(name)
        value = value_now(view, name)
        return Text(property_words(view, name, "" if value is None else self.words(name, value)))

    def named(self, name: str | None) -> Text:
        if name is not None:
            return super().named(name)
        assert self.draft is not None
        custom = self.names(self.draft)[-1] is not None
        return Text(_("custom properties") if custom else _("no custom ones"), "label")

    def staged(self, name: str | None) -> Text:
        assert self.draft is not None
        value = self.draft.properties.get(name) if name is not None else None
        if name is None or value is None:
            return Text("")
        words = self.words(name, value)
        seen = self.draft.record.properties.get(name)
        kind = type_of(value, self.capabilities)
        if seen is not None and type_of(seen, self.capabilities) is not kind:
            words = _("{value} ({type})").format(value=words, type=type_name(kind))
        return staged_text(words)

    def on_data_table_row_highlighted(self) -> None:
        self._show_detail()

    def _show_detail(self) -> None:
        name = self.table.highlighted
        lines = []
        if name is not None and self.draft is not None:
            lines = [
                sanitize(name, CUT),
                _("now: {value}").format(value=self.current(name).plain),
                _("staged: {value}").format(value=self.staged(name).plain.removeprefix(STAGED))
                if name in self.draft.properties
                else "",
            ]
        detail, shown = "\n".join(lines), self.query_one(".detail", PlainText)
        if shown.content != detail:
            shown.update(detail, layout=False)

    def action_edit(self) -> None:
        name, draft = self.table.highlighted, self.draft
        if name is None or draft is None:
            return
        standard = next((prop for prop in self.capabilities.standard_properties if prop.name == name), None)
        user = draft.record.identity

        def stage(value: Value) -> None:
            self.stage(user, lambda current: current.stage_property(name, value))

        if standard is not None and standard.choices:
            choices = [(choice, choice) for choice in standard.choices]
            ask(self.app, ChoiceDialog(name, choices), stage)
        else:
            ask(self.app, self._value_dialog(name, standard, draft), stage)

    def _value_dialog(self, name: str, standard: StandardProperty | None, draft: Draft) -> EditValueDialog:
        known = self._known(draft).get(name)
        types = self.capabilities.value_types if standard is None else (standard.type,)
        guess = types[0] if known is None or standard else type_of(known, self.capabilities)
        # Putting a masked value into the field would reveal it.
        hidden = known is None or (is_masked(name, known) and not self.revealed)
        text = "" if known is None or hidden else format_value(known)
        now = self.current(name).plain
        return EditValueDialog(name, now, types=types, type=guess, text=text, standard=standard)

    def action_add(self) -> None:
        """Asks for a custom property."""
        if self.draft is None:
            return
        user = self.draft.record.identity
        dialog = AddPropertyDialog(self.capabilities, self._known(self.draft))
        ask(self.app, dialog, lambda added: self.stage(user, lambda draft: draft.stage_property(*added)))
