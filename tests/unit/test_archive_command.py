"""`dfn-tui journal archive` where there is no database to speak to."""

import os
from pathlib import Path

import pytest

from dfn_tui.cli import main


def test_the_statements_are_printed_for_whoever_runs_the_database(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "archive", "init", "--print", "--writer", "w_1", "--reader", "r_1"]) == 0
    said = capfd.readouterr().out
    assert "CREATE TABLE IF NOT EXISTS dfn_tui.journal" in said
    assert "GRANT INSERT (host, account, seq, previous, hash, body, about, intent)" in said
    assert "GRANT SELECT ON dfn_tui.journal TO r_1;" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["init"], "Which role may make the table was not said."),
        (["init", "--dsn", "host=audit.example dbname=a user=o"], "--dsn cannot be used."),
        (["init", "--print", "--writer", "w; DROP"], "A role of the archive is named with"),
        (["init", "--print", "--writer", "one", "--reader", "one"], "are one role"),
        (["send"], "The configuration names no archive."),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], says: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "archive", *words]) == 2
    assert says in capfd.readouterr().err


def test_a_syslog_cannot_be_read_back(capfd: pytest.CaptureFixture[str]) -> None:
    Path(os.environ["DFN_TUI_CONFIG"]).write_text('[journal.archive]\nto = "syslog"\n')
    assert main(["history", "u-1", "--all-hosts"]) == 2
    assert "the syslog cannot be read" in capfd.readouterr().err
