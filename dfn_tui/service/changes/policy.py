"""What may be written, and what has to be given first: the same rules for one user and for a million.

A withdrawal is never slowed down: no evidence, no warning of the law's, no age of a plan and no cap is about
it, but for one that the configuration sets on withdrawals by that name.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import Connection, Environment
from dfn_tui.consent.flags import Direction, Purpose
from dfn_tui.consent.messages import night_rule, night_wait
from dfn_tui.consent.night import night_at
from dfn_tui.errors import GateRefused
from dfn_tui.service.changes.four_eyes import SignedBy, require_second, second_notice
from dfn_tui.service.changes.grounds import AS_USUAL, Said, require_day
from dfn_tui.service.changes.plan_rules import (
    PLAN_HOURS,
    hours_old,
    plan_age,
    require_same_place,
    require_whole,
)
from dfn_tui.service.changes.scope import Notice, Scope
from dfn_tui.service.changes.team_rules import (
    Team,
    evidence_always,
    reason_pattern,
    require_answers,
    require_sendable,
)
from dfn_tui.service.changes.undocumented import merging
from dfn_tui.service.context import Forwarded, Mode, capabilities_over
from dfn_tui.store import FieldKind
from dfn_tui.text import _, ngettext, sanitize

MAX_GRANTS = 100
MAX_USERS = 100_000
NIGHT_RULE = "night-rule"
MERGES = "merges"
_LINKABLE = frozenset(kind.value for kind in IdentityKind) - {IdentityKind.USER_ID, IdentityKind.EXTERNAL_ID}


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
    said: Said = AS_USUAL
    """What a plan's changes of consents rest on, where rows do not say; as usual: as the plan has it."""
    signed: SignedBy | None = None
    """Who approved and who applies a plan, once their signatures were checked."""


class Requirements(NamedTuple):
    """What must be read and given before that is sent. No more than `max_grants` users are given a consent,
    and `max_users` written to otherwise than by a withdrawal, unless the approval says so."""

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
    reason_pattern: str = ""
    """What the company's policy has the reason hold; "" for nothing in particular."""

    @property
    def to_acknowledge(self) -> tuple[Notice, ...]:
        return tuple(warning for warning in self.warnings if warning.must_acknowledge)


def may_be_sent_unread(scope: Scope, connection: Connection) -> bool:
    """Whether keys may answer the question to send this that were typed before it could be read. Not where a
    consent is given, an identifier is deleted, or production is written to; but a withdrawal is never
    slowed down, wherever it is made."""
    if scope.users and scope.only_withdrawn == scope.users:
        return True
    production = connection.environment is Environment.PRODUCTION
    return not (production or scope.granted or scope.deletes)


def warnings(scope: Scope, now: datetime) -> tuple[Notice, ...]:
    """What is to be read before this is sent at the aware instant `now`.

    Rests on Korea's Network Act (정보통신망법), article 50(3): a separate prior consent for the night.
    Raises ValueError when `now` is naive.
    """
    grants = [change for change in scope.consents if change.direction is Direction.GRANT]
    found = []
    plan, old = scope.plan, timedelta(hours=PLAN_HOURS)
    if plan is not None and not scope.granted and plan_age(plan, now) > old:
        words = _("The plan was made {hours} hours ago: some of its users may be otherwise by now.")
        text = words.format(hours=hours_old(plan, now))
        found.append(Notice("old-plan", text, must_acknowledge=False))
    if any(change.grants_night for change in grants):
        found.append(Notice(NIGHT_RULE, night_rule(), must_acknowledge=True))
    if night_at(now).inside and any(change.flag.purpose is not Purpose.INFORMATIONAL for change in grants):
        found.append(Notice("night-hours", night_wait(), must_acknowledge=False))
    if any(kind is FieldKind.CI and name in _LINKABLE for kind, name in scope.fields):
        found.append(Notice(MERGES, merging(), must_acknowledge=True))
    return (*found, *scope.notices)


def requirements(scope: Scope, connection: Connection, now: datetime, team: Team = None) -> Requirements:
    """What this needs over that connection at the aware instant `now`, under the company's policy."""
    production = connection.environment is Environment.PRODUCTION
    many = scope.plan is not None
    night = any(change.grants_night for change in scope.consents)
    unproven = scope.granted > scope.proven
    pattern = reason_pattern(team, scope, connection)
    question, answer = _confirmation(scope, production=production)
    return Requirements(
        warnings=(*warnings(scope, now), *second_notice(team, scope, connection)),
        reason_required=production or (many and scope.withdrawn > 0) or bool(pattern),
        evidence_required=(unproven and (night or production or many))
        or evidence_always(team, scope, connection),
        count_required=production and many,
        max_grants=connection.max_grants or MAX_GRANTS,
        max_users=connection.max_users or MAX_USERS,
        yes_is_enough=not production,
        question=question,
        answer=answer,
        reason_pattern=pattern,
    )


def _confirmation(scope: Scope, *, production: bool) -> tuple[str, str]:
    if scope.deletes and scope.user:
        return _("This cannot be undone. Type the user's id to delete: "), scope.user
    kind = f" ({scope.plan.named_by})" if scope.plan is not None else ""
    if scope.deletes:
        words = _("This cannot be undone. Type the number of users{kind} to send: ")
        return words.format(kind=kind), str(scope.users)
    if production:
        words = _("This is production. Type the number of users{kind} to send: ")
        return words.format(kind=kind), str(scope.users)
    if kind:
        words = ngettext(
            "Type yes to send to {count} user{kind}: ",
            "Type yes to send to {count} users{kind}: ",
            scope.users,
        )
        return words.format(count=f"{scope.users:,}", kind=kind), _("yes")
    return _("Type yes to send: "), _("yes")


def require(
    scope: Scope,
    mode: Mode,
    connection: Connection,
    approval: Approval,
    now: datetime,
    team: Team = None,
    forwarded: Callable[[], Forwarded] = lambda: Forwarded(False),
) -> None:
    """Raises `GateRefused` naming the first thing that is missing before this may be sent at the aware
    instant `now`. The company's policy comes on top of all else; what it asks of the archive is what
    `forwarded` says. Nothing is written or sent here."""
    if mode.read_only:
        raise GateRefused(
            _("Read-only"),
            _("This console may not write ({source}). Nothing is sent.").format(source=mode.source),
            _("Open a connection that may write, or start without --read-only."),
        )
    if scope.plan is not None:
        require_same_place(scope.plan, connection)
        require_whole(scope.plan, scope.resubscribed)
        if scope.granted and connection.consent_dates and approval.said != AS_USUAL:
            raise GateRefused(
                _("The plan holds the dates already"),
                _("The day on which consents were given is among what it would write. Nothing is sent."),
                _("Make the plan anew, with that day or ground."),
            )
    if not scope.users:
        raise GateRefused(
            _("Nothing to send"),
            _("No user is to be changed. Nothing is sent."),
            _(
                "Stage a change. In a plan, users may be left out, sent from it before, as wanted already, "
                "or not have been read."
            ),
        )
    _check_fields(scope, connection)
    for day in (scope.expressed_on, approval.said.expressed_on):
        require_day(day, now)
    require_sendable(team, scope, connection, now, forwarded)
    require_second(team, scope, connection, approval.signed)
    asked = requirements(scope, connection, now, team)
    _check_caps(scope, asked, approval, connection.max_withdrawals)
    _check_read(asked, approval)
    require_answers(team, scope, connection, approval.evidence, approval.reason)
    _check_answers(scope, asked, approval)


def _check_fields(scope: Scope, connection: Connection) -> None:
    has = capabilities_over(connection)
    if scope.deletes - set(has.ci_fields):
        raise no_removal()
    if scope.plan is None:  # stages nothing but what the API version has
        return
    # No plan made here holds any of this, but a plan's file may come from anywhere.
    flags = {change.flag.value for change in scope.consents} - set(has.flags)
    ci = {name for kind, name in scope.fields if kind is FieldKind.CI} - set(has.ci_fields)
    strange = sorted(flags | ci)
    if strange or not set(scope.plan.kinds) <= set(has.write_by):
        raise GateRefused(
            _("The plan does not fit this connection"),
            _("It asks for {what}, which this API version does not have. Nothing is sent.").format(
                what=sanitize(strange[0] if strange else scope.plan.named_by, 40)
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


def _check_caps(scope: Scope, asked: Requirements, approval: Approval, max_withdrawals: int | None) -> None:
    """What cannot be done by a slip cannot reach everybody. Withdrawals have no cap of ours."""
    if max_withdrawals is not None and scope.withdrawn > max_withdrawals:
        raise GateRefused(
            _("Too many consents withdrawn at once"),
            _(
                "{users} users would have a consent withdrawn; {most} at most are allowed. Nothing is sent."
            ).format(users=f"{scope.withdrawn:,}", most=f"{max_withdrawals:,}"),
            _("Send fewer at once, or raise max_withdrawals of this connection in config.toml."),
        )
    max_users = asked.max_users if approval.max_users is None else approval.max_users
    if scope.capped > max_users:
        raise GateRefused(
            _("Too many users at once"),
            _("{users} users would be written to; {most} at most are allowed. Nothing is sent.").format(
                users=f"{scope.capped:,}", most=f"{max_users:,}"
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


def _check_read(asked: Requirements, approval: Approval) -> None:
    for warning in asked.to_acknowledge:
        if warning.id not in approval.acknowledged:
            raise GateRefused(
                _("A warning is not acknowledged"),
                _("{notice} Nothing is sent.").format(notice=warning.text),
                _("Read it and tick it off."),
            )


def _check_answers(scope: Scope, asked: Requirements, approval: Approval) -> None:
    """In the order in which a form asks for them."""
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
