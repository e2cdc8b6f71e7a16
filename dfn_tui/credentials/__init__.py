"""Where tokens come from and where they are kept. Imported after the first paint: it needs pydantic."""

from dfn_tui.credentials.store import EXPORT_VARIABLE, TOKEN_VARIABLE, TokenStore
from dfn_tui.credentials.token import BadToken, Found, Placed, Source, TokenKind, clean_token

__all__ = [
    "EXPORT_VARIABLE",
    "TOKEN_VARIABLE",
    "BadToken",
    "Found",
    "Placed",
    "Source",
    "TokenKind",
    "TokenStore",
    "clean_token",
]
