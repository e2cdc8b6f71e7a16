"""The words for the types of values, and for CI fields."""

from dfn_tui.service.types import ValueType
from dfn_tui.text import _


def type_name(type: ValueType) -> str:
    """A type as the platform's own console calls it."""
    return {
        ValueType.STRING: _("string"),
        ValueType.NUMBER: _("number"),
        ValueType.LONG: _("whole number"),
        ValueType.DOUBLE: _("number with a fraction"),
        ValueType.BOOLEAN: _("true or false"),
        ValueType.DATE: _("date"),
        ValueType.DATETIME: _("date and time"),
        ValueType.STRINGS: _("array of strings"),
        ValueType.LONGS: _("array of whole numbers"),
        ValueType.DOUBLES: _("array of numbers"),
    }[type]


def type_hint(type: ValueType) -> str:
    """How a value of that type is written."""
    return {
        ValueType.STRING: _("Any text, taken as it stands."),
        ValueType.NUMBER: _("Digits, as 12, -0.5 or 1.5e3."),
        ValueType.LONG: _("Digits only, as 12 or -3."),
        ValueType.DOUBLE: _("Digits, as 12, -0.5 or 1.5e3."),
        ValueType.BOOLEAN: _("true or false"),
        ValueType.DATE: _("Year, month and day, as 2024-06-30."),
        ValueType.DATETIME: _("UTC, as 2024-06-24T06:42:25Z or 2024-06-24T06:42:25.394Z."),
        ValueType.STRINGS: _('As ["a","b"], 8 KB at most.'),
        ValueType.LONGS: _("As [1,2], 8 KB at most."),
        ValueType.DOUBLES: _("As [1,2.5], 8 KB at most."),
    }[type]


def ci_meaning(field: str) -> str:
    """What follows for the person when that CI field or identity is deleted."""
    if field in ("phone_number", "phone_no"):
        return _("Messages to this phone number no longer reach this person.")
    if field in ("kakao_id", "kakao_user_id"):
        return _("Kakao messages no longer reach this person.")
    if field == "email":
        return _("E-mail no longer reaches this person.")
    return _("Messages by this identifier no longer reach this person.")
