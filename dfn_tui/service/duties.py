"""Which duties of the law are open, by what the journal of this host holds; and that they were done.

Only what was written from here is known: no API tells when a person said something.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dfn_tui import __version__
from dfn_tui.consent.duties import (
    Duty,
    Ground,
    confirm_before,
    days_left,
    has_duties,
    korean_day,
    read_said,
    tell_until,
)
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.grounds import usual_ground
from dfn_tui.store import AllJournals, DutyNote, Entry, FieldKind, Filter, Operator, Ref
from dfn_tui.store.together import order_of
from dfn_tui.text import _, mask_said, sanitize

CONFIRM_WITHIN = timedelta(days=60)
"""So long before a consent is to be confirmed it is listed, where nothing else is asked for."""
_APPLIED = (Outcome.CONFIRMED, Outcome.ACCEPTED)
_MAY_BE_APPLIED = (*_APPLIED, Outcome.UNKNOWN, Outcome.DIFFERENT, None)
_IN_A_NOTE = 1000

Change = tuple[Flag, State]
# Looked up for each of a million entries: an enumeration takes ten times as long to ask.
_FLAGS: Mapping[str, Flag] = {flag.value: flag for flag in Flag if has_duties(flag)}
_STATES: Mapping[str, State] = {state.value: state for state in State}
_GROUNDS: Mapping[str, Ground] = {ground.value: ground for ground in Ground}


class DutyRefused(ConsoleError):
    """It cannot be noted that a duty was done."""


class OpenDuty(NamedTuple):
    """A duty about the entry `seq`, to be done by the end of the Korean day `last`. `said` is the day on
    which the person said so, `assumed` where the entry does not tell and its own day is taken: the latest
    that it can have been."""

    duty: Duty
    seq: Ref
    changes: tuple[Change, ...]
    said: date
    last: date
    assumed: bool = False


class SaidOn(NamedTuple):
    """The day on which a person said what an entry wrote; `assumed` as in `OpenDuty`."""

    day: date
    assumed: bool


def said_on(entry: Entry) -> SaidOn:
    """When the person said so. A day after the entry's own cannot be right."""
    entered, told = korean_day(entry.at), read_said(entry.intent.expressed_on)
    return SaidOn(entered, assumed=True) if told is None else SaidOn(min(told, entered), assumed=False)


def ground_of(entry: Entry) -> Ground:
    """What an entry rests on; those of earlier versions do not tell."""
    return _GROUNDS.get(entry.intent.ground) or usual_ground(entry.intent.undo_of)


def consents_of(entry: Entry) -> Iterator[tuple[Flag, State, Outcome | None]]:
    """The consents that an entry changes and the law's duties are about, and how each ended."""
    for change in entry.intent.changes:
        flag = _FLAGS.get(change.name)
        if flag is None or change.kind != FieldKind.CONSENT:
            continue
        after = _STATES.get(str(change.after))
        if after is not None:
            yield flag, after, entry.outcome_of(change)


@dataclass
class DutyReader:
    """Is given entries, the newest first, and says what is open about each. `notes` are of duties that were
    done."""

    notes: Iterable[DutyNote]
    _told: set[Ref] = field(default_factory=set)
    _confirmed: dict[Ref, list[date]] = field(default_factory=dict)
    _taken_back: set[tuple[Ref, Flag]] = field(default_factory=set)
    """What a correction took back: nobody had said it."""
    _known: dict[int, bool] = field(default_factory=dict)
    """Of users' consents of which a later change was met, whether an earlier grant may still hold."""

    def __post_init__(self) -> None:
        for note in self.notes:
            day = read_said(note.on)
            if note.duty == Duty.TELL:
                self._told.update(note.intents)
            elif note.duty == Duty.CONFIRM and day is not None:
                for seq in note.intents:
                    self._confirmed.setdefault(seq, []).append(day)

    def of(self, user: str, entry: Entry) -> Iterator[OpenDuty]:
        """What is open about the next entry, of the user who is found by that word."""
        ground, said = ground_of(entry), said_on(entry)
        tell: list[Change] = []
        confirm: list[Change] = []
        for flag, after, outcome in consents_of(entry):
            was_taken_back = (entry.ref, flag) in self._taken_back
            if ground is Ground.EXPRESSED and outcome in _MAY_BE_APPLIED and not was_taken_back:
                tell.append((flag, after))
            if outcome in _APPLIED and self._holds(user, entry, flag, after, ground):
                confirm.append((flag, after))
        if tell and entry.ref not in self._told:
            yield OpenDuty(Duty.TELL, entry.ref, tuple(tell), said.day, tell_until(said.day), said.assumed)
        if confirm:
            before = confirm_before(said.day, self._confirmed.get(entry.ref, ()))
            last = before - timedelta(days=1)
            yield OpenDuty(Duty.CONFIRM, entry.ref, tuple(confirm), said.day, last, said.assumed)

    def _holds(self, user: str, entry: Entry, flag: Flag, after: State, ground: Ground) -> bool:
        """Whether this is the word by which that consent is given now."""
        subject, undo_of = entry.intent.subject, entry.intent.undo_of
        if ground is Ground.CORRECTION and undo_of is not None:
            self._taken_back.add((undo_of, flag))
        key = hash((entry.intent.connection, subject.kind, user, flag))
        if subject.personal and user == subject.value:
            key = hash((entry.ref, flag))  # a mask may be several people's: none speaks for another
        open_yet = self._known.get(key, True)
        given = after is State.SUBSCRIBED
        if key not in self._known:
            self._known[key] = given
        if not (open_yet and given and ground is Ground.EXPRESSED) or (entry.ref, flag) in self._taken_back:
            return False
        self._known[key] = False
        return True


class DutyGroup(NamedTuple):
    """Duties that are alike: of one write, about the same consents, said on the same day."""

    duty: Duty
    last: date
    said: date
    assumed: bool
    changes: tuple[Change, ...]
    write: str
    seqs: list[Ref]
    first: Entry


class Listed(NamedTuple):
    """What is open now, by groups, the most urgent first. `later` are confirmations that are not due yet,
    `unread` says which journals of other hosts are missing."""

    at: datetime
    groups: tuple[DutyGroup, ...]
    later: int
    unread: tuple[str, ...] = ()

    def count(self, duty: Duty, within: int | None = None) -> int:
        """How many are open, of those that are over or have so many days left."""
        return sum(
            len(one.seqs)
            for one in self.groups
            if one.duty is duty and (within is None or days_left(one.last, self.at) <= within)
        )


def list_duties(journal: AllJournals, connection: str, now: datetime, due: timedelta | None = None) -> Listed:
    """The duties that are open over that connection, or those to be done within `due`. Reads the whole
    journals: for a thread, with some of its own. Raises JournalError."""
    groups: dict[tuple[OpenDuty, str], DutyGroup] = {}
    later = 0
    limits = {Duty.TELL: due, Duty.CONFIRM: CONFIRM_WITHIN if due is None else due}
    for entry, found in open_duties(journal, Filter(connection=connection)):
        limit = limits[found.duty]
        if limit is not None and days_left(found.last, now) > limit.days:
            later += found.duty is Duty.CONFIRM
            continue
        write = entry.intent.write
        key = (found._replace(seq=0), write)
        if key not in groups:
            groups[key] = DutyGroup(
                found.duty, found.last, found.said, found.assumed, found.changes, write, [], entry
            )
        groups[key].seqs.append(found.seq)
    ordered = sorted(
        groups.values(), key=lambda one: (one.last, one.duty is Duty.CONFIRM, order_of(one.seqs[-1]))
    )
    return Listed(now, tuple(ordered), later, tuple(journal.troubles))


def open_duties(journal: AllJournals, wanted: Filter) -> Iterator[tuple[Entry, OpenDuty]]:
    """Each open duty of the entries that fit, the newest first, however long there is still time. Raises
    JournalError."""
    reader = DutyReader(journal.notes())
    with closing(journal.walk_users(wanted)) as entries:
        for user, entry in entries:
            for found in reader.of(user, entry):
                yield entry, found


def require_done_on(text: str, now: datetime) -> date:
    """The day on which a duty was done, as it was given; "" is today. Raises `DutyRefused`."""
    today = korean_day(now)
    day = read_said(text.strip()) if text.strip() else today
    if day is None or day > today:
        raise DutyRefused(
            _("This day cannot be"),
            _("{day} is no day up to today. Nothing was noted.").format(day=text.strip()[:40]),
            _("Write it as {today}.").format(today=today),
        )
    return day


def notes_of(
    duty: Duty, found: Collection[OpenDuty], on: date, operator: Operator, reason: str
) -> Sequence[DutyNote]:
    """The notes that these duties were done on that day. Raises `DutyRefused` for a day before the person had
    said anything, and for entries of another host: a note stands in the journal that it is about."""
    if elsewhere := [one.seq for one in found if isinstance(one.seq, str)]:
        raise DutyRefused(
            _("This is to be noted on another host"),
            _("Entry {seq} is in the journal of another host. Nothing was noted.").format(
                seq=sanitize(elsewhere[0], 80)
            ),
            _("Note it there, and here only what was changed from here."),
        )
    if early := [one for one in found if one.said > on]:
        raise DutyRefused(
            _("This was before they said it"),
            _("Entry {seq} was said on {said}, after {on}. Nothing was noted.").format(
                seq=early[0].seq, said=early[0].said, on=on
            ),
            _("Give the day on which it was done."),
        )
    seqs = sorted({one.seq for one in found}, key=order_of)
    return [
        DutyNote(duty.value, some, on.isoformat(), operator, __version__, mask_said(reason.strip()))
        for some in (tuple(seqs[at : at + _IN_A_NOTE]) for at in range(0, len(seqs), _IN_A_NOTE))
    ]


def left_words(last: date, now: datetime) -> str:
    """How long there is still time, to the end of that day."""
    days = days_left(last, now)
    if days < 0:
        return _("{days} d late").format(days=-days)
    return _("today") if days == 0 else _("{days} d").format(days=days)


def ground_text(entry: Entry) -> str:
    """The ticket, evidence or reason of an entry, in a few words; inert."""
    intent = entry.intent
    return sanitize(intent.incident or intent.expressed_source or intent.evidence or intent.reason, 40) or "-"
