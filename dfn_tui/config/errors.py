"""What can be wrong with the configuration file."""

from pathlib import Path

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _


class ConfigError(ConsoleError):
    """The configuration cannot be read, used or written.

    `key` is the dotted key it is about (`connections.prod.api`), empty where the whole file is. The texts
    name the file and the key and what would be right; a value of the file is never repeated in them.
    """

    def __init__(
        self, path: Path, happened: str, next_step: str, *, key: str = "", title: str | None = None
    ) -> None:
        super().__init__(title or _("The configuration cannot be used"), happened, next_step)
        self.path = path
        self.key = key
