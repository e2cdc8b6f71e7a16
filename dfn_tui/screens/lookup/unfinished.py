"""Jobs of many users that were left in the middle."""

import asyncio
from importlib import import_module

from dfn_tui.service import Connections
from dfn_tui.text import inert, ngettext


async def unfinished_words(connections: Connections, name: str) -> str:
    """Says which jobs of a connection can be gone on with; empty where there is none. Where none was ever
    begun that is found out without importing anything."""
    if not connections.has_jobs(name):
        return ""
    await asyncio.to_thread(import_module, "dfn_tui.service.bulk.desk")
    found = await asyncio.to_thread(connections.bulk(name).unfinished)
    if not found:
        return ""
    words = ngettext(
        "Job {job} was left unfinished: F8 shows it.",
        "{count} jobs were left unfinished, {job} the last: F8 shows them.",
        len(found),
    )
    return words.format(count=len(found), job=inert(found[0], 60))
