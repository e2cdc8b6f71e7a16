"""The heads that a journal is known to have had: remembered beside it, and beside its key."""

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dfn_tui.store.known_head import KnownHead, remember, remembered

if TYPE_CHECKING:
    from dfn_tui.credentials import TokenStore


class KnownHeads:
    """Of the journal at `path`, whose key `store` gives. What cannot be read or kept is left out: it finds
    nothing, and holds nothing up."""

    def __init__(self, path: Path, store: "TokenStore") -> None:
        self._path = path
        self._store = store

    def of(self, path: Path) -> "KnownHeads":
        """The same of another journal with that key."""
        return KnownHeads(path, self._store)

    async def read(self, key: bytes | None) -> Sequence[KnownHead]:
        """Those that are known."""
        found: list[KnownHead | None] = []
        with suppress(OSError):
            found.append(remembered(self._path, key))
        with suppress(import_module("dfn_tui.credentials").NoKeyring):
            found.append(KnownHead.read(await self._store.journal_head(self._path)))
        return [head for head in found if head is not None]

    async def keep(self, head: KnownHead, key: bytes | None) -> None:
        """Keeps a head from now on."""
        with suppress(OSError):
            remember(self._path, head, key)
        with suppress(import_module("dfn_tui.credentials").NoKeyring):
            await self._store.keep_journal_head(self._path, head.text)
