"""Tables as clients of databases draw them and chats and wikis write them, made lines of CSV:

+---------+--------------+
| user_id | mkt_sms_flag |        user_id | mkt_sms_flag
+---------+--------------+       ---------+--------------
| C-7     | Unsubscribed |        C-7     | Unsubscribed
+---------+--------------+       (1 row)
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from dfn_tui.text.ids import bare_id

_CORNERS: Final = "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬╞╡╪╟╢╫"
_FRAME: Final = str.maketrans("─━═" + _CORNERS, "---" + "+" * len(_CORNERS))
_BARS: Final = str.maketrans("│┃║", "|||")
_OPEN_RULE: Final = re.compile(r":?-{3,}:?(?: ?[+|] ?:?-{3,}:?)*")
_ROW: Final = re.compile(r"\|(.*)\|")
_PADDED: Final = re.compile(r"\|\s.*\s\|")
_JOINT: Final = re.compile("[+|]")
_PROMPT: Final = re.compile(
    r"(?:mysql|MariaDB \[[^\]]*\]|sqlite)>(?: .*)?|-> .*|\w+[=-][#>](?: .*)?|Bye", re.IGNORECASE
)
_CLOSING: Final = re.compile(r"[0-9,]+ rows? in set\b.*|\([0-9]+ rows?\)|\([0-9]+개 행\)", re.IGNORECASE)
_TO_QUOTE: Final = re.compile(r'[",;\t|]')
_BEGIN: Final = 2  # lines that say whether it is a table


def is_boxed(lines: Sequence[str]) -> bool:
    """Whether an input that begins with these lines is such a table, with its head or from amid the rows."""
    plain = map(_plain, lines)
    begin = [line for line in plain if line and not _PROMPT.fullmatch(line)][:_BEGIN]
    if len(begin) == _BEGIN and begin[0][0] not in "+|" and _is_rule(begin[1]):
        bars = begin[0].count("|")
        return bars == len(_JOINT.findall(begin[1].translate(_FRAME))) and (
            bars > 0 or not _TO_QUOTE.search(begin[0])
        )
    framed = any(map(_is_rule, begin)) and all(_is_rule(one) or _ROW.fullmatch(one) for one in begin)
    return framed or (bool(begin) and _PADDED.fullmatch(begin[0]) is not None)


def unboxed(lines: Iterable[str]) -> Iterator[str]:
    """The same lines as CSV, each in its place; those of the frame are blank.

    A line that is no row of the table has more cells than any row, so that nobody is taken from it: a value
    of several lines is drawn over several, and one with a bar in it cannot be told from two.
    """
    columns, closed, framed = 0, False, False
    for line, following in pairwise(chain(lines, ("",))):
        text = _plain(line)
        closing = _CLOSING.fullmatch(text)
        aside = closing or ((closed or not columns) and _PROMPT.fullmatch(text))
        if aside or not text or _is_rule(text):
            closed = closed or closing is not None
            yield "\n"
            continue
        row = _ROW.fullmatch(text)
        framed = framed or (not columns and row is not None)
        most = 0 if columns == 1 and not framed else -1  # in one column alone a bar is a letter of an id
        cells = [cell.strip() for cell in (row[1] if row else text).split("|", most)]
        columns = columns or len(cells)
        fits = len(cells) == columns and framed is (row is not None)
        if closed or not fits or _goes_on(cells, following, framed=framed):
            cells = [text, *["|"] * columns]
        yield _csv(cells)


def _goes_on(cells: Sequence[str], following: str, *, framed: bool) -> bool:
    """Whether a value goes on in the line below, where psql says so by a + and leaves other cells blank."""
    blank, bar, _rest = _plain(following)[framed:].partition("|")
    return any(cell.endswith("+") for cell in cells) and bool(bar) and not blank.strip()


def _plain(line: str) -> str:
    return bare_id(line).translate(_BARS)


def _is_rule(text: str) -> bool:
    plain = text.translate(_FRAME)
    if plain.strip("-=+|: ") or "-" not in plain:
        return False
    return (plain[0] in "+|" and plain[-1] in "+|") or _OPEN_RULE.fullmatch(plain) is not None


def _csv(cells: Sequence[str]) -> str:
    quoted = ('"' + cell.replace('"', '""') + '"' if _TO_QUOTE.search(cell) else cell for cell in cells)
    return ",".join(quoted) + "\n"
