"""What a column of a file, a name in a JSON line or a `NAME=VALUE` asks for.

Rests on the tables of properties and consents in DFINERY's user API documentation, both API versions. Names
of consents are those of version 1 throughout the console; version 2's own are taken as well.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from json.encoder import encode_basestring
from typing import NamedTuple, NoReturn, cast

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities, IdentityKind, StandardProperty, Value, ValueType
from dfn_tui.consent.flags import OPTINS, Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.values import (
    ValueRefused,
    check_property_name,
    format_value,
    parse_ci,
    parse_standard,
    parse_value,
    same_value,
    type_of,
)
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import bare_id

_FLAGS = {flag.value: flag for flag in Flag}
_FLAG_OF_OPTIN = {name: flag for flag, name in OPTINS.items()}
_WORDS = {state.value.casefold(): state for state in State}
_KINDS = {kind.value: kind for kind in IdentityKind}
PLATFORM_NAMES = frozenset(
    [*_FLAGS, *_FLAG_OF_OPTIN, *_KINDS]
    + [prop.name for of in (VERSION_1, VERSION_2) for prop in of.standard_properties]
    + [name for of in (VERSION_1, VERSION_2) for name in of.ci_fields]
)
"""Of consents, standard properties, CI fields and identities, of both API versions."""
# What nobody names a property of their own, beside what is like a consent anyway.
_LIKE_A_CONSENT = re.compile(r"(?:mkt|night|info)_(?:.*_)?flag|df_.*|.*_optin")
_NAME_SHOWN = 40


class NameRefused(ConsoleError):
    """A name cannot be used here. `reason` is a sentence that says why and holds the name, inert."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("The name cannot be used"),
            _("{reason} Nothing was taken.").format(reason=reason),
            _("Correct the name, or leave it out."),
        )
        self.reason = reason


class FieldEdit(NamedTuple):
    """What one field is to become. Consents appear as the text of their `State`, by the flag's name; None is
    for a CI field that is to be deleted, which no input asks for."""

    kind: FieldKind
    name: str
    value: Value | None


_quick_edit: Callable[[tuple[FieldKind, str, Value | None]], FieldEdit] = partial(tuple.__new__, FieldEdit)
"""`FieldEdit` of these three, in half the time: one is made for each text of a million rows."""


def edit_text(edit: FieldEdit) -> str:
    """An edit as the text of an `EditSet` holds it."""
    kind, name, value = edit
    # An encoder made for each of a million texts takes longer than all else in a row.
    text = encode_basestring(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return '["' + kind + '",' + encode_basestring(name) + "," + text + "]"


class EditSet(NamedTuple):
    """What is wanted for one user: each field once, sorted by kind and name.

    `text` is the same as JSON; two sets are the same exactly when their texts are. Users who want the same
    usually share one set.
    """

    edits: tuple[FieldEdit, ...]
    text: str

    @classmethod
    def of(cls, edits: Sequence[FieldEdit]) -> "EditSet":
        """The set of these edits, of which no two may be for the same field."""
        ordered = tuple(sorted(edits))
        return quick_set((ordered, f"[{','.join(map(edit_text, ordered))}]"))

    @classmethod
    def read(cls, text: str) -> "EditSet":
        """The set that has this `text`."""
        edits = tuple(FieldEdit(FieldKind(kind), name, value) for kind, name, value in json.loads(text))
        return cls(edits, text)


quick_set: Callable[[tuple[tuple[FieldEdit, ...], str]], EditSet] = partial(tuple.__new__, EditSet)
"""`EditSet` of edits in their order and their text, in half the time."""


class FieldColumn(NamedTuple):
    """A field that values are given for. `type` is None where the field is not an ordinary property."""

    kind: FieldKind
    name: str
    optin: bool = False
    """Named as version 2 names its consents, so its values are true and false."""
    standard: StandardProperty | None = None
    type: ValueType | None = None

    def read(self, text: str) -> FieldEdit:
        """The edit that `text` means here. Raises ValueRefused."""
        if self.kind is FieldKind.CONSENT:
            return self._consent(parse_value(text, ValueType.BOOLEAN) if self.optin else text.strip())
        if self.kind is FieldKind.CI:
            return FieldEdit(self.kind, self.name, parse_ci(self.name, text)[0])
        if self.standard is not None:
            return _quick_edit((self.kind, self.name, parse_standard(self.standard, text)))
        return _quick_edit((self.kind, self.name, parse_value(text, self.type or ValueType.STRING)))

    def read_json(self, value: object, capabilities: Capabilities) -> FieldEdit:
        """The edit that a value from JSON means here; its type is the property's. Raises ValueRefused."""
        if value is None:
            _refuse_value(_("null cannot be written: nothing that was set can be unset."))
        if self.kind is FieldKind.CONSENT:
            return self._consent(value)
        checked = _json_value(value)
        if self.kind is FieldKind.CI:
            if not isinstance(checked, str):
                _refuse_value(_("This is not a string."))
            return self.read(checked)
        text = format_value(checked)
        if self.standard is not None:
            if not same_value(parse_standard(self.standard, text), checked):
                _refuse_value(_("This property has another type."))
        else:
            type = type_of(checked, capabilities)
            if type not in capabilities.value_types:
                _refuse_value(_("A property cannot have this type."))
            checked = parse_value(text, type)  # whole numbers among others become numbers with a fraction
        return FieldEdit(self.kind, self.name, checked)

    def _consent(self, value: object) -> FieldEdit:
        if self.optin:
            if not isinstance(value, bool):
                _refuse_value(_("This is neither true nor false."))
            state = State.SUBSCRIBED if value else State.UNSUBSCRIBED
        else:
            found = _WORDS.get(value.casefold()) if isinstance(value, str) else None
            if found is State.NEVER_SET:
                _refuse_value(_("A consent that was set cannot go back to never set."))
            if found is None:
                _refuse_value(_("This is neither Subscribed nor Unsubscribed."))
            state = found
        return FieldEdit(self.kind, self.name, state.value)


def _refuse_value(happened: str, next_step: str | None = None) -> NoReturn:
    raise ValueRefused(_("Not taken"), happened, next_step or _("Correct it."))


def _json_value(value: object) -> Value:
    """`value` as the platform stores it; anything else that JSON can say is refused."""
    if isinstance(value, float) and not math.isfinite(value):
        _refuse_value(_("This number is too large."))
    if isinstance(value, str | int | float) or type(value) is list:
        return cast("Value", value)
    _refuse_value(_("An object cannot be stored."))


def plain_name(name: str) -> str:
    """A name as known names are compared: however it is capitalised, wide or surrounded by blanks."""
    return unicodedata.normalize("NFKC", bare_id(name)).casefold()


def identity_kind(name: str) -> IdentityKind | None:
    """What users are named by in a column of this name, of either API version; None if it names no user."""
    return _KINDS.get(plain_name(name))


def is_known(name: str) -> bool:
    """Whether a consent, a standard property, a CI field or an identity of either API version is so named."""
    return plain_name(name) in PLATFORM_NAMES


def resolve(name: str, capabilities: Capabilities, *, typed: bool = True) -> FieldColumn:
    """The field that values under this name are for.

    Names that the platform gave may be capitalised in any way. Another name is a custom property's: of
    strings, or if `typed` of the type given after a colon (`points:number`). Raises NameRefused for what
    this API version does not have, for a user's identity, and for a name like a consent's that is none.
    """
    plain = plain_name(name)
    flag = _FLAGS.get(plain) or _FLAG_OF_OPTIN.get(plain)
    if flag is not None:
        optin = plain in _FLAG_OF_OPTIN
        if flag not in capabilities.flags or (optin and not capabilities.optins):
            _refuse_name(
                name, _deprecated() if flag in OPTINS and capabilities.optins else _no_such_consent()
            )
        return FieldColumn(FieldKind.CONSENT, flag.value, optin=optin)
    if plain in capabilities.ci_fields:
        return FieldColumn(FieldKind.CI, plain)
    for prop in capabilities.standard_properties:
        if plain == prop.name:
            return FieldColumn(FieldKind.PROPERTY, prop.name, standard=prop)
    if _KINDS.get(plain) in (*capabilities.write_by, IdentityKind.USER_ID):
        _refuse_name(name, _("This names the user itself and cannot be set from here."))
    bare, type = (
        _type_after_colon(bare_id(name), capabilities) if typed else (bare_id(name), ValueType.STRING)
    )
    return FieldColumn(FieldKind.PROPERTY, _custom(bare, capabilities), type=type)


def _no_such_consent() -> str:
    return _("This connection has no such consent.")


def _deprecated() -> str:
    return _(
        "The platform calls this consent deprecated. Where the service still has it, set "
        "legacy_push_optin = true for the connection in config.toml."
    )


def _type_after_colon(name: str, capabilities: Capabilities) -> tuple[str, ValueType]:
    bare, colon, end = name.rpartition(":")
    if not colon:
        return name, ValueType.STRING
    types = {type.value: type for type in capabilities.value_types}
    if end.strip() not in types:
        words = _("What follows the colon is no type; there are {types}.")
        _refuse_name(name, words.format(types=", ".join(types)))
    return bare.strip(), types[end.strip()]


def _custom(name: str, capabilities: Capabilities) -> str:
    try:
        checked = check_property_name(name, capabilities)
    except ValueRefused as refused:
        _refuse_name(name, refused.happened)
    if _LIKE_A_CONSENT.fullmatch(plain_name(name)):
        _refuse_name(name, _("This connection has no such consent or standard property."))
    return checked


def _refuse_name(name: str, why: str) -> NoReturn:
    raise NameRefused(_("{name}: {why}").format(name=sanitize(name, _NAME_SHOWN), why=why))


def parse_assignment(text: str, capabilities: Capabilities) -> FieldEdit:
    """The edit that `NAME=VALUE` means, as in `mkt_sms_flag=Unsubscribed` or `points:number=30`.

    A consent takes `Subscribed` and `Unsubscribed`, or `true` and `false` under version 2's own name,
    capitalised in any way, and no other words: what is meant by "on" for a withdrawal is anyone's guess.
    Raises NameRefused and ValueRefused.
    """
    name, equals, value = text.partition("=")
    if not equals:
        _refuse_value(
            _("A change needs a name, an equals sign and a value."),
            _("Write it as {example}.").format(example="mkt_sms_flag=Unsubscribed"),
        )
    column = resolve(name, capabilities)
    if not value.strip():
        _refuse_value(
            _("{name} is given no value.").format(name=column.name),
            _("Write one after the equals sign: nothing that was set can be unset."),
        )
    return column.read(value)
