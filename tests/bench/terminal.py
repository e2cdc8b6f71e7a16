"""The console beside a bare Textual app and vim, in pseudo-terminals, in one run. Run by hand:

    python -m tests.bench.terminal [--runs N]

Prints a table and judges nothing: a time means something only beside the others of the same machine at the
same moment. Linux, and an otherwise idle machine; without vim its column stays empty.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence

from tests.bench import bytes as sent
from tests.bench import start
from tests.bench.harness import Figure


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10, help="starts of each program")
    runs = parser.parse_args().runs
    with_vim = shutil.which("vim") is not None
    with tempfile.TemporaryDirectory() as home:
        environ = {
            "HOME": home,
            "DFN_TUI_CONFIG": f"{home}/config.toml",
            "DFN_TUI_STATE": f"{home}/state",
            "LANG": "C.UTF-8",
        }
        print(
            f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}\n"
        )
        print_bytes(sent.measure(environ, with_vim=with_vim))
        print_times(start.measure(environ, runs=runs, with_vim=with_vim))


def print_bytes(figures: Sequence[Figure]) -> None:
    sizes = [f"{columns}×{lines}" for columns, lines in sent.SIZES]
    print(f"| | {' | '.join(sizes)} | goal | goal, larger | bare Textual | vim |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for one in figures:
        _print_row(one, one.console, *one.larger, one.goal, one.goal_of_larger, one.bare, one.vim)


def print_times(figures: Sequence[Figure]) -> None:
    print("\n| | console | goal | × bare | bare Textual | vim |")
    print("|---|---:|---:|---:|---:|---:|")
    for one in figures:
        ratio = one.console / one.bare if one.bare else None
        _print_row(one, one.console, one.goal, ratio, one.bare, one.vim)


def _print_row(figure: Figure, *cells: float | None) -> None:
    print(f"| {figure.name} | {' | '.join(map(_shown, cells))} |", flush=True)


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


if __name__ == "__main__":
    main()
