"""`dfn-tui connections`: which there are, and whether one works. No token is ever shown."""

import argparse
import asyncio

from dfn_tui import paths
from dfn_tui.cli.choice import only_or_chosen, required
from dfn_tui.cli.doctor import check_view
from dfn_tui.cli.exit_codes import of_failures
from dfn_tui.cli.forms import RecordView, write_records, writing
from dfn_tui.cli.output import say
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.config import Connection, Environment, load
from dfn_tui.errors import ConsoleError
from dfn_tui.service.context import server_url
from dfn_tui.service.doctor import CheckStatus, examine_connection
from dfn_tui.service.tokens import everyday_store
from dfn_tui.text import _, sanitize


def list_(args: argparse.Namespace) -> int:
    """Shows the connections of the configuration. Raises `ConsoleError`."""
    config = load(paths.config_file())
    known = list(config.connections.values())
    write_records(args, known, _view(config.default))
    if not known:
        say(_("The configuration has no connection yet."))
    return 0


def _view(default: str | None) -> RecordView[Connection]:
    headings = (
        Heading(_("connection"), least=8),
        Heading(_("environment")),
        Heading(_("api")),
        Heading(_("address"), least=12),
        Heading(_("remarks"), least=8),
    )

    def record(one: Connection) -> dict[str, object]:
        return {
            "connection": one.name,
            "environment": one.environment.value,
            "api": one.api.value,
            "address": server_url(one),
            "read_only": one.read_only,
            "default": one.name == default,
        }

    def cells(one: Connection) -> Row:
        remarks = [_("default")] if one.name == default else []
        if one.read_only:
            remarks.append(_("read-only"))
        production = one.environment is Environment.PRODUCTION
        return (
            TableCell(sanitize(one.name), "strong.withdrawn"),
            TableCell(one.environment.value, "danger" if production else ""),
            TableCell(one.api.value),
            TableCell(sanitize(server_url(one))),
            TableCell(", ".join(remarks), "label"),
        )

    columns = ("connection", "environment", "api", "address", "read_only", "default")
    return RecordView(record, columns, headings, lambda one: [cells(one)])


def test(args: argparse.Namespace) -> int:
    """Shows whether a connection's token is at hand and its server takes it, with a read that changes
    nothing: 0 it works, 4 the token does not, 5 the server cannot be reached, 1 anything else or both. Raises
    `ConsoleError` where no such connection is in the configuration."""
    return asyncio.run(_test(args))


async def _test(args: argparse.Namespace) -> int:
    config = load(paths.config_file())
    asked = args.connection if args.name is None else args.name
    connection = only_or_chosen(config, asked) or required(config, asked)
    failures: list[ConsoleError | None] = []
    with writing(args, check_view(), lines_seen=True) as writer:
        async for name, seen in examine_connection(connection, everyday_store(lambda: config.connections)):
            writer.put((name, seen), flush=True)
            if seen.status is CheckStatus.FAILED:
                failures.append(seen.cause)
    return of_failures(failures)
