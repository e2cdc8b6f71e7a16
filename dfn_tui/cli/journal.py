"""`dfn-tui journal`: reads the journal, and never writes to it."""

import argparse
import asyncio
import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.output import ProgressLine, is_written, json_line, say, write_data
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.config import ConfigError, load
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.outcomes import IN_SNAPSHOT
from dfn_tui.paths import config_file
from dfn_tui.service.change_format import outcome_role
from dfn_tui.service.history import (
    KEYS,
    account,
    entry_lines,
    note_lines,
    outcome_lines,
    parse_words,
    redaction_lines,
    ref_words,
)
from dfn_tui.service.history_export import (
    COLUMNS,
    OPEN,
    note_record,
    outcome_record,
    record,
    row_records,
    rows,
)
from dfn_tui.store import AllJournals, Entry, Filter, Journal, journal_file
from dfn_tui.store.errors import journal_errors
from dfn_tui.temporary import new_private_text
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import korean_time

if TYPE_CHECKING:
    from dfn_tui.credentials import TokenStore


def list_(args: argparse.Namespace) -> int:
    """Shows the newest entries that fit. Raises `ConsoleError`."""
    wanted = _wanted(args)
    with _open_all(key_for(wanted)) as journal:
        found = journal.find(wanted, limit=args.limit + 1)
    shown = found[: args.limit]
    write_records(args, shown, entry_view())
    if len(found) > args.limit:
        show_more()
    elif not found:
        say(_("No entry fits."))
    return 0


def show_more() -> None:
    """Says that there are more entries than were shown."""
    say(_("There are more: --limit shows more of them, and “journal export” writes all."))


@contextmanager
def opened_for(wanted: Filter, *, reveal: bool) -> Iterator[tuple[AllJournals, bytes | None]]:
    """The journals, with the key where finding or uncovering needs it. Raises `ConsoleError`."""
    key = _key_to_reveal() if reveal else key_for(wanted)
    with _open_all(key) as journal:
        yield journal, key


def show(args: argparse.Namespace) -> int:
    """Shows one entry: 0 done, 1 not found. Raises `ConsoleError`."""
    key = _key_to_reveal() if args.reveal else None
    with _open_all(key) as journal:
        entry = journal.entry(args.seq)
        if entry is None:
            no_change = _("Entry {seq} is no change: it says how a change ended, or is a note.")
            words = no_change if args.seq in journal else _("There is no entry {seq}.")
            say(words.format(seq=ref_words(args.seq)))
            return ExitCode.SOME_FAILED
        outcomes, notes = journal.outcomes(args.seq), journal.notes(args.seq)
        if args.reveal:
            entry = entry._replace(intent=journal.reveal(entry))
    more = {"outcomes": [*map(outcome_record, outcomes)], "duties": [*map(note_record, notes)]}
    ended = (*outcome_lines(outcomes), *note_lines(notes))
    view = replace(
        entry_view(),
        record=lambda entry: record(entry) | more,
        lines=lambda entry: (*entry_lines(entry), *redaction_lines(entry), *ended),
    )
    write_records(args, [entry], view, lines_seen=True)
    return 0


def export(args: argparse.Namespace) -> int:
    """Writes every entry that fits to a file. Raises `ConsoleError`."""
    if args.bom and args.format != "csv":
        raise ConsoleError(
            _("Nothing was exported"), _("JSON begins with no mark."), _("Leave --bom out, or choose csv.")
        )
    wanted = _wanted(args)
    key = _key_to_reveal() if args.reveal else key_for(wanted)
    with _open_all(key) as journal, closing(journal.walk(wanted)) as found, _output(args.output) as file:
        if args.bom:
            file.write("\ufeff")
        with ProgressLine(beside_data=file is sys.stdout) as progress:
            entries = uncovered(found, key) if args.reveal else found
            count = _write(file, entries, progress, as_csv=args.format == "csv")
    words = ngettext("{count} entry was exported.", "{count} entries were exported.", count)
    sys.stdout.flush()
    if is_written():
        say(words.format(count=f"{count:,}"))
    return 0


def _write(file: TextIO, found: Iterable[Entry], progress: ProgressLine, *, as_csv: bool) -> int:
    """Writes the entries, and says how many they were."""
    writer = csv.writer(file, lineterminator="\n")
    if as_csv:
        writer.writerow(COLUMNS)
    count = 0
    for count, entry in enumerate(found, 1):
        if as_csv:
            writer.writerows(rows(entry))
        else:
            file.write(json_line(record(entry)) + "\n")
        if count % 1000 == 0:
            progress.show(_("{count} entries written").format(count=f"{count:,}"))
            if file is sys.stdout and not is_written():
                break
    return count


def uncovered(found: Iterable[Entry], key: bytes | None) -> Iterator[Entry]:
    """The entries with their personal values, where the key opens them."""
    with AllJournals(journal_file(), key) as journal:  # the other one is walking
        for entry in found:
            intent = entry.intent
            covered = intent.subject.redaction or any(change.redaction for change in intent.changes)
            yield entry._replace(intent=journal.reveal(entry)) if covered else entry


@contextmanager
def _output(path: Path) -> Iterator[TextIO]:
    """The standard output for `-`, else a new file for the operator's eyes only, which is complete or not
    there at all. Raises `ConsoleError`."""
    if str(path) == "-":
        write_data()
        yield sys.stdout
        return
    try:
        with new_private_text(path, newline="") as file:
            yield file
    except FileExistsError:
        raise ConsoleError(
            _("This file is there already"),
            _("{path} was left as it is.").format(path=sanitize(str(path))),
            _("Name another file, or remove that one first."),
        ) from None
    except OSError as error:
        reason = system_reason(error)
        raise ConsoleError(
            _("Nothing was exported"),
            _("Writing {path} failed: {reason}.").format(path=sanitize(str(path)), reason=reason),
            _("Name a file that can be written."),
        ) from error


def _wanted(args: argparse.Namespace) -> Filter:
    """The filter that words and options make up together. Raises `FilterRefused`."""
    options = vars(args)
    return parse_words([*args.words, *(f"{key}:{options[key]}" for key in KEYS if options[key] is not None)])


def open_own(key: bytes | None) -> Journal:
    """This host's journal; it is said where there is none."""
    path = journal_file()
    if not _is_there(path):
        _say_none(path)
    return Journal(path, key)


@contextmanager
def _open_all(key: bytes | None) -> Iterator[AllJournals]:
    """This host's journal with those of other hosts beside it; what of them cannot be read is said."""
    path = journal_file()
    with AllJournals(path, key) as journal:
        if not (_is_there(path) or journal.others):
            _say_none(path)
        try:
            yield journal
        finally:
            for words in journal.troubles:
                say(words)


def _is_there(path: Path) -> bool:
    with journal_errors(path):
        return path.exists()


def _say_none(path: Path) -> None:
    say(_("There is no journal yet: {path}").format(path=sanitize(str(path))))


def _key() -> bytes | None:
    """The journal's key, from the configured command or the keyring; says why a command gives none."""
    return key_of(journal_store())


def journal_store() -> "TokenStore":
    """What knows the journal's key."""
    from dfn_tui.service.tokens import everyday_store  # noqa: PLC0415  not needed by most commands

    try:
        command = load(config_file()).journal_key_command
    except ConfigError as error:  # the journal is read all the same
        say(error.happened)
        command = ()
    return everyday_store(key_command=command)


def key_of(store: "TokenStore") -> bytes | None:
    """The key, or why the configured command gives none, said."""
    from dfn_tui.service.tokens import find_key  # noqa: PLC0415  as above

    found = asyncio.run(find_key(store, make=False))
    if found.key is None and store.key_from_command:
        say(found.reason)
    return found.key


def _key_to_reveal() -> bytes | None:
    return _key_or(_("There is no key: sealed values stay masked."))


def key_for(wanted: Filter) -> bytes | None:
    """The key where finding needs it: personal ids are kept sealed."""
    words = _("There is no key: users named by an e-mail address or a phone number are not found.")
    return None if wanted.user is None else _key_or(words)


def _key_or(words: str) -> bytes | None:
    key = _key()
    if key is None:
        say(words)
    return key


def entry_view() -> RecordView[Entry]:
    """Entries, a row each; in CSV a row for each change."""
    headings = (
        Heading(_("No."), right=True),
        Heading(_("Time (KST)")),
        Heading(_("Connection"), least=6),
        Heading(_("User"), least=8, whole=True),
        Heading(_("Outcome"), least=9),
        Heading(_("Operator"), least=6),
        Heading(_("Change"), least=12),
    )
    return RecordView(
        record,
        COLUMNS,
        headings,
        lambda entry: [_cells(entry)],
        rows=row_records,
    )


def _cells(entry: Entry) -> Row:
    intent = entry.intent
    return (
        TableCell(ref_words(entry.ref)),
        TableCell(korean_time(entry.at)),
        TableCell(sanitize(intent.connection)),
        TableCell(sanitize(intent.subject.value)),
        _ending(entry),
        TableCell(account(intent.operator)),
        TableCell(_tagged_changes(entry)),
    )


def _ending(entry: Entry) -> TableCell:
    """The outcome as files have it, and of what a snapshot shows that it is only that."""
    if entry.outcome is None:
        return TableCell(OPEN, "danger")
    ending = entry.outcome.outcome
    if entry.in_snapshot:
        return TableCell(f"{ending.value}, {IN_SNAPSHOT}", outcome_role(ending), _("seen"))
    return TableCell(ending.value, outcome_role(ending))


def _tagged_changes(entry: Entry) -> str:
    """The ticket before the changes, where there is one."""
    return " · ".join(filter(None, (sanitize(entry.intent.incident), _changes(entry))))


def _changes(entry: Entry) -> str:
    """The first change of an entry, and how many there are besides."""
    if not entry.intent.changes:
        return "-"
    change, *others = entry.intent.changes
    words = _("{name}: {before} → {after}").format(
        name=sanitize(change.name, 40),
        before=_shown(change.before) if change.readable else "?",
        after=_("deleted") if change.after is None else _shown(change.after),
    )
    if not others:
        return words
    return _("{change} (and {count} more)").format(change=words, count=len(others))


def _shown(value: object) -> str:
    return "-" if value is None else sanitize(str(value), 40)
