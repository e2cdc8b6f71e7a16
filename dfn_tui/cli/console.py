"""Opens the console."""

import argparse

from dfn_tui import paths
from dfn_tui.app import ConsoleApp
from dfn_tui.config import Config, load
from dfn_tui.errors import ConsoleError
from dfn_tui.service import Connections
from dfn_tui.text import _, inert


def run(args: argparse.Namespace) -> int:
    """Opens the console on the connection asked for. Raises `ConsoleError` before anything is painted."""
    config = load(paths.config_file())
    connections = Connections(config, read_only=args.read_only)
    demo = args.command == "demo"
    app = ConsoleApp(connections, None if demo else _start(config, args.connection), demo=demo)
    app.run(mouse=False)
    return app.return_code or 0


def _start(config: Config, asked: str | None) -> str | None:
    if asked is None:
        return config.default
    if asked not in config.connections:
        raise ConsoleError(
            _("No such connection"),
            _("{name} is not in the configuration.").format(name=inert(asked, 64)),
            _("Choose one of: {names}.").format(names=", ".join(config.connections) or "-"),
        )
    return asked
