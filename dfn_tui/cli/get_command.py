"""What `dfn-tui get` does."""

import argparse
from collections.abc import Mapping

from dfn_tui.cli.ids import given_ids, identities
from dfn_tui.cli.output import guarded
from dfn_tui.cli.reading import show_users
from dfn_tui.cli.session import opened
from dfn_tui.service import UserRecord, Value


def run(args: argparse.Namespace) -> int:
    """Shows the consents and properties of users; returns an `ExitCode`. Raises `ConsoleError`."""
    return guarded(lambda: _get(args))


def _get(args: argparse.Namespace) -> int:
    with opened(args) as (desk, runner):
        wanted = identities(given_ids(args.words), args.kind, desk.capabilities)
        return runner.run(show_users(args, desk, wanted, _fields, ci=False))


def _fields(record: UserRecord) -> Mapping[str, Value]:
    return {flag.value: state.value for flag, state in record.consents.items()} | dict(record.properties)
