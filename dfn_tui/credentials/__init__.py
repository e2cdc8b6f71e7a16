"""Where tokens come from and where they are kept. Imported after the first paint: it needs pydantic."""

from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.store import TokenStore
from dfn_tui.credentials.token import (
    BadToken,
    Found,
    Settings,
    Source,
    Standing,
    TokenKind,
    clean_token,
)

__all__ = [
    "BadToken",
    "Found",
    "KeyringLocked",
    "NoKeyring",
    "Settings",
    "Source",
    "Standing",
    "TokenKind",
    "TokenStore",
    "clean_token",
]
