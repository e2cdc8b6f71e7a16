"""`dfn-tui auth`. No token is ever shown, nor anything about one but where it is."""

import argparse
import asyncio
from getpass import getpass

from pydantic import SecretStr

from dfn_tui import paths
from dfn_tui.cli.choice import chosen, required
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import json_line, say, write_data, write_text
from dfn_tui.cli.stdin import is_terminal, piped_token
from dfn_tui.config import Config, Connection, load
from dfn_tui.credentials import FoundToken, Source, SourceStatus, TokenKind, TokenStore, clean_token
from dfn_tui.errors import ConsoleError
from dfn_tui.service.tokens import TOKEN_KINDS, everyday_store
from dfn_tui.text import _, padded, sanitize, width


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
    if placed.source is Source.MEMORY:
        say(_("{token}: not kept. {reason}").format(token=_name(connection, kind), reason=placed.reason))
        weaker = connection.kernel_keyring and store.chosen(connection.name, kind) is Source.KEYRING
        if weaker and wanted is None:
            say(_("With --store kernel it would be kept in the kernel's keyring, until the evening."))
        return ExitCode.TOKEN
    print(f"{_name(connection, kind)}: {placed.reason}")
    return 0


def _typed(connection: Connection, kind: TokenKind) -> SecretStr:
    prompt = _("Token {token} (it is not shown): ").format(token=_name(connection, kind))
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
    return code


def status(args: argparse.Namespace) -> int:
    """Shows where each token is from. Raises `ConsoleError`."""
    config, store = _open()
    one = chosen(config, args.connection) if args.connection is not None else None
    connections = [one] if one else list(config.connections.values())
    write_data() if args.json else write_text()
    show = _show_json if args.json else _show
    code = ExitCode.DONE
    for connection in connections:
        for kind in _kinds(connection, None):
            found = asyncio.run(store.get(connection.name, kind))
            show(connection, kind, found, store)
            if found.token is None and kind == TOKEN_KINDS[connection.api][0]:
                code = ExitCode.TOKEN
    if not connections:
        say(_("The configuration has no connection yet."))
    return code


def _show_json(connection: Connection, kind: TokenKind, found: FoundToken, store: TokenStore) -> None:
    chosen_store = store.chosen(connection.name, kind)
    value = {
        "connection": connection.name,
        "kind": kind.value,
        "found": found.token is not None,
        "source": found.source.value,
        "chosen_store": chosen_store.value if chosen_store else None,
        "sources": [
            {
                "source": step.source.value,
                "status": step.status.value,
                "standing": step.status.value,  # its name in version 0.1
                "reason": step.reason,
            }
            for step in found.steps
        ],
    }
    print(json_line(value))


def _show(connection: Connection, kind: TokenKind, found: FoundToken, store: TokenStore) -> None:
    """The sources in their order; the one that is used is marked."""
    print(f"{_name(connection, kind)}: {found.reason if found.token else _('no token')}")
    sources = {
        Source.STDIN: _("standard input"),
        Source.ENVIRONMENT: _("environment"),
        Source.COMMAND: _("command"),
        Source.KEYRING: _("keyring"),
        Source.KERNEL: _("kernel keyring"),
        Source.MEMORY: _("memory"),
    }
    statuses = {
        SourceStatus.USED: _("used"),
        SourceStatus.EMPTY: _("no token"),
        SourceStatus.FAILED: _("failed"),
        SourceStatus.OFF: _("off"),
        SourceStatus.NOT_ASKED: _("not asked"),
    }
    wide = max(map(width, sources.values()))
    widest = max(map(width, statuses.values()))
    for step in found.steps:
        mark = "→" if step.status is SourceStatus.USED else " "
        name, status = padded(sources[step.source], wide), padded(statuses[step.status], widest)
        print(f"  {mark} {name}  {status}  {step.reason}")


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
    return [TokenKind(kind) for kind in ([asked] if asked else known)]
