"""The Korean day of a user: by channel, when an advertising message could go out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import groupby
from math import ceil
from operator import itemgetter
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from dfn_tui.consent.flags import SENDING_CHANNELS, Channel
from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.sending import Delivery, delivery_glyph, delivery_name
from dfn_tui.consent.strip import HALF_HOURS, NIGHT, Strip, half_hour
from dfn_tui.text import _, pgettext
from dfn_tui.text.korea import Clock, korean_clock

_NOW = {Delivery.YES: "given", Delivery.MAY: "warn", Delivery.NO: "label"}
_AFTER = {Delivery.YES: "staged", Delivery.MAY: "warn", Delivery.NO: "label"}

_TO = " › "
_LABEL = 14
"""Cells that the names of the channels take at most."""

Strips = Mapping[Channel, Strip]


class Density(Enum):
    """How many lines a strip takes."""

    TIGHT = 5
    """What is staged stands beside the verdict."""
    COMPACT = 8
    """A second row for each channel, for what is staged."""
    ROOMY = 12
    """Space between the channels, and a legend."""


class _Columns(NamedTuple):
    """How a row is divided: the channel, the strip with so many half hours to a cell, the verdict."""

    label: int
    step: int
    short: bool

    @property
    def cells(self) -> int:
        return HALF_HOURS // self.step


class DayStrip(Widget):
    """Repainted when another user is shown, something is staged, or a minute passes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._before: Strips = {}
        self._after: Strips = {}
        self.density = Density.COMPACT

    def show(self, before: Strips, after: Strips) -> None:
        """Shows these days, the one as it is and the one after the staged change. None: nothing is known."""
        if (before, after) != (self._before, self._after):
            self._before, self._after = before, after
            self.refresh()

    def fit(self, density: Density) -> None:
        """Takes so many lines."""
        if density is not self.density:
            self.density = density
        self.styles.height = density.value

    def on_mount(self) -> None:
        self.styles.height = self.density.value
        self._minute()

    def _minute(self) -> None:
        """Moves to the present time, and again at the next minute."""
        if self.screen.is_current:
            self.refresh()
        now = self._clock()
        self.set_timer(max(1, ceil(60 - now.second - now.microsecond / 1e6)), self._minute)

    def render(self) -> RenderResult:
        now = self._clock()
        columns = self._columns()
        at = half_hour(now) // columns.step
        roomy = self.density is Density.ROOMY
        lines = self._heading(columns.label + at, now)
        lines.append(_row("", _axis(columns), columns))
        for channel in SENDING_CHANNELS:
            lines += self._channel(channel, columns, now)
            if roomy and channel is not SENDING_CHANNELS[-1]:
                lines.append(
                    _row("", _cells([" "] * columns.cells, [""] * columns.cells, at, columns), columns)
                )
        if roomy:
            lines.append(_legend(columns.label, self.size.width))
        return Text("\n", no_wrap=True).join(lines)

    def _columns(self) -> _Columns:
        """The strip at its whole width where that leaves the words room."""
        width = self.size.width
        least = max(cell_len(words) for words in (*map(channel_name, SENDING_CHANNELS), _("after"))) + 1
        longest, short = (max(map(cell_len, _words(short).values())) + 1 for short in (False, True))
        if self.density is Density.TIGHT:  # two answers beside each other
            answers = sorted(map(cell_len, _words(short=True).values()))
            short = answers[-1] + answers[-2] + len(_TO) + 1
            longest = HALF_HOURS  # never so much
        if width >= least + HALF_HOURS + short:
            full = width >= least + HALF_HOURS + longest
            room = width - HALF_HOURS - (longest if full else short)
            return _Columns(min(room, _LABEL), 1, not full)
        tight = self.density is Density.TIGHT
        room = width - HALF_HOURS // 2 - (short if tight else longest)
        return _Columns(min(max(room, least), _LABEL), 2, tight)

    def _heading(self, at: int, now: datetime) -> list[Text]:
        """The question, and above the strip's `at` cell what time it is: on one line but where there is room
        for two. The question stands on the side that the time leaves free."""
        question = Text(_("May an advertising message go out?"), "bold", no_wrap=True)
        words = _("now {time}").format(time=korean_clock(now))
        left = at - cell_len(words) - 1
        if left < 0:
            time = Text.assemble(" " * at, ("▼ ", "bold"), (words, "bold"))
        else:
            time = Text.assemble(" " * left, (f"{words} ▼", "bold"))
        if self.density is Density.ROOMY:
            return [question, time]
        length = question.cell_len
        if left >= length + 2:
            return [Text.assemble(question, time[length:])]
        if at >= length + 2:  # the time to the right of its mark
            return [Text.assemble(question, " " * (at - length), ("▼ ", "bold"), (words, "bold"))]
        room = self.size.width - time.cell_len - 2
        if room < length:
            return [time]
        return [Text.assemble(time, " " * (room + 2 - length), question)]

    def _channel(self, channel: Channel, columns: _Columns, now: datetime) -> list[Text]:
        at, here = half_hour(now), half_hour(now) // columns.step
        before, after = self._before.get(channel), self._after.get(channel)
        changed = before is not None and after is not None and after != before
        words = _words(columns.short)
        first = _row(channel_name(channel), _picture(before, _NOW, here, columns), columns)
        if before is not None:
            first.append(f" {words[before[at]]}", _NOW[before[at]])
        if self.density is Density.TIGHT:
            if changed and after is not None:
                first.append(f"{_TO}{words[after[at]]}", "strong.staged")
            return [first]
        second = _row("", _picture(after if changed else None, _AFTER, here, columns), columns)
        if changed and after is not None:
            indent = " " * (columns.label > cell_len(_("after")) + 1)
            label = Text.assemble(indent, (_("after"), "staged"))
            second = _row(label, _picture(after, _AFTER, here, columns), columns)
            second.append(f" {words[after[at]]}", "strong.staged")
        return [first, second]


def _words(short: bool) -> dict[Delivery, str]:
    """The answers, in words; the short ones beside a strip that has told what they mean."""
    if short:
        return {Delivery.YES: _("goes out"), Delivery.MAY: _("may"), Delivery.NO: pgettext("strip", "no")}
    return {answer: delivery_name(answer) for answer in Delivery}


def _row(label: str | Text, cells: Text, columns: _Columns) -> Text:
    words = Text.assemble(label)
    return Text.assemble(words, " " * (columns.label - words.cell_len), cells)


def _picture(strip: Strip | None, styles: Mapping[Delivery, str], at: int, columns: _Columns) -> Text:
    """The cells of a strip; blank ones, with the night and the present time, where there is none."""
    if strip is None:
        return _cells([" "] * columns.cells, [""] * columns.cells, at, columns)
    states = strip[:: columns.step]  # the night begins and ends at whole hours
    return _cells([delivery_glyph(one) for one in states], [styles[one] for one in states], at, columns)


def _cells(glyphs: Sequence[str], styles: Sequence[str], at: int | None, columns: _Columns) -> Text:
    """A row of the strip in as few runs of colour as can be, the cell `at` being now."""
    cells = [*zip(glyphs, styles, strict=True)]
    if at is not None:
        cells[at] = ("│", "bold")
    text = Text()
    for style, run in groupby(cells, key=itemgetter(1)):
        text.append("".join(glyph for glyph, _style in run), style or None)
    for start, end in _nights(columns):
        text.stylize_before("night", start, end)
    return text


def _nights(columns: _Columns) -> list[tuple[int, int]]:
    """From which cell to which it is night."""
    nights = NIGHT[:: columns.step]
    edges = [cell for cell in range(1, len(nights)) if nights[cell] is not nights[cell - 1]]
    return [(0, edges[0]), (edges[1], len(nights))]


def _axis(columns: _Columns) -> Text:
    """`00── night ──08    12    16    21──24`: tells the night without colour, too."""
    hour = 2 // columns.step
    morning, evening = 8 * hour, 21 * hour
    word = _("night") if columns.step > 1 else f" {_('night')} "
    room = morning - 2 - cell_len(word)
    line = "00" + "─" * (room - room // 2) + word + "─" * (room // 2) + "08"
    for at in (12, 16):
        line += " " * (at * hour - cell_len(line)) + str(at)
    line += " " * (evening - cell_len(line)) + "21"
    line += "─" * (max(columns.cells - 2 - cell_len(line), 1)) + "24"
    text = Text(line, "label")
    for start, end in _nights(columns):
        text.stylize_before("night", start, end)
    return text


def _legend(label: int, width: int) -> Text:
    """What the glyphs mean: below the strip where that has room, else further to the left."""
    said = {
        Delivery.YES: _("goes out"),
        Delivery.MAY: _("may, without a yes"),
        Delivery.NO: _("stays back"),
    }
    parts = [
        Text.assemble((delivery_glyph(one) * 2, _NOW[one]), (f" {words}", "label"))
        for one, words in said.items()
    ]
    legend = Text("   ").join(parts)
    if legend.cell_len > width:
        legend = Text("  ").join(parts)
    return Text.assemble(" " * max(min(label, width - legend.cell_len), 0), legend)
