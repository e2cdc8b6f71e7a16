"""`dfn-tui auth`. No token is ever shown, nor anything about one but where it is."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import suppress
from getpass import getpass
from typing import NamedTuple

from pydantic import SecretStr

from dfn_tui import paths
from dfn_tui.cli.choice import chosen, required
from dfn_tui.cli.colours import paint
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, writing
from dfn_tui.cli.output import say, write_text
from dfn_tui.cli.stdin import is_terminal, piped_token
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.config import Config, Connection, TokenKind, load
from dfn_tui.credentials import FoundToken, Source, SourceStatus, TokenStore, clean_token
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.service.addresses import Addresses, accept_address, addresses_file
from dfn_tui.service.context import server_url
from dfn_tui.service.snapshots.snapshots import drop_snapshot
from dfn_tui.service.tokens import TOKEN_KINDS, everyday_store
from dfn_tui.store import journal_file
from dfn_tui.text import N_, _, padded, pgettext, sanitize, width


def set_(args: argparse.Namespace) -> int:
    """Keeps a token. Raises `ConsoleError`."""
    config, store = _open()
    connection = required(config, args.connection)
    kind = _kinds(connection, args.kind)[0]
    wanted = Source(args.store) if args.store else None
    if wanted is Source.KERNEL and not connection.kernel_keyring:
        raise ConsoleError(
            _("The kernel's keyring is not allowed"),
            _("The configuration does not set kernel_keyring = true for this connection."),
            _("Set it there first. Nothing was stored."),
        )
    token = _typed(connection, kind) if is_terminal() else piped_token()
    placed = asyncio.run(store.set(connection.name, kind, token, wanted))
    write_text()
    with suppress(OSError):  # it is asked when the token is used
        asyncio.run(accept_address(_addresses(), store, connection, placed.source))
    if placed.source is Source.MEMORY:
        say(_("{token}: not kept. {reason}").format(token=_name(connection, kind), reason=placed.reason))
        weaker = connection.kernel_keyring and store.chosen(connection.name, kind) is Source.KEYRING
        if weaker and wanted is None:
            say(_("With --store kernel it would be kept in the kernel's keyring, until the evening."))
        return ExitCode.TOKEN
    goes = _("It is for {address}.").format(address=sanitize(server_url(connection), 200))
    print(f"{_name(connection, kind)}: {placed.reason} {goes}")
    _drop_snapshot(connection)
    return 0


def accept(args: argparse.Namespace) -> int:
    """Has a connection's tokens sent to the address that it is configured with now. Raises `ConsoleError`."""
    config, store = _open()
    connection = required(config, args.connection)
    try:
        left = asyncio.run(accept_address(_addresses(), store, connection))
    except OSError as error:
        raise ConsoleError(
            _("The address was not accepted"),
            _("It cannot be remembered in the state folder: {error}.").format(error=system_reason(error)),
            _("Check the state folder: dfn-tui doctor"),
        ) from error
    words = _("The tokens of {name} are for {address} ({environment}) from now on.")
    say(
        words.format(
            name=sanitize(connection.name),
            address=sanitize(server_url(connection), 200),
            environment=connection.environment.value,
        )
    )
    if left:
        say(_("Beside the token it could not be kept, and may be asked again: {reason}").format(reason=left))
    return 0


def _addresses() -> Addresses:
    return Addresses(addresses_file(journal_file().parent))


def _drop_snapshot(connection: Connection) -> None:
    """What was exported with the token of before goes with it. Raises `ConsoleError`."""
    if drop_snapshot(journal_file().parent / "snapshots", connection):
        say(_("The snapshot of this connection was removed."))


def _typed(connection: Connection, kind: TokenKind) -> SecretStr:
    prompt = _("Token {token} for {address} (it is not shown): ").format(
        token=_name(connection, kind), address=sanitize(server_url(connection), 200)
    )
    try:
        return clean_token(getpass(prompt))
    except EOFError:
        return clean_token("")


def delete(args: argparse.Namespace) -> int:
    """Forgets tokens in every store. Raises `ConsoleError`."""
    config, store = _open()
    connection = required(config, args.connection)
    write_text()
    code = ExitCode.DONE
    for kind in _kinds(connection, args.kind):
        placed = asyncio.run(store.delete(connection.name, kind))
        line = f"{_name(connection, kind)}: {placed.reason}"
        if placed.source is Source.NONE:
            print(line)
        else:
            say(line)
            code = ExitCode.TOKEN
    _drop_snapshot(connection)
    return code


def status(args: argparse.Namespace) -> int:
    """Shows where each token is from. Raises `ConsoleError`."""
    config, store = _open()
    one = chosen(config, args.connection) if args.connection is not None else None
    connections = [one] if one else list(config.connections.values())
    code = ExitCode.DONE
    with writing(args, _view(store), lines_seen=True, looked_at=None) as writer:
        for connection, kind in ((one, kind) for one in connections for kind in _kinds(one, None)):
            found = asyncio.run(store.get(connection.name, kind))
            writer.put(TokenPlaces(connection, kind, found), flush=True)
            if found.token is None and kind == TOKEN_KINDS[connection.api][0]:
                code = ExitCode.TOKEN
    if not connections:
        say(_("The configuration has no connection yet."))
    return code


class TokenPlaces(NamedTuple):
    """Where a token was looked for, and found."""

    connection: Connection
    kind: TokenKind
    found: FoundToken


def _view(store: TokenStore) -> RecordView[TokenPlaces]:
    """Where each token is from; in CSV and in a table a row for each source."""

    def record(one: TokenPlaces) -> dict[str, object]:
        chosen_store = store.chosen(one.connection.name, one.kind)
        return {
            "connection": one.connection.name,
            "kind": one.kind.value,
            "found": one.found.token is not None,
            "source": one.found.source.value,
            "chosen_store": chosen_store.value if chosen_store else None,
            "sources": _steps(one.found),
        }

    def rows(one: TokenPlaces) -> Iterator[dict[str, object]]:
        for step in _steps(one.found) or [{}]:
            yield {**record(one), **step}

    def cells(one: TokenPlaces) -> Iterator[Row]:
        for step in one.found.steps:
            used = step.status is SourceStatus.USED
            role = "ok" if used else "danger" if step.status is SourceStatus.FAILED else "label"
            status = TableCell(_(_STATUSES[step.status]), role)
            yield (
                TableCell(_name(one.connection, one.kind)),
                TableCell(_source_name(step.source)),
                status,
                TableCell(step.reason, "" if used else "label"),
            )

    columns = ("connection", "kind", "found", "source", "status", "reason", "chosen_store")
    headings = (
        Heading(_("token"), least=8),
        Heading(_("source")),
        Heading(_("status")),
        Heading(_("why"), least=12),
    )
    return RecordView(record, columns, headings, cells, _lines, rows)


def _steps(found: FoundToken) -> list[dict[str, object]]:
    return [
        {
            "source": step.source.value,
            "status": step.status.value,
            "standing": step.status.value,  # its name in version 0.1
            "reason": step.reason,
        }
        for step in found.steps
    ]


def _source_name(source: Source) -> str:
    return {
        Source.STDIN: _("standard input"),
        Source.ENVIRONMENT: pgettext("source", "environment"),
        Source.COMMAND: _("command"),
        Source.KEYRING: _("keyring"),
        Source.KERNEL: _("kernel keyring"),
        Source.MEMORY: _("memory"),
    }[source]


_STATUSES = {
    SourceStatus.USED: N_("used"),
    SourceStatus.EMPTY: N_("no token"),
    SourceStatus.FAILED: N_("failed"),
    SourceStatus.OFF: N_("off"),
    SourceStatus.NOT_ASKED: N_("not asked"),
}


def _lines(one: TokenPlaces) -> Iterator[str]:
    """The sources in their order; the one that is used is marked."""
    found = one.found
    yield f"{_name(one.connection, one.kind)}: {found.reason if found.token else _('no token')}"
    wide = max(width(_source_name(one)) for one in Source if one is not Source.NONE)
    widest = max(map(width, map(_, _STATUSES.values())))
    for step in found.steps:
        used = step.status is SourceStatus.USED
        name, status = padded(_source_name(step.source), wide), padded(_(_STATUSES[step.status]), widest)
        line = f"  {'→' if used else ' '} {name}  {status}  {step.reason}"
        yield paint(line, "ok" if used else "danger" if step.status is SourceStatus.FAILED else "label")


def _open() -> tuple[Config, TokenStore]:
    config = load(paths.config_file())
    return config, everyday_store(lambda: config.connections)


def _name(connection: Connection, kind: TokenKind) -> str:
    return f"{sanitize(connection.name)}/{kind}"


def _kinds(connection: Connection, asked: str | None) -> list[TokenKind]:
    """The kind asked for, or all that the connection's API version has. Raises `ConsoleError`."""
    known = TOKEN_KINDS[connection.api]
    if asked is not None and asked not in known:
        raise ConsoleError(
            _("No such token"),
            _("A connection of version {api} has no {kind} token.").format(
                api=connection.api.value, kind=asked
            ),
            _("It has: {kinds}.").format(kinds=", ".join(known)),
        )
    return [TokenKind(asked)] if asked else [*known]
