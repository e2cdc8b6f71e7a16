"""Single changes that only a plan can be made of, since a second person has to approve them."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from dfn_tui.cli.bulk.output import command
from dfn_tui.cli.confirm import said_of
from dfn_tui.cli.session import server_progress
from dfn_tui.service.bulk.plan.file import unused_name
from dfn_tui.service.bulk.plan.format import reading_words
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.service.changes.four_eyes import SecondNeeded
from dfn_tui.service.types import Identity
from dfn_tui.text import _
from dfn_tui.text.korea import file_stamp


def as_plan(
    args: argparse.Namespace,
    bulk: BulkSession,
    runner: asyncio.Runner,
    users: Sequence[Identity],
    edits: Sequence[FieldEdit],
    needed: SecondNeeded,
) -> SecondNeeded:
    """Writes what was wanted to a new file in the folder where the command is run, as a plan, and returns the
    refusal with what is done with it. Nothing is sent. Raises `ConsoleError`."""
    path = Path(f"{unused_name(Path(), f'set-{file_stamp(bulk.session.clock())}', '.plan')}.plan")
    runner.run(_write(args, bulk, users, edits, path))
    words = _("{why} It was written as a plan: {path}.")
    step = _("Somebody else signs it: {approve}. Then send it: {apply}")
    apply = command(bulk.session.connection.name, "apply", path, "--reason", "…", "--evidence", "…")
    return SecondNeeded(
        needed.title,
        words.format(why=needed.happened, path=path),
        step.format(approve=command(None, "approve", path), apply=apply),
    )


async def _write(
    args: argparse.Namespace,
    bulk: BulkSession,
    users: Sequence[Identity],
    edits: Sequence[FieldEdit],
    path: Path,
) -> None:
    async with server_progress() as line:
        await bulk.plan_users(
            users,
            edits,
            path,
            lambda reading: line.show(reading_words(reading)),
            create=args.create,
            said=said_of(args),
        )
