"""The history of a user: what this console's operators changed of them over this connection, or what the
archive, or the journals of hosts that share the folder, have of any host."""

from collections.abc import Sequence
from typing import cast

from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.dialogs import TextDialog
from dfn_tui.screens.history.listing import HistoryList
from dfn_tui.service.history import entry_lines, who
from dfn_tui.service.records import Entry, Filter
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _
from dfn_tui.widgets.keys import bindings, key


class HistoryPane(HistoryList):
    """Reads the journal when it is shown; the archive where that is asked for."""

    BINDINGS = bindings(
        key("t", "receipt", N_("Receipt"), "history.receipt", N_("What each consent rests on")),
        key("a", "everywhere", N_("All hosts"), "history.everywhere", N_("What any host wrote, or this one")),
    )

    def __init__(self, session: Session, *, id: str) -> None:
        super().__init__(session.journal, session, users=False)
        self.id = id
        self._here = session
        self._identity: Identity | None = None
        self._everywhere = False
        self._archived: Sequence[Entry] = ()

    def show(self, identity: Identity) -> None:
        """Lists this user's entries as they are in the journal now."""
        if identity != self._identity:
            self.wait(_("reading…"))
        self._identity = identity
        wanted = Filter(user=identity.value, connection=self._here.connection.name)
        none = _("Nothing was changed of this user from this host over this connection.")
        if self._everywhere:  # another host may call the connection something else
            wanted, none = Filter(user=identity.value), _("Nothing was archived of this user from any host.")
            if not self._host.connections.archive.readable:
                none = _("No host that shares this folder changed anything of this user.")
        self.ask(wanted, none)

    def wait(self, words: str) -> None:
        """Shows nobody, and what is awaited."""
        self._identity = None
        self.forget()
        self.said_text.say(words)

    async def page(self, after: Entry | None, limit: int) -> Sequence[Entry]:
        identity = self._identity
        if not self._everywhere or identity is None:
            return await super().page(after, limit)
        if after is None:
            self._length = await self._journal.length()
            archive = self._host.connections.archive.readable
            self._archived = await (self._read_archive if archive else self._read_hosts)(identity)
        start = self._archived.index(after) + 1 if after is not None else 0
        return self._archived[start : start + limit]

    async def _read_archive(self, identity: Identity) -> list[Entry]:
        from dfn_tui.service.archive.history import doubled_words  # noqa: PLC0415  seldom needed

        found = await self._host.connections.archive.history(identity.value)
        for origin, seq in found.doubled:
            self.notify(doubled_words(origin, seq), severity="warning", markup=False)
        return [one for one in found.entries if one.intent.subject.kind == identity.kind.value]

    async def _read_hosts(self, identity: Identity) -> list[Entry]:
        """What the journals hold of the hosts that share this one's folder."""
        entries = await self._journal.find_everywhere(Filter(user=identity.value))
        for words in self._journal.unread:
            self.notify(words, severity="warning", markup=False)
        return [one for one in entries if one.intent.subject.kind == identity.kind.value]

    def was_read(self) -> None:
        if self._everywhere and self.table.items:
            archived = self._host.connections.archive.readable
            words = _("Of every host that shares this folder:")
            self.said_text.say(_("From the archive, of every host:") if archived else words)

    def key(self, item: Entry) -> object:
        return (item.intent.operator.host, item.seq, item.at) if self._everywhere else item.seq

    def open(self, item: Entry) -> None:
        """One of another host has no entry here that could be undone: it is shown."""
        if not self._everywhere:
            super().open(item)
            return
        title = _("Entry {seq} of {who}").format(seq=item.seq, who=who(item.intent.operator))
        self.app.push_screen(TextDialog(title, "\n".join(entry_lines(item))))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "everywhere":
            return self._host.connections.archive.readable or self._journal.has_others
        return super().check_action(action, parameters)

    @property
    def _host(self) -> SessionScreen[None]:
        return cast("SessionScreen[None]", self.screen)

    def action_everywhere(self) -> None:
        """Lists what any host wrote, as the archive has it; again: what this one did."""
        self._everywhere = not self._everywhere
        if (identity := self._identity) is not None:
            self.table.show(())
            self.show(identity)

    def action_receipt(self) -> None:
        """Shows what each consent of this user is and rests on."""
        from dfn_tui.screens.history.receipt import ReceiptScreen  # noqa: PLC0415  not needed for the first paint

        if self._identity is not None:
            self.app.push_screen(ReceiptScreen(self._here, [self._identity]))
