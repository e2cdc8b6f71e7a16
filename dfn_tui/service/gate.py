"""Journals every write of a connection: what is about to be sent, and how it ended."""

import os
from collections.abc import Sequence

from dfn_tui.config import Connection
from dfn_tui.errors import GateRefused
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.intents import blank_intent, intents, outcome
from dfn_tui.service.review import Review
from dfn_tui.store import JournalError
from dfn_tui.text import _


async def record(
    journal: AsyncJournal,
    connection: Connection,
    groups: Sequence[ChangeGroup],
    reviewed: Review,
    approval: Approval,
) -> list[int]:
    """Journals what is about to be sent; it is on the disk when this returns the entries' numbers.

    Raises `GateRefused` where the journal cannot be written: without it nothing may be sent.
    """
    blank = blank_intent(
        connection,
        journal.operator,
        os.urandom(16).hex(),
        warnings=tuple(one.text for one in reviewed.asked.warnings if one.id in approval.acknowledged),
        reason=approval.reason,
        evidence=approval.evidence,
    )
    try:
        return await journal.write((), intents(groups, blank))
    except JournalError as error:
        raise GateRefused(
            _("Nothing was sent: {why}").format(why=error.title),
            _("No change is sent without being journalled. {why}").format(why=error.happened),
            error.next_step,
        ) from error


async def conclude(
    journal: AsyncJournal, entries: Sequence[int], results: Sequence[UserResult]
) -> JournalError | None:
    """Journals how it ended. Where that fails the error is given back, not raised: the change was sent,
    and the entries that stay open are settled at the next start."""
    try:
        await journal.write([outcome(seq, one) for seq, one in zip(entries, results, strict=True)], ())
    except JournalError as error:
        return error
    return None
