"""Sends the journal to its archive: never before a write, never within one, and in order."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dfn_tui.config.model import ArchiveConfig, ArchiveKind
from dfn_tui.locks import drop_lock, take_lock
from dfn_tui.service.archive.sink import ArchiveError, ArchiveSink, Origin
from dfn_tui.store.archive_queue import ArchiveQueue
from dfn_tui.store.errors import journal_errors
from dfn_tui.text import _

if TYPE_CHECKING:
    from dfn_tui.service.archive.postgres import PostgresArchive

AT_ONCE = 500
"""Entries that are sent and noted together."""


def queue_of(config: ArchiveConfig, path: Path) -> ArchiveQueue:
    """What that archive has not got of the journal at `path`."""
    parts = [config.socket] if config.to is ArchiveKind.SYSLOG else [f"{k}={v}" for k, v in _place(config)]
    return ArchiveQueue(path, " ".join([config.to, *parts]))


def _place(config: ArchiveConfig) -> Iterator[tuple[str, str]]:
    """What makes it another archive: not with which role or certificate it is reached."""
    return ((name, value) for name, value in sorted(config.dsn) if name in ("host", "port", "dbname"))


def places_of(config: ArchiveConfig | None) -> tuple[str, ...]:
    """The hosts, in the spelling of a policy, or the socket where the archive is; none without one."""
    if config is None:
        return ()
    if config.to is ArchiveKind.SYSLOG:
        return (config.socket,)
    hosts = dict(config.dsn).get("host", "").split(",")
    return tuple(one if one.startswith("/") else one.rstrip(".").lower() for one in hosts)


def open_sink(config: ArchiveConfig) -> ArchiveSink:
    """The archive, for writing. For a thread without a loop: it may ask a command or the keyring. Raises
    `ArchiveError`."""
    if config.to is ArchiveKind.SYSLOG:
        from dfn_tui.service.archive.syslog import SyslogArchive  # noqa: PLC0415  as below

        return SyslogArchive(config.socket)
    return _postgres(config.dsn, config.password_command, "writer")


def open_reader(config: ArchiveConfig | None) -> "PostgresArchive":
    """The archive with the reader's rights. As `open_sink`. Raises `ArchiveError`."""
    if config is None or not config.reader_dsn:
        raise ArchiveError(
            _("The configuration names no archive that could be read."),
            _("Give reader_dsn in [journal.archive]; the syslog cannot be read."),
        )
    return _postgres(config.reader_dsn, config.reader_password_command, "reader")


def _postgres(dsn: tuple[tuple[str, str], ...], command: tuple[str, ...], role: str) -> "PostgresArchive":
    from dfn_tui.service.archive.postgres import PostgresArchive  # noqa: PLC0415  only where one is configured

    credentials = import_module("dfn_tui.credentials.archive")
    unusable = import_module("dfn_tui.credentials.token").Unusable
    try:
        password = asyncio.run(credentials.archive_password(role, command))
    except unusable as error:
        raise ArchiveError(error.reason) from None
    return PostgresArchive(dict(dsn), password)


def send(
    queue: ArchiveQueue,
    open_: Callable[[], ArchiveSink],
    told: Callable[[int], object] = lambda _count: None,
    go_on: Callable[[], bool] = lambda: True,
    origin: Origin | None = None,
) -> int:
    """Sends what is not archived, for as long as `go_on` says so, and returns how many entries were. The
    archive is opened only where there are some. Raises `ArchiveError`, `JournalError`."""
    count = 0
    entries = queue.take(AT_ONCE)
    if not entries:
        return 0
    origin = origin or Origin.here()
    with closing(open_()) as sink:
        while entries and go_on():
            sink.store(origin, entries)
            queue.sent(entries[-1])
            count += len(entries)
            told(count)
            entries = queue.take(AT_ONCE)
    return count


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Whether this process is the one that sends the journal at `path` now: of several each entry would be
    sent by all. Raises `JournalError`."""
    lock = path.with_name(f"{path.name}.archiving")
    with journal_errors(path):
        descriptor = take_lock(lock) if path.exists() else None
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            drop_lock(lock, descriptor)
