"""Tokens are nowhere, and personal values nowhere in the clear: a token and values that are planted are
looked for in everything that the program leaves behind, whatever goes wrong."""

import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from dfn_tui.api.transport import Timeouts
from dfn_tui.store import Filter, Journal
from tests.api.served import RawServer, Served, cut, http, silent
from tests.e2e.tmux import USER_SHOWN, Tmux, children
from tests.e2e.tmux import look_up as look_up_in
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import console, driven, look_up, see, shown, until
from tests.starting import KEY
from tests.system.planted import USER, Planted, leaking_files, leaks

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-m", "dfn_tui"]
PATCHED = [sys.executable, str(Path(__file__).with_name("leaking_console.py"))]


@pytest.fixture
def planted() -> Planted:
    return Planted()


@pytest.fixture
def sandbox(planted: Planted) -> Iterator[SandboxThread]:
    with planted.sandbox() as running:
        planted.put(running)
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Everything that is left behind goes below it; what is given to the program does not."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def environ(home: Path, **more: str) -> dict[str, str]:
    return {
        "HOME": str(home),
        "DFN_TUI_CONFIG": str(home / "config.toml"),
        "DFN_TUI_STATE": str(home / "state"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={home}/none",
        **more,
    }


def configure(home: Path, url: str, more: str = "") -> None:
    here = f'api = "v1"\nenvironment = "sandbox"\nbase_url = "{url}"\n{more}'
    (home / "config.toml").write_text(f'default = "here"\n[connections.here]\n{here}')


def run(home: Path, *arguments: str, program: Sequence[str] = PROGRAM, **more: str) -> tuple[int, str]:
    """Runs a command: its exit code, and all that it printed."""
    ended = subprocess.run(
        [*program, *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environ(home, **more)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def open_user(terminal: Tmux, home: Path, command: list[str]) -> None:
    """Starts a command in the shell that runs there, records the terminal, and looks up `USER`."""
    terminal.record(home / "terminal")
    terminal.type(shlex.join(command) + "; echo ended with $?")
    terminal.press("Enter")
    look_up_in(terminal, USER)


def limits(pid: int) -> str:
    return Path(f"/proc/{pid}/limits").read_text()


def of_process(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize("how", ["handler", "worker"])
def test_a_crash_tells_nothing(
    how: str, home: Path, planted: Planted, sandbox: SandboxThread, require: Callable[..., None]
) -> None:
    require("tmux")
    configure(home, sandbox.url)
    with Tmux(["sh"], environ(home, DFN_TUI_TOKEN=planted.token)) as terminal:
        open_user(terminal, home, [*PATCHED, how])
        terminal.wait_for(*USER_SHOWN)
        terminal.press("3")  # the CI fields, which are read now
        if how == "handler":
            terminal.wait_for("phone_number", "••")
            terminal.press("m")
        terminal.wait_for("ended with 70")
    assert "leaking_console.py" in (home / "terminal").read_text()  # loudly: it says where
    assert "RuntimeError" in (home / "terminal").read_text()
    [report] = (home / "state").glob("defect-*.txt")
    assert "builtins.RuntimeError" in report.read_text()
    assert leaking_files(home, planted.tokens + planted.personal) == []


@pytest.mark.parametrize("key", [True, False], ids=["with a key", "without a key"])
def test_a_session_keeps_nothing_in_the_clear(
    key: bool, home: Path, planted: Planted, sandbox: SandboxThread, require: Callable[..., None]
) -> None:
    require("tmux")
    secret, go, begun = home.parent / "token", home.parent / "go", home.parent / "pid"
    secret.write_text(planted.token)
    script = f"echo $$ > {begun}; while [ ! -e {go} ]; do sleep 0.02; done; cat {secret}"
    configure(home, sandbox.url, f'token_command = ["sh", "-c", "{script}"]\n')
    program = [*PATCHED, "key"] if key else PROGRAM
    export_token = planted.export_token
    (home / "tmp").mkdir()
    told = {"TMPDIR": str(home / "tmp")}
    if not key:  # the patched program imports Textual before this one can drop its variables
        told |= {"TEXTUAL_LOG": str(home / "textual.log"), "TEXTUAL": "debug,devtools"}
    with Tmux(["sh"], environ(home, DFN_TUI_EXPORT_TOKEN=export_token, **told)) as terminal:
        open_user(terminal, home, program)
        terminal.wait_until(lambda: begun.exists() and bool(begun.read_text()), "the token's command")
        assert leaks(of_process(int(begun.read_text())), planted.tokens) == []
        console_of = next(one for one in children(terminal.pid) if b"dfn_tui" in of_process(one) or key)
        [limit] = [line for line in limits(console_of).splitlines() if line.startswith("Max core file size")]
        assert limit.split()[4:6] == ["0", "0"]
        go.touch()
        terminal.wait_for(*USER_SHOWN)
        terminal.press("3")
        terminal.wait_for("d delete")  # the focus is in that table
        terminal.press("Down", "Enter")
        terminal.wait_for("Edit a CI field", "Now: 82")
        terminal.type(planted.typed_phone)
        terminal.press("Enter")
        terminal.wait_for("1 edit staged")
        terminal.press("2")
        terminal.wait_for("a add")
        terminal.press(*["Down"] * 20, "Enter")
        terminal.wait_for("Edit a property", "second_contact")
        terminal.type(planted.typed_email)
        terminal.press("Enter")
        terminal.wait_for("2 edits staged")
        terminal.press("r")
        terminal.wait_for_focus("Cancel")
        terminal.press("BTab")
        terminal.wait_for_cursor()
        terminal.type(f"INC-42 {planted.said_phone}")
        terminal.wait_for(planted.said_phone, "kept as: INC-42 01")
        assert leaks(terminal.screen(), planted.personal) == [planted.said_phone]
        terminal.press("Tab", "Tab")
        terminal.wait_for_focus("Send")
        terminal.press("Enter")
        terminal.wait_for("second_contact", "confirmed")
        assert leaks(terminal.screen(), planted.personal) == []
        title = terminal.format("#{pane_title} #{window_name}")
        assert leaks(title, planted.tokens + planted.personal) == []
        # While it runs, there is a write-ahead log beside the journal.
        assert leaking_files(home / "state", planted.tokens + planted.personal) == []
        assert not (home / "textual.log").exists()
        assert [*(home / "tmp").rglob("*")] == []
        terminal.press("C-q")
        terminal.wait_for("ended with 0")
    assert sandbox.state.ci([USER])[USER]["phone_number"] == planted.typed_phone
    recorded = home / "terminal"
    # The operator types into a field that shows it; what the server has is never shown unless asked for.
    assert leaks(recorded.read_bytes(), planted.tokens + planted.of_the_server) == []
    recorded.unlink()
    with Journal(home / "state" / "journal.db", KEY if key else None) as journal:
        [entry] = journal.find(Filter())
        assert [change.personal for change in entry.intent.changes] == [True, True]
        if key:
            assert planted.typed_phone in repr(journal.reveal(entry))
    for command in ("list", "list --json", "show 1"):
        code, printed = run(home, "journal", *command.split(), program=program)
        assert code == 0
        assert leaks(printed, planted.tokens + planted.personal) == []
    for kind in ("csv", "json"):
        assert run(home, "journal", "export", "--format", kind, "-o", str(home / f"all.{kind}"))[0] == 0
    assert leaking_files(home, planted.tokens + planted.personal) == []


def test_the_demo_keeps_the_console_s_tokens_from_its_sandbox(
    home: Path, planted: Planted, require: Callable[..., None]
) -> None:
    require("tmux")
    tokens = {"DFN_TUI_TOKEN": planted.token, "DFN_TUI_EXPORT_TOKEN": planted.export_token}
    with Tmux([*PROGRAM, "demo"], environ(home) | tokens) as terminal:
        terminal.wait_until(lambda: len(children(terminal.pid)) == 1, "the sandbox's process")
        [pid] = children(terminal.pid)
        terminal.wait_until(lambda: b"dfn_tui.sandbox" in of_process(pid), "the sandbox's program")
        own = dict(part.partition("=")[::2] for part in of_process(pid).decode().split("\0"))
        assert leaks(of_process(pid), planted.tokens) == []
        # Its own goes by the environment, which nobody else can read; arguments everybody can.
        assert leaks(Path(f"/proc/{pid}/cmdline").read_bytes(), [own["DFN_TUI_SANDBOX_TOKEN"]]) == []
        terminal.press("C-q")


def echoing(planted: Planted) -> bytes:
    """A refusal that repeats all it was sent."""
    said = f"bad token Bearer {planted.token} {', '.join(planted.of_the_server)}"
    return http({"result_code": 4007, "result_msg": said, "result_data": None}, 400)


FAILURES: dict[str, Callable[[Planted], Served]] = {
    "500": lambda planted: http(f"<html>{planted.token} {planted.phone}</html>", 500),
    "malformed": lambda planted: http(f'{{"{planted.token}": {planted.phone}'),
    "other JSON": lambda planted: http([planted.token, planted.phone]),
    "echo": echoing,
    "cut": lambda _planted: cut,
    "timeout": lambda _planted: silent,
    "redirect": lambda planted: http(planted.token, 302, {"Location": "http://127.0.0.1:9/"}),
}


@pytest.fixture
def impatient(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up on an answer at once, and tries again without a wait."""
    monkeypatch.setattr("dfn_tui.api.transport.Timeouts", partial(Timeouts, read=0.05, total=0.1))


@pytest.mark.parametrize("failure", [*FAILURES, "refused connection", "wrong token"])
async def test_expected_errors_tell_nothing(
    failure: str,
    planted: Planted,
    sandbox: SandboxThread,
    tmp_path: Path,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = FAILURES[failure](planted) if failure in FAILURES else b""
    async with RawServer(reply) as server:
        url = server.url if failure in FAILURES else "http://127.0.0.1:9"
        token = planted.token
        if failure == "wrong token":
            url, token = sandbox.url, planted.export_token
        app = console(sandbox, base_url=url, token=token, journal=tmp_path / "state" / "journal.db")
        async with driven(app) as pilot:
            await look_up(pilot, USER)
            await until(pilot, lambda: bool(app.screen.query("#close")))
            seen = [shown(app), app.export_screenshot()]
            if app.screen.query("#token"):
                await pilot.press("tab", "enter")
                await see(pilot, "Token for here")
                await pilot.press(*planted.token)
                seen += [shown(app), app.export_screenshot()]
            seen.append("\n".join(map(repr, app._notifications)))
    everything = "\n".join([*seen, caplog.text, *capfd.readouterr()])
    assert leaks(everything, planted.tokens + planted.personal) == []
    if (tmp_path / "state").exists():  # where the token was sent to
        assert [file.name for file in (tmp_path / "state").iterdir()] == ["token-addresses.json"]
        assert leaking_files(tmp_path / "state", planted.tokens + planted.personal) == []


async def test_a_screenshot_shows_what_the_screen_shows(planted: Planted, sandbox: SandboxThread) -> None:
    app = console(sandbox)
    async with driven(app) as pilot:
        await look_up(pilot, USER)
        await see(pilot, "Nothing staged.")
        pictures = {}
        for tab, words in (("2", "second_contact"), ("3", "phone_number"), ("m", planted.phone)):
            await pilot.press(tab)
            await see(pilot, words)
            pictures[tab] = app.export_screenshot()
    assert leaks(pictures["2"] + pictures["3"], planted.tokens + planted.personal) == []
    assert leaks(pictures["m"], planted.tokens + planted.of_the_server) == [planted.phone, planted.kakao]


def test_the_commands_tell_nothing(home: Path, planted: Planted, sandbox: SandboxThread) -> None:
    script = f"echo {planted.token}; echo no token {planted.token} >&2; exit 3"
    configurations = {
        "a command that fails": f'token_command = ["sh", "-c", "{script}"]',
        "a token in the file": f'token = "{planted.token}"',
        "a token as another value": f'read_only = "{planted.token}"',
        "a token as a command": f'token_command = "{planted.token}"',
        "a token in the URL": f'base_url = "https://user:{planted.token}@example.com"',
        "no TOML": f'service_id = "{planted.token}',
    }
    for more in configurations.values():
        configure(home, sandbox.url, more)
        _code, printed = run(home, "auth", "status")
        assert leaks(printed, planted.tokens) == [], more
    configure(home, sandbox.url)
    for token in (planted.token, f"{planted.token}\n{planted.export_token}"):
        for command in (("auth", "status", "--json"), ("doctor", "--json")):
            _code, printed = run(home, *command, DFN_TUI_TOKEN=token)
            assert "here" in printed
            assert leaks(printed, planted.tokens) == []
    assert leaking_files(home, planted.tokens) == []
