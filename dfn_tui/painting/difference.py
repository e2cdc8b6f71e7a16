"""From what the terminal shows to what it should show, in few bytes."""

from collections.abc import Iterator

from dfn_tui.painting.abilities import Abilities
from dfn_tui.painting.emitter import Emitter
from dfn_tui.painting.grid import Grid
from dfn_tui.painting.motion import Place
from dfn_tui.painting.ordering import by_style, nearest_first
from dfn_tui.painting.runs import CellRun, changed_runs, fewest_bytes
from dfn_tui.painting.scrolling import Scroll, find_scrolls
from dfn_tui.painting.style import DEFAULT, RESET, CellStyle

_ERASE_ALL = "\x1b[2J"
_FEW, _MANY = 3, 40
"""Runs: so few are painted as they stand, and of no more it is worth to look for the best order."""


class Canvas:
    """Knows what the terminal shows, where its cursor is and how it would paint next.

    Sequences are those of a VT220, and those that `abilities` says. Lines must not wrap by themselves.
    """

    def __init__(self, width: int, height: int, abilities: Abilities | None = None) -> None:
        self._abilities = abilities or Abilities()
        self._shown = Grid(width, height)
        self.known = False
        """Whether what the terminal shows is known. Where it is not, the next update is complete."""
        self._cursor: Place = None
        self._style = DEFAULT

    def update(self, wanted: Grid, cursor: tuple[int, int] | None) -> str:
        """What to send so that the terminal shows `wanted`, its cursor at that column and row, or anywhere.

        `wanted` has to be as large as the canvas. Of several ways to send it the shortest is taken.
        """
        in_colour = self._abilities.erase_in_colour
        ground = wanted.ground() if in_colour else DEFAULT
        if self.known:
            begun = [(self._shown, self._emitter())]
            begun += [self._scrolled(scroll, ground) for scroll in find_scrolls(self._shown, wanted)]
        else:
            begun = [self._erased(ground)]
        ways = [(changed_runs(shown, wanted, in_colour=in_colour), emitter) for shown, emitter in begun]
        ways.sort(key=lambda way: len(way[0]))  # the most promising first: most often it is the only one
        best: Emitter | None = None
        for runs, emitter in ways:
            if best is None or len(emitter.sent) + fewest_bytes(runs) < best.length:
                found = min(self._orders(runs, emitter, wanted, cursor), key=lambda one: one.length)
                best = found if best is None or found.length < best.length else best
        assert best is not None
        self.known = True
        self._cursor, self._style = best.cursor, best.style
        self._shown.take(wanted)
        return best.sent

    def _orders(
        self, runs: list[CellRun], begun: Emitter, wanted: Grid, cursor: tuple[int, int] | None
    ) -> Iterator[Emitter]:
        """Row by row, and style by style or by what is nearest; after what was `begun`."""
        orders: list[list[CellRun]] = [runs]
        if len(runs) > _FEW and len({run.style for run in runs}) > 1:
            orders.append(by_style(runs))
            if len(runs) <= _MANY:
                orders.append(nearest_first(runs, begun.cursor, begun.style))
        for order in orders:
            emitter = begun.fork()
            emitter.paint(order, wanted)
            if cursor is not None:
                emitter.move(*cursor)
            yield emitter

    def _emitter(self) -> Emitter:
        return Emitter(self._cursor, self._style, self._abilities)

    def _erased(self, ground: CellStyle) -> tuple[Grid, Emitter]:
        """All of the terminal as blanks of that background."""
        shown = Grid(self._shown.width, self._shown.height)
        shown.clear(ground)
        emitter = Emitter(None, DEFAULT, self._abilities)
        emitter.send(RESET)
        emitter.use(ground)
        emitter.send(_ERASE_ALL)
        return shown, emitter

    def _scrolled(self, scroll: Scroll, ground: CellStyle) -> tuple[Grid, Emitter]:
        """The rows moved; those that come in take that background."""
        shown, emitter = self._shown.copy(), self._emitter()
        emitter.use_blank(ground)
        top, bottom, up = scroll
        at, step = (bottom, "\n") if up > 0 else (top, "\x1bM")
        emitter.send(f"\x1b[{top + 1};{bottom + 1}r\x1b[{at + 1}H{step * abs(up)}\x1b[r")
        emitter.cursor = None  # most terminals leave it at the top, but not all
        shown.scroll(top, bottom, up, ground)
        return shown, emitter
