"""What all commands share: data goes to the standard output, what is said about it to the standard error."""

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.text import _, clipped, padded, sanitize, width

_NOT_PLAIN = re.compile(r"[^ -~]+")


def guarded(command: Callable[[], int]) -> int:
    """Runs a command and returns its exit code: where whoever reads its output has enough (`| head`) before
    it is through, 0, or what was known by then (`written`). Raises `ConsoleError` where the output cannot be
    written."""
    code = 0
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_output()
    except KeyboardInterrupt:
        return ExitCode.STOPPED
    except OSError as error:
        abandon_output()
        if code:  # that says more, and is not hidden by this
            say(_("The output could not be written: {reason}.").format(reason=system_reason(error)))
            return code
        raise ConsoleError(
            _("The output could not be written"),
            _("Writing it failed: {reason}.").format(reason=system_reason(error)),
            _("What was written is not complete. Write to another place."),
        ) from error
    return code


def short_of() -> str:
    """What is said where the host ran out of something, and nobody knows how far a command came."""
    return _(
        "dfn-tui: this host has not enough memory, threads or open files left.\n"
        "What was sent before that is in the journal, and how it ended may not be.\n"
        "Raise the limits (ulimit), end other programs, and see: dfn-tui journal list"
    )


def flushed() -> None:
    """Has what was printed written now, or dropped where that cannot be: Python would fail over it later."""
    try:
        print(end="", flush=True)
    except OSError:
        abandon_output()


@contextmanager
def what_was_done() -> Iterator[None]:
    """While it is told how writes ended: what cannot be printed changes neither that nor the exit code, and
    is said. Whoever reads the output may stop before its end."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_output()
    except OSError as error:
        abandon_output()
        words = _("The output could not be written: {reason}. That changes nothing of what was done.")
        say(words.format(reason=system_reason(error)))


def written(write: Callable[[], None]) -> bool:
    """Writes something on the way to a command's end, and says whether anybody reads it: where nobody does
    any more (`| head`), that changes neither what is done nor its code."""
    try:
        write()
    except BrokenPipeError:
        abandon_output()
        return False
    return True


def abandon_output() -> None:
    """Lets nothing that is still held back be written when Python ends: it would fail again, and be shown."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def write_text() -> None:
    """From here on the output is text in the terminal's encoding; what that has no character for is
    escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def write_data() -> None:
    """From here on the output is data: UTF-8, whatever the terminal's encoding is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def write_json(objects: Iterable[object]) -> None:
    """Writes the objects as data, one a line."""
    write_data()
    for one in objects:
        print(json_line(one))


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
