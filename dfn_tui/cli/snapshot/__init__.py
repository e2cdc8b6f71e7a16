"""`dfn-tui snapshot`: what its commands take. What they do is imported when one runs."""

import argparse
from pathlib import Path

from dfn_tui.cli.arguments import add_actions, add_allow_unknown, add_connection, add_kind, add_reveal
from dfn_tui.text import _


def add_snapshot(parser: argparse.ArgumentParser) -> None:
    commands = add_actions(parser)
    taking = commands.add_parser("take", help=_("export everybody, or an audience, into a sealed file"))
    taking.set_defaults(run="dfn_tui.cli.snapshot.taking:take")
    add_connection(taking, _("over this connection"))
    words = _("only this audience, by its id in the web console")
    taking.add_argument("--audience", metavar="ID", help=words)
    words = _("this property too; may be repeated")
    taking.add_argument("--property", action="append", default=[], metavar="NAME", help=words)
    status = commands.add_parser("status", help=_("what the snapshot holds, and how many exports are left"))
    status.set_defaults(run="dfn_tui.cli.snapshot.showing:status")
    add_connection(status, _("of this connection"))
    _add_formats(status, ("table", "json", "jsonl"))
    showing = commands.add_parser("show", help=_("what it says of users, and what this host wrote since"))
    showing.set_defaults(run="dfn_tui.cli.snapshot.showing:show")
    showing.usage = _("%(prog)s [options] ID… | --from FILE")
    showing.add_argument("words", nargs="*", metavar="ID", help=_("a user; -: those on the standard input"))
    words = _("the users whose ids are in this file, one a line")
    showing.add_argument("--from", dest="file", type=Path, metavar="FILE", help=words)
    add_connection(showing, _("of this connection"))
    add_kind(showing)
    _add_formats(showing, ("table", "csv", "json", "jsonl"))
    add_reveal(showing)
    add_allow_unknown(showing)
    dropping = commands.add_parser("drop", help=_("remove the snapshot"))
    dropping.set_defaults(run="dfn_tui.cli.snapshot.taking:drop")
    add_connection(dropping, _("of this connection"))


def _add_formats(parser: argparse.ArgumentParser, forms: tuple[str, ...]) -> None:
    words = _("one of {forms}; jsonl is an object a line").format(forms=", ".join(forms))
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--format", choices=forms, default="table", help=words)
    given.add_argument("--json", action="store_true", help=_("the same as --format jsonl"))
