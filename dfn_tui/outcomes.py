"""How a change ended: one set of words for a field, a user, a job, the journal and a command."""

from enum import StrEnum

from dfn_tui.text import _, pgettext


class Outcome(StrEnum):
    """How a change ended, for one field or for one user.

    Where the platform can be read, reading back decides; what the answer said is a remark beside it.
    """

    CONFIRMED = "confirmed"
    """Reading back shows what was wanted."""
    ACCEPTED = "accepted"
    """The server took it, and it was not, or cannot be, read back."""
    UNCHANGED = "unchanged"
    """All was as wanted already: nothing was sent."""
    PLANNED = "planned"
    """It would be sent: nothing was."""
    DIFFERENT = "different"
    """Reading back shows another value than the one that was wanted."""
    FAILED = "failed"
    """Nothing was applied: not sent, refused as a whole, or reading back shows the value of before."""
    CONFLICT = "conflict"
    """Somebody else changed the user first: nothing was sent."""
    UNKNOWN = "unknown"
    """It was sent, and neither the answer nor reading back says what became of it."""


IN_SNAPSHOT = "in-snapshot"
"""The code of a change that is CONFIRMED because a snapshot shows it: nobody read that user back."""

NOT_JOURNALLED = "not-journalled"
"""The code of what was sent, and of which the journal does not know how it ended."""

GRAVEST = (Outcome.UNKNOWN, Outcome.DIFFERENT, Outcome.FAILED, Outcome.CONFLICT, Outcome.ACCEPTED)
"""Of several fields the gravest counts for the user: what is uncertain outranks what failed."""


def gravest(found: "set[Outcome]") -> Outcome:
    """The outcome of a user whose fields ended so; CONFIRMED where none is graver."""
    milder = (Outcome.CONFIRMED, Outcome.PLANNED, Outcome.UNCHANGED)
    return next((one for one in (*GRAVEST, *milder) if one in found), Outcome.CONFIRMED)


def outcome_name(outcome: Outcome | None) -> str:
    """The one word for it that people read; None is one that is still open. Files have its value."""
    if outcome is None:
        return pgettext("outcome", "open")
    return {
        Outcome.CONFIRMED: _("confirmed"),
        Outcome.ACCEPTED: _("accepted"),
        Outcome.UNCHANGED: _("unchanged"),
        Outcome.PLANNED: _("planned"),
        Outcome.DIFFERENT: _("different"),
        Outcome.FAILED: _("failed"),
        Outcome.CONFLICT: _("conflict"),
        Outcome.UNKNOWN: pgettext("outcome", "unknown"),
    }[outcome]
