"""Staged edits: what the operator wants, for any number of users. Nothing here reaches the server."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.duties import Ground
from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.grounds import AS_USUAL, ConsentDates, Said, usual_ground
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.personal import is_personal
from dfn_tui.service.records import UserChange, UserRecord
from dfn_tui.store import FieldChange, FieldKind, Ref
from dfn_tui.text import _


class DeletionNotConfirmed(ConsoleError):
    """The user id typed to confirm the deletion of a CI field is another one."""


def _nobody_told() -> None:
    """Where nobody keeps what is staged."""


class TypedGround(NamedTuple):
    """What was typed on the review before it was left. The evidence is of the consents of these `people`, and
    `said` holds for the `speakers`."""

    reason: str = ""
    evidence: str = ""
    people: frozenset[Identity] = frozenset()
    said: Said = AS_USUAL
    speakers: frozenset[Identity] = frozenset()


@dataclass
class Draft:
    """The staged edits of one user, beside the record the operator looked at while making them."""

    record: UserRecord
    consents: dict[Flag, State] = field(default_factory=dict)
    properties: dict[str, Value] = field(default_factory=dict)
    ci: dict[str, str | None] = field(default_factory=dict)
    """What CI fields, or linked identities, are to be set to; None for a field that is to be deleted."""
    undo_of: Ref | None = None
    """The journal entry that these edits take back."""
    restored_from: datetime | None = None
    """When they were staged, by a console before this one."""
    changed: Callable[[], object] = field(default=_nobody_told, repr=False, compare=False)
    """Told of each edit."""

    @property
    def empty(self) -> bool:
        return not (self.consents or self.properties or self.ci)

    def stage(self, kind: FieldKind, name: str, value: Value) -> None:
        """Wants this value of that field."""
        if kind is FieldKind.CONSENT:
            self.stage_consents({Flag(name): State(str(value))})
        elif kind is FieldKind.PROPERTY:
            self.stage_property(name, value)
        else:
            self.stage_ci(name, str(value))

    def stage_consents(self, wanted: Consents) -> None:
        """Wants these states. Where a state is already so, the edit is dropped: nothing is to be sent."""
        for flag, state in wanted.items():
            if self.record.consents.get(flag) is state:
                self.consents.pop(flag, None)
            else:
                self.consents[flag] = state
        self.changed()

    def stage_property(self, name: str, value: Value) -> None:
        """Wants this value. A type counts as a difference: `"30"` is not `30`, and true is not 1."""
        seen = self.record.properties.get(name)
        if same_value(seen, value):
            self.properties.pop(name, None)
        else:
            self.properties[name] = value
        self.changed()

    def stage_ci(self, name: str, value: str) -> None:
        """Wants this CI field set to `value`; what is already so is dropped."""
        self._stage_ci(name, value)

    def stage_ci_deletion(self, name: str, typed_id: str) -> None:
        """Wants this CI field deleted.

        Raises `DeletionNotConfirmed` unless the operator typed this very user's id: a deletion takes away
        the address itself, and the platform keeps no copy.
        """
        if typed_id != self.record.identity.value:
            raise DeletionNotConfirmed(
                _("Not staged"),
                _("What was typed is not this user's id. Nothing was changed."),
                _("Type the id exactly as it is shown."),
            )
        self._stage_ci(name, None)

    def _stage_ci(self, name: str, value: str | None) -> None:
        seen = self.record.ci is not None and name not in self.record.ci_unreadable
        if seen and (self.record.ci or {}).get(name) == value:
            self.ci.pop(name, None)
        else:
            self.ci[name] = value
        self.changed()

    def drop(self, kind: FieldKind, name: str) -> bool:
        """Forgets what is staged of that field; whether anything was."""
        of_kind: dict[FieldKind, dict[Any, Any]] = {
            FieldKind.CONSENT: self.consents,
            FieldKind.PROPERTY: self.properties,
            FieldKind.CI: self.ci,
        }
        edits = of_kind[kind]
        staged = name in edits  # a CI field that is to be deleted is staged as None
        edits.pop(name, None)
        self.changed()
        return staged

    def change(self, dates: ConsentDates | None = None, on: date = date.min) -> UserChange:
        """What would be written for this user; with `dates` the day `on` which consents were given, too."""
        record = self.record
        given = [flag for flag, state in self.consents.items() if state is State.SUBSCRIBED]
        dated = dates.values(given, on) if dates else {}
        dated = {name: day for name, day in dated.items() if record.properties.get(name) != day}
        readable = record.profile is not None
        unreadable = record.profile.unreadable if record.profile is not None else {}
        fields = [
            FieldChange(
                FieldKind.CONSENT,
                flag.value,
                seen.value if (seen := record.consents.get(flag)) else None,
                self.consents[flag].value,
                readable=readable and seen is not None,
            )
            for flag in Flag
            if flag in self.consents
        ]
        fields += [
            FieldChange(
                FieldKind.PROPERTY,
                name,
                record.properties.get(name),
                value,
                readable=readable and name not in unreadable,
                personal=is_personal(name, record.properties.get(name)) or is_personal(name, value),
            )
            for name, value in {**dated, **self.properties}.items()
        ]
        seen_ci = record.ci or {}
        fields += [
            FieldChange(
                FieldKind.CI,
                name,
                seen_ci.get(name),
                value,
                readable=record.ci is not None and name not in record.ci_unreadable,
                personal=True,
            )
            for name, value in self.ci.items()
        ]
        return UserChange(record.identity, tuple(fields), record.unknown_to_server, self.undo_of)


class Staging:
    """The drafts of this run, by user. They survive every error and every look-up.

    `on_change` is told of each change of a user's edits, and of None where another ground was typed.
    """

    def __init__(self) -> None:
        self._drafts: dict[Identity, Draft] = {}
        self.on_change: Callable[[Identity | None], object] = lambda _identity: None
        self.ground = TypedGround()
        """What was typed on the review, as long as anything is staged."""

    def _changed(self, identity: Identity) -> None:
        if all(draft.empty for draft in self._drafts.values()):
            self.ground = TypedGround()
        self.on_change(identity)

    def _begin(self, record: UserRecord, undo_of: Ref | None = None) -> Draft:
        identity = record.identity
        draft = Draft(record, undo_of=undo_of, changed=partial(self._changed, identity))
        self._drafts[identity] = draft
        return draft

    def note_ground(self, reason: str, evidence: str, people: Collection[Identity]) -> None:
        """Keeps what was typed on the review; the evidence is of the consents given to these `people`. What
        was typed for others stays where nothing is typed for these."""
        ground = self.ground._replace(reason=reason)
        if evidence or self.ground.people.issuperset(people):
            ground = TypedGround(reason, evidence, frozenset(people) if evidence else frozenset())
        if ground != self.ground:
            self.ground = ground
            self.on_change(None)

    def note_said(self, said: Said) -> None:
        """Keeps what was said of the ground of all consents that are staged now, and of the day."""
        of = frozenset(self._speakers()) if said != AS_USUAL else frozenset()
        found = self.ground._replace(said=said, speakers=of)
        if found != self.ground:
            self.ground = found
            self.on_change(None)

    @property
    def said(self) -> Said:
        """What was said so, where it is of all whose consents are staged: others did not speak then."""
        return self.ground.said if self.ground.speakers.issuperset(self._speakers()) else AS_USUAL

    def _speakers(self) -> list[Identity]:
        return [identity for identity, draft in self._drafts.items() if draft.consents]

    def restored(self) -> list[datetime]:
        """When edits were staged by a console before this one, of each such user."""
        return [one.restored_from for one in self._drafts.values() if one.restored_from and not one.empty]

    def evidence_for(self, people: Collection[Identity]) -> str:
        """The evidence typed before, where it is of all these people: it proves nothing of others."""
        return self.ground.evidence if self.ground.people.issuperset(people) else ""

    def edits(self, identity: Identity) -> Draft | None:
        """The draft of that user, if anything is staged in it."""
        draft = self._drafts.get(identity)
        return None if draft is None or draft.empty else draft

    def restore(self, drafts: Iterable[Draft], ground: TypedGround) -> None:
        """Takes up what an earlier run staged: nothing is staged here yet."""
        for draft in drafts:
            self._drafts[draft.record.identity] = replace(
                draft, changed=partial(self._changed, draft.record.identity)
            )
            self.on_change(draft.record.identity)
        self.ground = ground

    def clear(self) -> None:
        """Forgets all that is staged."""
        for identity in [*self._drafts]:
            self.drop(identity)

    def draft(self, record: UserRecord) -> Draft:
        """The draft of that user, begun where there is none.

        An existing draft is moved onto the newer record: edits that meanwhile became true are dropped. It is
        never moved back onto an older one, which a screen may still hold, nor onto a failed read: nothing
        would be compared with what is there before it is sent. One whose edits were all dropped is begun
        anew, so that later edits do not pass for an undo. A record without the CI fields leaves those that
        were read before: the edits of them are to be compared with these.
        """
        held = self._drafts.get(record.identity)
        if held is None or held.empty:
            held = self._begin(record)
        elif record.failure is None and held.record is not record and held.record.read_at <= record.read_at:
            if held.ci and record.ci is None:
                record = replace(record, ci=held.record.ci, ci_unreadable=held.record.ci_unreadable)
            fresh = self._begin(record, held.undo_of)
            fresh.stage_consents(held.consents)
            for name, value in held.properties.items():
                fresh.stage_property(name, value)
            for name, wanted in held.ci.items():
                fresh._stage_ci(name, wanted)
            held = fresh
        return held

    def drop(self, identity: Identity) -> None:
        """Forgets what is staged for that user."""
        if self._drafts.pop(identity, None) is not None:
            self._changed(identity)

    def settle(self, change: UserChange) -> None:
        """Forgets the edits that were confirmed; edits made since, or to other fields, stay."""
        draft = self._drafts.get(change.identity)
        if draft is None:
            return
        for item in change.fields:
            draft.drop(item.kind, item.name)
        if draft.empty:
            self.drop(change.identity)

    def read_at(self, identity: Identity) -> datetime:
        """When that user was read whose edits are staged. Raises KeyError where nothing is staged."""
        return self._drafts[identity].record.read_at

    def withdraw(self, wanted: Mapping[Identity, Consents]) -> None:
        """Wants these states as well, of users for whom something is staged."""
        for identity, consents in wanted.items():
            self._drafts[identity].stage_consents(consents)

    def seen(self, identity: Identity) -> Consents:
        """The consents the operator saw when staging for that user; empty where nothing is staged."""
        draft = self._drafts.get(identity)
        return draft.record.consents if draft else {}

    def consents_of(self, identity: Identity) -> Consents:
        """The consents that are staged for that user."""
        draft = self._drafts.get(identity)
        return draft.consents if draft else {}

    def edits_of(self, identity: Identity) -> int:
        """How many edits are staged for that user."""
        draft = self._drafts.get(identity)
        return len(draft.consents) + len(draft.properties) + len(draft.ci) if draft else 0

    def changes(self) -> tuple[UserChange, ...]:
        """What would be written, for every user with staged edits, in the order they were begun."""
        return tuple(d.change() for d in self._drafts.values() if not d.empty)

    def dated_changes(self, dates: ConsentDates, on: date) -> tuple[UserChange, ...]:
        """The same, with the day `on` which consents were given where a person gave them."""
        ground = self.said.ground
        return tuple(
            d.change(dates if (ground or usual_ground(d.undo_of)) is Ground.EXPRESSED else None, on)
            for d in self._drafts.values()
            if not d.empty
        )

    def __len__(self) -> int:
        """How many users have staged edits."""
        return sum(not draft.empty for draft in self._drafts.values())
