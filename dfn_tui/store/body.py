"""The canonical text of an entry, and the chain through all of them.

An entry is JSON with sorted keys, no spaces, and everything beyond ASCII escaped, so that the bytes that
are hashed depend on no encoding and any text, half surrogate pairs included, has exactly one form.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dfn_tui.store.records import (
    Change,
    Cover,
    Ending,
    Entry,
    FieldOutcome,
    Intent,
    Operator,
    Outcome,
    Subject,
)
from dfn_tui.store.records import Value as FieldValue
from dfn_tui.store.sealing import Sealer, commitment
from dfn_tui.text import mask

GENESIS = hashlib.sha256(b"dfn-tui journal").digest()
"""The hash before the first entry."""
SUBJECT_SLOT = -1
"""Where a sealed id lies; a sealed change lies at its place among the changes."""

Body = dict[str, Any]

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value beside the chain."""

    slot: int
    nonce: bytes
    ciphertext: bytes


def canonical(value: object) -> str:
    """The one text of a JSON value. Raises ValueError for a number JSON does not have."""
    return _encode(value)


def chained(previous: bytes, body: bytes) -> bytes:
    """The hash of an entry after the entry whose hash is `previous`."""
    return hashlib.sha256(previous + body).digest()


def stamp(at: datetime) -> str:
    """UTC with microseconds, always of one length: as text it sorts like the time it is."""
    if at.tzinfo is None:
        raise ValueError("a time in the journal needs a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def intent_body(intent: Intent, at: str, sealer: Sealer | None) -> tuple[Body, list[Sealed]]:
    """What the chain keeps of an intent, and what is kept sealed beside it.

    Without a sealer nothing is sealed: of a personal value only its mask remains.
    """
    covering = _Covering(intent, sealer)
    body = {
        "at": at,
        "changes": [covering.change(slot, change) for slot, change in enumerate(intent.changes)],
        "connection": intent.connection,
        "environment": intent.environment,
        "evidence": intent.evidence,
        "generation": intent.generation,
        "job": intent.job,
        "kind": "intent",
        "operator": _plain(intent.operator),
        "program": intent.program,
        "reason": intent.reason,
        "subject": covering.subject(),
        "undo_of": intent.undo_of,
        "warnings": list(intent.warnings),
        "write": intent.write,
    }
    return body, covering.sealed


class _Covering:
    """Masks the personal values of one intent, and seals them where there is a key."""

    def __init__(self, intent: Intent, sealer: Sealer | None) -> None:
        self._intent = intent
        self._sealer = sealer
        self.sealed: list[Sealed] = []
        self._handle = intent.subject.value
        if intent.subject.personal:
            self._handle = sealer.handle(self._handle) if sealer else mask(self._handle)

    def subject(self) -> Body:
        subject = self._intent.subject
        body: Body = {"handle": self._handle, "kind": subject.kind, "personal": subject.personal}
        if not subject.personal:
            return body | {"value": subject.value}
        seal = self._seal(SUBJECT_SLOT, subject.value, "subject", subject.kind)
        return body | {"value": mask(subject.value)} | seal

    def change(self, slot: int, change: Change) -> Body:
        before, after = change.before, change.after
        seal: Body = {}
        if change.personal:
            seal = self._seal(slot, [before, after], change.kind, change.name)
            before, after = _masked(before), _masked(after)
        return seal | {
            "after": after,
            "before": before,
            "kind": change.kind,
            "name": change.name,
            "personal": change.personal,
            "readable": change.readable,
        }

    def _seal(self, slot: int, value: object, kind: str, name: str) -> Body:
        if self._sealer is None:
            return {}
        context = _context(self._intent, self._handle, kind, name)
        nonce, ciphertext = self._sealer.seal(canonical(value).encode(), context)
        self.sealed.append(Sealed(slot, nonce, ciphertext))
        return {"seal": commitment(nonce, ciphertext)}


def _context(intent: Intent, handle: str, kind: str, name: str) -> bytes:
    """What a sealed value belongs to: moved to another user, field, write or connection it does not open."""
    subject = intent.subject.kind
    return canonical([intent.connection, subject, handle, kind, name, intent.write]).encode()


def _masked(value: FieldValue | None) -> str | None:
    if value is None:
        return None
    return mask(value if isinstance(value, str) else canonical(value))


def _plain(record: Operator | FieldOutcome) -> Body:
    """Its fields by name. `asdict` would copy every value in depth, which takes longer than the hashing."""
    return {name: getattr(record, name) for name in record.__slots__}


def outcome_body(outcome: Outcome, at: str, previous: int | None) -> Body:
    """What the chain keeps of an outcome; `previous` is the entry of the outcome it supersedes."""
    return {
        "at": at,
        "by": _plain(outcome.by) if outcome.by else None,
        "code": outcome.code,
        "ending": outcome.ending,
        "fields": [field_body(ended) for ended in outcome.fields],
        "intent": outcome.intent,
        "kind": "outcome",
        "message": outcome.message,
        "previous": previous,
    }


def field_body(ended: FieldOutcome) -> Body:
    """What the chain keeps of how a field ended."""
    body = _plain(ended)
    if ended.personal:
        body["now"] = _masked(ended.now)
    return body


def drop_body(before: str, count: int, at: str) -> Body:
    """The note that `count` sealed values of entries older than `before` were dropped."""
    return {"at": at, "before": before, "count": count, "kind": "drop"}


class Unreadable(Exception):
    """What the journal holds is nothing this program wrote."""


def read_body(text: bytes | None) -> Body:
    """The JSON object in `text`. Raises Unreadable if it holds none."""
    try:
        body = json.loads(text or b"")
    except ValueError as error:
        raise Unreadable from error
    if not isinstance(body, dict):
        raise Unreadable
    return body


def entry_of(seq: int, intent: Body, outcome: Body | None) -> Entry:
    """The entry these bodies hold. Raises Unreadable if they hold something else."""
    try:
        return _entry(seq, intent, outcome)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable from error


def _entry(seq: int, body: Body, outcome: Body | None) -> Entry:
    subject = body["subject"]
    return Entry(
        seq=seq,
        at=datetime.fromisoformat(body["at"]),
        intent=Intent(
            connection=body["connection"],
            environment=body["environment"],
            generation=body["generation"],
            subject=Subject(subject["kind"], subject["value"], subject["personal"], _cover(subject)),
            changes=tuple(_change(change) for change in body["changes"]),
            operator=Operator(**body["operator"]),
            program=body["program"],
            write=body["write"],
            warnings=tuple(body["warnings"]),
            reason=body["reason"],
            evidence=body["evidence"],
            undo_of=body["undo_of"],
            job=body["job"],
        ),
        outcome=None if outcome is None else _outcome(outcome),
    )


def outcome_of(body: Body) -> Outcome:
    """The outcome in `body`. Raises Unreadable if it holds something else."""
    try:
        return _outcome(body)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable from error


def _outcome(body: Body) -> Outcome:
    return Outcome(
        intent=body["intent"],
        ending=Ending(body["ending"]),
        fields=tuple(
            FieldOutcome(**{**ended, "ending": Ending(ended["ending"])}) for ended in body["fields"]
        ),
        code=body["code"],
        message=body["message"],
        by=Operator(**body["by"]) if body["by"] else None,
        at=datetime.fromisoformat(body["at"]),
    )


def _cover(part: Mapping[str, Any]) -> Cover | None:
    if not part["personal"]:
        return None
    return Cover.SEALED if "seal" in part else Cover.NOT_KEPT


def _change(part: Mapping[str, Any]) -> Change:
    return Change(
        kind=part["kind"],
        name=part["name"],
        before=part["before"],
        after=part["after"],
        readable=part["readable"],
        personal=part["personal"],
        cover=_cover(part),
    )


def seals_of(body: Body) -> list[tuple[int, str]]:
    """Slot and commitment of every value an intent's body says was sealed, in the order of the slots."""
    parts = [(SUBJECT_SLOT, body["subject"]), *enumerate(body["changes"])]
    return [(slot, part["seal"]) for slot, part in parts if "seal" in part]


def revealed(body: Body, entry: Entry, sealed: Sequence[Sealed], sealer: Sealer | None) -> Intent:
    """The intent of `entry` with its sealed values, as far as they are kept and the key opens them."""
    intent, handle = entry.intent, str(body["subject"]["handle"])
    kept = {value.slot: value for value in sealed}
    changes = list(intent.changes)
    subject = intent.subject
    for slot, promised in seals_of(body):
        if slot == SUBJECT_SLOT:
            context = _context(intent, handle, "subject", subject.kind)
        else:
            context = _context(intent, handle, changes[slot].kind, changes[slot].name)
        value = _opened(kept.get(slot), promised, context, sealer)
        if slot == SUBJECT_SLOT:
            subject = (
                replace(subject, cover=value)
                if isinstance(value, Cover)
                else replace(subject, value=json.loads(value), cover=None)
            )
        elif isinstance(value, Cover):
            changes[slot] = replace(changes[slot], cover=value)
        else:
            before, after = json.loads(value)
            changes[slot] = replace(changes[slot], before=before, after=after, cover=None)
    return replace(intent, subject=subject, changes=tuple(changes))


def _opened(kept: Sealed | None, promised: str, context: bytes, sealer: Sealer | None) -> bytes | Cover:
    if kept is None:
        return Cover.DROPPED
    if commitment(kept.nonce, kept.ciphertext) != promised:
        return Cover.ALTERED
    if sealer is None:
        return Cover.NO_KEY
    return sealer.open(kept.nonce, kept.ciphertext, context) or Cover.WRONG_KEY
