"""Sends changes and reads them back. Called by the desk, behind the gate, and never cancelled."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from dfn_tui.api.calls import (
    CiWrite,
    OnProgress,
    Outcome,
    ProfileWrite,
    Status,
    UserApi,
    ignore_progress,
)
from dfn_tui.api.types import Capabilities, Identity, IdentityKind, Value
from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.reading import Values, field_values
from dfn_tui.service.records import FieldChange, FieldKind, FieldResult, UserChange, UserResult, Verdict
from dfn_tui.service.values import same_value
from dfn_tui.text import _

READ_BACK_PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each reading back: the server may take a moment to show what it took."""

_PROFILE, _CI_SET, _CI_DELETE = "profile", "ci-set", "ci-delete"
TIMEOUT, NOT_MENTIONED = "timeout", "not-mentioned"
"""Codes of answers that do not say what became of a write."""
Answers = dict[tuple[Identity, str], Outcome]


async def apply(
    api: UserApi,
    changes: Sequence[UserChange],
    progress: OnProgress,
    *,
    pauses: Sequence[float] = READ_BACK_PAUSES,
) -> list[UserResult]:
    """Sends every change, reads back what can be read, and says of each field how it ended."""
    answers = await send(api, changes, progress)
    now: Values = {}
    if api.capabilities.read_by:
        now = await _read_back(api, changes, answers, pauses)
    return [
        UserResult(
            change.identity,
            tuple(
                _judge(
                    item,
                    answers[change.identity, part_of(item)],
                    (change.identity, item.kind, item.name),
                    now,
                )
                for item in change.fields
            ),
            tuple(o for (identity, _p), o in answers.items() if identity == change.identity and o.error),
        )
        for change in changes
    ]


def not_sent(change: UserChange, failure: Outcome) -> UserResult:
    """The result of a user that could not be read again just before sending."""
    message = _("Not sent: the user could not be read again first. {why}").format(why=failure.message)
    fields = tuple(
        FieldResult(item, Verdict.FAILED, code=failure.code, message=message) for item in change.fields
    )
    return UserResult(change.identity, fields, (failure,) if failure.error else ())


def part_of(item: FieldChange) -> str:
    """Which part of a change that field is sent with: each part is a request of its own."""
    if item.kind is not FieldKind.CI:
        return _PROFILE
    return _CI_DELETE if item.after is None else _CI_SET


class Writer(Protocol):
    """What takes writes: a client, or what stands before one."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]: ...

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]: ...

    async def delete_ci(
        self, identities: Sequence[Identity], fields: Sequence[str], progress: OnProgress = ignore_progress
    ) -> list[Outcome]: ...

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Outcome: ...


async def send(api: Writer, changes: Sequence[UserChange], progress: OnProgress = ignore_progress) -> Answers:
    """Sends every change and reads nothing: the answer for each user and part of the change."""
    answers: Answers = {}
    # By its id: thousands of users may share one.
    shared = {id(change.fields): change.fields for change in changes}
    contents = {key: _contents(fields) for key, fields in shared.items()}
    writes = [
        ProfileWrite(change.identity, content.consents, content.properties)
        for change in changes
        if (content := contents[id(change.fields)]).consents or content.properties
    ]
    if writes:
        for outcome in await api.write_profiles(writes, progress):
            answers[outcome.identity, _PROFILE] = outcome
    if any(content.ci for content in contents.values()):
        send_ci = _send_links if api.capabilities.linkable else _send_ci
        answers.update(await send_ci(api, changes, progress))
    return answers


class _Contents(NamedTuple):
    """What is sent of some fields. `ci` is whether there is more than a profile has."""

    consents: Consents
    properties: Mapping[str, Value]
    ci: bool


def _contents(fields: Sequence[FieldChange]) -> _Contents:
    return _Contents(
        {Flag(f.name): State(str(f.after)) for f in fields if f.kind is FieldKind.CONSENT},
        {f.name: f.after for f in fields if f.kind is FieldKind.PROPERTY and f.after is not None},
        any(f.kind is FieldKind.CI for f in fields),
    )


def _ci(change: UserChange, part: str) -> list[FieldChange]:
    return [item for item in change.fields if part_of(item) == part]


async def _send_ci(api: Writer, changes: Sequence[UserChange], progress: OnProgress) -> Answers:
    answers: Answers = {}
    sets = [
        CiWrite(change.identity, {item.name: str(item.after) for item in items})
        for change in changes
        if (items := _ci(change, _CI_SET))
    ]
    if sets:
        for outcome in await api.write_ci(sets, progress):
            answers[outcome.identity, _CI_SET] = outcome
    deletions: dict[tuple[str, ...], list[Identity]] = defaultdict(list)
    for change in changes:
        if items := _ci(change, _CI_DELETE):
            deletions[tuple(item.name for item in items)].append(change.identity)
    for fields, identities in deletions.items():
        for outcome in await api.delete_ci(identities, fields, progress):
            answers[outcome.identity, _CI_DELETE] = outcome
    return answers


async def _send_links(api: Writer, changes: Sequence[UserChange], progress: OnProgress) -> Answers:
    answers: Answers = {}
    for change in changes:
        if items := _ci(change, _CI_SET):
            others = [Identity(IdentityKind(i.name), str(i.after)) for i in items]
            answers[change.identity, _CI_SET] = await api.link(change.identity, others)
        if _ci(change, _CI_DELETE):  # no gate lets this through, and no call could do it
            raise no_removal()
    return answers


async def _read_back(
    api: UserApi, changes: Sequence[UserChange], answers: Answers, pauses: Sequence[float]
) -> Values:
    """Reads every user until it shows what was wanted or the pauses are used up."""
    now: Values = {}
    left = list(changes)
    for pause in pauses:
        await asyncio.sleep(pause)
        values, _failures = await field_values(api, left)
        now.update(values)
        left = [change for change in left if not _settled(change, answers, now)]
        if not left:
            break
    return now


def _settled(change: UserChange, answers: Answers, now: Values) -> bool:
    """Nothing more is to be learnt by waiting: each field shows what was wanted, or was refused."""
    for item in change.fields:
        key = (change.identity, item.kind, item.name)
        answer = answers[change.identity, part_of(item)]
        refused = answer.status is Status.FAILED and answer.code != NOT_MENTIONED
        if not refused and (key not in now or not same_value(now[key], item.after)):
            return False
    return True


def _judge(
    item: FieldChange, outcome: Outcome, key: tuple[Identity, FieldKind, str], now: Values
) -> FieldResult:
    read = key in now
    value = now.get(key)
    matches = read and same_value(value, item.after)
    unclear = outcome.status is Status.UNKNOWN or outcome.code == NOT_MENTIONED
    if outcome.status is Status.FAILED and not (unclear and matches):
        verdict, message = Verdict.FAILED, outcome.message
    elif unclear:
        verdict, message = _settle(item, outcome, read, value, matches)
    elif matches or not read:
        verdict, message = (Verdict.CONFIRMED if read else Verdict.ACCEPTED), outcome.message
    else:
        verdict = Verdict.DIFFERENT
        message = _("The server accepted the change, but reading back shows another value.")
    return FieldResult(item, verdict, read, value, None if matches else outcome.code, message)


def _settle(
    item: FieldChange, outcome: Outcome, read: bool, value: Value | None, matches: bool
) -> tuple[Verdict, str]:
    """What reading back says of a write that the server said nothing usable of."""
    if matches:
        return Verdict.CONFIRMED, _("The answer did not say so, but reading back shows the change.")
    if not read:
        return Verdict.UNKNOWN, outcome.message
    if not same_value(value, item.before):
        return Verdict.DIFFERENT, _("No answer came, and reading back shows another value.")
    if outcome.code == TIMEOUT:  # the server may still be at work on it
        return Verdict.UNKNOWN, _("No answer came in time. It is not applied yet, and may still be.")
    return Verdict.FAILED, _("No answer came, and reading back shows that it was not applied.")
