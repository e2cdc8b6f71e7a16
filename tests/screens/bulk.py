"""What the tests of the screens for many users share: the way to a plan, and to a job."""

from pathlib import Path

from textual.pilot import Pilot

from dfn_tui.app import ConsoleApp
from dfn_tui.screens.bulk.users import PlannedUsers
from dfn_tui.service.bulk.run.run import Run
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.store import Operator
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.tick import Tick
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import focused, press, see, until

STOP = "mkt_sms_flag=Unsubscribed"
SIZES = [(80, 24), (40, 10)]


def write_list(folder: Path, *users: str) -> Path:
    """A file with these users, one a line."""
    path = folder / "stop.txt"
    path.write_text("\n".join(users) + "\n", encoding="utf-8")
    return path


def users(first: int, last: int) -> list[str]:
    return [f"user-{number:04d}" for number in range(first, last + 1)]


def session(app: ConsoleApp) -> BulkSession:
    return app.connections.bulk("here")


def under_way(app: ConsoleApp) -> Run:
    """The run under way, or the last one."""
    run = session(app).run
    assert run is not None
    return run


async def fill(pilot: "Pilot[None]", id: str, text: str) -> None:
    """Goes to a field of the screen and replaces what it holds."""
    await until(pilot, lambda: bool(pilot.app.screen.query(f"#{id}")))
    field = pilot.app.screen.query_one(f"#{id}", Field)
    field.focus()
    await focused(pilot, f"#{id}")
    field.value = text
    await pilot.pause()


async def make_plan(
    pilot: "Pilot[None]",
    path: Path,
    changes: str = STOP,
    save: str = "",
    *,
    resubscribe: bool = False,
    groups: bool = False,
) -> None:
    """From the look-up screen to the plan of a file's users, saved where it is said or by default, and from
    its groups to its users."""
    await pilot.press("f8")
    await see(pilot, "Many users at once", "new plan…")
    await pilot.press("n")
    await see(pilot, "New plan: nothing")
    await fill(pilot, "file", str(path))
    await fill(pilot, "changes", changes)
    if save:
        await fill(pilot, "save", save)
    if resubscribe:
        pilot.app.screen.query_one("#resubscribe", Tick).value = True
    await pilot.press("enter")
    await see(pilot, "to be sent", "status", "Group ")
    if not groups:
        await pilot.press("u")
        await until(pilot, lambda: bool(pilot.app.screen.query_one(PlannedUsers).table.items))


async def open_own_plan(pilot: "Pilot[None]", changes: str = STOP) -> None:
    """The plan of a few users, made by the same operator and under the same name on every machine."""
    pilot.app.connections.journal().operator = Operator("kim", "bastion-1")  # type: ignore[attr-defined]
    listed = write_list(Path(), *users(1, 12), "nobody-here", "user-0001")
    await make_plan(pilot, listed, changes, "my.plan", groups=True)
    await pilot.press("escape", "p")  # by its own name, wherever this runs
    await see(pilot, "The plan's file")
    await fill(pilot, "path", "my.plan")
    await pilot.press("enter")
    await see(pilot, "to be sent", "Group ")
    await pilot.press("u")
    await see(pilot, "to be sent", "user-0001: ")


async def apply(
    pilot: "Pilot[None]", *, limit: str = "", reason: str = "INC-42", opened: bool = False
) -> None:
    """From a plan to its job, with everything answered but what is asked for in production. `opened`: the
    questions are on the screen already."""
    if not opened:
        await pilot.press("a")
    await see(pilot, "Apply: ", "Send")
    await fill(pilot, "reason", reason)
    if limit:
        await fill(pilot, "limit", limit)
    await press(pilot, "send")


def state(sandbox: SandboxThread, user: str) -> object:
    """The SMS consent of that user, as the server has it."""
    [[found]] = sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", user)
    return found


def writes(sandbox: SandboxThread) -> int:
    return sum("update" in request.path for request in sandbox.requests)
