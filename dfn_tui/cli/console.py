"""Opens the console."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dfn_tui import paths
from dfn_tui.app import ConsoleApp
from dfn_tui.cli.choice import chosen, required
from dfn_tui.cli.ids import one_id
from dfn_tui.cli.stdin import is_terminal, piped_token, reopen_terminal
from dfn_tui.config import Config, load
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.theming import theme_for
from dfn_tui.service.connections import Connections
from dfn_tui.service.tokens import TOKEN_KINDS, Piped
from dfn_tui.text import _

if TYPE_CHECKING:
    import argparse
    from types import SimpleNamespace


def run(args: "argparse.Namespace | SimpleNamespace") -> int:
    """Opens the console on the connection asked for. Raises `ConsoleError` before anything is painted."""
    config = load(paths.config_file())
    demo = args.command == "demo"
    start = None if demo else chosen(config, args.connection)
    user = None if args.open_user is None else one_id(args.open_user)
    connections = Connections(
        config,
        read_only=args.read_only,
        incident=args.incident or "",
        keep_edits=True,
        # Not kept here as well: it is dropped when the console locks.
        piped=_piped(config, args.connection) if args.token_stdin else None,
    )
    _need_terminal()
    theme = theme_for(os.environ, config.theme)
    app = ConsoleApp(
        connections,
        start.name if start else None,
        demo=demo,
        user=user,
        theme=theme,
        ascii_glyphs=config.ascii_glyphs,
    )
    app.run(mouse=takes_mouse(os.environ, config.mouse))
    if app.defect is not None:
        from dfn_tui.cli.defects import report  # noqa: PLC0415  not needed where nothing fails

        return report(app.defect)
    return app.return_code or 0


def takes_mouse(environ: Mapping[str, str], asked: bool | None) -> bool:
    """Whether the console takes the mouse: as asked for, or where the terminal is local. Over SSH each click
    has the whole way to go, and a line that drops would leave the terminal reporting clicks to the shell."""
    remote = any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))
    return not remote if asked is None else asked


def _need_terminal() -> None:
    """Raises `ConsoleError` where the console could not be seen or typed into."""
    names = (_("standard input"), _("standard output"), _("standard error"))
    missing = [name for fd, name in enumerate(names) if not is_terminal(fd)]
    if missing:
        raise ConsoleError(
            _("There is no terminal"),
            _("The console needs a terminal, and this is none: {names}.").format(names=", ".join(missing)),
            _("Start it from a terminal (over SSH: ssh -t), and redirect nothing."),
        )
    kind = os.environ.get("TERM", "")
    if sys.platform != "win32" and kind in ("", "dumb", "unknown"):
        raise ConsoleError(
            _("This terminal cannot show the console"),
            _("TERM is {kind}: a terminal that cannot place a character anywhere on its screen.").format(
                kind=f"“{kind}”" if kind else _("not set")
            ),
            _("Start it from another one. Where yours can, say which it is: TERM=vt100 dfn-tui"),
        )


def _piped(config: Config, asked: str | None) -> Piped:
    """For the connection that is opened and no other: another one's server must never see it."""
    connection = required(config, asked)
    token = piped_token()
    reopen_terminal()
    return Piped(connection.name, TOKEN_KINDS[connection.api][0], token)
