"""Is everything in order? One check after the other, each of which changes nothing and hides no other."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from dfn_tui import paths
from dfn_tui.config import Config, ConfigError, Connection
from dfn_tui.errors import ConsoleError
from dfn_tui.service.doctor import archive, files, glyphs, host, network, team_policy
from dfn_tui.service.doctor.seen import CheckResult, CheckStatus, failed, warning
from dfn_tui.service.journal_heads import KnownHeads
from dfn_tui.service.tokens import find_key
from dfn_tui.store import journal_file
from dfn_tui.text import _, sanitize

if TYPE_CHECKING:
    from dfn_tui.credentials import TokenStore

__all__ = ["CheckResult", "CheckStatus", "examine", "examine_connection"]

_Check = tuple[str, Callable[[], CheckResult | Awaitable[CheckResult]]]


async def examine(
    config: Config | ConfigError, connection: Connection | None, store: "TokenStore", *, offline: bool
) -> AsyncIterator[tuple[str, CheckResult]]:
    """The name of each check and what it saw, as soon as it did. `connection` is the one whose token and
    server are looked at; `offline` leaves the server out. Nothing is raised for what is not in order."""
    for name, look in _checks(config, connection, store, offline=offline):
        yield name, await _looked(look)


async def examine_connection(
    connection: Connection, store: "TokenStore"
) -> AsyncIterator[tuple[str, CheckResult]]:
    """The same of a connection's tokens, its server and the server's clock alone."""
    for name, look in _checks_of(connection, store, offline=False):
        yield name, await _looked(look)


def _checks(
    config: Config | ConfigError, connection: Connection | None, store: "TokenStore", *, offline: bool
) -> Iterator[_Check]:
    yield "python", host.python
    yield "packages", host.packages
    yield "terminal", partial(host.terminal, os.environ)
    yield "colours", partial(host.colours, os.environ)
    yield "characters", host.characters
    yield "signs", partial(glyphs.glyphs, config)
    yield "clipboard", partial(host.clipboard, os.environ)
    yield "time zone", host.time_zone
    yield "configuration", partial(files.configuration, config)
    yield "policy", partial(team_policy.team_policy, config)
    yield "state folder", lambda: files.state_folder(paths.state_dir())
    yield (
        "journal",
        lambda: files.journal(
            journal_file(), partial(find_key, store, make=False), KnownHeads(journal_file(), store)
        ),
    )
    if isinstance(config, Config) and config.archive is not None:
        yield "archive", partial(archive.archive, config.archive, journal_file(), offline=offline)
    yield "journal key", partial(files.journal_key, store)
    yield "proxy", partial(network.proxies, os.environ)
    yield "trust", partial(network.trust, os.environ)
    if connection is None:
        yield "connection", partial(_no_connection, config)
        return
    yield from _checks_of(connection, store, offline=offline)


def _checks_of(connection: Connection, store: "TokenStore", *, offline: bool) -> Iterator[_Check]:
    server = network.Server(connection, store)
    for kind in server.kinds:
        yield f"token {sanitize(connection.name)}/{kind}", partial(server.token, kind)
    if not offline:
        yield f"server {sanitize(connection.name)}", server.reached
        yield "clock", server.clock


def _no_connection(config: Config | ConfigError) -> CheckResult:
    found = _("No connection was chosen: neither a token nor a server was looked at.")
    if isinstance(config, Config) and config.connections:
        return warning(found, _("Name one with -c, or as default in the configuration."))
    return warning(found, _("See to the configuration first."))


async def _looked(look: Callable[[], CheckResult | Awaitable[CheckResult]]) -> CheckResult:
    try:
        seen = look()
        return seen if isinstance(seen, CheckResult) else await seen
    except ConsoleError as error:
        return failed(error.happened, error.next_step, error)
    # Whatever is wrong with one check, the others are still worth having. Only the type's name is shown:
    # an error nobody expected may hold anything.
    except Exception as error:  # noqa: BLE001
        found = _("This check broke off ({error}).").format(error=type(error).__name__)
        return failed(found, _("Report this as a defect of dfn-tui."))
