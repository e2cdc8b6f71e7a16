"""`dfn-tui completion`: a script made from the command line itself, and what it asks for."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import shtab

from dfn_tui import paths
from dfn_tui.cli import whole_parser
from dfn_tui.config import load

_CONNECTIONS = "dfn-tui completion --connections 2>/dev/null"
"""What the scripts run where a connection's name is wanted."""


def run(args: argparse.Namespace) -> int:
    """Prints the connections' names, or the script for a shell: 0 done. Raises `ConsoleError`."""
    if args.connections:
        for name in load(paths.config_file()).connections:
            print(name)
        return 0
    parser = whole_parser()
    for action in _actions(parser):
        if "--connection" in action.option_strings or action.dest == "name":
            vars(action)["complete"] = shtab.cmd(_CONNECTIONS)
        elif action.type is Path:
            vars(action)["complete"] = shtab.FILE
    print(shtab.complete(parser, args.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The actions of a parser and of all commands below it."""
    for action in parser._actions:  # argparse has no other way to them
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
