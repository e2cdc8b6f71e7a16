"""What a job knows of its users, and what it tells of itself while it runs."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import ConfigDict, TypeAdapter

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome

IN_JOBS = tuple(outcome for outcome in Outcome if outcome is not Outcome.PLANNED)
"""How one user of a job can have ended; each is in exactly one of these, or is still to be done."""


class UserEnd(NamedTuple):
    """How the user of that `number` ended. `seq` is their latest journal entry, where there is one."""

    number: int
    seq: int | None
    outcome: Outcome
    code: str | None = None
    message: str = ""


class OnConflict(StrEnum):
    """What is done about users that somebody changed since the plan was made.

    STOP: the run stops at the first one. SKIP: they are set aside. OVERWRITE: they are not looked at again,
    and all is sent as planned.
    """

    STOP = "stop"
    SKIP = "skip"
    OVERWRITE = "overwrite"


class JobState(StrEnum):
    """Where a job stands. A RUNNING job that no process holds was cut short."""

    RUNNING = "running"
    STOPPED = "stopped"
    ABORTED = "aborted"
    FINISHED = "finished"


UNFINISHED = (JobState.RUNNING, JobState.STOPPED)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What holds for a job as a whole: what was approved, by whom, and where it stands.

    `limit` is in requests a minute. `why` says in a sentence why it stopped. `acknowledged` to `max_users`
    are the answers that were given, for the rules to be asked again at each resume; None in a job of the
    first version, whose content its digest vouches for.
    """

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")

    id: str
    digest: str
    begun: datetime
    by: str
    reason: str
    evidence: str
    warnings: tuple[str, ...]
    on_conflict: OnConflict
    read_back: bool
    limit: int
    state: JobState = JobState.RUNNING
    why: str = ""
    ended: datetime | None = None
    acknowledged: tuple[str, ...] | None = None
    typed_count: int | None = None
    max_grants: int | None = None
    max_users: int | None = None

    @classmethod
    def read(cls, text: str) -> "JobRecord":
        """The record that `as_json` wrote. Raises ValueError for what is none."""
        return _RECORD.validate_json(text)


_RECORD = TypeAdapter(JobRecord)


class Phase(StrEnum):
    """What a run is at."""

    SETTLING = "settling"
    SENDING = "sending"
    READING_BACK = "reading-back"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run at one moment.

    `total` users are to be done, `counts` of them ended; `waiting` have an unknown outcome and are looked at
    again, `checked` were read back. `users_per_second` holds for the last ten seconds or so, `seconds_left`
    is None where nothing tells. `limit` is in requests a minute, `window` the requests that may be under way
    together; `waiting_seconds` is how long the server asked to wait.
    """

    phase: Phase
    total: int
    counts: Counter[Outcome] = field(default_factory=Counter)
    waiting: int = 0
    checked: int = 0
    users_per_second: float = 0.0
    seconds_left: float | None = None
    limit: int = 0
    window: int = 0
    paused: bool = False
    waiting_seconds: float = 0.0
    error: ConsoleError | None = None

    @property
    def done(self) -> int:
        """The users that ended, however they did."""
        return sum(self.counts.values())
