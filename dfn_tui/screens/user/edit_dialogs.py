"""The dialogs that take an edit. Each checks what was typed before it closes; a refusal is said inside it,
and what was typed stays."""

from collections.abc import Collection, Sequence
from contextlib import suppress

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import ScreenResultType

from dfn_tui.screens.dialogs import FormDialog
from dfn_tui.screens.user.format import ci_meaning, type_hint, type_name, user_title
from dfn_tui.service.changes.values import (
    ValueRefused,
    check_property_name,
    parse_ci,
    parse_standard,
    parse_value,
)
from dfn_tui.service.types import Capabilities, Identity, StandardProperty, Value, ValueType
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector

_SHOWN = 300


def _now(value: str) -> Text:
    """What is there now."""
    return Text.assemble((_("Now:") + " ", "label"), value)


class EditDialog(FormDialog[ScreenResultType]):
    """A form whose result is staged."""

    BINDINGS = bindings(
        key("enter", "submit", N_("Stage"), "edit.stage", N_("Stage it; nothing is sent yet"))
    )

    def __init__(self, title: str, verb: str = "") -> None:
        super().__init__(title, verb or _("Stage"))

    def action_next(self) -> None:
        """Steps through the choice without leaving the field."""
        self.query_one(Selector).action_step(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "next" or bool(self.query(Selector))


class ValueDialog(EditDialog[ScreenResultType]):
    """Asks for a value, and for its type where more than one would do."""

    BINDINGS = bindings(
        key("ctrl+t", "next", N_("Next type"), "edit.type", N_("Read what is typed as another type"))
    )

    def __init__(self, title: str, types: Sequence[ValueType], type: ValueType, text: str = "") -> None:
        super().__init__(title)
        self._types = types
        self._type = type
        self._text = text
        self._empty_meant = False

    def fields(self) -> ComposeResult:
        if len(self._types) > 1:
            yield Selector(_("Type"), [(each, type_name(each)) for each in self._types], self._type)
        yield PlainText(_("Value"), classes="hint")
        yield Field(self._text, id="value")
        yield PlainText(type_hint(self._type), classes="hint type-hint")

    def on_selector_changed(self, event: Selector.Changed) -> None:
        self._type = event.value
        self.query_one(".type-hint", PlainText).update(type_hint(self._type))

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
        yield PlainText(sanitize(self._property, _SHOWN), classes="subject")
        yield PlainText(_now(self._now), classes="now")
        yield from super().fields()

    async def result(self) -> Value:
        if self._standard is not None:
            return parse_standard(self._standard, self.text())
        return parse_value(self.text(), self._type)


class AddPropertyDialog(ValueDialog[tuple[str, Value]]):
    """Name, type and value of a custom property that is not there yet."""

    def __init__(self, capabilities: Capabilities, taken: Collection[str]) -> None:
        super().__init__(_("Add a custom property"), capabilities.value_types, ValueType.STRING)
        self._capabilities = capabilities
        self._taken = taken

    def fields(self) -> ComposeResult:
        yield PlainText(_("Name"), classes="hint")
        yield Field(id="name")
        if not self._capabilities.read_by:
            words = _("It must have been registered in the platform's web console: others are not stored.")
            yield PlainText(words, classes="hint")
        yield from super().fields()

    async def result(self) -> tuple[str, Value]:
        name = check_property_name(self.typed("name"), self._capabilities)
        if name in self._taken:
            raise ValueRefused(
                _("Not staged"), _("This property is in the list already."), _("Edit it in its own row.")
            )
        return name, parse_value(self.text(), self._type)


class EditCiDialog(EditDialog[tuple[str, str]]):
    """The new value of a CI field, or of one of several identities; says before staging how it will be
    stored. `now` are words for the current one, `warning` what is to be known before."""

    BINDINGS = bindings(
        key("ctrl+t", "next", N_("Next kind"), "edit.kind", N_("Take another kind of identity"))
    )

    def __init__(
        self, title: str, names: Sequence[str], name: str, now: str, text: str = "", *, warning: str = ""
    ) -> None:
        super().__init__(title)
        self._warning = warning
        self._names = names
        self._ci = name
        self._now = now
        self._text = text

    def fields(self) -> ComposeResult:
        if len(self._names) > 1:
            yield Selector(_("Kind"), [(name, name) for name in self._names], self._ci)
        else:
            yield PlainText(self._ci, classes="subject")
        yield PlainText(_now(self._now), classes="now")
        yield Field(self._text, id="value")
        yield PlainText(classes="note")
        if self._warning:
            yield PlainText(self._warning, classes="warning")

    def on_selector_changed(self, event: Selector.Changed) -> None:
        self._ci = event.value
        self.on_input_changed()

    def on_input_changed(self) -> None:
        note = ""
        if self.typed("value"):
            with suppress(ValueRefused):  # still being typed: Enter says what is wrong
                _value, note = parse_ci(self._ci, self.typed("value"))
        self.query_one(".note", PlainText).update(note, layout=False)

    async def result(self) -> tuple[str, str]:
        value, _note = parse_ci(self._ci, self.typed("value"))
        return self._ci, value


class DeleteCiDialog(EditDialog[str]):
    """Says what the deletion means, and takes the user's id typed as consent to it; dismissed with that.
    `now` are words for the value to be deleted, and `called` is the name of the user, where it is known."""

    def __init__(self, name: str, user: Identity, now: str, called: str = "") -> None:
        super().__init__(_("Delete an identifier"), _("Stage the deletion"))
        self.add_class("-grave")
        self._ci = name
        self._title_of_user = user_title(user, called)
        self._user = user.value
        self._now = now

    def takes_typed_ahead(self) -> bool:
        return False

    def fields(self) -> ComposeResult:
        yield PlainText(self._title_of_user)
        yield PlainText(Text.assemble((self._ci, "bold"), "  ", _now(self._now)), classes="now")
        yield PlainText(ci_meaning(self._ci), classes="meaning")
        yield PlainText(_("The platform keeps no copy: once sent, this cannot be undone there."))
        user = sanitize(self._user, _SHOWN)
        yield PlainText(_("To stage it, type the user's id: {user}").format(user=user), classes="now")
        yield Field(id="user")

    async def result(self) -> str:
        if self.typed("user") not in (self._user, sanitize(self._user)):
            raise ValueRefused(
                _("Not staged"),
                _("What was typed is not this user's id. Nothing was changed."),
                _("Type the id exactly as it is shown."),
            )
        return self._user
