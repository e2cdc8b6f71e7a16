"""What the two API versions have in common, as the rest of the console sees it.

A client says what it can do (`Capabilities`); the screens show what that allows. Light, because the first
screen needs it: what is sent and answered is in `calls`.
"""

from enum import StrEnum
from typing import NamedTuple

from dfn_tui.consent.flags import OPTINS, Flag

Value = str | int | float | bool | list[str] | list[int] | list[float]
"""A property's value as JSON has it; dates and date-times are strings, integers keep their digits."""


class IdentityKind(StrEnum):
    """What a user can be named by: `user_id` in version 1, the other five in version 2."""

    USER_ID = "user_id"
    EXTERNAL_ID = "external_id"
    PHONE_NO = "phone_no"
    EMAIL = "email"
    KAKAO_USER_ID = "kakao_user_id"
    LINE_USER_ID = "line_user_id"


class Identity(NamedTuple):
    """One user, named one way."""

    kind: IdentityKind
    value: str


class ValueType(StrEnum):
    """The types a property can be written with."""

    STRING = "string"
    NUMBER = "number"  # version 1: any JSON number
    LONG = "long"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    STRINGS = "strings"
    LONGS = "longs"
    DOUBLES = "doubles"


class StandardProperty(NamedTuple):
    """A property the platform knows from the start. `choices` empty: any value of the type."""

    name: str
    type: ValueType
    choices: tuple[str, ...] = ()
    personal: bool = False


class Capabilities(NamedTuple):
    """What an API version can do. Screens ask this, never which version it is."""

    api: str
    """`"v1"` or `"v2"`, for words on the screen and the journal only."""
    read_by: tuple[IdentityKind, ...]
    """Empty: single users cannot be read, and nothing that is written can be verified."""
    write_by: tuple[IdentityKind, ...]
    flags: tuple[Flag, ...]
    """The consents this API version has, in the matrix's order."""
    batch_size: int
    standard_properties: tuple[StandardProperty, ...]
    value_types: tuple[ValueType, ...]
    ci_fields: tuple[str, ...]
    """The CI fields that can be read, set and deleted; empty where there are none."""
    linkable: tuple[IdentityKind, ...]
    """Identities that can be linked to a user (version 2); empty where there are none."""
    unregistered_dropped: bool = False
    """Whether a property not registered, or so with another type, is not stored, and no answer says so."""
    kind_said: bool = False
    """Whether somebody said that ids are of the first kind of `write_by`, where nothing else is said."""

    @property
    def optins(self) -> bool:
        """Whether consents go by the names of version 2's Booleans."""
        return set(self.flags) <= OPTINS.keys()

    def named_by(self, kind: str) -> "Capabilities":
        """The same for a connection whose users are named by that kind unless another is given."""
        first = IdentityKind(kind)
        others = (other for other in self.write_by if other is not first)
        return self._replace(write_by=(first, *others), kind_said=True)
