"""Staged edits: what the operator wants, for any number of users. Nothing here reaches the server."""

from dataclasses import dataclass, field

from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.personal import is_personal
from dfn_tui.service.records import UserChange, UserRecord
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _


class DeletionNotConfirmed(ConsoleError):
    """The user id typed to confirm the deletion of a CI field is another one."""


@dataclass
class Draft:
    """The staged edits of one user, beside the record the operator looked at while making them."""

    record: UserRecord
    consents: dict[Flag, State] = field(default_factory=dict)
    properties: dict[str, Value] = field(default_factory=dict)
    ci: dict[str, str | None] = field(default_factory=dict)
    """What CI fields, or linked identities, are to be set to; None for a field that is to be deleted."""
    undo_of: int | None = None
    """The journal entry that these edits take back."""

    @property
    def empty(self) -> bool:
        return not (self.consents or self.properties or self.ci)

    def stage_consents(self, wanted: Consents) -> None:
        """Wants these states. Where a state is already so, the edit is dropped: nothing is to be sent."""
        for flag, state in wanted.items():
            if self.record.consents.get(flag) is state:
                self.consents.pop(flag, None)
            else:
                self.consents[flag] = state

    def stage_property(self, name: str, value: Value) -> None:
        """Wants this value. A type counts as a difference: `"30"` is not `30`, and true is not 1."""
        seen = self.record.properties.get(name)
        if same_value(seen, value):
            self.properties.pop(name, None)
        else:
            self.properties[name] = value

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
        if self.record.ci is not None and self.record.ci.get(name) == value:
            self.ci.pop(name, None)
        else:
            self.ci[name] = value

    def change(self) -> UserChange:
        """What would be written for this user."""
        record = self.record
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
            for name, value in self.properties.items()
        ]
        seen_ci = record.ci or {}
        fields += [
            FieldChange(FieldKind.CI, name, seen_ci.get(name), value, record.ci is not None, personal=True)
            for name, value in self.ci.items()
        ]
        return UserChange(record.identity, tuple(fields), record.unknown_to_server, self.undo_of)


class Staging:
    """The drafts of this run, by user. They survive every error and every look-up."""

    def __init__(self) -> None:
        self._drafts: dict[Identity, Draft] = {}

    def draft(self, record: UserRecord) -> Draft:
        """The draft of that user, begun where there is none.

        An existing draft is moved onto the newer record: edits that meanwhile became true are dropped. It is
        never moved back onto an older one, which a screen may still hold, nor onto a failed read: nothing
        would be compared with what is there before it is sent. One whose edits were all dropped is begun
        anew, so that later edits do not pass for an undo.
        """
        held = self._drafts.get(record.identity)
        if held is None or held.empty:
            held = self._drafts[record.identity] = Draft(record)
        elif record.failure is None and held.record is not record and held.record.read_at <= record.read_at:
            fresh = Draft(record, undo_of=held.undo_of)
            fresh.stage_consents(held.consents)
            for name, value in held.properties.items():
                fresh.stage_property(name, value)
            for name, wanted in held.ci.items():
                fresh._stage_ci(name, wanted)
            held = self._drafts[record.identity] = fresh
        return held

    def drop(self, identity: Identity) -> None:
        """Forgets what is staged for that user."""
        self._drafts.pop(identity, None)

    def settle(self, change: UserChange) -> None:
        """Forgets the edits that were confirmed; edits made since, or to other fields, stay."""
        draft = self._drafts.get(change.identity)
        if draft is None:
            return
        for item in change.fields:
            if item.kind is FieldKind.CONSENT:
                draft.consents.pop(Flag(item.name), None)
            elif item.kind is FieldKind.PROPERTY:
                draft.properties.pop(item.name, None)
            else:
                draft.ci.pop(item.name, None)
        if draft.empty:
            self.drop(change.identity)

    def seen(self, identity: Identity) -> Consents:
        """The consents the operator saw when staging for that user; empty where nothing is staged."""
        draft = self._drafts.get(identity)
        return draft.record.consents if draft else {}

    def staged(self, identity: Identity) -> bool:
        draft = self._drafts.get(identity)
        return draft is not None and not draft.empty

    def changes(self) -> tuple[UserChange, ...]:
        """What would be written, for every user with staged edits, in the order they were begun."""
        return tuple(d.change() for d in self._drafts.values() if not d.empty)

    def __len__(self) -> int:
        """How many users have staged edits."""
        return sum(not draft.empty for draft in self._drafts.values())
