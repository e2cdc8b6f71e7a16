"""`dfn-tui snapshot` on the sandbox: taken, shown with what was written since, refused, dropped."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.paths import state_dir
from tests.commands.running import Ran, Run
from tests.sandbox_thread import SandboxThread


@pytest.fixture(autouse=True)
def _export_token(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxThread) -> None:
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", sandbox.export_token)


def snapshot(run: Run, action: str, *words: str) -> Ran:
    return run("-c", "next", "snapshot", action, *words)


def exports(sandbox: SandboxThread) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in sandbox.requests if "export" in one.path]


def files() -> list[Path]:
    folder = state_dir() / "snapshots"
    return [one for one in folder.glob("*.db") if one.name != "exports.db"] if folder.is_dir() else []


def test_taken_and_shown(run: Run, sandbox: SandboxThread) -> None:
    sandbox.state.write_profiles([("user-0001", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
    taken = snapshot(run, "take", "--property", "df_name")
    assert taken.code == 0, taken.err
    assert "everybody" in taken.out
    assert "19 left of 20" in taken.out
    [asked] = exports(sandbox)
    assert asked["identities_condition_type"] == "all"
    assert asked["properties_condition_type"] == "include"
    assert set(asked["properties"]) >= {"df_sms_ads_optin", "df_external_id", "df_name"}
    [file] = files()
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"user-0001" not in file.read_bytes()
    shown = snapshot(run, "show", "user-0001")
    assert shown.code == 0
    assert "mkt_sms_flag     ○ withdrawn" in shown.out
    assert "as of" in shown.out
    assert "just now" in shown.out
    assert len(exports(sandbox)) == 1


def test_forms_for_programs(run: Run, sandbox: SandboxThread) -> None:
    snapshot(run, "take")
    (one,) = snapshot(run, "show", "user-0002", "--format", "jsonl").objects
    assert one["in_snapshot"] is True
    assert set(one["consents"]) >= {"mkt_sms_flag", "mkt_push_flag"}
    assert json.loads(snapshot(run, "show", "user-0002", "--format", "json").out) == [one]
    (row,) = csv.DictReader(io.StringIO(snapshot(run, "show", "user-0002", "--format", "csv").out))
    assert row["user_id"] == "user-0002"
    assert row["mkt_sms_flag"] == one["consents"]["mkt_sms_flag"]
    (found,) = snapshot(run, "status", "--format", "jsonl").objects
    assert found["taken"] is True
    assert found["users"] == found["rows"] - found["without_id"]
    assert found["exports"] == {"asked": 1, "limit": 20}


def test_who_is_not_in_it_may_be_known_all_the_same(run: Run, tmp_path: Path) -> None:
    snapshot(run, "take")
    shown = snapshot(run, "show", "nobody", "user-0003")
    assert shown.code == 1
    assert "Not in the snapshot. The server may know the user all the same." in shown.out
    assert "1 of 2 are not in the snapshot" in shown.err
    assert snapshot(run, "show", "nobody", "--allow-unknown").code == 0
    ids = tmp_path / "ids.txt"
    ids.write_text("user-0003\nuser-0004\n")
    assert [
        one["user_id"] for one in snapshot(run, "show", "--from", str(ids), "--format", "jsonl").objects
    ] == [
        "user-0003",
        "user-0004",
    ]


def test_phone_and_mail_are_not_in_an_export(run: Run) -> None:
    snapshot(run, "take")
    shown = snapshot(run, "show", "--kind", "email", "a@example.com")
    assert "The export holds no email" in shown.out


def test_what_was_written_since_lies_over_it(run: Run, sandbox: SandboxThread) -> None:
    snapshot(run, "take")
    written = run("-c", "next", "set", "user-0005", "mkt_sms_flag=Unsubscribed", "--reason", "INC-7", "--yes")
    assert written.code == 0, written.err
    shown = snapshot(run, "show", "user-0005")
    assert "○ withdrawn (accepted " in shown.out
    assert ", after the snapshot)" in shown.out
    (one,) = snapshot(run, "show", "user-0005", "--format", "jsonl").objects
    assert one["later"]["mkt_sms_flag"]["value"] == "Unsubscribed"
    assert one["later"]["mkt_sms_flag"]["outcome"] == "accepted"
    # A new one began after it was accepted, and knows it by itself.
    snapshot(run, "take")
    (one,) = snapshot(run, "show", "user-0005", "--format", "jsonl").objects
    assert one["later"] == {}
    assert one["consents"]["mkt_sms_flag"] == "Unsubscribed"


def test_accepted_and_seen_are_told_apart_everywhere(run: Run) -> None:
    for user in ("user-0020", "user-0021"):
        run("-c", "next", "set", user, "mkt_sms_flag=Unsubscribed", "--reason", "CS-20", "--yes")
        if user == "user-0020":
            assert snapshot(run, "take").code == 0

    def said(user: str, *words: str) -> str:
        return run("history", user, *words).out

    seen, accepted = "✓ seen, in a snapshot", "~ accepted, not verified"
    assert seen in said("user-0020") and accepted not in said("user-0020")
    assert accepted in said("user-0021") and seen not in said("user-0021")
    for form in (["--format", "jsonl"], ["--format", "csv"]):
        assert "in-snapshot" in said("user-0020", *form)
        assert "Seen in the snapshot of " in said("user-0020", *form)
        assert "in-snapshot" not in said("user-0021", *form)
    listed = [line for line in run("journal", "list").out.splitlines() if "user-002" in line]
    assert ["confirmed, in-snapshot" in line for line in listed] == [False, True]
    receipt = run("-c", "next", "receipt", "user-0020").out
    assert "  Seen in the snapshot of " in receipt and "not verified" not in receipt
    assert "snapshot as of" in receipt and "just now: withdrawn" in receipt
    receipt = run("-c", "next", "receipt", "user-0021").out
    assert "accepted by the server, not verified" in receipt and "Seen in" not in receipt


def test_a_receipt_says_what_the_snapshot_shows_against_the_journal(run: Run, sandbox: SandboxThread) -> None:
    run("-c", "next", "set", "user-0022", "mkt_sms_flag=Unsubscribed", "--reason", "CS-22", "--yes")
    sandbox.state.write_profiles([("user-0022", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
    snapshot(run, "take")
    receipt = run("-c", "next", "receipt", "user-0022").out
    assert "accepted by the server, not verified" in receipt
    assert "just now: given" in receipt
    assert "Not in the snapshot." in run("-c", "next", "receipt", "nobody").out


def test_a_receipt_passes_over_nothing_that_was_sent(run: Run, sandbox: SandboxThread) -> None:
    run("-c", "next", "set", "user-0023", "mkt_sms_flag=Unsubscribed", "--reason", "CS-23", "--yes")
    sandbox.faults.write_answer = "cut"
    words = ("mkt_sms_flag=Subscribed", "--reason", "CS-24", "--evidence", "form", "--yes")
    assert run("-c", "next", "set", "user-0023", *words).code == 6
    receipt = run("-c", "next", "receipt", "user-0023").out
    assert "given was sent last; whether that was applied is not known" in receipt
    assert "last set to" not in receipt


def test_without_one(run: Run) -> None:
    shown = snapshot(run, "show", "user-0001")
    assert shown.code == 2
    assert "There is no snapshot" in shown.err
    status = snapshot(run, "status")
    assert status.code == 0
    assert "There is no snapshot of this connection" in status.out
    assert snapshot(run, "drop").code == 0


def test_dropped(run: Run) -> None:
    snapshot(run, "take")
    assert files()
    dropped = snapshot(run, "drop")
    assert dropped.code == 0
    assert "removed" in dropped.err
    assert not files()


def test_version_1_has_none(run: Run) -> None:
    refused = run("-c", "here", "snapshot", "take")
    assert refused.code == 2
    assert "has no export" in refused.err


def test_a_cut_export_and_too_many_of_them(run: Run, sandbox: SandboxThread, patient: None) -> None:
    assert snapshot(run, "take").code == 0
    sandbox.faults.export_cut_after = 100
    cut = snapshot(run, "take")
    assert cut.code == 5
    assert "The connection was cut" in cut.err
    sandbox.faults.export_cut_after = None
    sandbox.faults.refuse = "too_many_api_requests"
    sandbox.faults.rate_limit_spelling = "none"
    sandbox.faults.retry_after = 1800
    limited = snapshot(run, "take")
    assert limited.code == 2
    assert "Go on at " in limited.err
    assert snapshot(run, "show", "user-0001").code == 0  # the first one is there


@pytest.mark.parametrize(("form", "code"), [("with-all", 0), ("refused", 0), ("missing", 2)])
def test_the_forms_of_an_export(run: Run, sandbox: SandboxThread, form: Any, code: int) -> None:
    sandbox.faults.export_identities = form
    taken = snapshot(run, "take")
    assert taken.code == code
    assert len(exports(sandbox)) == 2
    assert ("18 left of 20" in taken.out) is (code == 0)


def test_a_column_that_is_missing_is_named(run: Run, sandbox: SandboxThread) -> None:
    sandbox.faults.export_columns = "fewer"
    taken = snapshot(run, "take", "--property", "df_name")
    assert taken.code == 2
    assert "These were asked for and are not in it: " in taken.err


def test_an_audience(run: Run) -> None:
    taken = snapshot(run, "take", "--audience", "nwh3nu")
    assert taken.code == 0
    assert "audience: nwh3nu" in taken.out
    shown = snapshot(run, "show", "user-0007")
    assert "which holds the audience nwh3nu only" in shown.out


def test_a_snapshot_has_every_form_that_other_data_has(run: Run, sandbox: SandboxThread) -> None:
    sandbox.state.write_profiles([("user-0002", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
    snapshot(run, "take")
    (row,) = csv.DictReader(io.StringIO(snapshot(run, "status", "--format", "csv").out))
    assert (row["taken"], row["exports.limit"]) == ("true", "20")
    assert snapshot(run, "status", "--json").objects == snapshot(run, "status", "--format", "jsonl").objects
    head, *rows = snapshot(run, "show", "user-0002", "nobody", "--format", "table").out.splitlines()
    assert head.split() == ["user", "as", "of", "field", "value"]
    assert next(line.split()[-3:] for line in rows if "mkt_sms_flag" in line) == [
        "mkt_sms_flag",
        "○",
        "withdrawn",
    ]
    assert "Not in the snapshot." in rows[-1]
