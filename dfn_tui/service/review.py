"""The review: what would be written, and what must be read and answered before it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dfn_tui.api.types import Capabilities, Identity, IdentityKind
from dfn_tui.config import Connection
from dfn_tui.consent.duties import Ground, has_duties, korean_day, read_said, tell_until
from dfn_tui.consent.flags import Consents, Direction, Flag, FlagChange, State
from dfn_tui.consent.lints import new_lints
from dfn_tui.service.changes.grounds import AS_USUAL, Said, usual_ground
from dfn_tui.service.changes.policy import Requirements, requirements
from dfn_tui.service.changes.scope import Notice, Scope
from dfn_tui.service.changes.team_rules import Team
from dfn_tui.service.changes.undocumented import foreign_number, nobody_known, unregistered_words
from dfn_tui.service.changes.values import type_change
from dfn_tui.service.records import UserChange
from dfn_tui.store import FieldKind
from dfn_tui.text import _, ngettext, sanitize

CREATES = "create:"
"""How the id of a notice begins that says of a user that writing creates it."""


class Review(NamedTuple):
    """What would be written, on what ground, and what that needs. Where `ground` is None an undo is a
    correction, and all else was said by the people on the day `expressed_on`."""

    changes: tuple[UserChange, ...]
    scope: Scope
    asked: Requirements
    ground: Ground | None = None
    expressed_on: str = ""

    def ground_of(self, change: UserChange) -> Ground | None:
        """What a user's change rests on; None where it is not about consents."""
        if not any(item.kind is FieldKind.CONSENT for item in change.fields):
            return None
        return self.ground or usual_ground(change.undo_of)

    @property
    def told(self) -> int:
        """How many people are to be told the outcome."""
        return sum(
            self.ground_of(change) is Ground.EXPRESSED
            and any(has_duties(one.flag) for one in flag_changes(change))
            for change in self.changes
        )


def said_words(reviewed: Review) -> str:
    """On what ground consents are changed, when the people said so, and until when they are to be told; empty
    where no consent is changed."""
    grounds = {reviewed.ground_of(change) for change in reviewed.changes} - {None}
    day = read_said(reviewed.expressed_on)
    if not grounds:
        return ""
    if grounds == {Ground.CORRECTION}:
        return _("A correction: nobody is to be told.")
    if day is None or not reviewed.told:
        return _("The person said so on {day}.").format(day=sanitize(reviewed.expressed_on))
    words = ngettext(
        "Said on {day}: tell {people} person the outcome by {until}.",
        "Said on {day}: tell {people} people the outcome by {until}.",
        reviewed.told,
    )
    return words.format(day=day, people=f"{reviewed.told:,}", until=tell_until(day))


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
    said: Said = AS_USUAL,
    team: Team = None,
) -> Review:
    """Puts the changes before the operator. `seen` holds each user's consents as read, in the same order.
    `said` is the ground and the day as they were typed, `team` the company's policy."""
    per_user = [flag_changes(change) for change in changes]
    notices: list[Notice] = []
    for change, consents, wanted in zip(changes, seen, per_user, strict=True):
        notices += _about(change, consents, wanted)
        if capabilities.read_by:
            notices += _not_sent(change)
    if capabilities.read_by and (new := _new_properties(changes, capabilities)):
        text = _("NEW: {names}. None of these users has it yet.").format(names=new)
        notices.append(Notice("new", text, must_acknowledge=False))
    if not capabilities.read_by:
        text = _("This API version cannot be read back: nothing that is sent will be verified.")
        text += " " + nobody_known({change.identity.kind for change in changes}, capabilities)
        notices.append(Notice("blind", text, must_acknowledge=False))
    fields = [field for change in changes for field in change.fields]
    if dropped := unregistered_words([(field.kind, field.name) for field in fields], capabilities):
        notices.append(Notice("unregistered", dropped, must_acknowledge=False))
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
        only_withdrawn=sum(
            len(user) == len(change.fields) and all(one.direction is Direction.WITHDRAW for one in user)
            for change, user in zip(changes, per_user, strict=True)
        ),
        expressed_on=said.expressed_on,
    )
    asked = requirements(scope, connection, now, team)
    day = read_said(said.expressed_on.strip()) if said.expressed_on.strip() else korean_day(now)
    return Review(tuple(changes), scope, asked, said.ground, day.isoformat() if day else said.expressed_on)


def _new_properties(changes: Sequence[UserChange], capabilities: Capabilities) -> str:
    """The names of properties of the company's own that none of the users read has: new, or a slip in the
    name. Empty where there is none."""
    standard = {prop.name for prop in capabilities.standard_properties}
    fields = [
        item
        for change in changes
        for item in change.fields
        if item.kind is FieldKind.PROPERTY and not change.creates
    ]
    had = {item.name for item in fields if item.before is not None or not item.readable}
    new = {item.name for item in fields} - had - standard
    return ", ".join(sanitize(name, 40) for name in sorted(new))


def _users(per_user: Sequence[Sequence[FlagChange]], way: Direction) -> int:
    return sum(any(one.direction is way for one in user) for user in per_user)


def _not_sent(change: UserChange) -> list[Notice]:
    """The fields that are not sent as things stand: they cannot be read."""
    user, key = sanitize(change.identity.value, 40), f"{change.identity.kind}={change.identity.value}"
    words = _("{user}: {name} is not readable, and is not sent as long as that is so.")
    return [
        Notice(
            f"unread:{item.name}:{key}",
            words.format(user=user, name=sanitize(item.name, 40)),
            must_acknowledge=False,
        )
        for item in change.fields
        if not item.readable
    ]


def _about(change: UserChange, seen: Consents, wanted: Sequence[FlagChange]) -> list[Notice]:
    """What is particular to one user: that it would be created, contradictions it would be left in, and
    properties of another type."""
    user = sanitize(change.identity.value, 40)
    key = f"{change.identity.kind}={change.identity.value}"
    found = []
    if change.creates:
        text = _(
            "Nothing is set for {user}: where the server does not know this user, writing creates it."
        ).format(user=user)
        found.append(Notice(f"{CREATES}{key}", text, must_acknowledge=True))
    odd = [
        (f"type:{item.name}", type_change(item.name, item.before, item.after))
        for item in change.fields
        if item.kind is FieldKind.PROPERTY
    ]
    if wanted and seen:
        left = {**seen, **{one.flag: one.after for one in wanted}}
        odd += [(f"lint:{one.kind}", one.text) for one in new_lints(seen, left)]
    named = [
        Identity(IdentityKind(item.name), str(item.after))
        for item in change.fields
        if item.kind is FieldKind.CI and item.name in tuple(IdentityKind) and item.after is not None
    ]
    for one in (change.identity, *named):
        if strange := foreign_number(one):
            words = _("{number}: {finding}").format(number=sanitize(one.value, 40), finding=strange)
            found.append(Notice(f"foreign:{one.value}:{key}", words, must_acknowledge=False))
    words = _("{user} after this change: {finding}")
    return found + [
        Notice(f"{about}:{key}", words.format(user=user, finding=text), must_acknowledge=False)
        for about, text in odd
        if text
    ]
