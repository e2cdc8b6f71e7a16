"""What the commands write where: JSON, progress, and nothing after Ctrl-C."""

import io
import json
import sys

import pytest

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import ProgressLine, guarded, json_line
from dfn_tui.cli.session import _tell_silence


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
        with ProgressLine() as progress:
            progress.show("half")
            progress.show("too soon after the other")
        assert stderr.getvalue() == expected
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert not ProgressLine(beside_data=True).terminal


def test_what_is_waited_for_is_shown_on_a_terminal_and_said_once_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for stderr, expected in ((Terminal(), "\r1 s\r2 s\r   \r"), (io.StringIO(), "1 s\n")):
        monkeypatch.setattr(sys, "stderr", stderr)
        with ProgressLine() as progress:
            progress.wait("1 s")
            progress.wait("2 s")
        assert stderr.getvalue() == expected


async def test_once_it_is_being_stopped_no_bound_is_told_that_holds_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dfn_tui.cli.session.SILENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", told := io.StringIO())
    stopped = iter([False, True, True])
    await _tell_silence(ProgressLine(), 60.0, lambda: next(stopped))
    assert told.getvalue() == ""


def test_ctrl_c_ends_quietly() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert guarded(interrupted) == ExitCode.STOPPED
