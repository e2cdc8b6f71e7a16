"""What reading an input gives: for every row a user and what is wanted, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

from dfn_tui.api.types import IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.fields import EditSet
from dfn_tui.service.personal import is_personal
from dfn_tui.text import _, mask, sanitize

_SHOWN: Final = 40  # characters of an id in a report


class RowFault(StrEnum):
    """Why a row is not taken. DUPLICATE is no error: the same was already wanted for the same user."""

    NO_ID = "no-id"
    BAD_ID = "bad-id"
    NAME = "unknown-name"
    VALUE = "impossible-value"
    NOTHING = "nothing-to-change"
    CELLS = "wrong-cells"
    QUOTES = "broken-quotes"
    JSON = "not-json"
    CONFLICT = "conflicting-wishes"
    DUPLICATE = "duplicate"


class PersonsWord(NamedTuple):
    """How a person's word is proven: where it is kept, when it was given and by what way. "" where unsaid.

    `expressed_on` is a day (`2026-11-26`) or a moment with its offset (`2026-11-26T13:05:00+09:00`). `ground`
    is the word of a `Ground`.
    """

    evidence: str = ""
    expressed_on: str = ""
    expressed_source: str = ""
    ground: str = ""


class Good(NamedTuple):
    """A row that can be done: its line, the user's id (by the input's kind) and what is wanted.

    The user's id is in the platform's form, which for phone numbers may not be what the file has. `word` is
    None where the row has no evidence of its own; rows of the same word share it. `kind` is what the user is
    named by where the input's rows name users in several ways.
    """

    line: int
    user: str
    wanted: EditSet
    word: PersonsWord | None = None
    kind: IdentityKind | None = None


quick_good: Callable[[tuple[int, str, EditSet, PersonsWord | None, IdentityKind | None]], Good] = partial(
    tuple.__new__, Good
)
"""`Good` of these five, in half the time: one is made for every row of a million."""


class Bad(NamedTuple):
    """A row that cannot: its (first) line, why, and the user's id to find it by.

    `reason` is a translated sentence without any value of the row. `shown` is the id, inert and covered where
    it is personal, "" where there is none.
    """

    line: int
    fault: RowFault
    reason: str
    shown: str


Row = Good | Bad


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records of an input: each is in exactly one of these."""

    good: int = 0
    bad: int = 0
    blank: int = 0


class StoppedAtBadRow(ConsoleError):
    """The first bad row, where it was asked to stop at it."""

    def __init__(self, bad: Bad) -> None:
        super().__init__(
            _("Stopped at a bad row"),
            _("Line {line}: {reason} Nothing was sent.").format(line=bad.line, reason=bad.reason),
            _("Correct it, or go on without the bad rows."),
        )
        self.bad = bad


def shown_user(kind: IdentityKind, user: str) -> str:
    """A user's id for a report: inert, cut, and covered where it tells who it is."""
    return sanitize(mask(user) if is_personal(kind, user) else user, _SHOWN)
