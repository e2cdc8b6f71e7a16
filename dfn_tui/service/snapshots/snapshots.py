"""The snapshot of a connection: taken, looked into, and gone when it is too old."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from dfn_tui.api.calls import ExportApi
from dfn_tui.api.errors import TokenRejected
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.config import Connection, TokenKind
from dfn_tui.consent.flags import OPTINS
from dfn_tui.errors import ConsoleError, TokenTrouble, system_reason
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.context import ConnectionContext, server_url
from dfn_tui.service.snapshots.taking import OnTaking, Taking
from dfn_tui.service.snapshots.view import LaterWrite, SnapshotView, later_writes, view_of
from dfn_tui.service.tokens import FoundKey, TokenNeeded
from dfn_tui.store import Filter, JournalError
from dfn_tui.store.exports import ExportLog
from dfn_tui.store.sealing import Sealer
from dfn_tui.store.snapshot import (
    SnapshotError,
    SnapshotFile,
    SnapshotHead,
    SnapshotRow,
    open_snapshot,
    read_outline,
    snapshot_file,
    snapshot_name,
)
from dfn_tui.text import _
from dfn_tui.text.korea import Clock

if TYPE_CHECKING:
    from pydantic import SecretStr

Answer = TypeVar("Answer")
HOURS = 24
"""After so many a snapshot is deleted, where the configuration does not say."""
_FEW = 500
"""Entries of the journal that are looked through at once, before each user is asked for."""
EXPORTS_PER_HOUR = 20
"""So many exports an hour this host asks for; the server gives a service 100, whoever asks."""


class SnapshotKeyNeeded(TokenTrouble):
    """There is no key to seal a snapshot with, or to open it."""

    def __init__(self, found: FoundKey) -> None:
        self.locked = found.locked
        """Whether unlocking the keyring may help."""
        super().__init__(
            _("No key, no snapshot"),
            _("A snapshot holds everybody's consents, so it is kept sealed or not at all. {why}").format(
                why=found.reason or _("No key is at hand.")
            ),
            _("Start with a keyring, or with a program that gives the key (journal_key_command)."),
        )


class NoExport(ConsoleError):
    """This API version has no export."""

    def __init__(self) -> None:
        super().__init__(
            _("No snapshot here"),
            _("This API version reads each user when asked, and has no export."),
            _("Look the users up: dfn-tui get"),
        )


class SealingKey(Protocol):
    """The key that jobs are sealed with too."""

    found: FoundKey

    async def look(self, *, make: bool = False) -> bytes | None:
        """The key, made where there is none yet and `make` says so."""


Secrets = Mapping[str, "SecretStr"]
"""The tokens of a connection, by kind."""


class SnapshotStatus(NamedTuple):
    """What there is. `head` is None where there is no snapshot, or `trouble` says why it cannot be read.
    `asked` are the exports of the last hour, of `limit`."""

    path: Path
    began: datetime | None
    head: SnapshotHead | None
    trouble: ConsoleError | None
    asked: Sequence[datetime]
    limit: int


class TakenSnapshot(NamedTuple):
    """A snapshot that was just taken. `confirmed` is how many changes that were accepted before it shows."""

    head: SnapshotHead
    confirmed: int


def _marks(key: bytes, secrets: Secrets) -> dict[str, str]:
    sealer = Sealer(key)
    return {kind: sealer.token_mark(secret.get_secret_value()) for kind, secret in secrets.items()}


def drop_snapshot(folder: Path, connection: Connection) -> bool:
    """Removes the snapshot of a connection, and says whether there was one. Raises `SnapshotError`."""
    path = snapshot_file(folder, _service(connection))
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SnapshotError(
            _("The snapshot cannot be removed"),
            system_reason(error),
            _("Remove the file yourself: {path}").format(path=path),
        ) from error
    return True


def note_export(folder: Path, connection: Connection, now: datetime) -> None:
    """Counts the export that a test of a connection asks for. Where that cannot be written down the test goes
    on all the same."""
    with suppress(SnapshotError):
        ExportLog(folder).note(_service(connection), now)


def remove_expired(folder: Path, now: datetime) -> None:
    """Removes the snapshots of `folder` that are too old, whatever connection they are of."""
    for path in folder.glob("*.db") if folder.is_dir() else ():
        try:
            outline = read_outline(path)
        except SnapshotError:
            continue  # the exports' log, or damaged: whoever looks into it is told
        if outline is not None and outline.expires <= now:
            path.unlink(missing_ok=True)


def _service(connection: Connection) -> str:
    return snapshot_name(server_url(connection), connection.service_id or "")


class Snapshots:
    """The snapshot of one connection, in `folder`."""

    def __init__(
        self,
        context: ConnectionContext,
        folder: Path,
        key: SealingKey,
        secrets: Callable[[], Awaitable[Secrets]],
        journal: AsyncJournal,
        clock: Clock,
    ) -> None:
        connection = context.connection
        self._context = context
        self._folder = folder
        self._key = key
        self._secrets = secrets
        self._journal = journal
        self._clock = clock
        self._log = ExportLog(folder)
        self._address = server_url(connection)
        self._service = _service(connection)
        self._hours = connection.snapshot_hours or HOURS
        self.limit = connection.exports_per_hour or EXPORTS_PER_HOUR
        """Exports an hour."""
        self.path = snapshot_file(folder, self._service)
        self._expiring: asyncio.TimerHandle | None = None

    async def take(
        self, client: object, audience: str | None, extras: Sequence[str], on_progress: OnTaking
    ) -> SnapshotHead:
        """Takes one in place of the one there is. Raises `SnapshotError`, `SnapshotKeyNeeded`, `TokenNeeded`,
        `NoExport` and what the export raises."""
        if not isinstance(client, ExportApi):
            raise NoExport
        key = await self._key.look(make=True)
        if key is None:
            raise SnapshotKeyNeeded(self._key.found)
        connection, secrets = self._context.connection, await self._secrets()
        if TokenKind.EXPORT not in secrets:
            why = _("An export needs the export token: dfn-tui auth set --kind export")
            raise TokenNeeded(connection.name, TokenKind.EXPORT, why)
        taking = Taking(
            address=self._address,
            service_id=connection.service_id or "",
            service=self._service,
            folder=self._folder,
            key=key,
            consents=[OPTINS[flag] for flag in self._context.capabilities.flags],
            extras=list(dict.fromkeys(extras)),
            audience=audience,
            hours=self._hours,
            limit=self.limit,
            clock=self._clock,
            on_progress=on_progress,
            log=self._log,
            tokens=_marks(key, secrets),
        )
        try:
            head = await taking.run(client)
        except TokenRejected as error:
            why = _("{happened} It is the export token: dfn-tui auth set --kind export")
            happened = why.format(happened=error.happened)
            raise TokenNeeded(connection.name, TokenKind.EXPORT, happened) from None
        self._expire_at(head.expires)
        return head

    def _expire_at(self, expires: datetime) -> None:
        """Has it removed then, where this console still runs, also if nobody looks at it any more."""
        if self._expiring is not None:
            self._expiring.cancel()
        left = max((expires - self._clock()).total_seconds(), 0.0)

        def expire() -> None:
            # In this very moment and not in a thread: a file is unlinked at once.
            with suppress(SnapshotError, OSError):
                self._there()

        self._expiring = asyncio.get_running_loop().call_later(left, expire)

    async def note_export(self) -> None:
        """Counts the export that a test of the connection asks for."""
        now = self._clock()
        await asyncio.to_thread(note_export, self._folder, self._context.connection, now)

    async def status(self) -> SnapshotStatus:
        """What there is, and how many exports are left. Raises `SnapshotError`."""
        now = self._clock()
        asked = await asyncio.to_thread(self._log.asked, self._service, now)
        began: datetime | None = None
        head: SnapshotHead | None = None
        trouble: ConsoleError | None = None
        try:
            if await asyncio.to_thread(self._there):
                outline = await asyncio.to_thread(read_outline, self.path)
                began = outline.began if outline else None
                head = await self._with_file(lambda file: file.head)
        except (SnapshotError, SnapshotKeyNeeded) as error:
            trouble = error
        return SnapshotStatus(self.path, began, head, trouble, asked, self.limit)

    async def drop(self) -> bool:
        """Removes it, and says whether there was one. Raises `SnapshotError`."""
        return await asyncio.to_thread(drop_snapshot, self._folder, self._context.connection)

    async def only_for(self, secrets: Secrets, *, in_doubt: bool) -> None:
        """Removes it where it was taken with other tokens than these; with `in_doubt` also where that cannot
        be told. Raises `SnapshotError`."""
        if not await asyncio.to_thread(self.path.exists):
            return
        try:
            head = await self._with_file(lambda file: file.head)
        except (SnapshotError, SnapshotKeyNeeded):
            same = not in_doubt
        else:
            assert self._key.found.key is not None  # it was just opened with it
            marks = _marks(self._key.found.key, secrets)
            same = all(head.tokens.get(kind) == mark for kind, mark in marks.items())
        if not same:
            await self.drop()

    async def views(self, identities: Sequence[Identity]) -> Mapping[Identity, SnapshotView]:
        """What it says of these users; empty where there is none. Where it cannot be read, `why` tells."""
        try:
            if not await asyncio.to_thread(self._there):
                return {}
            return await self._views(identities)
        except (SnapshotError, SnapshotKeyNeeded) as error:
            view = SnapshotView(None, why=f"{error.title}. {error.happened} {error.next_step}")
            return dict.fromkeys(identities, view)

    async def _views(self, identities: Sequence[Identity]) -> Mapping[Identity, SnapshotView]:
        head, rows = await self._rows(identities)
        if self._expiring is None:  # an earlier run took it
            self._expire_at(min(head.expires, head.began + timedelta(hours=self._hours)))
        later = await self._later(identities, head.began)
        return {one: view_of(head, rows.get(one), one.kind, later.get(one, {})) for one in identities}

    async def _rows(
        self, identities: Sequence[Identity]
    ) -> tuple[SnapshotHead, Mapping[Identity, SnapshotRow]]:
        """Whom the export can name at all is named by `external_id`."""
        named = {one.value: one for one in identities if one.kind is IdentityKind.EXTERNAL_ID}
        head, rows = await self._with_file(lambda file: (file.head, file.find([*named])))
        return head, {named[value]: row for value, row in rows.items()}

    async def export_views(
        self, identities: Sequence[Identity], head: SnapshotHead
    ) -> Mapping[Identity, SnapshotView]:
        """What the export with that head said of these users, without what was written since. Raises
        `SnapshotError` where another snapshot took its place, and `SnapshotKeyNeeded`."""
        now, rows = await self._rows(identities)
        if now != head:
            raise SnapshotError(
                _("Another snapshot was taken meanwhile"),
                _("What was read so far is of the one of before."),
                _("Begin again."),
            )
        return {one: view_of(head, rows.get(one), one.kind, {}) for one in identities}

    async def _later(
        self, identities: Sequence[Identity], since: datetime
    ) -> Mapping[Identity, Mapping[str, LaterWrite]]:
        """What this host wrote over this connection since then, or was writing then."""
        around = since - timedelta(days=1)  # begun before, and answered later
        wanted = Filter(connection=self._context.connection.name, since=around)
        found: dict[Identity, Mapping[str, LaterWrite]] = {}
        try:
            few = await self._journal.find(wanted, limit=_FEW)
            for one in identities if few else ():
                # A personal id is found by its handle only.
                if len(few) == _FEW or one.kind is not IdentityKind.EXTERNAL_ID:
                    entries = await self._journal.find(wanted._replace(user=one.value))
                else:
                    entries = [entry for entry in few if entry.intent.subject.value == one.value]
                same = [entry for entry in entries if entry.intent.subject.kind == one.kind]
                if writes := later_writes(same, since):
                    found[one] = writes
        except JournalError:
            raise SnapshotError(
                _("The snapshot is not shown"),
                _("The journal cannot be read: what was written since is not known."),
                _("Look at the journal: dfn-tui doctor"),
            ) from None
        return found

    async def _with_file(self, ask: Callable[[SnapshotFile], Answer]) -> Answer:
        key = await self._key.look()
        if key is None:
            raise SnapshotKeyNeeded(self._key.found)

        def opened() -> Answer:
            with open_snapshot(self.path, key) as file:
                return ask(file)

        return await asyncio.to_thread(opened)

    def _there(self) -> bool:
        """Whether there is one, and not too old: then it is removed."""
        outline = read_outline(self.path)
        if outline is None:
            return False
        now = self._clock()
        if outline.expires <= now or outline.began + timedelta(hours=self._hours) <= now:
            self.path.unlink(missing_ok=True)
            return False
        return True
