"""`dfn-tui bulk list` and `clean`: which jobs are kept, and what is wrong with those that cannot be read."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.run.job import open_job
from dfn_tui.service.bulk.run.records import UserEnd
from tests.commands.bulk.using import APPLY, Bulk, Users, stop_one, writes
from tests.commands.running import Run, Typed
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY


def folder() -> Path:
    return Path(os.environ["DFN_TUI_STATE"]) / "jobs"


def write(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(statement)

    return change


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def lead_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone.db")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "malformed"),
        (lambda path: path.write_bytes(b""), "was not made by this program"),
        (lambda path: path.write_bytes(b"x" * 9000), "file is not a database"),
        (write("PRAGMA user_version = 7"), "was made by another version of this program"),
        (write("UPDATE job SET text = '{}'"), "is not as it was saved"),
        (write("CREATE TABLE more (one)"), "is not as it was saved"),
        (lead_nowhere, "unable to open database file"),
    ],
)
def test_a_job_that_cannot_be_read_is_listed_with_what_is_wrong(
    bulk: Bulk, run: Run, users: Users, spoil: Callable[[Path], None], why: str
) -> None:
    bulk.plan(users())
    bulk(*APPLY)
    [whole] = bulk.jobs()
    lost = folder() / "20260101-101010-abcdef.db"
    lost.write_bytes((folder() / f"{whole['job']}.db").read_bytes())
    spoil(lost)
    for command in ("list", "status"):
        ran = run("bulk", command)
        assert ran.code == 1
        first, second = ran.out.splitlines()
        assert first.startswith(f"{lost.stem}  cannot be read: ")
        assert why in first
        assert second.startswith(str(whole["job"]))
        assert "There is no job" not in ran.err
    [_whole, unreadable] = run("bulk", "list", "--json").objects
    assert (unreadable["job"], unreadable["state"]) == (lost.stem, "unreadable")
    assert why in unreadable["message"]
    one = run("bulk", "status", lost.stem)
    assert one.code == 2
    assert "The job cannot be read\n" in one.err
    resumed = run("bulk", "resume")
    assert resumed.code == 2
    assert why in resumed.err
    cleaned = run("bulk", "clean", "--older-than", "1", "--unfinished")
    assert "nothing was removed" in cleaned.err
    assert os.path.lexists(lost)


def test_a_folder_of_jobs_that_cannot_be_read_is_not_empty(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", denied)
    ran = bulk("list")
    assert (ran.code, ran.out) == (2, "")
    assert "jobs: Permission denied\n" in ran.err


def test_a_job_on_a_full_disk_is_listed(bulk: Bulk, users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk.plan(users())
    bulk(*APPLY)

    def full(_path: Path) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dfn_tui.service.bulk.run.job.is_free", full)
    ran = bulk("list")
    assert ran.code == 1
    assert ran.out.startswith("JOB  cannot be read: There is no room left in ")


def age(job: str, days: int) -> None:
    """Has the job have begun, and ended, so many days before."""
    with open_job(folder() / f"{job}.db", KEY) as found:
        record = found.record
        then = datetime.now(UTC) - timedelta(days=days)
        found.save(replace(record, begun=then, ended=then))


def names() -> set[str]:
    return {path.name for path in folder().glob("*.db")}


def test_old_finished_jobs_are_removed_and_no_others(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    bulk.plan(users())
    bulk(*APPLY)
    old = bulk.job
    bulk.plan(users(), "--force")
    bulk(*APPLY)
    young = bulk.job
    bulk.plan(users(), "--force")
    bulk(*APPLY)
    unclear = bulk.job
    stop_one(bulk, sandbox, users)
    stopped = bulk.job
    for job in (old, unclear, stopped):
        age(job, 31)
    with open_job(folder() / f"{unclear}.db", KEY) as found:
        found.write([UserEnd(0, None, Outcome.UNKNOWN)], 0)
    ran = run("bulk", "clean", "--older-than", "30")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"Job {old} was removed from this host.\n"
    assert names() == {f"{job}.db" for job in (young, unclear, stopped)}
    ran = run("bulk", "clean", "--older-than", "30", "--unfinished", "--json")
    assert {one["job"] for one in ran.objects} == {unclear, stopped}
    assert names() == {f"{young}.db"}
    assert run("bulk", "clean", "--older-than", "30").err == "There is no such job: nothing was removed.\n"


def test_a_job_under_way_is_never_removed(bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users) -> None:
    bulk.plan(users(60))
    sandbox.requests.clear()
    with Typed(sandbox, "bulk", *APPLY, "--limit", "60", "--on-conflict", "overwrite") as typed:
        typed.wait_for(lambda: sandbox.requests)
        age(bulk.job, 31)
        assert "nothing was removed" in run("bulk", "clean", "--older-than", "30", "--unfinished").err
    assert len(bulk.jobs()) == 1


def test_jobs_of_another_connection_are_left_alone(bulk: Bulk, run: Run, users: Users) -> None:
    bulk.plan(users())
    bulk(*APPLY)
    age(bulk.job, 31)
    assert "nothing was removed" in run("bulk", "clean", "--older-than", "30", "-c", "prod").err
    assert len(bulk.jobs()) == 1


def test_the_configuration_says_how_long_jobs_are_kept(bulk: Bulk, run: Run, users: Users) -> None:
    bulk.plan(users())
    bulk(*APPLY)
    old = bulk.job
    bulk("resume", old)
    age(old, 8)
    bulk.plan(users(), "--force")
    bulk(*APPLY)
    file = Path(os.environ["DFN_TUI_CONFIG"])
    file.write_text(file.read_text(encoding="utf-8") + "\n[jobs]\nkeep_days = 7\n", encoding="utf-8")
    ran = run("bulk", "list", "-c", "prod")
    assert ran.err == f"Job {old} was removed from this host.\nThere is no job.\n"
    assert len(bulk.jobs()) == 1


def test_a_job_stays_while_its_plan_could_still_be_sent(
    bulk: Bulk, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    """Without it, who was sent from the plan would be sent once more."""
    file = Path(os.environ["DFN_TUI_CONFIG"])
    config = file.read_text(encoding="utf-8")
    hours = config.replace("[connections.here]\n", "[connections.here]\nplan_hours = 60\n")
    file.write_text(f"{hours}\n[jobs]\nkeep_days = 2\n", encoding="utf-8")
    bulk.plan(users())
    bulk(*APPLY)
    job = bulk.job
    age(job, 3)
    assert "nothing was removed" in run("bulk", "clean", "--older-than", "2", "--unfinished").err
    assert run("bulk", "list", "-c", "prod").err == "There is no job.\n"
    sent = writes(sandbox)
    assert "Nothing to send" in bulk(*APPLY, "--on-conflict", "overwrite").err
    assert writes(sandbox) == sent
    file.write_text(config, encoding="utf-8")
    assert run("bulk", "clean", "--older-than", "2").err == f"Job {job} was removed from this host.\n"


def test_cleaning_needs_to_be_told_how_old(bulk: Bulk) -> None:
    assert bulk("clean").code == 2
    assert bulk("clean", "--older-than", "0").code == 2
