"""The archive of a run's journal: what sends to it, how it stands, and what it has from other hosts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from dfn_tui.service.context import Forwarded

if TYPE_CHECKING:
    from dfn_tui.config.model import ArchiveConfig
    from dfn_tui.service.archive.background import ArchiveSender
    from dfn_tui.service.archive.history import ArchivedHistory
    from dfn_tui.service.async_journal import AsyncJournal


class RunArchive:
    """Nothing of it is imported where no archive is configured."""

    def __init__(
        self,
        config: "ArchiveConfig | None",
        journal: "Callable[[], AsyncJournal]",
        key: Callable[[], Awaitable[bytes | None]],
    ) -> None:
        """`journal` gives the one that is archived, and `key` its key, where that is at hand."""
        self._config = config
        self._journal = journal
        self._key = key
        self._sender: ArchiveSender | None = None

    @property
    def configured(self) -> bool:
        """Whether the journal has an archive."""
        return self._config is not None

    @property
    def readable(self) -> bool:
        """Whether it can be read from here, by the configuration."""
        return self._config is not None and bool(self._config.reader_dsn)

    @property
    def behind(self) -> int:
        """How many entries are not archived yet, as far as was sent in this run."""
        return self._sender.behind if self._sender else 0

    def forwarded(self) -> Forwarded:
        """How it stands. Raises `JournalError`."""
        if self._config is None:
            return Forwarded(False)
        from dfn_tui.service.archive.sending import places_of, queue_of  # noqa: PLC0415  only where one asks

        oldest = queue_of(self._config, self._journal().path).oldest()
        return Forwarded(True, oldest, places_of(self._config))

    def sender(self) -> "ArchiveSender | None":
        """What sends the journal to it, and goes on until `finish`; None where there is none."""
        if self._sender is None and self._config is not None:
            from dfn_tui.service.archive.background import ArchiveSender  # noqa: PLC0415  seldom needed

            self._sender = ArchiveSender(self._config, self._journal().path)
        return self._sender

    async def history(self, user: str) -> "ArchivedHistory":
        """What it has of a user from any host, read with the reader's rights. Raises `ArchiveError`."""
        from dfn_tui.service.archive.history import read_history  # noqa: PLC0415  seldom needed

        return await asyncio.to_thread(read_history, self._config, user, await self._key())

    async def send_rest(self, *, written: bool) -> str:
        """Sends what this run wrote, if it has `written` anything, once all is finished, for a short time at
        most. What is to be said of the rest; "" for nothing. It may be broken off at any moment."""
        sender = self.sender() if self._sender or written else None
        if sender is None:
            return ""
        await sender.finish()
        if not (sender.behind or sender.reason):
            return ""
        from dfn_tui.service.archive.words import left_words  # noqa: PLC0415  seldom needed

        return left_words(sender.behind, sender.reason)
