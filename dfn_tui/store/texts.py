"""The canonical texts of entries: what the users of a group share is encoded once."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dfn_tui.store.body import ADDED_LATER, SAME, SUBJECT_SLOT, Body, Sealed, canonical, quoted, seal_context
from dfn_tui.store.records import FieldChange, FieldOutcome, IntentGroup, OutcomeGroup, Subject, Value
from dfn_tui.store.sealing import Sealer, commitment
from dfn_tui.text import mask


class IntentText(NamedTuple):
    """An intent's text, what its user is found by, and its values that are sealed beside the chain."""

    text: str
    user: str
    sealed: Sequence[Sealed]


def intent_texts(group: IntentGroup, at: str, sealer: Sealer | None) -> Iterator[IntentText]:
    """The entries of a group's users, in their order. Without a sealer nothing is sealed: of a personal
    value only its mask remains. Raises ValueError for a number JSON does not have."""
    pieces = _around(_shared(group, at), "changes", "job", "subject", "undo_of")
    before, to_job, to_subject, to_undo, after = pieces
    personal = any(change.personal for change in group.changes)
    changes = "" if personal else canonical([_change(change) for change in group.changes])
    for subject, undo_of, job in group.users:
        user: str = subject.value
        sealed: list[Sealed] = []
        if personal or subject.personal:
            user, whom, what, sealed = _redacted(group, subject, sealer)
            said = canonical(whom)
            changes = canonical(what) if personal else changes
        else:
            said = quoted(user)
            said = f'{{"handle":{said},"kind":{quoted(subject.kind)},"personal":false,"value":{said}}}'
        text = (
            f"{before}{changes}{to_job}{'null' if job is None else quoted(job)}{to_subject}{said}"
            f"{to_undo}{'null' if undo_of is None else canonical(undo_of)}{after}"
        )
        yield IntentText(text, user, sealed)


def _shared(group: IntentGroup, at: str) -> Body:
    """What the chain keeps of an intent, but for what differs from user to user."""
    body = {
        "at": at,
        "changes": None,
        "generation": group.api,
        "kind": "intent",
        "operator": group.operator._asdict(),
        "subject": None,
        "warnings": list(group.warnings),
    }
    body |= {name: getattr(group, name, None) for name in SAME}  # each user has their own job and undo_of
    return body | {name: value for name in ADDED_LATER if (value := getattr(group, name))}


def _redacted(
    group: IntentGroup, subject: Subject, sealer: Sealer | None
) -> tuple[str, Body, list[Body], list[Sealed]]:
    """What one user is found by, the user and the changes with personal values masked, and these values
    sealed where there is a key."""
    handle, sealed = subject.value, list[Sealed]()
    if subject.personal:
        handle = sealer.handle(subject.value) if sealer else mask(subject.value)

    def seal(slot: int, value: object, kind: str, name: str) -> Body:
        if sealer is None:
            return {}
        context = seal_context(group, subject.kind, handle, kind, name)
        nonce, ciphertext = sealer.seal(canonical(value).encode(), context)
        sealed.append(Sealed(slot, nonce, ciphertext))
        return {"seal": commitment(nonce, ciphertext)}

    said = {"handle": handle, "kind": subject.kind, "personal": subject.personal, "value": subject.value}
    if subject.personal:
        said["value"] = mask(subject.value)
        said |= seal(SUBJECT_SLOT, subject.value, "subject", subject.kind)
    changes = [_change(change) for change in group.changes]
    for slot, (body, change) in enumerate(zip(changes, group.changes, strict=True)):
        if change.personal:
            body.update(seal(slot, [change.before, change.after], change.kind, change.name))
            body.update(before=_masked(change.before), after=_masked(change.after))
    return handle, said, changes, sealed


def _change(change: FieldChange) -> Body:
    body = change._asdict()
    del body["redaction"]
    return body


def _masked(value: Value | None) -> str | None:
    if value is None:
        return None
    return mask(value if isinstance(value, str) else canonical(value))


def around_outcome(group: OutcomeGroup, at: str) -> tuple[str, str, str]:
    """The text of an outcome before the number of its intent, between that and the number of the outcome
    it supersedes (or null), and after it. Raises ValueError as `intent_texts` does."""
    body = {
        "at": at,
        "by": group.by._asdict() if group.by else None,
        "code": group.code,
        "ending": group.outcome,
        "fields": [_field(ended) for ended in group.fields],
        "intent": None,
        "kind": "outcome",
        "message": group.message,
        "previous": None,
    }
    before, between, after = _around(body, "intent", "previous")
    return before, between, after


def _field(ended: FieldOutcome) -> Body:
    body = ended._asdict()
    body["ending"] = body.pop("outcome")
    if ended.personal:
        body["now"] = _masked(ended.now)
    return body


def _around(body: Body, *names: str) -> tuple[str, ...]:
    """The canonical text of `body` before, between and after the values of `names`, which are null in it.
    Nothing else reads like one: in a text the quotes are escaped, and nothing within has such a name."""
    pieces, left = [], canonical(body)
    for name in names:
        before, null, left = left.partition(f'"{name}":null')
        pieces.append(before + null[:-4])
    return (*pieces, left)
