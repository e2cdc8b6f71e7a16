"""The command line: each command imports what it needs when it runs, so that `--help` is instant."""

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from dfn_tui import __version__
from dfn_tui.errors import ConsoleError, TokenTrouble
from dfn_tui.text import _

_MODULES = {
    "sandbox": "dfn_tui.sandbox.command",
    "journal": "dfn_tui.cli.journal",
    "auth": "dfn_tui.cli.auth",
    "doctor": "dfn_tui.cli.doctor",
}
"""The commands with arguments of their own: `add_arguments` adds them, `run` runs the command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0 done, 1 the sandbox could not run, the journal
    does not hold what was asked for or the doctor found a fault, 2 bad usage or a configuration or journal
    that is not right, 4 trouble with a token."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments)
    args = parser.parse_args(arguments)
    if args.token_stdin and args.command is not None:
        parser.error(_("--token-stdin opens the console and goes with no command"))
    if args.command not in _MODULES:
        # Importing makes many objects and drops none: the console starts a tenth quicker where nobody looks
        # for some to collect, and looks again once it has painted.
        gc.disable()
    try:
        return int(import_module(_MODULES.get(args.command, "dfn_tui.cli.console")).run(args))
    except ConsoleError as error:
        print(f"dfn-tui: {error.title}\n{error.happened}\n{error.next_step}", file=sys.stderr)
        return 4 if isinstance(error, TokenTrouble) else 2
    finally:
        gc.enable()


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dfn-tui", description=_("A consent console for the terminal."))
    parser.add_argument("--version", action="version", version=f"dfn-tui {__version__}")
    parser.add_argument("-c", "--connection", metavar="NAME", help=_("open this connection"))
    parser.add_argument("--read-only", action="store_true", help=_("refuse every write"))
    parser.add_argument(
        "--token-stdin", action="store_true", help=_("read the token from a pipe, never keep it")
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"))
    commands.add_parser("demo", help=_("open the console on a sandbox with made-up users"))
    commands.add_parser("sandbox", help=_("run both product generations on this machine"))
    commands.add_parser("journal", help=_("list, show, verify and export what was written, by whom and why"))
    commands.add_parser("auth", help=_("set and delete tokens, and see where each is from"))
    commands.add_parser("doctor", help=_("check this host, the terminal, the token, the server, the journal"))
    for name, module in _MODULES.items():
        if name in arguments:  # its options need not be built for a start of the console
            import_module(module).add_arguments(commands.choices[name])
    return parser
