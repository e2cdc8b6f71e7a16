"""Plans and jobs made by the commands themselves."""

import re
from pathlib import Path

import pytest

from dfn_tui.api.retry import BULK
from tests.commands.bulk.using import STOP, Bulk
from tests.commands.running import Ran, Run


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs in a folder of the test's own, where plans and results are written."""
    monkeypatch.chdir(tmp_path)
    return run


@pytest.fixture
def bulk(run: Run) -> Bulk:
    """Runs `dfn-tui bulk …`; what differs from run to run is replaced in the messages."""

    def plan(ids: list[str], *more: str, change: str = STOP, name: str = "a.plan") -> Ran:
        words = "\n".join(ids).encode()
        # Nobody has the properties that tests make up.
        names = [word.partition("=")[0].partition(":")[0] for word in (change, *more) if "=" in word]
        new = [option for one in names for option in ("--new-property", one)]
        made = run("bulk", "plan", "-", change, "-o", name, "--allow-unknown", *new, *more, stdin=words)
        assert made.code == 0, made.err
        return made

    def go(*arguments: str, stdin: bytes = b"") -> Ran:
        ran = run("bulk", *arguments, stdin=stdin)
        return Ran(ran.code, _settled(ran.out), _settled(ran.err))

    return Bulk(go, plan, lambda: run("bulk", "status", "--json").objects)


def _settled(text: str) -> str:
    for pattern, word in (
        (r"\d{8}-\d{6}-[0-9a-f]{6}(-\d+)?", "JOB"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"said on \d{4}-\d\d-\d\d", "said on DAY"),
        (r"\b\d\d:\d\d\b", "CLOCK"),
        (r"(by|KST,) [^\s@]+@[^\s:]+", r"\1 WHO"),
        (r"\b[0-9a-f]{12}\b", "DIGEST"),
    ):
        text = re.sub(pattern, word, text)
    return text


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users are asked for again at once."""
    monkeypatch.setattr("dfn_tui.api.retry.BULK", BULK._replace(longest=0.0))
