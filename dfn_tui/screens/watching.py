"""Watching users from the console: read in the background, and told wherever the operator is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from dfn_tui.consent.messages import flag_name
from dfn_tui.screens.banners import Announcement, Banners
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.dialogs import TextDialog
from dfn_tui.screens.lock import LockingApp
from dfn_tui.service.change_format import value_words
from dfn_tui.service.changes.blocks import flag_of
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Identity
from dfn_tui.service.watching import UnreadUser, UserWatch, WatchedChange, WatchRound, rounds, users_changed
from dfn_tui.text import _, ngettext, sanitize

if TYPE_CHECKING:
    from dfn_tui.service.bulk.looking import RepeatedReader
    from dfn_tui.service.session import Session

EVERY = 60.0
"""Seconds between two readings of those who are watched."""

STAYS = 60.0
"""Seconds that the words about a change stay on the screen; the mark on the row stays longer."""

_NAMED = 3  # changes in one message
_READ_AT_ONCE = 200  # lines of what was not read yet

OPENS = "f12"
"""Shows all that the line is about."""


@dataclass
class _Watch:
    """The watch over one session's users."""

    users: UserWatch
    reader: "RepeatedReader"
    writes: dict[Identity, int] = field(default_factory=dict)
    changed: dict[Identity, list[str]] = field(default_factory=dict)
    """What nobody has read yet, in lines: by user what somebody else changed, and below why they cannot be
    read."""
    unread: dict[Identity, str] = field(default_factory=dict)


class Watches:
    """One watch for each session. It reads nothing while the console is locked."""

    def __init__(self, app: LockingApp, banners: Banners) -> None:
        self._app = app
        self._banners = banners
        self._watches: dict[str, _Watch] = {}

    def toggle(self, session: "Session", records: Sequence[UserRecord]) -> None:
        """Watches these users, or lets go of them where all are watched already."""
        watched, chosen = session.watched, [one.identity for one in records]
        if all(one in watched for one in chosen):
            for one in chosen:
                watched.pop(one, None)
            words = ngettext(
                "{count} user is watched no longer.", "{count} users are watched no longer.", len(chosen)
            )
        else:
            watched.update(dict.fromkeys(chosen, False))
            words = ngettext("{count} user is watched.", "{count} users are watched.", len(chosen))
        self._app.notify(words.format(count=f"{len(chosen):,}"), markup=False)
        self._begin(session, [one for one in records if one.identity in watched])
        self._show(session, ())

    def _begin(self, session: "Session", records: Sequence[UserRecord]) -> None:
        """What was read of them is what the first reading is compared with."""
        name = session.connection.name
        begins = name not in self._watches
        if begins and records:
            self._watches[name] = self._new(session)
        if (watch := self._watches.get(name)) is None:
            return
        for record in records:
            watch.users.know(record)
            watch.writes[record.identity] = session.writes_to(record.identity)
        if begins:
            # A defect in it must be heard of, and it outlives the screen it was begun on.
            self._app.run_worker(self._run(session, watch), group="watch", exit_on_error=True)

    def _new(self, session: "Session") -> _Watch:
        from dfn_tui.service.bulk.looking import RepeatedReader  # noqa: PLC0415  only a watch needs it

        reader = RepeatedReader(self._app.connections.bulk(session.connection.name))

        def read() -> AsyncIterator[UserRecord]:
            return reader.read([*session.watched])

        return _Watch(UserWatch(read, session.clock), reader)

    async def _run(self, session: "Session", watch: _Watch) -> None:
        async def look() -> WatchRound:
            if self._app.locked or not session.watched:
                await watch.reader.close()  # and its token with it
                return WatchRound(session.clock())
            return await watch.users.look()

        try:
            async with aclosing(rounds(look, EVERY, sleep=self.sleep)) as found:
                async for one in found:
                    if not session.watched:
                        return
                    self._tell(session, watch, one)
        finally:
            self._watches.pop(session.connection.name, None)
            await watch.reader.close()

    async def sleep(self, seconds: float) -> None:
        """Waits until the next reading."""
        await asyncio.sleep(seconds)

    def _tell(self, session: "Session", watch: _Watch, one: WatchRound) -> None:
        """Tells of who is still watched. What this console itself wrote is told without the bell."""
        changes = [change for change in one.changes if change.user in session.watched]
        own = {user for user in session.watched if session.writes_to(user) != watch.writes.get(user)}
        watch.writes = {user: session.writes_to(user) for user in session.watched}
        others = [change for change in changes if change.user not in own]
        session.watched.update({change.user: True for change in others})
        self._show(session, [record for record in one.records if record.identity in session.watched])
        lost = [unread for unread in one.unread if unread.user in session.watched]
        for unread in lost[:_NAMED]:
            self._app.notify(_unread_words(unread), severity="warning", markup=False)
        if changes:
            self._say(session, changes)
        for change in others:
            watch.changed.setdefault(change.user, []).append(_line(change))
        watch.unread.update({one.user: _unread_words(one) for one in lost})
        if others or lost:
            self._tell_until_read(session, watch, others)

    def _show(self, session: "Session", records: Sequence[UserRecord]) -> None:
        """Whatever shows these users shows them as they were read."""
        for screen in self._app.screen_stack:
            if isinstance(screen, SessionScreen) and screen.opened is session:
                screen.show_watched(records)

    def _say(self, session: "Session", changes: Sequence[WatchedChange]) -> None:
        lines = [_line(change) for change in changes[:_NAMED]]
        if len(changes) > _NAMED:
            lines.append(_("… and {count} more").format(count=f"{len(changes) - _NAMED:,}"))
        title = _title(session, users_changed(changes))
        self._app.notify("\n".join(lines), title=title, severity="warning", timeout=STAYS, markup=False)

    def _tell_until_read(self, session: "Session", watch: _Watch, changes: Sequence[WatchedChange]) -> None:
        """By a line with all that was not read yet, who is not readable first. A change rings."""
        words = Text()
        if lost := len(watch.unread):
            said = ngettext("{count} watched user not readable", "{count} watched users not readable", lost)
            words.append("✗ ", "strong.danger").append(said.format(count=f"{lost:,}"))
        if watch.changed:
            words.append(" · " if words else "").append("▲ ", "warn")
            words.append(_title(session, len(watch.changed)))
        announced = _title(session, users_changed(changes)) if changes else ""

        def read() -> None:
            watch.changed, watch.unread = {}, {}

        lines = [*watch.unread.values(), *(line for user in watch.changed.values() for line in user)]
        more = len(lines) - _READ_AT_ONCE
        text = "\n".join(lines[:_READ_AT_ONCE])
        if more > 0:
            text += "\n" + _("… and {count} more").format(count=f"{more:,}")

        def open() -> None:
            self._app.push_screen(TextDialog(words.plain, text))

        self._banners.tell(Announcement(("watch", session), words, OPENS, open, read=read), announced)


def _title(session: "Session", users: int) -> str:
    title = ngettext("{count} watched user changed ({name})", "{count} watched users changed ({name})", users)
    return title.format(count=f"{users:,}", name=sanitize(session.connection.name, 40))


def _unread_words(one: UnreadUser) -> str:
    words = _("{user} is watched, and not readable now: that is no change. {why}")
    return words.format(user=sanitize(one.user.value, 60), why=sanitize(one.why, 120))


def _line(change: WatchedChange) -> str:
    """`user-1042 김철수: advertising by SMS ● given → ○ withdrawn`. Personal values stay masked."""
    item = change.change
    flag = flag_of(item)
    who = f"{sanitize(change.user.value, 40)} {sanitize(change.name, 20)}".rstrip()
    name = flag_name(flag) if flag is not None else sanitize(item.name, 40)
    before, after = (
        value_words(item, value, revealed=False, limit=30) for value in (item.before, item.after)
    )
    return f"{who}: {name} {before} → {after}"
