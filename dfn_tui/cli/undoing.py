"""`dfn-tui undo`: takes changes back as the screen of an entry does, through the one way a change is made."""

import argparse
import re
import time
from collections.abc import Sequence

from dfn_tui.api.deadline import deadline
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import say
from dfn_tui.cli.results import CommandResult, of_result
from dfn_tui.cli.session import nothing_sent_yet, server_progress, started
from dfn_tui.cli.writing import SECONDS, Endings, send_staged
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import value_words
from dfn_tui.service.changes.inverse import (
    UndoField,
    UndoKind,
    UndoPlan,
    UndoRefused,
    prepare_undos,
    stage_undo,
)
from dfn_tui.service.changes.outcome import FieldResult, UserResult
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.store import AllJournals, Entry, journal_file
from dfn_tui.text import _, sanitize

CHANGED_SINCE, CANNOT_BE_RESTORED = "changed-since", "cannot-be-restored"
_JOB = re.compile(r"[0-9]{8}-[0-9]{6}")


def undo(args: argparse.Namespace) -> int:
    """Takes entries of the journal back; returns an `ExitCode`. Raises `ConsoleError`."""
    entries = _entries(args.entries)
    if entries is None:
        return ExitCode.SOME_FAILED
    args.connection = _connection(entries, args.connection)
    with started(args) as (connections, name, runner):
        session = connections.session(name)
        for entry in entries:
            connections.session_of(entry, session.journal)
        began = time.monotonic()
        with nothing_sent_yet():
            plans = runner.run(_prepare(session, entries))
            ended = _stage(args, session, plans)
        found = {plan.record.identity: plan.record for plan in plans}
        return send_staged(args, session, runner, found, ended, began)


def _entries(words: Sequence[str]) -> list[Entry] | None:
    """The entries of these numbers; None where it was said that one is not there. Raises `ConsoleError`."""
    found: list[Entry] = []
    with AllJournals(journal_file()) as journal:
        for word in dict.fromkeys(words):
            if _JOB.match(word):
                raise ConsoleError(
                    _("This is a job"),
                    _("{job} is no entry of the journal, but a job of many users.").format(
                        job=sanitize(word, 60)
                    ),
                    _("Make a plan that takes it back: dfn-tui bulk undo {job} -o undo.plan").format(
                        job=sanitize(word, 60)
                    ),
                )
            entry = journal.entry(word)
            if entry is None:
                _say_missing(word, journal)
                return None
            found.append(entry)
    return found


def _say_missing(word: str, journal: AllJournals) -> None:
    for trouble in journal.troubles:
        say(trouble)
    words = _("The journal has no change of the number {number}. Nothing was sent.")
    say(words.format(number=sanitize(word, 80)))
    say(_("Find it: dfn-tui history ID, or dfn-tui journal list"))


def _connection(entries: Sequence[Entry], asked: str | None) -> str:
    """The connection that all of them were written over. Raises `UndoRefused`."""
    names = {entry.intent.connection for entry in entries}
    if len(names) > 1 or (asked is not None and asked not in names):
        raise UndoRefused(
            _("Another connection"),
            _("These entries were written over {names}. Nothing was sent.").format(
                names=sanitize(", ".join(sorted(names)), 200)
            ),
            _("Undo those of one connection at a time."),
        )
    return names.pop()


async def _prepare(session: Session, entries: Sequence[Entry]) -> list[UndoPlan]:
    async with server_progress(longest=SECONDS):
        with deadline(SECONDS):
            plans = await prepare_undos(session, entries)
    users = [plan.record.identity for plan in plans]
    if len(set(users)) < len(users):
        raise UndoRefused(
            _("Two entries of one user"),
            _("What the later one set is what the earlier one finds changed. Nothing was sent."),
            _("Undo the latest first, then the other."),
        )
    return plans


def _stage(args: argparse.Namespace, session: Session, plans: Sequence[UndoPlan]) -> Endings:
    """Stages what can be staged, says what cannot be, and gives how it ended for those fields. Raises
    `ConsoleError`."""
    _require_named(args.overwrite, plans)
    ended: Endings = {}
    for plan in plans:
        user = plan.record.identity
        if plan.record.failure is not None:
            why = plan.record.failure
            ended[user] = CommandResult(user, Outcome.FAILED, why.code, why.message, error=why.error)
            continue
        despite = [one for one in plan.fields if one.change.name in args.overwrite]
        staged = [one for one in plan.fields if _is_staged(one, despite)]
        for field in plan.fields:
            _say_field(session, user, field, staged=field in staged)
        others = tuple(_not_staged(one) for one in plan.fields if one not in staged)
        if others or not staged:
            ended[user] = (
                of_result(UserResult(user, others)) if others else CommandResult(user, Outcome.UNCHANGED)
            )
        if staged:
            # Nobody typed an id yet: the question before sending asks for it.
            stage_undo(session.staging.draft(plan.record), plan.entry.ref, plan.fields, user.value, despite)
    return ended


def _require_named(names: Sequence[str], plans: Sequence[UndoPlan]) -> None:
    """Raises `UndoRefused` for a field to be overwritten that none of the entries changed."""
    known = {field.change.name for plan in plans for field in plan.fields}
    if lost := [name for name in names if name not in known]:
        raise UndoRefused(
            _("No such field"),
            _("These entries did not change {name}. Nothing was sent.").format(name=sanitize(lost[0], 40)),
            _("They changed: {names}.").format(names=sanitize(", ".join(sorted(known)), 200)),
        )


def _is_staged(field: UndoField, despite: Sequence[UndoField]) -> bool:
    if field.kind is UndoKind.CONFLICT:
        return field.stageable and field in despite
    return field.stageable


def _not_staged(field: UndoField) -> FieldResult:
    """How it ended for a field that nothing is sent of."""
    stays = field.change._replace(before=field.now, after=field.now, redaction=None)
    if field.kind is UndoKind.ALREADY:
        return FieldResult(stays, Outcome.UNCHANGED, message=field.why)
    change = stays if field.wanted is None else stays._replace(after=field.wanted)
    if field.kind is UndoKind.CONFLICT and field.stageable:
        words = _(
            "Somebody changed it since. It stays as it is; --overwrite {name} restores it all the same."
        )
        message = words.format(name=sanitize(field.change.name, 40))
        return FieldResult(change, Outcome.CONFLICT, code=CHANGED_SINCE, message=message)
    return FieldResult(change, Outcome.FAILED, code=CANNOT_BE_RESTORED, message=field.why)


def _say_field(session: Session, user: Identity, field: UndoField, *, staged: bool) -> None:
    """What is to be known of a field before anybody says yes."""
    name = sanitize(field.change.name, 40)
    shown = field.change._replace(redaction=None)  # what was read is no mask
    now = _("not readable")
    if session.capabilities.read_by:
        now = value_words(shown, field.now, revealed=False)
    words = ""
    if field.kind is UndoKind.IMPOSSIBLE:
        words = _("cannot be restored. {why}").format(why=field.why)
    elif field.kind is UndoKind.CONFLICT:
        set_to = value_words(field.change, field.change.after, revealed=False)
        words = _("changed since by someone else: the entry set {after}, it is {now}.").format(
            after=set_to, now=now
        )
        words += " " + (_("It is restored all the same.") if staged else _("It stays as it is."))
    elif field.why:
        words = field.why
    if words:
        say(f"! {sanitize(user.value, 60)}  {name}: {words}")
    if not session.capabilities.read_by and staged:
        say(_("! This API version cannot be read: whether somebody changed it since is not known."))
