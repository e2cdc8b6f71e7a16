"""The signs of the screens, and ASCII in their place where a terminal would not keep them to one cell.

Unicode calls the width of many of them ambiguous. Some terminals, Korean ones mostly, give these two cells:
all that stands to their right moves, and frames fall apart.
"""

SAMPLE = "●○◆▲─│"
"""Some of them, each counted as one cell."""

_IN_ASCII = {
    "●◉": "@",
    "○◯": "o",
    "◎": "&",
    "≠": "!",
    "◆█▉▊▋": "#",
    "▲": "!",
    "▼↓✓": "v",
    "↑": "^",
    "→›❭▸▶»": ">",
    "←‹◂«↶": "<",
    "✗×": "x",
    "•※★▆": "*",
    "·▂": ".",
    "…": "~",
    "–—‐▃▔╌╍┄┅": "-",
    "─": "-",
    "━═▄": "=",
    "▁": "_",
    "▅": "+",
    "▇": "%",
    "▒▓": ":",
    "░": ".",
    "│┃║▌▍▎▏▐▕": "|",
    "╭╮╯╰┌┐└┘├┤┬┴┼╔╗╚╝┏┓┗┛": "+",
    "▀": "^",
    "“”": '"',
    "‘’": "'",
    "�": "?",
}
TO_ASCII = str.maketrans({sign: ascii for signs, ascii in _IN_ASCII.items() for sign in signs})
"""For `str.translate`. A character for a character, so that everything keeps its place."""
