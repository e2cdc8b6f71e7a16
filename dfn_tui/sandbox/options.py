"""What the sandbox can be told: what it holds, which tokens it takes, and which faults it shows."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dfn_tui.sandbox.launch import SERVICE_ID

_SECONDS = {"y": 31_536_000, "M": 2_592_000, "d": 86_400, "H": 3_600, "m": 60, "s": 1}
_RATE = re.compile(r"([1-9][0-9]{0,8})/((?:[1-9][0-9]{0,5})?[yMdHms])")

Reset = Literal["seconds", "milliseconds"]
Spelling = Literal["x-rate-limit", "x-ratelimit", "none"]
DeleteKey = Literal["user_ids", "user_id", "both"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`requests` in each `period`, which is written as in the platform's rate-limit header (`1m`, `1H`)."""

    requests: int
    period: str

    @property
    def seconds(self) -> int:
        return int(self.period[:-1] or 1) * _SECONDS[self.period[-1]]

    @classmethod
    def parse(cls, text: str) -> "RateLimit":
        """Reads `100/1m`. Raises ValueError for anything else."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(int(match[1]), match[2])


@dataclass(slots=True)
class Faults:
    """What goes wrong, and the limits that apply. All of it may be changed while the server runs.

    Rates are probabilities, 0.0 to 1.0, drawn from one generator seeded by `SandboxOptions.seed`.
    """

    latency_ms: int = 0
    """Milliseconds every answer waits before the request is looked at."""
    busy_rate: float = 0.0
    """For each user of a generation 1 batch: code 5003, and nothing read or written."""
    busy_users: frozenset[str] = frozenset()
    """Users of generation 1 that are busy whatever the rate says."""
    bad_users: frozenset[str] = frozenset()
    """Users of generation 1 for whom a whole batch of writes is refused with 4007, as for a bad value."""
    error_rate: float = 0.0
    """For each request: HTTP 500 with an HTML body. Nothing is applied."""
    drop_rate: float = 0.0
    """For each request: it is applied, then the connection is cut without an answer."""
    refuse: str | None = None
    """A documented code every request it belongs to is refused with, e.g. `4004`, `50000`, `query_error`."""
    rate_limit: RateLimit | None = RateLimit(10_000, "1m")
    export_rate_limit: RateLimit | None = RateLimit(100, "1H")
    rate_limit_reset: Reset = "seconds"
    rate_limit_spelling: Spelling = "x-rate-limit"
    delete_key: DeleteKey = "both"
    """The key generation 1's CI delete takes the ids under: its documentation has one of each."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox is started. `token` serves generation 1 and the import calls of generation 2."""

    token: str = field(default="sandbox-token", repr=False)
    export_token: str = field(default="sandbox-export-token", repr=False)
    service_id: str = SERVICE_ID
    users: int = 500
    seed: int = 1
    state: Path | None = None
    """The SQLite file the state is kept in; None keeps it in memory."""
    faults: Faults = field(default_factory=Faults)
    """The faults to start with. Each server copies them."""
