"""Two hosts over one state folder on the network: what one wrote the other one reads, and never writes to."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.locks import drop_lock, take_lock
from dfn_tui.store import Journal, journal_file
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread
from tests.unit.journals import tampering

GIVE, STOP = "mkt_sms_flag=Subscribed", "mkt_sms_flag=Unsubscribed"
Users = Callable[..., list[str]]
Move = Callable[[str], None]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Move:
    """Moves to another host."""
    monkeypatch.setattr("dfn_tui.store.hosts.file_system", lambda _folder: "nfs4")

    def move(host: str) -> None:
        monkeypatch.setattr("dfn_tui.store.records.socket.gethostname", lambda: host)

    move("bastion-1")
    return move


def stop(run: Run, user: str, *more: str) -> None:
    assert run("set", user, STOP, "--yes", "--reason", "INC-7", *more).code == 0


def test_what_another_host_wrote_is_listed_shown_and_exported(run: Run, users: Users, on: Move) -> None:
    [user] = users()
    stop(run, user)
    on("bastion-2")
    assert run("set", user, GIVE, "--yes", "--evidence", "form").code == 0
    assert journal_file().parent.name == "bastion-2"
    listed = run("journal", "list", user, "--json").objects
    assert [(one["seq"], one["journal"]) for one in listed] == [(1, ""), (1, "bastion-1")]
    table = run("history", user).out
    assert "1@bastion-1" in table
    assert "on bastion-2" in table
    shown = run("journal", "show", "1@bastion-1")
    assert (shown.code, "Entry 1@bastion-1" in shown.out) == (0, True)
    assert run("journal", "show", "7@bastion-1").code == 1
    assert "is no change" in run("journal", "show", "2@bastion-1").err
    exported = run("journal", "export", "--format", "csv").out
    rows = [*csv.DictReader(io.StringIO(exported))]
    assert [(row["journal"], row["host"]) for row in rows] == [("", "bastion-2"), ("bastion-1", "bastion-1")]
    receipt = run("receipt", user)
    assert receipt.code == 0
    on("bastion-3")
    assert "entry 1@bastion-2" in run("receipt", user).out
    assert len(run("history", user, "--json").objects) == 2


def test_a_change_of_another_host_is_taken_back_from_here(
    run: Run, users: Users, on: Move, sandbox: SandboxThread
) -> None:
    [user] = users()
    stop(run, user)
    on("bastion-2")
    undone = run("undo", "1@bastion-1", "--yes", "--reason", "INC-8", "--evidence", "call", "--json")
    assert [one["outcome"] for one in undone.objects] == ["confirmed"]
    [entry] = run("journal", "show", "1", "--json").objects
    assert (entry["undo_of"], entry["ground"]) == ("1@bastion-1", "correction")
    assert "Takes back entry 1@bastion-1" in run("journal", "show", "1").out
    # Nobody is told of a mistake that was taken back.
    assert run("duties", "--json").objects == []
    on("bastion-1")
    assert run("duties", "--json").objects == []
    again = run("undo", "1", "--yes", "--reason", "INC-8", "--evidence", "call", "--json")
    assert [one["outcome"] for one in again.objects] == ["unchanged"]
    before = len(sandbox.requests)
    for missing in ("1@elsewhere", "99@bastion-2", "x@bastion-2", "2@bastion-2"):
        assert run("undo", missing, "--yes", "--reason", "x").code == 1
    assert len(sandbox.requests) == before


def test_duties_are_listed_of_all_hosts_and_noted_where_they_are(
    run: Run, users: Users, on: Move, tmp_path: Path
) -> None:
    one, other = users(2)
    stop(run, one)
    on("bastion-2")
    stop(run, other)
    listed = run("duties", "--json").objects
    assert {item["entry"]: item["user_id"] for item in listed} == {1: other, "1@bastion-1": one}
    file = tmp_path / "told.csv"
    file.write_text(run("duties", "--format", "csv").out, "utf-8")
    told = run("duties", "told", str(file))
    assert (told.code, "1@bastion-1 is in the journal of another host" in told.err) == (1, True)
    assert told.err.splitlines()[-1] == "1 entry noted."
    assert [item["entry"] for item in run("duties", "--json").objects] == ["1@bastion-1"]
    on("bastion-1")
    assert run("duties", "told", one).code == 0
    on("bastion-3")
    assert run("duties", "--json").objects == []


def test_a_later_word_from_another_host_ends_what_was_to_be_confirmed(
    run: Run, users: Users, on: Move
) -> None:
    [user] = users()
    given = "--yes", "--evidence", "form", "--expressed-on", "2025-01-02"
    stop(run, user)
    assert run("set", user, GIVE, *given).code == 0
    assert "confirm" in {item["duty"] for item in run("duties", "--due", "9999d", "--json").objects}
    on("bastion-2")
    stop(run, user)
    assert {item["duty"] for item in run("duties", "--due", "9999d", "--json").objects} == {"tell"}


def test_each_journal_is_verified_and_none_hides_the_rest(run: Run, users: Users, on: Move) -> None:
    [user] = users()
    stop(run, user)
    first = journal_file()
    on("bastion-2")
    assert run("set", user, GIVE, "--yes", "--evidence", "form").code == 0
    whole = run("journal", "verify")
    assert (whole.code, whole.out.count("2 entries")) == (0, 2)
    with tampering(first) as connection:
        connection.execute("UPDATE entry SET body = replace(body, 'INC-7', 'INC-9') WHERE seq = 1")
    found = run("journal", "verify", "--json")
    assert [(one["journal"], one["whole"]) for one in found.objects] == [("", True), ("bastion-1", False)]
    assert found.code == 1
    first.write_bytes(b"x" * 5000)
    found = run("journal", "verify")
    assert (found.code, "bastion-1 cannot be read" in found.out) == (1, True)
    for command in (("history", user), ("journal", "list"), ("duties",), ("receipt", user)):
        read = run(*command)
        assert (command[0], read.code) == (command[0], 0)
        assert "bastion-1 cannot be read" in read.out + read.err
    with Journal(journal_file()) as journal:
        assert journal.verify().whole


@pytest.mark.parametrize("cut_short", [False, True])
def test_each_user_of_a_plan_is_sent_once_from_whichever_host(
    run: Run, users: Users, on: Move, sandbox: SandboxThread, tmp_path: Path, cut_short: bool
) -> None:
    one, other, third = users(3)
    listed, plan = tmp_path / "ids", str(tmp_path / "stop.plan")
    listed.write_text(f"{one}\n{other}\n{third}\n")
    assert run("bulk", "plan", str(listed), STOP, "-o", plan).code == 0
    assert run("bulk", "apply", plan, "--reason", "INC-7", "--yes").code == 0
    if cut_short:  # its file is behind the journal
        [job] = (journal_file().parent / "jobs").glob("*.db")
        with tampering(job) as connection:
            connection.execute("DELETE FROM ended")
            connection.execute("UPDATE job SET floor = 0, text = json_set(text, '$.state', 'running')")
    sandbox.state.write_profiles([(one, {Flag.MKT_SMS: State.SUBSCRIBED}, {})])  # they said yes since
    on("bastion-2")
    assert "3 left out" in run("bulk", "show", plan, "--groups").out
    again = run("bulk", "apply", plan, "--reason", "INC-7", "--yes")
    assert (again.code, "Nothing to send" in again.err) == (3, True)
    assert run("bulk", "list", "--json").objects == []
    [[state]] = sandbox.state.query("SELECT mkt_sms_flag FROM users WHERE user_id = ?", one)
    assert state == State.SUBSCRIBED


def test_what_another_host_sends_at_this_moment_is_waited_for_and_what_is_damaged_held_back(
    run: Run, users: Users, on: Move, tmp_path: Path
) -> None:
    listed, plan = tmp_path / "ids", str(tmp_path / "give.plan")
    listed.write_text("\n".join(users(2, State.NEVER_SET)))
    assert run("bulk", "plan", str(listed), GIVE, "-o", plan).code == 0
    given = ("bulk", "apply", plan, "--evidence", "form", "--yes")
    assert run(*given).code == 0
    [job] = (journal_file().parent / "jobs").glob("*.db")
    on("bastion-2")
    lock = take_lock(job.with_suffix(".lock"))
    assert lock is not None
    under_way = run(*given)
    assert (under_way.code, "The plan is being sent" in under_way.err) == (2, True)
    drop_lock(job.with_suffix(".lock"), lock)
    job.write_bytes(b"x" * 5000)
    damaged = run(*given)
    assert (damaged.code, "Who was sent already is not known" in damaged.err) == (2, True)
