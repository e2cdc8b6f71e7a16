import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dfn_tui.painting.abilities import (
    ANSWERED_IN,
    ASK_REPEAT,
    Abilities,
    erases_in_colour,
    repeats,
)
from dfn_tui.painting.difference import Canvas
from dfn_tui.painting.grid import Grid
from dfn_tui.painting.painter import Painter
from dfn_tui.painting.reading import AnsiParser, is_aside
from dfn_tui.painting.runs import changed_runs, fewest_bytes
from dfn_tui.painting.style import DEFAULT, CellStyle, apply, change
from tests.unit.emulator import Emulator

WIDTH, HEIGHT = 24, 7
TEXTS = (
    st.text("ab #─●▸홍길동漢é🙂", min_size=1, max_size=WIDTH)
    | st.lists(st.text("a ─·●홍", min_size=1, max_size=1).map(lambda sign: sign * 6), max_size=4).map("".join)
    | st.just(" " * WIDTH)
)
STYLES = st.sampled_from(
    ["", "1", "2", "7", "4", "9", "1;31", "32", "7;33", "44", "38;5;9;48;5;52", "38;2;1;2;3", "1;2;3;97;107"]
)
PIECES = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), TEXTS, STYLES)


def cropped(text: str, cells: int) -> str:
    """Of that many cells at most: Textual paints nothing beyond the edge."""
    grid = Grid(cells, 1)
    grid.put(0, 0, text, DEFAULT)
    return "".join(grid.texts[0])


@st.composite
def updates(draw: st.DrawFn) -> str:
    """Text as Textual writes it: a place, a style, text, a reset; at last the cursor's place."""
    written = [
        f"\x1b[{y + 1};{x + 1}H\x1b[{style}m{cropped(text, WIDTH - x)}\x1b[0m"
        for x, y, text, style in draw(st.lists(PIECES, max_size=6))
    ]
    x, y = draw(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)))
    return "".join(written) + f"\x1b[{y + 1};{x + 1}H"


@st.composite
def scrolled_lists(draw: st.DrawFn) -> list[str]:
    """A list between a head and a foot, shown from one place after another, its bar in the last column."""
    lines = draw(st.lists(st.tuples(TEXTS, STYLES), min_size=12, max_size=12))
    screens = []
    for top in draw(st.lists(st.integers(0, 6), min_size=2, max_size=6)):
        rows = [
            f"\x1b[{y + 2}H\x1b[{style}m{cropped(text, WIDTH - 1)}\x1b[0m{'#' if y == top else ' '}"
            for y, (text, style) in enumerate(lines[top : top + HEIGHT - 2])
        ]
        screens.append("\x1b[HHead" + "".join(rows) + f"\x1b[{HEIGHT}H{top} Foot")
    return screens


class Line:
    """A terminal reached through `Canvas`, and one that gets all that was written."""

    def __init__(
        self, width: int = WIDTH, height: int = HEIGHT, *, in_colour: bool = False, repeat: bool = False
    ) -> None:
        self.reader = AnsiParser(Grid(width, height))
        self.paper = Canvas(width, height, Abilities(erase_in_colour=in_colour, repeat=repeat))
        self.thrifty, self.plain = Emulator(width, height), Emulator(width, height)

    def write(self, data: str) -> str:
        assert self.reader.read(data) is not None
        sent = self.paper.update(self.reader.grid, (self.reader.x, self.reader.y))
        self.thrifty.show(sent)
        self.plain.show(data)
        return sent

    def check(self) -> None:
        assert self.thrifty.cells() == self.plain.cells()
        assert self.thrifty.cursor.y == self.plain.cursor.y
        assert self.thrifty.cursor.x == min(self.plain.cursor.x, self.plain.columns - 1)


@pytest.mark.slow
@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("in_colour", [False, True])
@given(written=st.lists(updates(), min_size=1, max_size=8))
@example(written=["\x1b[1;1H홍길동\x1b[1;1H", "\x1b[1;2H\x1b[7ma\x1b[0m\x1b[1;1H", "\x1b[1;2H길\x1b[1;1H"])
def test_a_terminal_shows_what_it_would_show_had_it_been_sent_everything(
    in_colour: bool, repeat: bool, written: list[str]
) -> None:
    line = Line(in_colour=in_colour, repeat=repeat)
    for data in written:
        line.write(data)
        line.check()


@pytest.mark.slow
@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("in_colour", [False, True])
@given(screens=scrolled_lists())
def test_it_shows_the_same_after_scrolling(in_colour: bool, repeat: bool, screens: list[str]) -> None:
    line = Line(in_colour=in_colour, repeat=repeat)
    for data in screens:
        line.write(data)
        line.check()


@given(st.lists(updates(), min_size=1, max_size=4), st.data())
def test_nothing_is_sent_for_an_update_that_changes_nothing(written: list[str], data: st.DataObject) -> None:
    line = Line()
    for update in written:
        line.write(update)
    assert line.paper.update(line.reader.grid, (line.reader.x, line.reader.y)) == ""


@pytest.mark.slow
@given(st.lists(updates(), min_size=2, max_size=4), updates())
def test_after_something_else_wrote_everything_is_sent(written: list[str], stray: str) -> None:
    line = Line()
    for update in written[:-1]:
        line.write(update)
    line.thrifty.show(stray + "\x1b[7;45m")
    line.paper.known = False
    line.write(written[-1])
    line.check()


def test_a_list_that_moves_by_a_line_is_scrolled() -> None:
    line = Line()
    lines = [f"{chr(65 + number)}" * 20 for number in range(20)]
    line.write("".join(f"\x1b[{y + 1}H{cropped(text, WIDTH)}" for y, text in enumerate(lines[:HEIGHT])))
    for top in (1, 2, 1):
        rows = lines[top : top + HEIGHT]
        sent = line.write("".join(f"\x1b[{y + 1}H{cropped(text, WIDTH)}" for y, text in enumerate(rows)))
        line.check()
        assert len(sent) < 60


@given(written=st.lists(updates(), min_size=1, max_size=3))
def test_a_way_is_given_up_only_where_it_cannot_be_the_shortest(written: list[str]) -> None:
    line, shown = Line(in_colour=True, repeat=True), Grid(WIDTH, HEIGHT)
    line.write("")
    for data in written:
        assert line.reader.read(data) is not None
        runs = changed_runs(shown, line.reader.grid, in_colour=True)
        sent = line.paper.update(line.reader.grid, None)
        assert fewest_bytes(runs) <= len(sent.encode())
        shown = line.reader.grid.copy()


def test_a_line_is_repeated_where_the_terminal_can_do_that() -> None:
    for repeat, most in ((False, 80), (True, 12)):
        line = Line(80, 24, repeat=repeat)
        line.write("\x1b[1;1H")
        sent = line.write("\x1b[2;1H╭" + "─" * 70 + "╮\x1b[1;1H")
        line.check()
        assert len(sent) <= most + 10


def test_a_style_is_said_once_for_all_its_cells() -> None:
    line = Line(80, 24)
    label, value = "\x1b[0;38;2;10;20;30m", "\x1b[0;38;2;200;210;220m"
    rows = "".join(f"\x1b[{y + 1}H{label}label {value}value" for y in range(20))
    assert line.write(rows + "\x1b[0m\x1b[1;1H").count("38;2") == 2
    line.check()


def test_an_attribute_is_switched_off_alone() -> None:
    assert change(style(["1", "38;5;200"]), style(["38;5;200"])) == "\x1b[22m"
    assert change(style(["1", "9", "38;5;200"]), style(["38;5;200"])) == "\x1b[;38;5;200m"


@pytest.mark.parametrize(
    ("signs", "does"), [("─a", True), pytest.param("a", False, id="tmux"), pytest.param("", False, id="mosh")]
)
def test_a_terminal_that_repeats_lines_is_known_by_where_its_cursor_is(signs: str, does: bool) -> None:
    terminal = Emulator(WIDTH, HEIGHT, repeats=signs)
    terminal.feed(ASK_REPEAT)
    assert terminal.cursor.y == ANSWERED_IN
    assert repeats(terminal.cursor.x) is does


def test_a_typed_character_takes_few_bytes() -> None:
    line = Line()
    line.write("\x1b[2;1H\x1b[7m \x1b[0m\x1b[2;1H")
    sent = line.write("\x1b[2;1H\x1b[39;49ma\x1b[0m\x1b[7m \x1b[0m\x1b[39;49m          \x1b[0m\x1b[2;2H")
    line.check()
    assert len(sent) <= 12


@pytest.mark.parametrize(
    "written",
    [
        "\x1b[2J",  # erases
        "\x1b[5A",  # moves in a way that Textual does not use
        "a\x1b[1;2;3Hb",
        "\x1b[38;7mx",
        "\x1b[1;1Ha\tb",
        "tail\x1b",
        "\x1b[",
        "\x1b]0;never ended",
    ],
)
def test_what_is_not_understood_is_said_to_be_so(written: str) -> None:
    assert AnsiParser(Grid(WIDTH, HEIGHT)).read(written) is None


@pytest.mark.parametrize(
    "aside",
    [
        "\x07",
        "\x1b[?25l",
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[?2026$p",
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1b]22;default\x07",
        "\x1b]0;title\x1b\\",
        "\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\",
        "\x1b[?1004h\x1b[?7l",
    ],
)
def test_what_is_for_the_terminal_itself_is_handed_on(aside: str) -> None:
    assert is_aside(aside)
    assert AnsiParser(Grid(WIDTH, HEIGHT)).read("\x1b[1;1H" + aside + "text") == aside


def test_text_is_not_taken_for_an_aside() -> None:
    assert not is_aside("\x1b[?25lx")


CODES = st.sampled_from(
    [
        *"0123479",
        "21",
        "22",
        "24",
        "27",
        "29",
        "31",
        "39",
        "44",
        "49",
        "53",
        "55",
        "97",
        "38;5;200",
        "48;2;1;2;3",
    ]
)


@given(st.lists(CODES, max_size=4), st.lists(CODES, max_size=4))
def test_a_change_of_style_leads_to_the_style(old: list[str], new: list[str]) -> None:
    before, after = style(old), style(new)
    parameters = re.findall(r"\x1b\[([\d;]*)m", change(before, after))
    assert len(parameters) <= 1
    assert style([*parameters], before) == after


def style(codes: Sequence[str], style: CellStyle = DEFAULT) -> CellStyle:
    for code in codes:
        applied = apply(style, code)
        assert applied is not None
        style = applied
    return style


@given(st.lists(st.lists(PIECES, max_size=5), min_size=2, max_size=4))
def test_no_half_of_a_wide_character_is_left(painted: list[list[tuple[int, int, str, str]]]) -> None:
    grid = Grid(WIDTH, HEIGHT)
    for pieces in painted:
        for x, y, text, codes in pieces:
            grid.put(x, y, text, style([codes]))
        for row in grid.texts:
            assert len(row) == WIDTH
            assert row[0] != ""
            assert all(cell != "" or wide(before) for before, cell in pairwise(row))
            assert not wide(row[-1])
            assert all(not wide(cell) or after == "" for cell, after in pairwise(row))


def wide(cell: str) -> bool:
    return cell != "" and cell[0] in "홍길동漢🙂"


BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"


@given(updates(), updates(), st.sampled_from(["\x1b[2J", "\x1b[3B", "\x1b[38;7m", "\t\r", "\x1b"]))
def test_what_is_not_understood_is_sent_as_it_is_and_all_is_painted_after_it(
    before: str, after: str, unknown: str
) -> None:
    painter, meant, shown = Painter(), Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT)
    shown.show(painter.sent_for(before, WIDTH, HEIGHT))
    sent = painter.sent_for("\x1b[1;1Hwords" + unknown, WIDTH, HEIGHT)
    assert sent.endswith("\x1b[1;1Hwords" + unknown)
    shown.show(sent.removesuffix("\x1b"))
    assert not painter.canvas.known
    shown.show(painter.sent_for(after, WIDTH, HEIGHT))
    for written in (before, "\x1b[1;1Hwords", after):
        meant.show(written)
    assert shown.cells() == meant.cells()


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(2, 40), st.integers(2, 12), STYLES), min_size=2, max_size=5))
def test_another_size_is_painted_anew(sizes: list[tuple[int, int, str]]) -> None:
    painter, shown = Painter(), Emulator(WIDTH, HEIGHT)
    for width, height, codes in sizes:
        shown.resize(height, width)
        meant = Emulator(width, height)
        rows = (f"\x1b[{y + 1}H\x1b[{codes}m{cropped('홍a길b동c' * 5, width)}\x1b[0m" for y in range(height))
        written = "".join(rows) + "\x1b[1;1H"
        painter.canvas.known = False
        meant.show(written)
        shown.show(painter.sent_for(written, width, height))
        assert shown.cells() == meant.cells()


def test_an_update_is_shown_at_once_where_that_is_worth_it() -> None:
    painter = Painter()
    assert painter.sent_for(BEGIN, 80, 24) == ""
    sent = painter.sent_for("".join(f"\x1b[{y + 1}H{'line ' * 12}" for y in range(20)), 80, 24)
    assert sent.startswith(BEGIN)
    assert sent.endswith(END)
    assert painter.sent_for(END, 80, 24) == ""
    painter.sent_for(BEGIN, 80, 24)
    assert painter.sent_for("\x1b[1;1H", 80, 24) == "\x1b[H"
    assert painter.sent_for("\x1b[1;1H", 80, 24) == ""


def test_another_screen_is_entered_and_left_without_a_style() -> None:
    painter = Painter()
    painter.sent_for("\x1b[1;1H\x1b[7;31mwords\x1b[0m", 80, 24)
    assert painter.sent_for("\x1b[?1049l", 80, 24) == "\x1b[m\x1b[?1049l"
    assert not painter.canvas.known
    assert "words" in painter.sent_for("", 80, 24)


@pytest.mark.parametrize(
    ("environ", "does"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "linux"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux"}, False),
        ({"TERM": "xterm-256color", "TMUX": "/tmp/tmux"}, False),
        ({"TERM": "screen-256color", "STY": "1.host"}, False),
        ({"TERM": "xterm", "STY": "1.host"}, False),
        ({"TERM": "vt100"}, False),
        ({}, False),
    ],
)
def test_which_terminals_erase_in_colour(environ: dict[str, str], does: bool) -> None:
    assert erases_in_colour(environ) is does


def test_blanks_of_a_background_cost_no_more_than_those_of_none() -> None:
    line = Line(80, 24, in_colour=True)
    rows = "".join(f"\x1b[{y + 1}H\x1b[48;5;17mword{' ' * 76}\x1b[0m" for y in range(24))
    assert len(line.write(rows + "\x1b[1;1H")) < 24 * 12
    line.check()
