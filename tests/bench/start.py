"""How fast and how heavy the console is, beside a bare Textual app of one Input, in the same run.

    python -m tests.bench.start [--runs N]

Prints a table and judges nothing: a figure means something only beside the bare app's on the same machine
at the same time. Linux, and an otherwise idle machine. What is measured:

- First usable screen: from starting the program to the first character typed that is painted. One is typed
  every few milliseconds from the moment the program has taken the terminal. The two programs take turns.
- Key to paint: from a key press to the bytes that paint it. Typed: into the first screen's input. Arrow: the
  cursor of the consent matrix; in the bare app, that of the input.
- Idle: bytes sent in ten seconds when nobody touches anything. The console repaints its clock once a
  minute; that is left out.
- Resident: the memory of the program itself, on its first screen, then with a user open.
"""

import argparse
import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from tests.bench.terminal import ALTERNATE_SCREEN, Terminal

BARE = (sys.executable, str(Path(__file__).with_name("bare_app.py")))
CONSOLE = (str(Path(sysconfig.get_path("scripts")) / "dfn-tui"), "demo")

PRESSES = 40  # fit into both inputs
IDLE = 10.0  # seconds
TYPE_AGAIN = 0.004  # seconds
SIGN = "%"  # on neither first screen, and in no escape sequence that is sent
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
ANYTHING = b"\x1b"  # whatever is painted begins with it
POINTER = "▸".encode()  # painted where the cursor of the consent matrix is
EMPTY = "\x15"  # Ctrl+U empties an input


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds, bytes and MiB of one program."""

    typed_ms: float
    arrow_ms: float
    idle_bytes: int
    idle_bytes_later: int
    resident_mib: float
    resident_mib_later: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10, help="starts of each program")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        environ = {
            "HOME": home,
            "DFN_TUI_CONFIG": f"{home}/config.toml",
            "DFN_TUI_STATE": f"{home}/state",
            "LANG": "C.UTF-8",
        }
        bare_starts, console_starts = starts(runs, environ)
        bare, console = measure_bare(environ), measure_console(environ)
    print_table(
        [
            (f"first usable screen, ms, median of {runs}", median(bare_starts), median(console_starts)),
            (f"typed character to paint, ms, median of {PRESSES}", bare.typed_ms, console.typed_ms),
            (f"arrow to paint, ms, median of {PRESSES}", bare.arrow_ms, console.arrow_ms),
            (f"bytes when idle for {IDLE:.0f} s, first screen", bare.idle_bytes, console.idle_bytes),
            (
                f"bytes when idle for {IDLE:.0f} s, a user open",
                bare.idle_bytes_later,
                console.idle_bytes_later,
            ),
            ("resident MiB, first screen", bare.resident_mib, console.resident_mib),
            ("resident MiB, a user open", bare.resident_mib_later, console.resident_mib_later),
        ]
    )


def starts(runs: int, environ: Mapping[str, str]) -> tuple[list[float], list[float]]:
    """Milliseconds to the first usable screen of the bare app and of the console, started in turns."""
    figures: tuple[list[float], list[float]] = ([], [])
    for command in (BARE, CONSOLE):  # a first start of each, not counted, fills the file cache
        first_usable_ms(command, environ)
    for _ in range(runs):
        for command, into in zip((BARE, CONSOLE), figures, strict=True):
            into.append(first_usable_ms(command, environ))
    return figures


def first_usable_ms(command: Sequence[str], environ: Mapping[str, str]) -> float:
    with Terminal(command, environ) as terminal:
        usable = wait_until_usable(terminal)
        return (usable - terminal.started) * 1000


def wait_until_usable(terminal: Terminal) -> float:
    """When a character typed was painted for the first time."""
    if terminal.wait_for(ALTERNATE_SCREEN) is None:
        raise RuntimeError("the program never took the terminal")
    while True:
        terminal.send(SIGN)
        painted = terminal.wait_for(SIGN.encode(), TYPE_AGAIN)
        if painted is not None:
            return painted


def measure_bare(environ: Mapping[str, str]) -> Figures:
    with Terminal(BARE, environ) as terminal:
        wait_until_usable(terminal)
        terminal.settle()
        resident, idle = terminal.resident_kib() / 1024, idle_bytes(terminal)
        typed = typed_ms(terminal)
        arrow = median(press_ms(terminal, key, ANYTHING) for key in islice(cycle((LEFT, RIGHT)), PRESSES))
        return Figures(typed, arrow, idle, idle_bytes(terminal), resident, terminal.resident_kib() / 1024)


def measure_console(environ: Mapping[str, str]) -> Figures:
    with Terminal(CONSOLE, environ) as terminal:
        wait_until_usable(terminal)
        terminal.settle()
        resident, idle = terminal.resident_kib() / 1024, idle_bytes(terminal)
        typed = typed_ms(terminal)
        empty_input(terminal)
        terminal.send("user-0001\r")
        if terminal.wait_for(POINTER) is None:
            raise RuntimeError("the user never opened")
        terminal.settle(1.0)
        arrow = median(press_ms(terminal, key, POINTER) for key in islice(cycle((DOWN, UP)), PRESSES))
        return Figures(typed, arrow, idle, idle_bytes(terminal), resident, terminal.resident_kib() / 1024)


def empty_input(terminal: Terminal) -> None:
    terminal.send(EMPTY)
    terminal.settle()  # Textual would take what is typed in the same moment before it


def typed_ms(terminal: Terminal) -> float:
    empty_input(terminal)
    return median(press_ms(terminal, SIGN, SIGN.encode()) for _ in range(PRESSES))


def press_ms(terminal: Terminal, key: str, painted: bytes) -> float:
    """Milliseconds from pressing `key` until the program has sent `painted`."""
    pressed = terminal.send(key)
    seen = terminal.wait_for(painted)
    if seen is None:
        raise RuntimeError(f"{key!r} was never painted")
    terminal.settle(0.03)
    return (seen - pressed) * 1000


def idle_bytes(terminal: Terminal) -> int:
    """Bytes sent in `IDLE` seconds that hold no turn of the minute, which repaints the console's clock."""
    left = 60 - time.time() % 60
    if left < IDLE + 1:
        time.sleep(left + 2)
    terminal.settle(0.0)
    return terminal.sent_in(IDLE)


def print_table(rows: Sequence[tuple[str, float, float]]) -> None:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    print(f"{'':48}{'bare':>9}{'console':>9}{'ratio':>8}")
    for name, bare, console in rows:
        ratio = f"{console / bare:.2f}" if bare else "-"
        print(f"{name:48}{bare:9.1f}{console:9.1f}{ratio:>8}")


if __name__ == "__main__":
    main()
