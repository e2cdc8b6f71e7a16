"""A plan in figures: how many users, which way, and what sending it takes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from dfn_tui.api.types import Capabilities
from dfn_tui.consent.diff import Direction, FlagChange
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.records import SENT, Head, Standing
from dfn_tui.service.changes.policy import Scope
from dfn_tui.store import FieldChange, FieldKind

_AFTER = {Direction.GRANT: State.SUBSCRIBED, Direction.WITHDRAW: State.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a plan. All but `standings` leave out the users that were left out.

    `fields` are the properties and CI fields that would be written, by name; `deleted` the CI fields that
    would be deleted. `granted` users would be given a consent, `withdrawn` users would have one taken back.
    `with_profile`, `with_ci` and `with_deletion` users have something of that kind to be sent.
    """

    head: Head
    standings: Mapping[Standing, int] = field(default_factory=dict)
    left_out: int = 0
    to_send: int = 0
    flags: Mapping[tuple[Flag, Direction], int] = field(default_factory=dict)
    fields: Mapping[tuple[FieldKind, str], int] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    granted: int = 0
    withdrawn: int = 0
    with_profile: int = 0
    with_ci: int = 0
    with_deletion: int = 0

    @property
    def scope(self) -> Scope:
        """What would be sent, as the policy asks about it."""
        return Scope(
            users=self.to_send,
            granted=self.granted,
            withdrawn=self.withdrawn,
            consents=frozenset(FlagChange(flag, None, _AFTER[way]) for flag, way in self.flags),
            fields=frozenset(self.fields),
            deletes=frozenset(self.deleted),
            plan=self.head,
        )


def totals(plan: PlanFile) -> Totals:
    """The figures of that plan. Raises PlanError."""
    counted = _Counted()
    for _number, shape, users, left_out in plan.shapes():
        counted.standings[shape.standing] += users
        if shape.standing in SENT:
            counted.left_out += left_out
            if users > left_out:
                counted.warnings.update(dict.fromkeys(shape.warnings, users - left_out))
                counted.add(shape.changes, users - left_out)
    return Totals(
        head=plan.head,
        standings=dict(counted.standings),
        left_out=counted.left_out,
        to_send=counted.to_send,
        flags=dict(sorted(counted.flags.items(), key=_place)),
        fields=dict(sorted(counted.fields.items())),
        deleted=dict(sorted(counted.deleted.items())),
        warnings=dict(counted.warnings.most_common()),
        granted=counted.parts[Direction.GRANT],
        withdrawn=counted.parts[Direction.WITHDRAW],
        with_profile=counted.parts[_PROFILE],
        with_ci=counted.parts[_CI],
        with_deletion=counted.parts[_DELETION],
    )


def _place(item: tuple[tuple[Flag, Direction], int]) -> tuple[int, Direction]:
    (flag, direction), _users = item
    return _FLAGS.index(flag), direction


_FLAGS = tuple(Flag)
_PROFILE, _CI, _DELETION = "profile", "ci", "deletion"


class _Counted:
    """What was counted so far."""

    def __init__(self) -> None:
        self.standings: Counter[Standing] = Counter()
        self.flags: Counter[tuple[Flag, Direction]] = Counter()
        self.fields: Counter[tuple[FieldKind, str]] = Counter()
        self.deleted: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.left_out = self.to_send = 0

    def add(self, changes: tuple[FieldChange, ...], users: int) -> None:
        """So many users have these changes."""
        self.to_send += users
        parts = set()
        for change in changes:
            direction = direction_of(change)
            if direction is not None:
                self.flags[Flag(change.name), direction] += users
                parts |= {_PROFILE, direction}
            elif change.kind is FieldKind.CI and change.after is None:
                self.deleted[change.name] += users
                parts.add(_DELETION)
            else:
                self.fields[change.kind, change.name] += users
                parts.add(_CI if change.kind is FieldKind.CI else _PROFILE)
        for part in parts:
            self.parts[part] += users


def direction_of(change: FieldChange) -> Direction | None:
    """Whether a change gives a consent or takes one back; None for what is no consent."""
    if change.kind is not FieldKind.CONSENT:
        return None
    return FlagChange(Flag(change.name), None, State(str(change.after))).direction


@dataclass(frozen=True, slots=True)
class Cost:
    """About how many requests sending takes, and how many seconds at the least."""

    requests: int
    seconds: float


def cost(found: Totals, capabilities: Capabilities, *, limit: int, look_first: bool, read_back: bool) -> Cost:
    """What sending takes at `limit` requests a minute, where nothing has to be sent again.

    `look_first`: every user is read before they are written; `read_back`: and once more after that. Neither
    counts where users cannot be read.
    """
    batches = _batches(found.to_send, capabilities)
    with_ci = min(batches, found.with_ci + found.with_deletion)  # at most: users with CI may sit together
    reads = (look_first + read_back) * (batches + with_ci) if capabilities.read_by else 0
    writes = sum(min(batches, users) for users in (found.with_profile, found.with_ci, found.with_deletion))
    requests = reads + writes
    return Cost(requests, requests * 60 / limit)


def _batches(users: int, capabilities: Capabilities) -> int:
    return -(-users // capabilities.batch_size)
