"""A plan's second person: asked for where the company's policy does, checked before anything is sent."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from dfn_tui.config.team_policy import TeamPolicy, load_team_policy
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.totals import Totals, totals
from dfn_tui.service.changes.four_eyes import SignedBy, needs_second
from dfn_tui.service.changes.plan_rules import PLAN_HOURS
from dfn_tui.service.four_eyes.checking import (
    APPLIED,
    NotApproved,
    Void,
    check,
    find_approval,
    read_signed,
    signed_by,
)
from dfn_tui.service.four_eyes.files import save
from dfn_tui.service.four_eyes.principals import known_people
from dfn_tui.service.four_eyes.ssh import SignatureRefused
from dfn_tui.service.four_eyes.statement import Signed, SignedAs, statement_of
from dfn_tui.service.session import Session
from dfn_tui.text import _
from dfn_tui.text.korea import spoken_time


class Signing(NamedTuple):
    """How somebody signs: with the key in that file, or one of the agent's; on a `terminal` a passphrase can
    be asked for."""

    key: Path | None = None
    terminal: bool = False


class Approved(NamedTuple):
    """Who approved a plan and who is about to apply it; the approval as its file has it."""

    by: SignedBy
    text: str


Files = Iterable[tuple[str, str | None]]
"""Signatures: the names of their files, and what these hold."""


def may_be_asked(session: Session) -> bool:
    """Whether there are plans at all that a second person has to approve: to count one takes its time."""
    team = session.team_policy()
    return isinstance(team, TeamPolicy) and team.four_eyes_from is not None


def second_of(session: Session, found: Totals, files: Files, hint: str = "") -> Approved | None:
    """Who approved the plan of these figures, by the signatures in `files`; None where the policy asks for
    nobody. Raises `SignatureRefused`, with the `hint` what to do."""
    team = session.team_policy()
    if not isinstance(team, TeamPolicy) or not needs_second(team, found.scope, session.connection):
        return None
    people = known_people(team)
    me = people.me()
    wanted = statement_of(found, SignedAs.APPROVE, me, session.clock())
    longest = timedelta(hours=session.connection.plan_hours or PLAN_HOURS)
    hint = hint or _("Have somebody else approve it as it is now: dfn-tui bulk approve PLAN")
    if found.withdrawn and not team.four_eyes_withdrawals:
        hint = f"{hint} {_('Withdrawals need nobody: send them at once by a plan of their own.')}"
    signed = find_approval(files, wanted, people, longest, hint)
    return Approved(SignedBy(signed.statement.principal, me), signed.text)


def signatures_for(
    session: Session, found: Totals, files: Files, signing: Signing, hint: str = ""
) -> tuple[str, ...]:
    """The approval of the plan of these figures, and the signature of who applies it, made now; nothing where
    the policy asks for nobody. Raises `SignatureRefused`."""
    approved = second_of(session, found, files, hint)
    if approved is None:
        return ()
    team = session.team_policy()
    assert isinstance(team, TeamPolicy)  # it was just asked
    statement = statement_of(found, SignedAs.APPLY, approved.by.signer, session.clock())
    own = signed_by(statement, known_people(team), signing.key, terminal=signing.terminal)
    return approved.text, own.text


def require_signed(session: Session, found: Totals, signatures: Sequence[str]) -> SignedBy | None:
    """Who approved and who applies the plan of these figures, by both signatures of a job that is about to be
    begun or gone on with; None where the policy asks for nobody. Raises `SignatureRefused`."""
    approved = second_of(session, found, of_job(signatures))
    if approved is None:
        return None
    team = session.team_policy()
    assert isinstance(team, TeamPolicy)  # as above
    wanted = statement_of(found, SignedAs.APPLY, approved.by.signer, session.clock())
    try:
        own = read_signed(signatures[1] if len(signatures) > 1 else None)
        check(own, wanted, known_people(team), APPLIED)
    except Void as void:
        raise SignatureRefused(
            _("The signature of who applies the plan is missing"),
            _("Of what should be it: {why} Nothing is sent.").format(why=void),
            _("Start again, with the key of your own at hand: ssh-add KEY"),
        ) from None
    return approved.by


def of_job(signatures: Sequence[str]) -> Files:
    """The approval that a job was begun with."""
    return [(_("The job's approval"), text) for text in signatures[:1]]


class ApprovalStatus(NamedTuple):
    """Whether somebody approved a plan, and who, or why nobody has."""

    approved: bool
    words: str


def approval_status(session: Session, found: Totals, files: Files) -> ApprovalStatus | None:
    """How the plan of these figures stands; None where the policy asks for nobody."""
    try:
        approved = second_of(session, found, files)
    except SignatureRefused as refused:
        why = refused.found if isinstance(refused, NotApproved) else refused.happened
        return ApprovalStatus(False, f"{refused.title}. {why}")
    if approved is None:
        return None
    at = spoken_time(Signed.read(approved.text).statement.at)
    words = _("Approved by {name}, {time} in Korea").format(name=approved.by.approver, time=at)
    return ApprovalStatus(True, words)


def approve(plan: PlanFile, digest: str, now: datetime, signing: Signing) -> tuple[Signed, Path]:
    """Signs that plan as the one that was looked at, which `digest` tells, by whoever sits here, and says
    where the signature lies. Raises `SignatureRefused`, `ConfigError` and `PlanError`."""
    people = known_people(load_team_policy() or TeamPolicy())
    me, found = people.me(), totals(plan)
    if found.digest != digest:
        raise SignatureRefused(
            _("The plan was changed"),
            _("Something changed it since it was looked at. Nothing was signed."),
            _("Look at it again."),
        )
    statement = statement_of(found, SignedAs.APPROVE, me, now)
    signed = signed_by(statement, people, signing.key, terminal=signing.terminal)
    return signed, save(plan.path, signed)
