"""The calls a client of either product generation answers, and what comes of each.

Not needed for the first screen, so apart from `types`. Nothing here imports httpx or pydantic.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from dfn_tui.api.types import Capabilities, Identity, Value
from dfn_tui.consent.flags import Consents
from dfn_tui.errors import ConsoleError

CLOCK_SKEW_LIMIT = timedelta(minutes=2)
"""A server clock further off the host's than this is worth telling the operator."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's properties as the server gave them, the consent flags told apart from the rest."""

    consents: Consents
    properties: Mapping[str, Value]


class Status(StrEnum):
    """How a call ended for one user. UNKNOWN: a write was sent and its answer never came."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended for one user; `profile` or `ci` is there after a read that is DONE.

    `code` is the server's own code as text (`"5003"`, `"40001"`), a word of ours where the server gave
    none (`"timeout"`, `"not-mentioned"`, `"not-sent"`), or None when DONE. `error` is the call's error
    where the whole request failed, so that a screen can offer what helps (a new token).
    """

    identity: Identity
    status: Status
    code: str | None = None
    message: str = ""
    profile: Profile | None = None
    ci: Mapping[str, str] | None = None
    error: ConsoleError | None = None


@dataclass(frozen=True, slots=True)
class ProfileWrite:
    """The properties to write for one user; only what is named here is touched."""

    identity: Identity
    consents: Consents = field(default_factory=dict)
    properties: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CiWrite:
    """The CI fields to set for one user."""

    identity: Identity
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing a caller may want to show: `done` of `total` users answered so far, and while the
    client waits to try again, for how many seconds (`waiting`), at which `attempt`, and why."""

    done: int
    total: int
    attempt: int = 1
    waiting: float = 0.0
    reason: str = ""


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """For callers that show none."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a connection test found, as sentences for the operator. `error` is None when it passed."""

    ok: bool
    lines: tuple[str, ...]
    error: ConsoleError | None = None


class UserApi(Protocol):
    """One product generation. Every call gives exactly one outcome per identity, in the order asked.

    No call raises for what the network or the server did: that is in the outcomes. Reads may be
    cancelled. Writes must not be: cancelling does not take back a request that was sent.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def clock_skew(self) -> timedelta | None:
        """Server time minus host time, once an answer bore a `Date`; None before that."""

    async def read_profiles(
        self,
        identities: Sequence[Identity],
        progress: OnProgress = ignore_progress,
        *,
        names: Sequence[str] | None = None,
    ) -> list[Outcome]:
        """The users with the named properties, or with all of them. Where users cannot be read, `names`
        changes nothing."""

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]: ...

    async def read_ci(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> list[Outcome]: ...

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]: ...

    async def delete_ci(
        self,
        identities: Sequence[Identity],
        fields: Sequence[str],
        progress: OnProgress = ignore_progress,
    ) -> list[Outcome]: ...

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Outcome:
        """Links identities to a user, creating the unified profile where there is none."""

    async def probe(self) -> Probe:
        """A harmless read that tells whether the server, the token and the rights are in order."""

    async def aclose(self) -> None: ...
