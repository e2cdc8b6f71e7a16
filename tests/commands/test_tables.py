"""Data as people and programs see it: each command's table in a terminal, with its colours, and in a pipe."""

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest

from dfn_tui.cli.colours import wants_colour
from dfn_tui.consent.flags import Flag, State
from dfn_tui.text import width
from tests.commands.bulk.test_cli_bulk_kept import age
from tests.commands.running import Ran, Run, shown_in_terminal, without_moments
from tests.sandbox_thread import SandboxThread

GOLDEN = Path(__file__).parents[1] / "data" / "tables"
WHOM = ("user-0002", "nobody-here", "user-0006", "user-0003")
STOP = ("set", "user-0002", "user-0003", "mkt_sms_flag=Unsubscribed", "--reason", "INC-7", "--yes")

COMMANDS = {
    "get": ("get", *WHOM),
    "get-one": ("get", "user-0002"),
    "counts": ("get", "--counts", *WHOM),
    "ci-get": ("ci", "get", *WHOM),
    "sending": ("sending", "user-0002", "nobody-here", "--allow-unknown"),
    "set": ("set", "user-0001", "user-0008", "mkt_sms_flag=Unsubscribed", "--dry-run"),
    "history": ("history", "user-0002"),
    "journal": ("journal", "list"),
    "bulk-show": ("bulk", "show", "stop.plan", "--users"),
}


JOBS = {
    "bulk-list": ("bulk", "list"),
    "bulk-status": ("bulk", "status", "{job}"),
    "bulk-users": ("bulk", "status", "{job}", "--users"),
    "bulk-groups": ("bulk", "show", "stop.plan", "--groups"),
    "bulk-plan": ("bulk", "show", "stop.plan"),
    "bulk-verify": ("bulk", "verify", "stop.plan"),
    "connections": ("connections", "list"),
    "doctor": ("doctor", "--offline"),
    "auth": ("auth", "status"),
    "verify": ("journal", "verify"),
    "entry": ("journal", "show", "1"),
}


LISTS = {
    "bulk-inspect": ("bulk", "inspect", "mixed.csv"),
    "bulk-asked": ("bulk", "inspect", "open.csv"),
    "bulk-make": ("bulk", "plan", "mixed.csv", "-o", "made.plan", "--force"),
    "bulk-undo": ("bulk", "undo", "{job}", "-o", "undo.plan", "--force"),
    "bulk-clean": ("bulk", "clean", "--older-than", "30", "--unfinished"),
}
"""What takes a list, or ends a job. The last one leaves nothing to do for another run."""


AFTERWARDS = {
    "duties": ("duties",),
    "preflight": ("preflight", "campaign", "--channel", "sms", "--at", "2026-12-01 22:00"),
    "bulk-list": ("bulk", "list"),
    "bulk-status": ("bulk", "status", "{job}"),
    "bulk-verify": ("bulk", "verify", "stop.plan"),
    "bulk-groups": ("bulk", "show", "stop.plan", "--groups"),
    "watch": ("watch", "--plan", "stop.plan", "--times", "1"),
    "connections": ("connections", "list"),
    "doctor": ("doctor", "--offline"),
    "auth": ("auth", "status"),
    "verify": ("journal", "verify"),
    "entry": ("journal", "show", "1"),
    "snapshot-status": ("-c", "next", "snapshot", "status"),
    "snapshot-show": ("-c", "next", "snapshot", "show", "user-0002", "nobody-here"),
}
"""What is looked at once a job was through, and somebody else changed one of its users."""


def of_any_host(name: str, shown: str) -> str:
    """Without what is another one in each run; of the doctor's checks only how each ended."""
    if name == "doctor":
        return (
            "\n".join(
                re.findall(r"(?m)(?:^|m)(?:ok|warning|failed) *(?:\x1b\[m)? +([a-z /]+?)(?::|  )", shown)
            )
            + "\n"
        )
    shown = without_moments(shown)
    for found, instead in (
        (r"\d{8}-\d{6}-[0-9a-f]{6}", "JOB"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\b\d\d:\d\d:\d\d\b", "99:99:99"),
        (r"\b\d\d:\d\d\b", "99:99"),
        (r"just now|\d+ \w+ ago", "AGE"),
        (r"\d+( given · )\d+( withdrawn · )\d+", r"N\1N\2N"),
        (r"\b20\d\d-\d\d-\d\d\b", "9999-99-99"),
        (r"\b[0-9a-f]{12}\b", "DIGEST"),
        (r"\b(plan )[0-9a-f]{6}\b", r"\1DIGEST"),
        (r"kim(@| on )\S+", r"kim\1HOST"),
    ):
        shown = re.sub(found, instead, shown)
    return shown


def golden(name: str, shown: str) -> None:
    """Compares with what is kept; with `DFN_TUI_GOLDEN=1` it is kept anew."""
    progress = re.compile(r"(?:\r[^\r\n]*)+\r")  # as often as there was time for it
    said = re.sub(r"Said on [-0-9]+(.*) by [-0-9]+", r"Said on TODAY\1 by THEN", progress.sub("", shown))
    file, text = GOLDEN / name, without_moments(said).replace("\x1b", "^[")
    if os.environ.get("DFN_TUI_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.fixture
def changed(run: Run, sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two users as they were at first, changed once, and a plan for three."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dfn_tui.store.records._os_user", lambda: "kim")
    first = {"user-0001": State.SUBSCRIBED, "user-0002": State.SUBSCRIBED, "user-0003": State.SUBSCRIBED}
    first |= dict.fromkeys(("user-0006", "user-0008"), State.NEVER_SET)
    sandbox.state.write_profiles((one, {Flag.MKT_SMS: state}, {}) for one, state in first.items())
    assert run(*STOP).code == 0
    Path("ids").write_text("user-0001\nuser-0006\nuser-0008\n")
    assert run("bulk", "plan", "ids", "mkt_sms_flag=Unsubscribed", "-o", "stop.plan").code == 0


@pytest.mark.usefixtures("changed")
def test_each_command_in_a_pipe(run: Run) -> None:
    for name, command in COMMANDS.items():
        golden(f"{name}.txt", run(*command, "--format", "table").out)


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("get", 80),
        *(pytest.param(name, 80, marks=pytest.mark.slow) for name in COMMANDS if name != "get"),
        *(pytest.param(name, 140, marks=pytest.mark.slow) for name in ("get", "history")),
    ],
)
def test_each_command_in_a_terminal(sandbox: SandboxThread, name: str, columns: int) -> None:
    golden(f"{name}.{columns}", shown_in_terminal(sandbox, *COMMANDS[name], columns=columns).out)


@pytest.mark.usefixtures("changed")
def test_every_form_says_the_same(run: Run) -> None:
    for command in COMMANDS.values():
        lines = [json.loads(line) for line in run(*command, "--format", "jsonl").out.splitlines()]
        document = json.loads(run(*command, "--format", "json").out)
        old = [json.loads(line) for line in run(*command, "--json").out.splitlines()]
        for one in (*lines, *document, *old):
            one.pop("read_at", None), one.pop("at", None)
        assert lines == document == old
        rows = [*csv.DictReader(io.StringIO(run(*command, "--format", "csv").out))]
        key = next(key for key in ("seq", "flag", "user_id") if key in lines[0])
        assert list(dict.fromkeys(row[key] for row in rows)) == [str(one[key]) for one in lines]


@pytest.mark.usefixtures("changed")
def test_no_key_of_a_record_is_without_a_column(run: Run) -> None:
    """What a program reads as CSV is as complete as what it reads as JSON."""
    apart = {"changes", "channels", "duties", "user_cover", "standing"}  # a row each, or of version 0.1
    for command in COMMANDS.values():
        columns_each = {"properties"} if command[0] == "ci" else set()
        [head, *_rows] = csv.reader(io.StringIO(run(*command, "--format", "csv").out))
        record = json.loads(run(*command, "--format", "jsonl").out.splitlines()[0])
        assert record.keys() - {*head} - apart - columns_each == set(), command


@pytest.mark.usefixtures("changed")
def test_the_same_holds_of_plans_jobs_and_checks(run: Run, sandbox: SandboxThread) -> None:
    """Every form of every list: alike, and nothing of a record is missing from the CSV."""
    ended = run("bulk", "apply", "stop.plan", "--reason", "INC-7", "--yes", "--format", "jsonl")
    assert [outcome for _user, outcome in ended.outcomes] == ["confirmed"] * 3
    sandbox.state.write_profiles([("user-0008", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
    job = run("bulk", "list", "--json").objects[0]["job"]
    apart = {
        "changes",
        "fields",
        "sources",
        "standing",
        "standings",
        "found",
        "to_do",
        "outcomes",
        "duties",
        "user_cover",
    }
    for name, words in JOBS.items():
        command = [word.format(job=job) for word in words]
        lines = [json.loads(line) for line in run(*command, "--format", "jsonl").out.splitlines()]
        assert lines and lines == json.loads(run(*command, "--format", "json").out), name
        rows = [*csv.DictReader(io.StringIO(run(*command, "--format", "csv").out))]
        assert rows and lines[0].keys() - rows[0].keys() - apart - {"counts"} == set(), name
        table = run(*command, "--format", "table").out.splitlines()
        assert len(table) > 1 and not any("\x1b" in line for line in table), name


def lists(run: Run) -> dict[str, list[str]]:
    """Those commands, with lists and a job to run them on."""
    Path("mixed.csv").write_text(
        "user_id,mkt_sms_flag\nuser-0001,Unsubscribed\nuser-0006,maybe\n,\n=x\ty,Unsubscribed\n"
    )
    Path("open.csv").write_text("user_id,agreed\nuser-0001,Y\n")
    assert run("bulk", "apply", "stop.plan", "--reason", "INC-7", "--yes").code == 0
    job = run("bulk", "list", "--json").objects[0]["job"]
    age(job, 31)
    return {name: [word.format(job=job) for word in words] for name, words in LISTS.items()}


@pytest.mark.usefixtures("changed")
def test_what_is_made_of_lists_has_every_form_as_well(run: Run) -> None:
    for name, command in lists(run).items():
        if name != "bulk-clean":
            told = run(*command, "--format", "jsonl")
            old = run(*command, "--json").out.replace("--json", "--format jsonl")  # what is to be typed next
            assert old == told.out, name
            document = run(*command, "--format", "json").out.replace("--format json ", "--format jsonl ")
            assert json.loads(document) == told.objects, name
            head, *rows = csv.reader(io.StringIO(run(*command, "--format", "csv").out))
            assert len(rows) == len(told.objects), name
            assert {key for one in told.objects for key in one} - {*head} == set(), name
            assert bool(rows) is (name != "bulk-undo")
        table = run(*command, "--format", "table").out
        assert "\x1b" not in table
        golden(f"{name}.txt", re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}", "JOB", table))
    assert run("bulk", "list", "--json").objects == []


@pytest.mark.slow
@pytest.mark.usefixtures("changed")
def test_what_is_made_of_lists_in_a_terminal(run: Run, sandbox: SandboxThread) -> None:
    for name, command in lists(run).items():
        if name != "bulk-undo":  # the process has no key to the job
            out = shown_in_terminal(sandbox, *command, "--format", "table", columns=80).out
            out = re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}", "JOB", out)
            golden(f"{name}.80", out.partition("For here")[0])  # the rest is of this host, and said in a pipe


@pytest.fixture
def afterwards(
    changed: None, run: Run, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[str]]:
    """Those commands, after a job."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert run("bulk", "apply", "stop.plan", "--reason", "INC-7", "--yes").code == 0
    sandbox.state.write_profiles([("user-0008", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
    with monkeypatch.context() as given:
        given.setenv("DFN_TUI_EXPORT_TOKEN", sandbox.export_token)
        assert run("-c", "next", "snapshot", "take").code == 0
    Path("campaign").write_text("user-0002\nuser-0004\nuser-0005\nnobody-here\n")
    job = run("bulk", "list", "--json").objects[0]["job"]
    return {name: [word.format(job=job) for word in words] for name, words in AFTERWARDS.items()}


@pytest.mark.slow
def test_what_is_looked_at_afterwards_in_a_pipe(run: Run, afterwards: dict[str, list[str]]) -> None:
    for name, command in afterwards.items():
        table = run(*command, "--format", "table").out
        assert "\x1b" not in table, name
        golden(f"{name}.txt", of_any_host(name, table))


@pytest.mark.slow
def test_what_is_looked_at_afterwards_in_a_terminal(
    sandbox: SandboxThread, afterwards: dict[str, list[str]]
) -> None:
    del afterwards["snapshot-show"]  # the process has no key to it
    for name, command in afterwards.items():
        golden(f"{name}.80", of_any_host(name, shown_in_terminal(sandbox, *command, columns=80).out))


@pytest.mark.usefixtures("changed")
def test_a_list_that_is_sent_at_once_writes_its_results_in_one_form(run: Run) -> None:
    """Its bad rows stand before them in lines of JSON alone; a CSV or a document is one."""
    Path("said-no").write_text("010-1234-5678\nno number\n")
    command = ("-c", "next", "optout", "sms", "said-no", "--reason", "INC-7", "--yes")
    rows = [*csv.reader(io.StringIO(run(*command, "--format", "csv").out))]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert isinstance(json.loads(run(*command, "--format", "json").out), list)
    assert run(*command, "--format", "jsonl").objects[0]["outcome"] == "invalid"


@pytest.mark.usefixtures("changed")
def test_the_users_of_a_job_who_are_in_trouble(run: Run, sandbox: SandboxThread) -> None:
    sandbox.state.write_profiles([("user-0008", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
    stopped = run("bulk", "apply", "stop.plan", "--reason", "INC-7", "--yes", "--on-conflict", "skip")
    assert stopped.code == 1
    job = run("bulk", "list", "--json").objects[0]["job"]
    assert run("bulk", "status", job, "--troubled", "--json").outcomes == [("user-0008", "conflict")]
    assert len(run("bulk", "status", job, "--users", "--json").objects) == 3
    assert run("bulk", "status", "--users").code == 2


@pytest.mark.slow
def test_columns_are_as_wide_as_what_is_in_them(sandbox: SandboxThread) -> None:
    """Hangul takes two cells a letter; no line is wider than the terminal."""
    plain = re.compile(r"\x1b\[[0-9;]*m")
    for columns in (30, 64, 80):
        out = shown_in_terminal(sandbox, "get", *WHOM, columns=columns).out
        lines = [plain.sub("", line) for line in out.splitlines()[:-1]]
        assert all(width(line) <= columns for line in lines)
        if columns == 30:
            continue  # no consent fits
        # "info" is the first column of consents: everybody's stands below its head.
        info = width(lines[1].partition("info")[0])
        assert all(_at_cell(line, info) in "●○?" for line in lines[2:])


def _at_cell(line: str, cells: int) -> str:
    return next(line[at] for at in range(len(line)) if width(line[:at]) == cells)


def test_what_is_piped_is_as_it_was(run: Run) -> None:
    """Text by user and by line: a table is what a terminal shows."""
    assert run("get", *WHOM).out.startswith("user-0002\n  info_flag")
    assert run("get", *WHOM, "--format", "table").out.startswith(" ")


@pytest.mark.parametrize(
    ("environ", "seen", "wanted"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colours_are_for_who_wants_them(environ: dict[str, str], seen: bool, wanted: bool) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return seen

    assert wants_colour(Stream(), environ) is wanted


@pytest.mark.slow
def test_a_terminal_without_colours_shows_the_same_words(sandbox: SandboxThread) -> None:
    plain = shown_in_terminal(sandbox, "get", *WHOM, NO_COLOR="1")
    dumb = shown_in_terminal(sandbox, "get", *WHOM, TERM="dumb")
    painted = shown_in_terminal(sandbox, "get", *WHOM)
    assert plain == dumb == Ran(1, re.sub(r"\x1b\[[0-9;]*m", "", painted.out), "")
    assert "\x1b" not in plain.out


def test_colours_in_a_pipe_where_they_are_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """For `| less -R`. Data for programs has none."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m● given\x1b[m" in run("get", *WHOM).out
    for form in ("csv", "json", "jsonl"):
        assert "\x1b" not in run("get", *WHOM, "--format", form).out


def test_two_forms_at_once_are_bad_usage(run: Run) -> None:
    assert run("get", "user-0001", "--json", "--format", "csv").code == 2


def test_cells_that_a_spreadsheet_would_run_are_text(run: Run, sandbox: SandboxThread) -> None:
    sandbox.state.write_profiles([("user-0009", {}, {"user_name": "=1+1"})])
    [row] = csv.DictReader(io.StringIO(run("get", "user-0009", "--format", "csv").out))
    assert row["name"] == "'=1+1"
