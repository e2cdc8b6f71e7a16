"""What the command line does around the commands."""

import gc

import pytest

from dfn_tui.cli import main


def test_the_garbage_collector_works_again_however_the_console_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert main([]) == 2
    assert gc.isenabled()
    assert capsys.readouterr().err.startswith("dfn-tui: ")


def test_the_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    words = capsys.readouterr().out
    assert all(f"\n    {name} " in words for name in ("get", "set", "ci", "completion", "doctor"))
    assert "3 refused" in words


def test_a_user_goes_with_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--user", "user-0001", "get", "user-0002"])
    assert ended.value.code == 2
    assert main(["--user", ""]) == 2
    assert "An id is empty." in capsys.readouterr().err
