"""What a command says of a change is what reading back shows; the answer is a remark."""

from pathlib import Path

import pytest

from dfn_tui.store import journal_file
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread
from tests.starting import endings


@pytest.fixture
def run(sandbox: SandboxThread, run: Run) -> Run:
    """On a sandbox that refuses the token to whoever reads back."""
    sandbox.faults.read_back = "4001"
    return run


def test_what_was_accepted_and_not_read_back_is_no_success(run: Run) -> None:
    ran = run("set", "user-0001", "points:number=7", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (6, [("user-0001", "accepted")])
    assert ran.objects[0]["code"] == "not-read-back"
    assert "does not accept the token" in ran.objects[0]["message"]
    assert [ending and ending.value for ending in endings(journal_file())] == ["accepted"]


def test_nor_is_it_for_a_list(run: Run, tmp_path: Path) -> None:
    plan = str(tmp_path / "a.plan")
    assert run("bulk", "plan", "-", "points:number=8", "-o", plan, stdin=b"user-0002\nuser-0003\n").code == 0
    ran = run("bulk", "apply", plan, "--reason", "INC-7", "--yes")
    assert ran.code == 6
    assert "2 ~ accepted, not verified" in ran.err
