"""History, undo and receipt: over a real sandbox, with a real journal file."""

import asyncio
from pathlib import Path

import pytest
from textual.widgets import DataTable

from dfn_tui.app import ConsoleApp
from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    Entry,
    FieldChange,
    FieldKind,
    Intent,
    IntentGroup,
    IntentUser,
    Journal,
    Operator,
    OutcomeGroup,
    Subject,
)
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.tick import Tick
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, look_up, see, shown, type_in, until
from tests.screens.journals import (
    SMS_OFF,
    consent,
    content,
    is_absent,
    keyring,
    spoil,
    state,
    unsubscribe_sms,
    written,
)

pytestmark = pytest.mark.slow  # .ci/run goes through them


@pytest.mark.parametrize("size", SIZES)
async def test_a_change_is_in_the_history_and_undone_and_that_undone_too(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await unsubscribe_sms(pilot)
        await pilot.press("escape", "escape", "f7")
        await see(pilot, "SANDBOX", "● → ○ SMS", "✓ confirmed", "user-0001")
        await pilot.press("enter")
        await see(
            pilot, "SANDBOX", "Entry 1", "advertising by SMS  mkt_sms_flag", "✓ confirmed", "Outcome at"
        )
        await pilot.press("u")
        await see(pilot, "Undo of entry 1", "user-0001 user_id · 이지우", "○ withdrawn → ● given")
        assert app.focused is not None
        assert app.focused.id == "cancel"
        await pilot.press("tab", "enter")
        await see(pilot, "Review: 1 user", "undo of entry 1")
        assert state(sandbox, "user-0001", "mkt_sms_flag") == "Unsubscribed"
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        assert state(sandbox, "user-0001", "mkt_sms_flag") == "Subscribed"
        await pilot.press("escape", "escape")
        await see(pilot, "↶1 ○ → ● SMS", "● → ○ SMS")
        await pilot.press("up")
        await see(pilot, "undo of entry 1")
        await pilot.press("enter")
        await see(pilot, "Takes back entry 1")
        await pilot.press("u")
        await see(pilot, "Undo of entry 3", "● given → ○ withdrawn")
        await pilot.press("tab", "enter")
        await see(pilot, "undo of entry 3")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
    assert state(sandbox, "user-0001", "mkt_sms_flag") == "Unsubscribed"


@pytest.mark.parametrize("size", SIZES)
async def test_the_history_is_filtered_and_a_bad_filter_said_in_place(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    written(journal, SMS_OFF, user="user-0002")
    written(journal, consent("night_flag", "Undefined", "Subscribed"), user="김민지", ending=Outcome.FAILED)
    written(journal, SMS_OFF, SMS_OFF, connection="other", ending=Outcome.DIFFERENT)
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await pilot.press("f7")
        screen = await see(pilot, "user-0002", "김민지", "✗ failed", "✗ different", "+1", "CS-7")
        lines = [line for line in screen.splitlines() if "→" in line]
        assert [line.split()[1] for line in lines] == ["5", "3", "1"]
        await pilot.press("slash", *"flag:night_flag", "enter")
        await until(pilot, lambda: "user-0002" not in shown(app))
        assert "김민지" in shown(app)
        await pilot.press("slash")
        app.screen.query_one(Field).value = "outcome:lost"
        await pilot.press("enter")
        await see(pilot, "outcome cannot be lost.", "conflict")
        assert "김민지" in shown(app)
        app.screen.query_one(Field).value = "user:nobody"
        await pilot.press("enter")
        await see(pilot, "No entry fits this filter.")
        await pilot.press("slash")
        app.screen.query_one(Field).value = ""
        await pilot.press("enter")
        await see(pilot, "user-0002", "김민지")
        await pilot.press("slash", *"user:a/b", "enter")
        await see(pilot, "user:a/b", "No entry fits this filter.")
        await pilot.press("escape")  # leaves the filter, and not the screen yet
        assert "user:a/b" not in await see(pilot, "user-0002", "newest first")
        await pilot.press("escape")
        await see(pilot, "paste or type ids")


async def test_an_empty_history_says_so_and_makes_no_file(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f6")
        await see(pilot, "Connections")
        await pilot.press("f7")
        await see(pilot, "Nothing was changed from this host yet.")
        await pilot.press("enter", "o", "slash", "enter", "escape")
        await see(pilot, "Connections")
    assert is_absent(journal)


async def test_a_journal_that_is_none_is_told_everywhere(sandbox: SandboxThread, journal: Path) -> None:
    written(journal, SMS_OFF)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f7")
        await see(pilot, "mkt_sms_flag")
        await pilot.press("enter")
        await see(pilot, "Entry 1", "Outcome at")
        spoil(journal)
        for key in ("m", "u"):
            await pilot.press(key)
            await see(pilot, "This is not a journal")
            await pilot.press("escape")
        await pilot.press("escape", "escape")
        await see(pilot, "! This is not a journal", "Move it away")
        await pilot.press("escape")
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("4")
        await see(pilot, "! This is not a journal")
        await pilot.press("t")
        await see(pilot, "This is not a journal", "DFN_TUI_STATE")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is looked for many times a second."""
    for module in ("listing", "entry"):
        monkeypatch.setattr(f"dfn_tui.screens.history.{module}.LOOK_EVERY", 0.02)


async def test_what_others_write_comes_into_the_history_by_itself(
    sandbox: SandboxThread, journal: Path, often: None
) -> None:
    written(journal, SMS_OFF)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f7")
        await see(pilot, "user-0001", "SMS")
        written(journal, SMS_OFF, user="user-0002")
        await see(pilot, "user-0002")
        table = app.screen.query_one(DataTable)
        assert table.cursor_row == 1  # still on the entry it was on


async def test_what_others_write_comes_into_the_history_of_a_user(
    sandbox: SandboxThread, journal: Path, often: None
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("4")
        await see(pilot, "Nothing was changed of this user")
        written(journal, SMS_OFF)
        await see(pilot, "✓ confirmed")


async def test_an_entry_that_is_open_ends_while_it_is_looked_at(
    sandbox: SandboxThread, journal: Path, often: None
) -> None:
    written(journal, SMS_OFF, ending=None)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f7", "enter")
        await see(pilot, "Entry 1", "… open")
        with Journal(journal) as other:
            other.conclude([OutcomeGroup((1,), Outcome.CONFIRMED)])
        await see(pilot, "✓ confirmed")


async def test_the_next_page_is_read_at_the_end_of_this_one(sandbox: SandboxThread, journal: Path) -> None:
    written(journal, SMS_OFF, times=450)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f7")
        table = app.screen.query_one(DataTable)
        for rows in (200, 400, 450):
            await until(pilot, lambda rows=rows: table.row_count == rows)  # type: ignore[misc]
            await pilot.press("ctrl+end")
        await until(pilot, lambda: table.cursor_row == 449)
        await pilot.press("enter")
        await see(pilot, "Entry 1 ·")
        await pilot.press("escape")
        await see(pilot, "mkt_sms_flag")
        assert (table.row_count, table.cursor_row) == (450, 449)


@pytest.mark.parametrize("size", SIZES)
async def test_a_conflict_is_restored_only_if_the_operator_says_so(
    sandbox: SandboxThread, journal: Path, size: tuple[int, int]
) -> None:
    # In the sandbox the flag is as it was before the entry, and the points are something else altogether.
    written(journal, FieldChange(FieldKind.PROPERTY, "points", 1, 2), SMS_OFF)
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await pilot.press("f7")
        await see(pilot, "points")
        await pilot.press("enter", "u")
        await see(
            pilot, "▲ changed since by someone else", "was", "entry set", "nothing is left to be undone"
        )
        app.screen.query_one("#stage").focus()
        await pilot.press("enter")
        await see(pilot, "There is nothing to stage.")
        await until(pilot, lambda: not app.screen.query_one("#stage").has_class("-active"))
        app.screen.query_one(Tick).focus()
        await pilot.press("space")
        app.screen.query_one("#stage").focus()
        await pilot.press("enter")
        await see(pilot, "Review: 1 user", "undo of entry 1", "points")


async def test_never_set_is_said_before_and_unsubscribed_stands_in(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0004")
        await see(pilot, "go out?", "? never set")
        await pilot.press("down", "down", "s", "r")
        await see(pilot, "Review: 1 user")
        await pilot.press("tab", "tab")
        app.screen.query_one("#send").focus()
        await pilot.press("enter")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape", "4")
        await see(pilot, "? → ● SMS")
        await pilot.press("enter", "u")
        await see(pilot, "○ withdrawn (stand-in)", "never set cannot be unset")
        await pilot.press("tab", "enter")
        await see(pilot, "● given", "→ ○ withdrawn", "undo of entry 1")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
    assert state(sandbox, "user-0004", "mkt_sms_flag") == "Unsubscribed"


async def change_phone_number(pilot: object, app: ConsoleApp) -> None:
    await look_up(pilot, "user-0003")  # type: ignore[arg-type]
    await see(pilot, "go out?", "● given")  # type: ignore[arg-type]
    await pilot.press("3")  # type: ignore[attr-defined]
    await see(pilot, "phone_number", "••")  # type: ignore[arg-type]
    await pilot.press("down", "enter")  # type: ignore[attr-defined]
    await see(pilot, "Edit a CI field")  # type: ignore[arg-type]
    app.screen.query_one("#value", Field).value = "01012345678"
    await pilot.press("enter")  # type: ignore[attr-defined]
    await see(pilot, "1 edit staged")  # type: ignore[arg-type]
    await pilot.press("r")  # type: ignore[attr-defined]


async def test_without_a_keyring_the_review_and_the_undo_say_what_is_lost(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await change_phone_number(pilot, app)
        await see(pilot, "There is no keyring", "cannot be undone later")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape", "4")
        await see(pilot, "phone_number →")
        await pilot.press("enter")
        await see(pilot, "Only the mask was kept")
        await pilot.press("u")
        await see(pilot, "✗ cannot be restored", "Only the mask was kept")
        assert app.screen.query_one("#stage").disabled
    assert b"821012345678" not in content(journal)


async def test_without_a_keyring_a_first_phone_number_is_taken_back_all_the_same(
    sandbox: SandboxThread, journal: Path
) -> None:
    sandbox.state.delete_ci(["user-0003"], ["phone_number"])
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await change_phone_number(pilot, app)
        assert "cannot be undone later" not in await see(pilot, "Review: 1 user")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape", "4")
        await see(pilot, "phone_number →")
        await pilot.press("enter")
        await see(pilot, "Only the mask was kept")
        await pilot.press("u")
        screen = await see(pilot, "82••••••••78 → ✗ deleted", "There was none before", "compare it")
        assert "cannot be restored" not in screen


async def test_with_a_key_a_personal_value_is_revealed_and_restored(
    sandbox: SandboxThread, journal: Path
) -> None:
    [[before]] = sandbox.state.query("SELECT phone_number FROM users WHERE user_id = 'user-0003'")
    app = console(sandbox, journal=journal, keyring=keyring)
    async with driven(app) as pilot:
        await change_phone_number(pilot, app)
        assert "no keyring" not in await see(pilot, "Review: 1 user")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape", "4")
        await see(pilot, "phone_number →")
        await pilot.press("enter")
        assert str(before) not in await see(pilot, "This value is sealed.")
        await pilot.press("m")
        await see(pilot, f"{before}", "→ 821012345678")
        await pilot.press("c")
        assert str(before) not in await see(pilot, "Sent to the terminal", "phone_number")
        await pilot.press("escape", "m")
        await see(pilot, "This value is sealed.")
        assert str(before) not in app.clipboard
        await pilot.press("u")
        assert str(before) not in await see(pilot, "82••••••••")
        await pilot.press("m")
        await see(pilot, f"821012345678 → {before}")
        await pilot.press("tab", "enter")
        await see(pilot, "undo of entry 1")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
    [[after]] = sandbox.state.query("SELECT phone_number FROM users WHERE user_id = 'user-0003'")
    assert after == before


async def test_what_is_revealed_only_after_it_was_masked_again_stays_masked(
    sandbox: SandboxThread, journal: Path
) -> None:
    app = console(sandbox, journal=journal, keyring=keyring)
    async with driven(app) as pilot:
        await change_phone_number(pilot, app)
        await see(pilot, "Review: 1 user")
        await pilot.press("tab", "enter")
        await see(pilot, "✓ 1 confirmed")
        await pilot.press("escape", "4")
        await see(pilot, "phone_number →")
        await pilot.press("enter")
        await see(pilot, "This value is sealed.")
        kept = app.connections.session("here").journal
        asked, answered, reveal = asyncio.Event(), asyncio.Event(), kept.reveal

        async def slowly(entry: Entry) -> Intent:
            asked.set()
            await answered.wait()
            return await reveal(entry)

        kept.reveal = slowly  # type: ignore[method-assign]
        await pilot.press("m")
        await asked.wait()
        app.lock()
        answered.set()
        await until(pilot, lambda: not any(one.group == "reveal" and one.is_running for one in app.workers))
        await pilot.press("enter")
        assert "821012345678" not in await see(pilot, "This value is sealed.")


async def test_an_undo_that_deletes_an_identifier_asks_for_the_id(
    sandbox: SandboxThread, journal: Path
) -> None:
    [[kakao]] = sandbox.state.query("SELECT kakao_id FROM users WHERE user_id = 'user-0001'")
    with Journal(journal, bytes(range(32))) as run_log:
        [seq] = run_log.begin(
            [
                IntentGroup(
                    connection="here",
                    environment="sandbox",
                    api="v1",
                    changes=(FieldChange(FieldKind.CI, "kakao_id", None, str(kakao), personal=True),),
                    operator=Operator("kim", "bastion-1"),
                    program="0.1.0",
                    write="w1",
                    users=(IntentUser(Subject("user_id", "user-0001")),),
                )
            ]
        )
        run_log.conclude([OutcomeGroup((seq,), Outcome.CONFIRMED)])
    app = console(sandbox, journal=journal, keyring=keyring)
    async with driven(app) as pilot:
        await pilot.press("f7")
        await see(pilot, "kakao_id")
        await pilot.press("enter", "u")
        await see(pilot, "→ ✗ deleted", "Type the user's id to confirm: user-0001")
        app.screen.query_one("#stage").focus()
        await pilot.press("enter")
        await see(pilot, "What was typed is not this user's id.")
        app.screen.query_one("#typed-id-0", Field).focus()
        await type_in(pilot, "user-0001")
        await pilot.press("enter")
        await see(pilot, "Review: 1 user", "deleted", "undo of entry 1")


async def test_an_entry_of_a_connection_that_is_gone_is_not_undone(
    sandbox: SandboxThread, journal: Path
) -> None:
    written(journal, SMS_OFF, connection="gone")
    written(journal, SMS_OFF, ending=Outcome.FAILED)
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await pilot.press("f7")
        await see(pilot, "✗ failed")
        await pilot.press("enter", "u")
        await see(pilot, "there is nothing to undo")
        await pilot.press("escape", "down", "enter")
        await see(pilot, "gone (sandbox, v1)")
        await pilot.press("u")
        await see(pilot, "no connection gone")


async def test_what_hosts_wrote_that_share_the_folder_is_seen_from_each(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    ours, theirs = (tmp_path / "hosts" / host / "journal.db" for host in ("ours", "theirs"))
    written(theirs, SMS_OFF)
    app = console(sandbox, journal=ours)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("4")
        await see(pilot, "Nothing was changed of this user from this host")
        await pilot.press("a")
        await see(pilot, "Of every host that shares this folder:", "● → ○ SMS")
        await pilot.press("enter")
        await see(pilot, "Entry 1 of")
        await pilot.press("escape", "a")
        await see(pilot, "Nothing was changed of this user from this host")
