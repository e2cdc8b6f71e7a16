"""`dfn-tui watch`: somebody else changes users between two readings of them."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.api import retry
from dfn_tui.consent.flags import Flag, State
from tests.commands.running import Run, Typed, needs_full, no_room
from tests.sandbox_thread import SandboxThread

Users = Callable[..., list[str]]
STOPPED = {Flag.MKT_SMS: State.UNSUBSCRIBED}
Steps = list[Callable[[], object]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """What happens between one reading and the next, in place of the time."""
    todo: Steps = []

    async def sleep(_until: float | None, _seconds: float) -> None:
        await asyncio.sleep(0)
        if todo:
            todo.pop(0)()

    monkeypatch.setattr("dfn_tui.cli.bulk.watching._sleep", sleep)
    monkeypatch.setattr("dfn_tui.api.retry.BULK", retry.BULK._replace(attempts=1, base=0.0, in_vain=1))
    return todo


def nothing() -> None: ...


def changed(ran_objects: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(one["user_id"], one["name"], one["after"]) for one in ran_objects]


def test_each_change_is_an_object_on_a_line(
    run: Run, users: Users, sandbox: SandboxThread, steps: Steps
) -> None:
    one, other = users(2)
    steps += [
        nothing,
        lambda: sandbox.state.write_profiles([(one, STOPPED, {"points": 5})]),
        lambda: sandbox.state.write_profiles([(other, STOPPED, {})]),
    ]
    ran = run("watch", one, other, "--times", "4", "--format", "jsonl")
    assert ran.code == 1
    assert changed(ran.objects) == [
        (one, "mkt_sms_flag", "Unsubscribed"),
        (one, "points", 5),
        (other, "mkt_sms_flag", "Unsubscribed"),
    ]
    assert {one["event"] for one in ran.objects} == {"changed"}
    assert ran.err == "Watching 2 users, every 60 s. Ctrl+C ends it.\n4 readings, 3 changes.\n"


def test_where_nothing_changed_all_is_well(run: Run, users: Users, steps: Steps) -> None:
    ran = run("watch", *users(), "--times", "3")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("3 readings, no change.\n")
    assert steps == []


def test_a_mistyped_user_or_file_is_named(run: Run, users: Users, steps: Steps) -> None:
    ran = run("watch", *users(), "/nowhere/list.txt", "--times", "2")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("/nowhere/list.txt: nothing is set for this user, who may be mistyped.") == 1
    assert ran.err.endswith("2 readings, no change.\n")


def test_the_first_change_ends_it_where_that_is_asked_for(
    run: Run, users: Users, sandbox: SandboxThread, steps: Steps
) -> None:
    [user] = users()
    steps += [lambda: sandbox.state.write_profiles([(user, STOPPED, {})])]
    ran = run("watch", user, "--exit-on-change")
    assert ran.code == 1
    assert "advertising by SMS  ● given → ○ withdrawn  changed" in ran.out


@needs_full
def test_once_nothing_can_be_printed_it_ends(
    run: Run, users: Users, sandbox: SandboxThread, steps: Steps
) -> None:
    [user] = users()
    steps += [lambda: sandbox.state.write_profiles([(user, STOPPED, {})])]
    with no_room():
        ran = run("watch", user, "--times", "1000")
    assert ran.code == 1
    assert "2 readings, 1 change.\nThe output could not be written: No space left on device.\n" in ran.err


def test_a_reading_that_fails_is_told_and_is_no_change(
    run: Run, users: Users, sandbox: SandboxThread, steps: Steps
) -> None:
    one, other = users(2)
    faults = sandbox.faults
    steps += [
        lambda: setattr(faults, "busy_users", frozenset({one})),
        nothing,
        lambda: setattr(faults, "busy_users", frozenset()),
        lambda: setattr(faults, "refuse", "4001"),
        lambda: setattr(faults, "refuse", None),
        lambda: sandbox.state.write_profiles([(one, STOPPED, {})]),
    ]
    ran = run("watch", one, other, "--times", "7", "--json")
    assert (ran.code, changed(ran.objects)) == (1, [(one, "mkt_sms_flag", "Unsubscribed")])
    assert ran.err.count(f"{one}: not readable, which is no change.") == 1
    assert ran.err.count(f"{one}: readable again.") == 1
    assert ran.err.count("The reading failed, which is no change.") == 1
    assert ran.err.count("  Read again.\n") == 1
    assert other not in ran.err


def test_the_last_reading_says_how_it_ended_where_nothing_changed(
    run: Run, users: Users, sandbox: SandboxThread, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    [user] = users()
    steps += [lambda: setattr(sandbox.faults, "busy_users", frozenset({user}))]
    assert run("watch", user, "--times", "2").code == 1
    sandbox.faults.busy_users = frozenset()
    steps += [lambda: monkeypatch.delenv("DFN_TUI_TOKEN"), lambda: setattr(sandbox.faults, "refuse", "4001")]
    monkeypatch.setenv("DFN_TUI_TOKEN", "wrong")
    assert (
        run("watch", user, "--times", "2").code == 4
    )  # from the first reading on: there is nothing to watch


def test_what_a_plan_wants_is_watched(
    run: Run, users: Users, sandbox: SandboxThread, steps: Steps, tmp_path: Path
) -> None:
    [user] = users()
    plan = str(tmp_path / "a.plan")
    ids = tmp_path / "ids"
    ids.write_text(user)
    assert run("bulk", "plan", str(ids), "mkt_sms_flag=Unsubscribed", "-o", plan).code == 0
    steps += [
        lambda: sandbox.state.write_profiles([(user, STOPPED, {})]),
        lambda: sandbox.state.write_profiles([(user, {Flag.MKT_SMS: State.SUBSCRIBED}, {})]),
    ]
    ran = run("watch", "--plan", plan, "--times", "3", "--json")
    assert ran.code == 1
    assert [(one["event"], one["before"], one["after"]) for one in ran.objects] == [
        ("drifted", "Unsubscribed", "Subscribed"),
        ("as-planned", "Unsubscribed", "Unsubscribed"),
        ("drifted", "Unsubscribed", "Subscribed"),
    ]


def test_a_file_of_ids_and_the_standard_input(run: Run, users: Users, tmp_path: Path, steps: Steps) -> None:
    found = users(3)
    file = tmp_path / "ids.txt"
    file.write_text("\n".join(found))
    assert "Watching 3 users" in run("watch", str(file), "--times", "1").err
    assert "Watching 3 users" in run("watch", "-", "--times", "1", stdin="\n".join(found).encode()).err
    assert steps == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["user-1", "--plan", "a.plan"],
        ["user-1", "--every", "0"],
        ["user-1", "--every", "soon"],
        ["user-1", "--for", "-1"],
        ["user-1", "--times", "0"],
        ["user-1", "-c", "next", "--times", "1"],
        ["--plan", "nowhere.plan", "--times", "1"],
    ],
)
def test_bad_usage(run: Run, arguments: list[str]) -> None:
    ran = run("watch", *arguments)
    assert (ran.code, ran.out) == (2, "")


def test_ctrl_c_is_how_it_ends(sandbox: SandboxThread, users: Users) -> None:
    """In a terminal it rings; what changed is the exit code's, and nothing is cut off."""
    [user] = users()
    sandbox.requests.clear()
    with Typed(sandbox, "watch", user, "--every", "0.1", "--json") as typed:
        typed.see("Watching 1 user")
        typed.wait_for(lambda: len(sandbox.requests) >= 2)  # the first reading is through
        sandbox.state.write_profiles([(user, STOPPED, {})])
        typed.see("\a")
        typed.signal(signal.SIGINT)
        ran = typed.ended()
    assert (ran.code, changed(ran.objects)) == (1, [(user, "mkt_sms_flag", "Unsubscribed")])
    assert "Traceback" not in ran.err
