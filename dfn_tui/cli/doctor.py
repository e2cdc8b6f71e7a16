"""`dfn-tui doctor`: what each check saw."""

import argparse
import asyncio

from dfn_tui import paths
from dfn_tui.cli.choice import only_or_chosen
from dfn_tui.cli.colours import paint
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, writing
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.config import Config, ConfigError, Connection, load
from dfn_tui.service.doctor import CheckResult, CheckStatus, examine
from dfn_tui.service.tokens import everyday_store
from dfn_tui.text import N_, _, padded


def run(args: argparse.Namespace) -> int:
    """Shows what each check saw: 0 nothing failed, 1 a check failed. Raises `ConsoleError` where the
    connection asked for is not in the configuration."""
    return asyncio.run(_show_all(args))


async def _show_all(args: argparse.Namespace) -> int:
    config = _config()
    connection = _connection(config, args.connection)
    known, command = (
        (config.connections, config.journal_key_command) if isinstance(config, Config) else ({}, ())
    )
    store = everyday_store(lambda: known, key_command=command)
    code = ExitCode.DONE
    with writing(args, check_view(), lines_seen=True) as writer:
        async for name, seen in examine(config, connection, store, offline=args.offline):
            writer.put((name, seen), flush=True)  # the next check may take seconds
            if seen.status is CheckStatus.FAILED:
                code = ExitCode.SOME_FAILED
    return code


def _config() -> Config | ConfigError:
    try:
        return load(paths.config_file())
    except ConfigError as error:
        return error


def _connection(config: Config | ConfigError, asked: str | None) -> Connection | None:
    return None if isinstance(config, ConfigError) else only_or_chosen(config, asked)


Check = tuple[str, CheckResult]


def check_view() -> RecordView[Check]:
    """What checks saw. Lines come as soon as they are known; a table waits for the last check."""
    headings = (
        Heading(_("status")),
        Heading(_("check"), least=8),
        Heading(_("detail"), least=20),
        Heading(_("hint"), least=8),
    )

    def cells(one: Check) -> Row:
        name, seen = one
        role = _ROLES[seen.status]
        return (
            TableCell(_(_STATUSES[seen.status]), role),
            TableCell(_named(name)),
            TableCell(seen.detail),
            TableCell(seen.hint, "label"),
        )

    columns = ("check", "status", "detail", "hint")
    return RecordView(_record, columns, headings, lambda one: [cells(one)], lambda one: [_line(one)])


_STATUSES = {
    CheckStatus.OK: N_("ok"),
    CheckStatus.WARNING: N_("warning"),
    CheckStatus.FAILED: N_("failed"),
}
_NAMES = (
    *(N_("python"), N_("packages"), N_("terminal"), N_("colours"), N_("characters"), N_("signs")),
    *(N_("clipboard"), N_("time zone"), N_("configuration"), N_("policy"), N_("state folder"), N_("journal")),
    *(N_("archive"), N_("journal key"), N_("proxy"), N_("trust"), N_("connection"), N_("token")),
    *(N_("server"), N_("clock"), N_("evidence"), N_("forwarding")),
)
"""What is checked, as JSON has it; a token and a server with what they are of."""


def _named(check: str) -> str:
    known = next((name for name in sorted(_NAMES, key=len)[::-1] if f"{check} ".startswith(f"{name} ")), "")
    return _(known) + check[len(known) :]


_ROLES = {CheckStatus.OK: "ok", CheckStatus.WARNING: "warn", CheckStatus.FAILED: "strong.danger"}


def _record(one: Check) -> dict[str, object]:
    name, seen = one
    value: dict[str, object] = {
        "check": name,
        "status": seen.status.value,
        "detail": seen.detail,
        "hint": seen.hint,
    }
    return value | {"standing": value["status"], "found": value["detail"], "to_do": value["hint"]}  # of 0.1


def _line(one: Check) -> str:
    name, seen = one
    words = _("{name}: {detail} — {hint}") if seen.hint else _("{name}: {detail}")
    status = paint(padded(_(_STATUSES[seen.status]), 8), _ROLES[seen.status])
    return f"{status} {words.format(name=_named(name), detail=seen.detail, hint=seen.hint)}"
