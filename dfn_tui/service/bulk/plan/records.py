"""What a plan says: whom it is about, what each user's values were, and what would be sent."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.config import ApiVersion, Environment
from dfn_tui.consent.flags import OPTINS, Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.records import PersonsWord
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.personal import is_personal
from dfn_tui.store import FieldChange, FieldKind


class PlanError(ConsoleError):
    """A plan or a job cannot be used. Nothing was sent."""


class PlanStatus(StrEnum):
    """What the plan found of a user.

    CHANGE: something differs from what is wanted. CREATE: nothing was ever set for them, and sending creates
    them, as was asked for. ALREADY: all is as wanted. UNKNOWN: nothing was ever set, and so nothing is sent.
    UNREADABLE: the server did not say. BLIND: this API version cannot be read, and all is sent. CHANGED:
    somebody else changed since what an undo would take back. SAID_NO: the person had withdrawn what they
    would be given, and nothing is sent.
    """

    CHANGE = "change"
    CREATE = "create"
    ALREADY = "already"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    BLIND = "blind"
    CHANGED = "changed"
    SAID_NO = "said-no"


SENT = (PlanStatus.CHANGE, PlanStatus.CREATE, PlanStatus.BLIND)
"""The users that something is sent for."""


@dataclass(frozen=True)  # without slots: `changes` is kept
class PlanGroup:
    """What users of a plan have in common: what is wanted of them, what was there, and whose word it is.

    `before` has a value for each edit, None where the field was absent (or cannot be read: BLIND); it is
    empty where the user was not found or not read. `warnings` are the contradictions that the change would
    leave in the user's consents, and properties of another type; `left` says what of the wanted is not done,
    or by a stand-in. `code` and `message` say why a user is UNREADABLE, or which fields cannot be read and
    are left alone.

    `said` is in an undo alone: for each edit what the person's own word was, where what was there is what a
    job wrote. `word` is the evidence of the users' rows. `kind` is what the users are named by; None before
    it is in a plan, where it is what all users of that are named by.
    """

    status: PlanStatus
    wanted: EditSet
    before: tuple[Value | None, ...] = ()
    warnings: tuple[str, ...] = ()
    code: str = ""
    message: str = ""
    left: tuple[str, ...] = ()
    said: tuple[Value | None, ...] = ()
    word: PersonsWord | None = None
    kind: IdentityKind | None = None

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """What would be sent; empty where nothing would."""
        return self.asked if self.status in SENT else ()

    @cached_property
    def asked(self) -> tuple[FieldChange, ...]:
        """The same, and what is not sent because the person had said no."""
        if self.status not in (*SENT, PlanStatus.SAID_NO):
            return ()
        # By their texts: lists are no keys, and True is 1.
        return _changes(self.status is not PlanStatus.BLIND, self.wanted.text, json.dumps(self.before))

    @property
    def resubscribes(self) -> bool:
        """Whether somebody is given a consent whose own word was no."""
        return any(
            edit.value == State.SUBSCRIBED and was == State.UNSUBSCRIBED and edit.kind is FieldKind.CONSENT
            for edit, was in zip(self.wanted.edits, self.said or self.before, strict=False)
        )

    def row(self) -> tuple[str, str, str]:
        """As the plan's file keeps it: status, wanted, and all else."""
        rest = [self.before, self.warnings, self.code, self.message, self.left, self.said, self.word]
        rest += [self.kind] if self.kind else []
        # In ASCII: a server's text may hold halves of surrogate pairs, which no file takes.
        return self.status.value, self.wanted.text, json.dumps(rest)

    @classmethod
    def read(cls, status: str, wanted: str, rest: str) -> Self:
        """The group that is kept so. Raises ValueError, KeyError or TypeError for what is none."""
        before, warnings, code, message, *more = json.loads(rest)
        left, said, word, *kinds = more or ((), (), None)  # as earlier versions kept it
        [kind] = kinds or [None]
        found = cls(
            PlanStatus(status),
            edit_set(wanted),
            tuple(before),
            tuple(map(str, warnings)),
            str(code),
            str(message),
            tuple(map(str, left)),
            tuple(said),
            None if word is None else PersonsWord(*map(str, word)),
            kind and IdentityKind(kind),
        )
        if found.said:
            for edit, was in zip(found.wanted.edits, found.said, strict=True):
                _check_before(edit, was)
        if found.status in (*SENT, PlanStatus.SAID_NO):
            for edit, was in zip(found.wanted.edits, found.before, strict=True):
                _check_before(edit, was)
        return found


@lru_cache(4096)
def edit_set(text: str) -> EditSet:
    """The edits of that text. Raises ValueError, KeyError or TypeError for what nobody can have asked for."""
    found = EditSet.read(text)
    for edit in found.edits:
        _check_edit(edit)
    if len({(edit.kind, edit.name) for edit in found.edits}) != len(found.edits):
        raise ValueError("a field is there twice")
    return found


_NO_PROPERTIES = frozenset([*Flag, *OPTINS.values()])


def _check_edit(edit: FieldEdit) -> None:
    if not isinstance(edit.name, str):
        raise TypeError("no name")
    if edit.kind is FieldKind.CONSENT:
        Flag(edit.name)
        if State(str(edit.value)) is State.NEVER_SET:
            raise ValueError("no consent can be unset")
    elif edit.kind is FieldKind.CI:
        if not isinstance(edit.value, str | None):
            raise TypeError("no text")
    # A consent that was written as a property would get around the rules that guard consents.
    elif edit.name in _NO_PROPERTIES or not isinstance(edit.value, str | int | float | list):
        raise ValueError("no property")


def _check_before(edit: FieldEdit, was: Value | None) -> None:
    if edit.kind is FieldKind.CONSENT and was is not None:
        State(str(was))
    elif not isinstance(was, str | int | float | list | None):
        raise TypeError("no value")


@lru_cache(4096)
def _changes(readable: bool, wanted: str, before: str) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(
            edit.kind,
            edit.name,
            was,
            edit.value,
            readable=readable,
            personal=edit.kind is FieldKind.CI
            or (
                edit.kind is FieldKind.PROPERTY
                and (is_personal(edit.name, was) or is_personal(edit.name, edit.value))
            ),
        )
        for edit, was in zip(edit_set(wanted).edits, json.loads(before), strict=True)
        if not readable or not same_value(was, edit.value)
    )


class PlannedUser(NamedTuple):
    """One user of a plan. `number` is the line in the input, and their place in the plan."""

    number: int
    user: str
    group: PlanGroup
    left_out: bool = False
    undo_of: int | None = None
    """The journal entry that would be taken back."""
    group_id: int = 0
    """The number of the group in the plan's file: users of one group have the same changes."""
    sent: bool = False
    """Sent from this plan before, and therefore not again."""

    @property
    def kind(self) -> IdentityKind:
        """What the user is named by."""
        assert self.group.kind is not None  # said by the plan that the user is of
        return self.group.kind

    @property
    def identity(self) -> Identity:
        return Identity(self.kind, self.user)


class Exclusion(NamedTuple):
    """Somebody left users out of a plan, or put them back."""

    at: AwareDatetime
    by: str
    what: str
    users: int


@dataclass(frozen=True, slots=True)
class PlanMetadata:
    """What holds for a plan as a whole: where it may be sent, and by whom (`user@host`), when and of what it
    was made. `source` is the input's name without its folders; `bad`, `duplicates`, `blank` are its rows.

    `base_url` and `service_id` are the address, "" in a plan of an earlier version. `id` is the digest
    that the plan was made with, and stays the same however it is narrowed. `resubscribe`: who had said no is
    in it, too. `several` is what users are named by where that is not the same for all: then their groups
    tell, and `kind` is the first of these. `ground` and `expressed_on` are what changes of consents rest
    on and the day on which the people said so, where rows do not say; "" in a plan of an earlier version."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")

    connection: str
    environment: Environment
    api: ApiVersion
    kind: IdentityKind
    made: AwareDatetime
    by: str
    source: str = ""
    form: str = ""
    encoding: str = ""
    users: int = 0
    duplicates: int = 0
    bad: int = 0
    blank: int = 0
    undo_of_job: str = ""
    narrowed: tuple[Exclusion, ...] = ()
    base_url: str = ""
    service_id: str = ""
    id: str = ""
    resubscribe: bool = False
    several: tuple[IdentityKind, ...] = ()
    ground: str = ""
    expressed_on: str = ""

    @property
    def kinds(self) -> tuple[IdentityKind, ...]:
        """Whatever users are named by."""
        return self.several or (self.kind,)

    @property
    def named_by(self) -> str:
        """The same in words."""
        return ", ".join(self.kinds)

    @classmethod
    def read(cls, text: str) -> "PlanMetadata":
        """The head that `as_json` wrote. Raises ValueError for what is none."""
        return _METADATA.validate_json(text)


_METADATA = TypeAdapter(PlanMetadata)


def as_json(found: Any) -> str:
    """A head, or another dataclass of texts, numbers and moments, as its file keeps it."""
    return json.dumps(asdict(found), ensure_ascii=False, sort_keys=True, default=datetime.isoformat)
