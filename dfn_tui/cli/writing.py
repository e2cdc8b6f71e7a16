"""From what is wanted for some users to how it ended: read, stage, review, ask, send, tell."""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module

from dfn_tui.api.deadline import deadline
from dfn_tui.cli.assignments import ids_and_others, profile_edits
from dfn_tui.cli.confirm import all_answered, approve, said_of, show_review
from dfn_tui.cli.ids import identities, require_written_ids
from dfn_tui.cli.output import say
from dfn_tui.cli.reading import UNKNOWN_USER, read_words
from dfn_tui.cli.results import (
    CommandResult,
    conflicting,
    exit_code,
    not_created,
    not_journalled,
    of_result,
    show,
    with_fields,
)
from dfn_tui.cli.session import finishing, nothing_sent_yet, server_progress, started, waiting_on
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import nothing_set_count, step_words
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.service.changes.four_eyes import SecondNeeded
from dfn_tui.service.changes.outcome import NOT_SENT, FieldResult, UserResult
from dfn_tui.service.changes.pipeline import ChangeGroup, StaleWrite, Target, check, not_sent
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.records import Progress as Answered
from dfn_tui.service.records import UserRecord
from dfn_tui.service.review import Review
from dfn_tui.service.session import A_REQUEST, Session
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Identity
from dfn_tui.text import _, sanitize

Endings = dict[Identity, CommandResult]

SECONDS = 60.0
"""The longest time for a command about one user; waits that the server announces do not count."""

LEAST_SECONDS = 20.0
"""What is left for sending however long the reading took."""


def set_(args: argparse.Namespace) -> int:
    """`dfn-tui set`: writes consents and properties; returns an `ExitCode`. Raises `ConsoleError`."""
    with started(args) as (connections, name, runner):
        session = connections.session(name)
        ids, changes = ids_and_others(args.words, lambda word: "=" in word)
        edits = profile_edits(changes, session.capabilities)
        try:
            return carry_out(args, session, runner, ids, stage_all(edits), ci=False)
        except SecondNeeded as needed:
            # Only here: what sends single changes starts without all that is for many.
            single = import_module("dfn_tui.cli.bulk.single")
            users = identities(ids, args.kind, session.capabilities)
            raise single.as_plan(args, connections.bulk(name), runner, users, edits, needed) from None


def stage_all(edits: Sequence[FieldEdit]) -> Callable[[Draft], None]:
    """What stages these edits in a user's draft."""

    def stage(draft: Draft) -> None:
        for edit in edits:
            if edit.value is not None:
                draft.stage(edit.kind, edit.name, edit.value)

    return stage


def carry_out(
    args: argparse.Namespace,
    session: Session,
    runner: asyncio.Runner,
    ids: Sequence[str],
    stage: Callable[[Draft], None],
    *,
    ci: bool,
) -> int:
    """Sends what `stage` puts into each user's draft, after asking, and shows how it ended. `ci`: it is about
    CI fields. Raises `ConsoleError`."""
    require_written_ids(ids, args.kind)
    users = identities(ids, args.kind, session.capabilities)
    began = time.monotonic()
    with nothing_sent_yet():
        found = runner.run(_read(session, users, ci=ci))
        ended = _stage(args, session, found, stage)
        _say_unknown(ended, len(users))
    return send_staged(args, session, runner, found, ended, began)


def send_staged(
    args: argparse.Namespace,
    session: Session,
    runner: asyncio.Runner,
    found: dict[Identity, UserRecord],
    ended: Endings,
    began: float,
) -> int:
    """Sends what is staged, after showing it and asking, and shows how it ended. `found` are the users in
    their order, whose reading began at `began` of the monotonic clock; `ended` is what is known already.
    Raises `ConsoleError`."""
    with nothing_sent_yet():
        spent = time.monotonic() - began
        session.staging.note_said(said_of(args))
        reviewed = session.review()
        if reviewed.changes:
            show_review(session, reviewed, revealed=args.reveal)
            if not args.dry_run:
                session.require_single(reviewed.scope)
        approval = Approval() if args.dry_run or not reviewed.changes else approve(args, session, reviewed)
    if args.dry_run:
        _join(ended, _foreseen(args, session, reviewed, found))
    elif reviewed.changes:
        stop = partial(runner.get_loop().call_soon_threadsafe, session.stop_sending)
        words = _(
            "What was begun cannot be stopped half-way: nothing more is sent, waiting for the server's last "
            "answer. (8 s at most; once more leaves at once.)"
        )
        with finishing(stop, words):
            _join(ended, runner.run(_send(session, reviewed, approval, SECONDS - spent)))
    shown = [ended[user] for user in found]
    show(args, shown)
    stopped = session.stopped and any(one.code == NOT_SENT for one in shown)
    return exit_code(shown, stopped=stopped, allow_unknown=args.allow_unknown)


def _join(ended: Endings, sent: Endings) -> None:
    """Adds how it ended for those that something was sent for; what was known of fields of theirs stays."""
    for user, result in sent.items():
        before = ended.get(user)
        ended[user] = result if before is None else with_fields(result, before.fields)


def _stage(
    args: argparse.Namespace,
    session: Session,
    found: Mapping[Identity, UserRecord],
    stage: Callable[[Draft], None],
) -> Endings:
    """Stages what is wanted for every user; those of whom nothing is to be sent, and why."""
    ended: Endings = {}
    for user, record in found.items():
        if record.failure is not None:
            why = record.failure
            ended[user] = CommandResult(user, Outcome.FAILED, why.code, why.message, error=why.error)
        elif record.unknown_to_server and not args.create:
            ended[user] = not_created(user)
        else:
            draft = session.staging.draft(record)
            stage(draft)
            if draft.empty:
                ended[user] = CommandResult(user, Outcome.UNCHANGED)
    return ended


async def _read(session: Session, users: Sequence[Identity], *, ci: bool) -> dict[Identity, UserRecord]:
    found: dict[Identity, UserRecord] = {}
    more = (len(users) - 1) // session.capabilities.batch_size
    seconds = max(LEAST_SECONDS, SECONDS - LEAST_SECONDS) + more * A_REQUEST
    async with server_progress(longest=seconds) as progress:
        with deadline(seconds):
            async for record in session.look_up(users, waiting_on(progress), ci=ci):
                found[record.identity] = record
                progress.show(read_words(len(found), len(users)))
    return found


def _say_unknown(ended: Endings, users: int) -> None:
    unknown = sum(one.code == UNKNOWN_USER for one in ended.values())
    if unknown and users > 1:
        words = _("{users}: nothing is sent for them, unless --create.")
        say(words.format(users=nothing_set_count(unknown)))


def _foreseen(
    args: argparse.Namespace, session: Session, reviewed: Review, found: dict[Identity, UserRecord]
) -> Endings:
    """What would be sent, and what could not be; says what would be refused of it."""
    try:
        if reviewed.changes:
            session.admit(reviewed.scope, all_answered(args, reviewed.asked, reviewed.scope.users))
    except GateRefused as refused:
        say(_("It would be refused. {title}: {why}").format(title=refused.title, why=refused.happened))
    ended = {
        c.identity: CommandResult(c.identity, Outcome.PLANNED, changes=c.fields) for c in reviewed.changes
    }
    if session.capabilities.read_by:
        groups = [ChangeGroup(c.fields, (Target(c.identity),)) for c in reviewed.changes]
        for unread in check(groups, found, strict=True).unread:
            lost = not_sent(unread).fields
            planned = [FieldResult(item, Outcome.PLANNED) for item in ended[unread.user.identity].changes]
            by_name = {(one.change.kind, one.change.name): one for one in (*planned, *lost)}
            ended[unread.user.identity] = of_result(UserResult(unread.user.identity, tuple(by_name.values())))
    return ended


async def _send(session: Session, reviewed: Review, approval: Approval, seconds: float) -> Endings:
    """Sends to all but those whom somebody else changed since they were read, in about `seconds`."""
    changes = {change.identity: change for change in reviewed.changes}
    ended: Endings = {}
    seconds = max(LEAST_SECONDS, seconds)
    async with server_progress(longest=seconds, unless=lambda: session.stopped) as progress:
        waiting = waiting_on(progress)

        def answered(so_far: Answered) -> None:
            if so_far.waiting:
                waiting(so_far)
            else:
                progress.show(step_words(so_far))

        while len(ended) < len(changes):
            try:
                results = await session.apply(reviewed, approval, answered, seconds=seconds)
            except StaleWrite as stale:
                changed = {conflict.user.identity for conflict in stale.conflicts}
                ended |= {user: conflicting(changes[user], stale.conflicts) for user in changed}
                approval = approval._replace(leave_out=approval.leave_out | changed)
            else:
                trouble = session.journal_trouble
                for result in results:
                    one = ended[result.identity] = of_result(result)
                    if trouble is not None and result.entry is not None:
                        ended[result.identity] = not_journalled(one, trouble)
    if session.journal_trouble is not None:
        trouble = session.journal_trouble
        say(sanitize(f"{trouble.title}. {trouble.happened} {trouble.next_step}"))
    return ended
