"""What the doctor looks at on the disk: the configuration, the state folder, the journal."""

import asyncio
import os
import stat
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from dfn_tui.config import Config, ConfigError
from dfn_tui.service.doctor.seen import CheckResult, failed, ok, warning
from dfn_tui.store import Journal, explain_verification
from dfn_tui.text import _, ngettext, sanitize

MOST_VERIFIED = 200_000
"""Entries. More than these take longer to read than anyone waits for beside the other checks."""
_A_SECOND = 100_000
"""Entries that are verified in a second, roughly."""
_BLOCK = 4096


def configuration(config: Config | ConfigError) -> CheckResult:
    """Whether the file is right, and whether nobody else may change where requests go."""
    if isinstance(config, ConfigError):
        return failed(config.happened, config.next_step)
    file = sanitize(str(config.path))
    try:
        mode = config.path.stat().st_mode
    except FileNotFoundError:
        return warning(
            _("There is no configuration yet: {file}").format(file=file),
            _("Start dfn-tui and add a connection."),
        )
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return warning(
            _("Others may write {file}, and so choose where tokens are sent.").format(file=file),
            _("Take that right away: chmod go-w {file}").format(file=file),
        )
    if not config.connections:
        return warning(
            _("{file} has no connection yet.").format(file=file), _("Start dfn-tui and add a connection.")
        )
    words = ngettext("{file}, {count} connection.", "{file}, {count} connections.", len(config.connections))
    return ok(words.format(file=file, count=len(config.connections)))


def state_folder(folder: Path) -> CheckResult:
    """Whether the journal can be written there, and be read by its owner only."""
    shown = sanitize(str(folder))
    try:
        if not folder.exists():
            return _still_to_be_made(folder)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:  # without a name, or gone with it
            file.write(bytes(_BLOCK))
            os.fsync(file.fileno())
        mode = folder.stat().st_mode
    except OSError as error:
        return _not_writable(folder, error.strerror or type(error).__name__)
    if mode & 0o077:
        return warning(
            _("{folder} can be written, but others may look into it.").format(folder=shown),
            _("Take that right away: chmod 700 {folder}").format(folder=shown),
        )
    return ok(_("{folder} can be written, and is for you alone.").format(folder=shown))


def _still_to_be_made(folder: Path) -> CheckResult:
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return ok(_("{folder} will be made by the first write.").format(folder=sanitize(str(folder))))
    return _not_writable(folder, _("{above} lets nothing be made in it").format(above=sanitize(str(above))))


def _not_writable(folder: Path, reason: str) -> CheckResult:
    words = _("{folder} cannot be written: {reason}. Without a journal nothing is changed on a server.")
    return failed(
        words.format(folder=sanitize(str(folder)), reason=reason),
        _("Check who owns the folder and how full its disk is, or name another one with DFN_TUI_STATE."),
    )


async def journal(path: Path, key: Callable[[], Awaitable[bytes | None]]) -> CheckResult:
    """Whether the journal holds what was written to it. Raises `JournalError`."""
    if not await asyncio.to_thread(path.exists):
        return ok(_("There is no journal yet: {path}").format(path=sanitize(str(path))))
    return _verified(path, await key())


def _verified(path: Path, key: bytes | None) -> CheckResult:
    with Journal(path, key) as kept:
        count = kept.count()
        if count > MOST_VERIFIED:
            words = _(
                "It has {count} entries; to read them all takes about {seconds} seconds, so it was not."
            )
            return warning(
                words.format(count=f"{count:,}", seconds=count // _A_SECOND),
                _("Run “dfn-tui journal verify”."),
            )
        found = kept.verify()
    words = explain_verification(found)
    if found.whole:
        return ok(words)
    return failed(
        words, _("Move {path} away, and keep it for whoever looks into it.").format(path=sanitize(str(path)))
    )
