"""Sealed jobs: what is told without their key, when the keyring's password is asked for, and plain ones."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.credentials import KeyringLocked, TokenStore
from dfn_tui.credentials.backends import NoKeyring
from tests.commands.bulk.using import APPLY, Bulk, Users, stop_one, writes
from tests.commands.running import Run
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread

PASSWORD = "open sesame"
PLAIN = "The job's file holds ids and values plainly, for you alone to read."
LOCKED = KeyringLocked("The keyring is locked.")


class Lockable(TokenStore):
    """Has its token from the environment, and its key in a keyring that `PASSWORD` unlocks."""

    def __init__(self, keyring: Keyring) -> None:
        super().__init__(backend=keyring.open)
        self._here = keyring

    async def unlock(self, password: SecretStr) -> None:
        if password.get_secret_value() != PASSWORD:
            raise KeyringLocked("That is not the keyring's password.")
        self._here.trouble = None


@pytest.fixture
def keyring(run: Run, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    found = Keyring()
    monkeypatch.setattr("dfn_tui.service.connections.everyday_store", lambda *_given: Lockable(found))
    return found


@pytest.fixture
def stopped(bulk: Bulk, keyring: Keyring, sandbox: SandboxThread, users: Users) -> Iterator[list[str]]:
    """The users of a job that stopped at its first one, sealed with a key that is locked by now."""
    found = stop_one(bulk, sandbox, users)
    keyring.trouble = LOCKED
    sandbox.requests.clear()
    yield found
    assert {one for one in keyring.kept if "head" not in one} == {"journal/key"}


def typing(monkeypatch: pytest.MonkeyPatch, *passwords: str) -> list[str]:
    """Somebody at a terminal who types these when asked; the questions."""
    asked: list[str] = []
    left = iter(passwords)

    def getpass(question: str) -> str:
        asked.append(question)
        return next(left)

    monkeypatch.setattr("dfn_tui.cli.bulk.output.can_ask", lambda: True)
    monkeypatch.setattr("dfn_tui.cli.bulk.output.getpass", getpass)
    return asked


def folder() -> Path:
    return Path(os.environ["DFN_TUI_STATE"]) / "jobs"


def at_rest() -> bytes:
    return b"".join(path.read_bytes() for path in folder().iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("resume",),
        ("resume", "JOB", "--on-conflict", "overwrite"),
        ("undo", "JOB", "-o", "undo.plan"),
        ("verify", "JOB"),
        ("status", "JOB", "--results", "results.csv"),
        ("status", "JOB", "--results", "-"),
    ],
)
def test_without_a_terminal_a_locked_key_is_trouble_with_a_token(
    run: Run, stopped: list[str], sandbox: SandboxThread, arguments: tuple[str, ...]
) -> None:
    [job] = run("bulk", "list", "--json").objects
    ran = run("bulk", *(str(job["job"]) if word == "JOB" else word for word in arguments))
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("dfn-tui: The job is sealed\n")
    assert f"Job {job['job']} holds people's data. The keyring is locked. Nothing was sent.\n" in ran.err
    assert sandbox.requests == []
    assert not any(Path(name).exists() for name in ("undo.plan", "results.csv"))


def test_a_locked_job_is_listed_and_counted(bulk: Bulk, keyring: Keyring, stopped: list[str]) -> None:
    user = stopped[0].encode()
    assert user not in at_rest()
    listed = bulk("list")
    assert (listed.code, listed.err) == (0, "")
    assert listed.out.startswith("JOB  TIME KST  stopped  here (sandbox)  2 users (user_id)")
    shown = bulk("status", bulk.job)
    assert shown.code == 0
    assert "1 still to be done" in shown.out
    assert "The job is sealed, and its key is not at hand" in shown.out
    assert "Reason" not in shown.out
    assert "Changed by someone else" not in shown.out
    [job] = bulk("list", "--json").objects
    assert (job["sealed"], job["locked"], job["reason"]) == (True, True, "")
    keyring.trouble = None
    [job] = bulk("list", "--json").objects
    assert (job["sealed"], job["locked"], job["reason"]) == (True, False, "INC-7")
    shown = bulk("status", bulk.job)
    assert "Reason: INC-7\n" in shown.out
    assert f"{stopped[0]}: Changed by someone else" in shown.out
    assert "sealed" not in shown.out


def test_the_password_of_the_keyring_is_asked_for_until_it_is_right(
    bulk: Bulk, stopped: list[str], sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = typing(monkeypatch, "wrong", PASSWORD)
    ran = bulk("resume", "--on-conflict", "overwrite")
    assert ran.code == 0, ran.err
    assert asked == ["Password of the keyring (it is not shown): "] * 2
    assert "That is not the keyring's password." in ran.err
    assert PASSWORD not in ran.err + ran.out
    assert "2 users (user_id): 2 ✓ confirmed" in ran.err
    assert writes(sandbox)


def test_who_types_nothing_sends_nothing(
    bulk: Bulk, stopped: list[str], sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "")
    assert bulk("resume").code == 4
    assert sandbox.requests == []


@pytest.mark.parametrize("command", ["status", "undo", "verify"])
def test_others_ask_for_the_password_too(
    bulk: Bulk, stopped: list[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    asked = typing(monkeypatch, PASSWORD)
    job = bulk.job
    more = {"status": ["--results", "results.csv"], "undo": ["-o", "undo.plan"]}.get(command, [])
    ran = bulk(command, job, *more)
    assert len(asked) == 1
    assert "The job is sealed" not in ran.err
    if command == "status":
        assert stopped[0] in Path("results.csv").read_text(encoding="utf-8")


def test_a_locked_job_can_be_cleaned_away(bulk: Bulk, run: Run, stopped: list[str]) -> None:
    [job] = run("bulk", "list", "--json").objects
    [path] = folder().glob("*.db")
    old = "2026-01-05T00:00:00+00:00"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE job SET text = json_set(text, '$.begun', ?, '$.ended', ?)", (old, old))
        db.execute("UPDATE head SET text = json_set(text, '$.made', ?)", (old,))
    ran = run("bulk", "clean", "--older-than", "1", "--unfinished")
    assert ran.err == f"Job {job['job']} was removed from this host.\n"


@pytest.mark.parametrize("trouble", [LOCKED, NoKeyring("There is none.")])
def test_without_a_key_the_job_is_plain_and_it_is_said_once(
    bulk: Bulk, keyring: Keyring, users: Users, trouble: NoKeyring
) -> None:
    keyring.trouble = trouble
    [user] = users()
    bulk.plan([user])
    ran = bulk(*APPLY)
    assert ran.code == 0
    assert ran.err.count(PLAIN) == 1
    assert "Remove old ones: dfn-tui bulk clean --older-than 1 -c here\n" in ran.err
    assert user.encode() in at_rest()
    [job] = bulk("list", "--json").objects
    assert (job["sealed"], job["locked"]) == (False, False)
    assert keyring.kept == {}
    keyring.trouble = None
    assert bulk("resume", bulk.job).code == 0
    assert PLAIN in bulk("status", bulk.job).out


def test_a_sealed_job_says_nothing_of_it(bulk: Bulk, keyring: Keyring, users: Users) -> None:
    found = users()
    bulk.plan(found)
    ran = bulk(*APPLY)
    assert PLAIN not in ran.err
    assert found[0].encode() not in at_rest()
    assert found[0] in bulk("status", bulk.job, "--results", "-").out
