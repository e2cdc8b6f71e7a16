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
    r"(?:\(\s*)*(?:(?P<column>[\w.\"`\[\]]+)\s+)?(?P<not>NOT\s+)?IN\s*\(",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_GAP}(?:\(\s*(?={_STRING}\s*[,)\r\n]|[0-9]+\s*[,)])|(?={_STRING}\s*,))", re.IGNORECASE)
_ITEM = re.compile(
    r"\s*(?P<before>,)?\s*(?:N?'(?P<text>(?:[^'\r\n]|'')*)'|(?P<number>[0-9]+))\s*"
    r"(?:(?P<comma>,)|(?P<end>\))|$|(?=--|/\*))"
    r"|\s*(?P<only>\))",
    re.IGNORECASE,
)
# Lists of more than a thousand ids are written in several, of the same column.
_MORE = re.compile(r"\s*OR\s+(?:(?P<column>[\w.\"`\[\]]+)\s+)?IN\s*\(", re.IGNORECASE)
_REMARK = re.compile(rf"\s*(?:{_COMMENT})")
_WORD = re.compile(r"'([^']*)'")
_NUMBERED = re.compile(r"[0-9]+\s*\)\s*[^\s;),]")  # "(1) kim" is an item of a list of another kind
_ROWS = re.compile(rf"(?:[^'()]|{_STRING})*\)\s*,\s*\(")
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
        if bare is None or head or _NUMBERED.match(begin, bare.end()):
            return None
        if _ROWS.match(begin, bare.end()):
            refuse(_("These are rows of values in SQL, and no list of ids."), _("Write one id a line."))
        return SqlBegin(bare.end(), "")
    if found["not"]:
        refuse(_("NOT IN says whom it is not about."), _("Give the ids that are meant."))
    return SqlBegin(found.end(), _column(found))


def _column(found: re.Match[str]) -> str:
    """The column that an IN is of, without its table and its marks; "" where none is named."""
    column = (found["column"] or "").rpartition(".")[2].strip('"`[]')
    return "" if column.upper() in ("WHERE", "AND", "OR") else column


class SqlReader:
    """The ids of such a list, the same wanted for all. An id bears its line's number; of several in a line
    the later ones bear the next free ones. `column` is the one that the list is of, or ""."""

    def __init__(self, kind: IdentityKind, begin: SqlBegin, for_all: Sequence[FieldEdit]) -> None:
        self.blank = 0
        self._kind = kind
        self._begin = begin
        self._wanted = EditSet.of(for_all)
        self._closed = self._last = False

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        number, skip = 0, self._begin.offset
        for line, text in enumerate(lines, 1):
            if skip >= len(text):
                skip -= len(text)
                continue
            at, skip = skip, 0
            while rest := text[at:].strip():
                if passed := _REMARK.match(text, at) or self._next_list(text, at):
                    at = passed.end()
                    continue
                if self._closed and not rest.strip("); \t"):
                    break
                number = max(number + 1, line)
                item = self._item(text, at)
                if item is None:
                    yield Bad(number, RowFault.QUOTES, self._why(), "")
                    break
                at = item.end()
                if item["only"]:
                    number -= 1
                else:
                    yield self._row(number, item["number"] or item["text"].replace("''", "'"))

    def _item(self, text: str, at: int) -> re.Match[str] | None:
        """What stands there in the list, an id or its end; None where it is neither."""
        item = None if self._closed else _ITEM.match(text, at)
        # Without a comma between them, an id is the last: a table in such marks is no list.
        if item is None or (self._last and not (item["before"] or item["only"])):
            return None
        self._closed = bool(item["end"] or item["only"])
        self._last = item["comma"] is None
        return item

    def _next_list(self, text: str, at: int) -> re.Match[str] | None:
        """Where another list of the same column goes on, after an OR."""
        found = _MORE.match(text, at) if self._closed else None
        if found is None or _column(found).casefold() != self._begin.column.casefold():
            return None
        self._closed = self._last = False
        return found

    def _row(self, number: int, user: str) -> Row:
        try:
            plain = plain_user(self._kind)(user)
            return Good(number, user if plain else read_user(self._kind, user), self._wanted)
        except Problem as problem:
            return problem.bad(number, self._kind, user)

    def _why(self) -> str:
        if self._closed:
            return _("Something follows after the end of the list.")
        return _("This is no id in quotation marks with a comma after it.")
