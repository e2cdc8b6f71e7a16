"""`-i`: the ticket that something is done for, as the reason of what is sent and as a tag in the journal."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from dfn_tui.cli import main
from dfn_tui.store import journal_file
from tests.commands.running import Run
from tests.starting import entries

STOP = "mkt_sms_flag=Unsubscribed"
Users = Callable[..., list[str]]


@pytest.mark.parametrize("place", ["before", "after"])
def test_it_is_the_reason_and_tags_the_entry(run: Run, users: Users, place: str) -> None:
    [user] = users(1)
    words = ["set", user, STOP, "--yes"]
    words = ["-i", "INC-7", *words] if place == "before" else [*words, "--incident", "INC-7"]
    assert run(*words).code == 0
    [entry] = entries(journal_file())
    assert (entry.intent.incident, entry.intent.reason) == ("INC-7", "INC-7")


def test_a_reason_of_its_own_stays(run: Run, users: Users) -> None:
    [user] = users(1)
    assert run("-i", "INC-8", "set", user, STOP, "--yes", "--reason", "called").code == 0
    [entry] = entries(journal_file())
    assert (entry.intent.incident, entry.intent.reason) == ("INC-8", "called")


def test_a_deletion_is_tagged_and_what_names_no_ticket_is_not(run: Run, users: Users) -> None:
    one, other = users(2)
    assert run("ci", "set", one, "kakao_id=1234567890", "--yes").code == 0
    assert run("ci", "delete", one, "kakao_id", "--confirm", "1", "-i", "INC-9").code == 0
    assert run("set", other, STOP, "--yes").code == 0
    assert [entry.intent.incident for entry in entries(journal_file())] == ["", "INC-9", ""]


def test_a_job_is_tagged(run: Run, users: Users, tmp_path: object) -> None:
    ids = users(2)
    plan = f"{tmp_path}/a.plan"
    assert run("bulk", "plan", "-", STOP, "-o", plan, stdin="\n".join(ids).encode()).code == 0
    assert run("-i", "INC-11", "bulk", "apply", plan, "--yes").code == 0
    tags = {(entry.intent.incident, entry.intent.reason) for entry in entries(journal_file())}
    assert tags == {("INC-11", "INC-11")}


def test_lists_of_the_journal_show_it_and_ask_for_it(run: Run, users: Users) -> None:
    one, other = users(2)
    run("-i", "INC-10", "set", one, STOP, "--yes")
    run("set", other, STOP, "--yes")
    for words in (["--incident", "INC-10"], ["incident:INC-10"], ["-i", "INC-10"]):
        found = run("journal", "list", *words, "--json")
        assert [(line["user_id"], line["incident"]) for line in found.objects] == [(one, "INC-10")]
    assert [line["user_id"] for line in run("-i", "INC-10", "journal", "list", "--json").objects] == [one]
    _head, line = run("journal", "list", "incident:INC-10").out.splitlines()
    assert "INC-10 · mkt_sms_flag" in line
    seq = str(run("journal", "list", "incident:INC-10", "--json").objects[0]["seq"])
    assert "Incident: INC-10" in run("journal", "show", seq).out
    assert json.loads(run("journal", "show", seq, "--json").out)["incident"] == "INC-10"
    rows = csv.DictReader(io.StringIO(run("journal", "export", "incident:INC-10", "--format", "csv").out))
    assert [row["incident"] for row in rows] == ["INC-10"]


@pytest.mark.parametrize("text", ["", "two words", "a\tb", "x" * 65, "a\x1b[2Jb", "a\u202eb"])
def test_what_is_no_ticket_s_id_is_refused(run: Run, text: str) -> None:
    ran = run("-i", text, "set", "user-0001", STOP, "--yes")
    assert ran.code == 2
    assert "a ticket's id, one word" in ran.err


@pytest.mark.parametrize(
    "words", [["get", "user-0001"], ["doctor"], ["bulk", "list"], ["ci", "get", "user-0001"]]
)
def test_it_is_not_passed_over_where_it_has_no_meaning(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["-i", "INC-7", *words])
    assert ended.value.code == 2
    assert "--incident goes with" in capsys.readouterr().err
