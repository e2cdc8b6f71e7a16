"""`dfn-tui watch`: reads users again and again, and tells what changed."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

from dfn_tui.cli.bulk.output import opened_for_many, unseal
from dfn_tui.cli.colours import is_seen, paint
from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import RecordView, RecordWriter, writing
from dfn_tui.cli.ids import given_ids, identities, ids_of_text
from dfn_tui.cli.output import ProgressLine, is_written, say
from dfn_tui.cli.reading import require_reading, shown_json
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.messages import flag_name, state_role
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.painting.announcing import notification
from dfn_tui.service.bulk.looking import RepeatedReader
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.change_format import value_words
from dfn_tui.service.changes.blocks import flag_of
from dfn_tui.service.history import state_of
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.service.types import Identity, Value
from dfn_tui.service.watching import (
    PlanWatch,
    UserWatch,
    WatchedChange,
    WatchEvent,
    WatchRound,
    least_every,
    rounds,
    users_changed,
)
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.text.korea import korean_clock

Look = Callable[[], Awaitable[WatchRound]]
_MOST_NAMED = 10
"""So many users of whom nothing is set are named."""
_EVENTS = {
    WatchEvent.CHANGED: N_("changed"),
    WatchEvent.DRIFTED: N_("not as planned"),
    WatchEvent.BACK: N_("as planned again"),
}


def watch(args: argparse.Namespace) -> int:
    """Tells what changes until it is told to stop: by Ctrl+C, which is how a watch ends, or by an option.
    Returns an `ExitCode`: 1 where something changed. Raises `ConsoleError` where the first reading fails."""
    if (args.plan is None) == (not args.words):
        raise ConsoleError(
            _("Whom shall it watch?"),
            _("Users are named by ids or a file of them, or they are those of a plan."),
            _("Give ids, a file, or --plan PLAN."),
        )
    told = _Told(args)
    with opened_for_many(args) as (bulk, runner):
        require_reading(bulk.session.capabilities)
        if args.plan is not None and not Path(args.plan).exists():
            unseal(bulk, runner, args.plan)
        with writing(args, watch_view(args.reveal), lines_seen=True, looked_at=1) as writer:
            told.writer = writer
            try:
                runner.run(_watch(args, bulk, told))
            except KeyboardInterrupt:
                if is_seen(sys.stderr):
                    print(file=sys.stderr)  # after the ^C that it shows
    say(told.summary())
    return told.code()


async def _watch(args: argparse.Namespace, bulk: BulkSession, told: "_Told") -> None:
    users = () if args.plan is not None else _users(args, bulk)
    least = least_every(len(users), bulk.session.capabilities.batch_size, bulk.usual_rate)
    every = max(args.every, least) if users else args.every
    if every > args.every:
        words = _("The rate of this connection allows a reading every {seconds:.0f} s.")
        say(words.format(seconds=every))
    told.begin(len(users), every)
    until = None if args.longest is None else time.monotonic() + args.longest
    async with (
        _looking(args, bulk, users) as look,
        aclosing(rounds(look, every, sleep=partial(_sleep, until))) as found,
    ):
        async for one in found:
            told.tell(one)
            over = until is not None and time.monotonic() >= until
            enough = told.rounds == args.times or (args.exit_on_change and told.changed)
            if over or enough or not is_written():
                return


async def _sleep(until: float | None, seconds: float) -> None:
    """Sleeps, but no longer than until then; one more reading is the last."""
    await asyncio.sleep(seconds if until is None else max(0.0, min(seconds, until - time.monotonic())))


@asynccontextmanager
async def _looking(
    args: argparse.Namespace, bulk: BulkSession, users: Sequence[Identity]
) -> AsyncIterator[Look]:
    """What reads everybody once more."""
    clock = bulk.session.clock
    if args.plan is not None:
        yield PlanWatch(lambda: bulk.verify(args.plan, lambda _users: None), clock).look
        return
    reader = RepeatedReader(bulk, ci=args.ci)
    try:
        yield UserWatch(lambda: reader.read(users), clock).look
    finally:
        await reader.close()


def _users(args: argparse.Namespace, bulk: BulkSession) -> tuple[Identity, ...]:
    """The users named, or those of the file that a single word names. Raises `ConsoleError`."""
    words = args.words
    if len(words) == 1 and Path(words[0]).is_file():
        try:
            ids = ids_of_text(Path(words[0]).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            why = system_reason(error) if isinstance(error, OSError) else _("it is not UTF-8 text")
            raise ConsoleError(
                _("The list cannot be read"),
                _("{file}: {why}.").format(file=sanitize(words[0], 200), why=why),
                _("Name a file with an id on each line."),
            ) from None
    else:
        ids = given_ids(words)
    return identities(ids, args.kind, bulk.session.capabilities)


class _Told:
    """What was told by now: data on the standard output, all else beside it."""

    writer: RecordWriter[WatchedChange]

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._progress = ProgressLine(beside_data=True)
        self.rounds = 0
        self.changed = 0
        self._last: WatchRound | None = None
        self._error = ""

    def begin(self, users: int, every: float) -> None:
        """Says what is watched, and how it is ended."""
        whom = _("the users of {plan}").format(plan=sanitize(str(self._args.plan), 200))
        if users:
            whom = ngettext("{count} user", "{count} users", users).format(count=f"{users:,}")
        say(_("Watching {whom}, every {seconds:g} s. Ctrl+C ends it.").format(whom=whom, seconds=every))

    def tell(self, one: WatchRound) -> None:
        """Tells what a reading found. Raises its error where it was the first and read nobody: there is
        nothing to compare with."""
        if one.error is not None and not self.rounds and not one.users:
            raise one.error
        if not self.rounds:
            self._say_unknown(one.unknown)
        self.rounds += 1
        self._last = one
        for change in one.changes:
            self.writer.put(change, flush=True)
        self._say_failures(one)
        if users := users_changed(one.changes):
            self.changed += len(one.changes)
            self._announce(users)

    def _say_unknown(self, users: Sequence[Identity]) -> None:
        """An id, or a file's name, that was mistyped would never change."""
        for user in users[:_MOST_NAMED]:
            words = _(
                "{user}: nothing is set for this user, who may be mistyped. It is watched all the same."
            )
            say(words.format(user=sanitize(user.value, 60)))
        if len(users) > _MOST_NAMED:
            say(_("… and {count} more.").format(count=f"{len(users) - _MOST_NAMED:,}"))

    def _say_failures(self, one: WatchRound) -> None:
        at = korean_clock(one.at, seconds=True)
        for lost in one.unread:
            words = _("{time}  {user}: not readable, which is no change. {why}")
            say(words.format(time=at, user=sanitize(lost.user.value, 60), why=sanitize(lost.why, 200)))
        for user in one.read_again:
            say(_("{time}  {user}: readable again.").format(time=at, user=sanitize(user.value, 60)))
        error = f"{one.error.title}. {one.error.happened}" if one.error is not None else ""
        if error != self._error:
            said = (
                _("{time}  The reading failed, which is no change. {why}")
                if error
                else _("{time}  Read again.")
            )
            say(said.format(time=at, why=error))
        self._error = error

    def _announce(self, users: int) -> None:
        """The bell, and the terminal's own notification, where somebody is there. No id is in it."""
        if not is_seen(sys.stderr):
            return
        words = ngettext("dfn-tui: {count} user changed", "dfn-tui: {count} users changed", users)
        sequence = notification(words.format(count=f"{users:,}"), os.environ)
        print(f"\a{sequence}", end="", file=sys.stderr, flush=True)

    def summary(self) -> str:
        """How much was read and found."""
        words = ngettext("{rounds} reading, {changes}.", "{rounds} readings, {changes}.", self.rounds)
        changes = ngettext("{count} change", "{count} changes", self.changed).format(
            count=f"{self.changed:,}"
        )
        return words.format(rounds=f"{self.rounds:,}", changes=changes if self.changed else _("no change"))

    def code(self) -> ExitCode:
        """1 where something changed; else how the last reading failed, if it did; 1 where
        nothing is set of somebody."""
        last = self._last
        failures: list[ConsoleError | None] = []
        if self.changed:
            return ExitCode.SOME_FAILED
        if last is not None and (last.error is not None or last.lost):
            failures.append(last.error)
        if not failures and last is not None and last.unknown:
            return ExitCode.SOME_FAILED
        return of_failures(failures)


def watch_view(revealed: bool) -> RecordView[WatchedChange]:
    """A change a line."""
    headings = (
        Heading(_("time (KST)")),
        Heading(_("user"), least=8, whole=True),
        Heading(_("what"), least=8),
        Heading(_("from"), least=8),
        Heading(_("to"), least=8),
        Heading(_("event"), least=7),
    )
    columns = ("at", "kind", "user_id", "event", "field", "name", "before", "after")
    return RecordView(
        partial(_record, revealed), columns, headings, partial(_cells, revealed), partial(_lines, revealed)
    )


def _record(revealed: bool, one: WatchedChange) -> dict[str, object]:
    item = one.change
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "user_id": one.user.value,
        "kind": one.user.kind.value,
        "event": one.event.value,
        "field": str(item.kind),
        "name": item.name,
        "before": shown_json(item.name, item.before, revealed),
        "after": shown_json(item.name, item.after, revealed),
    }


def _cells(revealed: bool, one: WatchedChange) -> list[Row]:
    item = one.change
    return [
        (
            TableCell(korean_clock(one.at, seconds=True)),
            TableCell(sanitize(one.user.value)),
            TableCell(_name(item)),
            _value(item, item.before, revealed),
            _value(item, item.after, revealed),
            TableCell(_(_EVENTS[one.event]), "ok" if one.event is WatchEvent.BACK else "warn"),
        )
    ]


def _lines(revealed: bool, one: WatchedChange) -> list[str]:
    [(at, user, name, before, after, event)] = _cells(revealed, one)
    who = f"{user.text} {sanitize(one.name, 40)}".rstrip()
    said = [paint(cell.text, cell.role) for cell in (before, after)]
    parts = (
        at.text,
        paint(who, "strong.withdrawn"),
        name.text,
        " → ".join(said),
        paint(event.text, event.role),
    )
    return ["  ".join(parts)]


def _name(item: FieldChange) -> str:
    flag = flag_of(item)
    return flag_name(flag) if flag is not None else sanitize(item.name, 40)


def _value(item: FieldChange, value: Value | None, revealed: bool) -> TableCell:
    consent = item.kind == FieldKind.CONSENT
    return TableCell(
        value_words(item, value, revealed=revealed), state_role(state_of(value)) if consent else ""
    )
