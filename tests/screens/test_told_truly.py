"""What the console shows of a change, on the result and in the history, whatever the server answers."""

from pathlib import Path
from typing import NamedTuple

import pytest

from dfn_tui.api.transport import Timeouts
from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from tests.sandbox_thread import AtFirstWrite, SandboxThread
from tests.screens.driving import console, driven, look_up, review_withdrawal, see, shown, until
from tests.starting import endings

pytestmark = pytest.mark.slow  # .ci/run goes through them

USER = "user-0001"


class Row(NamedTuple):
    """A fault, whether the write is applied all the same, and what the result shows."""

    write: str
    applied: bool
    shown: str
    outcome: str
    read_back: str = "true"


ROWS = [
    *(Row(answer, True, "✓ 1 confirmed", "confirmed") for answer in ("failed", "cut", "silent", "408")),
    Row("true", False, "✗ 1 different", "different"),
    Row("failed", False, "✗ 1 failed", "failed"),
    Row("4007", False, "✗ 1 failed", "failed"),
    *(Row(answer, False, "? 1 unknown", "unknown") for answer in ("page", "401", "504")),
    *(
        Row("true", True, "~ 1 accepted, not verified", "accepted", read)
        for read in ("page", "cut", "user-twice")
    ),
    Row("failed", True, "? 1 unknown", "unknown", "504"),
]


def _id(row: Row) -> str:
    return f"{row.write}-{'applied' if row.applied else 'not'}-{row.read_back}"


@pytest.fixture(autouse=True)
def _in_short(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfn_tui.service.changes.pipeline.READ_BACK_PAUSES", (0.0,) * 3)


@pytest.mark.parametrize("row", ROWS, ids=_id)
async def test_a_result_is_what_is_so(
    sandbox: SandboxThread, journal: Path, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    if row.write == "silent":
        monkeypatch.setattr("dfn_tui.api.transport.Timeouts", lambda: Timeouts(read=0.5, total=1.0))
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await see(pilot, "paste or type ids")
        await review_withdrawal(pilot, moves=("down", "down"))
        sandbox.faults.write_answer, sandbox.faults.read_back = row.write, row.read_back
        sandbox.faults.apply_after_ms = 0 if row.applied else None
        await pilot.press("tab", "enter")
        screen = await see(pilot, row.shown)
        stored = sandbox.state.profiles([USER])[USER][0][Flag.MKT_SMS]
        assert (stored == State.UNSUBSCRIBED) is row.applied
        assert row.outcome == "unknown" or "may or" not in screen
        staged = row.outcome not in ("confirmed", "accepted")
        await pilot.press("escape")
        await until(pilot, lambda: bool(len(app.connections.session("here").staging)) is staged)
    assert [ending and ending.value for ending in endings(journal)] == [row.outcome]


@pytest.mark.parametrize(
    ("answer", "words", "outcome"),
    [
        ("true", "accepted, not verified", "accepted"),
        ("504", "? 1 unknown", "unknown"),
        ("40001", "✗ 1 failed", "failed"),
    ],
)
async def test_version_2_is_never_shown_as_confirmed(
    sandbox: SandboxThread, journal: Path, answer: str, words: str, outcome: str
) -> None:
    app = console(sandbox, api=ApiVersion.V2, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await see(pilot, "paste or type ids")
        await look_up(pilot, USER)
        await see(pilot, "not readable")
        await pilot.press("u", "r")
        await see(pilot, "Review: 1 user")
        sandbox.faults.write_answer = answer
        await pilot.press("tab", "enter")
        screen = await see(pilot, words)
        assert "confirmed" not in screen
    assert [ending and ending.value for ending in endings(journal)] == [outcome]


@pytest.mark.parametrize("read", ["page", "4001", "unmentioned", "user-twice"])
async def test_a_user_that_cannot_be_read_is_not_shown_as_one_with_nothing_set(
    sandbox: SandboxThread, read: str
) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await see(pilot, "paste or type ids")
        sandbox.faults.read_answer = read
        await look_up(pilot, f"{USER} user-0002")
        await until(pilot, lambda: bool(sandbox.requests) and not list(app.workers))
        assert "unknown to the server" not in shown(app)
        assert "never" not in shown(app).replace("? never set", "", 1)  # the legend's


async def test_a_list_names_the_fields_that_cannot_be_read(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (136, 40)) as pilot:
        await see(pilot, "paste or type ids")
        sandbox.faults.odd_values = {"favourite_store": '["Jeju"]'}
        await look_up(pilot, f"{USER} user-0002")
        await see(
            pilot, "Not readable: favourite_store (2 users)", "▲ not readable: favourite_store (a list)"
        )


async def test_a_field_that_cannot_be_read_is_told_beside_what_was_sent_and_stays_staged(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await see(pilot, "paste or type ids")
        await review_withdrawal(pilot, moves=("down", "down"))
        await pilot.press("escape")
        session = app.connections.session("here")
        draft = session.staging.draft(await session.open_user(session.identity(USER)))
        draft.stage_property("favourite_store", "Busan")
        draft.stage_property("user_name", "Lee")
        sandbox.faults.odd_values = {"favourite_store": '["Jeju"]'}
        await pilot.press("r")
        await see(pilot, "favourite_store", "→ Busan")
        await pilot.press("tab", "enter")
        await see(pilot, "✗ 1 failed", "✓ user_name", "favourite_store is not readable: a list")
        [left] = session.staging.changes()
        assert [change.name for change in left.fields] == ["favourite_store"]
    assert sandbox.state.profiles([USER])[USER][0][Flag.MKT_SMS] == State.UNSUBSCRIBED
    assert [ending and ending.value for ending in endings(journal)] == ["confirmed"]


async def test_a_journal_that_goes_while_something_is_sent_hides_nothing(
    sandbox: SandboxThread, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def goes() -> None:
        for file in journal.parent.glob("journal.db*"):
            file.unlink()

    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await see(pilot, "paste or type ids")
        await review_withdrawal(pilot, moves=("down", "down"))
        monkeypatch.setattr(sandbox, "requests", AtFirstWrite(goes))
        await pilot.press("tab", "enter")
        await see(pilot, "The journal was removed or replaced")
        await pilot.press("escape")
        await see(pilot, "✓ 1 confirmed")
