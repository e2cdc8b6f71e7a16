"""Where tokens come from and where they are kept. Imported after the first paint: it needs pydantic."""

from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.sources import EXPORT_VARIABLE, TOKEN_VARIABLE
from dfn_tui.credentials.store import TokenStore
from dfn_tui.credentials.token import (
    BadToken,
    Found,
    Placed,
    Settings,
    Source,
    Standing,
    Step,
    TokenKind,
    clean_token,
)

__all__ = [
    "EXPORT_VARIABLE",
    "TOKEN_VARIABLE",
    "BadToken",
    "Found",
    "KeyringLocked",
    "NoKeyring",
    "Placed",
    "Settings",
    "Source",
    "Standing",
    "Step",
    "TokenKind",
    "TokenStore",
    "clean_token",
]
