"""A console in a pseudo-terminal: typed into with single writes, it answers what a terminal is asked."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.cells import cell_len

from tests.bench.harness import CONSOLE, Terminal
from tests.sandbox_thread import SandboxThread
from tests.unit.emulator import Emulator

LOCK_TIMEOUT = 60.0
UPDATE = "/api/v1/users/profile/update"
USER_READ = ("go out?", "─ read ")


class AnsweringEmulator(Emulator):
    """Keeps what it would answer, and makes `ambiguous` cells of each sign whose width is ambiguous."""

    def __init__(self, columns: int, lines: int, ambiguous: int = 1) -> None:
        super().__init__(columns, lines)
        self.answers: list[str] = []
        self._ambiguous = ambiguous

    def write_process_input(self, data: str) -> None:
        self.answers.append(data)

    def report_device_status(self, mode: int, **kwargs: bool) -> None:
        if mode == 6 and self._ambiguous == 2 and "●" in self.display[self.cursor.y]:
            self.answers.append(f"\x1b[{self.cursor.y + 1};{1 + 2 * self.cursor.x}R")
        elif not kwargs.get("private"):
            super().report_device_status(mode)


class Typist:
    """`dfn-tui` on a sandbox. `answering`: whether the terminal says where its cursor is when it is asked."""

    def __init__(
        self,
        folder: Path,
        sandbox: SandboxThread,
        *,
        config: str = "",
        environment: str = "sandbox",
        environ: Mapping[str, str] | None = None,
        answering: bool = True,
        ambiguous: int = 1,
        size: tuple[int, int] = (80, 24),
    ) -> None:
        self.sandbox = sandbox
        self.sent = ""
        (folder / "config.toml").write_text(
            f'default = "here"\n{config}\n[connections.here]\napi = "v1"\nenvironment = "{environment}"\n'
            f'base_url = "{sandbox.url}"\n'
        )
        known = {
            "HOME": str(folder),
            "DFN_TUI_CONFIG": str(folder / "config.toml"),
            "DFN_TUI_STATE": str(folder / "state"),
            "DFN_TUI_TOKEN": sandbox.token,
            "COLORTERM": "truecolor",
            "SSH_CONNECTION": "",
            "SSH_CLIENT": "",
            "SSH_TTY": "",
            "TMUX": "",
            "STY": "",
        }
        self.terminal = Terminal(
            [CONSOLE[0]], {**known, **(environ or {})}, columns=size[0], lines=size[1], folder=folder
        )
        self.terminal.answers = False  # it is answered here
        self._shown = AnsweringEmulator(*size, ambiguous)
        self._answering = answering
        self._late: list[str] = []

    def __enter__(self) -> Self:
        self.terminal.__enter__()
        try:
            self.wait_for("paste or type ids")
        except BaseException:
            self.terminal.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the console at once: asked to quit, it would ask in turn about what is staged."""
        with suppress(ProcessLookupError):
            os.kill(self.terminal.pid, signal.SIGKILL)
        self.terminal.__exit__(kind, error, trace)

    def type(self, keys: str) -> None:
        """All of it in one write."""
        self.terminal.send(keys)

    def listen(self) -> None:
        """Shows what was sent since, and answers it."""
        sent = self.terminal.settle(0.03).decode(errors="replace")
        self.sent += sent
        self._shown.feed(sent)
        answers, self._shown.answers = self._shown.answers, []
        if self._answering and answers:
            self.terminal.send("".join(answers))
        elif answers:
            self._late += answers

    def resize(self, columns: int, lines: int) -> None:
        self.listen()
        self._shown.resize(lines, columns)
        self.terminal.resize(columns, lines)

    def forget(self) -> None:
        """What was sent until now counts no more; a console that is asked to sends the whole screen anew."""
        self.terminal.settle()
        self._shown = AnsweringEmulator(self._shown.columns, self._shown.lines)

    def pause_answers(self) -> None:
        """From now on nothing is answered, as where the line is slow."""
        self._answering = False

    def resume_answers(self) -> None:
        """What was not answered is answered now, after what was typed meanwhile."""
        self.listen()
        self._answering = True
        self.terminal.send("".join(self._late))
        self._late = []

    def answer_first(self) -> None:
        """Answers the first question alone."""
        self.wait_until(lambda: bool(self._late))
        self.terminal.send(self._late.pop(0))

    def forget_answers(self) -> None:
        """What was not answered is lost, and what is asked from now on is answered."""
        self.wait_until(lambda: bool(self._late))
        self._answering, self._late = True, []

    def screen(self) -> str:
        self.listen()
        return self._shown.text()

    def wait_for(self, *words: str, gone: str = "\0") -> str:
        """What is shown, once all of these are and `gone` is not."""
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            screen = self.screen()
            if all(word in screen for word in words) and gone not in screen:
                return screen
            assert time.monotonic() < deadline, f"waited for {words}:\n{screen}"

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, self.screen()
            self.listen()

    def click(self, words: str, times: int = 1) -> None:
        """Clicks on the first of these words, once they are shown."""
        lines = self.wait_for(words).splitlines()
        y, line = next((at, line) for at, line in enumerate(lines, 1) if words in line)
        x = cell_len(line[: line.index(words)]) + 2
        self.type(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" * times)

    def writes(self) -> int:
        """How many writes have reached the server."""
        return sum(request.path == UPDATE for request in self.sandbox.requests)
