"""Whether each guard of the write path is tested: it is removed in turn, and a test has to fail. Run by hand:

    python -m tests.bench.mutants [--only WORD] [--wide]

Works on a copy of the sources, and runs the tests nearest to the guard; with `--wide` all that need no
terminal, where the nearest pass. Ends with 1 where a guard can be removed unnoticed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.guards import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("dfn_tui", "styles", "tests", "pyproject.toml", "README.md", "LICENSE")
LONGEST = 200.0
"""Seconds after which tests are taken not to end: without some guards the console goes on for ever."""

WIDE = ("tests/unit", "tests/service", "tests/api", "tests/commands")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="only guards whose name holds this")
    parser.add_argument("--wide", action="store_true", help="then all tests that need no terminal")
    asked = parser.parse_args()
    mutants = [one for one in MUTANTS if asked.only in one.guard]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        survivors = [one for one in mutants if not any(_noticed(one, copy, wide=asked.wide))]
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} guards cannot be removed unnoticed")
    return 1 if survivors else 0


def _noticed(mutant: Mutant, copy: Path, *, wide: bool) -> Iterator[bool]:
    """Whether a test fails without the guard: of the nearest ones, then of all where it is looked wide."""
    file = copy / mutant.file
    source = file.read_text()
    assert source.count(mutant.old) == 1, f"{mutant.guard}: {source.count(mutant.old)} places"
    file.write_text(source.replace(mutant.old, mutant.new))
    try:
        for tests in (mutant.tests, WIDE) if wide else (mutant.tests,):
            failed = _failed(tests, copy, "2" if tests is WIDE else "0")
            print(f"{'noticed  ' if failed else 'UNNOTICED'} {mutant.guard}: {failed}", flush=True)
            yield bool(failed)
            if failed:
                return
    finally:
        file.write_text(source)


def _failed(tests: tuple[str, ...], copy: Path, processes: str) -> str:
    """The first test that fails, "" where none does."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-m",
        "",
        "-p",
        "no:cacheprovider",
        "-n",
        processes,
        *tests,
    ]
    env = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    failures = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode not in (0, 1) or (done.returncode and not failures):
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return failures[0].split(" - ")[0].partition(" ")[2] if failures else ""


if __name__ == "__main__":
    sys.exit(main())
