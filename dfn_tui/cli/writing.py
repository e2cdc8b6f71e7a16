"""From what is wanted for some users to how it ended: read, stage, review, ask, send, tell."""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from dfn_tui.api.deadline import deadline
from dfn_tui.cli.assignments import ids_and_others, profile_edits
from dfn_tui.cli.confirm import all_answered, approve, show_review
from dfn_tui.cli.ids import identities
from dfn_tui.cli.output import INTERRUPTED, say
from dfn_tui.cli.reading import UNKNOWN_USER, read_words
from dfn_tui.cli.results import CommandResult, conflicting, exit_code, not_created, of_result, show
from dfn_tui.cli.session import finishing, opened, server_progress, waiting_on
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import nothing_set_count
from dfn_tui.service.changes.outcome import NOT_SENT
from dfn_tui.service.changes.pipeline import StaleWrite
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.records import FieldKind, UserRecord
from dfn_tui.service.records import Progress as Answered
from dfn_tui.service.review import Review
from dfn_tui.service.session import Session
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
    with opened(args) as (session, runner):
        ids, changes = ids_and_others(args.words, lambda word: "=" in word)
        edits = profile_edits(changes, session.capabilities)
        consents = {Flag(one.name): State(str(one.value)) for one in edits if one.kind is FieldKind.CONSENT}

        def stage(draft: Draft) -> None:
            draft.stage_consents(consents)
            for one in edits:
                if one.kind is FieldKind.PROPERTY and one.value is not None:
                    draft.stage_property(one.name, one.value)

        return carry_out(args, session, runner, ids, stage, ci=False)


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
    users = identities(ids, args.kind, session.capabilities)
    try:
        began = time.monotonic()
        found = runner.run(_read_all(session, users, ci=ci))
        ended = _stage(args, session, found, stage)
        spent = time.monotonic() - began
        unknown = sum(one.code == UNKNOWN_USER for one in ended.values())
        if unknown and len(users) > 1:
            words = _("{users}: nothing is sent for them, unless --create.")
            say(words.format(users=nothing_set_count(unknown)))
        reviewed = session.review()
        if reviewed.changes:
            show_review(session, reviewed, revealed=args.reveal)
        approval = Approval() if args.dry_run or not reviewed.changes else approve(args, session, reviewed)
    except KeyboardInterrupt:
        say(_("Stopped. Nothing was sent."))
        raise
    if args.dry_run:
        for change in reviewed.changes:
            ended[change.identity] = CommandResult(change.identity, Outcome.PLANNED, changes=change.fields)
        _foresee(args, session, reviewed)
    elif reviewed.changes:
        stop = partial(runner.get_loop().call_soon_threadsafe, session.stop_sending)
        words = _(
            "What was begun cannot be stopped half-way: nothing more is sent, waiting for the server's last "
            "answer. (8 s at most; once more leaves at once.)"
        )
        with finishing(stop, words):
            ended |= runner.run(_send(session, reviewed, approval, SECONDS - spent))
    shown = [ended[user] for user in users]
    show(args, shown)
    if session.stopped and any(one.code == NOT_SENT for one in shown):
        return INTERRUPTED
    return exit_code(shown)


async def _read_all(session: Session, users: Sequence[Identity], *, ci: bool) -> dict[Identity, UserRecord]:
    found = await _read(session, users, ci=ci)
    nobody = [record.identity for record in found.values() if record.unknown_to_server]
    if nobody and not ci:
        found |= await _read(session, nobody, ci=True)  # their CI fields may be all that is known
    return found


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
    async with server_progress(longest=SECONDS) as progress:
        with deadline(SECONDS):
            async for record in session.look_up(users, waiting_on(progress), ci=ci):
                found[record.identity] = record
                progress.show(read_words(len(found), len(users)))
    return found


def _foresee(args: argparse.Namespace, session: Session, reviewed: Review) -> None:
    """Says what would be refused."""
    try:
        if reviewed.changes:
            session.admit(reviewed.scope, all_answered(args, reviewed.asked, reviewed.scope.users))
    except GateRefused as refused:
        say(_("It would be refused. {title}: {why}").format(title=refused.title, why=refused.happened))


async def _send(session: Session, reviewed: Review, approval: Approval, seconds: float) -> Endings:
    """Sends to all but those whom somebody else changed since they were read, in about `seconds`."""
    changes = {change.identity: change for change in reviewed.changes}
    ended: Endings = {}
    seconds = max(LEAST_SECONDS, seconds)
    async with server_progress(longest=seconds, unless=lambda: session.stopped) as progress:
        waiting = waiting_on(progress)

        def answered(so_far: Answered) -> None:
            words = _("Sending: {done} of {total}")
            if so_far.waiting:
                waiting(so_far)
            else:
                progress.show(words.format(done=f"{so_far.done:,}", total=f"{so_far.total:,}"))

        while len(ended) < len(changes):
            try:
                results = await session.apply(reviewed, approval, answered, seconds=seconds)
            except StaleWrite as stale:
                changed = {conflict.user.identity for conflict in stale.conflicts}
                ended |= {user: conflicting(changes[user], stale.conflicts) for user in changed}
                approval = approval._replace(leave_out=approval.leave_out | changed)
            else:
                ended |= {result.identity: of_result(result) for result in results}
    if session.journal_trouble is not None:
        trouble = session.journal_trouble
        say(sanitize(f"{trouble.title}. {trouble.happened} {trouble.next_step}"))
    return ended
