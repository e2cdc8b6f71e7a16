"""A run of the service for one command."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import NoReturn

from dfn_tui import paths
from dfn_tui.cli.choice import required
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import ProgressLine, say, short_of
from dfn_tui.config import load
from dfn_tui.service.addresses import environment_in_doubt
from dfn_tui.service.change_format import pause_words, reconciled_words
from dfn_tui.service.connections import Connections
from dfn_tui.service.records import Progress as Answered
from dfn_tui.service.session import Session
from dfn_tui.text import _

_COLLECT_AFTER = 0.5
"""Seconds until Python's garbage collector, which the command line stopped, works again."""
_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[tuple[Session, asyncio.Runner]]:
    """The session of the connection asked for, and the loop that its work is run in.

    At the end it waits for every write, and tells what an earlier run had left open. Raises `ConsoleError`.
    """
    with started(args) as (connections, name, runner):
        yield connections.session(name), runner


@contextmanager
def started(
    args: argparse.Namespace, *, keep_edits: bool = False
) -> Iterator[tuple[Connections, str, asyncio.Runner]]:
    """The connections, the name of the one asked for, and the loop for its work; at the end as `opened`.
    With `keep_edits` also what keeps staged edits."""
    # What asyncio has to say of a lost connection or a full memory is told in words of ours.
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    config = load(paths.config_file())
    connection = required(config, args.connection)
    connections = Connections(
        config, read_only=args.read_only, incident=args.incident or "", keep_edits=keep_edits
    )
    session = connections.session(connection.name)
    if doubt := environment_in_doubt(connection):
        say(doubt)
    with _handling(_interrupt, *_ENDING[1:]), _closed_in_time() as closing, asyncio.Runner() as runner:
        runner.get_loop().call_later(_COLLECT_AFTER, gc.enable)  # not while the client is imported
        try:
            yield connections, connection.name, runner
        finally:
            runner.run(connections.finish())
            if session.journal.lost:
                say(session.journal.lost)
            for settled in session.settled:
                say(_("Left open by an earlier run. {what}").format(what=reconciled_words(settled)))
            with suppress(KeyboardInterrupt):  # all is done and said: leaving now keeps its code
                if left := runner.run(connections.archive_rest()):
                    say(left)
            closing()


_CLOSING = 8.0
"""Seconds that closing the loop may take, when all is written."""


@contextmanager
def _closed_in_time() -> Iterator[Callable[[], None]]:
    """From its call to the end of the block not longer than that: closing the loop starts a thread, and
    Python waits for ever for one that dies of want of memory before it has begun."""

    def give_up(_kind: int, _frame: object) -> NoReturn:
        with suppress(OSError):
            say(short_of())
        os._exit(ExitCode.UNKNOWN)

    def closing() -> None:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, give_up)
            signal.setitimer(signal.ITIMER_REAL, _CLOSING)

    try:
        yield closing
    finally:  # also where the command ends with an error
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)


SILENCE = 3.0
"""Seconds without a word of the server after which it is said that it is waited for."""
_TIMEOUT = (8.0, 1.5)
"""Seconds that an answer is waited for after the first signal, and after the second."""


@contextmanager
def finishing(stop: Callable[[], object], words: str) -> Iterator[None]:
    """While something is being sent: the first signal that would end the program calls `stop` and says
    `words`, and answers under way are waited for, 8 seconds at most; the second leaves within two.

    Sending cannot be taken back. What was sent is in the journal before, so that leaving is as safe as a
    power cut: the next start looks at what became of it.
    """
    asked = 0

    def on_signal(kind: int, _frame: object) -> None:
        nonlocal asked
        asked += 1
        if kind == getattr(signal, "SIGALRM", None) or asked > len(_TIMEOUT):
            _leave()
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, _TIMEOUT[asked - 1])
        if asked == 1:
            stop()
            with suppress(OSError):  # the terminal may be gone
                say(words)

    with _handling(on_signal, *_ENDING, *([signal.SIGALRM] if hasattr(signal, "SIGALRM") else [])):
        try:
            yield
        finally:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def nothing_sent_yet() -> Iterator[None]:
    """Before anything is sent, Ctrl+C is answered with just that."""
    try:
        yield
    except KeyboardInterrupt:
        say(_("Stopped. Nothing was sent."))
        raise


def _interrupt(_kind: int, _frame: object) -> None:
    """While nothing is sent, whatever would end the program ends it as Ctrl+C does."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of a script's background jobs
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


@contextmanager
def _handling(handler: Callable[[int, object], object], *kinds: int) -> Iterator[None]:
    """These signals, but for those that are to be ignored, as after `nohup`."""
    before = {kind: signal.getsignal(kind) for kind in kinds}
    heard = {kind: was for kind, was in before.items() if was is not signal.SIG_IGN}
    for kind in heard:
        signal.signal(kind, handler)
    try:
        yield
    finally:
        for kind, was in heard.items():
            signal.signal(kind, was)


def _leave() -> NoReturn:
    with suppress(OSError):
        say(
            _(
                "Left without the last answers. What was sent is in the journal, and its outcome is unknown: "
                "the next start over this connection looks at it."
            )
        )
    os._exit(ExitCode.STOPPED)


def waiting_on(progress: ProgressLine) -> Callable[[Answered], None]:
    """Tells when a pause is made before the next attempt, and why."""

    def show(answered: Answered) -> None:
        if answered.waiting:
            progress.wait(pause_words(answered))

    return show


@asynccontextmanager
async def server_progress(
    *, beside_data: bool = False, longest: float = 0.0, unless: Callable[[], bool] = lambda: False
) -> AsyncIterator[ProgressLine]:
    """A progress line that tells when nothing is heard of the server for some time. `longest` is after how
    many seconds the command ends all the same; 0 where there is no such end, and `unless` says when that
    does not hold any more."""
    with ProgressLine(beside_data=beside_data) as line:
        silence = asyncio.ensure_future(_tell_silence(line, longest, unless))
        try:
            yield line
        finally:
            silence.cancel()


async def _tell_silence(line: ProgressLine, longest: float, unless: Callable[[], bool]) -> None:
    end = _(" ({longest:.0f} s at most)").format(longest=longest) if longest else ""
    began = time.monotonic()
    while not unless():
        await asyncio.sleep(1)
        now = time.monotonic()
        if now - line.heard >= SILENCE and not unless():
            seconds = _(" {seconds:.0f} s").format(seconds=now - began) if line.terminal else ""
            line.wait(_("Waiting for the server{seconds}{end}…").format(seconds=seconds, end=end))
