"""The command line: each command imports what it needs when it runs, so that `--help` is instant."""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from dfn_tui import __version__
from dfn_tui.errors import ConsoleError
from dfn_tui.text import N_, _

if TYPE_CHECKING:
    import argparse

    from dfn_tui.cli.parser import CommandParser

_COMMANDS = {
    "demo": ("", N_("open the console on a sandbox with made-up users")),
    "get": ("cli.arguments", N_("show the consents and properties of users")),
    "set": ("cli.arguments", N_("change consents and properties of users")),
    "ci": ("cli.arguments", N_("show, set and delete the identifiers that messages are sent to")),
    "undo": ("cli.arguments", N_("take back what entries of the journal changed")),
    "history": ("cli.arguments", N_("show who changed a user, when, why, and how it ended")),
    "kept": ("cli.arguments", N_("show what was staged in consoles that are gone, and not sent")),
    "receipt": ("cli.arguments", N_("show what each consent of a user is and rests on")),
    "duties": (
        "cli.arguments",
        N_("show who is to be told or to confirm by when, and note that it was done"),
    ),
    "sending": ("cli.arguments", N_("show when advertising may go out to users, by channel")),
    "watch": ("cli.arguments", N_("read users again and again, and tell what changed")),
    "bulk": ("cli.bulk", N_("plan, apply, verify and undo changes for many users at once")),
    "preflight": ("cli.bulk", N_("tell who of a list may be sent a campaign, and write both lists")),
    "snapshot": ("cli.snapshot", N_("export everybody's consents (version 2), and look users up in that")),
    "optout": ("cli.bulk", N_("withdraw a consent of the owners of phone numbers (version 2)")),
    "sandbox": ("sandbox.arguments", N_("run both API versions on this machine")),
    "journal": (
        "cli.journal_arguments",
        N_("list, show, verify and export what was written, by whom and why"),
    ),
    "auth": ("cli.arguments", N_("set and delete tokens, and see where each is from")),
    "connections": ("cli.arguments", N_("list the connections, and test one: token and server")),
    "doctor": ("cli.arguments", N_("check this host, the terminal, the token, the server, the journal")),
    "completion": ("cli.arguments", N_("print what a shell needs to complete these commands")),
    "help": ("cli.arguments", N_("show the manual")),
}
"""The module with `add_NAME`, which adds a command's arguments and sets `run`, its function; what it does."""
_CONSOLE = "dfn_tui.cli.console:run"
_WITHOUT_DATA = (None, "demo", "sandbox")
_COLLECTED_LATER = (None, "demo", "get", "set", "ci", "sending")
"""Where garbage is collected again only half a second later: in the console, and after `session.started`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code, an `ExitCode`."""
    _open_streams()
    # Importing makes many objects and drops none: the console starts a tenth quicker where nobody looks for
    # some to collect, and looks again once it has painted.
    gc.disable()
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]  # some write what is typed, a token too, to a file or to another program
    _keep_out_plugins()
    try:
        from dfn_tui.cli.language import settle  # noqa: PLC0415  it reads files: not before the streams are open

        return _run(settle(sys.argv[1:] if argv is None else argv))
    except Exception as defect:  # noqa: BLE001  whatever it is, nobody may see values in a traceback
        from dfn_tui.cli.defects import report  # noqa: PLC0415  not needed where nothing fails

        return report(defect)
    finally:
        gc.enable()


def _keep_out_plugins() -> None:
    """pydantic would look for plugins in all packages there are, and show them each token and consent."""
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    # Told not to, it would still import what looks for them, and importlib.metadata with it: 0.8 MiB.
    name = "pydantic.plugin._loader"
    if name not in sys.modules:
        sys.modules[name] = loader = ModuleType(name)
        vars(loader)["get_plugins"] = tuple


def _open_streams() -> None:
    """Puts something in the place of a standard stream that was closed, as by `>&-`: the next file that is
    opened would get its number, and what is said would be written into the journal."""
    for fd, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(fd)
        except OSError:
            # Data that cannot be written is missed; what is said about it is not.
            os.open(os.devnull, os.O_RDWR if name == "stderr" else os.O_RDONLY)
            setattr(sys, name, os.fdopen(fd, mode, encoding="utf-8", closefd=False))


def _run(arguments: Sequence[str]) -> int:
    try:
        args = _understood(arguments) if arguments else without_arguments()
    except SystemExit:  # after --help, --version or a slip
        from dfn_tui.cli.output import flushed  # noqa: PLC0415  no command needs it here

        flushed()
        raise
    if args.command not in _COLLECTED_LATER:
        gc.enable()
    try:
        command = _function(args.run)
        if args.command in _WITHOUT_DATA:
            return int(command(args))
        from dfn_tui.cli.output import guarded  # noqa: PLC0415  the console does not need it

        return guarded(lambda: int(command(args)))
    except ConsoleError as error:
        from dfn_tui.cli.output import say  # noqa: PLC0415  as above

        say(f"dfn-tui: {error.title}\n{error.happened}\n{error.next_step}")
        from dfn_tui.cli.exit_codes import of_error  # noqa: PLC0415  not needed where nothing fails

        return of_error(error)


def without_arguments() -> "argparse.Namespace | SimpleNamespace":
    """What the program's name alone asks for. A parser that would find nothing to parse takes a hundredth
    of a start."""
    asked = dict.fromkeys(("command", "connection", "open_user", "incident"))
    return SimpleNamespace(**asked, read_only=False, token_stdin=False, typed=(), run=_CONSOLE)


def _understood(arguments: Sequence[str]) -> "argparse.Namespace":
    """The arguments as their parser understands them. Raises SystemExit after help, and after a slip."""
    parser = _parser(arguments)
    args = _parsed(parser, arguments)
    args.typed = tuple(arguments)
    if args.token_stdin and args.command is not None:
        parser.error(_("--token-stdin opens the console and goes with no command"))
    if args.open_user is not None and args.command not in (None, "demo"):
        parser.error(_("--user opens the console and goes with no command"))
    if args.incident is not None and args.command not in (None, "demo") and not args.leaf.has("--incident"):
        args.leaf.error(_("--incident goes with the console, what writes, and lists of the journal"))
    return args


def _function(place: str) -> Callable[..., Any]:
    """The function that `module:function` names; the module is imported now."""
    module, _colon, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _parsed(parser: "CommandParser", arguments: Sequence[str]) -> "argparse.Namespace":
    args, stray = parser.parse_known_args(arguments)
    if stray:
        args.leaf.refuse(stray)
    return args


def whole_parser() -> "CommandParser":
    """The command line with the options of every command."""
    return _parser(tuple(_COMMANDS))


def _parser(arguments: Sequence[str]) -> "CommandParser":
    from argparse import SUPPRESS  # noqa: PLC0415  a start without arguments has no parser

    from dfn_tui.cli.language import CHOICES, OPTION  # noqa: PLC0415  as above
    from dfn_tui.cli.parser import CommandParser, incident  # noqa: PLC0415  as above

    parser = CommandParser(
        prog="dfn-tui",
        description=_("A consent console for the terminal."),
        epilog=_(
            "Exit codes: 0 all done, 1 some users or rows not as asked, 2 bad usage or input, 3 refused by a "
            "guard, 4 token or permission, 5 network or server, 6 outcome unknown, 70 a defect, 130 stopped."
        ),
    )
    words = _("show the version and exit")
    parser.add_argument("--version", action="version", version=f"dfn-tui {__version__}", help=words)
    parser.add_argument("-c", "--connection", metavar="NAME", help=_("open this connection"))
    parser.add_argument("--read-only", action="store_true", help=_("refuse every write"))
    parser.add_argument(
        "--token-stdin", action="store_true", help=_("read the token from a pipe, never keep it")
    )
    parser.add_argument("--user", dest="open_user", metavar="ID", help=_("open the console on this user"))
    words = _("speak English, Korean, or what the environment says")
    parser.add_argument(OPTION, choices=CHOICES, default=SUPPRESS, help=words)  # heard before, by `settle`
    words = _("the ticket that this is done for: the reason of what is sent, and a tag in the journal")
    parser.add_argument("-i", "--incident", type=incident, metavar="ID", help=words)
    parser.set_defaults(command=None, run=_CONSOLE)
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"))
    console = list(arguments) == ["demo"]
    for name, (module, words) in _COMMANDS.items():
        if console and name not in arguments:
            continue  # a start of the console: no help is asked for, and no word can be a slip
        command = commands.add_parser(name, help=_(words))
        if module and name in arguments:  # its options need not be built for a start of the console
            _function(f"dfn_tui.{module}:add_{name}")(command)
    return parser
