"""Every fault of the sandbox can be asked for on the command line."""

import argparse
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest

from dfn_tui.sandbox.arguments import add_sandbox, options_of
from dfn_tui.sandbox.options import Faults, RateLimit

SWITCHES: dict[str, tuple[str, Any]] = {
    "latency_ms": ("50", 50),
    "error_rate": ("0.5", 0.5),
    "drop_rate": ("1", 1.0),
    "refuse": ("4007", "4007"),
    "date": ("-3600", "-3600"),
    "delete_key": ("user_id", "user_id"),
    "busy_rate": (".25", 0.25),
    "busy_users": ("a,b", frozenset("ab")),
    "bad_users": ("a", frozenset("a")),
    "only_users": ("a,b", frozenset("ab")),
    "write_answer": ("504", "504"),
    "read_answer": ("key-twice", "key-twice"),
    "read_back": ("4001", "4001"),
    "apply_after_ms": ("never", None),
    "read_lag_ms": ("900", 900),
    "absent_flags": ("null", "null"),
    "absent_properties": ("undefined", "undefined"),
    "absent_ci": ("undefined", "undefined"),
    "absent_export": ("null", "null"),
    "odd_values": ("age=1e999", {"age": "1e999"}),
    "normalise": ("trim", "trim"),
    "rate_limit": ("3/1s", RateLimit(3, "1s")),
    "export_rate_limit": ("none", None),
    "rate_limit_reset": ("year-ahead", "year-ahead"),
    "rate_limit_spelling": ("none", "none"),
    "export_identities": ("with-all", "with-all"),
    "export_columns": ("fewer", "fewer"),
    "export_cut_after": ("100", 100),
    "retry_after": ("120", 120),
}


def faults(*arguments: str) -> Faults:
    parser = argparse.ArgumentParser()
    add_sandbox(parser)
    return options_of(parser.parse_args(arguments)).faults


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_there_is_an_option_for_each_field_and_help_explains_it() -> None:
    parser = argparse.ArgumentParser()
    add_sandbox(parser)
    shown = parser.format_help()
    assert [one.name for one in fields(Faults) if option(one.name) not in shown] == []
    assert [action.dest for action in parser._actions if not action.help] == []
    assert set(SWITCHES) == {one.name for one in fields(Faults)}


def test_help_names_each_kind_of_answer() -> None:
    named = (
        "true silent stalled cut repeated page failed unmentioned no-details user-twice key-twice 408 4007"
    )
    parser = argparse.ArgumentParser(formatter_class=lambda prog: argparse.HelpFormatter(prog, width=10_000))
    add_sandbox(parser)
    [explained] = [line for line in parser.format_help().splitlines() if "KIND is" in line]
    for kind in named.split(" "):
        assert kind in explained.replace(",", " ").split()
        assert faults("--read-back", kind).read_back == kind


@pytest.mark.parametrize("name", SWITCHES)
def test_an_option_sets_its_field_and_no_other(name: str) -> None:
    text, value = SWITCHES[name]
    assert getattr(Faults(), name) != value
    assert faults(option(name), text) == replace(Faults(), **{name: value})


def test_several_odd_values_and_every_absence_at_once() -> None:
    odd = faults("--odd-values", "a=[1]", "--odd-values", 'b="x=y"').odd_values
    assert odd == {"a": "[1]", "b": '"x=y"'}
    spelt = faults("--absent", "null")
    assert {spelt.absent_flags, spelt.absent_properties, spelt.absent_ci, spelt.absent_export} == {"null"}


BAD = {
    "latency_ms": ["-1", "", "1.5", "9" * 10],
    "error_rate": ["2", "-1", "nan", "x"],
    "refuse": ["4999"],
    "date": ["a\nb", "é", " x"],
    "delete_key": ["id"],
    "only_users": ["", "a,", ","],
    "write_answer": ["", "true ", "399", "600", "0400", "wrong"],
    "apply_after_ms": ["-1", "later"],
    "absent_flags": ["", "None"],
    "odd_values": ["x", "=1", "x=", "x=[", "x=" + "[" * 100_000],
    "normalise": ["yes"],
    "rate_limit": ["fast", "0/1m"],
    "rate_limit_reset": ["never"],
    "retry_after": ["soon", "-1"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_bad_values_are_refused_by_the_name_of_the_option(
    name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        faults(f"{option(name)}={text}")
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {option(name)}:" in said and len(said) < 400


def test_the_command_says_what_is_wrong() -> None:
    command = [sys.executable, "-m", "dfn_tui", "sandbox", "--write-answer", "nonsense"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "none of the kinds of answers that --help names" in ended.stderr
