"""Reading users, and what a field of theirs is now: the one place that says which names are asked for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dfn_tui.api.calls import OnProgress, Reply, UserApi, ignore_progress
from dfn_tui.api.types import Identity, Value
from dfn_tui.consent.flags import Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.records import UserRecord
from dfn_tui.store import FieldChange, FieldKind
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import Clock

Field = tuple[FieldKind, str]
Records = dict[Identity, UserRecord]


class Seen(NamedTuple):
    """What reading found of one field. Without `read` nothing is known of it, and `why` says why not;
    `failure` is that of the read itself, where not the field alone is odd."""

    read: bool
    now: Value | None = None
    why: str = ""
    failure: Reply | None = None


async def read_records(
    api: UserApi,
    identities: Sequence[Identity],
    clock: Clock,
    progress: OnProgress = ignore_progress,
    *,
    names: Sequence[str] | None = None,
    profile: bool = True,
    ci: bool = False,
) -> Records:
    """A record for every user, in the order asked, with a `failure` where they could not be read.

    `names` are the properties to be read, None for all; `profile` has the profile read, and `ci` the CI
    fields of the users whose profile could be. Without `ci` they are read all the same of users with no
    property at all: somebody with nothing but CI fields is known to the server.
    """
    profiles: dict[Identity, Reply] = {}
    if profile:
        profiles = {
            reply.identity: reply for reply in await api.read_profiles(identities, progress, names=names)
        }
    at = clock()
    records = {one: _record(one, profiles.get(one), None, at) for one in identities}
    readable = [one for one, record in records.items() if record.failure is None]
    if not ci:
        readable = [one for one in readable if names is None and records[one].unknown_to_server]
    if readable and api.capabilities.ci_fields:
        replies = await api.read_ci(readable, progress)
        at = clock()
        records |= {
            one.identity: _record(one.identity, profiles.get(one.identity), one, at) for one in replies
        }
    return records


def _record(identity: Identity, profile: Reply | None, ci: Reply | None, at: datetime) -> UserRecord:
    failure = next((reply for reply in (profile, ci) if reply is not None and not reply.ok), None)
    return UserRecord(
        identity,
        at,
        profile.profile if profile else None,
        ci.ci if ci else None,
        failure,
        ci.ci_unreadable if ci else {},
    )


async def read_fields(
    api: UserApi,
    identities: Sequence[Identity],
    fields: Iterable[Field],
    clock: Clock,
    progress: OnProgress = ignore_progress,
) -> Records:
    """The users with these fields and no others, as they are now."""
    asked = set(fields)
    names = sorted(name for kind, name in asked if kind is not FieldKind.CI)
    ci = any(kind is FieldKind.CI for kind, _name in asked)
    return await read_records(api, identities, clock, progress, names=names, profile=bool(names), ci=ci)


def fields_of(changes: Iterable[FieldChange]) -> set[Field]:
    """The fields that these changes are about."""
    return {(change.kind, change.name) for change in changes}


def common(changes: Iterable[FieldChange], others: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """Those of the changes whose fields are among those of the others."""
    fields = fields_of(others)
    return tuple(change for change in changes if (change.kind, change.name) in fields)


def seen(record: UserRecord | None, kind: FieldKind, name: str) -> Seen:
    """What a field is in `record`; None in `now` where it is absent."""
    if record is None:
        return Seen(False)
    source = record.ci if kind is FieldKind.CI else record.profile
    if source is None:
        return Seen(False, why=record.failure.message if record.failure else "", failure=record.failure)
    if kind is FieldKind.CI:
        if name in record.ci_unreadable:
            return Seen(False, why=_not_readable(name, record.ci_unreadable[name]))
        return Seen(True, (record.ci or {}).get(name))
    assert record.profile is not None
    if name in record.profile.unreadable:
        why = _not_readable(name, record.profile.unreadable[name])
        return Seen(False, why=f"{why} {_for_a_consent()}" if kind is FieldKind.CONSENT else why)
    if kind is FieldKind.PROPERTY:
        return Seen(True, record.properties.get(name))
    state = record.consents.get(Flag(name))
    return Seen(state is not None, state.value if state is not None else None)


def _not_readable(name: str, why: str) -> str:
    return _("{name} is not readable: {why}.").format(name=sanitize(name, 40), why=sanitize(why, 120))


def _for_a_consent() -> str:
    """What can be done about a consent that cannot be read: somebody's no may wait behind it."""
    return _(
        "Have it corrected at DFINERY: nothing is written over what cannot be read. Until then leave this "
        "user out of what is sent."
    )


def unread(reply: Reply) -> ConsoleError:
    """A read that failed, as an error for the operator."""
    if reply.error is not None:
        return reply.error
    return ConsoleError(
        _("The user could not be read"), sanitize(reply.message or reply.code or "", 160), _("Try again.")
    )
