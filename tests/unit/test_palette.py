"""What the two themes of our own make of a role can be read on every background it may stand on."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.widgets.palette import OWN, Palette, _roles, text_theme

LEAST = 4.5
"""WCAG's level AA for text of usual size."""
BACKGROUNDS = ("background", "bar", "input", "cursor", "cursor_off", "night", "staged_bar")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs(name: str, palette: Palette) -> Iterator[tuple[str, str, str, str]]:
    """Each role with each background, and the badges on their own; `faint` carries no meaning."""
    for role in _roles(palette).keys() - {"faint"}:
        style = text_theme(name).styles[role]
        colour = style.color.name if style.color else palette.foreground
        if style.bgcolor is not None:
            yield role, colour, "its own", style.bgcolor.name
            continue
        for background in BACKGROUNDS:
            yield role, colour, background, getattr(palette, background)


@pytest.mark.parametrize("name", OWN)
def test_every_role_can_be_read_on_every_background(name: str) -> None:
    own = {"given", "withdrawn", "never", "staged", "warn", "danger", "ok", "label", "badge.night"}
    found = [*pairs(name, OWN[name])]
    assert own <= {role for role, *_rest in found}
    assert {
        (role, background): round(contrast(colour, behind), 2)
        for role, colour, background, behind in found
        if contrast(colour, behind) < LEAST
    } == {}


ROOT = Path(__file__).parents[2]


def test_no_style_sheet_writes_on_or_with_a_colour_that_is_not_tested() -> None:
    sheets = "\n".join(one.read_text("utf-8") for one in (ROOT / "styles").glob("*.tcss"))
    behind = set(re.findall(r"\bbackground: \$([\w-]+)", sheets))
    assert behind <= {name.replace("_", "-") for name in BACKGROUNDS}
    written = set(re.findall(r"(?<![\w-])(?:border-title-|border-subtitle-)?color: \$([\w-]+)", sheets))
    assert written <= {"foreground", *_roles(OWN["dark"])}


def test_no_text_has_a_colour_but_those_of_a_role() -> None:
    """A terminal's own blue on a background of ours is whatever that terminal makes of it."""
    colour = re.compile(
        r"(?:(?:bold|dim|italic|on|not|underline|reverse) )*(?:bright_)?"
        r"(?:black|red|green|yellow|blue|magenta|cyan|white)"
    )
    found = [
        f"{path.name}: {node.value}"
        for folder in ("screens", "widgets")
        for path in sorted((ROOT / "dfn_tui" / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and colour.fullmatch(node.value)
    ]
    assert found == []


def test_the_contrast_is_that_of_the_guideline() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
