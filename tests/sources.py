"""Reading Python sources in tests."""

import ast
import gc
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree. What the garbage collector runs in the middle of it may parse as well, and
    Python 3.11 then loses count of the depth of a tree: the collector waits."""
    gc.disable()
    try:
        return ast.parse(path.read_text("utf-8"))
    finally:
        gc.enable()
