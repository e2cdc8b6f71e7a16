"""`dfn-tui journal`: reads the journal, and never writes to it."""

import argparse
import asyncio
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TextIO

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import ProgressLine, json_line, say, write_data, write_json, write_lines
from dfn_tui.errors import ConsoleError
from dfn_tui.files import new_private_text
from dfn_tui.service.history import KEYS, entry_lines, outcome_lines, parse_words
from dfn_tui.service.history_export import COLUMNS, OPEN, outcome_record, record, rows
from dfn_tui.store import Entry, Filter, Journal, explain_redaction, explain_verification, journal_file
from dfn_tui.text import _, ngettext, padded, sanitize, width
from dfn_tui.text.korea import korean_time


def list_(args: argparse.Namespace) -> int:
    """Shows the newest entries that fit. Raises `ConsoleError`."""
    wanted = _wanted(args)
    with _open(_key_for(wanted)) as journal:
        found = journal.find(wanted, limit=args.limit + 1)
    shown = found[: args.limit]
    if args.json:
        write_json(map(record, shown))
    else:
        write_lines(_table(shown))
    if len(found) > args.limit:
        say(_("There are more: --limit shows more of them, and “export” writes all."))
    elif not found:
        say(_("No entry fits."))
    return 0


def show(args: argparse.Namespace) -> int:
    """Shows one entry: 0 done, 1 not found. Raises `ConsoleError`."""
    key = _key_to_reveal() if args.reveal else None
    with _open(key) as journal:
        entry = journal.entry(args.seq)
        if entry is None:
            no_change = _("Entry {seq} is no change: it says how a change ended, or is a note.")
            words = no_change if args.seq <= journal.count() else _("There is no entry {seq}.")
            say(words.format(seq=args.seq))
            return ExitCode.SOME_FAILED
        outcomes = journal.outcomes(args.seq)
        if args.reveal:
            entry = entry._replace(intent=journal.reveal(entry))
    if args.json:
        write_json([record(entry) | {"outcomes": [outcome_record(outcome) for outcome in outcomes]}])
    else:
        write_lines((*entry_lines(entry), *_covers(entry), *outcome_lines(outcomes)))
    return 0


def _covers(entry: Entry) -> Iterator[str]:
    """Why what is masked is masked."""
    subject = entry.intent.subject
    for name, cover in [
        (subject.kind, subject.redaction),
        *((change.name, change.redaction) for change in entry.intent.changes),
    ]:
        if cover is not None:
            yield _("{name} is masked. {reason}").format(name=sanitize(name), reason=explain_redaction(cover))


def verify(args: argparse.Namespace) -> int:
    """Names the first entry that is not as it was written: 0 none, 1 there is one. Raises `ConsoleError`."""
    with _open(_key()) as journal, ProgressLine() as progress:
        found = journal.verify(
            lambda seq, count: progress.show(
                _("{seq} of {count} entries read").format(seq=f"{seq:,}", count=f"{count:,}")
            )
        )
    words = explain_verification(found)
    if args.json:
        value = {"whole": found.whole, "entries": found.entries, "fault": found.fault, "seq": found.seq}
        write_json([value | {"signed": found.signed, "message": words}])
    else:
        write_lines([words])
    return 0 if found.whole else ExitCode.SOME_FAILED


def export(args: argparse.Namespace) -> int:
    """Writes every entry that fits to a file. Raises `ConsoleError`."""
    if args.bom and args.format != "csv":
        raise ConsoleError(
            _("Nothing was exported"), _("JSON begins with no mark."), _("Leave --bom out, or choose csv.")
        )
    wanted = _wanted(args)
    key = _key_to_reveal() if args.reveal else _key_for(wanted)
    with _open(key) as journal, closing(journal.walk(wanted)) as found, _output(args.output) as file:
        if args.bom:
            file.write("\ufeff")
        with ProgressLine(beside_data=file is sys.stdout) as progress:
            entries = _uncovered(found, key) if args.reveal else found
            count = _write(file, entries, progress, as_csv=args.format == "csv")
    words = ngettext("{count} entry was exported.", "{count} entries were exported.", count)
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
    return count


def _uncovered(found: Iterable[Entry], key: bytes | None) -> Iterator[Entry]:
    with Journal(journal_file(), key) as journal:  # the other one is walking
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
        reason = error.strerror or type(error).__name__
        raise ConsoleError(
            _("Nothing was exported"),
            _("Writing {path} failed: {reason}.").format(path=sanitize(str(path)), reason=reason),
            _("Name a file that can be written."),
        ) from error


def _wanted(args: argparse.Namespace) -> Filter:
    """The filter that words and options make up together. Raises `FilterRefused`."""
    options = vars(args)
    return parse_words([*args.words, *(f"{key}:{options[key]}" for key in KEYS if options[key] is not None)])


def _open(key: bytes | None) -> Journal:
    path = journal_file()
    if not path.exists():
        say(_("There is no journal yet: {path}").format(path=sanitize(str(path))))
    return Journal(path, key)


def _key() -> bytes | None:
    """The journal's key, if the keyring holds one and gives it within three seconds."""
    credentials = import_module("dfn_tui.credentials")  # slow, and not needed by most commands
    key: bytes | None = asyncio.run(credentials.TokenStore().journal_key(make=False))
    return key


def _key_to_reveal() -> bytes | None:
    return _key_or(_("The keyring gives no key: sealed values stay masked."))


def _key_for(wanted: Filter) -> bytes | None:
    """The key where finding needs it: personal ids are kept sealed."""
    words = _("The keyring gives no key: users named by an e-mail address or a phone number are not found.")
    return None if wanted.user is None else _key_or(words)


def _key_or(words: str) -> bytes | None:
    key = _key()
    if key is None:
        say(words)
    return key


def _table(found: Sequence[Entry]) -> Iterator[str]:
    """The entries in columns; the last one is as long as it needs to be."""
    if not found:
        return
    header = (_("No."), _("Time (KST)"), _("Connection"), _("User"), _("Outcome"), _("Operator"), _("Change"))
    lines = [header, *map(_columns, found)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *others, last = line
        cells = [first.rjust(widths[0]), *map(padded, others, widths[1:-1]), last]
        yield "  ".join(cells)


def _columns(entry: Entry) -> tuple[str, ...]:
    intent, who = entry.intent, entry.intent.operator
    operator = sanitize(who.user)
    if who.sudo_user:
        operator = _("{user} (sudo from {sudo_user})").format(
            user=operator, sudo_user=sanitize(who.sudo_user)
        )
    return (
        str(entry.seq),
        korean_time(entry.at),
        sanitize(intent.connection),
        sanitize(intent.subject.value),
        entry.outcome.outcome.value if entry.outcome else OPEN,
        operator,
        _changes(entry),
    )


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
