"""The receipt: what each consent of a user is now, since when, on what ground, by whom.

Article 50 of Korea's Network Act has the sender tell the recipient the outcome of a consent or a
withdrawal within 14 days, and have consents confirmed every two years.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from dfn_tui.api.types import Identity
from dfn_tui.consent.duties import (
    Duty,
    Ground,
    confirm_before,
    days_left,
    has_duties,
    is_over,
    read_said,
    tell_until,
)
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import flag_name, state_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.reading import unread
from dfn_tui.service.duties import ground_of, said_on
from dfn_tui.service.history import approved_words, ref_words, state_of, who, word_words
from dfn_tui.service.intents import is_personal_id
from dfn_tui.service.receipt_person import facts_for_person, head_for_person
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.format import age_words, snapshot_words
from dfn_tui.service.snapshots.view import SnapshotView
from dfn_tui.store import DutyNote, Entry, FieldChange, FieldKind, Ref
from dfn_tui.text import _, mask, sanitize
from dfn_tui.text.korea import korean_date, spoken_time

NO_NOTES: Mapping[Ref, Sequence[DutyNote]] = MappingProxyType({})
_LONGEST_NAME = 40
_READ = frozenset({Outcome.CONFIRMED})
_BLIND = frozenset({Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNKNOWN})
"""Where nobody can be read, the last one that was sent and not refused counts: none is passed over."""


async def make_receipt(session: Session, identity: Identity, *, for_person: bool = False) -> str:
    """The receipt of a user, read for it now; one `for_person` goes out of the house and names no operator,
    host or connection, nor what was noted for ourselves. Raises `JournalError` and what reading raises.

    Where this API version cannot be read, what the server accepted counts, and the receipt says so.
    """
    [record] = [found async for found in session.look_up([identity])]
    if record.failure is not None:
        raise unread(record.failure)
    return await _receipt_of(session, record, for_person)


async def make_receipts(
    session: Session, identities: Sequence[Identity], *, for_person: bool = False
) -> AsyncIterator[str]:
    """The receipts of these users, read for them now, one after the other. Who cannot be read is named in
    their place, but `for_person` all or none are made. Raises `JournalError` and what reading raises."""
    async for record in session.look_up(identities):
        if record.failure is None:
            yield await _receipt_of(session, record, for_person)
        elif for_person:
            raise unread(record.failure)
        else:
            error = unread(record.failure)
            user = sanitize(f"{record.identity.kind.value} {record.identity.value}")
            words = _("No receipt for {user}: {why}")
            yield words.format(user=user, why=f"{error.title}. {error.happened}") + "\n"


async def _receipt_of(session: Session, record: UserRecord, for_person: bool) -> str:
    identity, name = record.identity, session.connection.name
    endings = _READ if session.capabilities.read_by else _BLIND
    changes = await session.journal.last_changes(name, identity.value, endings)
    own = {flag: e for flag, e in changes.items() if e.intent.subject.kind == identity.kind.value}
    notes = {entry.ref: await session.journal.notes(entry) for entry in own.values()}
    sender = session.connection.sender
    flags, now = session.capabilities.flags, session.clock()
    text = receipt(record, flags, own, name, now, notes, sender, for_person=for_person)
    for words in () if for_person else session.journal.unread:  # it names a host
        text = f"{text}\n{words}\n"
    if is_personal_id(identity.kind) and not await session.journal.keeps_personal():
        words = _("Without a keyring, changes of users named by e-mail or phone number cannot be found.")
        if for_person:
            words = _("What was changed for an e-mail address or a phone number cannot be shown here.")
        text = f"{text}\n{words}\n"
    return text


def receipt_file(identities: Sequence[Identity], now: datetime, ending: str = "txt") -> str:
    """A file name for the receipts, safe on every system; an id that tells of a person is masked."""
    if len(identities) > 1:
        return f"receipts-{len(identities)}-users-{korean_date(now)}.{ending}"
    [identity] = identities
    user = mask(identity.value) if is_personal_id(identity.kind) else identity.value
    safe = re.sub(r"[^\w.-]", "_", user[:_LONGEST_NAME])
    return f"receipt-{safe}-{korean_date(now)}.{ending}"


def receipt(
    record: UserRecord,
    flags: tuple[Flag, ...],
    changes: Mapping[str, Entry],
    connection: str,
    now: datetime,
    notes: Mapping[Ref, Sequence[DutyNote]] = NO_NOTES,
    sender: str = "",
    *,
    for_person: bool = False,
) -> str:
    """The receipt as text. `changes` holds, by flag, the journal's latest confirmed change of it, and `notes`
    by entry what was done of the duties that follow."""
    user = sanitize(f"{record.identity.kind.value} {record.identity.value}")
    made = _("Made {time} KST") if for_person else _("Connection {connection}, made {time} KST")
    absent = record.snapshot is not None and not record.snapshot.kept
    lines = [
        _("Consent receipt for {user}").format(user=user),
        made.format(connection=sanitize(connection), time=spoken_time(now)),
        *([_("Sender: {sender}").format(sender=sanitize(sender))] if sender else []),
        *([record.snapshot.why] if record.snapshot is not None and absent and not for_person else []),
        "",
    ]
    of_flag = _flag_for_person if for_person else _flag
    for flag in flags:
        entry = changes.get(flag.value)
        lines += of_flag(flag, record, entry, now, notes.get(entry.ref, ()) if entry else ())
    return "\n".join(lines) + "\n"


def _change(flag: Flag, entry: Entry) -> FieldChange:
    return next(c for c in entry.intent.changes if (c.kind, c.name) == (FieldKind.CONSENT, flag.value))


def _flag_for_person(
    flag: Flag, record: UserRecord, entry: Entry | None, now: datetime, notes: Sequence[DutyNote]
) -> Iterator[str]:
    state = record.consents.get(flag)
    yield head_for_person(flag, state)
    if state is None and record.snapshot is not None and record.snapshot.kept:
        yield "  " + _in_snapshot(flag, record.snapshot, now, for_person=True)
    if entry is None:
        yield "  " + _("We hold no record of a change of it.")
        return
    facts = facts_for_person(entry, _change(flag, entry), state, now, notes)
    yield from (f"  {line}" for line in facts)


def _flag(
    flag: Flag,
    record: UserRecord,
    entry: Entry | None,
    now: datetime,
    notes: Sequence[DutyNote],
) -> Iterator[str]:
    state = record.consents.get(flag)
    yield _("{flag} ({name}): {state}").format(flag=flag.value, name=flag_name(flag), state=state_name(state))
    if state is None and record.snapshot is not None and record.snapshot.kept:
        yield "  " + _in_snapshot(flag, record.snapshot, now)
    if entry is None and record.profile is None:
        yield "  " + _("The journal of this host holds no change of it that the server accepted.")
        return
    if entry is None:
        yield "  " + _("The journal of this host holds no confirmed change of it.")
        return
    change = _change(flag, entry)
    if state is not None and change.after != state.value:
        yield "  " + _("Changed outside this console since entry {seq}, which set it to {after}.").format(
            seq=ref_words(entry.ref), after=state_name(state_of(change.after))
        )
        return
    ending = entry.outcome_of(change)
    if state is None:
        words = _("last set to {after} here; whether it still is cannot be read")
        if ending is Outcome.UNKNOWN:
            words = _("{after} was sent last; whether that was applied is not known")
        yield "  " + words.format(after=state_name(state_of(change.after)))
    yield "  " + _("since {time} KST, entry {seq}, by {operator}").format(
        time=spoken_time(entry.at), seq=ref_words(entry.ref), operator=who(entry.intent.operator)
    )
    if ending is Outcome.ACCEPTED:
        yield "  " + _("accepted by the server, not verified")
    if entry.in_snapshot and entry.outcome is not None:
        yield "  " + sanitize(entry.outcome.message)
    yield from _for_ourselves(entry, change)
    if word := word_words(entry.intent):
        yield f"  {word}"
    yield from _duties(flag, entry, change, now, notes)


def _for_ourselves(entry: Entry, change: FieldChange) -> Iterator[str]:
    """What operators noted for each other: free text, which may name anybody."""
    ground = entry.intent.evidence if change.after == State.SUBSCRIBED.value else entry.intent.reason
    yield "  " + _("ground: {ground}").format(ground=sanitize(ground) or _("none given"))
    if approved := approved_words(entry.intent):
        yield f"  {approved}"
    if entry.intent.incident:
        yield "  " + _("incident: {incident}").format(incident=sanitize(entry.intent.incident))


def _in_snapshot(flag: Flag, view: SnapshotView, now: datetime, *, for_person: bool = False) -> str:
    """What the export said, without what was written since: that is told by its entry."""
    said = state_name(view.consents.get(flag))
    if why := view.unreadable.get(flag.value):
        said = _("not readable: {why}").format(why=why)
    if for_person and view.as_of is not None:
        return _("What we read last, {age}: {state}").format(age=age_words(view.as_of, now), state=said)
    return f"{snapshot_words(view, now)}: {said}"


def _duties(
    flag: Flag, entry: Entry, change: FieldChange, now: datetime, notes: Sequence[DutyNote]
) -> Iterator[str]:
    """What the law asks for after it, by the day on which the person said it: nothing after a correction, nor
    about informational messages."""
    if not has_duties(flag) or ground_of(entry) is Ground.CORRECTION:
        return
    said = said_on(entry)
    if said.assumed:
        yield "  " + _("When the person said so is not known: it counts from {day}.").format(day=said.day)
    last = tell_until(said.day)
    told = [note for note in notes if note.duty == Duty.TELL]
    if told:
        words = _("The person was told the outcome on {day} (entry {seq}).")
        yield "  " + words.format(day=sanitize(told[-1].on, 20), seq=told[-1].seq)
    elif is_over(last, now):
        yield "  " + _("The person was to be told by {day}: that time is over.").format(day=last)
    else:
        words = _("The person is to be told by the end of {day} KST ({days} days left).")
        yield "  " + words.format(day=last, days=days_left(last, now))
    if change.after != State.SUBSCRIBED.value:
        return
    confirmed = [read_said(note.on) for note in notes if note.duty == Duty.CONFIRM]
    before = confirm_before(said.day, filter(None, confirmed))
    words = _("It is to be confirmed with the person before {day}.")
    if is_over(before - timedelta(days=1), now):
        words = _("It was to be confirmed with the person before {day}: that time is over.")
    yield "  " + words.format(day=before)
