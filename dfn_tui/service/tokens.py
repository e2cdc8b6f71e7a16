"""The tokens of this run's connections, as the screens and the commands ask for them."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from dfn_tui.config import ApiVersion, Connection
from dfn_tui.errors import TokenTrouble
from dfn_tui.text import _

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dfn_tui.credentials import Settings, TokenStore


TOKEN_KINDS = {ApiVersion.V1: ("api",), ApiVersion.V2: ("import", "export")}
"""The tokens of each API version; the first is needed for everything but what the second names."""


class TokenNeeded(TokenTrouble):
    """No token is at hand for a connection; the operator can give one. `kind` says which, and `locked` that
    unlocking the keyring may do as well."""

    def __init__(self, connection: str, kind: str, reason: str, *, locked: bool = False) -> None:
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


class Piped(NamedTuple):
    """The token that this run was given on its standard input, for one connection and kind."""

    connection: str
    kind: str
    token: "SecretStr"


def everyday_store(
    known: Callable[[], Mapping[str, Connection]] = dict, piped: Piped | None = None
) -> "TokenStore":
    """The store behind `known` connections. Slow: it brings pydantic with it."""
    credentials = import_module("dfn_tui.credentials")

    def settings(name: str) -> "Settings":
        found = known().get(name)
        chosen: Settings = (
            credentials.Settings(found.token_command, found.export_token_command, found.kernel_keyring)
            if found
            else credentials.Settings()
        )
        return chosen

    store: TokenStore = credentials.TokenStore(settings=settings)
    if piped is not None:
        kind = credentials.TokenKind(piped.kind)
        store.hold(piped.connection, kind, piped.token, credentials.Source.STDIN)
    return store
