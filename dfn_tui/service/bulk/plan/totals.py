"""A plan in figures: how many users, which way, and what sending it takes; and which of them are meant."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from dfn_tui.consent.flags import Direction, Flag, FlagChange, State
from dfn_tui.service.bulk.plan.classify import NO_INVERSE
from dfn_tui.service.bulk.plan.errors import plan_errors
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.records import SENT, PlanGroup, PlanMetadata, PlanStatus
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT
from dfn_tui.service.changes.outcome import CI_DELETE, CI_SET, PROFILE, part_of
from dfn_tui.service.changes.scope import Scope
from dfn_tui.service.context import capabilities_of
from dfn_tui.store import FieldChange, FieldKind

_AFTER = {Direction.GRANT: State.SUBSCRIBED, Direction.WITHDRAW: State.UNSUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a plan. All but `statuses` leave out the users that were left out.

    `fields` are the properties and CI fields that would be written, by name; `deleted` the CI fields that
    would be deleted. `granted` users would be given a consent, `withdrawn` users would have one taken back,
    and `only_withdrawn` users nothing else.
    `with_profile`, `with_ci` and `with_deletion` users have something of that kind to be sent.
    """

    head: PlanMetadata
    digest: str = ""
    """Of the plan that these are the figures of."""
    statuses: Mapping[PlanStatus, int] = field(default_factory=dict)
    left_out: int = 0
    sent: int = 0
    """The users left out because they were sent from this plan before."""
    to_send: int = 0
    flags: Mapping[tuple[Flag, Direction], int] = field(default_factory=dict)
    fields: Mapping[tuple[FieldKind, str], int] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    """Of how many users something wanted is not done, or by a stand-in, by the sentence that says so."""
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Why users, or fields of them, could not be read: in sentences, with the names of the fields."""
    granted: int = 0
    withdrawn: int = 0
    only_withdrawn: int = 0
    resubscribed: int = 0
    """The users given a consent who had said no."""
    proven: int = 0
    """The users given a consent whose row has evidence."""
    with_profile: int = 0
    with_ci: int = 0
    with_deletion: int = 0

    @property
    def only_withdraws(self) -> bool:
        """Whether everybody who is sent has a consent taken back, and nobody is given one."""
        return 0 < self.to_send == self.withdrawn and not self.granted

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
            only_withdrawn=self.only_withdrawn,
            proven=self.proven,
            resubscribed=self.resubscribed,
            expressed_on=self.head.expressed_on,
        )


class _Counts:
    """What the groups of a plan add up to."""

    def __init__(self) -> None:
        self.statuses: Counter[PlanStatus] = Counter()
        self.changes: Counter[tuple[str, FieldKind, str]] = Counter()
        """By direction or part, kind and name."""
        self.warnings: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.parts: Counter[str | None] = Counter()
        self.to_send = self.only_withdrawn = self.resubscribed = self.proven = 0

    def add(self, group: PlanGroup, users: int, left_out: int) -> None:
        """Adds a group of so many users, of whom so many were left out by the operator."""
        self.statuses[group.status] += users
        if group.status in (*SENT, PlanStatus.ALREADY):
            self.left.update(dict.fromkeys(group.left, users - left_out))
        if group.code or group.status is PlanStatus.UNREADABLE:
            self.unreadable[group.message or group.code] += users
        sent = users - left_out if group.status in SENT else 0
        if not sent:
            return
        self.to_send += sent
        self.warnings.update(dict.fromkeys(group.warnings, sent))
        for change in group.changes:
            self.changes[direction_of(change) or part_of(change), change.kind, change.name] += sent
        ways = {*map(direction_of, group.changes)}
        self.parts.update(dict.fromkeys({*map(part_of, group.changes), *ways}, sent))
        self.only_withdrawn += sent if ways == {Direction.WITHDRAW} else 0
        self.resubscribed += sent if group.resubscribes else 0
        self.proven += sent if Direction.GRANT in ways and group.word and group.word.evidence else 0


def totals(plan: PlanFile) -> Totals:
    """The figures of that plan. Raises PlanError."""
    counts = _Counts()
    for one in plan.groups():
        counts.add(one.group, one.users, one.left_out)
    statuses, changes, parts = counts.statuses, counts.changes, counts.parts
    in_order = sorted(changes.items())
    return Totals(
        head=plan.head,
        digest=plan.digest,
        statuses=dict(statuses),
        left_out=sum(statuses[one] for one in SENT) - counts.to_send - (sent_before := plan.count_sent()),
        sent=sent_before,
        to_send=counts.to_send,
        flags={
            (flag, way): changes[way, FieldKind.CONSENT, flag]
            for flag, way in product(Flag, Direction)
            if changes[way, FieldKind.CONSENT, flag]
        },
        fields={(kind, name): users for (part, kind, name), users in in_order if part in (PROFILE, CI_SET)},
        deleted={name: users for (part, _kind, name), users in in_order if part == CI_DELETE},
        warnings=dict(counts.warnings.most_common()),
        left=dict((counts.left + _without_inverse(plan)).most_common()),
        unreadable=dict(counts.unreadable.most_common()),
        granted=parts[Direction.GRANT],
        withdrawn=parts[Direction.WITHDRAW],
        only_withdrawn=counts.only_withdrawn,
        resubscribed=counts.resubscribed,
        proven=counts.proven,
        with_profile=parts[PROFILE],
        with_ci=parts[CI_SET],
        with_deletion=parts[CI_DELETE],
    )


def _without_inverse(plan: PlanFile) -> Counter[str]:
    """Of how many users nothing can be taken back, by the reason."""
    with plan_errors(plan.path):
        found = plan.db.execute(
            "SELECT reason, count(*) FROM bad WHERE fault = ? GROUP BY reason", (NO_INVERSE,)
        )
        return Counter(dict(found.fetchall()))


def direction_of(change: FieldChange) -> Direction | None:
    """Whether a change gives a consent or takes one back; None for what is no consent."""
    if change.kind is not FieldKind.CONSENT:
        return None
    return FlagChange(Flag(change.name), None, State(str(change.after))).direction


def was(change: FieldChange) -> State | None:
    """What a consent was; None where that could not be read."""
    return (State(str(change.before)) if change.before else State.NEVER_SET) if change.readable else None


@dataclass(frozen=True, slots=True)
class Selection:
    """Users of a plan by what is planned for them; what is None or "" is not looked at.

    `group` is its number, and means those that are like it but for their evidence. `flag` and `direction`
    hold for one and the same change, and `was` for all consents that are changed so: what they were before.
    `text` is contained in the id, however that is capitalised.
    """

    group: int | None = None
    flag: Flag | None = None
    direction: Direction | None = None
    was: State | None = None
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
        if self.flag is None and self.direction is None and self.was is None:
            return True
        meant = [
            change
            for change in group.asked
            if (detail := direction_of(change)) is not None
            and self.flag in (None, change.name)
            and self.direction in (None, detail)
        ]
        return bool(meant) and (self.was is None or {was(change) for change in meant} == {self.was})


@dataclass(frozen=True, slots=True)
class SelectedUsers:
    """The users of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentUsers:
    """The users of these numbers, who were sent from the plan before."""

    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class AllButFirst:
    """All users that would be sent, but for the first `count` of those who were not sent before."""

    count: int


@dataclass(frozen=True, slots=True)
class Cost:
    """About how many requests sending takes, and how many seconds at the least."""

    requests: int
    seconds: float


def cost(
    found: Totals, *, limit: int = DOCUMENTED_LIMIT, look_first: bool = True, read_back: bool = True
) -> Cost:
    """What sending takes at `limit` requests a minute, where nothing has to be sent again.

    `look_first`: every user is read before they are written; `read_back`: and once more after that. Neither
    counts where users cannot be read.
    """
    capabilities = capabilities_of(found.head.api)
    batches = -(-found.to_send // capabilities.batch_size)
    with_ci = min(batches, found.with_ci + found.with_deletion)  # at most: users with CI may sit together
    reads = (look_first + read_back) * (batches + with_ci) if capabilities.read_by else 0
    writes = sum(min(batches, users) for users in (found.with_profile, found.with_ci, found.with_deletion))
    requests = reads + writes
    return Cost(requests, requests * 60 / limit)
