"""Heads that the journal is known to have had: what it held once it holds for ever.

A head is an entry's number and its hash in the chain. One kept in the state folder finds a journal that was
cut, rolled back, replaced or removed by who did not think of it; one kept beside the key, or anywhere else
that the file's writer cannot reach, finds all of these.
"""

import hmac
import os
import re
from pathlib import Path
from typing import NamedTuple

from dfn_tui.files import create_private, read_small
from dfn_tui.store.sealing import Sealer

_TEXT = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})(?::([0-9]{1,18}))?")
_LARGEST = 512  # bytes


class KnownHead(NamedTuple):
    """The journal held `seq` entries, the last with that `hash`. `since`: from there on the key vouched for
    them; 0 where it did not."""

    seq: int
    hash: bytes
    since: int = 0

    @property
    def text(self) -> str:
        """`SEQ:HASH`, with a third number where the key vouched."""
        return f"{self.seq}:{self.hash.hex()}" + (f":{self.since}" if self.since else "")

    @classmethod
    def read(cls, text: str) -> "KnownHead | None":
        """The head that a text says; None where it says none."""
        found = _TEXT.fullmatch(text.strip().lower())
        return cls(int(found[1]), bytes.fromhex(found[2]), int(found[3] or 0)) if found else None


def remembered_file(journal: Path) -> Path:
    """Where the last head of that journal is remembered."""
    return journal.with_name(f"{journal.name}.head")


def remembered(journal: Path, key: bytes | None) -> KnownHead | None:
    """The head remembered beside that journal; with the key only one that was signed with it. Raises
    `OSError`."""
    try:
        said = read_small(remembered_file(journal), _LARGEST).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    text, _blank, signature = said.strip().partition(" ")
    if key is not None and not hmac.compare_digest(signature, _signature(text, key)):
        return None
    return KnownHead.read(text)


def remember(journal: Path, head: KnownHead, key: bytes | None) -> None:
    """Remembers a head beside its journal. Raises `OSError`."""
    path = remembered_file(journal)
    making = path.with_name(f".{path.name}-{os.urandom(8).hex()}")  # another console may do the same
    os.close(create_private(making))
    try:
        signature = _signature(head.text, key) if key else ""
        making.write_text(f"{head.text} {signature}".strip() + "\n", encoding="ascii")
        making.replace(path)
    finally:
        making.unlink(missing_ok=True)


def _signature(text: str, key: bytes) -> str:
    return Sealer(key).handle(f"head {text}")
