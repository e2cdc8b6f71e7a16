"""Reading `config.toml`."""

import re
import stat
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from dfn_tui.config.model import Config, ConfigError
from dfn_tui.errors import system_reason
from dfn_tui.text import _

LARGEST = 1 << 20
"""Bytes. No configuration comes near it; a log given by mistake does."""

_PLACE = re.compile(r"\(at line (?P<line>\d+), column (?P<column>\d+)\)$")


def load(path: Path) -> Config:
    """The configuration at `path`; an empty one if there is no such file.

    Raises `ConfigError` for anything that is not right, naming the file, the key and what would be.
    """
    text = read_text(path)
    if text is None:
        return Config(path, None, MappingProxyType({}))
    config = parse(text, path)
    _check_trust(config)
    return config


def _check_trust(config: Config) -> None:
    """Raises `ConfigError` where somebody else could have a program run or tokens sent elsewhere."""
    if not (config.journal_key_command or config.archive) and not any(
        one.base_url or one.token_command or one.export_token_command for one in config.connections.values()
    ):
        return
    from dfn_tui.trust import exposure  # noqa: PLC0415  only where it matters

    with suppress(OSError):  # gone meanwhile
        if (exposed := exposure(config.path)) is not None:
            words = _("{why} It names a program or an address, and is not used.")
            raise ConfigError(config.path, words, exposed.hint, why=exposed.why)


def parse(text: str, path: Path) -> Config:
    """The configuration `text` holds; `path` is for the words of the ConfigError it raises."""
    from dfn_tui.config.schema import validate  # noqa: PLC0415  only where there is a file

    return validate(parse_toml(text, path), path)


def parse_toml(text: str, path: Path) -> dict[str, object]:
    """The tables `text` holds. As `parse`. Raises `ConfigError`."""
    import tomllib  # noqa: PLC0415  only where there is a file

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(
            path,
            _("{file} is nested too deeply to be a configuration."),
            _("Check that DFN_TUI_CONFIG names the right file."),
        ) from None
    except ValueError as error:
        # The parser's own words are left out: they may repeat what stands in the file.
        place = _PLACE.search(str(error))
        right = _("Put text in quotes, close every quote and bracket, and give each key once.")
        if place is None:
            raise ConfigError(path, _("{file} is not valid TOML."), right) from None
        happened = _("{file} is not valid TOML at line {line}, column {column}.")
        raise ConfigError(path, happened, right, **place.groupdict()) from None


def read_text(path: Path) -> str | None:
    """What the file holds, with its line ends as they are; None if it is not there. Raises ConfigError."""
    try:
        found = path.stat()
        # Asked before opening: opening a named pipe would wait for a writer.
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError(
                path,
                _("{file} is not a file."),
                _("Give the path of a text file, like “config.toml”, in DFN_TUI_CONFIG."),
            )
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            path,
            _("{file} cannot be read: {reason}."),
            _("Check who owns the file and its folders, and that you may read them."),
            reason=system_reason(error),
        ) from None
    if len(data) > LARGEST:
        step = _("Check that DFN_TUI_CONFIG names the right file.")
        raise ConfigError(path, _("{file} is larger than 1 MiB."), step)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        happened = _("{file} is not UTF-8 text at line {line}.")
        raise ConfigError(path, happened, _("Save the file as UTF-8."), line=line) from None
