"""`dfn-tui duties`: who is to be told the outcome, and who is to confirm; and that this was done."""

import argparse
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, is_data, write_records
from dfn_tui.cli.ids import checked_text, given_ids, ids_of_file
from dfn_tui.cli.journal import opened_for, uncovered
from dfn_tui.cli.output import say
from dfn_tui.cli.session import opened
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.duties import Duty, days_left, is_over
from dfn_tui.errors import ConsoleError
from dfn_tui.service.duties import (
    DutyRefused,
    Listed,
    OpenDuty,
    ground_text,
    left_words,
    list_duties,
    notes_of,
    open_duties,
    require_done_on,
    said_on,
)
from dfn_tui.service.duties_shown import COLUMNS, DutyEntry, duty_record, entries_of, said_words, whom_words
from dfn_tui.service.history import ref_words
from dfn_tui.service.history_export import spreadsheet_cell
from dfn_tui.service.session import Session
from dfn_tui.store import Entry, Filter, Ref
from dfn_tui.store.together import split
from dfn_tui.text import _, ngettext, sanitize

_DUTIES = {"told": Duty.TELL, "confirmed": Duty.CONFIRM}


def duties(args: argparse.Namespace) -> int:
    """Shows the duties that are open, or notes that they were done; returns an `ExitCode`. Raises
    `ConsoleError`."""
    with opened(args) as (session, runner):
        if args.action is None:
            return _show(args, session)
        duty, now = _DUTIES[args.action], session.clock()
        on = require_done_on(checked_text(args.on), now)
        found, missing = _meant(session, duty, args.words)
        elsewhere = [one for one in found if isinstance(one.seq, str)]
        found = [one for one in found if one not in elsewhere]
        notes = notes_of(duty, found, on, session.journal.operator, checked_text(args.reason))
        if notes:
            runner.run(session.journal.note(notes))
    for word in missing:
        say(_("! {word}: nothing of this kind is open.").format(word=sanitize(word, 60)))
    for one in elsewhere:
        words = _("! Entry {seq} is in the journal of another host: note it there.")
        say(words.format(seq=ref_words(one.seq)))
    entries = len({one.seq for one in found})
    words = ngettext("{count} entry noted.", "{count} entries noted.", entries)
    say(words.format(count=f"{entries:,}"))
    return ExitCode.SOME_FAILED if missing or elsewhere else ExitCode.DONE


def _show(args: argparse.Namespace, session: Session) -> int:
    due = None if args.due is None else timedelta(seconds=args.due)
    with opened_for(Filter(), reveal=args.reveal) as (journal, key):
        found = list_duties(journal, session.connection.name, session.clock(), due)
        if is_data(args):
            items = entries_of(journal, found.groups)
            entries = uncovered((entry for _group, entry in entries_of(journal, found.groups)), key)
            both = zip((group for group, _entry in items), entries, strict=True)
            write_records(args, both if args.reveal else items, _view(found, session))
        else:
            write_records(args, ((one, one.first) for one in found.groups), _view(found, session))
    _say_rest(session, found)
    return ExitCode.DONE


def _say_rest(session: Session, found: Listed) -> None:
    if not found.groups:
        say(_("Nothing is open that was changed from this host."))
    if found.later:
        words = ngettext(
            "{count} consent is to be confirmed later.",
            "{count} consents are to be confirmed later.",
            found.later,
        )
        say(words.format(count=f"{found.later:,}"))
    if not session.connection.sender:
        say(_("Notices name the sender: set sender for this connection in config.toml."))


def _view(found: Listed, session: Session) -> RecordView[DutyEntry]:
    headings = (
        Heading(_("duty")),
        Heading(_("until")),
        Heading(_("left"), right=True),
        Heading(_("who"), least=8, whole=True),
        Heading(_("what they said"), least=8),
        Heading(_("said on")),
        Heading(_("ground"), least=6),
    )

    def cells(item: DutyEntry) -> Iterator[Row]:
        group, entry = item
        over = is_over(group.last, found.at)
        role = "danger" if over else "warn" if days_left(group.last, found.at) <= 3 else ""
        yield (
            TableCell(_("tell") if group.duty is Duty.TELL else _("confirm")),
            TableCell(group.last.isoformat(), role),
            TableCell(left_words(group.last, found.at), role),
            TableCell(whom_words(group)),
            TableCell(said_words(group)),
            TableCell(group.said.isoformat() + ("?" if group.assumed else "")),
            TableCell(ground_text(entry), "label"),
        )

    return RecordView(lambda item: duty_record(item, found, session), COLUMNS, headings, cells)


def _meant(session: Session, duty: Duty, words: Sequence[str]) -> tuple[list[OpenDuty], list[str]]:
    """The open duties that the words are about, and the words that none is about. Raises `ConsoleError`."""
    name = session.connection.name
    rows = _exported(words)
    if rows is not None:
        with opened_for(Filter(), reveal=False) as (journal, _key):
            known = {
                one.seq: (entry, one)
                for entry, one in open_duties(journal, Filter(connection=name))
                if one.duty is duty
            }
        wanted = [row for row in rows if row.get("duty") in (None, "", duty.value)]
        of_rows = ((row, known.get(_ref(row))) for row in wanted)
        found = [open_one[1] for row, open_one in of_rows if open_one and _fits(row, open_one[0])]
        numbers = {one.seq for one in found}
        return found, [row["entry"] for row in wanted if _ref(row) not in numbers]
    ids = ids_of_file(Path(words[0])) if len(words) == 1 and Path(words[0]).is_file() else given_ids(words)
    meant: list[OpenDuty] = []
    missing: list[str] = []
    with opened_for(Filter(user=ids[0]), reveal=False) as (journal, _key):
        for id in ids:
            of = Filter(connection=name, user=id)
            some = [one for _entry, one in open_duties(journal, of) if one.duty is duty]
            meant += some
            missing += [] if some else [id]
    return meant, missing


def _fits(row: Mapping[str, str], entry: Entry) -> bool:
    """Whether the row is about this entry: those of another journal have the same numbers."""
    subject = entry.intent.subject
    as_shown = (entry.intent.connection, said_on(entry).day.isoformat(), subject.kind)
    told = tuple(row.get(name, "") for name in ("connection", "said_on", "kind"))
    # A masked user cannot be compared with one that was revealed for the file.
    return told == as_shown and (
        row.get("user_id") == spreadsheet_cell(subject.value) or "•" in subject.value
    )


def _ref(row: Mapping[str, str]) -> Ref:
    """The entry that a row names. Raises `ValueError`."""
    seq, host = split(row["entry"])
    if seq is None:
        raise ValueError
    return f"{seq}@{host}" if host else seq


def _exported(words: Sequence[str]) -> list[dict[str, str]] | None:
    """The rows of a file that `duties --format csv` wrote; None where it is none. Raises `DutyRefused`."""
    if not words:
        raise ConsoleError(
            _("Who was told?"), _("Nobody was named. Nothing was noted."), _("Name users, or a file of them.")
        )
    path = Path(words[0])
    if len(words) > 1 or not path.is_file():
        return None
    try:
        table = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
        if "entry" not in (table.fieldnames or ()):
            return None
        rows = list(table)
        return [row for row in rows if _ref(row)]
    except (OSError, ValueError, TypeError, csv.Error):
        raise DutyRefused(
            _("The file cannot be read"),
            _("It is no list of entries as this command writes it. Nothing was noted."),
            _("Give the file that “duties --format csv” wrote, or one with an id on each line."),
        ) from None
