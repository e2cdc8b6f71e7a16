"""Many users at once, from a file to the proof and back, over a real sandbox."""

import os
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input

from dfn_tui.config import ApiVersion
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import SIZES, STOP, apply, fill, make_plan, state, users, write_list, writes
from tests.screens.driving import console, driven, focused, press, see, shown, type_in, until

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_becomes_a_plan_a_job_its_results_and_an_undo(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    before = [state(sandbox, user) for user in users(1, 30)]
    subscribed = before.count("Subscribed")
    async with driven(app, size) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 30), "nobody-here"))
        assert writes(sandbox) == 0
        await pilot.press("x")
        await see(pilot, "user-0001: left out")
        await apply(pilot)
        await see(pilot, "finished", "✓ confirmed")
        assert state(sandbox, "user-0001") == "Subscribed"
        assert {state(sandbox, user) for user in users(2, 30)} == {"Unsubscribed"}

        await pilot.press("v")
        await see(pilot, "users are as wanted.")
        await pilot.press("escape")
        await pilot.press("u")
        await see(pilot, f"{subscribed - 1} users to be sent", "status")
        await pilot.press("a")
        await see(pilot, "Apply: ", "Send")
        await fill(pilot, "reason", "a mistake")
        await fill(pilot, "evidence", "the consents of yesterday")
        await press(pilot, "send")
        await see(pilot, "finished", "✓ confirmed")
    after = [state(sandbox, user) for user in users(1, 30)]
    assert [now for now, was in zip(after, before, strict=True) if was == "Subscribed"] == ["Subscribed"] * (
        subscribed
    )


async def test_the_results_are_written_to_a_new_file(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    file = tmp_path / "results.csv"
    async with driven(app) as pilot:
        await make_plan(pilot, write_list(tmp_path, *users(1, 3), "nobody-here"))
        await pilot.press("x")
        await see(pilot, "user-0001: left out")
        await apply(pilot)
        await see(pilot, "finished", "2 ✓ confirmed")
        await pilot.press("e")
        await see(pilot, "Write the results to this new file", "./results-")
        await fill(pilot, "path", str(file))
        await pilot.press("enter")
        await see(pilot, "Written to")
        await pilot.press("e")
        await fill(pilot, "path", str(file))
        await pilot.press("enter")
        await see(pilot, "There is a file of that name already")
    lines = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line[0], line[3]) for line in lines] == [
        ("user", "outcome"),
        ("user-0001", "not-sent"),
        ("user-0002", "confirmed"),
        ("user-0003", "confirmed"),
        ("nobody-here", "not-sent"),
    ]
    assert file.stat().st_mode & 0o777 == 0o600


async def test_users_are_pasted_and_bad_rows_are_listed(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "There is no job over this connection yet.")
        await pilot.press("n")
        await see(pilot, "New plan: nothing")
        app.screen.query_one("#pasted").focus()
        await focused(pilot, "#pasted")
        pasted = "user_id,mkt_sms_flag\ruser-0001,Unsubscribed\ruser-0002,perhaps\ruser-0001,Unsubscribed\r"
        app.post_message(Paste(pasted))
        await see(pilot, "4 lines pasted")
        await fill(pilot, "save", str(tmp_path / "mine.plan"))
        await pilot.press("enter")
        await see(pilot, "1 user to be sent", "1 row: cannot be done")
        await pilot.press("b")
        await see(pilot, "Line 3, user-0002", "Line 4, user-0001: The same as in line 2.")
    assert (tmp_path / "mine.plan").stat().st_mode & 0o777 == 0o600


async def test_what_makes_no_plan_is_said_in_place(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "Many users at once", "new plan…")
        await pilot.press("n")
        await see(pilot, "New plan: nothing")
        await press(pilot, "make")
        await see(pilot, "the path of a file, or paste the list.")
        await fill(pilot, "file", str(write_list(tmp_path, "user-0001")))
        await pilot.press("enter")  # to what is to be changed
        await focused(pilot, "#changes")
        await pilot.press("enter")
        await see(pilot, "nothing says what to change")
        await fill(pilot, "changes", "mkt_smss_flag=Unsubscribed")
        await pilot.press("enter")
        await see(pilot, "there is mkt_sms_flag")
        await fill(pilot, "changes", STOP)
        await fill(pilot, "save", str(tmp_path / "stop.txt"))
        await pilot.press("enter")
        await see(pilot, "nothing is written over")
        await fill(pilot, "save", str(tmp_path / "new.plan"))
        await pilot.press("enter")
        await see(pilot, "1 user to be sent")
    assert writes(sandbox) == 0


async def test_making_is_given_up_and_leaves_no_file(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    sandbox.faults.busy_users = frozenset(["user-0001"])  # asked again and again
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "Many users at once", "new plan…")
        await pilot.press("n")
        await see(pilot, "New plan: nothing")
        await fill(pilot, "file", str(write_list(tmp_path, *users(1, 3))))
        await fill(pilot, "changes", STOP)
        await fill(pilot, "save", str(tmp_path / "new.plan"))
        await pilot.press("enter")
        await see(pilot, "Making the plan", "Recognised: ids, UTF-8", "0 of 3 users read")
        await pilot.press("escape")
        await until(pilot, lambda: "Making the plan" not in shown(app))
        await see(pilot, "New plan: nothing")
    assert not any("new" in name for name in os.listdir(tmp_path))  # noqa: PTH208


async def test_version_2_is_planned_and_sent_blind_and_ids_are_masked(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, api=ApiVersion.V2, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f8")
        await see(pilot, "Many users at once", "new plan…")
        await pilot.press("n")
        await see(pilot, "Users are named by: ‹ external_id, or as the list says ›")
        app.screen.query_one("Selector").focus()
        await focused(pilot, "Selector")
        await pilot.press("right", "right")
        await see(pilot, "‹ phone_no ›")
        app.screen.query_one("#pasted").focus()
        await focused(pilot, "#pasted")
        await type_in(pilot, "+821012345678,+821012345679")
        await until(pilot, lambda: app.screen.query_one("#pasted", Input).value.endswith("679"))
        await fill(pilot, "changes", STOP)
        await pilot.press("enter")
        await see(pilot, "2 users to be sent (phone_no)", "to be sent blind")
        await pilot.press("u")
        screen = await see(pilot, "2 users to be sent", "••")
        assert "821012345678" not in screen
        await pilot.press("m")
        await see(pilot, "821012345678")
        app.lock()
        await see(pilot, "Locked")
        await pilot.press("enter")
        screen = await see(pilot, "2 users to be sent")
        assert "821012345678" not in screen
        await apply(pilot)
        await see(pilot, "Paste the import token.")  # the lock dropped it
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "finished", "2 ~ accepted, not verified")
        await see(pilot, "verify")  # against a snapshot
