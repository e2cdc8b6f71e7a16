"""The canonical form of an entry, the chain through all of them, and entries read back.

An entry is JSON with sorted keys, no spaces, and everything beyond ASCII escaped, so that the bytes that
are hashed depend on no encoding and any text, half surrogate pairs included, has exactly one form.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from dfn_tui.outcomes import Outcome
from dfn_tui.store.records import (
    DutyNote,
    Entry,
    FieldChange,
    FieldKind,
    FieldOutcome,
    Intent,
    IntentGroup,
    Operator,
    OutcomeRecord,
    Redaction,
    Subject,
)
from dfn_tui.store.sealing import Sealer, commitment

GENESIS = hashlib.sha256(b"dfn-tui journal").digest()
"""The hash before the first entry."""
SUBJECT_SLOT = -1
"""Where a sealed id lies; a sealed change lies at its place among the changes."""
SAME = ("connection", "environment", "evidence", "job", "program", "reason", "undo_of", "write")
"""What an entry and an `Intent` call the same, and hold the same for."""
ADDED_LATER = ("approver", "expressed_on", "expressed_source", "ground", "incident", "left_out", "signer")
"""What only an entry of which it is known has, so that others are written as ever."""
_FORMER = {"not-applied": Outcome.FAILED, "changed-by-other": Outcome.DIFFERENT}
"""Words of earlier versions. They stay in the chain, and are only read as the words of today."""
_KINDS = frozenset(FieldKind)

Body = dict[str, Any]

quoted = json.encoder.encode_basestring_ascii
"""`canonical` of a text, in a tenth of the time."""
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class Sealed(NamedTuple):
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
    """UTC with microseconds, always of one length: as text it sorts like the time it is.

    Raises ValueError for a time without its zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time in the journal needs a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def seal_context(group: IntentGroup | Intent, subject: str, handle: str, kind: str, name: str) -> bytes:
    """What a sealed value belongs to: moved to another user, field, write or connection it does not open."""
    return canonical([group.connection, subject, handle, kind, name, group.write]).encode()


def drop_body(before: str, count: int, at: str) -> Body:
    """The note that `count` sealed values of entries older than `before` were dropped."""
    return {"at": at, "before": before, "count": count, "kind": "drop"}


def note_body(note: DutyNote, at: str) -> Body:
    """That a duty was done about these intents."""
    return {
        "at": at,
        "duty": note.duty,
        "intents": list(note.intents),
        "kind": "duty",
        "on": note.on,
        "operator": note.operator._asdict(),
        "program": note.program,
        "reason": note.reason,
    }


class Unreadable(Exception):
    """What the journal holds is nothing this program wrote."""


@contextmanager
def _ours() -> Iterator[None]:
    """Raises Unreadable for what no entry of ours says."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable from error


@_ours()
def read_body(text: bytes | None) -> Body:
    """The JSON object in `text`. Raises Unreadable if it holds none."""
    body = json.loads(text or b"")
    if not isinstance(body, dict):
        raise Unreadable
    return body


@_ours()
def entry_of(seq: int, body: Body, outcome: Body | None) -> Entry:
    """The entry these bodies hold. Raises Unreadable if they hold something else."""
    subject = body["subject"]
    return Entry(
        seq=seq,
        at=datetime.fromisoformat(body["at"]),
        intent=Intent(
            api=body["generation"],
            subject=Subject(subject["kind"], subject["value"], subject["personal"], _redaction(subject)),
            changes=tuple(_change(change) for change in body["changes"]),
            operator=Operator(**body["operator"]),
            warnings=tuple(body["warnings"]),
            **{name: body[name] for name in SAME},
            **{name: body.get(name, "") for name in ADDED_LATER},
        ),
        outcome=None if outcome is None else outcome_of(outcome),
    )


@_ours()
def outcome_of(body: Body) -> OutcomeRecord:
    """The outcome in `body`. Raises Unreadable if it holds something else."""
    return OutcomeRecord(
        intent=body["intent"],
        outcome=_word(body["ending"]),
        fields=tuple(_field(ended) for ended in body["fields"]),
        code=body["code"],
        message=body["message"],
        by=Operator(**body["by"]) if body["by"] else None,
        at=datetime.fromisoformat(body["at"]),
    )


@_ours()
def note_of(seq: int, body: Body) -> DutyNote:
    """The note in `body`. Raises Unreadable if it holds something else."""
    at, who = datetime.fromisoformat(body["at"]), Operator(**body["operator"])
    intents = tuple(map(int, body["intents"]))
    return DutyNote(body["duty"], intents, body["on"], who, body["program"], body["reason"], seq, at)


def _field(ended: Mapping[str, Any]) -> FieldOutcome:
    parts = {**ended, "kind": _kind(ended["kind"]), "outcome": _word(ended["ending"])}
    del parts["ending"]
    return FieldOutcome(**parts)


def _word(word: str) -> Outcome:
    return _FORMER.get(word) or Outcome(word)


def words_for(outcome: Outcome) -> list[str]:
    """The words an outcome has in a journal, those of earlier versions too."""
    return [outcome.value, *(word for word, meant in _FORMER.items() if meant is outcome)]


def _kind(word: str) -> FieldKind:
    """What no console wrote stays as it is, so that one such entry does not hide all others."""
    return FieldKind(word) if word in _KINDS else cast("FieldKind", word)


def _redaction(part: Mapping[str, Any]) -> Redaction | None:
    if not part["personal"]:
        return None
    return Redaction.SEALED if "seal" in part else Redaction.NOT_KEPT


def _change(part: Mapping[str, Any]) -> FieldChange:
    same = {name: part[name] for name in ("name", "before", "after", "readable", "personal")}
    return FieldChange(kind=_kind(part["kind"]), redaction=_redaction(part), **same)


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
        field = (
            ("subject", subject.kind) if slot == SUBJECT_SLOT else (changes[slot].kind, changes[slot].name)
        )
        context = seal_context(intent, subject.kind, handle, *field)
        value = _opened(kept.get(slot), promised, context, sealer)
        why = value if isinstance(value, Redaction) else None
        if slot == SUBJECT_SLOT:
            real = subject.value if isinstance(value, Redaction) else json.loads(value)
            subject = subject._replace(value=real, redaction=why)
        elif isinstance(value, Redaction):
            changes[slot] = changes[slot]._replace(redaction=why)
        else:
            before, after = json.loads(value)
            changes[slot] = changes[slot]._replace(before=before, after=after, redaction=None)
    return replace(intent, subject=subject, changes=tuple(changes))


def _opened(kept: Sealed | None, promised: str, context: bytes, sealer: Sealer | None) -> bytes | Redaction:
    if kept is None:
        return Redaction.DROPPED
    if commitment(kept.nonce, kept.ciphertext) != promised:
        return Redaction.ALTERED
    if sealer is None:
        return Redaction.NO_KEY
    return sealer.open(kept.nonce, kept.ciphertext, context) or Redaction.WRONG_KEY
