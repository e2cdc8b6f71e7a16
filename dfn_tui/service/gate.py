"""Journals every write of a connection: what is about to be sent, and how it ended."""

from collections.abc import Sequence
from uuid import uuid4

from dfn_tui.config import Connection
from dfn_tui.errors import GateRefused
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.intents import blank_intent, intents, outcome
from dfn_tui.service.journalling import JournalKeeper
from dfn_tui.service.review import Review
from dfn_tui.store import JournalError
from dfn_tui.text import _


class Gate:
    """Without an entry in the journal nothing of one connection is sent."""

    def __init__(self, connection: Connection, keeper: JournalKeeper) -> None:
        self._connection = connection
        self._keeper = keeper

    async def record(self, groups: Sequence[ChangeGroup], reviewed: Review, approval: Approval) -> list[int]:
        """Journals what is about to be sent; it is on the disk when this returns the entries' numbers.

        Raises `GateRefused` where the journal cannot be written: without it nothing may be sent.
        """
        read = tuple(notice.text for notice in reviewed.asked.warnings if notice.id in approval.acknowledged)
        blank = blank_intent(
            self._connection,
            self._keeper.operator,
            uuid4().hex,
            warnings=read,
            reason=approval.reason,
            evidence=approval.evidence,
        )
        try:
            return await self._keeper.begin(intents(groups, blank))
        except JournalError as error:
            raise GateRefused(
                _("Nothing was sent: {why}").format(why=error.title),
                _("No change is sent without being journalled. {why}").format(why=error.happened),
                error.next_step,
            ) from error

    async def conclude(self, entries: Sequence[int], results: Sequence[UserResult]) -> JournalError | None:
        """Journals how it ended. Where that fails the error is given back, not raised: the change was sent,
        and the entries that stay open are settled at the next start."""
        try:
            pairs = zip(entries, results, strict=True)
            await self._keeper.conclude([outcome(seq, result) for seq, result in pairs])
        except JournalError as error:
            return error
        return None
