"""The command line: each command imports what it needs when it runs, so that `--help` is instant."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from dfn_tui import __version__
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code: 0 done, 1 the sandbox could not run, 2 bad usage
    or a configuration that is not right."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments[0] if arguments else None)
    args = parser.parse_args(arguments)
    try:
        if args.command == "sandbox":
            return int(import_module("dfn_tui.sandbox.command").run(args))
        return int(import_module("dfn_tui.cli.console").run(args))
    except ConsoleError as error:
        print(f"dfn-tui: {error.title}\n{error.happened}\n{error.next_step}", file=sys.stderr)
        return 2


def _parser(first: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dfn-tui", description=_("A consent console for the terminal."))
    parser.add_argument("--version", action="version", version=f"dfn-tui {__version__}")
    parser.add_argument("-c", "--connection", metavar="NAME", help=_("open this connection"))
    parser.add_argument("--read-only", action="store_true", help=_("refuse every write"))
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"))
    commands.add_parser("demo", help=_("open the console on a sandbox with made-up users"))
    sandbox = commands.add_parser("sandbox", help=_("run both product generations on this machine"))
    if first == "sandbox":  # its options are many, and need not be built for a start of the console
        import_module("dfn_tui.sandbox.command").add_arguments(sandbox)
    return parser
