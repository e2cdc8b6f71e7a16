"""The one gate every write passes. No screen and no command has another way to the server."""

from collections.abc import Sequence

from dfn_tui.config import Connection
from dfn_tui.errors import GateRefused
from dfn_tui.service import caps
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.changes.policy import check_removals
from dfn_tui.service.intents import intents, outcome
from dfn_tui.service.journalling import JournalKeeper
from dfn_tui.service.place import Mode, capabilities_of
from dfn_tui.service.review import Approval, Review, grants
from dfn_tui.store import JournalError
from dfn_tui.text import _


class Gate:
    """Lets writes of one connection through, and journals what it lets through."""

    def __init__(self, connection: Connection, mode: Mode, keeper: JournalKeeper) -> None:
        self.mode = mode
        self._connection = connection
        self._keeper = keeper
        self._caps = caps.of(connection)

    def admit(self, reviewed: Review, approval: Approval) -> None:
        """Raises `GateRefused` naming the first thing that is missing. Nothing is written or sent."""
        if self.mode.read_only:
            raise GateRefused(
                _("Read-only"),
                _("This console may not write ({source}). Nothing was sent.").format(source=self.mode.source),
                _("Open a connection that may write, or start without --read-only."),
            )
        if not reviewed.changes:
            raise GateRefused(
                _("Nothing staged"), _("There is no change to send."), _("Stage a change first.")
            )
        fields = (field for change in reviewed.changes for field in change.fields)
        check_removals(fields, capabilities_of(self._connection.api))
        caps.check(
            len(reviewed.changes),
            sum(map(grants, reviewed.changes)),
            self._caps.raised(max_grants=approval.max_grants),
        )
        unread = [n for n in reviewed.notices if n.must_acknowledge and n.id not in approval.acknowledged]
        if unread:
            raise GateRefused(
                _("A warning is not acknowledged"),
                _("{notice} Nothing was sent.").format(notice=unread[0].text),
                _("Read it and tick it off."),
            )
        if reviewed.evidence_required and not approval.evidence.strip():
            raise GateRefused(
                _("Evidence is missing"),
                _("Granting this consent needs the proof that the person gave it. Nothing was sent."),
                _("Name the proof: form, call record, date."),
            )
        if reviewed.reason_required and not approval.reason.strip():
            raise GateRefused(
                _("A reason is missing"),
                _("Changes here need a reason or a ticket. Nothing was sent."),
                _("Write why, in a few words."),
            )

    async def record(self, groups: Sequence[ChangeGroup], reviewed: Review, approval: Approval) -> list[int]:
        """Journals what is about to be sent; it is on the disk when this returns the entries' numbers.

        Raises `GateRefused` where the journal cannot be written: without it nothing may be sent.
        """
        self.admit(reviewed, approval)
        planned = intents(groups, reviewed, approval, self._connection, self._keeper.operator)
        try:
            return await self._keeper.begin(planned)
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
