"""Ids as they are copied out of an SQL statement: `('a','b')`, with or without `IN`, over any lines."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dfn_tui.api.types import IdentityKind
from dfn_tui.service.bulk.input.cells import Problem, plain_user, read_user
from dfn_tui.service.bulk.input.mapping import refuse
from dfn_tui.service.bulk.input.records import Bad, Good, Row, RowFault
from dfn_tui.service.changes.fields import EditSet, FieldEdit, is_known
from dfn_tui.text import _

_STRING = r"N?'(?:[^'\r\n]|'')*'"
_COMMENT = r"--[^\r\n]*|/\*(?s:.*?)\*/"
_GAP = rf"(?:\s|{_COMMENT})*"
_IN = re.compile(
    rf"{_GAP}(?:(?:SELECT|DELETE|UPDATE|WHERE|AND)\b[^'();]*?)?"
    r"(?:(?P<column>[\w.\"`\[\]]+)\s+)?(?P<not>NOT\s+)?IN\s*\(",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_GAP}(?:\(\s*(?={_STRING}\s*[,)\r\n]|[0-9]+\s*[,)])|(?={_STRING}\s*,))", re.IGNORECASE)
_ITEM = re.compile(
    r"\s*(?:N?'(?P<text>(?:[^'\r\n]|'')*)'|(?P<number>[0-9]+))\s*(?:(?P<comma>,)|\)|$|(?=--|/\*))"
    r"|\s*(?P<only>\))",
    re.IGNORECASE,
)
_REMARK = re.compile(rf"\s*(?:{_COMMENT})")
_WORD = re.compile(r"'([^']*)'")
_LONGEST_BEGIN = 4096  # characters before the first id


class SqlBegin(NamedTuple):
    """Where the first id stands, in characters, and the column that they are of, or ""."""

    offset: int
    column: str


def sql_list_begin(text: str) -> SqlBegin | None:
    """How such a list begins in the first lines of an input; None where they are none. Raises InputRefused
    for one of ids that are *not* meant."""
    begin = text[:_LONGEST_BEGIN]
    found = _IN.match(begin)
    if found is None:
        bare = _BARE.match(begin)
        head = any(is_known(word) for word in _WORD.findall(begin.strip().partition("\n")[0]))
        return SqlBegin(bare.end(), "") if bare and not head else None
    if found["not"]:
        refuse(_("NOT IN says whom it is not about."), _("Give the ids that are meant."))
    column = (found["column"] or "").rpartition(".")[2].strip('"`[]')
    return SqlBegin(found.end(), "" if column.upper() == "WHERE" else column)


class SqlReader:
    """The ids of such a list, the same wanted for all. An id bears its line's number; of several in a line
    the later ones bear the next free ones."""

    def __init__(self, kind: IdentityKind, offset: int, for_all: Sequence[FieldEdit]) -> None:
        self.blank = 0
        self._kind = kind
        self._offset = offset
        self._wanted = EditSet.of(for_all)

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        number, skip, ended = 0, self._offset, False
        plain = plain_user(self._kind)
        for line, text in enumerate(lines, 1):
            if skip >= len(text):
                skip -= len(text)
                continue
            at, skip = skip, 0
            while rest := text[at:].strip():
                if remark := _REMARK.match(text, at):
                    at = remark.end()
                    continue
                if ended and rest in (")", ";", ");"):
                    break
                number = max(number + 1, line)
                item = None if ended else _ITEM.match(text, at)
                if item is None:
                    yield Bad(number, RowFault.QUOTES, self._why(ended=ended), "")
                    break
                # Without a comma after it, an id is the last: a table in such marks is no list.
                ended, at = item["comma"] is None, item.end()
                if item["only"]:
                    number -= 1
                    continue
                user = item["number"] or item["text"].replace("''", "'")
                try:
                    yield Good(number, user if plain(user) else read_user(self._kind, user), self._wanted)
                except Problem as problem:
                    yield problem.bad(number, self._kind, user)

    def _why(self, *, ended: bool) -> str:
        if ended:
            return _("Something follows after the end of the list.")
        return _("This is no id in quotation marks with a comma after it.")
