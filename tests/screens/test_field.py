"""The text input on a slow line."""

from textual import events

from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, until


async def test_keys_that_arrive_together_apply_in_the_order_pressed(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        field = app.screen.query_one("#ids", Field)
        await until(pilot, lambda: field.has_focus)
        for key in (*"usex", "backspace", *"r-0003", "home", "delete", "u"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: len(field.value) == 9 and field.cursor_position == 1)
        assert field.value == "user-0003"


async def test_the_cursor_does_not_blink(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox)) as pilot:
        assert not pilot.app.screen.query_one("#ids", Field).cursor_blink


async def test_a_focus_told_late_selects_nothing_of_what_was_typed(sandbox: SandboxThread) -> None:
    async with driven(console(sandbox)) as pilot:
        field = pilot.app.screen.query_one("#ids", Field)
        await until(pilot, lambda: field.has_focus)
        field.post_message(events.Key("L", "L"))
        field.post_message(events.Focus())
        for key in "ee":
            field.post_message(events.Key(key, key))
        await until(pilot, lambda: field.value.endswith("ee"))
        assert field.value == "Lee"


async def test_keys_and_clicks_that_come_while_the_console_closes_end_nothing(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app):
        pass
    assert not app.screen_stack
    await app.hand_on(events.Key("x", "x"))
    await app.on_event(events.MouseDown(None, 1, 1, 0, 0, 1, shift=False, meta=False, ctrl=False))
