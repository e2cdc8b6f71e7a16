"""What the doctor looks at on the disk: the configuration, the state folder, the journal."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dfn_tui.config import Config, ConfigError
from dfn_tui.errors import system_reason
from dfn_tui.service.doctor.seen import CheckResult, failed, ok, warning
from dfn_tui.service.journal_heads import KnownHeads
from dfn_tui.service.tokens import FoundKey
from dfn_tui.store import Journal, explain_verification
from dfn_tui.store.hosts import is_shared, network_file_system
from dfn_tui.store.known_head import KnownHead
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.trust import exposure

if TYPE_CHECKING:
    from dfn_tui.credentials import TokenStore

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
        exposed = exposure(config.path)
    except FileNotFoundError:
        return warning(
            _("There is no configuration yet: {file}").format(file=file),
            _("Start dfn-tui and add a connection."),
        )
    if exposed is not None:
        return warning(exposed.why, exposed.hint)
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
        return _not_writable(folder, system_reason(error))
    if mode & 0o077:
        return warning(
            _("{folder} can be written, but others may look into it.").format(folder=shown),
            _("Take that right away: chmod 700 {folder}").format(folder=shown),
        )
    if is_shared(folder):
        kind = network_file_system(folder)
        words = _("{folder} is shared with other hosts: each keeps a journal and jobs of its own there.")
        if kind:
            words = _(
                "{folder} lies on a network file system ({kind}): each host keeps a journal and jobs of its "
                "own there, and two of one name would lose entries."
            )
        return warning(
            words.format(folder=shown, kind=kind),
            _("A folder on this host's own disk is safer and quicker: name it with DFN_TUI_STATE."),
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


async def journal(path: Path, key: Callable[[], Awaitable[FoundKey]], heads: KnownHeads) -> CheckResult:
    """Whether the journal holds what was written to it, and what it is known to have held. Raises
    `JournalError`."""
    there = await asyncio.to_thread(path.exists)
    found = (await key()).key
    known = await heads.read(found)
    if not (known or there):
        return ok(_("There is no journal yet: {path}").format(path=sanitize(str(path))))
    return _verified(path, found, known)


async def journal_key(store: "TokenStore") -> CheckResult:
    """Where the key is from that personal values, jobs and kept edits are sealed with. None is made."""
    credentials = import_module("dfn_tui.credentials")
    hint = _("Personal values are kept as masks, and staged edits not at all. See journal_key_command.")
    try:
        key = await store.find_journal_key(make=False)
    except credentials.KeyCommandFailed as failure:
        return failed(failure.reason, hint)
    except credentials.NoKeyring as none:
        locked = isinstance(none, credentials.KeyringLocked)
        return warning(
            none.reason, _("Unlock the keyring: dfn-tui asks for its password.") if locked else hint
        )
    if store.key_from_command:
        return ok(_("The key is from journal_key_command of the configuration."))
    return ok(_("The key is in the keyring.") if key else _("The first write makes one in the keyring."))


def _verified(path: Path, key: bytes | None, known: Sequence[KnownHead]) -> CheckResult:
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
        found = kept.verify(known=known)
    words = explain_verification(found)
    if found.whole:
        return ok(words)
    return failed(
        words, _("Move {path} away, and keep it for whoever looks into it.").format(path=sanitize(str(path)))
    )
