"""The review: what would be written, what must be read and answered before it is, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dfn_tui.api.types import Capabilities
from dfn_tui.consent.demands import demands
from dfn_tui.consent.diff import Direction, FlagChange
from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.consent.lints import new_lints
from dfn_tui.service.changes.policy import Scope, removed_by
from dfn_tui.service.records import UserChange
from dfn_tui.store import FieldKind
from dfn_tui.text import _, inert

CREATES = "create:"
"""How the id of a notice begins that says of a user that writing creates it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be read before sending; some must be acknowledged one by one, by `id`."""

    id: str
    text: str
    must_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Review:
    """What would be written, with the rules' demands on it."""

    changes: tuple[UserChange, ...]
    notices: tuple[Notice, ...]
    reason_required: bool
    evidence_required: bool

    @property
    def scope(self) -> Scope:
        """The same, counted for the policy."""
        return Scope(
            users=len(self.changes),
            granted=sum(map(grants, self.changes)),
            reason_required=self.reason_required,
            evidence_required=self.evidence_required,
            warnings=self.notices,
            removed=removed_by(field for change in self.changes for field in change.fields),
        )


def flag_changes(change: UserChange) -> tuple[FlagChange, ...]:
    """The consent changes among a user's changes."""
    return tuple(
        FlagChange(
            Flag(item.name),
            State(str(item.before)) if item.before is not None else None,
            State(str(item.after)),
        )
        for item in change.fields
        if item.kind is FieldKind.CONSENT
    )


def grants(change: UserChange) -> bool:
    """Whether this gives the user a consent."""
    return any(one.direction is Direction.GRANT for one in flag_changes(change))


def review(
    changes: Sequence[UserChange],
    seen: Sequence[Consents],
    capabilities: Capabilities,
    *,
    production: bool,
    now: datetime,
) -> Review:
    """Puts the changes before the operator. `seen` holds each user's consents as read, in the same order."""
    per_user = [flag_changes(change) for change in changes]
    asked = demands([one for user in per_user for one in user], now, production)
    notices = [Notice(c.id.value, c.text, c.must_acknowledge) for c in asked.cautions]
    for change, consents, wanted in zip(changes, seen, per_user, strict=True):
        notices += _about(change, consents, wanted)
    if not capabilities.read_by:
        text = _("This generation cannot be read back: nothing that is sent will be verified.")
        notices.append(Notice("blind", text, must_acknowledge=False))
    return Review(tuple(changes), tuple(notices), asked.reason_required, asked.evidence_required)


def _about(change: UserChange, seen: Consents, wanted: Sequence[FlagChange]) -> list[Notice]:
    """What is particular to one user: that it would be created, and contradictions it would be left in."""
    user = inert(change.identity.value, 40)
    key = f"{change.identity.kind}={change.identity.value}"
    found = []
    if change.creates:
        text = _("{user} is unknown to the server: writing creates this user.").format(user=user)
        found.append(Notice(f"{CREATES}{key}", text, must_acknowledge=True))
    if wanted and seen:
        left = {**seen, **{one.flag: one.after for one in wanted}}
        found += [
            Notice(
                f"lint:{one.kind}:{key}",
                _("{user} after this change: {finding}").format(user=user, finding=one.text),
                must_acknowledge=False,
            )
            for one in new_lints(seen, left)
        ]
    return found
