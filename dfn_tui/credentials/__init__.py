"""Where tokens come from and where they are kept. Imported after the first paint: it needs pydantic."""

from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.store import TokenStore
from dfn_tui.credentials.token import (
    BadToken,
    FoundToken,
    Settings,
    Source,
    SourceStatus,
    TokenKind,
    clean_token,
)

__all__ = [
    "BadToken",
    "FoundToken",
    "KeyringLocked",
    "NoKeyring",
    "Settings",
    "Source",
    "SourceStatus",
    "TokenKind",
    "TokenStore",
    "clean_token",
]
