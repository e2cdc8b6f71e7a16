"""Between what the operator approved and what the journal keeps of it."""

from collections.abc import Sequence
from dataclasses import replace

from dfn_tui import __version__
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import Connection
from dfn_tui.service.changes.outcome import UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup
from dfn_tui.store import FieldOutcome, IntentGroup, IntentUser, Operator, OutcomeGroup, Subject


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
) -> IntentGroup:
    """What holds for all that is sent together under the mark `write`, with no change and no user yet.
    `warnings` are those that were acknowledged."""
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
        reason=reason.strip(),
        evidence=evidence.strip(),
    )


def intents(groups: Sequence[ChangeGroup], blank: IntentGroup, *, job: bool = False) -> list[IntentGroup]:
    """What is about to be sent to these groups. With `job` the entries tell the users' numbers too, so that
    a later start finds them however their ids are sealed."""
    return [
        replace(
            blank,
            changes=group.fields,
            users=tuple(
                IntentUser(
                    _subject(user.identity), user.undo_of, f"{blank.write}/{user.number}" if job else None
                )
                for user in group.users
            ),
        )
        for group in groups
    ]


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
