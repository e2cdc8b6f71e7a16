"""What an operator types, as a value the platform stores, and back.

Rests on the tables of value types in DFINERY's user API documentation, both API versions. There is no
null among them: a property once set cannot be unset. No error here repeats what was typed.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, NoReturn, TypeVar, cast

from dfn_tui.api.types import Capabilities, IdentityKind, StandardProperty, Value, ValueType
from dfn_tui.consent.flags import OPTINS, Flag, State
from dfn_tui.consent.likeness import consent_meant, is_consent_word
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import NULL_WORDS, encodable
from dfn_tui.text.phone import BadNumber, e164, kakao_id

ARRAY_BYTES: Final = 8192
"""The most that the values of one array may take together, in bytes of UTF-8."""

NAME_LENGTH: Final = 128
"""The longest name of a property, in characters. The platform states none; a longer one is a slip."""

_LONG = range(-(2**63), 2**63)
_LONG_LENGTH = len(str(_LONG.start))
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z"
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
_EMAIL_LENGTH = 254
_PHONE_FIELDS = frozenset({"phone_number", IdentityKind.PHONE_NO.value})
_CONSENTS = frozenset(flag.value for flag in Flag) | frozenset(OPTINS.values())

_ABSENT = State.NEVER_SET.value.casefold()

_Element = TypeVar("_Element", str, int, float)


class ValueRefused(ConsoleError):
    """What was typed cannot be stored. Nothing was staged."""


def _refuse(happened: str, next_step: str) -> NoReturn:
    raise ValueRefused(_("Not staged"), happened, next_step)


def _string(text: str) -> str:
    if not encodable(text):
        _refuse(
            _("The text holds a character that cannot be sent (half of a surrogate pair)."),
            _("Copy it again from its source."),
        )
    if is_consent_word(text):
        _refuse(
            _("This says whether somebody agreed, and only a consent keeps that."),
            _("Set the consent itself, as mkt_sms_flag=Unsubscribed."),
        )
    bare = text.strip()
    if bare.casefold() == _ABSENT:
        _refuse(
            _("This is the platform's word for a field that was never set; it is no value."),
            _("Write a value: nothing that was set can be unset."),
        )
    if bare in NULL_WORDS:
        _refuse(
            _("This is a word for “no value”, as programs write it; it would be stored as text."),
            _("Write a value: nothing that was set can be unset."),
        )
    return text


def _double(text: str) -> float:
    if not _JSON_NUMBER.fullmatch(text):
        _refuse(_("This is not a number."), _("Write digits, as 12, -0.5 or 1.5e3."))
    number = float(text)
    if not math.isfinite(number):
        _refuse(_("This number is too large."), _("Write a smaller one."))
    mantissa = re.split("[eE]", text)[0]
    if number == 0 and mantissa.strip("-0."):
        _refuse(_("This number is so small that it would be stored as 0."), _("Write a larger one, or 0."))
    if _INTEGER.fullmatch(text) and int(number) != int(text):
        _refuse(
            _("A number with a fraction cannot keep all digits of this one."),
            _("Choose the type for whole numbers, or a string."),
        )
    return number


def _number(text: str) -> int | float:
    return _long(text) if _INTEGER.fullmatch(text) else _double(text)


def _long(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        _refuse(_("This is not a whole number."), _("Write digits only, as 12 or -3."))
    # By its length first: Python reads no integer of thousands of digits.
    if len(text) > _LONG_LENGTH or (number := int(text)) not in _LONG:
        _refuse(
            _("This number does not fit into 64 bits."),
            _("Write one from -9223372036854775808 to 9223372036854775807, or store it as a string."),
        )
    return number


def _boolean(text: str) -> bool:
    words = {"true": True, "false": False}
    if text.lower() not in words:
        _refuse(_("This is neither true nor false."), _("Write true or false."))
    return words[text.lower()]


def _date(text: str) -> str:
    if not (_DATE.fullmatch(text) and _reads(date.fromisoformat, text)):
        _refuse(_("This is not a day of the calendar."), _("Write it as 2024-06-30."))
    return text


def _datetime(text: str) -> str:
    if not (_DATETIME.fullmatch(text) and _reads(datetime.fromisoformat, text)):
        _refuse(
            _("This is not a moment in UTC."),
            _("Write it as 2024-06-24T06:42:25Z or 2024-06-24T06:42:25.394Z."),
        )
    return text


def _reads(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, ValueRefused):
        return False
    return True


class _Written(str):
    """A number inside a typed array, as it was written: the rules for single numbers read it."""

    __slots__ = ()


def no_constant(_name: str) -> NoReturn:
    """For `json`: NaN and infinity are no JSON. Raises ValueError."""
    raise ValueError


def _array(text: str, element: Callable[[str], _Element], of_strings: bool) -> list[_Element]:
    form = _('Write it as ["a","b"].') if of_strings else _("Write it as [1,2].")
    try:
        found = json.loads(text, parse_int=_Written, parse_float=_Written, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise ValueRefused(_("Not staged"), _("This is not an array."), form) from None
    if not isinstance(found, list):
        _refuse(_("This is not an array."), form)
    for place, item in enumerate(found, 1):
        if not isinstance(item, str) or isinstance(item, _Written) is of_strings:
            happened = (
                _("Element {place} of the array is not a string.")
                if of_strings
                else _("Element {place} of the array is not a number.")
            )
            _refuse(happened.format(place=place), form)
    values = [element(item) for item in found]
    size = sum(len(str(item).encode()) for item in values)
    if size > ARRAY_BYTES:
        _refuse(
            _("The values of this array take {size} bytes; at most {most} fit.").format(
                size=size, most=ARRAY_BYTES
            ),
            _("Leave some out."),
        )
    return values


_PARSERS: Mapping[ValueType, Callable[[str], Value]] = {
    ValueType.NUMBER: _number,
    ValueType.LONG: _long,
    ValueType.DOUBLE: _double,
    ValueType.BOOLEAN: _boolean,
    ValueType.DATE: _date,
    ValueType.DATETIME: _datetime,
    ValueType.STRINGS: lambda text: _array(text, _string, of_strings=True),
    ValueType.LONGS: lambda text: _array(text, _long, of_strings=False),
    ValueType.DOUBLES: lambda text: _array(text, _double, of_strings=False),
}


def parse_value(text: str, type: ValueType) -> Value:
    """The value that `text` means as that type. A string is taken as it stands, around others blanks may be.

    Arrays are typed as JSON. Raises ValueRefused.
    """
    if type is ValueType.STRING:
        return _string(text)
    return _PARSERS[type](text.strip())


def parse_standard(prop: StandardProperty, text: str) -> Value:
    """The value that `text` means for that property, which must be one of its choices where it has some.

    Raises ValueRefused.
    """
    value = parse_value(text, prop.type)
    if prop.choices and value not in prop.choices:
        _refuse(
            _("The platform does not take this value here."),
            _("Choose one of: {choices}.").format(choices=", ".join(prop.choices)),
        )
    return value


def format_value(value: Value) -> str:
    """The text that `parse_value` reads as `value`. Not inert: pass it through `sanitize` to show it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def type_of(value: Value, capabilities: Capabilities) -> ValueType:
    """The type `value` seems to have, among those of this API version; a guess for strings that are dates."""
    offered = capabilities.value_types
    if isinstance(value, list):
        return _type_of_array(cast("list[object]", value))
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, int):
        return ValueType.LONG if ValueType.LONG in offered else ValueType.NUMBER
    if isinstance(value, float):
        return ValueType.DOUBLE if ValueType.DOUBLE in offered else ValueType.NUMBER
    for guess in (ValueType.DATE, ValueType.DATETIME):
        if guess in offered and _reads(_PARSERS[guess], value):
            return guess
    return ValueType.STRING


def _type_of_array(items: list[object]) -> ValueType:
    if items and all(isinstance(item, int) for item in items):
        return ValueType.LONGS
    if items and all(isinstance(item, int | float) for item in items):
        return ValueType.DOUBLES
    return ValueType.STRINGS


def check_property_name(name: str, capabilities: Capabilities) -> str:
    """`name`, without blanks around it, as that of a custom property. Raises ValueRefused."""
    name = name.strip()
    if not name:
        _refuse(_("The property has no name."), _("Write its name."))
    _string(name)
    if sanitize(name) != name:
        _refuse(_("The name holds control or invisible characters."), _("Write it without them."))
    if len(name) > NAME_LENGTH:
        _refuse(
            _("The name is longer than {most} characters.").format(most=NAME_LENGTH),
            _("Write a shorter one."),
        )
    # A name that only looks like a consent's would make a property that nobody asks before sending.
    plain = unicodedata.normalize("NFKC", name).casefold()
    if plain == IdentityKind.USER_ID:
        _refuse(_("This names the user itself and cannot be edited."), _("Choose another name."))
    if plain in _CONSENTS:
        _refuse(_("This is a consent, not a property."), _("Stage it among the consents."))
    if plain in capabilities.ci_fields:
        _refuse(_("This is a CI field, not a property."), _("Stage it among the CI fields."))
    if plain in {prop.name for prop in capabilities.standard_properties}:
        _refuse(_("This is a standard property."), _("Edit it in its own row."))
    _refuse_like_a_consent(name, capabilities)
    return name


def _refuse_like_a_consent(name: str, capabilities: Capabilities) -> None:
    """A slip of the pen in a consent's name would make a property that nobody asks before sending."""
    meant = consent_meant(name)
    flag = next((flag for flag, optin in OPTINS.items() if optin == meant), meant)
    if meant and flag in capabilities.flags:
        _refuse(
            _("There is no such consent, but there is {known}.").format(known=meant),
            _("Did you mean {known}? A property cannot be called so.").format(known=meant),
        )
    if meant is not None:
        _refuse(
            _("This reads like a consent, which no property keeps."),
            _("Name the consent that is meant, as mkt_sms_flag."),
        )


def parse_ci(field: str, text: str) -> tuple[str, str]:
    """What would be stored in that CI field or identity, and a note where it is not what was typed.

    A phone number becomes country code and number, a Kakao id is ten digits, an e-mail address has to look
    like one. The note is inert and holds the value, "" where nothing was changed. Raises ValueRefused.
    """
    bare = text.strip()
    try:
        if field in _PHONE_FIELDS:
            value = e164(bare)
        elif field == "kakao_id":
            value = kakao_id(bare)
        else:
            _string(bare)
            value = _email(bare) if field == IdentityKind.EMAIL else _account(bare)
    except BadNumber as error:
        raise ValueRefused(_("Not staged"), str(error), _("Correct it.")) from None
    if value == text:
        return value, ""
    return value, _("Will be stored as {value}.").format(value=sanitize(value))


def _email(text: str) -> str:
    if len(text) > _EMAIL_LENGTH or sanitize(text) != text or not _EMAIL.fullmatch(text):
        _refuse(_("This is not an e-mail address."), _("Write it as name@example.com, without blanks."))
    return text


def _account(text: str) -> str:
    if not text:
        _refuse(_("Nothing was typed."), _("Write the id."))
    if sanitize(text) != text or not text.isprintable():
        _refuse(_("The id holds control or invisible characters."), _("Write it without them."))
    return text


def same_value(seen: Value | None, wanted: Value | None) -> bool:
    """Equal in value and in type, as JSON tells types apart (an integer and its float are one number)."""
    if isinstance(seen, bool) is not isinstance(wanted, bool):
        return False
    return seen == wanted


def type_change(name: str, seen: Value | None, wanted: Value | None) -> str:
    """What is odd afterwards where that property becomes of another type, which `5 → 5` hides; else ""."""
    if seen is None or wanted is None or _type_words(seen) == _type_words(wanted):
        return ""
    words = _("{name} is {then}, no longer {now}.")
    return words.format(name=sanitize(name, 40), now=_type_words(seen), then=_type_words(wanted))


def _type_words(value: Value) -> str:
    if isinstance(value, bool):
        return _("true or false")
    if isinstance(value, int | float):
        return _("a number")
    return _("a text") if isinstance(value, str) else _("a list")
