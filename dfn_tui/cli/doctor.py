"""`dfn-tui doctor`: what each check saw."""

import argparse
import asyncio

from dfn_tui import paths
from dfn_tui.cli.choice import chosen
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import json_line, write_data, write_text
from dfn_tui.config import Config, ConfigError, Connection, load
from dfn_tui.service.doctor import CheckResult, CheckStatus, examine
from dfn_tui.service.tokens import everyday_store
from dfn_tui.text import _


def run(args: argparse.Namespace) -> int:
    """Shows what each check saw: 0 nothing failed, 1 a check failed. Raises `ConsoleError` where the
    connection asked for is not in the configuration."""
    return asyncio.run(_show_all(args))


async def _show_all(args: argparse.Namespace) -> int:
    config = _config()
    connection = _connection(config, args.connection)
    store = everyday_store(lambda: config.connections if isinstance(config, Config) else {})
    write_data() if args.json else write_text()
    show = _show_json if args.json else _show
    code = ExitCode.DONE
    async for name, seen in examine(config, connection, store, offline=args.offline):
        show(name, seen)
        if seen.standing is CheckStatus.FAILED:
            code = ExitCode.SOME_FAILED
    return code


def _config() -> Config | ConfigError:
    try:
        return load(paths.config_file())
    except ConfigError as error:
        return error


def _connection(config: Config | ConfigError, asked: str | None) -> Connection | None:
    """The connection asked for, else the default, else the only one there is. Never several: a token from
    the environment would go to each of their servers. Raises `ConsoleError`."""
    if isinstance(config, ConfigError):
        return None
    found = chosen(config, asked)
    if found is None and len(config.connections) == 1:
        (found,) = config.connections.values()
    return found


def _show_json(name: str, seen: CheckResult) -> None:
    value = {"check": name, "standing": seen.standing.value, "found": seen.found, "to_do": seen.to_do}
    print(json_line(value), flush=True)  # the next check may take seconds


def _show(name: str, seen: CheckResult) -> None:
    words = _("{name}: {found} — {to_do}") if seen.to_do else _("{name}: {found}")
    line = words.format(name=name, found=seen.found, to_do=seen.to_do)
    print(f"{seen.standing.value:<8} {line}", flush=True)
