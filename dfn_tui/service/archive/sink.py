"""What every archive does: takes entries in their order, each once or again."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from dfn_tui.errors import ConsoleError
from dfn_tui.store import Operator
from dfn_tui.store.archive_queue import ChainedEntry
from dfn_tui.text import _


class ArchiveError(ConsoleError):
    """The archive cannot be reached, or does not take or give what it should. The journal keeps all."""

    def __init__(self, happened: str, next_step: str = "") -> None:
        step = next_step or _("The journal keeps what was not archived: “dfn-tui journal archive send”.")
        super().__init__(_("The archive cannot be used"), happened, step)


class Origin(NamedTuple):
    """Whose journal entries are from: of each account of a host its own."""

    host: str
    account: str

    @classmethod
    def here(cls) -> "Origin":
        """The journal of this account."""
        by = Operator.here()
        return cls(by.host, by.user)


class ArchiveSink(Protocol):
    """Where entries go."""

    def store(self, origin: Origin, entries: Sequence[ChainedEntry]) -> None:
        """Returns once they are kept, all of them. Raises `ArchiveError`: some of them may be."""

    def close(self) -> None: ...
