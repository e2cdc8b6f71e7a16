"""What `dfn-tui journal …` takes."""

import argparse
from pathlib import Path

from dfn_tui.cli.archive_arguments import add_archive
from dfn_tui.cli.arguments import add_actions, add_filters, add_formats, add_limit, add_uncovering, up_to
from dfn_tui.text import _

_LARGEST_NUMBER = 2**63 - 1


def add_journal(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    listing = commands.add_parser("list", help=_("the newest entries"))
    listing.set_defaults(run="dfn_tui.cli.journal:list_")
    add_filters(listing)
    add_limit(listing)
    add_formats(listing)
    showing = commands.add_parser("show", help=_("one entry with all its outcomes"))
    showing.set_defaults(run="dfn_tui.cli.journal:show")
    words = _("the entry's number; NUMBER@HOST of another host's journal")
    showing.add_argument("seq", type=_entry, metavar="N", help=words)
    add_uncovering(showing)
    add_formats(showing)
    verifying = commands.add_parser("verify", help=_("name the first entry that is not as it was written"))
    verifying.set_defaults(run="dfn_tui.cli.journal_verify:verify")
    words = _("the journal held this once (SEQ:HASH, of “journal head”); may be given again")
    verifying.add_argument("--head", action="append", type=_head, default=[], metavar="HEAD", help=words)
    words = _("take the journal as it is now for what it held, after it was moved away or mended")
    verifying.add_argument("--accept", action="store_true", help=words)
    words = _("look whether it still holds what was archived of it, too")
    verifying.add_argument("--against", choices=("archive",), help=words)
    add_formats(verifying)
    heading = commands.add_parser("head", help=_("print how far the journal goes, to be kept elsewhere"))
    heading.set_defaults(run="dfn_tui.cli.journal_verify:head")
    add_formats(heading)
    _add_export(commands.add_parser("export", help=_("every entry that fits, to a file")))
    add_archive(commands.add_parser("archive", help=_("keep a copy where no operator can change it")))


def _entry(text: str) -> int | str:
    """An entry as lists call it: of another host with its name."""
    digits, at_sign, host = text.partition("@")
    if at_sign and not host:
        raise argparse.ArgumentTypeError(_("a number, or NUMBER@HOST"))
    number = up_to(_LARGEST_NUMBER)(digits)
    return f"{number}@{host}" if at_sign else number


def _head(text: str) -> object:
    from dfn_tui.store.known_head import KnownHead  # noqa: PLC0415  only where one is given

    found = KnownHead.read(text)
    if found is None:
        raise argparse.ArgumentTypeError(_("a number, a colon and 64 hexadecimal digits"))
    return found


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run="dfn_tui.cli.journal:export")
    add_filters(parser)
    words = _("csv: a row for each change; jsonl (or json): an object for each entry, one a line")
    parser.add_argument("--format", choices=("csv", "json", "jsonl"), required=True, help=words)
    words = _("a new file that only you can read; -, the default, is the standard output")
    parser.add_argument("-o", "--output", type=Path, default=Path("-"), metavar="FILE", help=words)
    parser.add_argument("--bom", action="store_true", help=_("begin the CSV with the mark Excel looks for"))
    add_uncovering(parser)
