"""Which values are personal, and how any value is shown: masked until the operator reveals it."""

import re

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Value
from dfn_tui.service.changes.values import format_value
from dfn_tui.text import mask, sanitize

_NAMES = frozenset(
    name
    for version in (VERSION_1, VERSION_2)
    for name in (
        *(prop.name for prop in version.standard_properties if prop.personal),
        *version.ci_fields,
        *version.linkable,
    )
)
_PEOPLE = frozenset({"user_name", "df_name"})
# Inside a name, as it is written in custom properties; "tel" only as a word of its own (not "hotel").
_NAME_PARTS = re.compile(
    r"phone|mobile|mail|kakao_?id|kakao_?user|line_?user|birth|address"
    r"|전화|휴대폰|핸드폰|연락처|메일|생년월일|생일|주소"
    r"|(?<![a-z])(?:tel|hp|cell)(?![a-z])",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"(?<![0-9])(?:\+?82[-. ]?\(?0?\)?|0)1[016789][-. ]?[0-9]{3,4}[-. ]?[0-9]{4}(?![0-9])")
_EMAIL = re.compile(r"[\w.+\-]@[\w\-]+\.\w")


def is_personal(name: str, value: Value | None) -> bool:
    """Whether a property or CI field tells of a person: by its name, or because its value holds an e-mail
    address or a Korean mobile number. True and false tell of nobody."""
    if name in _NAMES:
        return True
    if value is None or isinstance(value, bool):
        return False
    if _NAME_PARTS.search(name):
        return True
    text = format_value(value)
    return bool(_MOBILE.search(text) or _EMAIL.search(text))


def is_masked(name: str, value: Value | None) -> bool:
    """Whether a value is covered on the screen. People's names are personal, but the operator needs them to
    know whom a row is about."""
    return name not in _PEOPLE and is_personal(name, value)


def shown_value(name: str, value: Value, *, revealed: bool, limit: int | None = None) -> str:
    """`value` for display: inert, masked where it is personal and not `revealed`, cut to `limit`."""
    text = format_value(value)
    if not revealed and is_masked(name, value):
        text = mask(text)
    return sanitize(text, limit)
