"""In which order runs are painted: the fewer bytes for styles and moves, the better."""

from collections.abc import Iterable

from dfn_tui.painting.motion import Place, way
from dfn_tui.painting.runs import CellRun
from dfn_tui.painting.style import CellStyle, change, on_blank, unseen_on_blank


def by_style(runs: Iterable[CellRun]) -> list[CellRun]:
    """The same runs, those of a style together: each style is said once, at the price of more moves.

    Blanks go with the first style that has their background. Rows with signs of a doubtful width come last
    and as they were: there each cell has to be painted after the one on its left.
    """
    runs = list(runs)
    doubtful = _doubtful(runs)
    groups: dict[CellStyle, list[CellRun]] = {}
    for run in runs:
        if run.y not in doubtful and not run.blank:
            groups.setdefault(run.style, []).append(run)
    first: dict[CellStyle, CellStyle] = {}
    for style in groups:
        first.setdefault(on_blank(style), style)
    for run in runs:
        if run.y not in doubtful and run.blank:
            groups.setdefault(first.get(run.style, run.style), []).append(run)
    ordered = [run for group in groups.values() for run in sorted(group)]
    return ordered + [run for run in runs if run.y in doubtful]


def nearest_first(runs: Iterable[CellRun], cursor: Place, style: CellStyle) -> list[CellRun]:
    """The same runs, each time the one that the fewest bytes lead to. Takes the square of their number. Rows
    with signs of a doubtful width as in `by_style`."""
    runs = list(runs)
    doubtful = _doubtful(runs)
    left = [run for run in runs if run.y not in doubtful]
    ordered: list[CellRun] = []
    while left:
        run = min(
            left, key=lambda run: len(way(cursor, (run.x, run.y))) + len(change(style, _needed(style, run)))
        )
        left.remove(run)
        ordered.append(run)
        cursor, style = (run.x + run.cells, run.y), _needed(style, run)
    return ordered + [run for run in runs if run.y in doubtful]


def _doubtful(runs: Iterable[CellRun]) -> set[int]:
    return {run.y for run in runs if not run.certain}


def _needed(style: CellStyle, run: CellRun) -> CellStyle:
    """What the style has to be for a run, where it is this one now."""
    if not run.blank:
        return run.style
    if on_blank(style) == run.style:
        return style
    return run.style if run.style.attributes else unseen_on_blank(style, run.style.background)
