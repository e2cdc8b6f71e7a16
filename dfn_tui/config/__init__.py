"""The connections an operator may choose from: `config.toml`, read strictly and written carefully."""

from dfn_tui.config.errors import ConfigError
from dfn_tui.config.model import Api, Config, Connection, Environment
from dfn_tui.config.reading import load
from dfn_tui.config.writing import add_connection

__all__ = ["Api", "Config", "ConfigError", "Connection", "Environment", "add_connection", "load"]
