"""Properties: edited, added, dropped, masked, and hostile ones shown inert."""

import json

import pytest

from dfn_tui.api.calls import Reply
from dfn_tui.api.capabilities import VERSION_2
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.screens.user.edit_dialogs import AddPropertyDialog
from dfn_tui.screens.user.properties import PropertiesPane
from dfn_tui.widgets.table import Table
from tests.screens.driving import SIZES, type_in
from tests.screens.panes import HOSTILE, PaneApp, assert_inert, record

EXTERNAL = Identity(IdentityKind.EXTERNAL_ID, "dfn-user-1")


def user_1() -> PaneApp:
    known = record({"user_name": "김철수김철수", "age": "30", "points": 12, "vip": True}, {})
    return PaneApp(PropertiesPane, known)


@pytest.mark.parametrize("size", SIZES)
async def test_standard_properties_come_first_and_edits_are_staged(size: tuple[int, int]) -> None:
    app = user_1()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        names = [line.split("  ")[0].strip() for line in app.shown().splitlines()[:7]]
        assert names == ["property", "user_name", "age", "gender", "custom properties", "points", "vip"]
        assert "not set" in app.row("gender")
        assert "enter e edit" in app.shown()
        await pilot.press("down", "enter")
        assert app.typed() == "30"
        await pilot.press("backspace", "backspace", "4", "1", "enter")
        await pilot.pause()
        assert app.draft.properties == {"age": "41"}
        assert app.changes == 1
        assert app.row("age").split() == ["age", "30", "›", "41"]
        await pilot.press("x")
        await pilot.pause()
        assert app.draft.empty
        assert app.row("age").split() == ["age", "30"]


async def test_what_is_so_already_is_not_staged_and_escape_stages_nothing() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("down", "e", "enter")
        await pilot.press("e", "5", "escape")
        await pilot.pause()
        assert app.draft.empty


async def test_a_bad_value_is_refused_and_what_was_typed_stays() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "down", "down", "enter")
        assert "Type: ‹ number ›" in app.shown()
        app.fill("value", "12 Punkte")
        await pilot.press("enter")
        await pilot.pause()
        assert "not a number" in app.refusal()
        assert app.typed() == "12 Punkte"
        app.fill("value", "123456789012345678901234567890")
        await pilot.press("enter")
        await pilot.pause()
        assert "does not fit into 64 bits" in app.refusal()
        app.fill("value", "1234567890123456789")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"points": 1234567890123456789}


async def test_another_type_with_the_same_digits_is_a_change_that_says_so() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "down", "down", "enter", "ctrl+t", "ctrl+t")
        assert "Type: ‹ string ›" in app.shown()
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"points": "12"}
        assert "12 (string)" in app.row("points")


async def test_the_type_is_chosen_with_the_arrows_too() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("a", "shift+tab", "right", "right", "left")
        await pilot.pause()
        assert "Type: ‹ string ›" in app.shown()
        await pilot.press("tab")
        await pilot.pause()
        assert "Type: ‹ number ›" not in app.shown()


async def test_an_empty_string_is_staged_only_when_enter_is_pressed_again() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "e", "enter")
        await pilot.pause()
        assert "empty string" in app.refusal()
        await pilot.press("m", "backspace", "enter")
        await pilot.pause()
        assert app.draft.empty
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"gender": ""}


async def test_a_custom_property_is_added() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("a")
        assert isinstance(app.screen, AddPropertyDialog)
        assert app.focused is not None
        assert app.focused.id == "name"
        for name, why in (
            ("", "no name"),
            ("mkt_flag", "consent"),
            ("points", "already"),
            ("age", "standard"),
        ):
            app.fill("name", name)
            await pilot.press("enter")
            await pilot.pause()
            assert why in app.refusal()
            assert app.typed("name") == name
        app.fill("name", "grade")
        app.fill("value", "gold")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"grade": "gold"}
        assert app.row("grade").split() == ["grade", "not", "set", "›", "gold"]
        await pilot.press("end", "down", "down", "down", "down", "down", "down", "backspace")
        await pilot.pause()
        assert app.draft.empty
        assert "grade" not in app.shown()


async def test_personal_values_are_masked_until_revealed() -> None:
    values = {"user_name": "lucas park", "memo": "call 010-1234-5678", "work_email": "lucas@example.com"}
    app = PaneApp(PropertiesPane, record(values))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "lucas park" in app.row("user_name")  # the operator must know whom the rows are about
        assert "lucas@" not in app.shown()
        assert "1234" not in app.shown()
        await pilot.press("down", "down", "down", "down", "down", "enter")
        assert app.typed() == ""
        await type_in(pilot, "anna@b.kr")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"work_email": "anna@b.kr"}
        assert "anna" not in app.shown()
        app.reveal(True)
        await pilot.pause()
        assert app.row("work_email").split() == ["work_email", "lucas@example.com", "›", "anna@b.kr"]
        assert "call 010-1234-5678" in app.row("memo")
        await pilot.press("enter")
        assert app.typed() == "anna@b.kr"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_names_and_values_are_shown_inert(kind: str, size: tuple[int, int]) -> None:
    text = HOSTILE[kind]
    app = PaneApp(PropertiesPane, record({text: text, f"{text}2": [text, "x"]}))
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "down", "down", "down")
        await pilot.pause()
        assert_inert(app.shown())
        await pilot.press("enter")
        await pilot.pause()
        assert app.in_dialog
        assert app.typed() == text
        assert_inert(app.shown())
        assert "Cancel" in app.shown()
        await pilot.press("end", "!", "enter")
        await pilot.pause()
        assert_inert(app.shown())
        if kind == "surrogate":
            assert "surrogate" in app.refusal()
            assert app.typed() == f"{text}!"
        else:
            assert app.draft.properties == {text: f"{text}!"}


async def test_a_pasted_escape_sequence_stays_a_text() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("a")
        app.fill("name", "x")
        app.fill("value", "\x1b[2Jpasted\u202e")
        await pilot.pause()
        assert_inert(app.shown())
        assert "�[2Jpasted�" in app.shown()
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"x": "\x1b[2Jpasted\u202e"}


@pytest.mark.slow
async def test_only_choices_and_real_days_where_the_platform_lists_them() -> None:
    app = PaneApp(PropertiesPane, record(identity=EXTERNAL), VERSION_2)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.row("df_gender").split() == ["df_gender", "not", "readable"]
        names = [prop.name for prop in VERSION_2.standard_properties]
        await pilot.press(*["down"] * names.index("df_gender"), "enter")
        await pilot.pause()
        assert all(choice in app.shown() for choice in ("Male", "Female", "NonBinary", "Other"))
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.draft.properties == {"df_gender": "Female"}
        await pilot.press("home", "ctrl+home", *["down"] * names.index("df_birth"), "enter")
        app.fill("value", "1990-02-30")
        await pilot.press("enter")
        await pilot.pause()
        assert "calendar" in app.refusal()
        app.fill("value", "1990-02-28")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"df_gender": "Female", "df_birth": "1990-02-28"}


async def test_arrays_are_typed_as_json_within_their_size() -> None:
    app = PaneApp(PropertiesPane, record(identity=EXTERNAL), VERSION_2)
    async with app.run_test() as pilot:
        await pilot.press("a")
        assert "registered" in app.shown()
        app.fill("name", "visited")
        await pilot.press("ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t")
        await pilot.pause()
        assert "‹ array of strings ›" in app.shown()
        app.fill("value", json.dumps([HOSTILE["wide"]]))
        await pilot.press("enter")
        await pilot.pause()
        assert "8192" in app.refusal()
        app.fill("value", '["서울","b"]')
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.properties == {"visited": ["서울", "b"]}
        assert '["서울", "b"]' in app.row("visited")


async def test_a_failed_read_says_why() -> None:
    who = Identity(IdentityKind.USER_ID, "User_1")
    failure = Reply(who, False, code="5003", message="too busy [/foo]\x1b[31m")
    app = PaneApp(PropertiesPane, record(failure=failure))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "✗ This could not be read: too busy [/foo]\\x1b[31m" in app.shown()
        assert "not readable" in app.row("age")


async def test_an_edit_never_lands_on_another_user() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("down", "e")
        app.read_again(record({"age": "55"}, identity=Identity(IdentityKind.USER_ID, "User_2")))
        await pilot.press("1", "enter")
        await pilot.pause()
        assert app.draft.empty
        await pilot.press("e", "escape", "e")
        app.read_again(record({"age": "56"}, identity=Identity(IdentityKind.USER_ID, "User_2")))
        await pilot.press("end", "7", "enter")
        await pilot.pause()
        assert app.draft.properties == {"age": "557"}


async def test_only_what_changed_is_painted_again() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.pause()
        table = app.query_one(Table)
        painted = table._update_count
        app.reveal(False)
        await pilot.pause()
        assert table._update_count == painted
        app.draft.stage_property("age", "31")
        app.reveal(False)
        await pilot.pause()
        assert table._update_count == painted + 1
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert app.row("age").split() == ["age", "30", "›", "31"]


async def test_the_cursor_stays_with_its_property() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "down", "down", "down")
        assert app.query_one(Table).highlighted == "vip"
        app.read_again(record({"first": 1, "points": 2, "vip": False}))
        await pilot.pause()
        assert app.query_one(Table).highlighted == "vip"
