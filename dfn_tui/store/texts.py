"""The canonical texts of entries that are written together: what many of them share is encoded once.

Byte for byte a text is `canonical` of `intent_body` or `outcome_body`. Those alone know what an entry
holds; here is only which of it differs from user to user.
"""

from operator import attrgetter
from typing import NamedTuple

from dfn_tui.store.body import Body, canonical, field_body, intent_body, outcome_body
from dfn_tui.store.chain import Listed, Shape, consents_of
from dfn_tui.store.records import Change, FieldOutcome, Intent, Outcome
from dfn_tui.store.sealing import Sealer

# What many intents, outcomes or fields have in common, by which their frames are found. There is more of it
# for one than for another, so none is taken for another.
_shared = attrgetter(
    *("connection", "environment", "generation", "program", "write", "reason", "evidence", "warnings")
)
_said = attrgetter("code", "ending", "message")
_told = attrgetter("kind", "name", "ending", "read_back", "code", "message")


class _Frame(NamedTuple):
    """The text around the parts that differ. `first` keeps alive what the frame is found by the id of."""

    first: Intent | Outcome | FieldOutcome
    pieces: tuple[str, ...]


class _Changes(NamedTuple):
    """The text of the changes and the consents among them."""

    changes: tuple[Change, ...]
    text: str
    consents: str


class Texts:
    """Makes the texts of one transaction, at the time `at`. Without a sealer nothing is sealed.

    What may be shared by many is known again by its id: of two equal ones one may hold 1 where the other
    holds True, and comparing them takes longer than encoding them.
    """

    def __init__(self, at: str, sealer: Sealer | None) -> None:
        self._at = at
        self._sealer = sealer
        self._frames: dict[tuple[object, ...], _Frame] = {}
        self._changes: dict[int, _Changes] = {}

    def intent(self, intent: Intent) -> Listed:
        """An intent's text, what it is listed by, and its sealed values. Raises ValueError for a number
        JSON does not have."""
        subject, operator = intent.subject, intent.operator
        changes = None if subject.personal else self._changes_of(intent)
        if changes is None:
            body, sealed = intent_body(intent, self._at, self._sealer)
            return Listed(canonical(body), body["subject"]["handle"], intent.write, Shape.of(body), sealed)
        key = (*_shared(intent), id(operator))
        frame = self._frames.get(key)
        if frame is None:
            pieces = _around(intent_body(intent, self._at, None)[0], "changes", "job", "subject", "undo_of")
            frame = self._frames[key] = _Frame(intent, pieces)
        before, to_job, to_subject, to_undo, after = frame.pieces
        value = canonical(subject.value)
        said = f'{{"handle":{value},"kind":{canonical(subject.kind)},"personal":false,"value":{value}}}'
        undo = "null" if intent.undo_of is None else canonical(intent.undo_of)
        job = "null" if intent.job is None else canonical(intent.job)
        text = f"{before}{changes.text}{to_job}{job}{to_subject}{said}{to_undo}{undo}{after}"
        shape = Shape(intent.connection, operator.user, operator.sudo_user or "", changes.consents)
        return Listed(text, subject.value, intent.write, shape, ())

    def outcome(self, outcome: Outcome, previous: int | None) -> str:
        """An outcome's text; `previous` as in `outcome_body`. Raises ValueError as `intent` does."""
        key = (*_said(outcome), id(outcome.by))
        frame = self._frames.get(key)
        if frame is None:
            pieces = _around(outcome_body(outcome, self._at, None), "fields", "intent", "previous")
            frame = self._frames[key] = _Frame(outcome, pieces)
        before, to_intent, to_previous, after = frame.pieces
        fields = ",".join([self._field(ended) for ended in outcome.fields])
        superseded = "null" if previous is None else f"{previous:d}"
        return f"{before}[{fields}]{to_intent}{outcome.intent:d}{to_previous}{superseded}{after}"

    def _field(self, ended: FieldOutcome) -> str:
        if ended.personal:
            return canonical(field_body(ended))
        key = _told(ended)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = _Frame(ended, _around(field_body(ended), "now"))
        before, after = frame.pieces
        return f"{before}{'null' if ended.now is None else canonical(ended.now)}{after}"

    def _changes_of(self, intent: Intent) -> _Changes | None:
        """None where one is personal: that is sealed, for each user anew."""
        known = self._changes.get(id(intent.changes))
        if known is None and not any(change.personal for change in intent.changes):
            changes = intent_body(intent, self._at, None)[0]["changes"]
            known = _Changes(intent.changes, canonical(changes), consents_of(changes))
            self._changes[id(intent.changes)] = known
        return known


def _around(body: Body, *names: str) -> tuple[str, ...]:
    """The canonical text of `body` before, between and after the values of `names`."""
    pieces = [""]
    for name in sorted(body):
        pieces[-1] += f"{canonical(name)}:"
        if name in names:
            pieces.append("")
        else:
            pieces[-1] += canonical(body[name])
        pieces[-1] += ","
    return "{" + pieces[0], *pieces[1:-1], pieces[-1][:-1] + "}"
