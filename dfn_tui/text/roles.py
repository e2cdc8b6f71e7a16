"""What a colour says, by name, and which of the terminal's own colours says it: the same on the console's
screens and in what a command prints.

Withdrawn has no hue, because it is the safe state, and red is for danger alone.
"""

TERMINAL_ROLES = {
    "given": "green",
    "ok": "green",
    "withdrawn": "none",
    "never": "yellow",
    "warn": "yellow",
    "staged": "bright_blue",
    "danger": "red",
    "label": "dim",
    "dim": "dim",
    "faint": "dim",
    "cursor": "reverse",
    "cursor.off": "none",
    "night": "none",
    "badge": "reverse",
    "badge.production": "bold reverse red",
    "badge.night": "bold reverse yellow",
}
"""Each role as words of a style: a colour, `bold`, `dim`, `reverse`, or `none`."""
