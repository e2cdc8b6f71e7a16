"""The strip of a day and the matrix of consents, cell by cell, at every width they are given."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from textual.app import ComposeResult
from textual.widget import Widget

from dfn_tui import paths
from dfn_tui.consent.flags import Channel, Flag, State
from dfn_tui.consent.strip import day_strips
from dfn_tui.screens.theming import ThemedApp
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from dfn_tui.widgets.day_strip import DayStrip, Density
from dfn_tui.widgets.palette import THEMES

ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET
FLAGS = tuple(Flag)
BY_DAY = {**dict.fromkeys(FLAGS, ON), Flag.NIGHT_SMS: OFF, Flag.MKT_KAKAO: NEVER}
NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


class Shown(ThemedApp):
    """One widget, at the top left."""

    def __init__(self, widget: Widget, theme: str = "dark") -> None:
        super().__init__(list(paths.style_files()), theme)
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget

    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def strip_at(
    now: datetime, changes: Mapping[Flag, State] = {}, density: Density = Density.COMPACT
) -> DayStrip:
    widget = DayStrip(lambda: now)
    widget.density = density
    widget.show(day_strips(BY_DAY, FLAGS), day_strips({**BY_DAY, **changes}, FLAGS))
    return widget


async def test_a_strip_tells_the_day_of_each_channel_and_what_holds_now() -> None:
    app = Shown(strip_at(NOON))
    async with app.run_test(size=(74, 20)):
        assert app.lines()[:8] == [
            "May an advertising message go out?    ▼ now 12:00",
            "              00──── night ───08      12      16        21──24",
            "push          ━━━━━━━━━━━━━━━━━━━━━━━━│━━━━━━━━━━━━━━━━━━━━━━━ goes out",
            "                                      │",
            "SMS           ················━━━━━━━━│━━━━━━━━━━━━━━━━━······ goes out",
            "                                      │",
            "Kakao         ╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍│╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍ may go out",
            "                                      │",
        ]


async def test_what_is_staged_has_a_row_of_its_own_and_no_other_row_moves() -> None:
    before, after = Shown(strip_at(NOON)), Shown(strip_at(NOON, {Flag.MKT_SMS: OFF}))
    async with before.run_test(size=(74, 20)):
        was = before.lines()
    async with after.run_test(size=(74, 20)):
        now = after.lines()
    assert now[5] == " after        ························│······················· stays back"
    assert [line for at, line in enumerate(now) if at != 5] == [
        line for at, line in enumerate(was) if at != 5
    ]


async def test_a_short_strip_tells_the_staged_change_beside_the_verdict() -> None:
    app = Shown(strip_at(NOON, {Flag.MKT_SMS: OFF}, Density.TIGHT))
    async with app.run_test(size=(74, 20)):
        assert app.lines()[3].endswith(" goes out › no")
        assert app.lines()[5:8] == ["", "", ""]


@pytest.mark.parametrize("width", range(46, 90))
@pytest.mark.parametrize("density", Density)
async def test_nothing_is_cut_off_at_any_width(width: int, density: Density) -> None:
    app = Shown(strip_at(NOON, {Flag.MKT_SMS: OFF}, density))
    async with app.run_test(size=(width, 20)):
        text = "\n".join(app.lines())
        whole = width >= (69 if density is Density.TIGHT else 63)
        assert text.count("━") > (60 if whole else 30)
        assert "night" in text and "08" in text and "24" in text
        assert "now 12:00" in text
        if density is not Density.TIGHT:
            assert "after" in text
            assert text.count(" stays back") + text.count(" no\n") >= 1
        assert " goes out" in text
        assert " may" in text


@pytest.mark.parametrize("minute", range(0, 24 * 60, 30))
async def test_the_time_stands_above_its_half_hour_all_day(minute: int) -> None:
    midnight = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
    app = Shown(strip_at(midnight + timedelta(minutes=minute)))
    async with app.run_test(size=(74, 20)):
        heading, axis, first, *_rest = app.lines()
        assert f"now {minute // 60:02}:{minute % 60:02}" in heading
        assert "May an advertising message go out?" in heading
        assert heading.index("▼") == first.index("│") == axis.index("00") + minute // 30


async def test_nothing_is_claimed_of_nobody() -> None:
    app = Shown(DayStrip(lambda: NOON))
    async with app.run_test(size=(74, 20)):
        text = "\n".join(app.lines())
        assert not set("━╍·") & set(text)
        assert "goes out" not in text


@pytest.mark.parametrize("theme", THEMES)
async def test_the_night_has_a_background_in_our_themes_and_a_rule_in_all(theme: str) -> None:
    app = Shown(strip_at(NOON), theme)
    async with app.run_test(size=(74, 20)):
        axis, row = app.screen._compositor.render_strips()[1:3]
        assert "00──── night ───08" in "".join(segment.text for segment in axis)
        [night, day, *_rest] = [segment.style for segment in row if "━" in segment.text]
        assert night is not None
        assert day is not None
        assert (night.bgcolor != day.bgcolor) is (theme != "terminal")


async def test_only_a_change_is_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = strip_at(NOON)
    app = Shown(widget)
    async with app.run_test(size=(74, 20)):
        painted: list[object] = []
        monkeypatch.setattr(widget, "refresh", lambda *regions, **_more: painted.append(regions))
        widget.show(day_strips(BY_DAY, FLAGS), day_strips(BY_DAY, FLAGS))
        assert painted == []
        widget.show(day_strips(BY_DAY, FLAGS), day_strips({**BY_DAY, Flag.MKT: OFF}, FLAGS))
        assert len(painted) == 1
    assert Channel.PUSH in day_strips(BY_DAY, FLAGS)


def matrix(current: Mapping[Flag, State], staged: Mapping[Flag, State] = {}) -> ConsentMatrix:
    widget = ConsentMatrix(FLAGS)
    widget.show(current, staged)
    return widget


@pytest.mark.parametrize("width", range(49, 90))
async def test_the_matrix_has_room_for_a_staged_change_in_every_cell(width: int) -> None:
    app = Shown(matrix(dict.fromkeys(FLAGS, ON), dict.fromkeys(FLAGS, OFF)))
    async with app.run_test(size=(width, 8)):
        every, push, sms, kakao = app.lines()[1:5]
        assert every.count("○ withdrawn") == 3
        assert push.count("○ withdrawn") == sms.count("○ withdrawn") == kakao.count("○ withdrawn") == 2
        assert all(
            line.count("›") == line.count("●") == line.count("○") for line in (every, push, sms, kakao)
        )


async def test_the_matrix_says_what_is_awaited_and_what_cannot_be_read() -> None:
    widget = ConsentMatrix(FLAGS)
    widget.wait("reading…")
    app = Shown(widget)
    async with app.run_test(size=(74, 8)) as pilot:
        assert "\n".join(app.lines()).count("reading…") == 1
        assert "never set" not in "\n".join(app.lines())
        widget.show({Flag.MKT_SMS: NEVER}, {})
        await pilot.pause()
        text = "\n".join(app.lines())
        assert "reading…" not in text
        assert (text.count("? never set"), text.count("– not readable")) == (1, 8)


@pytest.mark.parametrize("theme", THEMES)
async def test_the_cursor_is_seen_in_every_theme(theme: str) -> None:
    widget = matrix(dict.fromkeys(FLAGS, ON))
    app = Shown(widget, theme)
    async with app.run_test(size=(74, 8)) as pilot:
        widget.focus()
        await pilot.press("right", "down")
        [*_above, row, _sms, _kakao] = app.screen._compositor.render_strips()[:5]
        marked = [
            segment for segment in row if segment.style and (segment.style.reverse or segment.style.bgcolor)
        ]
        looks = {
            (bool(one.style.reverse), one.style.bgcolor)
            for one in marked
            if one.style and "given" in one.text
        }
        assert len(looks) == 2  # the cell with the cursor, and the other
