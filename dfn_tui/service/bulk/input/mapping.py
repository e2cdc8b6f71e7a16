"""What each column of a list is: known by the platform's own name, said by whoever gave it, or asked.

Nothing is taken for what it only looks like. Known heads of real lists are suggestions (`heads`), and what
nobody named is not used.
"""

import shlex
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, NoReturn

from dfn_tui.api.types import IdentityKind
from dfn_tui.consent.flags import OPTINS, Flag, State
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.question import ListRefused
from dfn_tui.service.changes.fields import FieldColumn, FieldEdit, plain_name
from dfn_tui.service.changes.values import ValueRefused
from dfn_tui.store import FieldKind
from dfn_tui.text import _, mask_within, sanitize

OPEN_PLACE: Final = "…"
"""Stands in a suggested command line where nobody can tell; it is never taken for a name or a word."""


class Role(StrEnum):
    """What a column is for. IDENTITY names users of whom each row says the kind: in a column that is a KIND,
    or in the cell, as `phone_no:821012345678`."""

    USER = "user"
    IDENTITY = "identity"
    KIND = "kind"
    FIELD = "field"
    EVIDENCE = "evidence"
    EXPRESSED_ON = "expressed_on"
    EXPRESSED_SOURCE = "expressed_source"
    GROUND = "ground"
    CHANNEL = "channel"
    STATUS = "status"
    UNUSED = "unused"
    OPEN = "open"


WORD_ROLES = (Role.EVIDENCE, Role.EXPRESSED_ON, Role.EXPRESSED_SOURCE, Role.GROUND)
"""The columns that a person's word is in, in the order of a `PersonsWord`."""


class InputRefused(ListRefused):
    """What was given as a whole is not users and changes. Nothing was taken from it."""


class MappingOptions(NamedTuple):
    """What was said of the columns. HEAD is what stands at a column's head, or `#3` for the third.

    `maps` are (HEAD, NAME), `values` (word, what it means), `new_properties` names of properties that no user
    has yet. `no_head`: the first line of a list of ids is an id as well. `users_only`: the list is for
    reading its users, so nothing is wanted of them, and where a column names them, no other is used.
    """

    maps: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    new_properties: tuple[str, ...] = ()
    ignore_others: bool = False
    no_head: bool = False
    users_only: bool = False


_NEVER_SET = State.NEVER_SET.value.casefold()
NOTHING_SAID: Final = MappingOptions()


class MappedColumn(NamedTuple):
    """A column, and what it is.

    `name` is what `--map` would call it; `suggestion` what an open column probably is, `heads.NOT_USED`, or
    "" where nobody can tell. `said`: by whoever gave the list, not by its head.
    """

    place: int
    head: str
    role: Role
    name: str = ""
    suggestion: str = ""
    said: bool = False
    field: FieldColumn | None = None
    first: tuple[str, ...] = ()
    """Its first values, inert, and masked where they are personal."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the columns are, and what the words in them mean: None that nothing is asked for."""

    columns: tuple[MappedColumn, ...] = ()
    words: tuple[tuple[str, State | None], ...] = ()
    channels: tuple[tuple[str, str], ...] = ()
    """What a channel's name stands for, as the name of a flag."""
    kinds: tuple[tuple[str, IdentityKind], ...] = ()
    """What a word in a column of kinds stands for."""
    unread_words: tuple[tuple[str, str], ...] = ()
    """Words of consent columns of which nobody said what they mean, and what that probably is."""
    users_only: bool = False
    """Whether nothing but users is read, as was asked."""

    def of(self, role: Role) -> tuple[MappedColumn, ...]:
        """The columns that are for this."""
        return tuple(column for column in self.columns if column.role is role)

    @property
    def users(self) -> tuple[MappedColumn, ...]:
        """The columns that name users."""
        return (*self.of(Role.USER), *self.of(Role.IDENTITY))

    @property
    def several(self) -> bool:
        """Whether rows name users in several ways."""
        return len(self.users) > 1 or bool(self.of(Role.IDENTITY))

    def words_of(self, column: MappedColumn) -> Dictionary[str, State | None]:
        """What the words in a consent's column mean. Where "yes" refuses in some column that was mapped, they
        say nothing of those that bear a platform's name."""
        refusing = any(one.said and one.field and heads.refuses(one.head) for one in self.columns)
        return {} if refusing and not column.said else dict(self.words)

    def name_of(self, column: MappedColumn) -> str:
        """What an option calls the column: its head, or `#3` where that is not plain or not the only one."""
        head, names = column.head, [plain_name(one.head) for one in self.columns]
        plain = head and sanitize(mask_within(head)) == head and names.count(plain_name(head)) == 1
        return head if plain else f"#{column.place + 1}"

    def place(self, role: Role) -> int | None:
        """Where the first column for this is; None where there is none."""
        return next((column.place for column in self.columns if column.role is role), None)


class MappingNeeded(InputRefused):
    """Of some columns nobody said what they are. `mapping` has them as open, with suggestions; `options` are
    those that would say it, with `OPEN_PLACE` where it cannot be guessed."""

    def __init__(self, mapping: Mapping, why: str, more: Sequence[str] = ()) -> None:
        self.mapping = mapping
        self.options = (*_options(mapping), *more)
        super().__init__(
            _("What are these columns?"),
            "\n".join([f"{why} {_('Nothing was read or sent.')}", *mapping_lines(mapping)]),
            f"{_('Say it')}: {shlex.join(self.options)}",
        )


def mapping_lines(mapping: Mapping) -> list[str]:
    """A line for each column: its head, what it is taken for, and its first values."""
    rows = [(_shown_head(column), _meaning(column), ", ".join(column.first)) for column in mapping.columns]
    return ["  " + "  |  ".join(filter(None, row)) for row in rows]


def _shown_head(column: MappedColumn) -> str:
    return sanitize(mask_within(column.head), 40) or f"#{column.place + 1}"


def _meaning(column: MappedColumn) -> str:
    if column.role is Role.UNUSED:
        return _("not used")
    if column.role is not Role.OPEN:
        return column.name
    if column.suggestion == heads.NOT_USED:
        return _("not used?")
    return f"{column.suggestion.strip(OPEN_PLACE)}?"


def refuse(happened: str, next_step: str) -> NoReturn:
    """Raises InputRefused."""
    raise InputRefused(_("The input was not taken"), happened, next_step)


def is_consent(name: str) -> bool:
    """Whether a name is a consent's, of either API version."""
    plain = plain_name(name)
    return plain in tuple(Flag) or plain in OPTINS.values()


def has_words(column: MappedColumn) -> bool:
    """Whether the words in a column are for somebody to explain: those in a consent's own column are the
    platform's."""
    if column.role is Role.OPEN:
        return column.suggestion in ("", Role.STATUS) or is_consent(column.suggestion)
    return column.role is Role.STATUS or (column.said and _is_of(column, FieldKind.CONSENT))


def _is_of(column: MappedColumn, kind: FieldKind) -> bool:
    return column.field is not None and column.field.kind is kind


def suggested(mapping: Mapping) -> MappingOptions:
    """What would say what is open, with `OPEN_PLACE` where nobody can tell. Words that are not shown whole
    are not among it."""
    open_columns = [(mapping.name_of(column), column.suggestion) for column in mapping.of(Role.OPEN)]
    masked = ((word, sanitize(mask_within(word)), meant) for word, meant in mapping.unread_words)
    return MappingOptions(
        maps=tuple((head, name or OPEN_PLACE) for head, name in open_columns if name != heads.NOT_USED),
        ignored=tuple(head for head, name in open_columns if name == heads.NOT_USED),
        values=tuple((word, meant) for word, shown, meant in masked if shown == word and "," not in word),
    )


def _options(mapping: Mapping) -> list[str]:
    """The options that would say what is open, in the order of the columns."""
    answers = suggested(mapping)
    maps = dict(answers.maps)
    options: list[str] = []
    for head in map(mapping.name_of, mapping.of(Role.OPEN)):
        options += ["--map", f"{head}={maps[head]}"] if head in maps else ["--ignore", head]
    if answers.values:
        options += ["--values", ",".join(map("=".join, answers.values))]
    return options


def meaning_of(column: MappedColumn, text: str, words: Dictionary[str, State | None]) -> FieldEdit | None:
    """What a word in a consent's column asks for; None for nothing. Raises ValueRefused.

    In a column that bears a platform's name the platform's words hold. In any other they are taken only where
    they cannot be anything else (Subscribed, Unsubscribed); true and false, too, are for `--values`.
    """
    field = column.field
    assert field is not None
    plain = plain_name(text)
    if plain in words and (column.said or not (field.optin and plain in ("true", "false"))):
        state = words[plain]
        return None if state is None else FieldEdit(FieldKind.CONSENT, field.name, state.value)
    try:
        return field._replace(optin=field.optin and not column.said).read(text)
    except ValueRefused:
        if column.said and plain != _NEVER_SET:
            raise ValueRefused(
                _("Not taken"), _("Nobody said what this word means (--values)."), _("Say it.")
            ) from None
        raise
