"""One meaning a name."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.sources import parsed

ROOT = Path(__file__).parents[2]


def test_no_two_classes_have_one_name() -> None:
    """Private ones may: nobody outside their file reads of them."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "dfn_tui").rglob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
