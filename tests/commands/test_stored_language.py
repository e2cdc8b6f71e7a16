"""What is written in one language is of use in the other, and other programs see no difference."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfn_tui.text import ENGLISH, speak
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

USER = "user-0003"
KO = ("--lang", "ko")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak(ENGLISH)


def test_an_entry_reads_the_same_for_other_programs(
    run: Run, sandbox: SandboxThread, users: Callable[..., list[str]]
) -> None:
    [user] = users()
    sandbox.faults.write_answer = "failed"
    run(*KO, "set", user, "mkt_sms_flag=Unsubscribed", "--yes", "--reason", "INC-7")
    assert "confirmed" in run("journal", "show", "1").out
    assert "확인됨" in run(*KO, "journal", "show", "1").out
    for words in (("journal", "export"), ("journal", "export", "--format", "csv"), ("journal", "head")):
        exported = [run(*language, *words).out for language in ((), KO)]
        assert exported[0] == exported[1]


@pytest.mark.parametrize(("maker", "sender"), [(KO, ()), ((), KO)])
def test_a_plan_made_in_one_language_is_applied_in_the_other(
    run: Run,
    sandbox: SandboxThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    maker: tuple[str, ...],
    sender: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    ids = b"user-0003\nuser-0001\nuser-0001\nuser-0004\nhttps://x.example/a\n"
    plan = ("bulk", "plan", "-", "mkt_sms_flag=Unsubscribed", "--was", "Subscribed", "-o", "a.plan")
    made = run(*maker, *plan, "--allow-bad", stdin=ids)
    assert made.code == 0, made.err
    assert run(*sender, "bulk", "show", "a.plan", "--users", "--exclude", "user-0003").code == 0
    applied = run(*sender, "bulk", "apply", "a.plan", "--reason", "INC-7", "--yes")
    assert applied.code == 0, applied.err
    [job] = Path(os.environ["DFN_TUI_STATE"], "jobs").glob("*.db")
    assert run(*maker, "bulk", "verify", job.stem).code == 0
    assert run(*maker, "bulk", "undo", job.stem, "-o", "back.plan").code == 0
    back = ("bulk", "apply", "back.plan", "--reason", "INC-8", "--evidence", "form", "--yes")
    assert run(*sender, *back).code == 0


def test_keys_and_codes_are_the_same_in_either_language(run: Run) -> None:
    found = []
    for language in ((), KO):
        get = run(*language, "get", USER, "nobody", "--json")
        failed = run(*language, "get", "-c", "none", USER)
        found.append((get.code, [sorted(json.loads(line)) for line in get.out.splitlines()], failed.code))
    assert found[0] == found[1]


def test_nothing_that_was_said_in_one_language_is_kept_for_the_other(
    run: Run, sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan's warnings are found once for users whose consents are the same."""
    monkeypatch.chdir(tmp_path)
    shown = []
    for language in (KO, ()):
        plan = ("bulk", "plan", "-", "mkt_sms_flag=Unsubscribed", "-o", "a.plan", "--force")
        assert run(*language, *plan, stdin=b"user-0001\n").code == 0
        shown.append(run(*language, "bulk", "show", "a.plan", "--users").out)
    assert "수신 동의" in shown[0]
    assert "SMS at night is given" in shown[1]
