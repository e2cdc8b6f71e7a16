"""What goes wrong, as the operator meets it: said in words, and nothing that was staged is lost."""

import socket
from collections.abc import Callable

import pytest
from textual.timer import Timer

from dfn_tui.sandbox.options import Faults, RateLimit, SandboxOptions
from dfn_tui.screens.base import SessionScreen
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import (
    console,
    driven,
    focused,
    look_up,
    review_withdrawal,
    see,
    shown,
    type_in,
    until,
)

pytestmark = pytest.mark.slow  # .ci/run goes through them


def refuse(code: str) -> Callable[[Faults], None]:
    def apply(faults: Faults) -> None:
        faults.refuse = code

    return apply


def always_500(faults: Faults) -> None:
    faults.error_rate = 1.0


def limited(faults: Faults) -> None:
    faults.rate_limit = RateLimit(1, "1d")


AT_LOOK_UP = [
    (refuse("4003"), ["4003"]),
    (refuse("4004"), ["permission"]),
    (refuse("4005"), ["4005"]),
    (always_500, ["500"]),
]


@pytest.mark.parametrize(("fault", "words"), AT_LOOK_UP)
async def test_a_look_up_that_fails_says_why(
    sandbox: SandboxThread, fault: Callable[[Faults], None], words: list[str], patient: None
) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        fault(sandbox.faults)
        await look_up(pilot, "user-0001 user-0002")
        await see(pilot, *words)
        await until(pilot, lambda: type(app.screen).__name__ == "ErrorDialog")
        assert "<html" not in shown(app)
        sandbox.faults.refuse, sandbox.faults.error_rate = None, 0.0
        await pilot.press("escape")
        await look_up(pilot, "user-0001")
        await see(pilot, "go out?", "● given")


async def test_a_wrong_token_is_replaced_on_the_spot(sandbox: SandboxThread) -> None:
    app = console(sandbox, token="wrong-token")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Replace the token")
        assert "wrong-token" not in shown(app)
        await pilot.press("tab", "enter")
        await see(pilot, "Token for here")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given", "token in memory only")
        assert sandbox.token not in shown(app)


async def test_a_missing_token_is_asked_for(sandbox: SandboxThread) -> None:
    app = console(sandbox, token="")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Token for here", "no keyring")
        await type_in(pilot, sandbox.token)
        await pilot.press("enter")
        await see(pilot, "go out?", "● given")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:{closed}", ["refused"]),
        ("https://does-not-exist.invalid", ["host"]),
        ("https://127.0.0.1:{port}", ["TLS"]),
    ],
)
async def test_a_server_that_cannot_be_reached(
    sandbox: SandboxThread, url: str, words: list[str], patient: None
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = url.format(closed=closed.getsockname()[1], port=sandbox.url.rpartition(":")[2])
        app = console(sandbox, base_url=address)
        async with driven(app) as pilot:
            await look_up(pilot, "user-0001")
            await until(pilot, lambda: type(app.screen).__name__ == "ErrorDialog")
            await until(pilot, lambda: all(word.lower() in shown(app).lower() for word in words))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HTTPS_PROXY", "{sandbox}", "on the way to api.corp.example"),  # which makes no tunnels
        ("HTTPS_PROXY", "http://kim:pa55@h:99999", "HTTPS_PROXY does not hold"),
        ("no_proxy", "10.0.0.0/99", "no_proxy has an entry that cannot be read: “10.0.0.0/99”."),
    ],
)
async def test_a_proxy_in_the_way_is_named(
    sandbox: SandboxThread,
    monkeypatch: pytest.MonkeyPatch,
    patient: None,
    variable: str,
    value: str,
    words: str,
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(variable, value.format(sandbox=sandbox.url))
    app = console(sandbox, base_url="https://api.corp.example")
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await until(pilot, lambda: words in " ".join(shown(app).replace("│", " ").split()))
        assert "pa55" not in shown(app)


async def test_a_write_that_was_cut_is_read_back_before_anything_is_said() -> None:
    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        sandbox.faults.write_answer = "cut"
        app = console(sandbox)
        async with driven(app) as pilot:
            await review_withdrawal(pilot)
            await pilot.press("tab", "enter")
            await see(pilot, "✓ 1 confirmed")
    assert len([request for request in sandbox.requests if "update" in request.path]) == 1


async def test_a_write_refused_leaves_the_edits_staged(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await review_withdrawal(pilot)
        sandbox.faults.refuse = "4004"
        await pilot.press("tab", "enter")
        await until(pilot, lambda: type(app.screen).__name__ == "ErrorDialog")
        await pilot.press("escape")
        await see(pilot, "✗ 1 failed")
        sandbox.faults.refuse = None
        await pilot.press("escape")
        await see(pilot, "1 edit staged")


HOSTILE = ["user-0005", "user-0006", "user-0008"]


@pytest.mark.parametrize("user", HOSTILE)
async def test_hostile_text_is_shown_inert(sandbox: SandboxThread, user: str) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, f"{user} user-0001")
        screen = await see(pilot, user, "user-0001", "2 ids", "push")
        await focused(pilot, "#users")
        await pilot.press("enter")
        await see(pilot, "go out?")
        await pilot.press("2")
        screen += await see(pilot, "user_name")
        await pilot.press("r")
        assert "\x1b" not in screen
        assert "\u202e" not in screen
        assert app.is_running


async def test_ids_that_cannot_be_sent_are_refused_with_their_place(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        app.screen.query_one("#ids").value = "good bad\ud800"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await see(pilot, "Nothing was looked up", "Mend the list")


@pytest.mark.parametrize("where", ["list", "user", "result"])
async def test_it_is_said_that_a_silent_server_is_waited_for(
    sandbox: SandboxThread, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.screens.base.SILENCE", 0.0)
    app = console(sandbox)
    async with driven(app) as pilot:
        if where == "list":
            sandbox.faults.read_answer = "silent"
            await look_up(pilot, "user-0001 user-0002")
            await see(pilot, "Waiting for the server, 1 s by now")
            await pilot.press("escape")
            await see(pilot, "Stopped.")
        elif where == "user":
            await look_up(pilot, "user-0001")
            await see(pilot, "Nothing staged.")
            sandbox.faults.read_answer = "silent"
            await pilot.press("f5")
            await see(pilot, "Waiting for the server, 1 s by now", "go out?", "● given")
            await pilot.press("escape")
            await see(pilot, "user_id ❭")
        else:
            await review_withdrawal(pilot)
            sandbox.faults.write_answer, sandbox.faults.latency_ms = "cut", 1500
            await pilot.press("tab", "enter")
            await see(pilot, "Waiting for the server, 1 s by now")
            assert "answered" not in shown(app)
            await see(pilot, "✓ 1 confirmed")


async def test_a_pause_is_said_with_its_length(sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        sandbox.faults.refuse, sandbox.faults.retry_after = "4006", 7
        sandbox.faults.rate_limit_spelling = "none"
        await look_up(pilot, "user-0001")
        await see(pilot, "Waiting 7 s, then attempt 2")


async def test_leaving_waits_for_a_silent_server_only_so_long(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfn_tui.app.LEAVING", 1.0)
    app = console(sandbox)
    async with driven(app) as pilot:
        sandbox.faults.write_answer = "silent"
        await review_withdrawal(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: any("update" in one.path for one in sandbox.requests))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
        assert app.return_code == 0
        for task in app.connections.session("here")._writing:
            task.cancel()  # as the end of the process does


async def test_waiting_is_not_said_any_more_once_it_is_over(
    sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer's last call may come after it was stopped: it must not stand in place of a result."""
    monkeypatch.setattr("dfn_tui.screens.base.SILENCE", 0.0)
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, "user-0001")
        await see(pilot, "Nothing staged.")
        screen, calls = app.screen, list[Callable[[], None]]()
        assert isinstance(screen, SessionScreen)

        def set_interval(_seconds: float, call: Callable[[], None]) -> Timer:
            calls.append(call)
            return Timer(screen, 60)

        monkeypatch.setattr(screen, "set_interval", set_interval)
        with screen.showing_waits("#user-state"):
            calls[0]()
            await see(pilot, "Waiting for the server")
        screen.say("#user-state", "over")
        calls[0]()
        await see(pilot, "over")
        assert "Waiting for the server" not in shown(app)
