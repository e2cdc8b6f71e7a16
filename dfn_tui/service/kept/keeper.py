"""Keeps what is staged in a session on the disk, sealed with the journal's key; without one nothing is
written. Each change is written at once, in a thread of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from dfn_tui.api.types import Identity
from dfn_tui.errors import system_reason
from dfn_tui.locks import KNOWN
from dfn_tui.service.changes.plan_rules import address_of
from dfn_tui.service.kept.format import Place, draft_text, whole_text
from dfn_tui.service.session import Session
from dfn_tui.service.staging import Draft, TypedGround
from dfn_tui.service.tokens import FoundKey
from dfn_tui.service.worker_thread import WorkerThread
from dfn_tui.store.kept import KeptFile
from dfn_tui.store.sealing import Sealer
from dfn_tui.text import _, sanitize

_ASK_AGAIN = 60.0
"""Seconds until a key is asked for again that was not at hand, where unlocking the keyring would not help."""


class EditKeeper:
    """Keeps the edits of `session` in `folder`. `find_key` gives the journal's key, made where it is told to
    and there is none yet, or says why it is not at hand."""

    def __init__(
        self, session: Session, folder: Path, find_key: Callable[[bool], Awaitable[FoundKey]]
    ) -> None:
        self.session = session
        self.folder = folder
        self.thread = WorkerThread("kept edits")
        self._find_key = find_key
        self._found_key = FoundKey(None)
        self._asked_at: float | None = None
        self._changed: set[Identity] = set()
        self._at: dict[Identity, datetime] = {}
        self._unwritten = False
        self._writing: asyncio.Task[None] | None = None
        self._why_not = ""
        # Of the thread alone from here on.
        self._file: KeptFile | None = None
        self._texts: dict[Identity, str] = {}
        session.staging.on_change = self._note

    def _note(self, identity: Identity | None) -> None:
        if identity is not None:
            self._changed.add(identity)
            self._at[identity] = self.session.clock()
        self._unwritten = True
        if self._writing is None or self._writing.done():
            if self._writing is not None:
                self._writing.result()  # a defect is heard of
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        while self._unwritten:
            sealer = await self._sealer()
            if sealer is None:
                return
            # Taken at once, between two keys; what is changed from here on is written the next time.
            self._unwritten = False
            taken = [self._copied(identity) for identity in self._changed]
            self._changed.clear()
            ground, place = self.session.staging.ground, self.place
            try:
                await self.thread.do(partial(self._put, taken, ground, place, sealer))
            except OSError as error:
                self._unwritten = True
                self._why_not = _("They cannot be written to {folder}: {reason}.").format(
                    folder=sanitize(str(self.folder)), reason=system_reason(error)
                )
                return
            self._why_not = ""

    def _copied(self, identity: Identity) -> tuple[Identity, Draft | None, datetime]:
        draft, at = self.session.staging.edits(identity), self._at[identity]
        if draft is None:
            self._at.pop(identity)
            return identity, None, at
        edits = {"consents": dict(draft.consents), "properties": dict(draft.properties), "ci": dict(draft.ci)}
        return identity, replace(draft, **edits), at  # type: ignore[arg-type]

    def _put(
        self,
        taken: Iterable[tuple[Identity, Draft | None, datetime]],
        ground: TypedGround,
        place: Place,
        sealer: Sealer,
    ) -> None:
        """In the thread: writes it all, or removes the file where nothing is staged."""
        for identity, draft, at in taken:
            if draft is None:
                self._texts.pop(identity, None)
            else:
                self._texts[identity] = draft_text(draft, at)
        if self._texts:
            self._file = self._file or KeptFile.new(self.folder)
            self._file.write(whole_text(place, ground, [*self._texts.values()]), sealer)
        elif self._file is not None:
            self._file.remove()
            self._file = None

    @property
    def place(self) -> Place:
        connection = self.session.connection
        return Place(
            connection.name, connection.environment.value, connection.api.value, *address_of(connection)
        )

    async def _sealer(self) -> Sealer | None:
        """None where the key is not at hand; `_why_not` says why."""
        waited = self._asked_at is None or time.monotonic() - self._asked_at > _ASK_AGAIN
        if self._found_key.key is None and (waited or self._found_key.locked):
            await self.look_for_key(make=True)
            self._asked_at = time.monotonic()
        if self._found_key.key is None:
            self._why_not = self._found_key.reason
            return None
        return Sealer(self._found_key.key)

    async def look_for_key(self, *, make: bool) -> FoundKey:
        """The key, asked for where it is not at hand yet."""
        if not KNOWN:
            self._found_key = FoundKey(None, _("This system cannot tell which console has them."))
        elif self._found_key.key is None:
            self._found_key = await self._find_key(make)
        return self._found_key

    async def flush(self) -> str:
        """Writes what is not written yet, and says in a sentence why it cannot be kept; empty where it is, or
        nothing is staged."""
        if self._unwritten and (self._writing is None or self._writing.done()):
            self._writing = asyncio.ensure_future(self._write())
        if self._writing is not None:
            await asyncio.shield(self._writing)
        return self._why_not if self._unwritten and len(self.session.staging) else ""

    async def close(self) -> None:
        """Writes what is staged, and leaves it to the next console."""
        await self.flush()

        def close() -> None:
            if self._file is not None:
                self._file.close()

        await self.thread.do(close)

    async def take_up(self, file: KeptFile, drafts: Sequence[Draft], ground: TypedGround) -> bool:
        """Stages these edits of an earlier console, and goes on with its `file`, which is taken; False where
        something is staged here."""
        if len(self.session.staging):
            return False

        def own() -> None:
            if self._file is not None:  # it could not be removed
                self._file.close()
            self._file = file

        # Asked for before anything is staged: what writes that comes after it in the thread.
        owned = self.thread.do(own)
        self.session.restore(drafts, ground)
        # Staged when they were staged, not now.
        self._at |= {one.record.identity: one.restored_from for one in drafts if one.restored_from}
        await owned
        await self.flush()
        return True
