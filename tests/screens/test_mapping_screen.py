"""The step that asks what the columns of a list are, before anything is read or sent."""

from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot

from dfn_tui.config import ApiVersion
from dfn_tui.screens.bulk.mapping import MappingScreen
from tests.sandbox_thread import SandboxThread
from tests.screens.bulk import STOP, fill, session
from tests.screens.driving import console, driven, press, see, shown, until
from tests.unit.workbooks import rows, xlsx

pytestmark = pytest.mark.slow  # whole jobs and long ways, which .ci/run goes

LIST = "순번,고객번호,성함,문자수신\n1,user-0001,김하나,N\n2,user-0002,이두리,Y\n3,user-0007,박세찬,N\n"


async def ask(pilot: "Pilot[None]", path: Path, changes: str = "") -> None:
    """From the look-up screen to the questions that a list leaves open."""
    await begin(pilot, path, changes)
    await until(pilot, lambda: isinstance(pilot.app.screen, MappingScreen))


async def begin(pilot: "Pilot[None]", path: Path, changes: str) -> None:
    """From the look-up screen to the plan that is about to be made of a file."""
    await pilot.press("f8")
    await see(pilot, "Many users at once", "new plan…")
    await pilot.press("n")
    await see(pilot, "New plan: nothing")
    await fill(pilot, "file", str(path))
    await fill(pilot, "changes", changes)
    await pilot.press("enter")


async def answer(pilot: "Pilot[None]", question: str, words: str) -> None:
    """The answer with these words to a question that the service asks of a file."""
    await see(pilot, question, words)
    options = pilot.app.screen.query_one("OptionList")
    at = next(n for n, option in enumerate(options.options) if words in str(option.prompt))  # type: ignore[attr-defined]
    options.highlighted = at  # type: ignore[attr-defined]
    await pilot.press("enter")


async def choose(pilot: "Pilot[None]", words: str) -> None:
    """Enter on the row under the cursor, and the choice with these words."""
    await see(pilot, "enter e choose")
    await pilot.press("e")
    await see(pilot, "What ", words)
    options = pilot.app.screen.query_one("OptionList")
    at = next(n for n, option in enumerate(options.options) if words in str(option.prompt))  # type: ignore[attr-defined]
    options.highlighted = at  # type: ignore[attr-defined]
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, MappingScreen))


def written(tmp_path: Path, text: str = LIST) -> Path:
    path = tmp_path / "marketing.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_a_list_of_unknown_columns_is_planned_once_each_is_said(
    sandbox: SandboxThread, journal: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, size) as pilot:
        await ask(pilot, written(tmp_path))
        screen = await see(pilot, "What each column is", "고객번호", "questions open")
        assert "New plan · marketing.csv" in screen.splitlines()[0]
        assert app.screen.query_one("#go_on").disabled
        await pilot.press("backspace", "down")
        await choose(pilot, "the user: user_id")
        await pilot.press("down", "backspace", "down")
        await choose(pilot, "(mkt_sms_flag)")
        await see(pilot, "what does it mean")
        app.screen.query_one("#words").focus()
        await see(pilot, "w withdrawn")
        await until(pilot, lambda: len(app.screen.query_one("#words").items) == 2)  # type: ignore[attr-defined]
        first = app.screen.query_one("#words").items[0].text  # type: ignore[attr-defined]
        for key in "wg" if first == "N" else "gw":  # in one packet
            app.post_message(Key(key, key))
        await see(pilot, "row 2  user-0001  advertising by SMS ○", "row 3  user-0002  advertising by SMS ●")
        assert not sandbox.requests
        await pilot.press("c")
        await see(pilot, "to be sent", "status")
        await pilot.press("u")
        await see(pilot, "user-0001", "user-0002")


async def test_what_was_said_of_the_same_heads_stands_ready_and_is_confirmed(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        path = written(tmp_path, "회원코드,아무말\nuser-0003,x\n")
        await ask(pilot, path, "mkt_sms_flag=Unsubscribed")
        await choose(pilot, "the user: user_id")
        await pilot.press("down", "backspace")
        await see(pilot, "row 2  user-0003")
        await press(pilot, "go_on")
        await see(pilot, "to be sent")
        await pilot.press("escape", "escape")
        await see(pilot, "paste or type ids")
        await ask(pilot, path, "mkt_sms_flag=Unsubscribed")
        await see(pilot, "row 2  user-0003")
        assert "said by you" in shown(app)


async def test_leaving_the_questions_makes_no_plan(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await ask(pilot, written(tmp_path))
        await pilot.press("escape")
        await see(pilot, "New plan: nothing")
        assert not sandbox.requests
        assert not list(session(app).folder.parent.glob("plans/*"))


async def test_a_workbook_is_asked_about_its_sheets_and_hidden_rows(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    path = tmp_path / "june.xlsx"
    june = rows(("user_id",), ("user-0001",), ("user-0002",), hidden=[3])
    path.write_bytes(xlsx({"May": rows(("user_id",), ("user-0009",)), "June": june}))
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await begin(pilot, path, STOP)
        await answer(pilot, "Which sheet is meant?", "June")
        await answer(pilot, "1 row of sheet", "leave hidden rows out")
        await see(pilot, "1 user to be sent")
        await pilot.press("u")
        await see(pilot, "user-0001")
        assert "user-0002" not in shown(app)


async def test_an_encoding_is_asked_about_with_what_the_text_is_in_each(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes("user_id,user_name\nuser-0001,山田太郎\nuser-0002,佐藤花子\n".encode("cp932"))
    app = console(sandbox, journal=journal)
    async with driven(app, (120, 40)) as pilot:
        await begin(pilot, path, "")
        await see(pilot, "The encoding has to be named")
        await pilot.press("escape")
        await see(pilot, "New plan: nothing")
        assert not sandbox.requests
        await pilot.press("enter")
        await answer(pilot, "hardly Korean", "Shift-JIS: 山田太郎佐藤花子")
        await see(pilot, "2 users to be sent")


async def test_users_are_named_by_several_columns(
    sandbox: SandboxThread, journal: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, "external_id,휴대폰\nC-1,\n,010-0000-0042\n")
    app = console(sandbox, journal=journal, api=ApiVersion.V2)
    async with driven(app, (120, 40)) as pilot:
        await ask(pilot, path, "df_sms_ads_optin=false")
        await pilot.press("down")
        await choose(pilot, "the user: phone_no")
        await see(pilot, "? not used")  # the other one, before it is said to be one, too
        await pilot.press("up")
        await choose(pilot, "the user: external_id")
        await see(pilot, "row 2  C-1", "row 3  82•")
        await press(pilot, "go_on")
        await see(pilot, "2 users to be sent (external_id, phone_no)")


async def test_korean_letters_are_its_keys(sandbox: SandboxThread, journal: Path, tmp_path: Path) -> None:
    app = console(sandbox, journal=journal)
    async with driven(app) as pilot:
        await ask(pilot, written(tmp_path))
        await see(pilot, "What each column is", "enter e choose")
        app.post_message(Key("ㄷ", "ㄷ"))  # e
        await until(pilot, lambda: bool(app.screen.query("OptionList")))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MappingScreen))
        app.post_message(Key("ㅐ", "ㅐ"))  # o
        await see(pilot, "not used")
