"""The calls a client of either API version answers, and what comes of each.

Not needed for the first screen, so apart from `types`. Nothing here imports httpx or pydantic.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from dfn_tui.api.types import Capabilities, Identity, Value
from dfn_tui.consent.flags import Consents
from dfn_tui.errors import ConsoleError

CLOCK_SKEW_LIMIT = timedelta(minutes=2)
"""A server clock further off the host's than this is worth telling the operator."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's properties as the server gave them, the consent flags told apart from the rest.

    What was never set is in no `properties`, however the server spells that, and NEVER_SET in `consents`.
    `unreadable` says by name why a flag or property cannot be read; writes leave those alone.
    """

    consents: Consents
    properties: Mapping[str, Value]
    unreadable: Mapping[str, str] = field(default_factory=dict)


class Reply(NamedTuple):
    """What came of one user's part of a call.

    Not `ok`, `refused` or `pending`: a whole answer came that says no, but only as a remark (for that user
    alone, or not at all), and reading back decides. `code` is the server's own code as text (`"5003"`,
    `"40001"`), a word of ours where the server gave none (`"timeout"`, `"not-mentioned"`, `"not-sent"`), or
    None when ok. `error` is the call's error where the whole request failed, so that a screen can offer
    what helps (a new token).
    """

    identity: Identity
    ok: bool
    """Read, or taken by the server."""
    refused: bool = False
    """Nothing was done, for certain: it never left this host, or the API refused the whole request."""
    pending: bool = False
    """A write was sent and the server may still be at work on it. Says nothing for reads."""
    code: str | None = None
    message: str = ""
    profile: Profile | None = None
    ci: Mapping[str, Value] | None = None
    ci_unreadable: Mapping[str, str] = MappingProxyType({})
    """By field, why it cannot be read."""
    error: ConsoleError | None = None


@dataclass(frozen=True, slots=True)
class ProfileWrite:
    """One edit and the users it is for; only what is named here is touched."""

    identities: tuple[Identity, ...]
    consents: Consents = field(default_factory=dict)
    properties: Mapping[str, Value] = field(default_factory=dict)


class CiWrite(NamedTuple):
    """The CI fields to set, and the users to set them for."""

    identities: tuple[Identity, ...]
    fields: Mapping[str, str]


class Progress(NamedTuple):
    """One thing a caller may want to show: `done` of `total` users answered so far, and while the
    client waits to try again, for how many seconds (`waiting`), at which `attempt`, and why. `step` is the
    part of a longer way, where the caller goes one."""

    done: int
    total: int
    attempt: int = 1
    waiting: float = 0.0
    reason: str = ""
    step: str = ""


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """For callers that show none."""


class Probe(NamedTuple):
    """What a connection test found, as sentences for the operator. `error` is None when it passed."""

    ok: bool
    lines: tuple[str, ...]
    error: ConsoleError | None = None


@runtime_checkable
class ExportApi(Protocol):
    """An API version that gives everybody's properties at once."""

    def export_profiles(
        self,
        names: Sequence[str] | None = None,
        audience: str | None = None,
        progress: OnProgress = ignore_progress,
        *,
        identities: bool = False,
        on_header: Callable[[Sequence[str]], None] = lambda _names: None,
    ) -> AsyncGenerator[dict[str, str]]:
        """See `dfn_tui.api.v2`."""


class UserApi(Protocol):
    """One API version. Every call gives exactly one reply per identity, in the order asked.

    No call raises for what the network or the server did: that is in the replies. Reads may be
    cancelled. Writes must not be: cancelling does not take back a request that was sent.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def clock_skew(self) -> timedelta | None:
        """Server time minus host time, once an answer bore a `Date`; None before that."""

    @property
    def stopped(self) -> ConsoleError | None:
        """Why no further request makes sense: the token is not taken, or no answer comes any more. Where the
        retry policy judges each call by itself this stays None."""

    async def read_profiles(
        self,
        identities: Sequence[Identity],
        progress: OnProgress = ignore_progress,
        *,
        names: Sequence[str] | None = None,
    ) -> list[Reply]:
        """The users with the named properties, or with all of them. Where users cannot be read, `names`
        changes nothing."""

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Reply]: ...

    async def read_ci(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> list[Reply]: ...

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Reply]: ...

    async def delete_ci(
        self, identities: Sequence[Identity], fields: Sequence[str], progress: OnProgress = ignore_progress
    ) -> list[Reply]: ...

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Reply:
        """Links identities to a user, creating the unified profile where there is none."""

    async def probe(self) -> Probe:
        """A harmless read that tells whether the server, the token and the rights are in order."""

    def stop(self) -> None:
        """Writes nothing more; what is under way goes on, and who is left is not sent. Reading goes on."""

    async def aclose(self) -> None: ...
