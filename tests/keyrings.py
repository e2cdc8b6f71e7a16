"""A keyring in memory, as the console uses one."""

import base64
from typing import Self

from dfn_tui.credentials.backends import NoKeyring


class Keyring:
    """Holds what it is given by user name; `trouble` is what comes of asking for it while that is set."""

    def __init__(self, journal_key: bytes | None = None) -> None:
        self.kept: dict[str, str] = {}
        self.trouble: NoKeyring | None = None
        if journal_key is not None:
            self.kept["journal/key"] = base64.b64encode(journal_key).decode()

    def open(self) -> Self:
        """The keyring. Raises what is in `trouble`."""
        if self.trouble:
            raise self.trouble
        return self

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[username]
