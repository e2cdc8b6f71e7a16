"""`dfn-tui snapshot take` and `drop`."""

import argparse
from collections.abc import Sequence

from dfn_tui import paths
from dfn_tui.cli.choice import required
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.ids import checked_text
from dfn_tui.cli.output import say, write_lines
from dfn_tui.cli.session import opened, server_progress
from dfn_tui.config import load
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.format import confirmed_words, exports_words, head_lines, progress_words
from dfn_tui.service.snapshots.snapshots import NoExport, SnapshotStatus, TakenSnapshot, drop_snapshot
from dfn_tui.service.snapshots.taking import TakingProgress
from dfn_tui.store import journal_file
from dfn_tui.text import _


def take(args: argparse.Namespace) -> int:
    """Takes one in place of the one there is. Raises `ConsoleError`."""
    names = [checked_text(name) for name in args.property]
    with opened(args) as (session, runner):
        try:
            taken, status = runner.run(_take(session, args.audience, names))
        except KeyboardInterrupt:
            say(_("Stopped. The snapshot of before was left as it is."))
            raise
        write_lines((*head_lines(taken.head, session.clock()), exports_words(status)))
        if taken.confirmed:
            say(confirmed_words(taken.confirmed))
    return ExitCode.DONE


async def _take(
    session: Session, audience: str | None, names: Sequence[str]
) -> tuple[TakenSnapshot, SnapshotStatus]:
    if session.snapshots is None:
        raise NoExport
    async with server_progress() as line:

        def on_progress(at: TakingProgress) -> None:
            line.wait(progress_words(at)) if at.waiting else line.show(progress_words(at))

        taken = await session.take_snapshot(audience, names, on_progress)
    return taken, await session.snapshots.status()


def drop(args: argparse.Namespace) -> int:
    """Removes it; neither key nor token is needed. Raises `ConsoleError`."""
    connection = required(load(paths.config_file()), args.connection)
    gone = drop_snapshot(journal_file().parent / "snapshots", connection)
    say(_("The snapshot was removed.") if gone else _("There is no snapshot of this connection."))
    return ExitCode.DONE
