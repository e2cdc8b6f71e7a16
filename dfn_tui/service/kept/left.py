"""What consoles had staged that are gone: offered, taken up by one console alone, or dropped.

It is offered over the connection and at the address it was staged for. Nothing is sent here: the pipeline
compares each user with what was seen when the edits were staged.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from dfn_tui.api.types import Identity
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.outcomes import Outcome, outcome_name
from dfn_tui.service.changes.values import same_value
from dfn_tui.service.kept.format import KeptEdits, KeptUnreadable, Place, read_edits
from dfn_tui.service.kept.keeper import EditKeeper
from dfn_tui.service.staging import Draft, TypedGround
from dfn_tui.store import Entry, FieldChange, Filter
from dfn_tui.store.kept import KeptAltered, KeptFile, KeptUnderOtherKey, left_files
from dfn_tui.store.sealing import Sealer
from dfn_tui.text import _, sanitize

STALE_AFTER = timedelta(hours=24)
"""So old edits are looked at or dropped, and not sent: people may have said otherwise since."""

_TAKING = 2.0
"""Seconds that another console may take to look at what it does not take up."""

_NOTHING_DONE = (Outcome.FAILED, Outcome.CONFLICT)


class KeptSet(NamedTuple):
    """What one console had staged: the edits that may be taken up, those of which `STALE_AFTER` is over, and
    in sentences which of them were sent by it before it ended."""

    id: str
    fresh: tuple[Draft, ...]
    stale: tuple[Draft, ...]
    sent: tuple[str, ...]
    ground: TypedGround

    @property
    def drafts(self) -> tuple[Draft, ...]:
        return self.fresh + self.stale

    @property
    def at(self) -> datetime | None:
        """When the oldest of the edits was staged; None where there is none."""
        return min((one.restored_from for one in self.drafts if one.restored_from), default=None)


NOTHING = KeptSet("", (), (), (), TypedGround())


class KeptFound(NamedTuple):
    """What earlier consoles left: the sets of this connection, the newest first, and in sentences what
    is not offered here and why. `locked`: unlocking the keyring may help."""

    sets: tuple[KeptSet, ...] = ()
    said: tuple[str, ...] = ()
    locked: bool = False


class KeptGone(ConsoleError):
    """Another console was quicker."""

    def __init__(self) -> None:
        super().__init__(
            _("Not here any more"),
            _("Another console took these edits up, or dropped them. Nothing was staged here."),
            _("Go on there, or look the users up."),
        )


class LeftEdits:
    """What `keeper`'s session may take up."""

    def __init__(self, keeper: EditKeeper) -> None:
        self._keeper = keeper
        self._session = keeper.session
        self._folder = keeper.folder
        self._thread = keeper.thread

    async def look(self) -> KeptFound:
        """What earlier consoles left. Where they left nothing, no key is asked for."""
        try:
            files = await self._thread.do(lambda: left_files(self._folder))
        except OSError as error:
            words = _("Whether edits are kept cannot be seen: {reason}.").format(reason=system_reason(error))
            return KeptFound(said=(words,))
        if not files:
            return KeptFound()
        sealer = await self._sealer()
        if sealer is None:
            key = await self._keeper.look_for_key(make=False)
            words = _("Edits are kept from before, sealed. {why}").format(why=key.reason)
            return KeptFound(said=(words,), locked=key.locked)
        sets: list[KeptSet] = []
        said: list[str] = []
        for file in files:
            found = await self._thread.do(partial(self._read, file, sealer))
            if isinstance(found, KeptEdits) and self._elsewhere(found.place) == "":
                sets.append(await self._examined(file.id, found))
            elif found is not None:
                said.append(found if isinstance(found, str) else self._elsewhere(found.place))
        return KeptFound(tuple(sets), tuple(dict.fromkeys(said)))

    def _read(self, file: KeptFile, sealer: Sealer) -> KeptEdits | str | None:
        """In the thread: what the file holds, or in a sentence why it is not offered. A file that is not as
        it was written is put aside: it hides no other, and is not lost."""
        try:
            plain = file.read(sealer)
            return None if plain is None else read_edits(plain)
        except KeptAltered:
            if not file.take():
                return None
            aside = sanitize(str(file.put_aside()))
            return _("Kept edits are damaged or were altered, and cannot be read: see {path}.").format(
                path=aside
            )
        except KeptUnderOtherKey:
            return _("Edits are kept that were sealed with another key: {path}.").format(
                path=sanitize(str(file.path))
            )
        except KeptUnreadable:
            return _("Edits are kept by another version of dfn-tui: {path}.").format(
                path=sanitize(str(file.path))
            )
        except OSError as error:
            return _("Kept edits cannot be read: {reason}.").format(reason=system_reason(error))

    def _elsewhere(self, place: Place) -> str:
        """Why edits of that place are not offered here; empty where they are."""
        here = self._keeper.place
        if place == here:
            return ""
        if place.connection != here.connection:
            words = _("Edits are kept for the connection {name}: they are offered there.")
            return words.format(name=sanitize(place.connection, 40))
        words = _("Edits are kept for {name} at another address ({address}): they are not offered here.")
        address = " ".join(filter(None, place[1:]))
        return words.format(name=sanitize(place.connection, 40), address=sanitize(address, 120))

    async def _examined(self, id: str, kept: KeptEdits) -> KeptSet:
        """Without the edits that were sent before the console ended, and with the stale ones apart."""
        now = self._session.clock()
        fresh: list[Draft] = []
        stale: list[Draft] = []
        sent: list[str] = []
        for draft in kept.drafts:
            left, words = await self._without_sent(draft)
            sent += words
            if left.empty:
                continue
            age = abs(now - left.restored_from) if left.restored_from else STALE_AFTER * 2
            (stale if age > STALE_AFTER else fresh).append(left)
        return KeptSet(id, tuple(fresh), tuple(stale), tuple(sent), kept.ground)

    async def _without_sent(self, draft: Draft) -> tuple[Draft, Sequence[str]]:
        """The journal knows of what was about to leave: it must not leave a second time. Raises
        `JournalError`."""
        user, journal = draft.record.identity, self._session.journal
        wanted = Filter(user=user.value, connection=self._session.connection.name, since=draft.restored_from)
        left, words = replace(draft), []
        for entry in await journal.find(wanted):
            if entry.intent.subject.kind != user.kind.value:
                continue
            intent = await journal.reveal(entry)
            done = [
                change
                for change in draft.change().fields
                if any(_same(change, other) and _was_sent(entry, other) for other in intent.changes)
            ]
            for change in done:
                left.drop(change.kind, change.name)
            if done:
                words.append(_sent_words(entry, user))
        return left, words

    async def take_up(self, kept: KeptSet) -> None:
        """Stages what is fresh of that set; the rest of it is dropped with its file. Raises `KeptGone`,
        `JournalError`, and `ConsoleError` where something is staged here already."""
        sealer = await self._sealer()
        file = await self._claimed(kept.id)
        try:
            found = await self._thread.do(partial(self._read, file, sealer)) if sealer else None
            kept = await self._examined(kept.id, found) if isinstance(found, KeptEdits) else NOTHING
            if not kept.fresh:
                raise KeptGone  # noqa: TRY301  the file must be let go
            if not await self._keeper.take_up(file, kept.fresh, kept.ground):
                raise _staged_here()  # noqa: TRY301  as above
        except BaseException:
            await self._thread.do(file.close)
            raise

    async def _sealer(self) -> Sealer | None:
        found = await self._keeper.look_for_key(make=False)
        return Sealer(found.key) if found.key is not None else None

    async def drop(self, kept: KeptSet) -> None:
        """Forgets that set. Raises `KeptGone`."""
        file = await self._claimed(kept.id)
        await self._thread.do(file.remove)

    async def _claimed(self, id: str) -> KeptFile:
        file = KeptFile(self._folder, id)
        deadline = time.monotonic() + _TAKING
        while not await self._thread.do(file.take):
            # Whoever only looks holds the lock as well, for a moment.
            if time.monotonic() > deadline:
                raise KeptGone
            await asyncio.sleep(0.02)
        if not await self._thread.do(file.path.exists):
            await self._thread.do(file.close)
            raise KeptGone
        return file


def _staged_here() -> ConsoleError:
    return ConsoleError(
        _("Something is staged here"),
        _("Edits that were kept are taken up where nothing else is staged. What was kept stays."),
        _("Send or drop what is staged first."),
    )


def _same(change: FieldChange, other: FieldChange) -> bool:
    """Whether an entry is about the same value of the same field. Of a masked one that is not known."""
    if (change.kind, change.name) != (other.kind, other.name):
        return False
    return other.redaction is not None or same_value(change.after, other.after)


def _was_sent(entry: Entry, change: FieldChange) -> bool:
    return entry.outcome_of(change) not in _NOTHING_DONE


def _sent_words(entry: Entry, user: Identity) -> str:
    ended = outcome_name(entry.outcome.outcome if entry.outcome else None)
    words = _("{user}: was sent before that console ended, by entry {seq} ({outcome}); not offered again.")
    return words.format(user=sanitize(user.value, 40), seq=entry.seq, outcome=ended)
