"""What a token is, and what is said about one without ever showing it."""

import re
from enum import StrEnum
from typing import NamedTuple

from pydantic import SecretStr

from dfn_tui.config import TokenKind
from dfn_tui.errors import TokenTrouble
from dfn_tui.text import _

LONGEST = 4096
"""Characters; a header much longer than this is refused by most servers."""

_VISIBLE_ASCII = re.compile(r"[!-~]+")


class Source(StrEnum):
    """Where a token is. MEMORY and STDIN: held for this run only, and gone with it."""

    MEMORY = "memory"
    STDIN = "stdin"
    ENVIRONMENT = "environment"
    COMMAND = "command"
    KEYRING = "keyring"
    KERNEL = "kernel"
    NONE = "none"


class SourceStatus(StrEnum):
    """What came of one source in a search.

    USED: the token is from there. EMPTY: asked, and it has none. FAILED: it could not answer. OFF: nothing
    was set up there. NOT_ASKED: an earlier source decided.
    """

    USED = "used"
    EMPTY = "empty"
    FAILED = "failed"
    OFF = "off"
    NOT_ASKED = "not asked"


class Step(NamedTuple):
    """One source in a search, what came of it, and why, in a sentence."""

    source: Source
    status: SourceStatus
    reason: str


class FoundToken(NamedTuple):
    """The answer to a search. `reason` says in a sentence where the token is from or why there is none.

    `steps` tells every source in the order they come in. `locked`: unlocking the keyring may help.
    """

    token: SecretStr | None
    source: Source
    reason: str
    steps: tuple[Step, ...] = ()
    locked: bool = False


class Placed(NamedTuple):
    """Where a token is after it was set or deleted, and in a sentence why it is there."""

    source: Source
    reason: str


class Settings(NamedTuple):
    """What the configuration says of one connection's tokens: the programs that print them (the program and
    its arguments; empty: none), and whether the kernel's keyring may hold them."""

    command: tuple[str, ...] = ()
    export_command: tuple[str, ...] = ()
    kernel: bool = False

    def command_for(self, kind: TokenKind) -> tuple[str, ...]:
        """The program that prints that kind of token; empty where there is none."""
        return self.export_command if kind is TokenKind.EXPORT else self.command


class Unusable(Exception):
    """A source or a store of tokens cannot be used; `reason` says why, in sentences for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadToken(TokenTrouble):
    """A text that cannot be a token. It is not repeated in the error."""

    def __init__(self, happened: str) -> None:
        super().__init__(
            _("This cannot be a token"),
            happened,
            _("Copy the token from the platform's web console and give it again. Nothing was stored."),
        )


def clean_token(text: str) -> SecretStr:
    """The token in what was typed, pasted or set: space and line breaks around it are dropped.

    Raises `BadToken` where what is left is empty, longer than 4,096 characters, or holds anything but
    visible ASCII, which no HTTP header could carry.
    """
    token = text.strip()
    if not token:
        raise BadToken(_("It is empty."))
    if len(token) > LONGEST:
        raise BadToken(_("It is longer than {count} characters.").format(count=LONGEST))
    if not _VISIBLE_ASCII.fullmatch(token):
        raise BadToken(_("It has spaces, line breaks or other characters that no token has."))
    return SecretStr(token)
