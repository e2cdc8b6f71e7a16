"""CI fields and identities: masked, changed in the platform's form, deleted only with the user's id typed."""

from dataclasses import replace

import pytest

from dfn_tui.api.calls import Reply
from dfn_tui.api.capabilities import VERSION_2
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.screens.user.ci import CiPane
from dfn_tui.service.records import UserRecord
from dfn_tui.widgets.table import Table
from tests.screens.driving import SIZES, type_in
from tests.screens.panes import HOSTILE, PaneApp, assert_inert, record

EXTERNAL = Identity(IdentityKind.EXTERNAL_ID, "dfn-user-1")
BOTH = {"phone_number": "821098765432", "kakao_id": "0123456789"}


def user_1(user: UserRecord | None = None) -> PaneApp:
    return PaneApp(CiPane, user or record({}, BOTH))


def version_2(identity: Identity = EXTERNAL) -> PaneApp:
    return PaneApp(CiPane, record(identity=identity), VERSION_2)


def keys_to(app: PaneApp, field: str) -> list[str]:
    """The keys that bring the cursor from the top to that row."""
    table = app.query_one(Table)
    table.move_cursor(row=0)
    for at in range(table.row_count):
        table.move_cursor(row=at)
        if table.highlighted == field:
            table.move_cursor(row=0)
            return ["down"] * at
    raise AssertionError(field)


@pytest.mark.parametrize("size", SIZES)
async def test_values_are_masked_until_revealed(size: tuple[int, int]) -> None:
    app = user_1()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app.row("phone_number").split() == ["phone_number", "82••••••••32"]
        assert app.row("kakao_id").split() == ["kakao_id", "01••••••89"]
        app.reveal(True)
        await pilot.pause()
        assert "821098765432" in app.row("phone_number")
        assert "0123456789" in app.row("kakao_id")


@pytest.mark.parametrize("size", SIZES)
async def test_a_phone_number_is_put_into_form_and_that_is_said_before(size: tuple[int, int]) -> None:
    app = user_1()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys_to(app, "phone_number"), "enter")
        assert app.typed() == ""
        await pilot.press(*"010-1234-5678")
        await pilot.pause()
        assert "Will be stored as 821012345678." in app.shown()
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.ci == {"phone_number": "821012345678"}
        assert app.row("phone_number").split() == ["phone_number", "82••••••••32", "›", "82••••••••78"]
        await pilot.press("x")
        await pilot.pause()
        assert app.draft.empty


async def test_a_bad_identifier_is_refused_and_what_was_typed_stays() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*keys_to(app, "kakao_id"), "e")
        await type_in(pilot, "987654321")
        await pilot.press("enter")
        await pilot.pause()
        assert "ten digits" in app.refusal()
        assert app.typed() == "987654321"
        await pilot.press("home", "0", "enter")
        await pilot.pause()
        assert app.draft.ci == {"kakao_id": "0987654321"}


@pytest.mark.parametrize("size", SIZES)
async def test_a_deletion_needs_the_users_id_typed(size: tuple[int, int]) -> None:
    app = user_1()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys_to(app, "phone_number"), "d")
        shown = app.shown()
        assert "phone_number" in shown
        assert "82••••••••32" in shown
        assert "type the user's id: User_1" in shown
        assert "no longer reach this person" in shown
        assert "cannot be undone" in shown
        assert app.focused is not None
        assert app.focused.id == "user"
        for wrong in ("", "user_1", "User_1 ", "User_2"):
            app.fill("user", wrong)
            await pilot.press("enter")
            await pilot.pause()
            assert "not this user's id" in app.refusal()
            assert app.typed("user") == wrong
            await pilot.press("tab", "tab", "enter", "shift+tab", "shift+tab")
            assert app.in_dialog
            assert app.draft.empty
        app.fill("user", "User_1")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.ci == {"phone_number": None}
        assert "to be deleted" in app.row("phone_number")


async def test_cancel_is_the_next_stop_after_the_field() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("d", *"User_1", "tab", "enter")
        await pilot.pause()
        assert not app.in_dialog
        assert app.draft.empty


async def test_what_is_not_set_cannot_be_deleted() -> None:
    app = user_1(record({}, {}))
    async with app.run_test() as pilot:
        await pilot.press("d")
        await pilot.pause()
        assert not app.in_dialog
        assert "not set" in app.row("phone_number")


async def test_a_failed_read_says_why_and_still_lets_the_operator_act() -> None:
    who = Identity(IdentityKind.USER_ID, "User_1")
    app = user_1(record({}, None, failure=Reply(who, False, code="4004", message="no permission\x1b[2J")))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "✗ This could not be read: no permission\\x1b[2J" in app.shown()
        assert "not readable" in app.row("kakao_id")
        await pilot.press(*keys_to(app, "kakao_id"), "d")
        await type_in(pilot, "User_1")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.ci == {"kakao_id": None}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_values_and_ids_are_shown_inert(kind: str, size: tuple[int, int]) -> None:
    text = HOSTILE[kind]
    app = user_1(record({}, {"kakao_id": text}, identity=Identity(IdentityKind.USER_ID, text)))
    async with app.run_test(size=size) as pilot:
        app.reveal(True)
        await pilot.pause()
        assert_inert(app.shown())
        await pilot.press(*keys_to(app, "kakao_id"), "e")
        await pilot.pause()
        assert_inert(app.shown())
        assert app.typed() == text
        await pilot.press("escape", "d")
        await pilot.pause()
        assert_inert(app.shown())
        assert "Cancel" in app.shown()
        app.fill("user", text)
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.ci == {"kakao_id": None}


async def test_an_id_with_invisible_characters_may_be_typed_as_it_is_shown() -> None:
    app = user_1(record({}, BOTH, identity=Identity(IdentityKind.USER_ID, "a\u202eb")))
    async with app.run_test() as pilot:
        await pilot.press("d", *"a\\u202eb", "enter")
        await pilot.pause()
        assert list(app.draft.ci.values()) == [None]


async def test_a_deletion_never_lands_on_another_user() -> None:
    app = user_1()
    async with app.run_test() as pilot:
        await pilot.press("d", *"User_1")
        app.read_again(record({}, BOTH, identity=Identity(IdentityKind.USER_ID, "User_2")))
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.empty


@pytest.mark.parametrize("size", SIZES)
async def test_identities_are_linked(size: tuple[int, int]) -> None:
    app = version_2()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "not readable" in app.row("phone_no")
        assert "a link" in app.shown()
        assert "e edit" not in app.shown()
        await pilot.press("a", *"+82 10-1234-5678".replace(" ", ""))
        await pilot.pause()
        assert "Will be stored as 821012345678." in app.shown()
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert "Will be stored" not in app.shown()
        assert "Kind: ‹ email ›" in app.shown()
        await pilot.press("enter")
        await pilot.pause()
        assert "e-mail" in app.refusal()
        app.fill("value", "lee@example.com")
        await pilot.press("enter")
        await pilot.pause()
        assert app.draft.ci == {"email": "lee@example.com"}
        assert "l••@example.com" in app.row("email")


@pytest.mark.parametrize("size", SIZES)
async def test_no_identity_is_removed(size: tuple[int, int]) -> None:
    app = version_2()
    async with app.run_test(size=size) as pilot:
        await pilot.press("d")
        await pilot.pause()
        assert "takes the whole person away" in " ".join(app.shown().replace("│", " ").split())
        await pilot.press("escape")
        await pilot.pause()
        assert app.draft.empty


async def test_an_identity_is_not_linked_to_itself() -> None:
    app = version_2(Identity(IdentityKind.EMAIL, "lee@example.com"))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert not [line for line in app.shown().splitlines() if line.startswith(" email")]


async def test_a_field_that_cannot_be_read_is_not_called_unset() -> None:
    odd = {"phone_number": "a number, where the platform keeps text"}
    app = user_1(replace(record({}, {"kakao_id": "0123456789"}), ci_unreadable=odd))
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*keys_to(app, "phone_number"), "d")
        await pilot.pause()
        said = [note.message for note in app._notifications]
        assert said == ["not readable: a number, where the platform keeps text"]
        assert not app.in_dialog and app.draft.empty
