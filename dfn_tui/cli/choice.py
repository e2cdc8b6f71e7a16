"""Which connection a command is about."""

from dfn_tui.config import Config, Connection
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _, sanitize


def chosen(config: Config, asked: str | None) -> Connection | None:
    """The connection asked for, else the configuration's default, which may be None.

    Raises `ConsoleError` where there is none of that name.
    """
    name = config.default if asked is None else asked
    if name is None:
        return None
    if name not in config.connections:
        raise ConsoleError(
            _("No such connection"),
            _("{name} is not in the configuration.").format(name=sanitize(name, 64)),
            _("Choose one of: {names}.").format(names=", ".join(config.connections) or "-"),
        )
    return config.connections[name]


def only_or_chosen(config: Config, asked: str | None) -> Connection | None:
    """Like `chosen`, else the only one there is. Never several: a token from the environment would go to
    each of their servers. Raises `ConsoleError`."""
    found = chosen(config, asked)
    if found is None and len(config.connections) == 1:
        (found,) = config.connections.values()
    return found


def required(config: Config, asked: str | None) -> Connection:
    """Like `chosen`; raises `ConsoleError` where nothing was asked for and there is no default."""
    connection = chosen(config, asked)
    if connection is None:
        raise ConsoleError(
            _("No connection was named"),
            _("The configuration names no default connection."),
            _("Name one with -c. The configuration has: {names}.").format(
                names=", ".join(config.connections) or "-"
            ),
        )
    return connection
