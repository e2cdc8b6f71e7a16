"""The key that the jobs of a connection are sealed with: the journal's own, asked for when it is needed."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from dfn_tui.service.tokens import FoundKey


class JobKey:
    """`find` gives the key, and makes one only where it is told to and there is none yet; `unlock` opens the
    keyring with its password, and raises `StillLocked`."""

    def __init__(
        self,
        find: Callable[[bool], Awaitable[FoundKey]],
        unlock: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        self.found = FoundKey(None)
        """What came of asking last."""
        self.unlock = unlock
        self._find = find

    @property
    def value(self) -> bytes | None:
        """The key, if it is at hand."""
        return self.found.key

    async def look(self, *, make: bool = False) -> bytes | None:
        """The key, asked for where it is not at hand yet. Without `make` none is made."""
        if self.found.key is None:
            self.found = await self._find(make)
        return self.found.key
