"""Between what the operator approved and what the journal keeps of it."""

from collections.abc import Sequence
from secrets import token_hex

from dfn_tui import __version__
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import Connection
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.review import Review
from dfn_tui.store import FieldOutcome, IntentGroup, IntentUser, Operator, OutcomeGroup, Subject


def is_personal_id(kind: IdentityKind) -> bool:
    """Whether an id of that kind tells by itself who the person is."""
    return kind in (IdentityKind.PHONE_NO, IdentityKind.EMAIL)


def intents(
    groups: Sequence[ChangeGroup],
    reviewed: Review,
    approval: Approval,
    connection: Connection,
    operator: Operator,
) -> list[IntentGroup]:
    """What is about to be sent, under one mark that says it was sent together."""
    write = token_hex(16)
    read = tuple(notice.text for notice in reviewed.asked.warnings if notice.id in approval.acknowledged)
    return [
        IntentGroup(
            connection=connection.name,
            environment=connection.environment.value,
            generation=connection.api.value,
            changes=group.fields,
            operator=operator,
            program=__version__,
            write=write,
            users=tuple(
                IntentUser(
                    Subject(
                        user.identity.kind.value, user.identity.value, is_personal_id(user.identity.kind)
                    ),
                    user.undo_of,
                )
                for user in group.users
            ),
            warnings=read,
            reason=approval.reason.strip(),
            evidence=approval.evidence.strip(),
        )
        for group in groups
    ]


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
