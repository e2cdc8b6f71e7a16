"""What may be written, and what has to be given first: the same rules for one user and for a million.

A withdrawal is never slowed down: no evidence, no warning of the law's and no cap on consents is about it.
"""

from datetime import datetime
from typing import NamedTuple, Protocol

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.consent.flags import Direction, FlagChange, Purpose
from dfn_tui.consent.messages import night_rule, night_wait
from dfn_tui.consent.night import night_at
from dfn_tui.errors import GateRefused
from dfn_tui.service.context import Mode, capabilities_of
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize

MAX_GRANTS = 100
MAX_USERS = 100_000
NIGHT_RULE = "night-rule"


class Notice(NamedTuple):
    """Something to be read before sending; some must be acknowledged one by one, by `id`."""

    id: str
    text: str
    must_acknowledge: bool


class MadeFor(Protocol):
    """Where a plan may be sent to, and what its users are named by."""

    @property
    def connection(self) -> str: ...
    @property
    def environment(self) -> Environment: ...
    @property
    def api(self) -> ApiVersion: ...
    @property
    def kind(self) -> IdentityKind: ...


class Scope(NamedTuple):
    """What is about to be written, counted.

    `granted` of the `users` would be given a consent, `withdrawn` have one taken back. `fields` are the
    properties and CI fields set, `deletes` the CI fields removed. `user` is the id where single changes reach
    one user only; `plan` is None for single changes.
    """

    users: int
    granted: int = 0
    withdrawn: int = 0
    consents: frozenset[FlagChange] = frozenset()
    fields: frozenset[tuple[FieldKind, str]] = frozenset()
    deletes: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    """What is to be known of these users in particular."""
    user: str = ""
    plan: MadeFor | None = None


class Approval(NamedTuple):
    """The operator's answers."""

    reason: str = ""
    evidence: str = ""
    acknowledged: frozenset[str] = frozenset()
    """The ids of the warnings that were read and ticked off."""
    leave_out: frozenset[Identity] = frozenset()
    """Users the operator leaves out, because somebody else changed them meanwhile."""
    typed_count: int | None = None
    """How many users will be sent, as typed."""
    max_grants: int | None = None
    """So many users may be given a consent this once; None: no more than the connection's cap says."""
    max_users: int | None = None
    """So many users may be written to this once; None: no more than the connection's cap says."""


class Requirements(NamedTuple):
    """What must be read and given before that is sent. No more than `max_grants` users are given a consent,
    and `max_users` written to, unless the approval says so."""

    warnings: tuple[Notice, ...]
    reason_required: bool
    evidence_required: bool
    count_required: bool
    max_grants: int
    max_users: int
    yes_is_enough: bool
    """A command may be told beforehand that the answer is yes; else it must be told the number of users."""
    question: str
    """What a terminal asks before it is sent, and the `answer` that must be typed."""
    answer: str

    @property
    def to_acknowledge(self) -> tuple[Notice, ...]:
        return tuple(warning for warning in self.warnings if warning.must_acknowledge)


def warnings(scope: Scope, now: datetime) -> tuple[Notice, ...]:
    """What is to be read before this is sent at the aware instant `now`.

    Rests on Korea's Network Act (정보통신망법), article 50(3): a separate prior consent for the night.
    Raises ValueError when `now` is naive.
    """
    grants = [change for change in scope.consents if change.direction is Direction.GRANT]
    found = []
    if any(change.grants_night for change in grants):
        found.append(Notice(NIGHT_RULE, night_rule(), must_acknowledge=True))
    if night_at(now).inside and any(change.flag.purpose is not Purpose.INFORMATIONAL for change in grants):
        found.append(Notice("night-hours", night_wait(), must_acknowledge=False))
    return (*found, *scope.notices)


def requirements(scope: Scope, connection: Connection, now: datetime) -> Requirements:
    """What this needs over that connection at the aware instant `now`."""
    production = connection.environment is Environment.PRODUCTION
    many = scope.plan is not None
    night = any(change.grants_night for change in scope.consents)
    question, answer = _confirmation(scope, production=production)
    return Requirements(
        warnings=warnings(scope, now),
        reason_required=production or (many and scope.withdrawn > 0),
        evidence_required=night or (scope.granted > 0 and (production or many)),
        count_required=production and many,
        max_grants=connection.max_grants or MAX_GRANTS,
        max_users=connection.max_users or MAX_USERS,
        yes_is_enough=not production,
        question=question,
        answer=answer,
    )


def _confirmation(scope: Scope, *, production: bool) -> tuple[str, str]:
    if scope.deletes and scope.user:
        return _("This cannot be undone. Type the user's id to delete: "), scope.user
    if scope.deletes:
        return _("This cannot be undone. Type the number of users to send: "), str(scope.users)
    if production:
        return _("This is production. Type the number of users to send: "), str(scope.users)
    return _("Type yes to send: "), _("yes")


def require(scope: Scope, mode: Mode, connection: Connection, approval: Approval, now: datetime) -> None:
    """Raises `GateRefused` naming the first thing that is missing before this may be sent at the aware
    instant `now`. Nothing is written or sent here."""
    if mode.read_only:
        raise GateRefused(
            _("Read-only"),
            _("This console may not write ({source}). Nothing is sent.").format(source=mode.source),
            _("Open a connection that may write, or start without --read-only."),
        )
    if scope.plan is not None:
        require_same_place(scope.plan, connection)
    if not scope.users:
        raise GateRefused(
            _("Nothing to send"),
            _("No user is to be changed. Nothing is sent."),
            _("Stage a change. In a plan, users may be left out, or be as wanted already."),
        )
    _check_fields(scope, connection)
    asked = requirements(scope, connection, now)
    _check_caps(scope, asked, approval)
    _check_answers(scope, asked, approval)


def require_same_place(plan: MadeFor, connection: Connection) -> None:
    """Raises `GateRefused` where the plan was made for something else than this connection."""
    made_for = (plan.connection, plan.environment, plan.api)
    if made_for != (connection.name, connection.environment, connection.api):
        raise GateRefused(
            _("The plan is for another connection"),
            _("It was made for {connection} ({environment}, {api}). Nothing is sent.").format(
                connection=sanitize(plan.connection, 40),
                environment=plan.environment.value,
                api=plan.api.value,
            ),
            _("Open that connection, or make the plan anew for this one."),
        )


def _check_fields(scope: Scope, connection: Connection) -> None:
    has = capabilities_of(connection.api)
    if scope.deletes - set(has.ci_fields):
        raise no_removal()
    if scope.plan is None:  # stages nothing but what the API version has
        return
    # No plan made here holds any of this, but a plan's file may come from anywhere.
    flags = {change.flag.value for change in scope.consents} - set(has.flags)
    ci = {name for kind, name in scope.fields if kind is FieldKind.CI} - set(has.ci_fields)
    strange = sorted(flags | ci)
    if strange or scope.plan.kind not in has.write_by:
        raise GateRefused(
            _("The plan does not fit this connection"),
            _("It asks for {what}, which this API version does not have. Nothing is sent.").format(
                what=sanitize(strange[0] if strange else scope.plan.kind.value, 40)
            ),
            _("Make the plan anew."),
        )


def no_removal() -> GateRefused:
    """Why no single identifier is removed over version 2.

    Rests on DFINERY's documentation of the identity API: its deletion takes an external id and deletes the
    whole unified profile; nothing is documented that removes one identifier.
    """
    return GateRefused(
        _("An identifier cannot be removed here"),
        _(
            "This API version has no call that removes one identifier: its only deletion takes "
            "the whole person away, with all consents. Nothing is sent."
        ),
        _("A whole profile is deleted in the product's own web console."),
    )


def _check_caps(scope: Scope, asked: Requirements, approval: Approval) -> None:
    """What cannot be done by a slip cannot reach everybody."""
    max_users = asked.max_users if approval.max_users is None else approval.max_users
    if scope.users > max_users:
        raise GateRefused(
            _("Too many users at once"),
            _("{users} users would be written to; {most} at most are allowed. Nothing is sent.").format(
                users=f"{scope.users:,}", most=f"{max_users:,}"
            ),
            _("Send fewer at once, or raise max_users of this connection in config.toml."),
        )
    max_grants = asked.max_grants if approval.max_grants is None else approval.max_grants
    if scope.granted > max_grants:
        raise GateRefused(
            _("Too many consents given at once"),
            _("{users} users would be given a consent; {most} at most are allowed. Nothing is sent.").format(
                users=f"{scope.granted:,}", most=f"{max_grants:,}"
            ),
            _("Check the list. To allow so many: --max-grants, or max_grants of this connection."),
        )


def _check_answers(scope: Scope, asked: Requirements, approval: Approval) -> None:
    """In the order in which a form asks for them."""
    for warning in asked.to_acknowledge:
        if warning.id not in approval.acknowledged:
            raise GateRefused(
                _("A warning is not acknowledged"),
                _("{notice} Nothing is sent.").format(notice=warning.text),
                _("Read it and tick it off."),
            )
    if asked.evidence_required and not approval.evidence.strip():
        raise GateRefused(
            _("Evidence is missing"),
            _("Granting a consent needs the proof that the person gave it. Nothing is sent."),
            _("Name the proof: form, call record, date."),
        )
    if asked.reason_required and not approval.reason.strip():
        raise GateRefused(
            _("A reason is missing"),
            _("Changes here need a reason or a ticket. Nothing is sent."),
            _("Write why, in a few words."),
        )
    if asked.count_required and approval.typed_count != scope.users:
        raise GateRefused(
            _("The number of users is not confirmed"),
            _("In production the number of users is typed before anything is sent. Nothing is sent."),
            _("Give it exactly: {users}").format(users=scope.users),
        )
