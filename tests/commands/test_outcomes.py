"""What a command says of a change is what reading back shows; the answer is a remark."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.sandbox.core import ReceivedRequest
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.sandbox.server import SandboxThread
from dfn_tui.store import journal_file
from tests.commands.running import Run
from tests.starting import endings

STOP = "mkt_sms_flag=Unsubscribed"


class RefusesReadingBack(list[ReceivedRequest]):
    """Has the sandbox refuse the token from the first read after a write on."""

    def __init__(self, sandbox: SandboxThread) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._written = False

    def append(self, request: ReceivedRequest) -> None:
        super().append(request)
        if "update" in request.path:
            self._written = True
        elif self._written:
            self._sandbox.faults.refuse = "4001"

    def clear(self) -> None:
        super().clear()
        self._written = False


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    found = SandboxThread(SandboxOptions(users=20))
    found.requests = RefusesReadingBack(found)
    with found:
        yield found


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
