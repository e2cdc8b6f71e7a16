"""The way every change goes: looked at again, journalled, sent, read back, journalled.

The unit is one edit and the users it is for. A single user is a group of one.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from dfn_tui.api.calls import CiWrite, OnProgress, ProfileWrite, Progress, Reply, UserApi, ignore_progress
from dfn_tui.api.deadline import current_deadline
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.outcome import (
    CI_DELETE,
    CI_SET,
    NOT_READABLE,
    PROFILE,
    FieldResult,
    Replies,
    UserResult,
    judge_user,
    part_of,
    shows_all,
)
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.changes.reading import Records, Seen, fields_of, read_fields, seen
from dfn_tui.service.changes.values import same_value
from dfn_tui.store import FieldChange, FieldKind, Ref
from dfn_tui.text import _, ngettext
from dfn_tui.text.korea import Clock

READ_BACK_PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each reading back: the server may take a moment to show what it took."""


class ChangeStep(StrEnum):
    """Where a change is on its way: nothing has left before `SEND`."""

    CHECK = "check"
    SEND = "send"
    READ_BACK = "read back"


def at_step(step: ChangeStep, users: int, progress: OnProgress) -> OnProgress:
    """Says that this step begins, and has all news from now on say that they are of it."""
    progress(Progress(0, users, step=step))
    return lambda at: progress(at._replace(step=step))


class Target(NamedTuple):
    """A user that an edit is for: the journal entry it takes back, and the user's number in a job."""

    identity: Identity
    undo_of: Ref | None = None
    number: int = 0


class ChangeGroup(NamedTuple):
    """One edit and the users it is for. What was there before is the same for all of them, and so is their
    `word`: the evidence of each, when they gave it, its source and its ground, where it came with the user.
    `left_out` names the fields that are wanted of them, too, and could not be read again."""

    fields: tuple[FieldChange, ...]
    users: tuple[Target, ...]
    word: tuple[str, str, str, str] | None = None
    left_out: str = ""


class Conflict(NamedTuple):
    """A field that is neither what was seen nor what is wanted: `change` holds both."""

    user: Target
    change: FieldChange
    now: Value | None


class StaleWrite(ConsoleError):
    """Nothing was sent, to nobody."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        users = len({conflict.user.identity for conflict in conflicts})
        happened = ngettext(
            "{users} user was changed by someone else since it was looked up. Nothing was sent.",
            "{users} users were changed by someone else since they were looked up. Nothing was sent.",
            users,
        )
        super().__init__(
            _("Changed meanwhile"),
            happened.format(users=users),
            _("Compare what was seen with what is there now, and decide."),
        )
        self.conflicts = tuple(conflicts)


class Unread(NamedTuple):
    """Fields of a user that could not be read again just before sending, with what reading found of each."""

    user: Target
    fields: tuple[tuple[FieldChange, Seen], ...]


class Checked(NamedTuple):
    """`fresh` may be sent. `unchanged` is as wanted already, and who is in `conflicts` was changed by
    somebody else. `unread` is left out; what else is wanted of the same user is in one of the others."""

    fresh: tuple[ChangeGroup, ...]
    unchanged: tuple[tuple[Target, tuple[FieldChange, ...]], ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unread: tuple[Unread, ...] = ()


def identities_of(groups: Iterable[ChangeGroup]) -> list[Identity]:
    """The users of these groups, in order."""
    return [user.identity for group in groups for user in group.users]


async def read_groups(
    api: UserApi, groups: Sequence[ChangeGroup], clock: Clock, progress: OnProgress = ignore_progress
) -> Records:
    """The fields of these groups as they are now; nothing where the API version cannot be read. `progress` is
    told of pauses only: what is counted is what is sent."""

    def pauses(at: Progress) -> None:
        if at.waiting:
            progress(at)

    if not api.capabilities.read_by or not groups:
        return {}
    fields = {field for group in groups for field in fields_of(group.fields)}
    return await read_fields(api, identities_of(groups), fields, clock, pauses)


def check(
    groups: Sequence[ChangeGroup], records: Records, *, strict: bool, overwrite: bool = False
) -> Checked:
    """Compares each user with what was seen of them; a field that could not be read then is not compared.

    A field that is as wanted already is not sent again, and one that cannot be read now is left out: it holds
    up nothing else of its user. `strict`: that somebody else made a field so is a conflict all the same, for
    an operator who looks at the user. `overwrite`: what somebody else changed is no conflict.
    """
    fresh: list[ChangeGroup] = []
    unchanged, conflicts, unread = [], [], []
    for group in groups:
        parts: dict[tuple[tuple[FieldChange, ...], str], list[Target]] = {}
        whole: list[Target] = []
        for user in group.users:
            record = records[user.identity]
            pairs = [(item, seen(record, item.kind, item.name)) for item in group.fields]
            lost = tuple(pair for pair in pairs if not pair[1].read)
            if lost:
                unread.append(Unread(user, lost))
                pairs = [pair for pair in pairs if pair[1].read]
            todo = [(item, found.now) for item, found in pairs if not same_value(found.now, item.after)]
            changed = [
                Conflict(user, item, value)
                for item, value in ([(item, found.now) for item, found in pairs] if strict else todo)
                if item.readable and not overwrite and not same_value(value, item.before)
            ]
            conflicts += changed
            if changed:
                continue
            if len(todo) == len(group.fields):
                whole.append(user)
            elif todo:
                left_out = ", ".join(item.name for item, _found in lost)
                parts.setdefault((tuple(item for item, _now in todo), left_out), []).append(user)
            elif pairs:
                unchanged.append((user, tuple(item for item, _found in pairs)))
        if whole:
            fresh.append(group._replace(users=tuple(whole)))
        fresh += [ChangeGroup(part[0], tuple(users), group.word, part[1]) for part, users in parts.items()]
    return Checked(tuple(fresh), tuple(unchanged), tuple(conflicts), tuple(unread))


def not_sent(found: Unread) -> UserResult:
    """The result of a user of whom these fields could not be read again just before sending."""
    fields, failures = [], []
    for item, now in found.fields:
        code, words = NOT_READABLE, _("Not sent. {why}")
        if now.failure is not None:
            code, words = now.failure.code or code, _("Not sent: it could not be read again first. {why}")
            failures += [now.failure] if now.failure.error and now.failure not in failures else []
        message = words.format(why=now.why).strip()
        fields.append(FieldResult(item, Outcome.FAILED, code=code, message=message))
    return UserResult(found.user.identity, tuple(fields), tuple(failures))


def as_wanted(user: Target, changes: Sequence[FieldChange]) -> UserResult:
    """The result of a user for whom nothing had to be sent."""
    return UserResult(user.identity, tuple(FieldResult(item, Outcome.UNCHANGED) for item in changes))


async def send(
    api: UserApi, groups: Sequence[ChangeGroup], progress: OnProgress = ignore_progress
) -> dict[tuple[Identity, str], Reply]:
    """Sends every group and reads nothing: what was said of each user and part of the change."""
    replies: dict[tuple[Identity, str], Reply] = {}
    profiles = [write for group in groups if (write := _profile_write(group)) is not None]
    if profiles:
        for reply in await api.write_profiles(profiles, progress):
            replies[reply.identity, PROFILE] = reply
    with_ci = [group for group in groups if any(item.kind is FieldKind.CI for item in group.fields)]
    if with_ci:
        send_ci = _send_links if api.capabilities.linkable else _send_ci
        replies.update(await send_ci(api, with_ci, progress))
    return replies


def _profile_write(group: ChangeGroup) -> ProfileWrite | None:
    consents = {
        Flag(item.name): State(str(item.after)) for item in group.fields if item.kind is FieldKind.CONSENT
    }
    properties = {
        item.name: item.after
        for item in group.fields
        if item.kind is FieldKind.PROPERTY and item.after is not None
    }
    if not (consents or properties):
        return None
    return ProfileWrite(tuple(user.identity for user in group.users), consents, properties)


def _ci(group: ChangeGroup, part: str) -> list[FieldChange]:
    return [item for item in group.fields if part_of(item) == part]


async def _send_ci(
    api: UserApi, groups: Sequence[ChangeGroup], progress: OnProgress
) -> Mapping[tuple[Identity, str], Reply]:
    replies: dict[tuple[Identity, str], Reply] = {}
    writes = [
        CiWrite(tuple(identities_of([group])), {item.name: str(item.after) for item in items})
        for group in groups
        if (items := _ci(group, CI_SET))
    ]
    if writes:
        replies |= {(reply.identity, CI_SET): reply for reply in await api.write_ci(writes, progress)}
    deletions: dict[tuple[str, ...], list[Identity]] = {}
    for group in groups:
        if items := _ci(group, CI_DELETE):
            deletions.setdefault(tuple(item.name for item in items), []).extend(identities_of([group]))
    for fields, identities in deletions.items():
        for reply in await api.delete_ci(identities, fields, progress):
            replies[reply.identity, CI_DELETE] = reply
    return replies


async def _send_links(
    api: UserApi, groups: Sequence[ChangeGroup], _progress: OnProgress
) -> Mapping[tuple[Identity, str], Reply]:
    replies: dict[tuple[Identity, str], Reply] = {}
    for group in groups:
        if _ci(group, CI_DELETE):  # no policy lets this through, and no call could do it
            raise no_removal()
        others = [Identity(IdentityKind(item.name), str(item.after)) for item in _ci(group, CI_SET)]
        for user in group.users:
            replies[user.identity, CI_SET] = await api.link(user.identity, others)
    return replies


async def read_back(
    api: UserApi,
    groups: Sequence[ChangeGroup],
    replies: Replies,
    clock: Clock,
    progress: OnProgress = ignore_progress,
) -> list[UserResult]:
    """Reads every user until each shows what was wanted or the pauses are used up, and judges them.

    Only who was refused as a whole is not read: nothing was done to them, for certain.
    """

    def reading_back(at: Progress) -> None:
        progress(at._replace(reason=_("Reading back: {why}").format(why=at.reason)))

    left = [
        (user, group.fields)
        for group in groups
        for user in group.users
        if any(not replies[user.identity, part_of(item)].refused for item in group.fields)
    ]
    records: Records = {}
    for pause in READ_BACK_PAUSES if api.capabilities.read_by else ():
        current = current_deadline()
        if not left or (records and current is not None and pause >= current.left):
            break
        await asyncio.sleep(pause)
        again = [ChangeGroup(fields, (user,)) for user, fields in left]
        records |= await read_groups(api, again, clock, reading_back)
        left = [(user, fields) for user, fields in left if not _shows(user, fields, replies, records)]
    return [
        judge_user(user.identity, group.fields, replies, records.get(user.identity), settled=False)
        for group in groups
        for user in group.users
    ]


def _shows(user: Target, fields: Sequence[FieldChange], replies: Replies, records: Records) -> bool:
    """Nothing more is to be learnt by waiting: each field shows what was wanted, or was refused."""
    taken = [item for item in fields if not replies[user.identity, part_of(item)].refused]
    return shows_all(taken, records.get(user.identity))
