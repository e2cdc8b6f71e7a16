"""The tokens of this run's connections, as the screens and the commands ask for them."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from dfn_tui.config import ApiVersion, Connection, TokenKind
from dfn_tui.errors import TokenTrouble
from dfn_tui.text import _, sanitize

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dfn_tui.credentials import Settings, TokenStore


TOKEN_KINDS = {ApiVersion.V1: (TokenKind.API,), ApiVersion.V2: (TokenKind.IMPORT, TokenKind.EXPORT)}
"""The tokens of each API version; the first is needed for everything but what the second names."""


class TokenNeeded(TokenTrouble):
    """No token is at hand for a connection; the operator can give one. `kind` says which, and `locked` that
    unlocking the keyring may do as well."""

    def __init__(self, connection: str, kind: TokenKind, reason: str, *, locked: bool = False) -> None:
        super().__init__(_("Token needed"), reason, _("Give the token of this connection."))
        self.connection = connection
        self.kind = kind
        self.locked = locked


class StillLocked(TokenTrouble):
    """The keyring could not be unlocked."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("The keyring is still locked"), reason, _("Try again, or give the token for this run.")
        )


class FoundKey(NamedTuple):
    """The key that personal values are sealed with, or the reason why it is not at hand; `locked`: unlocking
    the keyring may help. It is shown nowhere."""

    key: bytes | None
    reason: str = ""
    locked: bool = False

    def __repr__(self) -> str:
        return f"FoundKey({'found' if self.key else self.reason!r})"


async def find_key(store: "TokenStore", *, make: bool) -> FoundKey:
    """The key, made with `make` where there is none yet; or why it is not at hand."""
    credentials = import_module("dfn_tui.credentials")
    try:
        key = await store.find_journal_key(make=make)
    except credentials.NoKeyring as none:
        return FoundKey(None, none.reason, isinstance(none, credentials.KeyringLocked))
    return FoundKey(key, "" if key else _("The keyring does not hold it."))


class KeyNeeded(TokenTrouble):
    """What is sealed of a job cannot be read: the key is not at hand, or is another one (`other`). `locked`:
    unlocking the keyring may help. Nothing was sent."""

    def __init__(self, job: str, found: FoundKey | None = None, *, other: bool = False) -> None:
        why = found.reason if found is not None and found.reason else _("Its key is not at hand.")
        if other:
            why = _("It was sealed with another key than the one at hand.")
        self.locked = found is not None and found.locked and not other
        super().__init__(
            _("The job is sealed"),
            _("Job {job} holds people's data. {why} Nothing was sent.").format(
                job=sanitize(job, 60), why=why
            ),
            _("Unlock the keyring, and try again.")
            if self.locked
            else _(
                "Start with the keyring, or the command, that gave its key. What was sent is in the journal."
            ),
        )


class Piped(NamedTuple):
    """The token that this run was given on its standard input, for one connection and kind."""

    connection: str
    kind: TokenKind
    token: "SecretStr"


def everyday_store(
    known: Callable[[], Mapping[str, Connection]] = dict,
    piped: Piped | None = None,
    key_command: Sequence[str] = (),
) -> "TokenStore":
    """The store behind `known` connections, with the journal's key from `key_command` where there is one.
    Slow: it brings pydantic with it."""
    credentials = import_module("dfn_tui.credentials")

    def settings(name: str) -> "Settings":
        found = known().get(name)
        chosen: Settings = (
            credentials.Settings(found.token_command, found.export_token_command, found.kernel_keyring)
            if found
            else credentials.Settings()
        )
        return chosen

    store: TokenStore = credentials.TokenStore(settings=settings, key_command=key_command)
    if piped is not None:
        store.hold(piped.connection, piped.kind, piped.token, credentials.Source.STDIN)
    return store
