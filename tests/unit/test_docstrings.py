"""What public functions say of themselves: whatever raises an error of its own names it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dfn_tui
from tests.sources import parsed

ROOT = Path(dfn_tui.__file__).parent
PYTHONS_OWN = {"NotImplementedError", "KeyboardInterrupt", "SystemExit", "AssertionError"}


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public functions, and public methods of public classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _functions(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def _raised(function: ast.AST) -> set[str]:
    called = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc is not None)
    return {ast.unparse(exc.func if isinstance(exc, ast.Call) else exc) for exc in called} - PYTHONS_OWN


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_an_error_that_is_raised_is_named(file: Path) -> None:
    silent = [
        f"{function.name} (line {function.lineno}) raises {', '.join(sorted(raised))}"
        for function in _functions(parsed(file))
        # a method without a docstring is described by the protocol or class it implements
        if (words := ast.get_docstring(function)) and "aises" not in words and (raised := _raised(function))
    ]
    assert silent == []
