"""The footer names what there is room for, each key with its whole meaning."""

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from dfn_tui.widgets.key_bar import KeyBar
from tests.screens.driving import until


class Keys(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "Apply", id="plan.apply"),
        Binding("b", "bad", "나쁜 줄", id="plan.bad"),
        Binding("z", "leave", "Leave", id="app.leave"),
    ]

    def compose(self) -> ComposeResult:
        yield KeyBar()

    def action_apply(self) -> None: ...

    def action_bad(self) -> None: ...

    def action_leave(self) -> None: ...


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, "a Apply  b 나쁜 줄  z Leave"),
        (27, "a Apply  b 나쁜 줄  z Leave"),
        (26, "a Apply  b 나쁜 줄"),
        (9, "a Apply"),
    ],
)
async def test_no_key_is_cut_in_two(width: int, shown: str) -> None:
    app = Keys()
    async with app.run_test(size=(width, 3)) as pilot:
        await pilot.pause()
        line = str(app.query_one(KeyBar).render()).rstrip()
        assert line.startswith(shown)
        assert line == shown or width == 80


async def test_more_keys_come_with_more_room() -> None:
    app = Keys()
    async with app.run_test(size=(9, 3)) as pilot:
        await pilot.resize_terminal(40, 3)
        await until(pilot, lambda: "z Leave" in str(app.query_one(KeyBar).render()))
