"""`dfn-tui history`: what was changed of one user, from this host or from any."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.ids import one_id
from dfn_tui.cli.journal import key_for, opened_for, show_more, uncovered
from dfn_tui.cli.output import say
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.duties import Duty
from dfn_tui.consent.messages import flag_name, short_name, state_role
from dfn_tui.outcomes import outcome_name
from dfn_tui.service.change_format import ended_words, outcome_role, value_words
from dfn_tui.service.changes.blocks import flag_of
from dfn_tui.service.history import KEYS, account, parse_words, ref_words, state_of, who
from dfn_tui.service.history_export import COLUMNS, DONE_COLUMNS, done_on, note_record, record, row_records
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.store import DutyNote, Entry, Filter, Ref
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import korean_minute


def history(args: argparse.Namespace) -> int:
    """Shows the newest changes of a user; returns an `ExitCode`. Raises `ConsoleError`."""
    wanted = _wanted(args)
    if args.all_hosts:
        return _from_archive(args, wanted)
    with opened_for(wanted, reveal=args.reveal) as (journal, key):
        with closing(journal.walk(wanted)) as entries:
            of_kind = (one for one in entries if args.kind in (None, one.intent.subject.kind))
            found = [*islice(of_kind, args.limit + 1)]
        hosts = bool(journal.others)
        shown = found[: args.limit]
        notes = {entry.ref: journal.notes(entry.ref) for entry in shown}
        if args.reveal:
            shown = [*uncovered(shown, key)]
    write_records(args, shown, change_view(notes, revealed=args.reveal, hosts=hosts))
    if len(found) > args.limit:
        show_more()
    elif not found:
        say(_("Nothing was changed of this user from this host."))
    return ExitCode.DONE


def _from_archive(args: argparse.Namespace, wanted: Filter) -> int:
    """The same, as the archive has it of every host."""
    from dfn_tui.cli.archive import configured  # noqa: PLC0415  only where it is asked for
    from dfn_tui.service.archive.history import doubled_words, fitting, read_history  # noqa: PLC0415  as above

    if args.reveal:
        say(_("The archive has only the masks of personal values."))
    found = read_history(configured(), args.user, key_for(wanted))
    fit = [one for one in fitting(found.entries, wanted) if args.kind in (None, one.intent.subject.kind)]
    write_records(args, fit[: args.limit], change_view({}, revealed=False, hosts=True))
    for origin, seq in found.doubled:
        say(doubled_words(origin, seq))
    if len(fit) > args.limit:
        show_more()
    elif not fit:
        say(_("Nothing was archived of this user from any host."))
    return ExitCode.SOME_FAILED if found.doubled else ExitCode.DONE


def _wanted(args: argparse.Namespace) -> Filter:
    """The filter that the options make up, for that user. Raises `FilterRefused`."""
    args.user = one_id(args.user)
    options = vars(args)
    return parse_words(f"{key}:{options[key]}" for key in KEYS if options[key] is not None)


def change_view(
    notes: Mapping[Ref, Sequence[DutyNote]], *, revealed: bool, hosts: bool = False
) -> RecordView[Entry]:
    """Entries by what they changed: a row for each field, and one for each of the `notes`, by entry, of what
    was done of the duties that follow. With `hosts` it is said from where."""
    headings = (
        Heading(_("No."), right=True),
        Heading(_("time (KST)")),
        Heading(_("what"), least=10),
        Heading(_("before"), least=3),
        Heading(_("after"), least=3),
        Heading(_("outcome"), least=3),
        Heading(_("by"), least=6),
        Heading(_("reason"), least=6),
        Heading(_("connection"), least=6),
    )

    def cells(entry: Entry) -> Iterator[Row]:
        intent = entry.intent
        reason = sanitize(intent.reason, 120) or "-"
        if intent.undo_of is not None:
            reason = f"{_('undo of entry {seq}').format(seq=ref_words(intent.undo_of))}: {reason}"
        for change in intent.changes:
            ending = entry.outcome_of(change)
            outcome = _open()
            if ending is not None:
                words = ended_words(ending, in_snapshot=entry.in_snapshot)
                outcome = TableCell(words, outcome_role(ending), words[:1])
            yield (
                TableCell(ref_words(entry.ref)),
                TableCell(korean_minute(entry.at)),
                _name(change),
                _value(change, after=False, revealed=revealed),
                _value(change, after=True, revealed=revealed),
                outcome,
                TableCell(who(intent.operator) if hosts else account(intent.operator)),
                TableCell(reason),
                TableCell(sanitize(intent.connection, 40), "label"),
            )
        yield from map(_noted, notes.get(entry.ref, ()))

    def whole(entry: Entry) -> dict[str, object]:
        return record(entry) | {"duties": [note_record(note) for note in notes.get(entry.ref, ())]}

    def rows(entry: Entry) -> Iterator[dict[str, object]]:
        done = done_on(notes.get(entry.ref, ()))
        yield from (row | done for row in row_records(entry))

    return RecordView(whole, (*COLUMNS, *DONE_COLUMNS), headings, cells, rows=rows)


def _noted(note: DutyNote) -> Row:
    """That a duty was done: below the entry that it is about."""
    none, words = TableCell(""), _("told the outcome")
    if note.duty == Duty.CONFIRM:
        words = _("confirmed by the person")
    return (
        none,
        TableCell(korean_minute(note.at) if note.at else "", "label"),
        TableCell(f"  ✓ {words}", "ok"),
        none,
        TableCell(sanitize(note.on, 20)),
        none,
        TableCell(account(note.operator)),
        TableCell(sanitize(note.reason, 120) or "-"),
        none,
    )


def _open() -> TableCell:
    return TableCell(outcome_name(None), "danger")


def _name(change: FieldChange) -> TableCell:
    flag = flag_of(change)
    if flag is None:
        return TableCell(sanitize(change.name, 40))
    return TableCell(flag_name(flag), "", short_name(flag))


def _value(change: FieldChange, *, after: bool, revealed: bool) -> TableCell:
    value = change.after if after else change.before
    if not after and not change.readable and value is None:
        return TableCell(_("not readable"), "label", "–")
    if after and value is None:
        return TableCell(_("deleted"), "danger")
    if change.kind != FieldKind.CONSENT:
        return TableCell(value_words(change, value, revealed=revealed, limit=40))
    state = state_of(value)
    words = value_words(change, value, revealed=revealed)
    return TableCell(words, state_role(state), words[:1])
