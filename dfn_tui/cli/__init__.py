"""The command line: each command imports what it needs when it runs, so that `--help` is instant."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from dfn_tui import __version__
from dfn_tui.cli.parser import CommandParser
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _

_ARGUMENTS = {
    "get": "dfn_tui.cli.arguments:add_get",
    "set": "dfn_tui.cli.arguments:add_set",
    "ci": "dfn_tui.cli.arguments:add_ci",
    "bulk": "dfn_tui.cli.bulk:add_bulk",
    "sandbox": "dfn_tui.sandbox.arguments:add_arguments",
    "journal": "dfn_tui.cli.arguments:add_journal",
    "auth": "dfn_tui.cli.arguments:add_auth",
    "doctor": "dfn_tui.cli.arguments:add_doctor",
    "completion": "dfn_tui.cli.arguments:add_completion",
    "help": "dfn_tui.cli.arguments:add_help",
}
"""The commands with arguments of their own, and what adds them; it also sets `run`, their function."""
_COLLECTED_LATER = (None, "demo", "get", "set", "ci")
"""Where garbage is collected again only half a second later: in the console, and after `session.started`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: an `ExitCode`, or 130 where it was stopped."""
    # Importing makes many objects and drops none: the console starts a tenth quicker where nobody looks for
    # some to collect, and looks again once it has painted.
    gc.disable()
    # pydantic would look through every installed package for plugins, and show them each token and consent.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    finally:
        gc.enable()


def _run(arguments: Sequence[str]) -> int:
    parser = _parser(arguments)
    args = _parsed(parser, arguments)
    if args.token_stdin and args.command is not None:
        parser.error(_("--token-stdin opens the console and goes with no command"))
    if args.open_user is not None and args.command not in (None, "demo"):
        parser.error(_("--user opens the console and goes with no command"))
    if args.command not in _COLLECTED_LATER:
        gc.enable()
    try:
        command = _function(args.run)
        if args.command not in _ARGUMENTS or args.command == "sandbox":  # they write no data
            return int(command(args))
        from dfn_tui.cli.output import guarded  # noqa: PLC0415  the console does not need it

        return guarded(lambda: int(command(args)))
    except ConsoleError as error:
        print(f"dfn-tui: {error.title}\n{error.happened}\n{error.next_step}", file=sys.stderr)
        from dfn_tui.cli.exit_codes import of_error  # noqa: PLC0415  not needed where nothing fails

        return of_error(error)


def _function(place: str) -> Callable[..., Any]:
    """The function that `module:function` names; the module is imported now."""
    module, _colon, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _parsed(parser: CommandParser, arguments: Sequence[str]) -> argparse.Namespace:
    args, stray = parser.parse_known_args(arguments)
    if stray:
        args.leaf.refuse(stray)
    return args


def whole_parser() -> CommandParser:
    """The command line with the options of every command."""
    return _parser(tuple(_ARGUMENTS))


def _parser(arguments: Sequence[str]) -> CommandParser:
    parser = CommandParser(
        prog="dfn-tui",
        description=_("A consent console for the terminal."),
        epilog=_(
            "Exit codes: 0 all done, 1 some users failed, 2 bad usage or input, 3 refused by a guard, "
            "4 token or permission, 5 network or server, 6 outcome unknown."
        ),
    )
    parser.add_argument("--version", action="version", version=f"dfn-tui {__version__}")
    parser.add_argument("-c", "--connection", metavar="NAME", help=_("open this connection"))
    parser.add_argument("--read-only", action="store_true", help=_("refuse every write"))
    parser.add_argument(
        "--token-stdin", action="store_true", help=_("read the token from a pipe, never keep it")
    )
    parser.add_argument("--user", dest="open_user", metavar="ID", help=_("open the console on this user"))
    parser.set_defaults(command=None, run="dfn_tui.cli.console:run")
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"))
    commands.add_parser("demo", help=_("open the console on a sandbox with made-up users"))
    commands.add_parser("get", help=_("show the consents and properties of users"))
    commands.add_parser("set", help=_("change consents and properties of users"))
    commands.add_parser("ci", help=_("show, set and delete the identifiers that messages are sent to"))
    commands.add_parser("bulk", help=_("plan, apply, verify and undo changes for many users at once"))
    commands.add_parser("sandbox", help=_("run both API versions on this machine"))
    commands.add_parser("journal", help=_("list, show, verify and export what was written, by whom and why"))
    commands.add_parser("auth", help=_("set and delete tokens, and see where each is from"))
    commands.add_parser("doctor", help=_("check this host, the terminal, the token, the server, the journal"))
    commands.add_parser("completion", help=_("print what a shell needs to complete these commands"))
    commands.add_parser("help", help=_("show the manual"))
    for name, adds in _ARGUMENTS.items():
        if name in arguments:  # its options need not be built for a start of the console
            _function(adds)(commands.choices[name])
    return parser
