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
