"""What `dfn-tui journal archive` takes."""

import argparse

from dfn_tui.text import _


def add_archive(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="archive_action", metavar=_("ACTION"), required=True)
    making = commands.add_parser("init", help=_("make the table and both roles (PostgreSQL)"))
    making.set_defaults(run="dfn_tui.cli.archive:init")
    words = _("connect as this role, which may make them (no password in it: that is asked for)")
    making.add_argument("--dsn", metavar="DSN", help=words)
    making.add_argument("--print", action="store_true", help=_("print the statements, and run nothing"))
    words = _("the role that inserts; without: that of the configuration, or dfn_tui_writer")
    making.add_argument("--writer", metavar="ROLE", help=words)
    words = _("the role that reads; without: that of the configuration, or dfn_tui_reader")
    making.add_argument("--reader", metavar="ROLE", help=words)
    sending = commands.add_parser("send", help=_("send what is not archived yet, all of it"))
    sending.set_defaults(run="dfn_tui.cli.archive:send_")
    keeping = commands.add_parser("password", help=_("keep a role's password in the keyring"))
    keeping.set_defaults(run="dfn_tui.cli.archive:password")
    keeping.add_argument("role", choices=("writer", "reader"), help=_("whose"))
