"""`dfn-tui journal list`: which entries it finds, and how."""

from pathlib import Path

import pytest

from dfn_tui.cli import main
from dfn_tui.service.history_export import COLUMNS
from tests.unit.journal_command.running import EMAIL, HOSTILE, Ask, Run, lines, with_key


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
    assert err == "There are more: --limit shows more of them, and “journal export” writes all.\n"
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
        "There is no key: users named by an e-mail address or a phone number are not found.\n"
        "No entry fits.\n",
    )
    keyring(with_key)
    (found,) = lines(run("list", EMAIL, "--json")[1])
    assert (found["seq"], found["user_id"], found["user_cover"]) == (7, "l••@example.com", "sealed")
    code, out, err = run("show", "7", "--reveal")
    assert (code, err) == (0, "")
    assert EMAIL in out
    assert "masked" not in out
