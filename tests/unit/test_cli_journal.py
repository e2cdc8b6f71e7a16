"""`dfn-tui journal`: what each command prints where, and how it ends."""

import base64
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.cli import main
from dfn_tui.cli.output import INTERRUPTED, Progress, guarded, json_line
from dfn_tui.credentials import TokenStore
from dfn_tui.credentials.backends import Backend, NoKeyring
from dfn_tui.service.history_export import COLUMNS
from dfn_tui.store import (
    Change,
    Ending,
    FieldOutcome,
    Filter,
    Journal,
    Outcome,
    Subject,
    journal_file,
)
from tests.unit.journals import BOB, KEY, PHONE, consent, filled, intent, tampering, ticking

HOSTILE = "=cmd|'\x1b]0;owned\x07\u202e"
EMAIL = "lee@example.com"


class Entries:
    """A keyring in memory."""

    def __init__(self, key: bytes | None = KEY) -> None:
        self.kept = {} if key is None else {"journal/key": base64.b64encode(key).decode()}

    def get_password(self, _service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, _service: str, username: str, password: str) -> None:
        self.kept[username] = password

    def delete_password(self, _service: str, username: str) -> None:
        del self.kept[username]


def no_keyring() -> Backend:
    raise NoKeyring("No keyring works here.")


Ask = Callable[[Callable[[], Backend]], None]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Which keyring the commands ask."""

    def use(backend: Callable[[], Backend]) -> None:
        monkeypatch.setattr("dfn_tui.credentials.TokenStore", partial(TokenStore, backend=backend))

    return use


@pytest.fixture(autouse=True)
def _no_keyring_at_first(keyring: Ask) -> None:
    keyring(no_keyring)


@pytest.fixture
def journal() -> Path:
    """Four changes: settled at once; unknown, then settled by another; open and hostile; of a sealed id."""
    path = journal_file()
    flag = FieldOutcome("consent", "mkt_flag", Ending.CONFIRMED, True, "Unsubscribed")
    phone = FieldOutcome("ci", "phone_number", Ending.DIFFERENT, True, "821099998888", personal=True)
    with Journal(path, KEY, clock=ticking()) as kept:
        kept.begin([intent("u-1", consent(), PHONE)])
        kept.conclude([Outcome(1, Ending.UNKNOWN)])
        kept.conclude([Outcome(1, Ending.DIFFERENT, (flag, phone), by=BOB)])
        kept.begin([intent("김철수", consent("night_flag", "Undefined", "Subscribed"), operator=BOB)])
        kept.conclude([Outcome(4, Ending.UNKNOWN, code="5003", message="busy")])
        kept.begin([intent(HOSTILE, Change("property", HOSTILE, None, HOSTILE), connection="bank")])
        kept.begin([intent(subject=Subject("email", EMAIL, personal=True))])
        kept.conclude([Outcome(7, Ending.ACCEPTED)])
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `dfn-tui journal …` here: its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            code = main(["journal", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def golden(name: str) -> str:
    return (Path(__file__).parents[1] / "data" / "journal" / name).read_text(encoding="utf-8")


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["list"], "list.txt"),
        (["list", "--json"], "list.jsonl"),
        (["show", "1"], "show-1.txt"),
        (["show", "1", "--json"], "show-1.json"),
        (["show", "4"], "show-4.txt"),
        (["show", "6"], "show-6.txt"),
        (["verify"], "verify.txt"),
        (["verify", "--json"], "verify.json"),
    ],
)
def test_what_a_command_prints(run: Run, arguments: list[str], name: str) -> None:
    assert run(*arguments) == (0, golden(name), "")


@pytest.mark.usefixtures("journal")
def test_an_export_is_a_row_for_each_change_that_no_spreadsheet_runs(run: Run) -> None:
    assert run("export", "--format", "csv") == (0, golden("export.csv"), "4 entries were exported.\n")


@pytest.mark.usefixtures("journal")
def test_an_export_as_json_is_the_list_as_json(run: Run) -> None:
    exported = (0, golden("list.jsonl"), "4 entries were exported.\n")
    assert run("export", "--format", "json", "-o", "-") == exported


@pytest.mark.usefixtures("journal")
def test_nothing_that_is_printed_can_act_on_a_terminal(run: Run) -> None:
    for arguments in (["list"], ["list", "--json"], ["show", "6"], ["show", "6", "--json"]):
        out = run(*arguments)[1].replace("\n", "")
        assert out
        assert all(char.isprintable() for char in out)


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["u-1"], [1]),
        (["user:u-1"], [1]),
        (["--user", "u-1"], [1]),
        (["--user", HOSTILE], [6]),
        (["--flag", "night_flag"], [4]),
        (["--operator", "bob"], [4]),
        (["--operator", "alice", "--outcome", "open"], [6]),
        (["-c", "bank"], [6]),
        (["connection:shop", "outcome:accepted"], [7]),
        (["--outcome", "unknown"], [4]),
        (["--since", "2025-03-01T18:05"], [7, 6]),
        (["--until", "2025-03-01T18:03"], [1]),
        (["--until", "2025-03-01", "--limit", "9"], [7, 6, 4, 1]),
        (["--since", "2025-03-02"], []),
    ],
)
def test_the_same_filters_list_and_export(run: Run, arguments: list[str], found: list[int]) -> None:
    code, out, _err = run("list", "--json", *arguments)
    assert (code, [entry["seq"] for entry in lines(out)]) == (0, found)
    if "--limit" not in arguments:
        assert run("export", "--format", "json", *arguments)[1] == out


@pytest.mark.usefixtures("journal", "run")
def test_a_connection_may_stand_before_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", "bank", "journal", "list", "--json"]) == 0
    assert [entry["seq"] for entry in lines(capfd.readouterr().out)] == [6]


@pytest.mark.usefixtures("journal")
def test_list_says_that_there_are_more(run: Run) -> None:
    code, out, err = run("list", "--limit", "3", "--json")
    assert (code, len(lines(out))) == (0, 3)
    assert err == "There are more: --limit shows more of them, and “export” writes all.\n"
    assert run("list", "--limit", "4")[2] == ""


@pytest.mark.usefixtures("journal")
def test_a_filter_that_nothing_fits_is_no_failure(run: Run) -> None:
    assert run("list", "--flag", "info_flag") == (0, "", "No entry fits.\n")
    header = ",".join(COLUMNS) + "\n"
    assert run("export", "--flag", "info_flag", "--format", "csv") == (
        0,
        header,
        "0 entries were exported.\n",
    )


def test_a_personal_id_is_found_and_uncovered_with_the_key(run: Run, journal: Path, keyring: Ask) -> None:
    assert journal.exists()
    assert run("list", EMAIL) == (
        0,
        "",
        "The keyring gives no key: users named by an e-mail address or a phone number are not found.\n"
        "No entry fits.\n",
    )
    keyring(Entries)
    (found,) = lines(run("list", EMAIL, "--json")[1])
    assert (found["seq"], found["user_id"], found["user_cover"]) == (7, "l••@example.com", "sealed")
    code, out, err = run("show", "7", "--reveal")
    assert (code, err) == (0, "")
    assert EMAIL in out
    assert "masked" not in out


@pytest.mark.usefixtures("journal")
def test_a_value_is_uncovered_with_its_key_only(run: Run, keyring: Ask) -> None:
    keyring(Entries)
    phone = lines(run("show", "1", "--reveal", "--json")[1])[0]["changes"][1]
    assert (phone["before"], phone["after"], phone["cover"]) == (PHONE.before, PHONE.after, None)
    covers = {
        (no_keyring, "This value is sealed, and the key is not available."),
        (lambda: Entries(bytes(32)), "This value was sealed with another key."),
    }
    for backend, why in covers:
        keyring(backend)
        code, out, _err = run("show", "1", "--reveal")
        assert code == 0
        assert f"phone_number is masked. {why}\n" in out
        assert str(PHONE.after) not in out


@pytest.mark.usefixtures("journal")
def test_an_export_is_masked_unless_it_is_asked_to_reveal(run: Run, keyring: Ask) -> None:
    keyring(Entries)
    masked = run("export", "--format", "csv")[1]
    code, revealed, err = run("export", "--format", "csv", "--reveal")
    assert (code, err) == (0, "4 entries were exported.\n")
    for value in (EMAIL, str(PHONE.before), str(PHONE.after)):
        assert value in revealed
        assert value not in masked
    assert masked == golden("export.csv")
    keyring(no_keyring)
    code, covered, err = run("export", "--format", "csv", "--reveal")
    assert (code, covered) == (0, masked)
    assert err.startswith("The keyring gives no key: sealed values stay masked.\n")


@pytest.mark.usefixtures("journal")
def test_reading_makes_no_key(run: Run, keyring: Ask) -> None:
    entries = Entries(key=None)
    keyring(lambda: entries)
    for arguments in (["verify"], ["show", "1", "--reveal"], ["list", "u-1"]):
        assert run(*arguments)[0] == 0
    assert entries.kept == {}


def test_what_was_exported_is_what_the_journal_holds(run: Run, journal: Path, tmp_path: Path) -> None:
    for form in ("json", "csv"):
        file = tmp_path / f"out.{form}"
        run("export", "--format", form, "-o", str(file))
        assert file.stat().st_mode & 0o777 == 0o600
    with Journal(journal) as kept:
        entries = kept.find(Filter())
    told = lines((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(one["seq"], one["user_id"], one["reason"]) for one in told] == [
        (entry.seq, entry.intent.subject.value, entry.intent.reason) for entry in entries
    ]
    assert [[(c["name"], c["before"], c["after"]) for c in one["changes"]] for one in told] == [
        [(change.name, change.before, change.after) for change in entry.intent.changes] for entry in entries
    ]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file_:
        table = list(csv.DictReader(file_))
    assert [(row["seq"], row["name"].removeprefix("'")) for row in table] == [
        (
            str(entry.seq),
            change.name.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\u202e", "\\u202e"),
        )
        for entry in entries
        for change in entry.intent.changes
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "\t=", "\r="])
def test_no_cell_begins_a_formula(run: Run, start: str) -> None:
    with Journal(journal_file()) as journal:
        journal.begin([intent(f"{start}1+1", Change("property", f"{start}a", f"{start}b", -5))])
    (row,) = csv.DictReader(io.StringIO(run("export", "--format", "csv")[1]))
    for cell in (row["user_id"], row["name"], row["before"], row["after"]):
        assert cell[0] in {"'", "\\"}
    assert row["after"] == "'-5"


@pytest.mark.usefixtures("journal")
def test_the_mark_excel_looks_for_is_written_when_asked_for(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert run("export", "--format", "csv", "--bom", "-o", str(file))[0] == 0
    assert file.read_bytes() == golden("export.csv").encode("utf-8-sig")
    assert run("export", "--format", "csv", "--bom")[1] == "\ufeff" + golden("export.csv")
    assert run("export", "--format", "json", "--bom")[0] == 2


@pytest.mark.usefixtures("journal")
def test_no_file_is_written_over(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("precious")
    code, out, err = run("export", "--format", "csv", "-o", str(file))
    assert (code, out) == (2, "")
    assert err.startswith("dfn-tui: This file is there already\n")
    assert file.read_text() == "precious"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert run("export", "--format", "csv", "-o", str(link))[0] == 2
    assert not (tmp_path / "elsewhere").exists()
    assert run("export", "--format", "csv", "-o", str(tmp_path / "none" / "out.csv"))[0] == 2


def test_a_damaged_entry_leaves_no_half_an_export(run: Run, journal: Path, tmp_path: Path) -> None:
    with tampering(journal) as connection:
        connection.execute("UPDATE entry SET body = 'nothing' WHERE seq = 1")
    file = tmp_path / "out.csv"
    code, _out, err = run("export", "--format", "csv", "-o", str(file))
    assert code == 2
    assert err.startswith("dfn-tui: The journal is damaged\n")
    assert not file.exists()
    assert run("show", "1")[0] == 2


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        ("UPDATE entry SET body = replace(body, 'u-2', 'u-9') WHERE seq = 3", "Entry 3 was altered"),
        ("DELETE FROM entry WHERE seq = 3", "Entry 3 was removed."),
        ("DELETE FROM entry WHERE seq > 6", "The end was cut off: entry 7 was written but is not there."),
        (
            "UPDATE entry SET seq = -3 WHERE seq = 3; UPDATE entry SET seq = 3 WHERE seq = 5;"
            "UPDATE entry SET seq = 5 WHERE seq = -3",
            "The order was changed at entry 3",
        ),
    ],
)
def test_verify_names_the_first_entry_that_is_not_as_it_was_written(
    run: Run, keyring: Ask, tamper: str, said: str
) -> None:
    filled(journal_file())
    keyring(Entries)
    assert run("verify") == (0, "The journal is whole: 8 entries. The key vouches for entries 1 to 8.\n", "")
    with tampering(journal_file()) as connection:
        connection.executescript(tamper)
    code, out, err = run("verify")
    assert (code, err) == (1, "")
    assert out.startswith(said)
    code, out, err = run("verify", "--json")
    (told,) = lines(out)
    assert (code, told["whole"], told["seq"]) == (1, False, 7 if "cut off" in said else 3)


def test_without_a_journal_there_is_nothing_to_find(run: Run) -> None:
    said = f"There is no journal yet: {journal_file()}\n"
    assert run("list") == (0, "", said + "No entry fits.\n")
    assert run("show", "1") == (1, "", said + "There is no entry 1.\n")
    assert run("verify") == (0, "The journal is whole: 0 entries.\n", said)
    assert run("export", "--format", "json") == (0, "", said + "0 entries were exported.\n")
    assert not journal_file().parent.exists()


@pytest.mark.usefixtures("journal")
def test_an_entry_that_is_not_there_is_told_apart_from_one_that_is_no_change(run: Run) -> None:
    assert run("show", "99") == (1, "", "There is no entry 99.\n")
    expected = "Entry 2 is no change: it says how a change ended, or is a note.\n"
    assert run("show", "2") == (1, "", expected)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["list", "--limit", "0"],
        ["list", "--limit", "10001"],
        ["list", "u-1", "--user", "u-1"],
        ["list", "--user", ""],
        ["list", "\udcff"],
        ["list", "--outcome", "fine"],
        ["list", "--since", "yesterday"],
        ["list", "--since", "0001-01-01"],
        ["list", "--until", "9999-12-31"],
        ["show"],
        ["show", "-1"],
        ["show", "٣"],
        ["show", "9" * 30],
        ["export"],
        ["export", "--format", "xml"],
    ],
)
def test_bad_usage_is_told_and_nothing_is_printed(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err


def test_a_file_that_is_no_journal_is_refused(run: Run) -> None:
    journal_file().parent.mkdir()
    journal_file().write_text("shopping list\n" * 50)
    for arguments in (["list"], ["show", "1"], ["verify"], ["export", "--format", "csv"]):
        code, _out, err = run(*arguments)
        assert code == 2
        assert err.startswith("dfn-tui: This is not a journal\n")


def test_json_keeps_what_it_must_not_show() -> None:
    value = {"name": '김철수 \x7f\x1b\u202e\ud800\U000e0001 \u3164 \\ "'}
    text = json_line(value)
    assert "김철수" in text
    assert text.isprintable()
    assert json.loads(text) == value


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_for_a_terminal_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for stderr, expected in ((Terminal(), "\rhalf\r    \r"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", stderr)
        with Progress() as progress:
            progress.show("half")
            progress.show("too soon after the other")
        assert stderr.getvalue() == expected
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert not Progress(beside_data=True).terminal


def test_ctrl_c_ends_quietly() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert guarded(interrupted) == INTERRUPTED


def process(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own, without a keyring."""
    return subprocess.Popen(
        [sys.executable, "-m", "dfn_tui", "journal", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **environment},
    )


@pytest.mark.parametrize("command", [["list"], ["export", "--format", "csv"]])
def test_a_reader_that_has_enough_is_no_failure(command: list[str]) -> None:
    filled(journal_file(), None, changes=1000)  # more than a pipe holds
    with process(*command, *(["--limit", "10000"] if command == ["list"] else [])) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.usefixtures("journal")
def test_output_that_cannot_be_written_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "dfn_tui", "journal", "list"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"dfn-tui: The output could not be written\n")
    assert b"Traceback" not in ended.stderr


@pytest.mark.usefixtures("journal")
def test_text_fits_any_terminal_and_data_is_utf_8() -> None:
    korean = "김철수"
    with process("list", PYTHONIOENCODING="ascii") as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, b"")
    assert korean.encode("ascii", "backslashreplace") in out
    with process("list", "--json", PYTHONIOENCODING="ascii") as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, b"")
    assert out.decode() == golden("list.jsonl")


@pytest.mark.parametrize("arguments", [["--help"], ["journal", "--help"], ["journal", "export", "--help"]])
def test_help_needs_nothing_heavy(arguments: list[str]) -> None:
    script = """
import sys
from dfn_tui.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code
heavy = {"sqlite3", "cryptography", "textual", "rich", "httpx", "pydantic", "keyring", "asyncio"}
print(*heavy & set(sys.modules), file=sys.stderr)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    assert ended.stderr.split() == []
    assert "journal" in ended.stdout
