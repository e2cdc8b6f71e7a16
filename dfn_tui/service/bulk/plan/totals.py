"""A plan in figures: how many users, which way, and what sending it takes; and which of them are meant."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from dfn_tui.api.types import Capabilities
from dfn_tui.consent.flags import Direction, Flag, FlagChange, State
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.records import SENT, PlanGroup, PlanMetadata, PlanStatus
from dfn_tui.service.changes.outcome import CI_DELETE, CI_SET, PROFILE, part_of
from dfn_tui.service.changes.policy import Scope
from dfn_tui.store import FieldChange, FieldKind

_AFTER = {Direction.GRANT: State.SUBSCRIBED, Direction.WITHDRAW: State.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a plan. All but `statuses` leave out the users that were left out.

    `fields` are the properties and CI fields that would be written, by name; `deleted` the CI fields that
    would be deleted. `granted` users would be given a consent, `withdrawn` users would have one taken back.
    `with_profile`, `with_ci` and `with_deletion` users have something of that kind to be sent.
    """

    head: PlanMetadata
    digest: str = ""
    """Of the plan that these are the figures of."""
    statuses: Mapping[PlanStatus, int] = field(default_factory=dict)
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
    statuses: Counter[PlanStatus] = Counter()
    flags: Counter[tuple[Flag, Direction]] = Counter()
    fields: Counter[tuple[FieldKind, str]] = Counter()
    deleted: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    parts: Counter[str | None] = Counter()
    all_left_out = 0
    for _number, group, users, left_out in plan.groups():
        statuses[group.status] += users
        if group.status not in SENT:
            continue
        all_left_out += left_out
        sent = users - left_out
        if not sent:
            continue
        warnings.update(dict.fromkeys(group.warnings, sent))
        for change in group.changes:
            direction = direction_of(change)
            if direction is not None:
                flags[Flag(change.name), direction] += sent
            elif part_of(change) == CI_DELETE:
                deleted[change.name] += sent
            else:
                fields[change.kind, change.name] += sent
        kinds = {*map(part_of, group.changes), *map(direction_of, group.changes)}
        parts.update(dict.fromkeys(kinds, sent))
    return Totals(
        head=plan.head,
        digest=plan.digest,
        statuses=dict(statuses),
        left_out=all_left_out,
        to_send=sum(statuses[one] for one in SENT) - all_left_out,
        flags={one: flags[one] for one in product(Flag, Direction) if one in flags},
        fields=dict(sorted(fields.items())),
        deleted=dict(sorted(deleted.items())),
        warnings=dict(warnings.most_common()),
        granted=parts[Direction.GRANT],
        withdrawn=parts[Direction.WITHDRAW],
        with_profile=parts[PROFILE],
        with_ci=parts[CI_SET],
        with_deletion=parts[CI_DELETE],
    )


def direction_of(change: FieldChange) -> Direction | None:
    """Whether a change gives a consent or takes one back; None for what is no consent."""
    if change.kind is not FieldKind.CONSENT:
        return None
    return FlagChange(Flag(change.name), None, State(str(change.after))).direction


@dataclass(frozen=True, slots=True)
class Selection:
    """Users of a plan by what is planned for them; what is None or "" is not looked at.

    `flag` and `direction` hold for one and the same change. `text` is contained in the id, however that is
    capitalised.
    """

    flag: Flag | None = None
    direction: Direction | None = None
    status: PlanStatus | None = None
    warned: bool | None = None
    left_out: bool | None = None
    text: str = ""

    def has(self, group: PlanGroup) -> bool:
        """Whether users of that group may belong to it."""
        if self.status is not None and group.status is not self.status:
            return False
        if self.warned is not None and bool(group.warnings) is not self.warned:
            return False
        if self.flag is None and self.direction is None:
            return True
        return any(
            (detail := direction_of(change)) is not None
            and self.flag in (None, change.name)
            and self.direction in (None, detail)
            for change in group.changes
        )


@dataclass(frozen=True, slots=True)
class SelectedUsers:
    """The users of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllButFirst:
    """All users that would be sent, but for the first `count` of them."""

    count: int


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
    batches = -(-found.to_send // capabilities.batch_size)
    with_ci = min(batches, found.with_ci + found.with_deletion)  # at most: users with CI may sit together
    reads = (look_first + read_back) * (batches + with_ci) if capabilities.read_by else 0
    writes = sum(min(batches, users) for users in (found.with_profile, found.with_ci, found.with_deletion))
    requests = reads + writes
    return Cost(requests, requests * 60 / limit)
