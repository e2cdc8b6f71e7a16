"""A receipt in the words for the person whose consents these are: it goes out of the house.

It names no operator, host or connection, nor what was noted for ourselves: that is free text, which may name
anybody. What the law has the person told stands in it: the sender, what was said and when, and the outcome.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dfn_tui.consent.duties import (
    Duty,
    Ground,
    confirm_before,
    has_duties,
    is_over,
    read_said,
)
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import flag_name, state_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.duties import ground_of, said_on
from dfn_tui.service.history import state_of
from dfn_tui.store import DutyNote, Entry, FieldChange
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import spoken_day, spoken_time


def head_for_person(flag: Flag, state: State | None) -> str:
    """The consent, and what it is."""
    name = flag_name(flag)
    return _("{flag}: {state}").format(flag=name[:1].upper() + name[1:], state=state_name(state))


def facts_for_person(
    entry: Entry, change: FieldChange, state: State | None, now: datetime, notes: Sequence[DutyNote]
) -> Iterator[str]:
    """What this consent, which reads as `state`, rests on: the last `change` of it, by that entry."""
    at, ending = spoken_time(entry.at), entry.outcome_of(change)
    after = state_name(state_of(change.after))
    if state is not None and change.after != state.value:
        words = _("It was changed elsewhere after {time} KST, when we had set it to {after} (entry {seq}).")
        yield words.format(time=at, after=after, seq=entry.seq)
        return
    if state is None:
        words = _("We last set it to {after}. What it is now cannot be read here.")
        if ending is Outcome.UNKNOWN:
            words = _("We last set it to {after}, and do not know yet whether that was done.")
        yield words.format(after=after)
    yield _("since {time} KST, entry {seq}").format(time=at, seq=entry.seq)
    if ending is Outcome.ACCEPTED:
        yield _("accepted, and not read back yet")
    if ground_of(entry) is Ground.CORRECTION:
        yield _("We corrected a mistake of our own: you had said nothing.")
        return
    yield from _said(entry)
    if has_duties(Flag(change.name)):
        yield from _duties(entry, change, now, notes, known=ending is not Outcome.UNKNOWN)


def _said(entry: Entry) -> Iterator[str]:
    said = said_on(entry)
    words = _("You said so on {day}.")
    if said.assumed:
        words = _("The day on which you said so is not kept: it counts from {day}.")
    yield words.format(day=spoken_day(said.day))


def _duties(
    entry: Entry, change: FieldChange, now: datetime, notes: Sequence[DutyNote], *, known: bool
) -> Iterator[str]:
    """That the outcome is told, and when it is to be confirmed."""
    told = [note for note in notes if note.duty == Duty.TELL]
    if told:
        yield _("We told you so on {day}.").format(day=sanitize(told[-1].on, 20))
    elif known:
        yield _("With this page we tell you that it was done.")
    if change.after != State.SUBSCRIBED.value:
        return
    confirmed = [read_said(note.on) for note in notes if note.duty == Duty.CONFIRM]
    before = confirm_before(said_on(entry).day, filter(None, confirmed))
    words = _("We will ask you before {day} whether it still holds.")
    if is_over(before - timedelta(days=1), now):
        words = _("We should have asked you before {day} whether it still holds.")
    yield words.format(day=spoken_day(before))
    yield _("You can withdraw it at any time.")
