"""What goes into the journal and what comes out of it."""

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

from dfn_tui.outcomes import IN_SNAPSHOT, Outcome
from dfn_tui.text import sanitize

Value = str | int | float | bool | list[str] | list[int] | list[float]
"""A field's value as JSON has it."""

Ref = int | str
"""An entry of this host's journal by its number; one of another host's, read with it, as `NUMBER@HOST`."""

_LONGEST_NAME = 120  # of a user or a host, as the environment claims it


class FieldKind(StrEnum):
    """Where a field lives: consents and properties in the profile, CI fields in a place of their own."""

    CONSENT = "consent"
    PROPERTY = "property"
    CI = "ci"


class Redaction(StrEnum):
    """Why a personal value is masked.

    SEALED: it lies encrypted in the journal and was not asked for. NOT_KEPT: written without a key, so
    only the mask exists. DROPPED: its retention time is over. NO_KEY, WRONG_KEY: it is there, but the key
    is missing or another one. ALTERED: the ciphertext is not the one that was written.
    """

    SEALED = "sealed"
    NOT_KEPT = "not-kept"
    DROPPED = "dropped"
    NO_KEY = "no-key"
    WRONG_KEY = "wrong-key"
    ALTERED = "altered"


class Operator(NamedTuple):
    """Who sits at the console, as the operating system says. `ssh` is the address they came from."""

    user: str
    host: str
    sudo_user: str | None = None
    ssh: str | None = None
    pid: int | None = None
    """The console's process, so that another console can tell an unfinished write from one under way."""

    @classmethod
    def here(cls) -> "Operator":
        """The operator of this process. `SUDO_USER` and `SSH_CONNECTION` are the environment's claims."""
        sudo_user = os.environ.get("SUDO_USER")
        return cls(
            user=sanitize(_os_user(), _LONGEST_NAME),
            host=host_name(),
            sudo_user=sanitize(sudo_user, _LONGEST_NAME) if sudo_user else None,
            ssh=_address(os.environ.get("SSH_CONNECTION", "")),
            pid=os.getpid(),
        )


def host_name() -> str:
    """What this host calls itself."""
    return sanitize(socket.gethostname(), _LONGEST_NAME)


def _os_user() -> str:
    """The account that owns the process. `getpass` would believe `LOGNAME`, which anyone can set."""
    try:
        import pwd  # noqa: PLC0415  not on Windows
    except ImportError:
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _address(ssh_connection: str) -> str | None:
    """The client's address in `SSH_CONNECTION` ("client port server port"); None for anything else."""
    first = ssh_connection.partition(" ")[0]
    try:
        ip_address(first)  # with a scope, as in fe80::1%eth0, which may hold anything
    except ValueError:
        return None
    return sanitize(first, _LONGEST_NAME)


class Subject(NamedTuple):
    """The user written to. `personal` where the id itself tells who it is: an e-mail, a phone number.

    A personal value is kept sealed, like the value of a field; `redaction` then says why `value` is a mask.
    """

    kind: str
    value: str
    personal: bool = False
    redaction: Redaction | None = None


class FieldChange(NamedTuple):
    """One field, before and after, as the operator saw and wanted it.

    `kind` is another text only where a journal holds what no console wrote; an undo checks it. `before` is
    None where the field was absent, or not readable; `after` is None for the deletion of a CI field.
    Consents appear as the text of their `State`. `personal` values are kept sealed; `redaction` says why
    `before` and `after` are masks, and is None where they are the real values.
    """

    kind: FieldKind
    name: str
    before: Value | None
    after: Value | None
    readable: bool = True
    personal: bool = False
    redaction: Redaction | None = None


class IntentUser(NamedTuple):
    """One of the users who get the same change. Its entry is what `undo_of` names if it takes one back."""

    subject: Subject
    undo_of: Ref | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Write:
    """`write` is shared by all that is sent together, and `program` the version of this one."""

    connection: str
    environment: str
    api: str
    changes: tuple[FieldChange, ...]
    operator: Operator
    program: str
    write: str
    warnings: tuple[str, ...] = ()
    """The warnings the operator acknowledged."""
    reason: str = ""
    evidence: str = ""
    incident: str = ""
    ground: str = ""
    """What allows the change, where the customer did not ask for it."""
    expressed_on: str = ""
    """When the customer said so, as yyyy-mm-dd: terms are counted from it."""
    expressed_source: str = ""
    approver: str = ""
    """Who approved it by a signature, and is somebody else than the `signer`, who sent it."""
    signer: str = ""
    left_out: str = ""
    """Names of fields that were wanted, too, and not sent: they could not be read just before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentGroup(_Write):
    """The same change about to be written for several users."""

    users: tuple[IntentUser, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(_Write):
    """What was about to be written for one user: their part of an IntentGroup, as it is read."""

    subject: Subject
    undo_of: Ref | None = None
    job: str | None = None


class FieldOutcome(NamedTuple):
    """How one field ended. `now` is what reading back showed, where `read_back`; masked if `personal`."""

    kind: FieldKind | str
    name: str
    outcome: Outcome
    read_back: bool = False
    now: Value | None = None
    code: str | None = None
    message: str = ""
    personal: bool = False


class OutcomeGroup(NamedTuple):
    """How several intents ended, all in the same way. `by` is who settled them, or None for the console
    that wrote them."""

    intents: tuple[int, ...]
    outcome: Outcome
    fields: tuple[FieldOutcome, ...] = ()
    code: str | None = None
    message: str = ""
    by: Operator | None = None


class OutcomeRecord(NamedTuple):
    """How one intent ended, as it is read. A later one of the same intent supersedes an earlier one."""

    intent: int
    outcome: Outcome
    fields: tuple[FieldOutcome, ...] = ()
    code: str | None = None
    message: str = ""
    by: Operator | None = None
    at: datetime | None = None


class DutyNote(NamedTuple):
    """That a duty of the law was done about these intents: the person was told the outcome (`duty` "tell"),
    or asked to confirm what they gave ("confirm"), on the Korean day `on`. It is an entry of its own, and no
    write to the platform. `seq` and `at` are the journal's."""

    duty: str
    intents: tuple[Ref, ...]
    on: str
    operator: Operator
    program: str
    reason: str = ""
    seq: int = 0
    at: datetime | None = None


class Entry(NamedTuple):
    """An intent as journalled: its number, when (UTC, by the clock of then), and its latest outcome.
    `journal` is the host in whose journal it is, where that is another one's."""

    seq: int
    at: datetime
    intent: Intent
    outcome: OutcomeRecord | None = None
    journal: str = ""

    @property
    def ref(self) -> Ref:
        """What the entry is called here."""
        return f"{self.seq}@{self.journal}" if self.journal else self.seq

    def outcome_of(self, change: FieldChange) -> Outcome | None:
        """How this field ended, or the whole user where the outcome does not tell fields apart."""
        said = self.field_outcome(change) or self.outcome
        return said.outcome if said else None

    @property
    def in_snapshot(self) -> bool:
        """Whether a snapshot shows what was wanted, and nothing else does."""
        said = self.outcome
        return said is not None and said.outcome is Outcome.CONFIRMED and said.code == IN_SNAPSHOT

    def field_outcome(self, change: FieldChange) -> FieldOutcome | None:
        """What the outcome says of this field in particular."""
        fields = self.outcome.fields if self.outcome else ()
        same = (one for one in fields if (one.kind, one.name) == (change.kind, change.name))
        return next(same, None)


class Filter(NamedTuple):
    """Which entries to find; what is None is not asked for.

    `operator` is an account or a `SUDO_USER`. `since` is included, `until` is not; both need a time zone.
    """

    user: str | None = None
    flag: str | None = None
    operator: str | None = None
    connection: str | None = None
    outcome: Outcome | None = None
    unresolved: bool = False
    since: datetime | None = None
    until: datetime | None = None
    write: str | None = None
    incident: str | None = None
    host: str | None = None
    """Of the operator's console."""


class ChainFault(StrEnum):
    """What is wrong with a journal.

    ALTERED: the entry is not what was chained in its place (edited, or another put there). MISPLACED: a
    later entry follows in its place (reordered, or something put in). MISSING: the entry is gone. TRUNCATED:
    the journal ends before it. ADDED: the journal never wrote this entry. LOST and FORGED: a sealed value
    is gone before its time, or is another one. LISTED_WRONG: the tables that lists are made from do not
    say what the entry says. UNSIGNED: the signature made with the key does not fit the entries up to it.
    ROLLED_BACK: the journal is known to have held this entry, and ends before it (or is gone). FORKED: it is
    known to have held another entry there. UNVOUCHED: the key vouched for the entries up to it, and does not
    any more.
    """

    ALTERED = "altered"
    MISPLACED = "misplaced"
    MISSING = "missing"
    TRUNCATED = "truncated"
    ADDED = "added"
    LOST = "lost"
    FORGED = "forged"
    LISTED_WRONG = "listed-wrong"
    UNSIGNED = "unsigned"
    ROLLED_BACK = "rolled-back"
    FORKED = "forked"
    UNVOUCHED = "unvouched"


class Verification(NamedTuple):
    """What was found: `fault` at entry `seq` is the first, None if the journal is whole.

    `signed` are the first and last entry the key vouches for, or None without a key (or without a
    signature of this key).
    """

    entries: int
    fault: ChainFault | None = None
    seq: int | None = None
    signed: tuple[int, int] | None = None

    @property
    def whole(self) -> bool:
        return self.fault is None
