"""The colours of the console: one name for each thing a colour says, and what it looks like in each theme.

Text names a role as its style (`Text("given", "given")`), the style sheets name the same as a variable
(`$given`). Withdrawn has no hue, because it is the safe state, and red is for danger alone.
"""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from rich.style import Style
from rich.theme import Theme as TextTheme
from textual.theme import BUILTIN_THEMES, Theme

from dfn_tui.text.roles import TERMINAL_ROLES

TERMINAL = "terminal"
"""The theme without colours of its own: light and dark terminals fit by themselves."""


class Palette(NamedTuple):
    """The colours of a theme with backgrounds, as `#rrggbb`."""

    background: str
    bar: str
    input: str
    cursor: str
    cursor_off: str
    """The cursor of a panel that has not the focus."""
    night: str
    staged_bar: str
    foreground: str
    label: str
    faint: str
    """For decoration alone: it never carries a meaning."""
    line: str
    line_focus: str
    given: str
    warn: str
    staged: str
    danger: str
    production: str
    """Behind the white word PRODUCTION."""
    on_warn: str
    """Text on an amber badge."""


DARK = Palette(
    background="#11151c",
    bar="#181e28",
    input="#1a212c",
    cursor="#2b3443",
    cursor_off="#202836",
    night="#1b2136",
    staged_bar="#1d3557",
    foreground="#d7dde7",
    label="#949fb0",
    faint="#465163",
    line="#323c4b",
    line_focus="#aeb9c9",
    given="#7fca92",
    warn="#e8b65a",
    staged="#6fb4ff",
    danger="#ff7570",
    production="#b8322f",
    on_warn="#1a1407",
)
LIGHT = Palette(
    background="#fbfbf9",
    bar="#f0f1ee",
    input="#f0f1ee",
    cursor="#d9e1eb",
    cursor_off="#e9edf2",
    night="#e5e7f3",
    staged_bar="#dbe8fb",
    foreground="#1f2530",
    label="#576270",
    faint="#a9b1bc",
    line="#c5cbd3",
    line_focus="#4a5566",
    given="#17702f",
    warn="#845600",
    staged="#0b57c2",
    danger="#bf241d",
    production="#b8322f",
    on_warn="#ffffff",
)
OWN = {"dark": DARK, "light": LIGHT}
THEMES = (TERMINAL, *OWN)


def _roles(palette: Palette) -> dict[str, str]:
    return {
        "given": palette.given,
        "ok": palette.given,
        "withdrawn": "none",
        "never": palette.warn,
        "warn": palette.warn,
        "staged": palette.staged,
        "danger": palette.danger,
        "label": palette.label,
        "dim": palette.label,
        "faint": palette.faint,
        "cursor": f"on {palette.cursor}",
        "cursor.off": f"on {palette.cursor_off}",
        "night": f"on {palette.night}",
        "badge": f"bold {palette.background} on {palette.label}",
        "badge.production": f"bold #ffffff on {palette.production}",
        "badge.night": f"bold {palette.on_warn} on {palette.warn}",
    }


@cache
def text_theme(name: str) -> TextTheme:
    """The styles of the roles in that theme. Each stands there bold as well: `strong.given`."""
    roles = _roles(OWN[name]) if name in OWN else TERMINAL_ROLES
    styles = {role: Style.parse(style) for role, style in roles.items()}
    strong = Style(bold=True)
    return TextTheme({**styles, **{f"strong.{role}": style + strong for role, style in styles.items()}})


@cache
def themes() -> dict[str, Theme]:
    """The three themes as Textual takes them, by name."""
    return {TERMINAL: _terminal(), **{name: _own(name, palette) for name, palette in OWN.items()}}


def _terminal() -> Theme:
    base = BUILTIN_THEMES["ansi-dark"]
    variables = dict.fromkeys(map(_variable, Palette._fields), "ansi_default")
    variables |= {"given": "ansi_green", "warn": "ansi_yellow", "staged": "ansi_bright_blue"}
    variables |= {"danger": "ansi_red", "production": "ansi_red", "line": "ansi_bright_black"}
    # Textual's are blue, which is for what is staged, and black, which is loud on a light terminal.
    variables |= dict.fromkeys(("scrollbar", "scrollbar-hover", "scrollbar-active"), "ansi_bright_black")
    places = ("", "-hover", "-active")
    variables |= dict.fromkeys((f"scrollbar-background{place}" for place in places), "ansi_default")
    cursors = ("block-cursor-foreground", "block-cursor-background", "block-cursor-blurred-foreground")
    variables |= dict.fromkeys((*cursors, "block-cursor-blurred-background"), "ansi_default")
    return replace(base, name=TERMINAL, variables={**base.variables, **variables})


def _own(name: str, palette: Palette) -> Theme:
    variables = {_variable(name): colour for name, colour in palette._asdict().items()}
    variables |= {
        "block-cursor-foreground": palette.foreground,
        "block-cursor-background": palette.cursor,
        "block-cursor-blurred-foreground": palette.foreground,
        "block-cursor-blurred-background": palette.cursor_off,
        "border": palette.line_focus,
        "border-blurred": palette.line,
        "input-selection-background": palette.staged_bar,
        "scrollbar": palette.line,
        "scrollbar-hover": palette.line,
        "scrollbar-active": palette.line_focus,
        "scrollbar-background": palette.background,
        "scrollbar-background-hover": palette.background,
        "scrollbar-background-active": palette.background,
    }
    return Theme(
        name=name,
        primary=palette.staged,
        secondary=palette.label,
        warning=palette.warn,
        error=palette.danger,
        success=palette.given,
        accent=palette.staged,
        foreground=palette.foreground,
        background=palette.background,
        surface=palette.background,
        panel=palette.bar,
        boost=palette.bar,
        dark=palette is DARK,
        variables=variables,
    )


def _variable(field: str) -> str:
    return field.replace("_", "-")
