"""What the journal keeps of a write: what is about to be sent, and how it ended."""

import os
from collections.abc import Sequence
from dataclasses import replace

from dfn_tui import __version__
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import Connection
from dfn_tui.consent.duties import Ground
from dfn_tui.errors import GateRefused
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.changes.four_eyes import SignedBy
from dfn_tui.service.changes.grounds import usual_ground
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.review import Review
from dfn_tui.store import (
    FieldKind,
    FieldOutcome,
    IntentGroup,
    IntentUser,
    JournalError,
    Operator,
    OutcomeGroup,
    Subject,
)
from dfn_tui.text import _, mask_said


def is_personal_id(kind: IdentityKind) -> bool:
    """Whether an id of that kind tells by itself who the person is."""
    return kind in (IdentityKind.PHONE_NO, IdentityKind.EMAIL)


def blank_intent(
    connection: Connection,
    operator: Operator,
    write: str,
    *,
    warnings: tuple[str, ...] = (),
    reason: str = "",
    evidence: str = "",
    incident: str = "",
    ground: str = "",
    expressed_on: str = "",
    signed: SignedBy | None = None,
) -> IntentGroup:
    """What holds for all that is sent together under the mark `write`, with no change and no user yet.
    `warnings` are those that were acknowledged. `ground` "" leaves it to each change: an undo is a
    correction, and what a person said was said on the day `expressed_on`."""
    return IntentGroup(
        connection=connection.name,
        environment=connection.environment.value,
        api=connection.api.value,
        changes=(),
        operator=operator,
        program=__version__,
        write=write,
        users=(),
        warnings=warnings,
        reason=mask_said(reason.strip()),
        evidence=mask_said(evidence.strip()),
        incident=mask_said(incident),
        ground=ground,
        expressed_on=expressed_on,
        approver=signed.approver if signed else "",
        signer=signed.signer if signed else "",
    )


def intents(groups: Sequence[ChangeGroup], blank: IntentGroup, *, job: bool = False) -> list[IntentGroup]:
    """What is about to be sent to these groups. What a group's users brought as evidence goes before that of
    `blank`. With `job` the entries tell the users' numbers too, so that a later start finds them however
    their ids are sealed."""
    return [
        replace(
            _with_ground(blank, group),
            changes=group.fields,
            left_out=group.left_out,
            users=tuple(
                IntentUser(
                    _subject(user.identity), user.undo_of, f"{blank.write}/{user.number}" if job else None
                )
                for user in group.users
            ),
        )
        for group in groups
    ]


def _with_ground(blank: IntentGroup, group: ChangeGroup) -> IntentGroup:
    """What the change of that group rests on. Only consents are anybody's word."""
    evidence, said_on, source, own = group.word or ("", "", "", "")
    blank = replace(blank, evidence=evidence or blank.evidence)
    if not any(change.kind is FieldKind.CONSENT for change in group.fields):
        return replace(blank, ground="", expressed_on=said_on, expressed_source=source)
    usual = usual_ground(group.users[0].undo_of)
    ground = own or (Ground.EXPRESSED if said_on else blank.ground or usual)
    if ground == Ground.EXPRESSED:
        said_on = said_on or blank.expressed_on
    return replace(blank, ground=str(ground), expressed_on=said_on, expressed_source=source)


def _subject(identity: Identity) -> Subject:
    return Subject(identity.kind.value, identity.value, is_personal_id(identity.kind))


def outcome(seq: int, result: UserResult, by: Operator | None = None) -> OutcomeGroup:
    """How that intent ended, field by field."""
    return OutcomeGroup(
        (seq,),
        result.outcome,
        tuple(
            FieldOutcome(
                field.change.kind,
                field.change.name,
                field.outcome,
                field.read_back,
                field.now,
                field.code,
                field.message,
                field.change.personal,
            )
            for field in result.fields
        ),
        by=by,
    )


async def journal_intents(
    journal: AsyncJournal,
    connection: Connection,
    groups: Sequence[ChangeGroup],
    reviewed: Review,
    approval: Approval,
    incident: str,
) -> list[int]:
    """Journals what is about to be sent; it is on the disk when this returns the entries' numbers.

    Raises `GateRefused` where the journal cannot be written: without it nothing may be sent.
    """
    blank = blank_intent(
        connection,
        journal.operator,
        os.urandom(16).hex(),
        warnings=tuple(one.text for one in reviewed.asked.warnings if one.id in approval.acknowledged),
        reason=approval.reason,
        evidence=approval.evidence,
        incident=incident,
        ground=reviewed.ground or "",
        expressed_on=reviewed.expressed_on,
    )
    try:
        return await journal.write((), intents(groups, blank))
    except JournalError as error:
        raise GateRefused(
            _("Nothing was sent: {why}").format(why=error.title),
            _("No change is sent without being journalled. {why}").format(why=error.happened),
            error.next_step,
        ) from error


async def journal_outcomes(
    journal: AsyncJournal, entries: Sequence[int], results: Sequence[UserResult]
) -> JournalError | None:
    """Journals how it ended. Where that fails the error is given back, not raised: the change was sent,
    and the entries that stay open are settled at the next start."""
    try:
        await journal.write([outcome(seq, one) for seq, one in zip(entries, results, strict=True)], ())
    except JournalError as error:
        return error
    return None
