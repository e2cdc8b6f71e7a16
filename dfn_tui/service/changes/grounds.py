"""What a change of a consent rests on: the person's word and its day, or a mistake of ours."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from dfn_tui.consent.duties import Ground, korean_day, read_said
from dfn_tui.consent.flags import State
from dfn_tui.errors import GateRefused
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.store import FieldKind, Ref
from dfn_tui.text import _


class Said(NamedTuple):
    """What changes of consents rest on, and the day on which the people said so; None and "" for as usual."""

    ground: Ground | None = None
    expressed_on: str = ""


AS_USUAL = Said()


def usual_ground(undo_of: Ref | None) -> Ground:
    """What a change of a consent rests on where nobody says otherwise: an undo takes back what was wrong."""
    return Ground.EXPRESSED if undo_of is None else Ground.CORRECTION


def ground_words(ground: str) -> str:
    """A ground, for the operator; empty where it is not known."""
    words = {Ground.EXPRESSED.value: _("the person's word"), Ground.CORRECTION.value: _("a correction")}
    return words.get(ground, "")


def require_day(text: str, now: datetime) -> None:
    """Raises `GateRefused` for what is no day on which somebody can have said something by the aware instant
    `now`. An empty text is today."""
    day, today = read_said(text.strip()) if text.strip() else korean_day(now), korean_day(now)
    if day is None:
        raise GateRefused(
            _("This is no day"),
            _("The day on which the person said so cannot be read. Nothing is sent."),
            _("Write it as {today}.").format(today=today),
        )
    if day > today:
        raise GateRefused(
            _("This day is in the future"),
            _("Nobody can have said so on {day}: in Korea it is {today}. Nothing is sent.").format(
                day=day, today=today
            ),
            _("Give the day on which the person said it."),
        )


class ConsentDates(NamedTuple):
    """The properties that bear the day on which a consent was given, by flag: written with each that is
    given."""

    names: Mapping[str, str]

    def values(self, given: Iterable[str], on: date) -> dict[str, str]:
        """What is to be written beside these flags, which are given."""
        return {self.names[flag]: on.isoformat() for flag in given if flag in self.names}

    def beside(self, wanted: EditSet, given_already: Collection[str], on: date) -> EditSet:
        """The same with these dates, but for consents that are given already."""
        given = [
            one.name
            for one in wanted.edits
            if (one.kind, one.value) == (FieldKind.CONSENT, State.SUBSCRIBED)
            and one.name not in given_already
        ]
        named = {one.name for one in wanted.edits if one.kind is FieldKind.PROPERTY}
        more = [
            FieldEdit(FieldKind.PROPERTY, name, day)
            for name, day in self.values(given, on).items()
            if name not in named
        ]
        return EditSet.of([*wanted.edits, *more]) if more else wanted
