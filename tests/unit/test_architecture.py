"""Who may import whom, and what the first screen must not wait for."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import parsed

ROOT = Path(__file__).parents[2]
HEAVY = (
    *("textual", "httpx", "pydantic", "keyring", "cryptography", "phonenumbers", "starlette", "uvicorn"),
    "python_calamine",
)


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_module_imports_another_in_a_circle() -> None:
    """Imports for type checking count, and those inside functions."""
    files = {module_name(path): path for path in (ROOT / "dfn_tui").rglob("*.py")}
    assert circle({name: set(imported(path, files)) - {name} for name, path in files.items()}) == []


def test_a_circle_is_found_whichever_way_it_is_imported(tmp_path: Path) -> None:
    lines = {
        "a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b",
        "b": "def late():\n    from c import x",
        "c": "import a",
    }
    files = {name: tmp_path / f"{name}.py" for name in lines}
    for name, path in files.items():
        path.write_text(lines[name])
    assert set(circle({name: set(imported(path, files)) for name, path in files.items()})) == set(lines)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that this file imports, wherever in it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from inner & known.keys() or {str(node.module)} & known.keys()


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules of a circle, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize(
    "module",
    [
        "dfn_tui.cli",
        "dfn_tui.config",
        "dfn_tui.consent.flags",
        "dfn_tui.api.types",
        "dfn_tui.api.errors",
        "dfn_tui.store",
    ],
)
def test_what_is_needed_before_the_first_paint_is_light(module: str) -> None:
    script = f"import sys, {module}; print(*({set(HEAVY)} & set(sys.modules)))"
    assert printed(script) == []


def test_a_start_imports_nothing_that_only_later_screens_and_calls_need() -> None:
    later = {
        "dfn_tui.api.calls",
        "dfn_tui.config.schema",
        "dfn_tui.config.writing",
        "dfn_tui.sandbox.options",
        "dfn_tui.screens.lookup.users",
        "json",
        "secrets",
        "tomllib",
    }
    started = "dfn_tui.cli.console, dfn_tui.service.demo, dfn_tui.painting.driver"
    assert printed(f"import sys, {started}; print(*{later} & set(sys.modules))") == []


def test_a_user_is_opened_without_what_their_tables_need() -> None:
    tables = {"textual.widgets._data_table", "dfn_tui.screens.user.pane"}
    shown = "dfn_tui.screens.user.screen, dfn_tui.screens.lookup.workbench"
    assert printed(f"import sys, {shown}; print(*{tables} & set(sys.modules))") == []


def test_a_short_command_creates_few_dataclasses() -> None:
    """Each takes a third of a millisecond, seven times what a named tuple takes; they were 57."""
    needed = (
        "dfn_tui.cli.writing, dfn_tui.credentials, dfn_tui.api.transport, dfn_tui.api.v1, "
        "dfn_tui.config.schema"
    )
    script = (
        f"import sys, {needed}\n"
        "ours = [module for name, module in sys.modules.items() if name.startswith('dfn_tui')]\n"
        "kinds = {one for module in ours for one in vars(module).values() if isinstance(one, type)}\n"
        "made = [one for one in kinds if '__dataclass_params__' in vars(one)]\n"
        "print(sum(one.__module__.startswith('dfn_tui') for one in made))"
    )
    assert int(*printed(script)) <= 17


def test_no_named_tuple_has_a_field_for_its_default() -> None:
    """`field(default=…)` is a dataclass's: here it would itself be the value, and mypy lets it pass."""
    trees = [parsed(path) for path in (ROOT / "dfn_tui").rglob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    tuples = [one for one in classes if any(ast.unparse(base) == "NamedTuple" for base in one.bases)]
    values = [
        step.value for one in tuples for step in one.body if isinstance(step, ast.AnnAssign) and step.value
    ]
    assert tuples
    assert [ast.unparse(value) for value in values if ast.unparse(value).startswith("field(")] == []


def printed(script: str) -> list[str]:
    """The words that a new Python prints for this script."""
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return ended.stdout.split()


def test_no_unit_test_has_a_server() -> None:
    folder = Path(__file__).parent
    server = {"tests.sandbox_thread": ROOT / "tests" / "sandbox_thread.py"}
    having = [file.name for file in folder.rglob("*.py") if [*imported(file, server)]]
    assert not having, "theirs is tests/service"
