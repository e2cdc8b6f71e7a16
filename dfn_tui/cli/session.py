"""A run of the service for one command."""

import argparse
import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from dfn_tui import paths
from dfn_tui.cli.choice import required
from dfn_tui.cli.output import Progress, say
from dfn_tui.config import load
from dfn_tui.service import Connections, Desk
from dfn_tui.service import Progress as Answered
from dfn_tui.service.change_words import reconciled_words
from dfn_tui.text import _, inert

if TYPE_CHECKING:
    from dfn_tui.service.bulk.desk import BulkDesk

_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[tuple[Desk, asyncio.Runner]]:
    """The desk of the connection asked for, and the loop that its work is run in.

    At the end it waits for every write, and tells what an earlier run had left open. Raises `ConsoleError`.
    """
    with _started(args) as (connections, name, runner):
        yield connections.desk(name), runner


@contextmanager
def opened_for_many(args: argparse.Namespace) -> Iterator[tuple["BulkDesk", asyncio.Runner]]:
    """The same with the desk for many users at once. At the end a job under way is stopped after what was
    sent."""
    with _started(args) as (connections, name, runner):
        yield connections.bulk(name), runner


@contextmanager
def _started(args: argparse.Namespace) -> Iterator[tuple[Connections, str, asyncio.Runner]]:
    config = load(paths.config_file())
    connection = required(config, args.connection)
    connections = Connections(config, read_only=args.read_only)
    desk = connections.desk(connection.name)
    with asyncio.Runner() as runner:
        try:
            yield connections, connection.name, runner
        finally:
            runner.run(connections.finish())
            for settled in desk.settled:
                say(_("Left open by an earlier run. {what}").format(what=reconciled_words(settled)))


def _tell_waiting() -> None:
    with suppress(OSError):  # the terminal may be gone
        say(_("What was begun cannot be stopped half-way: waiting for the server's last answer."))


@contextmanager
def finishing(loop: asyncio.AbstractEventLoop, told: Callable[[], None] = _tell_waiting) -> Iterator[None]:
    """While something is being sent: a signal that would end the program calls `told` in the loop, which by
    default says that it waits.

    Sending cannot be taken back, and what came of it is to be known.
    """

    def wait(_signal: int, _frame: object) -> None:
        loop.call_soon_threadsafe(told)

    before = {kind: signal.signal(kind, wait) for kind in _ENDING}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def waiting_on(progress: Progress) -> Callable[[Answered], None]:
    """Shows on the progress line when the server is waited for, and why."""

    def show(answered: Answered) -> None:
        if answered.waiting:
            words = _("waiting {seconds:.0f} s, then attempt {attempt}: {reason}")
            reason = inert(answered.reason)
            progress.show(words.format(seconds=answered.waiting, attempt=answered.attempt, reason=reason))

    return show
