"""Reading `config.toml`."""

import re
import stat
from pathlib import Path
from types import MappingProxyType

from dfn_tui.config.model import Config, ConfigError
from dfn_tui.text import _, sanitize

LARGEST = 1 << 20
"""Bytes. No configuration comes near it; a log given by mistake does."""

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")


def load(path: Path) -> Config:
    """The configuration at `path`; an empty one if there is no such file.

    Raises `ConfigError` for anything that is not right, naming the file, the key and what would be.
    """
    text = read_text(path)
    if text is None:
        return Config(path, None, MappingProxyType({}))
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """The configuration `text` holds; `path` is for the words of a `ConfigError`."""
    import tomllib  # noqa: PLC0415  only where there is a file

    from dfn_tui.config.schema import validate  # noqa: PLC0415  as above

    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ConfigError(
            path,
            _("{file} is nested too deeply to be a configuration.").format(file=sanitize(str(path))),
            _("Check that DFN_TUI_CONFIG names the right file."),
        ) from None
    except ValueError as error:
        # The parser's own words are left out: they may repeat what stands in the file.
        place = _PLACE.search(str(error))
        right = _("Put text in quotes, close every quote and bracket, and give each key once.")
        file = sanitize(str(path))
        if place is None:
            raise ConfigError(path, _("{file} is not valid TOML.").format(file=file), right) from None
        happened = _("{file} is not valid TOML at line {line}, column {column}.")
        happened = happened.format(file=file, line=place[1], column=place[2])
        raise ConfigError(path, happened, right) from None
    return validate(document, path)


def read_text(path: Path) -> str | None:
    """What the file holds, with its line ends as they are; None if it is not there."""
    file = sanitize(str(path))
    try:
        found = path.stat()
        # Asked before opening: opening a named pipe would wait for a writer.
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError(
                path,
                _("{file} is not a file.").format(file=file),
                _("Give the path of a text file, like “config.toml”, in DFN_TUI_CONFIG."),
            )
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            path,
            _("{file} cannot be read: {reason}.").format(file=file, reason=error.strerror or "OSError"),
            _("Check who owns the file and its folders, and that you may read them."),
        ) from None
    if len(data) > LARGEST:
        raise ConfigError(
            path,
            _("{file} is larger than 1 MiB.").format(file=file),
            _("Check that DFN_TUI_CONFIG names the right file."),
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            path,
            _("{file} is not UTF-8 text at line {line}.").format(file=file, line=line),
            _("Save the file as UTF-8."),
        ) from None
