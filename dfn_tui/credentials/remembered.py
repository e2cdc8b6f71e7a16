"""Which store was chosen for each connection's tokens: a small file of names, without any token."""

import json
from pathlib import Path

from dfn_tui.credentials.token import Source
from dfn_tui.temporary import replace_private

_STORES = (Source.KEYRING, Source.KERNEL)
_LARGEST = 1 << 20  # bytes


class Remembered:
    """The stores chosen so far, in a file that need not exist."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def store(self, entry: str) -> Source | None:
        """KEYRING or KERNEL; None where nothing was chosen yet. An entry is like `prod/api`.

        A file that cannot be read stands for the strongest choice: whatever was chosen, nothing weaker is
        then taken without a word.
        """
        try:
            chosen = self._read().get(entry)
        except (OSError, ValueError):
            return Source.KEYRING
        return next((store for store in _STORES if store == chosen), None)

    def remember(self, entry: str, store: Source | None) -> None:
        """None forgets the choice. Raises `OSError` where it cannot be written."""
        try:
            stores = self._read()
        except ValueError:
            stores = {}  # written anew: every other choice is made again, and said
        if stores.get(entry) == store:
            return
        others = {name: chosen for name, chosen in stores.items() if name != entry}
        chosen_now = others if store is None else {**others, entry: store.value}
        replace_private(self._path, f"{json.dumps(chosen_now, indent=1, sort_keys=True)}\n".encode())

    def _read(self) -> dict[str, object]:
        try:
            with self._path.open("rb") as file:
                stores = json.loads(file.read(_LARGEST))
        except FileNotFoundError:
            return {}
        except RecursionError:
            raise ValueError from None
        if isinstance(stores, dict):
            return stores
        raise ValueError
