"""Opens the console."""

import argparse

from dfn_tui import paths
from dfn_tui.app import ConsoleApp
from dfn_tui.cli.choice import chosen, required
from dfn_tui.cli.stdin import piped_token, reopen_terminal
from dfn_tui.config import Config, load
from dfn_tui.service import Connections
from dfn_tui.service.tokens import TOKEN_KINDS, Piped


def run(args: argparse.Namespace) -> int:
    """Opens the console on the connection asked for. Raises `ConsoleError` before anything is painted."""
    config = load(paths.config_file())
    demo = args.command == "demo"
    start = None if demo else chosen(config, args.connection)
    piped = _piped(config, args.connection) if args.token_stdin else None
    connections = Connections(config, read_only=args.read_only, piped=piped)
    app = ConsoleApp(connections, start.name if start else None, demo=demo)
    app.run(mouse=False)
    return app.return_code or 0


def _piped(config: Config, asked: str | None) -> Piped:
    """For the connection that is opened and no other: another one's server must never see it."""
    connection = required(config, asked)
    token = piped_token()
    reopen_terminal()
    return Piped(connection.name, TOKEN_KINDS[connection.api][0], token)
