"""`dfn-tui auth`: its arguments. What the commands do, and what they need, is imported when one runs."""

import argparse
from importlib import import_module

from dfn_tui.cli.options import add_connection
from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the commands of `dfn-tui auth` and their options."""
    commands = parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    setting = commands.add_parser("set", help=_("keep a token: asked for, or piped in"))
    add_connection(setting, _("this connection"))
    _add_kind(setting, _("which token; the connection's first is the default"))
    setting.add_argument(
        "--store",
        choices=("keyring", "kernel"),
        help=_("keep it there: the system's keyring, or the Linux kernel's until the evening"),
    )
    status = commands.add_parser("status", help=_("where each token is from, and why not from elsewhere"))
    add_connection(status, _("this connection"))
    status.add_argument("--json", action="store_true", help=_("one JSON object a line"))
    deleting = commands.add_parser("delete", help=_("forget tokens in every store"))
    add_connection(deleting, _("this connection"))
    _add_kind(deleting, _("only this token"))


def _add_kind(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--kind", choices=("api", "import", "export"), help=words)


def run(args: argparse.Namespace) -> int:
    """Runs the command: 0 done, 4 trouble with a token. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.auth_commands").run(args))
