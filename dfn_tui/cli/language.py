"""Which language a run speaks: what `--lang` asks for, else the configuration, else the environment."""

import os
import re
from collections.abc import Mapping, Sequence

from dfn_tui import paths
from dfn_tui.config.model import Language
from dfn_tui.config.reading import parse_toml, read_text
from dfn_tui.errors import ConsoleError
from dfn_tui.text import speak

OPTION = "--lang"
CHOICES = tuple(one.value for one in Language)


def settle(arguments: Sequence[str]) -> list[str]:
    """Speaks the language that is asked for, and returns the arguments without `--lang`, which may stand
    anywhere among them. One that asks for no language stays, for the parser to refuse it."""
    asked, rest = _taken_out(arguments)
    chosen = asked or _of_config()
    speak(_of_environment(os.environ) if chosen is Language.AUTO else chosen)
    return rest


def _taken_out(arguments: Sequence[str]) -> tuple[Language | None, list[str]]:
    asked: Language | None = None
    rest = list(arguments)
    at, end = 0, rest.index("--") if "--" in rest else len(rest)
    while at < end:
        option, equals, value = rest[at].partition("=")
        words = 1 if equals else 2
        if option == OPTION and not equals and at + 1 < end:
            value = rest[at + 1]
        if option == OPTION and value in CHOICES:
            asked = Language(value)
            del rest[at : at + words]
            end -= words
        else:
            at += 1
    return asked, rest


def _of_config() -> Language:
    """What the file says. It is judged later, and what is wrong with it is told in this language."""
    try:
        path = paths.config_file()
        text = read_text(path)
        said = parse_toml(text, path).get("language") if text else None
    except ConsoleError:
        return Language.AUTO
    return Language(str(said)) if said in CHOICES else Language.AUTO


def _of_environment(environ: Mapping[str, str]) -> Language:
    """As the C library chooses: the first of these that is set."""
    named = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return Language.KO if re.match(r"ko(?![a-zA-Z])", named) else Language.EN
