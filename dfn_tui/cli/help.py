"""`dfn-tui help`: the manual, in the terminal's pager."""

import argparse
import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from dfn_tui.cli.output import write_text
from dfn_tui.errors import ConsoleError
from dfn_tui.paths import child_environment, manual_files
from dfn_tui.text import _, sanitize

_WIDEST = 100
_PAGER = ("less", "-R")


def run(args: argparse.Namespace) -> int:
    """Shows the list of topics, or one of them. Raises `ConsoleError` where there is no such topic."""
    topic = args.topic
    known = topics()
    if topic is None:
        write_text()
        wide = max(map(len, known))
        for name, about in known.items():
            print(f"{name.ljust(wide)}  {about}")
        print(_("\nShow one with: dfn-tui help TOPIC"))
        return 0
    if topic not in known:
        raise _unknown(topic, known)
    text = manual_files()[topic].read_text(encoding="utf-8")  # read well as it is, too, and by `grep`
    if sys.stdout.isatty():
        text = _rendered(text)
        command = pager(os.environ)
        if command and _paged(command, text):
            return 0
    write_text()
    print(text, end="")
    return 0


def topics() -> dict[str, str]:
    """What the manual is about, in alphabetical order: each topic with one line about it."""
    return {topic: _about(file) for topic, file in manual_files().items()}


def pager(environ: Mapping[str, str]) -> Sequence[str]:
    """The program that shows long texts, with its arguments, or nothing where none can be run.

    Nothing in the variable is run by a shell: it is only split into words as a shell would.
    """
    try:
        words = shlex.split(environ.get("PAGER", "")) or _PAGER
    except ValueError:  # a quote that is not closed
        words = _PAGER
    return words if shutil.which(words[0]) else ()


def _about(file: Path) -> str:
    """A topic's first line is `# Title: what it is about`."""
    with file.open(encoding="utf-8") as lines:
        return lines.readline().partition(": ")[2].strip()


def _unknown(topic: str, known: Mapping[str, str]) -> ConsoleError:
    near = get_close_matches(topic.lower()[:64], known, n=1)
    return ConsoleError(
        _("No such topic"),
        _("The manual has nothing on {topic}.").format(topic=sanitize(topic, 64)),
        _("Did you mean “{topic}”?").format(topic=near[0])
        if near
        else _("It has: {topics}.").format(topics=", ".join(known)),
    )


def _rendered(markdown: str) -> str:
    # Rich's Markdown takes longer to import than most commands take to run.
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    columns = min(shutil.get_terminal_size().columns, _WIDEST)
    page = Console(file=io.StringIO(), width=columns, force_terminal=True, legacy_windows=False)
    with page.capture() as shown:
        page.print(Markdown(markdown, code_theme="ansi_dark", hyperlinks=False))
    return shown.get()


def _paged(command: Sequence[str], text: str) -> bool:
    """Whether the pager could be started and has shown the text."""
    # Less ends by itself what fits on the screen.
    try:
        process = subprocess.Popen(  # noqa: S603  as the operator's own variable names it, without a shell
            command, stdin=subprocess.PIPE, env={"LESS": "FRX", **child_environment()}
        )
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the pager's own
    try:
        process.communicate(text.encode())
    finally:
        signal.signal(signal.SIGINT, before)
    return True
