"""What the command line says of slips, and how its commands are shown."""

import argparse
import shlex
from collections.abc import Iterator

import pytest

from dfn_tui.cli import main, whole_parser
from dfn_tui.cli.parser import EXAMPLES


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser itself, all commands and their actions."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers(inner)


@pytest.mark.parametrize(
    ("line", "usage", "meant"),
    [
        ("gett user-1", "usage: dfn-tui [-h]", "get"),
        ("get user-1 --jsno", "usage: dfn-tui get ", "--json"),
        ("set user-1 mkt_flag=Unsubscribed --raeson=INC-7", "usage: dfn-tui set ", "--reason"),
        ("ci delte user-1", "usage: dfn-tui ci ", "delete"),
        ("ci set user-1 kakao_id=1 --yse", "usage: dfn-tui ci set ", "--yes"),
        ("bulk aplly a.plan", "usage: dfn-tui bulk ", "apply"),
        ("bulk show a.plan --sttaus change", "usage: dfn-tui bulk show ", "--status"),
        ("bulk show a.plan --status chnage", "usage: dfn-tui bulk show ", "change"),
        ("journal lst", "usage: dfn-tui journal ", "list"),
    ],
)
def test_a_slip_is_met_with_what_was_meant_and_that_commands_usage(
    line: str, usage: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line))
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(usage)
    assert f"(did you mean {meant}?)" in said


def test_what_is_like_nothing_is_met_with_no_guess(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["get", "user-1", "--zzz"])
    assert "did you mean" not in capsys.readouterr().err


def test_every_command_has_an_example_that_it_takes() -> None:
    whole = whole_parser()
    names = {parser.prog for parser in parsers(whole)}
    assert names == EXAMPLES.keys()
    for example in EXAMPLES.values():
        words = shlex.split(example.partition(" > ")[0])[1:]
        _args, stray = whole.parse_known_args(words)
        assert stray == [], example
    for parser in parsers(whole):
        assert f"example:\n  {EXAMPLES[parser.prog]}\n" in parser.format_help()


@pytest.mark.parametrize(
    "line",
    [
        "set --yes a b x=1 --reason why y=2",
        "set a --reason why b x=1 --yes y=2",
        "set a b x=1 y=2 --yes --reason why",
    ],
)
def test_options_may_stand_anywhere_among_the_words(line: str) -> None:
    args = whole_parser().parse_args(shlex.split(line))
    assert (args.words, args.reason, args.yes) == (["a", "b", "x=1", "y=2"], "why", True)
