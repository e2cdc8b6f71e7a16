"""The one gate every write passes. No screen and no command has another way to the server."""

from dataclasses import dataclass

from dfn_tui.errors import ConsoleError
from dfn_tui.service.review import Approval, Review
from dfn_tui.text import _


class GateRefused(ConsoleError):
    """A rule forbids the write. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether writing is allowed at all, and who said so."""

    read_only: bool
    source: str
    """Where the mode comes from, in words: the connection's setting or the command line."""


def admit(review: Review, approval: Approval, mode: Mode) -> None:
    """Lets the write through, or raises `GateRefused` naming the first thing that is missing."""
    if mode.read_only:
        raise GateRefused(
            _("Read-only"),
            _("This console may not write ({source}). Nothing was sent.").format(source=mode.source),
            _("Open a connection that may write, or start without --read-only."),
        )
    if not review.changes:
        raise GateRefused(_("Nothing staged"), _("There is no change to send."), _("Stage a change first."))
    unread = [n for n in review.notices if n.must_acknowledge and n.id not in approval.acknowledged]
    if unread:
        raise GateRefused(
            _("A warning is not acknowledged"),
            _("{notice} Nothing was sent.").format(notice=unread[0].text),
            _("Read it and tick it off."),
        )
    if review.evidence_required and not approval.evidence.strip():
        raise GateRefused(
            _("Evidence is missing"),
            _("Granting this consent needs the proof that the person gave it. Nothing was sent."),
            _("Name the proof: form, call record, date."),
        )
    if review.reason_required and not approval.reason.strip():
        raise GateRefused(
            _("A reason is missing"),
            _("Changes here need a reason or a ticket. Nothing was sent."),
            _("Write why, in a few words."),
        )
