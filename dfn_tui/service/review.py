"""The review: what would be written, and what must be read and answered before it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dfn_tui.api.types import Capabilities
from dfn_tui.config import Connection
from dfn_tui.consent.flags import Consents, Direction, Flag, FlagChange, State
from dfn_tui.consent.lints import new_lints
from dfn_tui.service.changes.policy import Notice, Requirements, Scope, requirements
from dfn_tui.service.records import UserChange
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize

CREATES = "create:"
"""How the id of a notice begins that says of a user that writing creates it."""


class Review(NamedTuple):
    """What would be written, and what that needs."""

    changes: tuple[UserChange, ...]
    scope: Scope
    asked: Requirements


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


def review(
    changes: Sequence[UserChange],
    seen: Sequence[Consents],
    capabilities: Capabilities,
    connection: Connection,
    now: datetime,
) -> Review:
    """Puts the changes before the operator. `seen` holds each user's consents as read, in the same order."""
    per_user = [flag_changes(change) for change in changes]
    notices: list[Notice] = []
    for change, consents, wanted in zip(changes, seen, per_user, strict=True):
        notices += _about(change, consents, wanted)
    if not capabilities.read_by:
        text = _("This API version cannot be read back: nothing that is sent will be verified.")
        notices.append(Notice("blind", text, must_acknowledge=False))
    fields = [field for change in changes for field in change.fields]
    deletes = {field.name for field in fields if field.kind is FieldKind.CI and field.after is None}
    scope = Scope(
        users=len(changes),
        granted=_users(per_user, Direction.GRANT),
        withdrawn=_users(per_user, Direction.WITHDRAW),
        consents=frozenset(one for user in per_user for one in user),
        fields=frozenset(
            (field.kind, field.name)
            for field in fields
            if field.kind is not FieldKind.CONSENT and field.after is not None
        ),
        deletes=frozenset(deletes),
        notices=tuple(notices),
        user=changes[0].identity.value if len(changes) == 1 else "",
    )
    return Review(tuple(changes), scope, requirements(scope, connection, now))


def _users(per_user: Sequence[Sequence[FlagChange]], way: Direction) -> int:
    return sum(any(one.direction is way for one in user) for user in per_user)


def _about(change: UserChange, seen: Consents, wanted: Sequence[FlagChange]) -> list[Notice]:
    """What is particular to one user: that it would be created, and contradictions it would be left in."""
    user = sanitize(change.identity.value, 40)
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
