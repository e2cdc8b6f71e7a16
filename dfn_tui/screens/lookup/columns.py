"""Where each thing stands in a row of the list, for a width and what the users are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from dfn_tui.consent.flags import Flag, Purpose
from dfn_tui.consent.messages import flag_label
from dfn_tui.service.records import UserRecord
from dfn_tui.text import _, sanitize

MARGIN = 4
"""The cursor, a blank, the mark, a blank."""
_GAP = 1
_MOST_SPARE = 2
"""Blanks between two flags, beside the one that there always is."""
_LEAST_ID, _LEAST_NAME, _MOST_NAME = 8, 9, 24
_FINDINGS = 4
_SENTENCE = 24
"""The least room in which a sentence of a finding is shown, and not only how many there are."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns from the left edge, and how wide they are. `rules` are the lines between groups."""

    width: int
    id_width: int
    name: int
    name_width: int
    flags: tuple[tuple[Flag, int], ...]
    rules: tuple[int, ...]
    findings: int

    @property
    def sentences(self) -> bool:
        """Whether there is room for a finding in words."""
        return self.width - self.findings >= _SENTENCE

    @property
    def head(self) -> bool:
        """Whether there is room for the word above the findings, and for how it is sorted."""
        return self.width - self.findings >= cell_len(_("finding")) + 2


class Longest(NamedTuple):
    """The columns that the longest id and the longest name of some users take."""

    id: int
    name: int


def longest(records: Iterable[UserRecord]) -> Longest:
    """Looks at all of them, which takes a while for thousands."""
    shown = [*records]
    ids = max((cell_len(sanitize(one.identity.value, 200)) for one in shown), default=_LEAST_ID)
    named = (_("unknown") if one.unknown_to_server else sanitize(one.name, 60) for one in shown)
    return Longest(ids, min(max(map(cell_len, named), default=_LEAST_NAME), _MOST_NAME))


def columns(width: int, flags: Sequence[Flag], most: Longest) -> Columns:
    """Ids whole where there is room for them, and names as wide as there is room; then room between flags."""
    ids, names = most
    taken = _of_flags(flags, 0)[2]
    room = width - MARGIN - _GAP * 2 - taken - _FINDINGS
    id_width = max(min(ids, room - min(names, _LEAST_NAME)), _LEAST_ID)
    name_width = max(min(names, room - id_width), 0)
    spare = (room - id_width - name_width) // (len(flags) + 1)
    offsets, rules, taken = _of_flags(flags, max(min(spare, _MOST_SPARE), 0))
    start = MARGIN + id_width + _GAP + name_width + _GAP
    return Columns(
        width=width,
        id_width=id_width,
        name=MARGIN + id_width + _GAP,
        name_width=name_width,
        flags=tuple((flag, start + at) for flag, at in offsets),
        rules=tuple(start + at for at in rules),
        findings=start + taken,
    )


def _of_flags(flags: Sequence[Flag], spare: int) -> tuple[list[tuple[Flag, int]], list[int], int]:
    """Where each flag's head begins, the rules after each purpose, and the width of all. The glyph stands
    below the second letter: the sign that something is staged goes before it."""
    offsets: list[tuple[Flag, int]] = []
    rules: list[int] = []
    at = 0
    for purpose in Purpose:
        group = [flag for flag in flags if flag.purpose is purpose]
        for flag in group:
            offsets.append((flag, at))
            at += max(cell_len(flag_label(flag)), 2) + 1 + spare
        if group:
            rules.append(at - 1)
            at += 1
    return offsets, rules, at
