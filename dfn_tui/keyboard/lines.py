"""Lines that arrived together where ids are typed: a list, or an id and the keys for what it opens?

A terminal without bracketed paste hands a pasted list over as if it had been typed, each line ended by Enter.
So does a line that was held up, with what an operator typed ahead. A paste has no other keys than text and
Enter in it; who types ahead to change something needs others sooner or later.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_ID = re.compile(r"[\w+][\w.@+:\- ,;]*")


class LinesTyped(NamedTuple):
    """A list that was typed, or pasted by a terminal that does not say so. `ended`: by Enter."""

    text: str
    ended: bool


def list_within(value: str, rest: Sequence[str]) -> LinesTyped | None:
    """The list that stands in a field with `value` when Enter comes and `rest` arrived together with it.

    `rest` has a character for each key, `"\\n"` for Enter, and `""` for a key that is no text. None where
    what follows Enter was not meant for the field.
    """
    if not value.strip() or not all(rest):
        return None
    *complete, tail = "".join(rest).split("\n")
    lines = [line for line in complete if line.strip()]
    # Ids without a digit are rare, commands with one too: "ur" after "1042" is no id.
    alike = [line for line in [*lines, tail] if _has_digit(line) or not _has_digit(value)]
    if len(lines) > 1:
        is_list = True
    elif lines:
        is_list = lines[0] in alike and _is_like_id(lines[0], value)
    else:
        is_list = bool(tail.strip()) and tail in alike and _kinds(tail) == _kinds(value)
    return LinesTyped("\n".join([value, *complete, tail]), not tail) if is_list else None


def _is_like_id(line: str, value: str) -> bool:
    """Whether a line by itself may be one more id, and not "/0002" to filter, or "u1" after a long id."""
    alike = _kinds(line) == _kinds(value) or len(line) * 2 >= len(value)
    return alike and _ID.fullmatch(line.strip()) is not None


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _kinds(text: str) -> frozenset[str]:
    """Which kinds of characters: digits, letters, and each of the others by itself."""
    return frozenset("9" if char.isdigit() else "a" if char.isalpha() else char for char in text.strip())
