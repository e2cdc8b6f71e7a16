"""What a job looks like while it runs: how far it is, where on the clock it ends, and how fast it went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from rich.text import Text

from dfn_tui.consent.night import night_at
from dfn_tui.text import _
from dfn_tui.text.korea import korean_clock

NEAR_NIGHT = timedelta(minutes=30)
"""Nearer to 21:00 than that an end is worth a look at the clock, whatever is sent."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HOURS_FROM = 120  # minutes
_GAP = 2  # columns between two labels below the line


def bar(share: int, width: int) -> Text:
    """So many percent of a bar. It has no hue: green would say that a consent is given."""
    full = width * share // 100
    return Text.assemble("█" * full, ("░" * (width - full), "faint"))


def share_bar(share: int, width: int) -> Text:
    """A bar of that width with its share in percent behind it."""
    words = f" {share:3} %"
    return bar(share, max(width - len(words), 0)).append(words, "bold")


def rate_chart(rates: Sequence[int], top: int, width: int, rows: int = 2) -> list[Text]:
    """Columns from 0 to `top`, the latest at the right end; what is older than there is room for is put
    together, so that all of it is seen."""
    together = max(1, ceil(len(rates) / max(width, 1)))
    first = len(rates) % together  # the oldest column may be of fewer
    parts = [rates[max(0, at - together) : at] for at in range(first or together, len(rates) + 1, together)]
    heights = [_height(sum(part) / len(part), top, rows) for part in parts if part]
    lines = []
    for row in reversed(range(rows)):
        cells = (_EIGHTHS[min(max(height - 8 * row, 0), 8)] for height in heights)
        lines.append(Text("".join(cells).ljust(width), "label", no_wrap=True))
    return lines


def _height(rate: float, top: int, rows: int) -> int:
    """In eighths of a row: never nothing for what was something, and never beyond the top."""
    return 0 if rate <= 0 else min(max(round(rate / top * 8 * rows), 1), 8 * rows)


@dataclass(frozen=True, slots=True)
class JobTimes:
    """A job on the clock: when it began, now, when it will end where that can be told. `grants`: it gives
    consents."""

    begun: datetime
    now: datetime
    ends: datetime | None = None
    grants: bool = False

    @property
    def night(self) -> datetime | None:
        """The next 21:00 in Korea, where it matters."""
        night = night_at(self.now)
        begins = self.now + night.changes_in
        if night.inside:
            return None
        near = self.ends is not None and self.ends > begins - NEAR_NIGHT
        return begins if near or self.grants else None


def spare_words(ends: datetime, night: datetime) -> Text:
    """How long before 21:00 it ends, or how long after."""
    if ends > night:
        minutes = ceil((ends - night) / timedelta(minutes=1))
        return Text(_("ends {minutes} min after 21:00").format(minutes=f"{minutes:,}"), "strong.warn")
    minutes = (night - ends) // timedelta(minutes=1)
    if minutes >= _HOURS_FROM:
        return Text(_("{hours} h spare").format(hours=minutes // 60))
    return Text(_("{minutes} min spare").format(minutes=minutes))


def time_line(times: JobTimes, width: int) -> tuple[Text, Text]:
    """A line from the start over now to the end, and to 21:00 where that matters; below it what is where.

    21:00 is drawn to scale where the rest of the line keeps half of it."""
    clock = f"{korean_clock(times.begun)} "
    spare = spare_words(times.ends, times.night) if times.ends and times.night else Text()
    axis = width - len(clock) - (spare.cell_len + _GAP if spare else 0)
    if axis < 4:
        return Text(clock), Text()
    at = _places(times, axis - 1)
    line = Text.assemble((clock, "label"), no_wrap=True)
    for column in range(axis):
        line.append(*_sign(column, at))
    if spare:
        line.append(" " * _GAP).append_text(spare)
    return line, _labels(times, at, len(clock), width)


def _places(times: JobTimes, last: int) -> dict[str, int]:
    """The column of each point of the line."""
    night, ends = times.night, times.ends or times.now
    own = max(ends - times.begun, timedelta(seconds=1))
    until, end = ends, last
    if night is not None and night - times.begun <= 2 * own:
        until = max(ends, night)
    elif night is not None:
        end = last * 3 // 4  # the night lies beyond what is drawn to scale
    scale = max(until - times.begun, timedelta(seconds=1))

    def column(moment: datetime) -> int:
        return min(max(round((moment - times.begun) / scale * end), 0), last)

    at = {"now": column(times.now)}
    if times.ends is not None:
        at["end"] = column(times.ends)
    if night is not None:
        at["night"] = column(night) if end == last else last
    return at


def _sign(column: int, at: dict[str, int]) -> tuple[str, str]:
    if column == at["now"]:
        return "●", ""
    if column == at.get("end"):
        return "◆", ""
    if column == at.get("night"):
        return "│", "warn"
    if column < at["now"]:
        return "━", ""
    return ("╍", "label") if column < at.get("end", -1) else ("·", "faint")


def _labels(times: JobTimes, at: dict[str, int], before: int, width: int) -> Text:
    """The words below the points, moved apart where they are near; now goes first where room is short."""
    said = [(at["now"] + before, Text(_("now {clock}").format(clock=korean_clock(times.now)), "label"))]
    if times.ends is not None:
        words = _("ends {clock}").format(clock=korean_clock(times.ends))
        said.append((at["end"] + before, Text(words, "bold")))
    if times.night is not None:
        said.append((at["night"] + before, Text(_("21:00 night"), "strong.warn")))
    said.sort(key=lambda one: one[0])
    while said:
        starts = _apart([(place, label.cell_len) for place, label in said], width)
        if starts[0] >= 0:
            break
        said.pop(0)
    line = Text(no_wrap=True)
    for start, (_place, label) in zip(starts if said else [], said, strict=True):
        line.append(" " * (start - line.cell_len)).append_text(label)
    return line


def _apart(wanted: Sequence[tuple[int, int]], width: int) -> list[int]:
    """Where words start that are so long and are to stand below these columns; the first may be below 0."""
    starts: list[int] = []
    for place, length in wanted:
        after = starts[-1] + wanted[len(starts) - 1][1] + _GAP if starts else 0
        starts.append(max(place - length // 2, after))
    limit = width
    for number in reversed(range(len(starts))):
        starts[number] = min(starts[number], limit - wanted[number][1])
        limit = starts[number] - _GAP
    return starts
