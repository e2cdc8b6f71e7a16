"""`dfn-tui auth`: its arguments. What the commands do, and what they need, is imported when one runs."""

import argparse
from importlib import import_module

from dfn_tui.text import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the commands of `dfn-tui auth` and their options."""
    commands = parser.add_subparsers(dest="action", metavar=_("ACTION"), required=True)
    setting = commands.add_parser("set", help=_("keep a token: asked for, or piped in"))
    _add_connection(setting)
    _add_kind(setting, _("which token; the connection's first is the default"))
    setting.add_argument(
        "--store",
        choices=("keyring", "kernel"),
        help=_("keep it there: the system's keyring, or the Linux kernel's until the evening"),
    )
    status = commands.add_parser("status", help=_("where each token is from, and why not from elsewhere"))
    _add_connection(status)
    status.add_argument("--json", action="store_true", help=_("one JSON object a line"))
    deleting = commands.add_parser("delete", help=_("forget tokens in every store"))
    _add_connection(deleting)
    _add_kind(deleting, _("only this token"))


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--connection",
        default=argparse.SUPPRESS,  # or it would undo one that stands before the command
        metavar="NAME",
        help=_("this connection"),
    )


def _add_kind(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--kind", choices=("api", "import", "export"), help=words)


def run(args: argparse.Namespace) -> int:
    """Runs the command: 0 done, 4 trouble with a token. Raises `ConsoleError`."""
    return int(import_module("dfn_tui.cli.auth_commands").run(args))
