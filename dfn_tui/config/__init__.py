"""The connections an operator may choose from: `config.toml`, read strictly and written carefully.

Writing is in `writing`, which a start does not need."""

from dfn_tui.config.model import ApiVersion, Config, ConfigError, Connection, Environment, TokenKind
from dfn_tui.config.reading import load

__all__ = ["ApiVersion", "Config", "ConfigError", "Connection", "Environment", "TokenKind", "load"]
