"""The console in Korean: nothing on any screen is left in English but what has no other name."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.screens.duties import _figure
from dfn_tui.store import Operator
from dfn_tui.text import ENGLISH, _, speak
from tests.sandbox_thread import SandboxThread
from tests.screens import bulk, driving, test_bulk_snapshots, test_frame_snapshots, test_snapshots
from tests.screens.driving import DAY, NIGHT, console, driven, shown
from tests.screens.test_snapshot_dialog import FOUR, TOKEN, second

pytestmark = pytest.mark.slow  # every screen twice

Reach = Callable[[Any], Any]

NAMES = r"""
    [a-z-]*-\d+ | odd-\w+ | nobody(-he(re)?)? | here | sandbox | kim(@bastion-1)? | bastion-1 | INC-\d+
    | foo | click=app.* | x1b\w* | 31m | Mallory | example\.com | male | vip | v[12] | dfn-tui
    | \w+_\w+ | age | email | gender | points | false | Subscribed | Unsubscribed | PRODUCTION
    | \w+\.(plan|txt) | ids | UTF-8 | unreadable
    | (connection|flag|incident|operator|outcome|since|until|user)(:.*)?
    | use | JSON | Lines | KST | ID | CI | https?://\S+ | --[a-z-]+ | [0-9a-f]+
    | \./.*\.csv | [a-z]+-\d+-\d+\.csv | https | dfinery\.io | sms-.*\.csv | prod | URL
    | API | api | config\.toml | sender | fg
    | [Ee]nter | shift | home | end | space | esc | tab | pgdn | pgup | backspace | F\d+ | [a-zA-Z]
"""
"""What is a name: of users, fields, files, keys, formats."""
_LATIN = re.compile(r"(?:--)?[A-Za-z0-9]*[A-Za-z][A-Za-z0-9_@.:/-]*")
_NAME = re.compile(NAMES, re.VERBOSE)


@pytest.fixture
def english_after() -> Iterator[None]:
    yield
    speak(ENGLISH)


@pytest.fixture
def in_korean(monkeypatch: pytest.MonkeyPatch, english_after: None) -> None:
    """What screens are reached by waits for English words; here it waits for what the console is doing."""
    for module in (driving, bulk, test_snapshots, test_bulk_snapshots, test_frame_snapshots):
        monkeypatch.setattr(module, "see", settled)
    speak("ko")


async def settled(pilot: Any, *_texts: str) -> str:
    """Waits until nothing is under way, or what is under way waits for something itself."""
    with suppress(AssertionError):
        calm = 0
        for _ in range(150):
            calm = 0 if any(worker.is_running for worker in pilot.app.workers) else calm + 1
            if calm > 3:
                break
            await pilot.pause(0.02)
    return shown(pilot.app)


def english_of(screen: str) -> list[str]:
    """The Latin words on a screen that are no names."""
    return sorted({word for word in _LATIN.findall(screen) if not _NAME.fullmatch(word.rstrip(".:/-"))})


PLACES = [
    *test_snapshots.USERS,
    *test_snapshots.PAST,
    test_bulk_snapshots.begun,
    test_bulk_snapshots.asked_of_a_list,
    test_bulk_snapshots.plan,
    test_bulk_snapshots.grouped,
    test_bulk_snapshots.narrowed,
    test_bulk_snapshots.asked,
    test_bulk_snapshots.ended,
    test_bulk_snapshots.troubled,
    test_bulk_snapshots.listed,
]


def at_list(*keys: str) -> Reach:
    """These keys at a list of users."""

    async def reach(pilot: Any) -> None:
        await driving.look_up(pilot, "user-0001 user-0003 nobody-here")
        await driving.focused(pilot, "UserList")
        await pressed(pilot, *keys)

    return reach


def at_user(*keys: str) -> Reach:
    """These keys at a user."""

    async def reach(pilot: Any) -> None:
        await driving.look_up(pilot, "user-0003")
        await driving.focused(pilot, "ConsentMatrix")
        await pressed(pilot, *keys)

    return reach


def at_start(*keys: str) -> Reach:
    """These keys before anything was looked up."""

    async def reach(pilot: Any) -> None:
        await driving.focused(pilot, "#ids")
        await pressed(pilot, *keys)

    return reach


async def pressed(pilot: Any, *keys: str) -> None:
    for key in keys:
        await settled(pilot)
        await pilot.press(key)
    await settled(pilot)


async def locked(pilot: Any) -> None:
    await at_user("down", "down", "u")(pilot)
    pilot.app.lock()
    await settled(pilot)


MORE = {
    "palette": at_user("ctrl+p"),
    "help": at_list("question_mark"),
    "help of a user": at_user("question_mark"),
    "help of the look-up": at_start("f1"),
    "help of the connections": at_start("f6", "question_mark"),
    "connections": at_start("f6"),
    "connection tested": at_start("f6", "t"),
    "new connection": at_start("f6", "a"),
    "token": at_start("f6", "k"),
    "jobs": at_start("f8"),
    "duties": at_user("down", "down", "u", "r", "i", "x", "ctrl+s", "escape", "escape", "f12"),
    "duty done": at_user("down", "down", "u", "r", "i", "x", "ctrl+s", "escape", "escape", "f12", "t"),
    "history": at_user("down", "down", "u", "r", "i", "x", "ctrl+s", "escape", "escape", "f7"),
    "receipt": at_user("down", "down", "u", "r", "i", "x", "ctrl+s", "t"),
    "recent": at_list("f3"),
    "kind of identity": at_start("f2"),
    "kept": at_start("f9"),
    "snapshot": at_start("f10"),
    "pre-flight": at_list("P"),
    "time of a pre-flight": at_list("P", "t"),
    "channel of a pre-flight": at_list("P", "c"),
    "lists of a pre-flight": at_list("P", "e"),
    "filter": at_list("slash", "문", "자"),
    "sort": at_list("o"),
    "export": at_list("e"),
    "consents for many": at_list("asterisk", "s"),
    "presets": at_list("asterisk", "p"),
    "staged for many": at_list("asterisk", "u", "4"),
    "properties": at_user("2"),
    "property": at_user("2", "enter"),
    "new property": at_user("2", "a"),
    "CI": at_user("3"),
    "CI field": at_user("3", "enter"),
    "deletion": at_user("3", "d"),
    "history of a user": at_user("4"),
    "quit": at_user("down", "down", "u", "ctrl+q"),
    "locked": locked,
    "watched": at_user("w"),
}
"""What has no picture in English."""


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("name", MORE)
async def test_nor_is_any_dialog(
    opened: Callable[[Reach], ConsoleApp], in_korean: None, name: str, size: tuple[int, int]
) -> None:
    app = opened(MORE[name])
    async with driven(app, size) as pilot:
        await MORE[name](pilot)
        said = shown(app).replace("There is no keyring on this host.", "")  # the test's own keyring does
        assert english_of(said) == [], said
        await pressed(pilot, "escape", "escape", "escape")  # a watch goes on else


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("wrong", [{"token": "wrong"}, {"base_url": "http://127.0.0.1:9"}, {"token": ""}])
async def test_nor_is_what_went_wrong(
    sandbox: SandboxThread, in_korean: None, patient: None, wrong: dict[str, Any], size: tuple[int, int]
) -> None:
    app = console(sandbox, now=DAY, theme="dark", **wrong)
    async with driven(app, size) as pilot:
        await driving.look_up(pilot, "user-0001 user-0002")
        await driving.until(pilot, lambda: app.screen.is_modal)
        said = shown(app).replace("There is no keyring on this host.", "")  # the test's own keyring does
        said = said.replace("refused:", "")  # a code, as files have it
        assert english_of(said) == [], said


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_nor_is_version_2(journal: Path, in_korean: None, size: tuple[int, int]) -> None:
    """Before a snapshot was taken, where it is taken, and what it shows."""
    with SandboxThread(SandboxOptions(users=60, token=TOKEN, export_token=TOKEN)) as running:
        app = second(running, journal)
        async with driven(app, size) as pilot:
            await driving.look_up(pilot, FOUR)
            await driving.focused(pilot, "#users")
            for keys in ((), ("f10",), ("ctrl+t",), ("escape",), ("enter",), ("escape", "u", "2", "r")):
                await pressed(pilot, *keys)
                assert english_of(shown(app)) == [], shown(app)


async def test_nor_is_the_manual(opened: Callable[[Reach], ConsoleApp], in_korean: None) -> None:
    app = opened(at_start())
    async with driven(app, (140, 40)) as pilot:
        await at_start()(pilot)
        await app.run_action("manual")
        await driving.until(pilot, lambda: "API" in shown(app))
        assert re.search("[가-힣]{2}", "\n".join(shown(app).splitlines()[4:])), shown(app)


@pytest.fixture
def opened(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Reach], ConsoleApp]:
    """A console for what is to be reached."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Operator, "here", lambda: Operator("kim", "bastion-1"))

    def _opened(reach: Reach) -> ConsoleApp:
        if reach.__module__.endswith("bulk_snapshots"):
            return test_bulk_snapshots.start(sandbox, journal, reach)
        if reach is test_snapshots.reading:
            sandbox.faults.read_answer = "silent"
        now = NIGHT if reach is test_snapshots.review_at_night else DAY
        return console(sandbox, now=now, journal=journal, theme="dark")

    return _opened


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("reach", PLACES)
async def test_no_screen_is_half_in_english(
    opened: Callable[[Reach], ConsoleApp], in_korean: None, reach: Reach, size: tuple[int, int]
) -> None:
    app = opened(reach)
    async with driven(app, size) as pilot:
        await reach(pilot)
        assert english_of(shown(app)) == [], shown(app)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("reach", [test_snapshots.rows, test_snapshots.consents, test_snapshots.properties])
async def test_another_language_is_spoken_at_once(
    opened: Callable[[Reach], ConsoleApp], english_after: None, reach: Reach, size: tuple[int, int]
) -> None:
    app = opened(reach)
    async with driven(app, size) as pilot:
        await reach(pilot)
        await app.run_action("language('ko')")
        await pilot.pause()
        assert english_of(shown(app)) == [], shown(app)


def test_a_figure_stands_with_its_own_words(english_after: None) -> None:
    """`31 3일 이내` would be a figure of nothing."""
    words = "{count} within 3 days"
    assert _figure("▲ ", _(words), 31, "label").plain == "▲ 31 within 3 days"
    speak("ko")
    assert _figure("▲ ", _(words), 31, "label").plain == "▲ 3일 이내 31건"


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_nothing_is_lost_by_another_language(
    opened: Callable[[Reach], ConsoleApp], english_after: None, size: tuple[int, int]
) -> None:
    app = opened(at_list())
    async with driven(app, size) as pilot:
        await driving.look_up(pilot, "user-0001 user-0002 user-0003 nobody-here")
        await driving.focused(pilot, "UserList")
        await pilot.press("space", "down", "space", "u")
        await driving.see(pilot, "Withdraw: 2 users")
        await pilot.press("4")
        await driving.see(pilot, "2 users")
        await pilot.press("slash", *"user")
        await pilot.press("enter")
        korean = ("ko", "보낼 변경 2명, 2건")
        for language, words in (korean, ("en", "2 users"), korean):
            await app.run_action(f"language('{language}')")
            await driving.see(pilot, words)
            assert shown(app).count("✓ user-") == 2, shown(app)
            assert "✗ nobody-here" not in shown(app), "the filter leaves them out"
        await driving.see(pilot, "열기")  # the key bar is painted a moment later
        assert english_of(shown(app)) == [], shown(app)
