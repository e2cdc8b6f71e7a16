"""`dfn-tui get`: the consents and properties of users."""

import argparse
from collections.abc import Mapping

from dfn_tui.cli.ids import given_ids
from dfn_tui.cli.reading import show_users
from dfn_tui.cli.session import opened
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Value


def run(args: argparse.Namespace) -> int:
    """Shows the consents and properties of users; returns an `ExitCode`. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        return runner.run(show_users(args, session, given_ids(args.words), _fields, ci=False))


def _fields(record: UserRecord) -> Mapping[str, Value]:
    return {flag.value: state.value for flag, state in record.consents.items()} | dict(record.properties)
