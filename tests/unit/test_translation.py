"""What is said can be said in each language, whole."""

import ast
import re
import runpy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message

import dfn_tui
from dfn_tui.cli.auth import _source_name
from dfn_tui.cli.language import settle
from dfn_tui.cli.parser import CommandParser
from dfn_tui.consent.findings import findings
from dfn_tui.consent.flags import Flag, State
from dfn_tui.credentials import Source
from dfn_tui.text import (
    ENGLISH,
    N_,
    _,
    ngettext,
    pgettext,
    retold,
    speak,
    spoken,
    width,
    wrapped,
)
from dfn_tui.text.catalogue import Catalogue
from dfn_tui.text.korea import spoken_day, spoken_time
from tests.sources import parsed

PACKAGE = Path(dfn_tui.__file__).parent
KO = PACKAGE / "locale/ko/LC_MESSAGES/dfn_tui.po"
MESSAGES: dict[str, Any] = runpy.run_path(str(PACKAGE.parent / ".ci/messages.py"))
_PLACE = re.compile(r"%\([a-z_]+\)[sr]|%[sr]|\{[^{}]*\}")
_PAIRS = re.compile(r"을\(를\)|를\(을\)|이\(가\)|은\(는\)|\(으\)로|와\(과\)")
_AFTER_PLACE = re.compile(r"\}(?:을|를|이|가|은|는|와|과|으로|로)(?![가-힣])")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak(ENGLISH)


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], Message]:
    return {key(one): one for one in MESSAGES["catalogue"](KO) if one.id}


def key(message: Message) -> tuple[str, str]:
    return message.context or "", texts(message.id)[0]


def texts(said: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [said] if isinstance(said, str) else [*(said or [""])]


def test_every_message_is_translated(known: dict[tuple[str, str], Message]) -> None:
    said = {key(one): one for one in MESSAGES["said"]() if one.id}
    assert [
        message for at, message in said.items() if at not in known or not texts(known[at].string)[0]
    ] == []
    ours = {at for at, one in known.items() if all(place != "argparse.py" for place, _line in one.locations)}
    assert ours - set(said) == set(), "nobody says it any more: python .ci/messages.py"


def test_a_translation_says_the_same_of_the_same(known: dict[tuple[str, str], Message]) -> None:
    for message in known.values():
        wanted, told = texts(message.id)[-1], texts(message.string)[0]
        places = _PLACE.findall(wanted.replace("{{", "").replace("}}", ""))
        assert sorted(_PLACE.findall(told.replace("{{", "").replace("}}", ""))) == sorted(places), wanted
        assert (told[:1].isspace(), told[-1:].isspace()) == (wanted[:1].isspace(), wanted[-1:].isspace()), (
            wanted
        )
        assert not message.fuzzy


def test_no_translation_leaves_a_particle_open(known: dict[tuple[str, str], Message]) -> None:
    for message in known.values():
        told = texts(message.string)[0]
        assert not _PAIRS.search(told), told
        assert not _AFTER_PLACE.search(told), told


RULED_OUT = (
    r"발송됨",  # reads as if it had been sent already: 발송
    r"발송(할 수 있는|해도 되는|하면 안 되는) (사람|사용자)",  # reads as who sends: 발송 가능 대상
    r"쓸 수 있는 (연결|파일)",  # reads as “that can be used”: 쓰기가 허용된
    r"연결 거부|요청 거부|토큰 거부",  # 거부 is what a person does: 거절
    r"원하는 값|낱말|붙임표|쌍점|잘못된 행|JSON 줄",  # 목표 값, 단어, 하이픈, 콜론, 오류 행, JSON Lines
    r"(?<![가-힣])롤(?![가-힣])|하는 롤|있는 롤",  # 역할
)
"""Words that the glossary has others for, as these mislead or are a second word for the same."""


def test_no_word_is_used_that_the_glossary_rules_out(known: dict[tuple[str, str], Message]) -> None:
    said = [(key(one)[1], text) for one in known.values() for text in texts(one.string)]
    manual = [*(PACKAGE / "manual/ko").glob("*.md"), PACKAGE.parent / ".github/README.ko.md"]
    said += [(path.name, path.read_text(encoding="utf-8")) for path in manual]
    assert [(what, word) for what, text in said for word in RULED_OUT if re.search(word, text)] == []


def test_an_environment_variable_is_not_the_environment_of_a_connection() -> None:
    speak("ko")
    assert (_source_name(Source.ENVIRONMENT), _("environment")) == ("환경 변수", "환경")


def test_a_consent_for_the_night_is_not_taken_for_the_night_of_the_one_before() -> None:
    unset = {Flag.MKT_PUSH: State.NEVER_SET, Flag.MKT_SMS: State.SUBSCRIBED, Flag.NIGHT_SMS: State.NEVER_SET}
    speak("ko")
    assert [one.text.partition(" 광고")[0] for one in findings(unset, {})] == ["푸시, 문자(야간)"]


@pytest.mark.slow
def test_gettext_finds_nothing_wrong(require: Callable[..., None], tmp_path: Path) -> None:
    require("msgfmt")
    checked = ["msgfmt", "--check-format", "--check-domain", "-o", str(tmp_path / "out.mo"), str(KO)]
    subprocess.run(checked, check=True)


def test_what_is_looked_up_at_once_is_looked_up_when_it_is_shown() -> None:
    """A module is imported before the language is known: its words go through `N_`, and then `_`."""
    early = []
    for path in PACKAGE.rglob("*.py"):
        pending: list[ast.AST] = [parsed(path)]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext", "pgettext"):
                early.append(f"{path.name}:{node.lineno}")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                pending += [*node.args.defaults, *filter(None, node.args.kw_defaults), *node.decorator_list]
            elif not isinstance(node, ast.Lambda):
                pending += ast.iter_child_nodes(node)
    assert early == []


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "ko.UTF-8"}, "ko"),
        ({"LANG": "kok_IN"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({"LANG": "ko_KR", "LC_ALL": ""}, "ko"),
    ],
)
def test_the_environment_says_what_is_spoken(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settle([])
    assert spoken() == language


@pytest.mark.parametrize(
    ("config", "arguments", "language", "rest"),
    [
        ('language = "ko"', [], "ko", []),
        ('language = "ko"', ["--lang", "en", "get", "u"], "en", ["get", "u"]),
        ("", ["get", "u", "--lang=ko"], "ko", ["get", "u"]),
        ("", ["get", "--lang", "en", "u", "--lang", "ko"], "ko", ["get", "u"]),
        ('language = "ko"', ["--lang", "auto"], "en", []),
        ('language = "auto"', [], "en", []),
        ('language = "fr"', [], "en", []),
        ("language = 7", [], "en", []),
        ("[oh", [], "en", []),
        ("", ["get", "--", "--lang", "ko"], "en", ["get", "--", "--lang", "ko"]),
        ("", ["--lang", "fr"], "en", ["--lang", "fr"]),
        ("", ["get", "--lang"], "en", ["get", "--lang"]),
        ("", ["set", "u", "--reason", "--lang=no"], "en", ["set", "u", "--reason", "--lang=no"]),
    ],
)
def test_the_option_comes_before_the_configuration_and_that_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    config: str,
    arguments: list[str],
    language: str,
    rest: list[str],
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(config, encoding="utf-8")
    monkeypatch.setenv("DFN_TUI_CONFIG", str(path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert settle(arguments) == rest
    assert spoken() == language


def test_a_language_is_spoken_from_now_on() -> None:
    title = N_("Look up")
    assert _(title) == "Look up"
    speak("ko")
    assert _(title) == "조회"
    assert _("") == ""
    assert _("something that nobody says") == "something that nobody says"
    assert _("half of a pair \ud800") == "half of a pair \ud800"
    assert [ngettext("{count} user", "{count} users", n) for n in (1, 2)] == ["{count}명", "{count}명"]
    assert pgettext("outcome", "open") == "미결"
    assert pgettext("nowhere", "open") == "open"
    assert retold("Look up", ENGLISH) == "조회"
    speak(ENGLISH)
    assert retold("조회", "ko") == "Look up"
    assert retold("조회 3", "ko") == "조회 3"
    assert [ngettext("{count} user", "{count} users", n) for n in (1, 2)] == ["{count} user", "{count} users"]


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"no catalogue at all, but long enough to be one"):
        (tmp_path / "x.mo").write_bytes(content)
        with pytest.raises(ValueError, match="catalogue"):
            Catalogue(tmp_path / "x.mo")


def test_days_are_written_as_they_are_read_there() -> None:
    from datetime import UTC, date, datetime

    at = datetime(2026, 11, 26, 12, 5, 9, tzinfo=UTC)
    assert (spoken_day(date(2026, 3, 2)), spoken_time(at)) == ("2026-03-02", "2026-11-26 21:05")
    speak("ko")
    assert spoken_day(date(2026, 3, 2)) == "2026년 3월 2일 (월)"
    assert spoken_time(at) == "2026년 11월 26일 (목) 21:05"
    assert spoken_time(at, seconds=True) == "2026년 11월 26일 (목) 21:05:09"


def test_the_hint_of_the_filter_holds_words_that_it_finds_by() -> None:
    from dfn_tui.consent.flags import Flag, State
    from dfn_tui.screens.lookup.rows import _said, _short

    for language in (ENGLISH, "ko"):
        speak(language)
        words = _("id, name, sms:given, finding, marked, staged, unknown").lower().split(", ")
        marked, staged = (pgettext("filter", word) for word in ("marked", "staged"))
        given = f"{_short(Flag.MKT_SMS)}:{_said(State.SUBSCRIBED)}".lower()
        assert words[2:] == [given, _("finding"), marked, staged, _("unknown")]


def test_lines_are_as_wide_as_there_are_cells() -> None:
    assert wrapped("가나다 라마바 사아", 13) == ["가나다 라마바", "사아"]
    assert wrapped("", 5) == [""]
    assert wrapped("one-very-long-word and", 5) == ["one-very-long-word", "and"]


def test_the_help_of_every_command_is_whole_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    from dfn_tui.cli import whole_parser

    monkeypatch.setenv("COLUMNS", "80")
    speak("ko")
    pending: list[CommandParser] = [whole_parser()]
    while pending:
        parser = pending.pop()
        page, _example, _rest = parser.format_help().partition("\n예:")
        for line in page.splitlines():
            assert width(line) <= 80 or line.lstrip().startswith(("{", "--", "dfn-tui")), line
        for action in parser._actions:
            words = "도움말" if action.help in (None, "==SUPPRESS==") else str(action.help)
            assert re.search("[가-힣]", words) or words.startswith("confirmed, failed"), parser.prog
            if isinstance(action.choices, dict):
                pending += [one for one in action.choices.values() if isinstance(one, CommandParser)]
