"""Open duties as people and other programs are shown them."""

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from dfn_tui.consent.duties import Duty, days_left
from dfn_tui.consent.messages import flag_name, short_name, state_glyph, state_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.values import format_value
from dfn_tui.service.duties import DutyGroup, Listed, OpenDuty, list_duties
from dfn_tui.service.history import ref_words, user_of
from dfn_tui.service.history_export import spreadsheet_cell
from dfn_tui.service.session import Session
from dfn_tui.store import AllJournals, Entry
from dfn_tui.store.together import order_of
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import spoken_time

COLUMNS = (
    *("duty", "last_day", "days_left", "entry", "kind", "user_id", "changes", "said_on", "assumed"),
    *("outcome", "sender", "connection", "reason", "evidence", "incident"),
)
"""The header of a list of open duties in a file."""
DutyEntry = tuple[DutyGroup, Entry]


def read_duties(path: Path, session: Session, due: timedelta | None = None) -> Listed:
    """What is open over that session's connection by the journal at `path`. For a thread: it reads all of the
    journal, with a connection of its own that holds no write up. Raises `JournalError`."""
    with AllJournals(path) as journal:
        return list_duties(journal, session.connection.name, session.clock(), due)


def entries_of(journal: AllJournals, groups: Sequence[DutyGroup]) -> Iterator[DutyEntry]:
    """Each entry of these groups, in the order in which they were written. Raises `JournalError`."""
    for group in groups:
        for seq in reversed(group.seqs):
            if (entry := journal.entry(seq)) is not None:
                yield group, entry


def duty_record(item: DutyEntry, found: Listed, session: Session) -> dict[str, object]:
    """A duty of one user as data, by `COLUMNS`."""
    group, entry = item
    intent, outcome = entry.intent, entry.outcome
    return {
        "duty": group.duty.value,
        "last_day": group.last.isoformat(),
        "days_left": days_left(group.last, found.at),
        "entry": entry.ref,
        "kind": intent.subject.kind,
        "user_id": intent.subject.value,
        "changes": {flag.value: after.value for flag, after in group.changes},
        "said_on": group.said.isoformat(),
        "assumed": group.assumed,
        "outcome": outcome.outcome.value if outcome else "open",
        "sender": session.connection.sender,
        "connection": intent.connection,
        "reason": intent.reason,
        "evidence": intent.evidence,
        "incident": intent.incident,
    }


def write_duties(file: TextIO, path: Path, found: Listed, session: Session) -> None:
    """Writes what is open as CSV, a row for each user, as `duties told` takes it. `path` is the journal's.
    Raises `JournalError`."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    with AllJournals(path) as journal:
        for item in entries_of(journal, found.groups):
            record = duty_record(item, found, session)
            writer.writerow([_cell(record[name]) for name in COLUMNS])


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return spreadsheet_cell(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return spreadsheet_cell(format_value(value)) if isinstance(value, str | int | bool) else ""


def duties_of(group: DutyGroup) -> list[OpenDuty]:
    """The duties that the group is made of, one for each entry."""
    return [
        OpenDuty(group.duty, seq, group.changes, group.said, group.last, group.assumed) for seq in group.seqs
    ]


def said_words(group: DutyGroup) -> str:
    """`SMS ○ withdrawn`: what the person said."""
    return ", ".join(
        f"{short_name(flag)} {state_glyph(state)} {state_name(state)}" for flag, state in group.changes
    )


def whom_words(group: DutyGroup, name: str = "") -> str:
    """The id, with the `name` where it is known, or how many they are and by which write; inert."""
    if len(group.seqs) > 1:
        users = f"{len(group.seqs):,}"
        return _("{users} users · {write}").format(users=users, write=write_words(group))
    return sanitize(f"{group.first.intent.subject.value} {name}".strip(), 60)


def write_words(group: DutyGroup) -> str:
    """Which write it was: its plan, as the job's id ends with that one's digest, or its entries."""
    if group.first.intent.job:
        return _("plan {digest}").format(digest=sanitize(group.first.intent.job.rpartition("-")[2], 12))
    ordered = sorted(group.seqs, key=order_of)
    if len(ordered) == 1:
        return _("entry {seq}").format(seq=ref_words(ordered[0]))
    return _("entries {first}–{last}").format(first=ref_words(ordered[0]), last=ref_words(ordered[-1]))


def ids_of(path: Path, group: DutyGroup) -> list[str]:
    """The ids of its people, in the order in which they were written to; masked ones are left out. Raises
    `JournalError`."""
    with AllJournals(path) as journal:
        users = (user_of(entry.intent) for _group, entry in entries_of(journal, [group]))
        return [user.value for user in users if user is not None]


def notice_lines(group: DutyGroup, session: Session) -> list[str]:
    """What the law has the sender tell the person, or ask them: sender, fact and day, outcome. Inert."""
    day, sender = group.said.isoformat(), sanitize(session.connection.sender, 80)
    facts = ", ".join(
        _("{flag}: {state} on {day}").format(flag=flag_name(flag), state=state_name(state), day=day)
        for flag, state in group.changes
    )
    said = _("Sender: {sender}").format(sender=sender or _("not named: set sender in config.toml"))
    lines = [f"{said} · {facts}"]
    if group.assumed:
        lines.append(_("When the person said so is not known: it counts from {day}.").format(day=day))
    if group.duty is Duty.TELL:
        lines.append(_outcome_words(group.first))
    return lines


def _outcome_words(entry: Entry) -> str:
    ended = entry.outcome.outcome if entry.outcome else None
    at = spoken_time(entry.outcome.at) if entry.outcome and entry.outcome.at else ""
    if ended is Outcome.CONFIRMED:
        words = _("Outcome: done, read back {at} KST (entry {seq})")
    elif ended is Outcome.ACCEPTED:
        words = _("Outcome: accepted {at} KST, not read back (entry {seq})")
    else:
        words = _("Outcome: not known yet. Look before you tell them (entry {seq})")
    return words.format(at=at, seq=ref_words(entry.ref))
