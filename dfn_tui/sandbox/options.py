"""What the sandbox can be told: what it holds, which tokens it takes, and which faults it shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dfn_tui.sandbox.launch import SERVICE_ID

_SECONDS = {"y": 31_536_000, "M": 2_592_000, "d": 86_400, "H": 3_600, "m": 60, "s": 1}
_RATE = re.compile(r"([1-9][0-9]{0,8})/((?:[1-9][0-9]{0,5})?[yMdHms])")

Reset = Literal["seconds", "milliseconds", "year-ahead"]
Spelling = Literal["x-rate-limit", "x-ratelimit", "none"]
DeleteKey = Literal["user_ids", "user_id", "both"]
Absence = Literal["undefined", "null", "left-out"]
ExportIdentities = Literal["asked", "with-all", "refused", "missing"]
ExportColumns = Literal["asked", "fewer"]
Normalised = Literal["no", "trim", "text"]


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

    `dfn_tui.sandbox.arguments` has an option for each field, which explains it. Rates are probabilities, 0.0
    to 1.0, drawn from one generator seeded by `SandboxOptions.seed`.
    """

    latency_ms: int = 0
    error_rate: float = 0.0
    drop_rate: float = 0.0
    refuse: str | None = None
    date: str = "+0"
    delete_key: DeleteKey = "both"
    busy_rate: float = 0.0
    busy_users: frozenset[str] = frozenset()
    bad_users: frozenset[str] = frozenset()
    only_users: frozenset[str] = frozenset()
    write_answer: str = "true"
    read_answer: str = "true"
    read_back: str = "true"
    apply_after_ms: int | None = 0
    """None: never."""
    read_lag_ms: int = 0
    absent_flags: Absence = "undefined"
    absent_properties: Absence = "left-out"
    absent_ci: Absence = "left-out"
    absent_export: Absence = "left-out"
    odd_values: Mapping[str, str] = field(default_factory=dict)
    normalise: Normalised = "no"
    export_identities: ExportIdentities = "asked"
    export_columns: ExportColumns = "asked"
    export_cut_after: int | None = None
    """None: never."""
    rate_limit: RateLimit | None = RateLimit(10_000, "1m")
    export_rate_limit: RateLimit | None = RateLimit(100, "1H")
    rate_limit_reset: Reset = "seconds"
    rate_limit_spelling: Spelling = "x-rate-limit"
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox is started. `token` serves version 1 and the import calls of version 2."""

    token: str = field(default="sandbox-token", repr=False)
    export_token: str = field(default="sandbox-export-token", repr=False)
    service_id: str = SERVICE_ID
    users: int = 500
    odd_users: bool = False
    """Whether one user of each odd kind is made up beside them."""
    seed: int = 1
    state: Path | None = None
    """The SQLite file the state is kept in; None keeps it in memory."""
    faults: Faults = field(default_factory=Faults)
    """The faults to start with. Each server copies them."""
