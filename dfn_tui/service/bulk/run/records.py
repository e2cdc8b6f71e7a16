"""What a job knows of its users, and what it tells of itself while it runs."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import ConfigDict, TypeAdapter

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import outcome_words
from dfn_tui.service.changes.outcome import NOT_READABLE
from dfn_tui.service.history import left_out_words
from dfn_tui.text import _

IN_JOBS = tuple(outcome for outcome in Outcome if outcome is not Outcome.PLANNED)
"""How one user of a job can have ended; each is in exactly one of these, or is still to be done."""


class UserEnd(NamedTuple):
    """How the user of that `number` ended. `seq` is their latest journal entry, where there is one."""

    number: int
    seq: int | None
    outcome: Outcome
    code: str | None = None
    message: str = ""

    @property
    def partly(self) -> bool:
        """Whether all was done but what could not be read; see `part_of_it`."""
        return self.outcome is Outcome.FAILED and self.code == NOT_READABLE and self.seq is not None

    def part_of_it(self, left_out: str, *, read_back: bool) -> "UserEnd":
        """The same of a user of whom the fields named by `left_out` were not sent: a success becomes a
        failure that names them. `read_back`: what was accepted waits for that first, as ACCEPTED."""
        if not left_out:
            return self
        done = self.outcome is Outcome.CONFIRMED or (self.outcome is Outcome.ACCEPTED and self.code is None)
        rest = _("The rest: {outcome}.").format(outcome=outcome_words(self.outcome)) if done else self.message
        hint = _("A new plan sends that once it is readable.")
        message = " ".join(filter(None, (left_out_words(left_out), rest, hint)))
        if not done:
            return self._replace(message=message)
        waits = self.outcome is Outcome.ACCEPTED and read_back
        outcome = Outcome.ACCEPTED if waits else Outcome.FAILED
        return self._replace(outcome=outcome, code=NOT_READABLE, message=message)


class OnConflict(StrEnum):
    """What is done about users that somebody changed since the plan was made.

    STOP: nothing more is sent after the first one, and all of them are looked for. SKIP: they are set aside.
    OVERWRITE: they are not looked at again, and all is sent as planned.
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
    are the answers that were given, for the rules to be asked again at each resume.
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
    sent_again: bool = False
    """Some of those to be done were sent before: all are looked at first, whatever `on_conflict` says."""
    incident: str = ""
    """The ticket that it is done for."""
    ground: str = ""
    """What changes of consents rest on, where the users' rows do not say; "" in one of an earlier version."""
    expressed_on: str = ""
    """The day on which the people said so, likewise."""
    signatures: tuple[str, ...] = ()
    """The approval of a second person, and the signature of who applies it, where these were asked for."""

    @classmethod
    def read(cls, text: str) -> "JobRecord":
        """The record that `as_json` wrote. Raises ValueError for what is none."""
        return _RECORD.validate_json(text)


_RECORD = TypeAdapter(JobRecord)


class Phase(StrEnum):
    """What a run is at."""

    SETTLING = "settling"
    SENDING = "sending"
    LOOKING = "looking"
    READING_BACK = "reading-back"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run at one moment.

    `total` users are to be done, `counts` of them ended; `waiting` have an unknown outcome and are looked at
    again, `checked` of `to_check` were read back, or looked at for conflicts. `users_per_second` holds for
    the last ten seconds or so. `seconds_left` counts to the end, reading back and all, and is None where
    nothing tells. `limit` is in requests a minute, `window` the requests that may be under way together;
    `waiting_seconds` is how long the server asked to wait.
    """

    phase: Phase
    total: int
    counts: Counter[Outcome] = field(default_factory=Counter)
    waiting: int = 0
    checked: int = 0
    to_check: int = 0
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
