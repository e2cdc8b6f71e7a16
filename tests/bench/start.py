"""How fast and how heavy the console is, beside a bare Textual app of one Input and vim, at 80×24.

- First usable screen: from starting the program to the first character typed that is painted. One is typed
  every few milliseconds from the moment the program has taken the terminal. The programs take turns. The
  console opens a connection of its configuration; the demonstration starts a sandbox beside that.
- Key to paint: from a key press to the bytes that paint it. Typed: into the first screen's input. Arrow: the
  cursor of the consent matrix; in the bare app, that of the input.
- Resident: the memory of the program itself, on its first screen, then with a user open.
"""

import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from tests.bench.harness import ALTERNATE_SCREEN, BARE, CONSOLE, QUIT, QUIT_VIM, VIM, Figure, Terminal

CONFIG = 'default = "prod"\n[connections.prod]\napi = "v1"\nenvironment = "production"\n'
PRESSES = 40  # fit into the inputs
TYPE_AGAIN = 0.004  # seconds
SIGN = "%"  # on no first screen, and in no escape sequence that is sent
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
ANYTHING = b"\x1b"  # whatever is painted begins with it
POINTER = b"given"  # painted where the cursor of the consent matrix is
EMPTY = "\x15"  # Ctrl+U empties an input
TYPING = (*VIM, "-c", "startinsert")

FIRST = "ms: first usable screen"
FIRST_OF_DEMO = "ms: first usable screen of the demonstration"
TYPED = "ms: a typed character, until painted"
ARROW = "ms: an arrow key, until painted"
RESIDENT = "MiB: resident, first screen"
RESIDENT_LATER = "MiB: resident, a user open"


def measure(environ: Mapping[str, str], *, runs: int, with_vim: bool) -> list[Figure]:
    """All figures; of what was done several times, the median. `runs` is how often each is started."""
    Path(environ["DFN_TUI_CONFIG"]).write_text(CONFIG, encoding="utf-8")
    commands = {"console": CONSOLE[:1], "demo": CONSOLE, "bare": BARE} | ({"vim": TYPING} if with_vim else {})
    first = starts(commands, runs, environ)
    console, bare = measure_console(environ), measure_bare(environ)
    vim = measure_vim(environ) if with_vim else {}
    goals = {TYPED: 10.0, ARROW: 10.0}
    figures = [
        Figure(FIRST, first["console"], first["bare"], first.get("vim"), 1.2 * first["bare"]),
        Figure(FIRST_OF_DEMO, first["demo"], first["bare"]),
    ]
    figures += [
        Figure(name, value, bare.get(name), vim.get(name), goals.get(name)) for name, value in console.items()
    ]
    return figures


def starts(commands: Mapping[str, Sequence[str]], runs: int, environ: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds to the first usable screen of each, started in turns."""
    for command in commands.values():  # a first start of each, not counted, fills the file cache
        first_usable_ms(command, environ)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(first_usable_ms(command, environ))
    return {name: median(times) for name, times in taken.items()}


def first_usable_ms(command: Sequence[str], environ: Mapping[str, str]) -> float:
    with Terminal(command, environ, quit_with=QUIT_VIM if command is TYPING else QUIT) as terminal:
        usable = wait_until_usable(terminal)
        return (usable - terminal.started) * 1000


def wait_until_usable(terminal: Terminal) -> float:
    """When a character typed was painted for the first time."""
    if terminal.wait_for(ALTERNATE_SCREEN) is None:
        raise RuntimeError("the program never took the terminal")
    while terminal.echoes():  # what is typed until then is painted by the terminal itself
        time.sleep(0.001)
    while True:
        terminal.send(SIGN)
        painted = terminal.wait_for(SIGN.encode(), TYPE_AGAIN)
        if painted is not None:
            return painted


def measure_bare(environ: Mapping[str, str]) -> dict[str, float]:
    with Terminal(BARE, environ) as terminal:
        wait_until_usable(terminal)
        terminal.settle()
        figures = {RESIDENT: terminal.resident_kib() / 1024, TYPED: typed_ms(terminal)}
        arrows = islice(cycle((LEFT, RIGHT)), PRESSES)
        return figures | {ARROW: median(press_ms(terminal, key, ANYTHING) for key in arrows)}


def measure_vim(environ: Mapping[str, str]) -> dict[str, float]:
    with Terminal(TYPING, environ, quit_with=QUIT_VIM) as terminal:
        wait_until_usable(terminal)
        terminal.settle()
        typed = median(press_ms(terminal, SIGN, SIGN.encode()) for _ in range(PRESSES))
        return {RESIDENT: terminal.resident_kib() / 1024, TYPED: typed}


def measure_console(environ: Mapping[str, str]) -> dict[str, float]:
    with Terminal(CONSOLE, environ) as terminal:
        wait_until_usable(terminal)
        terminal.settle()
        resident, typed = terminal.resident_kib() / 1024, typed_ms(terminal)
        empty_input(terminal)
        terminal.send("user-0001\r")
        if terminal.wait_for(POINTER) is None:
            raise RuntimeError("the user never opened")
        terminal.settle(1.0)
        arrows = islice(cycle((DOWN, UP)), PRESSES)
        arrow = median(press_ms(terminal, key, POINTER) for key in arrows)
        later = terminal.resident_kib() / 1024
        return {TYPED: typed, ARROW: arrow, RESIDENT: resident, RESIDENT_LATER: later}


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
