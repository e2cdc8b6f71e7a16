"""What a console keeps for the next one, sealed: a file for each console, which its lock says is in use.

The lock goes with the process, however that ends. A file whose lock can be had belongs to nobody any more,
and whoever takes the lock has it alone.
"""

import os
from contextlib import suppress
from pathlib import Path

from dfn_tui.files import Closing, create_private, make_private_folder, sync
from dfn_tui.locks import drop_lock, is_held, take_lock
from dfn_tui.store.sealing import Sealer

_HEAD = b"dfn-tui kept 1\n"
_KEY_ID, _NONCE = 8, 12
_LARGEST = 1 << 28
"""Bytes. A hundred thousand users with all their properties do not come near it."""


class KeptAltered(Exception):
    """The file does not hold what a console wrote under that name."""


class KeptUnderOtherKey(Exception):
    """The file was sealed with another key."""


class KeptFile(Closing):
    """The file of that `id` in `folder`. Nothing is made by asking. Every method may raise `OSError`."""

    def __init__(self, folder: Path, id: str) -> None:
        self.id = id
        self.path = folder / f"{id}.kept"
        self._lock_path = folder / f"{id}.lock"
        self._making = folder / f"{id}.new"
        self._lock: int | None = None

    @classmethod
    def new(cls, folder: Path) -> "KeptFile":
        """One that no console has, taken."""
        make_private_folder(folder)
        while True:
            file = cls(folder, os.urandom(8).hex())
            if file.take():
                return file

    @property
    def in_use(self) -> bool:
        """Whether a console has it."""
        return is_held(self._lock_path)

    def take(self) -> bool:
        """Makes it this console's own until `close` or the end of the process; False where another has it."""
        if self._lock is None:
            self._lock = take_lock(self._lock_path)
        return self._lock is not None

    def write(self, plain: bytes, sealer: Sealer) -> None:
        """Puts this in place of what it held, as a whole or not at all; it is on the disk then."""
        nonce, ciphertext = sealer.seal(plain, self._context)
        self._making.unlink(missing_ok=True)
        with os.fdopen(create_private(self._making), "wb") as file:
            file.write(b"".join((_HEAD, sealer.key_id, nonce, ciphertext)))
            file.flush()
            os.fsync(file.fileno())
        self._making.replace(self.path)
        sync(self.path.parent)

    def read(self, sealer: Sealer) -> bytes | None:
        """What it holds; None where it is gone. Raises `KeptAltered` and `KeptUnderOtherKey`."""
        try:
            with self.path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        start = len(_HEAD) + _KEY_ID
        if len(data) > _LARGEST or not data.startswith(_HEAD):
            raise KeptAltered
        plain = sealer.open(data[start : start + _NONCE], data[start + _NONCE :], self._context)
        if plain is None and data[len(_HEAD) : start] != sealer.key_id:
            raise KeptUnderOtherKey
        if plain is None:
            raise KeptAltered
        return plain

    @property
    def _context(self) -> bytes:
        # With the name: a copy under another one would be taken up a second time.
        return b"kept edits " + self.id.encode()

    def remove(self) -> None:
        """Removes it, and lets go of it."""
        self.path.unlink(missing_ok=True)
        self._making.unlink(missing_ok=True)
        self.close()

    def put_aside(self) -> Path:
        """Gives it another name, under which it is not looked at any more, and lets go of it."""
        aside = self.path.with_suffix(".damaged")
        self.path.replace(aside)
        self.close()
        return aside

    def close(self) -> None:
        """Lets go of it; what it holds stays."""
        if self._lock is not None:
            drop_lock(self._lock_path, self._lock)
            self._lock = None


def left_files(folder: Path) -> list[KeptFile]:
    """The files that no console has any more, the newest first; what a kill left beside them is removed.
    Raises `OSError`."""
    if not folder.is_dir():
        return []
    ids = {path.stem: path for path in folder.iterdir() if path.suffix in (".kept", ".new", ".lock")}
    found: list[tuple[float, KeptFile]] = []
    for id in sorted(ids):
        file = KeptFile(folder, id)
        with suppress(FileNotFoundError):  # its console, or another one, was quicker
            if file.in_use:
                continue
            if file.path.exists():
                found.append((file.path.stat().st_mtime, file))
            elif file.take():
                file.remove()
    return [file for _time, file in sorted(found, key=lambda one: one[0], reverse=True)]
