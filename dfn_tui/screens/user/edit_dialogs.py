"""The dialogs that take an edit. Each checks what was typed before it closes; a refusal is said inside it,
and what was typed stays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ScreenResultType
from textual.widgets import Button, Input, Static

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.dialogs import Dialog
from dfn_tui.screens.user.words import ci_meaning, type_hint, type_name
from dfn_tui.service import Capabilities, StandardProperty, Value, ValueType
from dfn_tui.service.changes.values import (
    ValueRefused,
    check_property_name,
    parse_ci,
    parse_standard,
    parse_value,
)
from dfn_tui.text import _, inert
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.choice import Choice
from dfn_tui.widgets.field import Field

_SHOWN = 300


class EditDialog(Dialog[ScreenResultType]):
    """Fields, a line for a refusal, Cancel and Stage. Subclasses give `fields` and `result`."""

    AUTO_FOCUS = "Field"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "stage", _("Stage"), id="edit.stage", tooltip=_("Stage it; nothing is sent yet")),
    ]

    def body(self) -> ComposeResult:
        yield from self.fields()
        yield Static(classes="refusal", markup=False)
        yield Buttons(("cancel", _("Cancel")), ("stage", self.verb()))

    def fields(self) -> ComposeResult:
        """What is asked for."""
        yield from ()

    def verb(self) -> str:
        """The words on the button that ends the dialog."""
        return _("Stage")

    def result(self) -> ScreenResultType:
        """What was asked for, checked. Raises ConsoleError."""
        raise NotImplementedError

    def typed(self, id: str) -> str:
        """What stands in the field of that id."""
        return self.query_one(f"#{id}", Field).value

    def action_stage(self) -> None:
        """Closes with the result, or says why not."""
        try:
            result = self.result()
        except ConsoleError as error:
            self.query_one(".refusal", Static).update(f"{error.happened}\n{error.next_step}")
        else:
            self.dismiss(result)

    def action_next(self) -> None:
        """Steps through the choice without leaving the field."""
        self.query_one(Choice).action_step(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "next" or bool(self.query(Choice))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_stage()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "stage":
            self.action_stage()
        else:
            self.dismiss(None)


class ValueDialog(EditDialog[ScreenResultType]):
    """Asks for a value, and for its type where more than one would do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+t", "next", _("Next type"), id="edit.type", tooltip=_("Read what is typed as another type")
        ),
    ]

    def __init__(self, title: str, types: Sequence[ValueType], type: ValueType, text: str = "") -> None:
        super().__init__(title)
        self._types = types
        self._type = type
        self._text = text
        self._empty_meant = False

    def fields(self) -> ComposeResult:
        if len(self._types) > 1:
            yield Choice(_("Type"), [(each.value, type_name(each)) for each in self._types], self._type.value)
        yield Static(_("Value"), markup=False)
        yield Field(self._text, id="value")
        yield Static(type_hint(self._type), classes="hint type-hint", markup=False)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        self._type = ValueType(event.value)
        self.query_one(".type-hint", Static).update(type_hint(self._type))

    def on_input_changed(self) -> None:
        self._empty_meant = False

    def text(self) -> str:
        """What was typed as the value. Raises ValueRefused, once, where that is nothing at all: Enter is
        easily pressed too early, and an empty string is a value the platform stores."""
        text = self.typed("value")
        if not text and not self._empty_meant and self._type is ValueType.STRING:
            self._empty_meant = True
            raise ValueRefused(
                _("Not staged"),
                _("Nothing was typed: this would store an empty string."),
                _("Press Enter again to stage exactly that."),
            )
        return text


class EditValueDialog(ValueDialog[Value]):
    """One property's new value. `now` are words for the current one; `standard` fixes the type."""

    def __init__(
        self,
        name: str,
        now: str,
        *,
        types: Sequence[ValueType],
        type: ValueType,
        text: str = "",
        standard: StandardProperty | None = None,
    ) -> None:
        super().__init__(_("Edit a property"), types, type, text)
        self._property = name
        self._now = now
        self._standard = standard

    def fields(self) -> ComposeResult:
        yield Static(inert(self._property, _SHOWN), classes="subject", markup=False)
        yield Static(_("Now: {value}").format(value=self._now), classes="now", markup=False)
        yield from super().fields()

    def result(self) -> Value:
        if self._standard is not None:
            return parse_standard(self._standard, self.text())
        if self._type is ValueType.STRING:
            return parse_value(self.text(), self._type)
        return parse_value(self.typed("value"), self._type)


class AddPropertyDialog(ValueDialog[tuple[str, Value]]):
    """Name, type and value of a custom property that is not there yet."""

    def __init__(self, capabilities: Capabilities, taken: Collection[str]) -> None:
        super().__init__(_("Add a custom property"), capabilities.value_types, ValueType.STRING)
        self._capabilities = capabilities
        self._taken = taken

    def fields(self) -> ComposeResult:
        yield Static(_("Name"), markup=False)
        yield Field(id="name")
        if not self._capabilities.read_by:
            words = _("It must have been registered in the platform's web console: others are not stored.")
            yield Static(words, classes="hint", markup=False)
        yield from super().fields()

    def result(self) -> tuple[str, Value]:
        name = check_property_name(self.typed("name"), self._capabilities)
        if name in self._taken:
            raise ValueRefused(
                _("Not staged"), _("This property is in the list already."), _("Edit it in its own row.")
            )
        return name, parse_value(self.text(), self._type)


class CiDialog(EditDialog[ScreenResultType]):
    """Asks for a CI field's value, and for which field where there are several."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "next", _("Next kind"), id="edit.kind", tooltip=_("Take another kind of identity")),
    ]

    def __init__(self, title: str, fields: Sequence[str], field: str) -> None:
        super().__init__(title)
        self._fields = fields
        self._field = field

    def which(self) -> ComposeResult:
        """The choice among the fields, or the name of the only one."""
        if len(self._fields) > 1:
            yield Choice(_("Kind"), [(name, name) for name in self._fields], self._field)
        else:
            yield Static(self._field, classes="subject", markup=False)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        self._field = event.value
        self.said()

    def said(self) -> None:
        """What has to be said anew when another field was chosen."""


class EditCiDialog(CiDialog[tuple[str, str]]):
    """The new value of a CI field or identity; says before staging how it will be stored."""

    def __init__(self, title: str, fields: Sequence[str], field: str, now: str, text: str = "") -> None:
        super().__init__(title, fields, field)
        self._now = now
        self._text = text

    def fields(self) -> ComposeResult:
        yield from self.which()
        yield Static(_("Now: {value}").format(value=self._now), classes="now", markup=False)
        yield Field(self._text, id="value")
        yield Static(classes="note", markup=False)

    def on_input_changed(self) -> None:
        self.said()

    def said(self) -> None:
        note = ""
        if self.typed("value"):
            try:
                _value, note = parse_ci(self._field, self.typed("value"))
            except ValueRefused:
                note = ""  # still being typed: Enter says what is wrong
        self.query_one(".note", Static).update(note, layout=False)

    def result(self) -> tuple[str, str]:
        value, _note = parse_ci(self._field, self.typed("value"))
        return self._field, value


@dataclass(frozen=True, slots=True)
class CiDeletion:
    """What is to be deleted, and the user's id as it was typed."""

    field: str
    typed_id: str


class DeleteCiDialog(CiDialog[CiDeletion]):
    """Says what the deletion means, and takes the user's id typed as consent to it.

    `now` are words for the value to be deleted.
    """

    def __init__(self, field: str, user: str, now: str) -> None:
        super().__init__(_("Delete an identifier"), (field,), field)
        self._user = user
        self._now = now

    def fields(self) -> ComposeResult:
        yield from self.which()
        yield Static(_("Now: {value}").format(value=self._now), classes="now", markup=False)
        yield Static(ci_meaning(self._field), classes="meaning", markup=False)
        yield Static(_("The platform keeps no copy: once sent, this cannot be undone there."), markup=False)
        user = inert(self._user, _SHOWN)
        yield Static(
            _("To stage it, type the user's id: {user}").format(user=user), classes="now", markup=False
        )
        yield Field(id="user")

    def verb(self) -> str:
        return _("Stage the deletion")

    def said(self) -> None:
        self.query_one(".meaning", Static).update(ci_meaning(self._field))

    def result(self) -> CiDeletion:
        typed = self.typed("user")
        if typed not in (self._user, inert(self._user)):
            raise ValueRefused(
                _("Not staged"),
                _("What was typed is not this user's id. Nothing was changed."),
                _("Type the id exactly as it is shown."),
            )
        return CiDeletion(self._field, self._user)
