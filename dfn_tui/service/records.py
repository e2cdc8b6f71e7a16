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
from dfn_tui.store import Entry, FieldChange, FieldKind, Filter, Intent, JournalError, explain_redaction

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
    "explain_redaction",
]


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

    @property
    def consents(self) -> Consents:
        return self.profile.consents if self.profile else {}

    @property
    def properties(self) -> Mapping[str, Value]:
        return self.profile.properties if self.profile else {}

    @property
    def unknown_to_server(self) -> bool:
        """Read, and nothing at all was ever set: writing would create this user."""
        return (
            self.profile is not None
            and not self.profile.properties
            and not self.profile.unreadable
            and not self.ci
            and not self.ci_unreadable
            and all(state is State.NEVER_SET for state in self.profile.consents.values())
        )


class UserChange(NamedTuple):
    """Everything that would be written for one user, in the order shown."""

    identity: Identity
    fields: tuple[FieldChange, ...]
    creates: bool = False
    """The server knows nothing of this user: the write would create it."""
    undo_of: int | None = None
    """The journal entry that this change takes back."""
