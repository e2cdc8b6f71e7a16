"""What the doctor looks at of the journal's archive."""

import asyncio
from contextlib import closing
from pathlib import Path

from dfn_tui.config.model import ArchiveConfig
from dfn_tui.service.archive.sending import open_sink, queue_of
from dfn_tui.service.archive.words import left_words
from dfn_tui.service.doctor.seen import CheckResult, ok, warning
from dfn_tui.text import _


async def archive(config: ArchiveConfig, path: Path, *, offline: bool) -> CheckResult:
    """How far behind it is, and whether it answers. Raises `ArchiveError`, `JournalError`."""

    def look() -> int:
        if not offline:
            with closing(open_sink(config)):
                pass
        return queue_of(config, path).behind()

    # In a thread: it runs a loop of its own for a password's command.
    count = await asyncio.to_thread(look)
    if count:
        return warning(left_words(count, ""), _("Send them: dfn-tui journal archive send"))
    return ok(_("All entries are archived ({where}).").format(where=config.to.value))
