"""What all commands share: data goes to the standard output, what is said about it to the standard error."""

import io
import json
import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.text import _, clipped, padded, sanitize, width

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NOT_PLAIN = re.compile(r"[^ -~]+")


class _Output(io.FileIO):
    """The standard output while a command runs. Once it cannot be written, what else is printed is dropped:
    what cannot be printed ends no command, so that each has the code that it would have had."""

    failure: OSError | None = None
    told = False
    """Whether it was said that the failure changes nothing of what was done."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            while self.failure is None:
                if (written := super().write(data)) is not None:
                    return written
                select.select([], [self], [])  # another program made it one that does not wait
        except OSError as error:
            self.failure = error
        return memoryview(data).nbytes


def guarded(command: Callable[[], int]) -> int:
    """Runs a command and returns its exit code, whatever became of its output. Raises `ConsoleError` where
    all was as asked but for the output that could not be written. Who reads it may have enough of it."""
    with _kept_output():
        try:
            code = command()
        except KeyboardInterrupt:
            return ExitCode.STOPPED
        sys.stdout.flush()
        output = _output()
    failure = output.failure if output is not None and not output.told else None
    if failure is None or isinstance(failure, BrokenPipeError):
        return code
    reason = system_reason(failure)
    if code:  # that says more, and is not hidden by this
        say(_("The output could not be written: {reason}.").format(reason=reason))
        return code
    raise ConsoleError(
        _("The output could not be written"),
        _("Writing it failed: {reason}.").format(reason=reason),
        _("What was written is not complete. Write to another place."),
    ) from failure


@contextmanager
def _kept_output() -> Iterator[None]:
    """While a command runs, a failure to print is kept, not raised."""
    before = sys.stdout
    if isinstance(before, io.TextIOWrapper):
        with suppress(io.UnsupportedOperation):  # it is no file, as in tests
            buffer = io.BufferedWriter(_Output(before.fileno(), "w", closefd=False))
            before.flush()
            # By lines in a terminal: what is said stands after the data that it is about.
            by_lines = before.line_buffering or before.write_through or before.isatty()
            sys.stdout = io.TextIOWrapper(buffer, before.encoding, before.errors, line_buffering=by_lines)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before


def _output() -> _Output | None:
    """What the standard output goes through, but in tests that catch it."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw if isinstance(raw, _Output) else None


def is_written() -> bool:
    """Whether what is printed arrives anywhere: not any more once writing it failed."""
    output = _output()
    return output is None or output.failure is None


def is_read() -> bool:
    """Whether anybody may still read it: not any more once a pipe was closed at its other end."""
    output = _output()
    return output is None or not isinstance(output.failure, BrokenPipeError)


def short_of() -> str:
    """What is said where the host ran out of something, and nobody knows how far a command came."""
    return _(
        "dfn-tui: this host has not enough memory, threads or open files left.\n"
        "What was sent before that is in the journal, and how it ended may not be.\n"
        "Raise the limits (ulimit), end other programs, and see: dfn-tui journal list"
    )


def flushed() -> None:
    """Has what was printed written now, or dropped where that cannot be: Python would fail over it later."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def what_was_done() -> Iterator[None]:
    """While it is told how writes ended: what cannot be printed changes neither that nor the exit code, and
    is said. Whoever reads the output may stop before its end."""
    yield
    sys.stdout.flush()
    output = _output()
    if output is None or output.failure is None or output.told:
        return
    output.told = True
    if not isinstance(output.failure, BrokenPipeError):
        words = _("The output could not be written: {reason}. That changes nothing of what was done.")
        say(words.format(reason=system_reason(output.failure)))


def write_text() -> None:
    """From here on the output is text in the terminal's encoding; what that has no character for is
    escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def write_data() -> None:
    """From here on the output is data: UTF-8, whatever the terminal's encoding is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def write_lines(lines: Iterable[str]) -> None:
    """Writes the lines as text. They have to be inert."""
    write_text()
    for line in lines:
        print(line)


def say(text: str) -> None:
    """Tells the operator something that is no data. `text` has to be inert. What cannot be said changes
    nothing."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # or Python would fail over what is held back at its end, with a code of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def json_line(value: object) -> str:
    """JSON on one line that a terminal can show: what it would obey, and what it would not show, is escaped
    as JSON escapes it, so that the value stays what it was."""
    return _NOT_PLAIN.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return "".join(char if sanitize(char) == char else json.dumps(char)[1:-1] for char in found[0])


class ProgressLine:
    """A line that says how far a command is; on a terminal only, and gone when the command is through."""

    def __init__(self, *, beside_data: bool = False) -> None:
        """`beside_data`: output is written meanwhile, and must not go to the same terminal."""
        self._shown = 0
        self._next = 0.0
        self._said = False
        self.heard = time.monotonic()
        """When there was something to be shown last."""
        movable = os.environ.get("TERM", "") not in ("", "dumb", "unknown")  # a line can be written over
        self.terminal = movable and sys.stderr.isatty() and not (beside_data and sys.stdout.isatty())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")

    def show(self, text: str) -> None:
        """Shows `text` in place of what was shown before, ten times a second at most."""
        self.heard = time.monotonic()
        if self.heard >= self._next:
            self._next = self.heard + 0.1
            self._put(text)

    def wait(self, text: str) -> None:
        """Shows what is waited for; where no terminal is, says so once, or nobody would know."""
        if self.terminal:
            self._put(text)
        elif not self._said:
            self._said = True
            say(text)

    def _put(self, text: str) -> None:
        if not self.terminal:
            return
        with suppress(OSError):  # it has no size
            if columns := os.get_terminal_size(sys.stderr.fileno()).columns:
                text = clipped(text, columns - 1)
        self._write("\r" + padded(text, self._shown))
        self._shown = max(self._shown, width(text))

    def _write(self, text: str) -> None:
        print(text, end="", file=sys.stderr, flush=True)
