"""The panel of a user: what it says from the first moment on, and what it reads only when asked."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.geometry import Size

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.user.panel import UserPanel
from dfn_tui.screens.user.screen import UserScreen
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Identity
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import SIZES, console, driven, look_up, see, shown, until

EVENING = datetime(2026, 3, 2, 11, 52, tzinfo=UTC)  # 20:52 in Korea


def panel(app: ConsoleApp) -> UserPanel:
    return app.screen.query_one(UserPanel)


def reads_of_ci(sandbox: SandboxThread) -> int:
    return sum(request.path.startswith("/api/v1/users/ci") for request in sandbox.requests)


@pytest.mark.parametrize("size", SIZES)
async def test_a_user_is_shown_whole(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox, now=EVENING)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        screen = shown(app)
        for words in (
            "user-0003 user_id · 한은우",
            "1 Consents   2 Properties   3 CI   4 History",
            "now 20:52",
            "00──── night ───08",
            "SMS is given, but advertising by every channel is withdrawn",
            "Kakao is given, but advertising by every channel is withdrawn",
            "push, SMS at night were never set. That is not a no: messages may go out",
            "read 20:52",
        ):
            assert words in screen
        assert "…" not in screen
        assert ("Findings" in screen) is (size[1] > 24)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (160, 45), (200, 50)])
async def test_a_user_beside_the_list_is_shown_whole(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox, now=EVENING)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0003 user-0007")
        await see(pilot, "2 found", "user-0003 user_id · 한은우", "now 20:52", "▲ SMS is given", "Findings")
        assert shown(app).count("● given") == 3 + 1  # in the matrix, and in the list's legend


@pytest.mark.parametrize("size", SIZES)
async def test_no_row_moves_when_something_is_staged(sandbox: SandboxThread, size: tuple[int, int]) -> None:
    app = console(sandbox, now=EVENING)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0003")
        before = (await see(pilot, "go out?", "● given")).splitlines()
        await pilot.press("down", "down", "u")
        after = (await see(pilot, "● › ○ withdrawn", "1 edit staged")).splitlines()

    def heads(lines: list[str]) -> list[str]:
        """How each row of the panel begins, but for the marks of what is odd."""
        return [
            line[:8] for line in lines[2:-3] if not {"✓", "▲"} & set(line[:8]) and "after" not in line[:10]
        ]

    [at] = [at for at, line in enumerate(after) if "after" in line[:10]]
    assert before[at][:10].strip("│ ") == ""
    [finding] = [at for at, line in enumerate(before) if "▲ SMS is given" in line]
    assert "✓ SMS is given" in after[finding]
    assert len(after) == len(before)
    del before[at]
    assert heads(before) == heads(after)
    assert ("✓ 1 of 3 settled by the staged change" in "\n".join(after)) is (size[1] > 24)


async def test_without_colour_none_is_sent(sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        await pilot.press("down", "u")
        await see(pilot, "1 edit staged")
        segments = [segment for strip in app.screen._compositor.render_strips() for segment in strip]
        assert not [
            one for one in segments if one.style and one.style.color and not one.style.color.is_default
        ]


@pytest.mark.parametrize("size", SIZES)
async def test_it_says_what_is_awaited_until_the_user_was_read(
    sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        sandbox.faults.latency_ms = 1500
        identity = Identity(panel(app).identity.kind, "user-0007")  # type: ignore[union-attr]
        app.push_screen(UserScreen(panel(app)._session, identity))
        screen = await see(pilot, "user-0007 user_id", "reading…", "every channel")
        assert "never set" not in screen
        assert "not readable" not in screen
        assert "given" not in screen
        await pilot.press("p", "u")
        await see(pilot, "Keys wait until this is read")
        await pilot.press("escape")  # drops them
        await see(pilot, "Keys that were typed ahead were dropped.")
        await see(pilot, "user-0003 user_id", "Nothing staged.")  # and leaves, as always


async def test_keys_wait_for_the_user_that_they_are_meant_for(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        sandbox.faults.latency_ms = 600
        identity = Identity(panel(app).identity.kind, "user-0001")  # type: ignore[union-attr]
        app.push_screen(UserScreen(panel(app)._session, identity))
        await see(pilot, "user-0001 user_id", "reading…", "every channel")
        await pilot.press("x", "2", "3", "4", "1", "u")
        await see(pilot, "● › ○ withdrawn", "1 edit staged")
        [change] = panel(app)._session.staging.changes()
        assert change.identity == identity


async def test_ci_fields_are_read_when_their_tab_is_opened(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        await pilot.press("2")
        await see(pilot, "favourite_store")
        assert reads_of_ci(sandbox) == 0
        sandbox.faults.latency_ms = 800
        await pilot.press("3")
        screen = await see(pilot, "phone_number", "reading…", " · CI being read, 0 s")
        assert "not readable" not in screen
        await pilot.press("e")  # not before it is known what would be changed
        await see(pilot, "Edit a CI field", "08••••••67")
        assert reads_of_ci(sandbox) == 1
        await pilot.press("escape")
        assert "being read" not in shown(app)
        ci = panel(app).ci
        assert ci is not None and ci.draft is not None and not ci.draft.ci
        await pilot.press("1", "3")
        await see(pilot, "82••••••••57")
        assert reads_of_ci(sandbox) == 1


async def test_ci_fields_that_cannot_be_read_are_told_in_their_place(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        sandbox.faults.refuse = "4004"
        await pilot.press("3")
        await until(pilot, lambda: len(app.screen_stack) > 3 or "could not be read" in shown(app))
        await pilot.press("escape")
        await see(pilot, "phone_number", "not read")
        await pilot.press("1")
        await see(pilot, "● given")  # what was read of the user stays


async def test_nothing_is_awaited_any_more_where_reading_ci_fields_fails(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")

        async def fails(*_what: object) -> UserRecord:
            raise ConsoleError("No answer", "The server is gone.", "Try again.")

        panel(app)._session.read_ci = fails  # type: ignore[method-assign, assignment]
        await pilot.press("3")
        await see(pilot, "No answer", "Try again.")
        await pilot.press("escape")
        screen = await see(pilot, "✗ This could not be read: The server is gone.", "not readable")
        assert "reading…" not in screen


async def test_who_was_left_does_not_get_what_was_read_for_another(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "go out?", "● given")
        other = await panel(app)._session.read_user(Identity(panel(app).identity.kind, "user-0007"))  # type: ignore[union-attr]
        sandbox.faults.latency_ms = 300
        await pilot.press("3")
        await see(pilot, "reading…")
        panel(app).show_record(other)
        await see(pilot, "user-0007 user_id")
        await until(pilot, lambda: panel(app).record is not None and panel(app).record.ci is not None)  # type: ignore[union-attr]
        record = panel(app).record
        assert record is not None
        [[phone]] = sandbox.state.query("SELECT phone_number FROM users WHERE user_id = 'user-0007'")
        assert (record.identity.value, (record.ci or {}).get("phone_number")) == ("user-0007", phone)


async def test_the_last_change_is_told_of_its_own_user_alone(sandbox: SandboxThread, journal: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("down", "down", "u", "r")
        await see(pilot, "Review: 1 user")
        await pilot.press("tab", "enter")
        await see(pilot, "confirmed")
        await pilot.press("escape")
        await see(pilot, "Last change", "SMS ○ withdrawn", "stays back")
        here = panel(app)
        other = await here._session.read_user(Identity(here.identity.kind, "user-0007"))  # type: ignore[union-attr]
        here.show_record(other)
        await see(pilot, "user-0007 user_id")
        assert "Last change" not in shown(app)


async def test_a_user_who_was_written_to_is_read_again_or_said_to_be_out_of_date(
    sandbox: SandboxThread,
) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        here = panel(app)
        record = here.record
        assert record is not None
        here._session.writes.add([record.identity])
        here.show_record(record, writes=0)
        await see(pilot, "▲ changed since this was read: F5 reads it again")
        sandbox.state.query("UPDATE users SET mkt_sms_flag = 'Unsubscribed' WHERE user_id = 'user-0001'")
        await pilot.press("f5")
        screen = await see(pilot, "○ withdrawn")
        assert "changed since" not in screen


async def test_what_was_written_to_says_so_while_it_is_read_again(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        await pilot.press("u")
        await see(pilot, "1 edit staged")
        here = panel(app)
        assert here.record is not None
        here._session.staging.drop(here.record.identity)  # as once it was sent
        here._session.writes.add([here.record.identity])
        sandbox.faults.latency_ms = 800
        here.look_again()
        screen = await see(pilot, "─ ▲ written to, being read again ─", " · being read, 0 s")
        assert "1 edit staged" not in screen and "F5 reads it again" not in screen
        await until(pilot, lambda: "being read" not in shown(app))


async def test_a_failed_read_says_why_and_still_lets_a_withdrawal_be_staged(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        sandbox.faults.refuse = "4004"
        await pilot.press("f5")
        await until(pilot, lambda: len(app.screen_stack) > 3)
        await pilot.press("escape")
        screen = await see(pilot, "✗ not read:", "– not readable", "push", "not known: nothing was read")
        assert "may go out" not in screen  # nobody knows
        await pilot.press("u")
        screen = await see(pilot, "– › ○ withdrawn", "1 edit staged", "not known: nothing was read")
        assert "may go out" not in screen


async def test_a_connection_that_cannot_read_says_so(sandbox: SandboxThread) -> None:
    app = console(sandbox, api=ApiVersion.V2)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(
            pilot, "This connection cannot read users: nothing that is sent is verified", "– not readable"
        )
        await pilot.press("3")
        screen = await see(pilot, "phone_no", "not readable")
        assert "reading…" not in screen


async def test_the_next_user_of_the_list_is_shown_as_read_for_it(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001 user-0003 user-0007")
        await see(pilot, "user-0007", "3 found")
        await pilot.press("enter")
        await see(pilot, "user-0001 user_id", "go out?", "● given")
        asked = len(sandbox.requests)
        await pilot.press("n")
        await see(pilot, "user-0003 user_id", "? never set")
        await pilot.press("n")
        await see(pilot, "user-0007 user_id")
        await pilot.press("n")
        await see(pilot, "the last user of the list", "user-0007 user_id")
        assert len(sandbox.requests) == asked


async def test_all_findings_are_there_to_be_read_where_they_do_not_fit(sandbox: SandboxThread) -> None:
    on, off = State.SUBSCRIBED.value, State.UNSUBSCRIBED.value
    changes = dict.fromkeys(Flag, on) | {Flag.MKT: off, Flag.NIGHT: off}
    words = ", ".join(f"{flag} = '{state}'" for flag, state in changes.items())
    sandbox.state.query(f"UPDATE users SET {words} WHERE user_id = 'user-0001'")
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "more lines: f shows all")
        await pilot.press("f")
        await see(
            pilot,
            "▲ push is given, but advertising by every channel is withdrawn",
            "▲ Kakao at night is given, but every channel at night is",
            "At this moment",
        )


async def test_switching_users_builds_no_widget_anew(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app, (120, 40)) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")
        here = panel(app)
        widgets = list(here.walk_children())
        read: list[UserRecord] = []
        for user in ("user-0003", "user-0007", "nobody-here"):
            read.append(await here._session.read_user(Identity(here.identity.kind, user)))  # type: ignore[union-attr]
            here.show_record(read[-1])
            await pilot.pause()
        assert list(here.walk_children()) == widgets
        await see(pilot, "▲ nothing set: unknown to the server, or never asked")
        here.show_nothing("Nobody is shown in the list.")
        screen = await see(pilot, "Nobody is shown in the list.")
        assert "user-00" not in screen


@pytest.mark.parametrize("size", [Size(80, 20), Size(80, 16), Size(60, 24)])
async def test_a_small_terminal_still_tells_the_consents(sandbox: SandboxThread, size: Size) -> None:
    app = console(sandbox)
    async with driven(app, size) as pilot:
        await look_up(pilot, "user-0003")
        await see(pilot, "● given", "every", "Kakao")
        await pilot.press("down", "down", "u")
        await see(pilot, "○ withdrawn", "1 edit")


async def test_what_the_version_has_no_consent_of_is_no_row_and_no_column(sandbox: SandboxThread) -> None:
    app = console(sandbox, api=ApiVersion.V2)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        screen = await see(pilot, "advertising", "at night", "push", "– not readable")
        assert "every channel" not in screen and " info " not in screen
        matrix = app.screen.query_one(ConsentMatrix)
        assert matrix.flag == Flag.MKT_PUSH
        await pilot.press("right", "u")
        await see(pilot, "– › ○ withdrawn", "1 edit staged")
        assert [matrix.flag] == [Flag.NIGHT_PUSH]
