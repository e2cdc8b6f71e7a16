"""The table that fits the terminal, on its own."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import App, ComposeResult

from dfn_tui.widgets.table import REST, Column, Table

NAMES = [f"{number:02} {'long ' * 20}" for number in range(20)]


def columns(_width: int) -> Sequence[Column[str]]:
    return [Column("no.", 4, lambda name: Text(name[:2])), Column("name", REST, Text)]


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Table(columns, lambda name: name[:2])


async def test_its_cells_are_cut_to_columns_that_follow_the_width_and_the_cursor_stays_with_its_item() -> (
    None
):
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        table: Table[str] = app.query_one(Table)
        table.show(NAMES)
        assert table.get_row_at(1) == [Text("01"), Text(NAMES[1][:50] + "…")]
        table.move_cursor(row=12)
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert table.get_row_at(1) == [Text("01"), Text(NAMES[1][:20] + "…")]
        assert table.highlighted == NAMES[12]
        table.show(NAMES[5:])
        assert (table.cursor_row, table.highlighted) == (7, NAMES[12])


async def test_where_its_item_is_gone_the_cursor_stays_in_its_row_or_goes_where_it_is_said() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)):
        table: Table[str] = app.query_one(Table)
        table.show(NAMES)
        table.move_cursor(row=3)
        table.show([*NAMES[:3], *NAMES[4:]])
        assert table.highlighted == NAMES[4]
        table.show(NAMES[:2])
        assert table.highlighted == NAMES[1]
        table.show(NAMES[10:], place=0)
        assert table.highlighted == NAMES[10]
        table.show(())
        assert table.highlighted is None


async def test_keys_in_an_empty_table_move_to_nobody_and_it_is_filled_after_them() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)) as pilot:
        table: Table[str] = app.query_one(Table)
        table.show(())
        table.focus()
        for pressed in ("down", "up", "pagedown", "end", "home", "enter"):
            await pilot.press(pressed)
            assert table.highlighted is None
        table.show(NAMES)
        assert table.highlighted == NAMES[0]


async def test_only_cells_that_changed_are_painted_again() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 10)):
        table: Table[str] = app.query_one(Table)
        table.show(NAMES)
        before = table.get_row_at(0)
        table.show(["00 other", *NAMES[1:]])
        after = table.get_row_at(0)
        assert after[1] == Text("00 other")
        assert after[0] is before[0]
