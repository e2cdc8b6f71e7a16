"""`dfn-tui duties`: what is open, that it was done, and nothing of it is a write to the platform."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from dfn_tui.consent.duties import korean_day
from dfn_tui.store import Journal, journal_file
from dfn_tui.text.korea import utc_now
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

STOP = "mkt_sms_flag=Unsubscribed"
Users = Callable[..., list[str]]


def test_a_withdrawal_is_to_be_told_and_then_was(run: Run, users: Users, sandbox: SandboxThread) -> None:
    [user] = users()
    today = korean_day(utc_now())
    said = today - timedelta(days=3)
    assert run("set", user, STOP, "--yes", "--reason", "INC-7", "--expressed-on", said.isoformat()).code == 0
    [one] = [row for row in run("duties", "--json").objects if row["user_id"] == user]
    assert (one["duty"], one["said_on"], one["days_left"]) == ("tell", said.isoformat(), 11)
    assert one["changes"] == {"mkt_sms_flag": "Unsubscribed"}
    assert run("duties", "--due", "10d", "--json").objects == []
    before = len(sandbox.requests)
    early = run("duties", "told", user, "--on", (said - timedelta(days=1)).isoformat())
    assert (early.code, "before they said it" in early.err) == (2, True)
    assert run("duties", "told", user, "--on", (today + timedelta(days=1)).isoformat()).code == 2
    noted = run("duties", "told", user, "--reason", "by mail")
    assert (noted.code, noted.err.splitlines()[-1]) == (0, "1 entry noted.")
    assert run("duties", "--json").objects == []
    [entry] = run("journal", "show", str(one["entry"]), "--json").objects
    [duty] = entry["duties"]
    assert (duty["duty"], duty["on"], duty["reason"]) == ("tell", today.isoformat(), "by mail")
    assert f"was told the outcome on {today}" in run("journal", "show", str(one["entry"])).out
    [known] = run("history", user, "--format", "jsonl").objects
    assert known["duties"] == entry["duties"]
    shown = run("history", user).out
    assert "✓ told the outcome" in shown and "by mail" in shown and today.isoformat() in shown
    [row] = csv.DictReader(io.StringIO(run("history", user, "--format", "csv").out))
    assert (row["told_on"], row["confirmed_on"]) == (today.isoformat(), "")
    again = run("duties", "told", user)
    assert (again.code, "nothing of this kind is open" in again.err) == (1, True)
    assert len(sandbox.requests) == before
    with Journal(journal_file()) as journal:
        assert journal.verify().whole
        assert [(note.on, note.reason) for note in journal.notes()] == [(today.isoformat(), "by mail")]


def test_the_list_that_was_written_is_what_was_done(run: Run, users: Users, tmp_path: Path) -> None:
    one, other = users(2)
    assert run("set", one, other, STOP, "--yes", "--reason", "INC-7").code == 0
    table = run("duties", "--format", "table").out
    assert "2 users" in table
    file = tmp_path / "told.csv"
    file.write_text(run("duties", "--format", "csv").out, "utf-8")
    assert run("set", one, "mkt_sms_flag=Subscribed", "--yes", "--evidence", "form").code == 0
    assert run("duties", "told", str(file)).code == 0
    [left] = run("duties", "--json").objects
    assert left["changes"] == {"mkt_sms_flag": "Subscribed"}
    assert run("duties", "confirmed", one).code == 0
    assert run("duties", "confirmed", other).code == 1


def test_a_list_of_another_journal_marks_nobody(run: Run, users: Users, tmp_path: Path) -> None:
    one, other = users(2)
    assert run("set", one, other, STOP, "--yes", "--reason", "INC-7").code == 0
    written = run("duties", "--format", "csv").out
    file = tmp_path / "of-another-host.csv"
    for wrong in (written.replace(one, "somebody"), written.replace(",user_id,", ",email,")):
        file.write_text(wrong, "utf-8")
        told = run("duties", "told", str(file))
        assert (told.code, "nothing of this kind is open" in told.err) == (1, True)
    left = {each["user_id"] for each in run("duties", "--json").objects}
    assert left == {one}


def test_a_correction_is_nobodys_word(run: Run, users: Users) -> None:
    [user] = users()
    assert run("set", user, STOP, "--yes", "--reason", "x", "--ground", "correction").code == 0
    assert run("duties", "--json").objects == []
    both = run("set", user, STOP, "--yes", "--ground", "correction", "--expressed-on", "2026-01-01")
    assert both.code == 2


def test_nobody_named_is_no_success(run: Run) -> None:
    assert run("duties", "told").code == 2
