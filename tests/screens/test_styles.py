"""The styles name classes that there are."""

import ast
import re
from pathlib import Path

import textual.containers
import textual.widgets

from tests.sources import parsed

ROOT = Path(__file__).parents[2]


def test_every_class_that_a_style_names_exists() -> None:
    """A rule for a class that was renamed does nothing, and nobody is told."""
    own = {
        node.name
        for path in (ROOT / "dfn_tui").rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    }
    known = {
        *own,
        *vars(textual.widgets)["__all__"],
        *dir(textual.containers),
        "Screen",
        "ModalScreen",
        "Toast",
        "ToastRack",
    }
    named: set[str] = set()
    for path in sorted((ROOT / "styles").glob("*.tcss")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        for selector in re.findall(r"([^{}]*)\{", text):
            named |= set(re.findall(r"(?<![#.\w$-])[A-Z]\w+", selector))
    assert named - known == set()


def test_every_handler_is_named_for_a_message_that_there_is() -> None:
    """`on_choice_changed` would never be called where the class is `Selector`."""
    sources = [path.read_text("utf-8") for path in (ROOT / "dfn_tui").rglob("*.py")]
    handlers = {
        name
        for text in sources
        for name in re.findall(r"def (on_[a-z_]+_[a-z]+)\(self, event: ([\w.]+)", text)
    }
    wrong = [
        (name, message)
        for name, message in handlers
        if "." in message
        and name
        != "on_" + re.sub(r"(?<!^)(?=[A-Z])", "_", message.replace(".", "_")).lower().replace("__", "_")
    ]
    assert wrong == []
