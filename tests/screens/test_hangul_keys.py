"""Korean letters are keys where commands are, and text in inputs."""

from pathlib import Path

import pytest
from textual.events import Key

from dfn_tui.app import ConsoleApp
from dfn_tui.consent.flags import Flag, State
from dfn_tui.screens.bulk.mapping import MappingScreen
from dfn_tui.screens.kept import KeptDialog
from dfn_tui.screens.lookup.list_panel import ListPanel
from dfn_tui.screens.snapshot import SnapshotDialog
from dfn_tui.store import Journal
from dfn_tui.widgets.field import Field
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import apply, make_plan, users, write_list
from tests.screens.driving import console, driven, focused, look_up, see, until
from tests.screens.journals import unsubscribe_sms
from tests.screens.test_kept_edits_screen import kept, unlocked, with_a_staged_withdrawal
from tests.screens.test_mapping_screen import ask, choose, written
from tests.screens.test_snapshot_dialog import second


async def test_syllables_are_the_keys_they_were_typed_with(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        app.post_message(Key("ㅕ", "ㅕ"))  # u
        await see(pilot, "1 edit staged", "s give")  # keys are shown in Latin letters
        app.post_message(Key("ㄱ", "ㄱ"))  # r
        await see(pilot, "Review: 1 user")
        app.post_message(Key("쟈", "쟈"))  # w, which means nothing here, then i
        await focused(pilot, "#reason")
        for letter in "고객 ㅇㅇ":
            app.post_message(Key(letter, letter))
        field = app.screen.query_one("#reason", Field)
        await until(pilot, lambda: field.value == "고객 ㅇㅇ")


async def test_a_syllable_is_several_keys_in_their_order(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0002 user-0003")
        await see(pilot, "3 found")
        await focused(pilot, "UserList")
        app.post_message(Key("ㅓ", "ㅓ"))  # j
        await until(pilot, lambda: app.screen.query_one(ListPanel).users.cursor == 1)
        app.post_message(Key("히", "히"))  # g l: to the first row, then recent look-ups
        await see(pilot, "Look up again")


async def test_shift_and_control_are_kept(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        app.post_message(Key("ctrl+ㅔ", None))
        await see(pilot, "What to do")
        await pilot.press("escape")
        before = len(sandbox.requests)
        app.post_message(Key("ㄲ", "ㄲ"))  # R
        await until(pilot, lambda: len(sandbox.requests) > before)


@pytest.mark.slow
async def test_each_newer_screen_knows_them(sandbox: SandboxThread, journal: Path, tmp_path: Path) -> None:
    """A plan, a job and pre-flight: one letter each, as a Korean types it."""

    def korean(letters: str) -> None:
        for letter in letters:
            app.post_message(Key(letter, letter))

    app = console(sandbox, journal=journal)
    async with driven(app, (100, 30)) as pilot:
        sandbox.state.write_profiles([(one, {Flag.MKT_SMS: State.SUBSCRIBED}, {}) for one in users(1, 2)])
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "2 found")
        await focused(pilot, "UserList")
        korean("ㅖ")  # P
        await see(pilot, "Advertising by SMS")
        korean("ㅅ")  # t
        await see(pilot, "When does it go out?")
        korean("ㅅ")  # text in a field
        await until(pilot, lambda: app.screen.query_one(Field).value.endswith("ㅅ"))
        await pilot.press("escape")
        await see(pilot, "Advertising by SMS")
        korean("ㅊ")  # c
        await see(pilot, "The campaign goes out by")
        await pilot.press("escape", "escape")
        await focused(pilot, "UserList")
        await make_plan(pilot, write_list(tmp_path, *users(1, 2)), groups=True)
        korean("ㅕ")  # u
        await see(pilot, "All users")
        korean("ㅌ")  # x
        await see(pilot, "Plan: 1 user to be sent")
        korean("ㅌ")
        await see(pilot, "2 users to be sent")
        korean("ㅁ")  # a
        await see(pilot, "Apply: 2 users")
        korean("ㅑ")  # i
        await focused(pilot, "#reason")
        await pilot.press("escape")
        await see(pilot, "2 users to be sent")
        await apply(pilot)
        await see(pilot, "finished", "2 ✓ confirmed")
        korean("ㅍ")  # v
        await see(pilot, "Verify")
        await pilot.press("escape")
        await see(pilot, "finished")
        korean("ㄷ")  # e
        await see(pilot, "Write the results")


def typed(app: ConsoleApp, letters: str) -> None:
    """Letters as an input method sends them."""
    for letter in letters:
        app.post_message(Key(letter, letter))


@pytest.mark.slow
async def test_the_duties_know_them_and_their_inputs_take_text(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await unsubscribe_sms(pilot)
        await pilot.press("escape", "escape", "f12")
        await see(pilot, "1 to tell")
        typed(app, "ㄷ")  # e
        await see(pilot, "Export the duties")
        await pilot.press("escape", "slash")
        await until(pilot, lambda: isinstance(app.focused, Field))
        typed(app, "메")  # text: nobody is found by it
        await until(pilot, lambda: app.screen.query_one("#filter", Field).value == "메")
        await pilot.press("backspace", "enter")
        await see(pilot, "user-0001", "t told")
        typed(app, "ㅅ")  # t
        await see(pilot, "Told the outcome", "On this day")
        await focused(pilot, "#day")
        await pilot.press("tab")
        await focused(pilot, "#reason")
        typed(app, "전화ㅌ")
        await until(pilot, lambda: app.screen.query_one("#reason", Field).value == "전화ㅌ")
        await pilot.press("enter")
        await see(pilot, "1 entry noted.")
    with Journal(journal) as noted:
        assert [note.reason for note in noted.notes()] == ["전화ㅌ"]


@pytest.mark.slow
async def test_the_questions_about_columns_know_them(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await ask(pilot, written(tmp_path))
        await see(pilot, "What each column is", "고객번호")
        await pilot.press("down")
        typed(app, "ㄷ")  # e
        await see(pilot, "the user: user_id")
        typed(app, "ㅁ나")  # a list of answers has no letters
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MappingScreen))
        await choose(pilot, "the user: user_id")
        await pilot.press("down", "down")
        await choose(pilot, "(mkt_sms_flag)")
        typed(app, "ㅐ")  # o: nothing of the others
        await see(pilot, "what does it mean")
        app.screen.query_one("#words").focus()
        await see(pilot, "w withdrawn")
        await until(pilot, lambda: len(app.screen.query_one("#words").items) == 2)  # type: ignore[attr-defined]
        first = app.screen.query_one("#words").items[0].text  # type: ignore[attr-defined]
        typed(app, "ㅈㅎ" if first == "N" else "ㅎㅈ")  # w and g
        await see(pilot, "row 2  user-0001  advertising by SMS ○", "row 3  user-0002  advertising by SMS ●")
        typed(app, "ㅊ")  # c
        await see(pilot, "to be sent", "status")


@pytest.mark.slow
async def test_dialogs_know_them_with_control_and_take_no_letter_that_is_no_key(
    sandbox: SandboxThread, journal: Path
) -> None:
    async with driven(second(sandbox, journal), (140, 40)) as pilot:
        app = pilot.app
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, "F10 takes a snapshot")
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, SnapshotDialog))
        typed(app, "ㅅㅇ")  # type: ignore[arg-type]  # t and d mean nothing here
        await pilot.pause()
        assert not [one for one in sandbox.requests if "export" in one.path]
        app.post_message(Key("ctrl+ㅅ", None))
        await see(pilot, "is the export token")  # which this server does not know


@pytest.mark.slow
async def test_kept_edits_are_offered_and_no_letter_answers(sandbox: SandboxThread, journal: Path) -> None:
    async with with_a_staged_withdrawal(sandbox, journal, unlocked()) as (pilot, app):
        await until(pilot, lambda: bool(kept(journal)))
        await pilot.press("ctrl+q")
        await see(pilot, "Keep and quit")
        await focused(pilot, "#close")
        typed(app, "ㅏㅇ")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: app._exit)
    app = console(sandbox, journal=journal, keyring=unlocked().open)
    async with driven(app) as pilot:
        await see(pilot, "F9 shows them")
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, KeptDialog))
        typed(app, "ㄷㅅ쟈")
        await see(pilot, "user-0001", "Not now")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, KeptDialog))
        assert kept(journal)
