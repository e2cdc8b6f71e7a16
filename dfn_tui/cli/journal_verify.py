"""`dfn-tui journal verify` and `head`: whether the journals hold what was written to them, and how far."""

import argparse
import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dfn_tui.cli.colours import paint
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.journal import journal_store, key_of, open_own
from dfn_tui.cli.output import ProgressLine, say
from dfn_tui.cli.tables import Heading, TableCell
from dfn_tui.service.archive.words import left_words
from dfn_tui.store import Journal, JournalError, explain_verification, journal_file
from dfn_tui.store.archive_verify import ArchiveVerification, explain_comparison
from dfn_tui.store.hosts import copied, other_journals
from dfn_tui.text import _, sanitize

if TYPE_CHECKING:
    from dfn_tui.service.journal_heads import KnownHeads


def verify(args: argparse.Namespace) -> int:
    """Names the first entry that is not as it was written: 0 none, 1 there is one. Raises `ConsoleError`."""
    key, heads = _key_and_heads()
    known = [*args.head, *asyncio.run(heads.read(key))]
    with open_own(key) as journal, ProgressLine() as progress:
        found = journal.verify(
            lambda seq, count: progress.show(
                _("{seq} of {count} entries read").format(seq=f"{seq:,}", count=f"{count:,}")
            ),
            known,
        )
        if args.accept:
            asyncio.run(heads.keep(journal.head(), key))
            say(_("From now on the journal is known as it is now."))
        archived = _archived(progress) if args.against else None
    others = _others_verified(key, heads)
    words = explain_verification(found)
    whole = found.whole and (archived is None or archived.fault is None)
    value: dict[str, object] = {"whole": found.whole, "entries": found.entries, "fault": found.fault}
    value |= {"seq": found.seq, "signed": found.signed, "message": words, "journal": ""}
    if archived is not None:
        words = f"{words} {explain_comparison(archived)}"
        value |= {"whole": whole, "message": words, "archived": archived.archived}
        value |= {"archive_fault": archived.fault, "archive_seq": archived.seq}
    _say_left()
    values = [value, *(dict.fromkeys(value) | one for one in others)]
    view: RecordView[dict[str, object]] = RecordView(
        lambda one: one,
        tuple(value),
        [Heading(_("journal"))],
        lambda one: [[TableCell(str(one["message"]), _role(one))]],
        lambda one: [paint(str(one["message"]), _role(one))],
    )
    write_records(args, values, view, lines_seen=True)
    return 0 if all(one["whole"] for one in values) else ExitCode.SOME_FAILED


def _role(value: Mapping[str, object]) -> str:
    return "ok" if value["whole"] else "danger"


def _others_verified(key: bytes | None, heads: "KnownHeads") -> list[dict[str, object]]:
    """The same of the journals of other hosts, each by what is remembered beside it."""
    found: list[dict[str, object]] = []
    for other in other_journals(journal_file()):
        host = sanitize(other.host, 60)
        value: dict[str, object] = {"whole": False, "entries": 0, "fault": None, "seq": None, "signed": None}
        try:
            known = asyncio.run(heads.of(other.path).read(key))
            with copied(other.path) as copy, Journal(copy, key) as journal:
                seen = journal.verify(None, known)
        except JournalError as error:
            words = _("The journal of {host} cannot be read, and its entries are missing: {why}")
            found.append(value | {"journal": host, "message": words.format(host=host, why=error.title)})
            continue
        words = _("{host}: {found}").format(host=host, found=explain_verification(seen))
        value = {"whole": seen.whole, "entries": seen.entries, "fault": seen.fault, "journal": host}
        found.append(value | {"seq": seen.seq, "signed": seen.signed, "message": words})
    return found


def _archived(progress: ProgressLine) -> ArchiveVerification:
    """The journal beside its archive. Raises `ConsoleError`."""
    from dfn_tui.cli.archive import verified  # noqa: PLC0415  only where it is asked for

    return verified(
        lambda count, _all: progress.show(_("{count} archived entries read").format(count=f"{count:,}"))
    )


def _say_left() -> None:
    """How far behind the archive is, where there is one."""
    from dfn_tui.cli.archive import left  # noqa: PLC0415  only to verify

    if count := left():
        say(left_words(count, ""))


def head(args: argparse.Namespace) -> int:
    """Prints the head, to be kept elsewhere. Raises `ConsoleError`."""
    with open_own(None) as journal:
        found = journal.head()
    value: dict[str, object] = {"head": found.text, "entries": found.seq, "hash": found.hash.hex()}
    view: RecordView[str] = RecordView(
        lambda _words: value,
        tuple(value),
        [Heading(_("head"))],
        lambda words: [[TableCell(words)]],
        lambda words: [words],
    )
    write_records(args, [found.text], view, lines_seen=True)
    return 0


def _key_and_heads() -> "tuple[bytes | None, KnownHeads]":
    """The key, and what the journal is known to have held."""
    from dfn_tui.service.journal_heads import KnownHeads  # noqa: PLC0415  only to verify

    store = journal_store()
    return key_of(store), KnownHeads(journal_file(), store)
