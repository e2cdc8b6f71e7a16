"""What the tests of the commands `dfn-tui journal …` have in common."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dfn_tui.credentials.backends import Backend, NoKeyring
from tests.keyrings import Keyring
from tests.unit.journals import KEY

HOSTILE = "=cmd|'\x1b]0;owned\x07\u202e"
EMAIL = "lee@example.com"

Ask = Callable[[Callable[[], Backend]], None]
Run = Callable[..., tuple[int, str, str]]


def with_key() -> Backend:
    """A keyring that has the key of the journals here."""
    return Keyring(KEY)


def no_keyring() -> Backend:
    raise NoKeyring("No keyring works here.")


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def golden(name: str) -> str:
    return (Path(__file__).parents[2] / "data" / "journal" / name).read_text(encoding="utf-8")
