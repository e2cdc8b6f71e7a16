"""Adding to `config.toml` without disturbing what an operator wrote there."""

import json
from pathlib import Path

from dfn_tui.config.model import Config, ConfigError, Connection
from dfn_tui.config.reading import parse, read_text
from dfn_tui.config.schema import dotted, validate
from dfn_tui.errors import system_reason
from dfn_tui.temporary import replace_private
from dfn_tui.text import _


def add_connection(config: Config, connection: Connection) -> Config:
    """Adds a connection to the file at `config.path` and gives the configuration as it is now.

    The file is read again first, so that what another console or an editor wrote since is kept, with its
    comments and order. The first connection of all becomes the default. The change takes effect as a whole
    or not at all, and what is written is one the console can read back. A new folder is open to
    its owner alone, and so is the file.

    Raises `ConfigError` if the connection is not right or its name is taken, if the file is not right as it
    stands or leaves no room for a table at its end, or if it cannot be written.
    """
    path = config.path
    before = read_text(path) or ""
    current = parse(before, path)
    if connection.name in current.connections:
        raise ConfigError(
            path,
            _("{file} already has {key}."),
            _("Choose another name. Nothing was changed."),
            key=dotted("connections", connection.name),
        )
    after = _table(connection, path)
    if before:
        after = before + ("\n" if before.endswith("\n") else "\n\n") + after
    if not current.connections:
        after = f'default = "{connection.name}"\n\n' + after
    added = _read_back(after, path)
    _write(path, after)
    return added


def _table(connection: Connection, path: Path) -> str:
    """The connection as the file has it. Raises `ConfigError` where it is not right."""
    values = {key: value for key, value in connection._asdict().items() if value not in (None, False, (), "")}
    del values["name"]
    validate({"connections": {connection.name: values}}, path)
    # JSON's quoting is TOML's, for everything that the validation lets through.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    return f"[{dotted('connections', connection.name)}]\n" + "".join(lines)


def _read_back(text: str, path: Path) -> Config:
    try:
        return parse(text, path)
    except ConfigError:
        raise ConfigError(
            path,
            _("{file} is written in a way that the console cannot add to."),
            _("Add the connection with an editor. Nothing was changed."),
            title=_("The connection was not saved"),
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        replace_private(path.resolve(), text.encode("utf-8"))  # what a link points to, never the link
    except OSError as error:
        raise ConfigError(
            path,
            _("{file} cannot be written: {reason}."),
            _("Nothing was changed. Check that you may write to its folder and that the disk is not full."),
            title=_("The connection was not saved"),
            reason=system_reason(error),
        ) from None
