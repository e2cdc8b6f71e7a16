"""What README and manual say of commands, options, keys of the configuration and files is so."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dfn_tui.cli import _parsed, whole_parser
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.help import topics
from dfn_tui.config import schema
from dfn_tui.consent.flags import Flag
from dfn_tui.outcomes import Outcome

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "dfn_tui" / "manual"
KOREAN = {MANUAL / page.name: page for page in sorted((MANUAL / "ko").glob("*.md"))} | {
    ROOT / "README.md": ROOT / ".github/README.ko.md"
}
TEXTS = [ROOT / "README.md", *sorted(MANUAL.glob("*.md")), *KOREAN.values()]
PAPERS = [*TEXTS, ROOT / ".github/CONTRIBUTING.md", ROOT / ".github/SECURITY.md", ROOT / "CHANGELOG.md"]
LONGEST_README = 220  # lines

_BLOCK = re.compile(r"^```[\s\S]*?^```|(?:^ {4}.*\n)+", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OPTION = re.compile(r"--[a-z][a-z-]*")
_COMMAND = re.compile(r"(?:^|[\s(])(dfn-tui(?:\s[^\n)]*)?)")
_OTHER_PROGRAMS = re.compile(r"^(?:age|age-keygen|pass|pip|python|ssh|vault|tmux|\S*/pip)\b")

Said = tuple[str, list[str]]
"""A command as it is written, and its words."""


def in_blocks() -> Iterator[Said]:
    """The command lines of README's and the manual's examples."""
    for file in TEXTS:
        for block in _BLOCK.findall(file.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                yield from ((found, words_of(found)) for found in _COMMAND.findall(line))


def in_spans() -> Iterator[Said]:
    """Those in the text."""
    for file in TEXTS:
        for span in spans(file.read_text("utf-8")):
            yield from ((found, words_of(found)) for found in _COMMAND.findall(span))


def spans(text: str) -> list[str]:
    """What stands between backticks in the text."""
    return [span.replace("\\|", "|") for span in _SPAN.findall(_BLOCK.sub("", text))]


def words_of(line: str) -> list[str]:
    words = shlex.split(line.partition(" | ")[0], comments=True)[1:]
    ends = [at for at, word in enumerate(words) if word[0] in "<>"]  # redirections come last
    return words[: ends[0]] if ends else words


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings}


def all_options(parser: argparse.ArgumentParser) -> set[str]:
    return options(parser).union(*map(all_options, subparsers(parser).values()))


def unknown(words: list[str]) -> list[str]:
    """The commands and options among these words that the parser does not have."""
    parser: argparse.ArgumentParser = whole_parser()
    wrong: list[str] = []
    known: dict[str, argparse.Action] = {}
    rest = iter(words)
    for word in rest:
        known |= parser._option_string_actions
        commands = subparsers(parser)
        if word.startswith("-") and word != "-":
            if word not in known:
                wrong.append(word)
            elif known[word].nargs is None:
                next(rest, None)  # its value
        elif commands and word.islower():  # else a placeholder
            if word not in commands:
                wrong.append(word)
                break
            parser = commands[word]
    return wrong


@pytest.mark.parametrize(
    "english", [ROOT / "README.md", *sorted(MANUAL.glob("*.md"))], ids=lambda file: file.stem
)
def test_the_korean_page_says_the_same(english: Path) -> None:
    """As far as a test can tell: the same headings, rows, code, examples and links."""
    pages = [page.read_text("utf-8") for page in (english, KOREAN[english])]
    plain = [[re.sub(r" *#.*", "", block) for block in _BLOCK.findall(page)] for page in pages]
    assert plain[1] == plain[0]
    texts = [_BLOCK.sub("", page) for page in pages]
    assert sorted({*spans(pages[0])} - {*spans(pages[1])}) == []
    for form in (r"^#+ ", r"^\|", r"^ *[-*] ", r"^[0-9]+\. "):
        found = [len(re.findall(form, text, re.MULTILINE)) for text in texts]
        assert found[0] == found[1], form
    # Of some pictures there is one in Korean.
    links = [{Path(link).name.replace("-ko-", "-") for link in _LINK.findall(text)} for text in texts]
    assert links[0] - {"README.ko.md"} == links[1] - {"README.md"}


def test_every_command_and_every_option_of_it_exists() -> None:
    found = {line: wrong for line, words in (*in_blocks(), *in_spans()) if (wrong := unknown(words))}
    assert found == {}


def test_every_example_is_taken_by_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    examples = list(in_blocks())
    assert len(examples) > 30
    for line, words in examples:
        try:
            _parsed(whole_parser(), words)
        except SystemExit as ended:
            assert ended.code == 0, f"{line}\n{capsys.readouterr().err}"  # --help


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_every_option_named_in_the_text_exists(file: Path) -> None:
    known = all_options(whole_parser())
    text = _BLOCK.sub("", file.read_text("utf-8"))
    outside = _SPAN.sub("", text)
    said = [span for span in spans(text) if not _OTHER_PROGRAMS.search(span)]
    assert {option for words in (*said, outside) for option in _OPTION.findall(words)} - known == set()


def test_commands_named_without_the_program_exist() -> None:
    """`auth set --store` and the like."""
    known = subparsers(whole_parser())
    for file in TEXTS:
        for span in spans(file.read_text("utf-8")):
            words = span.split()
            if len(words) > 1 and words[0] in known:
                assert unknown(words) == [], f"{file.name}: {span}"


def test_a_command_or_an_option_that_is_not_there_is_found() -> None:
    assert unknown(["bulk", "plan", "--resume"]) == ["--resume"]
    assert unknown(["bulk", "replay"]) == ["replay"]
    assert unknown(["reply"]) == ["reply"]
    assert unknown(["-c", "bulk", "get", "user-1042", "--json"]) == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("file", PAPERS, ids=lambda file: file.stem)
def test_every_link_and_picture_is_there(file: Path) -> None:
    links = _LINK.findall(file.read_text("utf-8"))
    paths = [link.partition("#")[0] for link in links if not urlsplit(link).scheme]
    assert [path for path in paths if not (file.parent / path).is_file()] == []


def test_readme_names_every_topic() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert [topic for topic in topics() if f"(dfn_tui/manual/{topic}.md)" not in text] == []


def test_nothing_is_left_out() -> None:
    """A new command, key of a connection, flag, outcome, exit code or variable goes into the manual."""
    pages = {topic: (MANUAL / f"{topic}.md").read_text("utf-8") for topic in topics()}
    everything = "\n".join(pages.values())
    source = "\n".join(file.read_text("utf-8") for file in (ROOT / "dfn_tui").rglob("*.py"))
    named = {
        "connections": [*schema._CONNECTION, *schema._FILE, *schema._KEPT],
        "consents-and-night": [*Flag],
        "exit-codes": [*Outcome, *(f"| {code.value} |" for code in ExitCode)],
        "environment": set(re.findall(r'"(DFN_TUI_[A-Z_]*[A-Z])"', source)),
    }
    assert {
        (topic, word) for topic, words in named.items() for word in words if word not in pages[topic]
    } == set()
    assert [name for name in subparsers(whole_parser()) if f"dfn-tui {name}" not in everything] == []
