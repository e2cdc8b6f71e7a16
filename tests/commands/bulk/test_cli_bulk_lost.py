"""The files of a job go while it runs: it ends, and nothing is claimed that is not so."""

import shutil
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dfn_tui import paths
from dfn_tui.store import Journal, journal_file
from tests.commands.bulk.using import APPLY, STOP, Bulk, Users, state_of, writes
from tests.commands.running import Run
from tests.sandbox_thread import AtFirstWrite, SandboxThread


def journal_goes() -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{journal_file()}{suffix}").unlink()


def job_goes() -> None:
    for file in (paths.state_dir() / "jobs").glob("*.db*"):
        file.unlink()


def all_goes() -> None:
    shutil.rmtree(paths.state_dir())


@pytest.mark.parametrize(
    ("goes", "said"),
    [
        (journal_goes, "The journal was removed or replaced\n"),
        (job_goes, "The job's file is gone\n"),
        (all_goes, "The journal was removed or replaced\n"),
    ],
)
def test_what_was_sent_is_unknown(
    bulk: Bulk,
    sandbox: SandboxThread,
    users: Users,
    monkeypatch: pytest.MonkeyPatch,
    goes: Callable[[], None],
    said: str,
) -> None:
    ids = users(100)
    bulk.plan(ids)
    monkeypatch.setattr(sandbox, "requests", AtFirstWrite(goes))
    ran = bulk(*APPLY)
    assert (ran.code, ran.out) == (6, "")
    assert said in ran.err and "defect" not in ran.err
    sent = [user for user in ids if state_of(sandbox, user) == "Unsubscribed"]
    assert len(sent) == 20 * writes(sandbox) and sent
    words = f"{len(sent)} users were sent, and how that ended could not be written down: look them up."
    assert words in ran.err
    assert "confirmed" not in ran.err


def test_one_user_is_read_back_all_the_same(
    run: Run, sandbox: SandboxThread, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    [user] = users(1)
    monkeypatch.setattr(sandbox, "requests", AtFirstWrite(journal_goes))
    ran = run("set", user, STOP, "--reason", "x", "--yes", "--json")
    # What was read is told; that it is not written down is told, too.
    assert (ran.code, ran.outcomes) == (6, [(user, "confirmed")])
    assert "The journal was removed or replaced. " in ran.err


@pytest.mark.parametrize("form", [(), ("--json",), ("--results", "-")])
def test_outcomes_that_a_held_journal_could_not_take_are_unknown_and_found_again(
    bulk: Bulk, sandbox: SandboxThread, users: Users, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    """Another process holds the journal from when the first batch was sent until the command has ended."""
    monkeypatch.setattr("dfn_tui.service.async_journal.Journal", partial(Journal, timeout=0.1))
    ids = users(20)
    bulk.plan(ids)
    held: list[sqlite3.Connection] = []

    def hold() -> None:
        held.append(sqlite3.connect(journal_file(), isolation_level=None, check_same_thread=False))
        held[0].execute("BEGIN IMMEDIATE")

    monkeypatch.setattr(sandbox, "requests", AtFirstWrite(hold))
    try:
        ran = bulk(*APPLY, *form)
    finally:
        for one in held:
            one.close()
    assert ran.code == 6, ran.err
    assert "The journal is locked" in ran.err
    assert "20 users were sent, and how that ended could not be written down: look them up." in ran.err
    assert "confirmed" not in ran.out + ran.err
    assert ran.out.count('unknown,not-journalled,"Sent; ') == (20 if "--results" in form else 0)
    assert ran.out.count('"outcome": "unknown", "code": "not-journalled"') == (20 if "--json" in form else 0)
    sent = writes(sandbox)
    assert bulk("resume", bulk.job).code == 0
    assert bulk.jobs()[0]["counts"]["confirmed"] == 20
    assert writes(sandbox) == sent  # looked up, and not sent again
