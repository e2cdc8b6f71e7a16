"""What a snapshot says of a user, and what this host wrote since. Never a read: nothing is compared with it
before a write, and who is not in it may well be known to the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dfn_tui.api.types import IdentityKind, Value
from dfn_tui.consent.flags import OPTINS, Consents, Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.store import Entry
from dfn_tui.store.snapshot import SnapshotHead, SnapshotRow
from dfn_tui.text import _, sanitize

FLAG_OF = {optin: flag for flag, optin in OPTINS.items()}
_STATES = {"t": State.SUBSCRIBED, "f": State.UNSUBSCRIBED, "n": State.NEVER_SET}
_FLAGS = frozenset(flag.value for flag in Flag)
_NOT_SEEN = (None, Outcome.ACCEPTED, Outcome.UNKNOWN)
"""How a write ended that may stand and that no snapshot has shown yet; None: it is under way."""


class LaterWrite(NamedTuple):
    """A write of this host that the export cannot have known. `outcome` None: it is under way, or was cut
    short."""

    value: Value | None
    at: datetime
    outcome: Outcome | None
    entry: int


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """What a snapshot whose export began at `as_of` says of a user.

    Without `kept` it says nothing, and `why` tells why not. `unreadable` says by name why a field is not.
    `later` has the fields, by name, that this host wrote since.
    """

    as_of: datetime | None
    kept: bool = False
    why: str = ""
    consents: Consents = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, LaterWrite] = field(default_factory=dict)

    @property
    def consents_now(self) -> Consents:
        """The consents as far as they are known: this host's later writes over what the export said."""
        written = {name: later.value for name, later in self.later.items() if name in _FLAGS}
        states = {Flag(name): State(value) for name, value in written.items() if isinstance(value, str)}
        return {**self.consents, **states} if states else self.consents

    @property
    def consents_held(self) -> Consents:
        """The consents that a campaign may rest on: as `consents_now`, but for grants of this host of which
        nobody knows whether they were applied. Those leave it open."""
        held = dict(self.consents_now)
        for flag in self.flags_later:
            if held.get(flag) is State.SUBSCRIBED and self.later[flag.value].outcome is not Outcome.ACCEPTED:
                del held[flag]
        return held

    @property
    def flags_later(self) -> frozenset[Flag]:
        """The consents that this host wrote since."""
        return frozenset(Flag(name) for name in self.later if name in _FLAGS)


def view_of(
    head: SnapshotHead, row: SnapshotRow | None, kind: IdentityKind, later: Mapping[str, LaterWrite]
) -> SnapshotView:
    """The view of a user of that kind; `row` is None where the snapshot has none."""
    if row is None:
        return SnapshotView(head.began, why=_why_not(kind, head.audience), later=later)
    consents: dict[Flag, State] = {}
    texts, unreadable = dict(row.texts), dict[str, str]()
    for column, letter in zip(head.consents, row.letters, strict=True):
        flag = FLAG_OF[column]
        if letter in _STATES:
            consents[flag] = _STATES[letter]
        elif letter == "d":
            unreadable[flag.value] = _two_values()
        else:
            found = sanitize(texts.pop(column, ""), 40)
            unreadable[flag.value] = _("the export has “{found}” there").format(found=found)
    unreadable |= dict.fromkeys((name for name in row.differ if name in head.extras), _two_values())
    properties = {name: text for name, text in texts.items() if name in head.extras}
    return SnapshotView(head.began, True, "", consents, properties, unreadable, later)


def later_writes(entries: Sequence[Entry], since: datetime) -> dict[str, LaterWrite]:
    """By field, the latest of these writes (newest first) that an export of that time cannot have known."""
    found: dict[str, LaterWrite] = {}
    for entry in entries:
        for change in entry.intent.changes:
            outcome = entry.outcome_of(change)
            at = entry.outcome.at if entry.outcome and entry.outcome.at else entry.at
            if at >= since and outcome in _NOT_SEEN:
                found.setdefault(change.name, LaterWrite(change.after, at, outcome, entry.seq))
    return found


def _why_not(kind: IdentityKind, audience: str | None) -> str:
    if kind is not IdentityKind.EXTERNAL_ID:
        return _("The export holds no {kind}: only users named by external_id are found in it.").format(
            kind=kind.value
        )
    if audience is not None:
        return _(
            "Not in the snapshot, which holds the audience {audience} only. The server may know the user."
        ).format(audience=sanitize(audience, 60))
    return _("Not in the snapshot. The server may know the user all the same.")


def _two_values() -> str:
    return _("the export has the user more than once, with values that differ")
