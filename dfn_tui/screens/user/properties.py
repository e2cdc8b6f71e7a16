"""The properties of a user: standard ones first, then custom ones."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from dfn_tui.screens.dialogs import ChoiceDialog
from dfn_tui.screens.user.edit_dialogs import AddPropertyDialog, EditValueDialog
from dfn_tui.screens.user.messages import DraftChanged
from dfn_tui.screens.user.words import read_failure, type_name
from dfn_tui.service import Capabilities, Draft, Identity, StandardProperty, Value
from dfn_tui.service.changes.values import format_value, type_of
from dfn_tui.service.personal import is_masked, shown_value
from dfn_tui.text import _, inert
from dfn_tui.widgets.value_table import Row, ValueTable

_CUT = 200
_PREFIX = "p:"
_DIVISION = "division"


class PropertiesPane(Vertical):
    """Stages properties in the draft and tells the screen so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e",
            "edit",
            _("Edit"),
            id="properties.edit",
            key_display="Enter/e",
            tooltip=_("Edit this property"),
        ),
        Binding("a", "add", _("Add"), id="properties.add", tooltip=_("Add a custom property")),
        Binding(
            "x,backspace", "drop", _("Drop edit"), id="properties.drop", tooltip=_("Drop this staged edit")
        ),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draft: Draft | None = None
        self._capabilities: Capabilities | None = None
        self._revealed = False
        self._detail = ""

    def compose(self) -> ComposeResult:
        yield Static(classes="failure", markup=False)
        yield ValueTable((_("property"), _("current value"), _("staged value")))
        yield Static(classes="detail", markup=False)

    def show(self, draft: Draft, capabilities: Capabilities, revealed: bool) -> None:
        """Shows this draft; personal values masked unless `revealed`."""
        self._draft, self._capabilities, self._revealed = draft, capabilities, revealed
        failure = draft.record.failure if draft.record.profile is None else None
        line = self.query_one(".failure", Static)
        line.display = failure is not None
        if failure is not None:
            line.update(read_failure(failure))
        self.query_one(ValueTable).show(self._rows(draft, capabilities))
        self._show_detail()

    def _rows(self, draft: Draft, capabilities: Capabilities) -> list[Row]:
        standard = [prop.name for prop in capabilities.standard_properties]
        custom = [name for name in {**draft.record.properties, **draft.properties} if name not in standard]
        words = _("— custom properties —") if custom else _("— custom: none —")
        division = Row(_DIVISION, Text(words, "dim"), Text(""), Text(""))
        return [*map(self._row, standard), division, *map(self._row, custom)]

    def _row(self, name: str) -> Row:
        return Row(_PREFIX + name, Text(inert(name, _CUT)), self._current(name), self._staged(name))

    def _current(self, name: str) -> Text:
        assert self._draft is not None
        record = self._draft.record
        if record.profile is None:
            return Text(_("not readable"), "dim")
        value = record.properties.get(name)
        return Text(_("not set"), "dim") if value is None else Text(self._words(name, value))

    def _staged(self, name: str) -> Text:
        assert self._draft is not None
        assert self._capabilities is not None
        value = self._draft.properties.get(name)
        if value is None:
            return Text("")
        words = self._words(name, value)
        seen = self._draft.record.properties.get(name)
        kind = type_of(value, self._capabilities)
        if seen is not None and type_of(seen, self._capabilities) is not kind:
            words = _("{value} ({type})").format(value=words, type=type_name(kind))
        return Text(words, "bold")

    def _words(self, name: str, value: Value) -> str:
        return shown_value(name, value, revealed=self._revealed, limit=_CUT)

    def _selected(self) -> str | None:
        """The property under the cursor; None on the division."""
        key = self.query_one(ValueTable).current
        return key.removeprefix(_PREFIX) if key is not None and key.startswith(_PREFIX) else None

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        """The row under the cursor once more, with the width of the terminal to itself."""
        name = self._selected()
        lines = []
        if name is not None and self._draft is not None:
            lines = [
                inert(name, _CUT),
                _("now: {value}").format(value=self._current(name).plain),
                _("staged: {value}").format(value=self._staged(name).plain)
                if name in self._draft.properties
                else "",
            ]
        detail = "\n".join(lines)
        if detail != self._detail:
            self._detail = detail
            self.query_one(".detail", Static).update(detail, layout=False)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        self.action_edit()

    def action_edit(self) -> None:
        """Asks for the value of the property under the cursor."""
        name, draft, capabilities = self._selected(), self._draft, self._capabilities
        if name is None or draft is None or capabilities is None:
            return
        standard = next((prop for prop in capabilities.standard_properties if prop.name == name), None)
        if standard is not None and standard.choices:
            choices = [(choice, choice) for choice in standard.choices]
            self._ask_choice(name, choices, draft.record.identity)
        else:
            self._ask_value(name, standard, draft, capabilities)

    def _ask_choice(self, name: str, choices: list[tuple[str, str]], user: Identity) -> None:
        def stage(value: str | None) -> None:
            if value is not None:
                self._stage(user, name, value)

        self.app.push_screen(ChoiceDialog(name, choices), stage)

    def _ask_value(
        self, name: str, standard: StandardProperty | None, draft: Draft, capabilities: Capabilities
    ) -> None:
        known = draft.properties.get(name, draft.record.properties.get(name))
        guess = capabilities.value_types[0] if known is None else type_of(known, capabilities)
        types = capabilities.value_types
        if standard is not None:
            guess, types = standard.type, (standard.type,)
        # Putting a masked value into the field would reveal it.
        hidden = known is None or (is_masked(name, known) and not self._revealed)
        dialog = EditValueDialog(
            name,
            self._current(name).plain,
            types=types,
            type=guess,
            text="" if known is None or hidden else format_value(known),
            standard=standard,
        )

        def stage(value: Value | None) -> None:
            if value is not None:
                self._stage(draft.record.identity, name, value)

        self.app.push_screen(dialog, stage)

    def action_add(self) -> None:
        """Asks for a custom property."""
        draft, capabilities = self._draft, self._capabilities
        if draft is None or capabilities is None:
            return

        def stage(added: tuple[str, Value] | None) -> None:
            if added is not None:
                self._stage(draft.record.identity, *added)

        taken = {**draft.record.properties, **draft.properties}
        self.app.push_screen(AddPropertyDialog(capabilities, taken), stage)

    def _stage(self, user: Identity, name: str, value: Value) -> None:
        # The user may have been read again meanwhile (another draft), but must not be another one.
        if self._draft is not None and self._draft.record.identity == user:
            self._draft.stage_property(name, value)
            self.post_message(DraftChanged())

    def action_drop(self) -> None:
        """Drops the staged edit under the cursor."""
        name = self._selected()
        if self._draft is not None and name in self._draft.properties:
            del self._draft.properties[name]
            self.post_message(DraftChanged())
