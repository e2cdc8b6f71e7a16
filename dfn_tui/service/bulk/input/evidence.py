"""The evidence that a row bears: a person's word, when it was given and where it is kept."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

from dfn_tui.service.bulk.input.cells import Problem, remember
from dfn_tui.service.bulk.input.mapping import Role
from dfn_tui.service.bulk.input.records import PersonsWord, RowFault
from dfn_tui.text import _, mask_said, sanitize
from dfn_tui.text.ids import DASHES, NULL_WORDS, bare_id
from dfn_tui.text.korea import KOREA, korean_date, utc_now

WORD_ROLES = (Role.EVIDENCE, Role.EXPRESSED_ON, Role.EXPRESSED_SOURCE)
"""The columns that a person's word is in."""

_LONGEST = 1000  # characters of an evidence or a source
_DATE = (
    r"(?P<year>[0-9]{4})(?P<s>-|/|\. ?|년 ?)(?P<month>[0-9]{1,2})(?:(?P=s)|월 ?)(?P<day>[0-9]{1,2})(?:일|\.)?"
)
_CLOCK = (
    r"(?P<half>오전|오후|[AaPp][Mm])? ?(?P<hour>[0-9]{1,2})(?::|시 ?)(?P<minute>[0-9]{2})?분?"
    r"(?:(?::| )(?P<second>[0-9]{2})초?)?(?:\.[0-9]+)? ?(?P<after>[AaPp][Mm])?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|KST|[+-][0-9]{2}:?[0-9]{2}))?"
_MOMENT = re.compile(rf"{_DATE}(?:(?:T| +){_CLOCK}{_ZONE})?")
_SHORT_DATE = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}(?: .*)?")
_DIGITS = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2}))?")
_SOON = timedelta(minutes=5)
"""How much faster than this host's a clock may be."""


def read_moment(text: str) -> str:
    """A day or a moment as it is kept, of a date as people and programs write it; without an offset it is
    Korean time. Raises Problem where that is no date, one that can be read two ways, or in the future."""
    if digits := _DIGITS.fullmatch(text):
        text = "-".join(digits.groups()[:3]) + (" " + ":".join(digits.groups()[3:]) if digits[4] else "")
    found = _MOMENT.fullmatch(text)
    if found is None:
        if _SHORT_DATE.fullmatch(text):
            raise _wrong(_("This date can be read in more than one way. Write it as 2026-11-26."))
        raise _wrong(_("This is no date. Write it as 2026-11-26 or 2026-11-26 13:05."))
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        moment = None if found["hour"] is None else _moment(day, found)
    except ValueError:
        raise _wrong(_("There is no such day or time.")) from None
    now = utc_now()
    later = day.isoformat() > korean_date(now) if moment is None else moment > now + _SOON
    if later:
        raise _wrong(_("This date is in the future."))
    return day.isoformat() if moment is None else moment.isoformat(timespec="seconds")


def _moment(day: date, found: re.Match[str]) -> datetime:
    hour = int(found["hour"])
    half = (found["half"] or found["after"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half in ("오후", "pm") else 0)
    minute, second = int(found["minute"] or 0), int(found["second"] or 0)
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=_zone(found["zone"]))


def _zone(text: str | None) -> timezone:
    if text in (None, "KST"):
        return KOREA
    if text in ("Z", "UTC"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _wrong(reason: str) -> Problem:
    return Problem(RowFault.VALUE, f"expressed_on: {reason}")


class WordReader:
    """Rows' evidence, by the places of its three columns; a place is None where there is no such column."""

    def __init__(self, places: Sequence[int | None]) -> None:
        self._places = tuple(places)
        self._known: dict[tuple[str, ...], PersonsWord | Problem | None] = {}

    def of(self, cells: Sequence[str]) -> PersonsWord | Problem | None:
        """What a row says; None where it says nothing of this."""
        key = tuple("" if place is None else cells[place] for place in self._places)
        if key in self._known:
            return self._known[key]
        found = _read(*map(_bare, key))
        remember(self._known, key, found, sum(map(len, key)))
        return found


def _bare(cell: str) -> str:
    bare = bare_id(cell)
    return "" if bare in NULL_WORDS or bare in DASHES else bare


def _read(evidence: str, expressed_on: str, source: str) -> PersonsWord | Problem | None:
    for name, text in (("evidence", evidence), ("expressed_source", source)):
        if len(text) > _LONGEST or sanitize(text) != text:
            words = _("{name}: The text is too long, or holds control or invisible characters.")
            return Problem(RowFault.VALUE, words.format(name=name))
    try:
        on = read_moment(expressed_on) if expressed_on else ""
    except Problem as problem:
        return problem
    word = PersonsWord(mask_said(evidence), on, mask_said(source))
    return word if any(word) else None
