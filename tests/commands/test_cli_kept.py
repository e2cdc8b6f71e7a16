"""`dfn-tui kept`: what consoles that are gone had staged and not sent."""

import asyncio
import csv
import io
import json
import os

import pytest

from dfn_tui import paths
from dfn_tui.config import load
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.connections import Connections
from tests.commands.running import Run, shown_in_terminal
from tests.commands.test_tables import golden
from tests.sandbox_thread import SandboxThread


async def leave_staged(*users: str) -> None:
    """As a console that was killed leaves it."""
    connections = Connections(load(paths.config_file()), keep_edits=True)
    keeper = connections.keeper("here")
    assert keeper is not None
    session = keeper.session
    for user in users:
        draft = session.staging.draft(await session.open_user(session.identity(user)))
        draft.stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
        draft.stage_property("email", "kim@example.org")
    session.staging.note_ground("INC-7", "", ())
    assert await keeper.flush() == ""
    file = keeper._file
    assert file is not None and file._lock is not None
    os.close(file._lock)
    file._lock = None


@pytest.fixture
def left(run: Run, sandbox: SandboxThread) -> None:
    sandbox.state.write_profiles(
        (user, {Flag.MKT_SMS: State.SUBSCRIBED}, {"email": "old@example.org"})
        for user in ("user-0001", "user-0002")
    )
    asyncio.run(leave_staged("user-0001", "user-0002"))


def test_nothing_is_kept(run: Run) -> None:
    ran = run("kept")
    assert (ran.code, ran.out) == (0, "") and "Nothing is kept" in ran.err


@pytest.mark.usefixtures("left")
def test_what_is_kept_is_shown_and_stays(run: Run, sandbox: SandboxThread) -> None:
    before = len(sandbox.requests)
    lines = run("kept", "--json").objects
    assert [one["user_id"] for one in lines] == ["user-0001", "user-0002"]
    assert {one["reason"] for one in lines} == {"INC-7"}
    assert lines == json.loads(run("kept", "--format", "json").out)
    rows = [*csv.DictReader(io.StringIO(run("kept", "--format", "csv").out))]
    assert [(row["name"], row["after"]) for row in rows if row["name"] == "mkt_sms_flag"] == [
        ("mkt_sms_flag", "Unsubscribed")
    ] * 2
    assert lines[0].keys() - {"changes"} - rows[0].keys() == set()
    assert "example.org" in run("kept", "--reveal").out
    golden("kept.txt", run("kept", "--format", "table").out)
    assert "F9" in run("kept").err
    assert len(sandbox.requests) == before


@pytest.mark.usefixtures("left")
def test_personal_values_are_masked(run: Run) -> None:
    for form in ("table", "csv", "json", "jsonl"):
        assert "kim@" not in run("kept", "--format", form).out


@pytest.mark.slow
@pytest.mark.usefixtures("left")
def test_what_cannot_be_opened_is_said(sandbox: SandboxThread) -> None:
    """Its process has no key."""
    ran = shown_in_terminal(sandbox, "kept")
    assert ran.code == 1 and "Edits are kept from before, sealed." in ran.out
