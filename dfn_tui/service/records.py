"""What an operator sees of a user, and what a change to it is.

What calls and the journal say of that is given on, because nothing above the service reaches below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dfn_tui.api.calls import Profile, Progress, Reply
from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Consents, State
from dfn_tui.service.snapshots.view import SnapshotView
from dfn_tui.store import Entry, FieldChange, FieldKind, Filter, Intent, JournalError, Ref

__all__ = [
    "Entry",
    "FieldChange",
    "FieldKind",
    "Filter",
    "Intent",
    "JournalError",
    "Profile",
    "Progress",
    "Reply",
    "UserChange",
    "UserRecord",
]


NAMES = ("user_name", "df_name")
"""The properties that hold a person's name, by API version."""


@dataclass(frozen=True, slots=True)
class UserRecord:
    """One user as read at `read_at`. `profile` and `ci` are None where they were not or cannot be read.

    `failure` says why a read failed. A user of an API version without point reads has neither a profile
    nor a failure.
    """

    identity: Identity
    read_at: datetime
    profile: Profile | None = None
    ci: Mapping[str, Value] | None = None
    failure: Reply | None = None
    ci_unreadable: Mapping[str, str] = field(default_factory=dict)
    snapshot: SnapshotView | None = None
    """What a snapshot says where users cannot be read; None where there is none. It is no read."""

    @property
    def consents(self) -> Consents:
        return self.profile.consents if self.profile else {}

    @property
    def shown_consents(self) -> Consents:
        """What is shown: as read, or as far as a snapshot and this host's writes since tell. Nothing is
        compared with it before a write."""
        return self.snapshot.consents_now if self.profile is None and self.snapshot else self.consents

    @property
    def by_snapshot(self) -> SnapshotView | None:
        """What the snapshot says, where that is all that can be known of this user."""
        view = self.snapshot
        return view if self.profile is None and view is not None and view.as_of is not None else None

    @property
    def as_of(self) -> datetime:
        """When it was read, or when the export began by which it is judged."""
        view = self.by_snapshot
        return view.as_of if view is not None and view.as_of is not None else self.read_at

    @property
    def consents_held(self) -> Consents:
        """The consents that a campaign may rest on."""
        view = self.by_snapshot
        return self.consents if view is None else view.consents_held

    @property
    def properties(self) -> Mapping[str, Value]:
        return self.profile.properties if self.profile else {}

    @property
    def name(self) -> str:
        """What this person is called, where a property of the platform says so; not inert yet."""
        known = self.properties
        if self.profile is None and self.snapshot is not None:
            known = self.snapshot.properties
        return next((str(known[name]) for name in NAMES if name in known), "")

    @property
    def unreadable(self) -> Mapping[str, str]:
        """By name, why a field of this user cannot be read."""
        return {**(self.profile.unreadable if self.profile else {}), **self.ci_unreadable}

    @property
    def shown_unreadable(self) -> Mapping[str, str]:
        """The same for what is shown, a snapshot's fields too."""
        return {**(self.snapshot.unreadable if self.snapshot else {}), **self.unreadable}

    @property
    def unknown_to_server(self) -> bool:
        """Read, and nothing at all was ever set: writing would create this user."""
        return (
            self.profile is not None
            and not self.profile.properties
            and not self.ci
            and not self.unreadable
            and all(state is State.NEVER_SET for state in self.profile.consents.values())
        )


class UserChange(NamedTuple):
    """Everything that would be written for one user, in the order shown."""

    identity: Identity
    fields: tuple[FieldChange, ...]
    creates: bool = False
    """The server knows nothing of this user: the write would create it."""
    undo_of: Ref | None = None
    """The journal entry that this change takes back."""
