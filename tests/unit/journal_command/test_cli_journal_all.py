"""`dfn-tui journal`: what all its commands have in common."""

import pytest

from dfn_tui.store import journal_file
from tests.keyrings import Keyring
from tests.unit.journal_command.running import Ask, Run, golden


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
def test_nothing_that_is_printed_can_act_on_a_terminal(run: Run) -> None:
    for arguments in (["list"], ["list", "--json"], ["show", "6"], ["show", "6", "--json"]):
        out = run(*arguments)[1].replace("\n", "")
        assert out
        assert all(char.isprintable() for char in out)


@pytest.mark.usefixtures("journal")
def test_reading_makes_no_key(run: Run, keyring: Ask) -> None:
    entries = Keyring()
    keyring(lambda: entries)
    for arguments in (["verify"], ["show", "1", "--reveal"], ["list", "u-1"]):
        assert run(*arguments)[0] == 0
    assert entries.kept == {}


def test_without_a_journal_there_is_nothing_to_find(run: Run) -> None:
    said = f"There is no journal yet: {journal_file()}\n"
    assert run("list") == (0, "", said + "No entry fits.\n")
    assert run("show", "1") == (1, "", said + "There is no entry 1.\n")
    assert run("verify") == (0, "The journal is whole: 0 entries.\n", said)
    assert run("export", "--format", "json") == (0, "", said + "0 entries were exported.\n")
    assert not journal_file().parent.exists()


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
