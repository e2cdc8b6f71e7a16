"""Where tokens come from and where they are kept. Imported after the first paint: it needs pydantic."""

from dfn_tui.config import TokenKind
from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.command import KeyCommandFailed
from dfn_tui.credentials.store import TokenStore
from dfn_tui.credentials.token import (
    BadToken,
    FoundToken,
    Settings,
    Source,
    SourceStatus,
    clean_token,
)

__all__ = [
    "BadToken",
    "FoundToken",
    "KeyCommandFailed",
    "KeyringLocked",
    "NoKeyring",
    "Settings",
    "Source",
    "SourceStatus",
    "TokenKind",
    "TokenStore",
    "clean_token",
]
