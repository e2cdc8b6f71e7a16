"""What may be written at all, and what has to be given first: the same for one user and for a million."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from dfn_tui.api.types import Identity
from dfn_tui.config import Connection
from dfn_tui.errors import GateRefused
from dfn_tui.service.place import Mode, capabilities_of
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _

MAX_GRANTS = 100
MAX_USERS = 100_000


class Caps(NamedTuple):
    """The most users that may be given a consent in one go, and the most that may be written to: what cannot
    be done by a slip cannot reach everybody."""

    max_grants: int = MAX_GRANTS
    max_users: int = MAX_USERS


def caps_of(connection: Connection) -> Caps:
    """The caps of a connection: those of its configuration, else the defaults."""
    return Caps(connection.max_grants or MAX_GRANTS, connection.max_users or MAX_USERS)


class Warned(Protocol):
    """Something to be read before sending."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def must_acknowledge(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What is about to be written, counted, and what the rules of consent ask for.

    `removed` are the identifiers that would be removed. `count_required`: the number of users is typed before
    they are sent.
    """

    users: int
    granted: int
    reason_required: bool
    evidence_required: bool
    warnings: tuple[Warned, ...] = ()
    removed: frozenset[str] = frozenset()
    count_required: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """The operator's answers.

    `acknowledged` are the ids of the warnings that were read. `typed_count` is how many users will be sent,
    as typed. So many users may be given a consent (`max_grants`) or be written to (`max_users`) this once;
    None: no more than the connection's caps say. `leave_out` are users whom somebody else changed meanwhile.
    """

    reason: str = ""
    evidence: str = ""
    acknowledged: frozenset[str] = field(default=frozenset())
    typed_count: int | None = None
    max_grants: int | None = None
    max_users: int | None = None
    leave_out: frozenset[Identity] = field(default=frozenset())


def require(scope: Scope, mode: Mode, connection: Connection, approval: Approval) -> None:
    """Raises `GateRefused` naming the first thing that is missing. Nothing is sent here."""
    require_writable(mode)
    if not scope.users:
        raise GateRefused(
            _("Nothing to send"),
            _("No user is to be changed. Nothing was sent."),
            _("Look again: users may be left out, or be as wanted already."),
        )
    if scope.removed - set(capabilities_of(connection.api).ci_fields):
        raise no_removal()
    _require_caps(scope, connection, approval)
    for warning in scope.warnings:
        if warning.must_acknowledge and warning.id not in approval.acknowledged:
            raise GateRefused(
                _("A warning is not acknowledged"),
                _("{notice} Nothing was sent.").format(notice=warning.text),
                _("Read it and tick it off."),
            )
    if scope.evidence_required and not approval.evidence.strip():
        raise GateRefused(
            _("Evidence is missing"),
            _("Granting this consent needs the proof that the person gave it. Nothing was sent."),
            _("Name the proof: form, call record, date."),
        )
    if scope.reason_required and not approval.reason.strip():
        raise GateRefused(
            _("A reason is missing"),
            _("Changes here need a reason or a ticket. Nothing was sent."),
            _("Write why, in a few words."),
        )
    if scope.count_required and approval.typed_count != scope.users:
        raise GateRefused(
            _("The number of users is not confirmed"),
            _("In production the number of users is typed before anything is sent. Nothing was sent."),
            _("Give it exactly: {users}").format(users=scope.users),
        )


def require_writable(mode: Mode) -> None:
    """Raises `GateRefused` where nothing may be written."""
    if mode.read_only:
        raise GateRefused(
            _("Read-only"),
            _("This console may not write ({source}). Nothing was sent.").format(source=mode.source),
            _("Open a connection that may write, or start without --read-only."),
        )


def _require_caps(scope: Scope, connection: Connection, approval: Approval) -> None:
    caps = caps_of(connection)
    most_users = caps.max_users if approval.max_users is None else approval.max_users
    most_grants = caps.max_grants if approval.max_grants is None else approval.max_grants
    if scope.users > most_users:
        raise GateRefused(
            _("Too many users at once"),
            _("{users} users would be written to; {most} at most are allowed. Nothing was sent.").format(
                users=f"{scope.users:,}", most=f"{most_users:,}"
            ),
            _("Send fewer at once, or raise max_users of this connection in config.toml."),
        )
    if scope.granted > most_grants:
        raise GateRefused(
            _("Too many consents given at once"),
            _("{users} users would be given a consent; {most} at most are allowed. Nothing was sent.").format(
                users=f"{scope.granted:,}", most=f"{most_grants:,}"
            ),
            _("Check the list. To allow so many: --max-grants, or max_grants of this connection."),
        )


def removed_by(changes: Iterable[FieldChange]) -> frozenset[str]:
    """The identifiers that these changes remove."""
    return frozenset(c.name for c in changes if c.kind is FieldKind.CI and c.after is None)


def no_removal() -> GateRefused:
    """Why no single identifier is removed over generation 2.

    Rests on DFINERY's documentation of the identity API: its deletion takes an external id and deletes the
    whole unified profile; nothing is documented that removes one identifier.
    """
    return GateRefused(
        _("An identifier cannot be removed here"),
        _(
            "This generation of the product has no call that removes one identifier: its only deletion takes "
            "the whole person away, with all consents. Nothing was sent."
        ),
        _("A whole profile is deleted in the product's own web console."),
    )
