"""Look-up: from an id, or a pasted list of them, to the users and what may be sent to them now."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input
from textual.worker import Worker

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import ConsoleScreen, SessionScreen
from dfn_tui.service.changes.identities import require_plain
from dfn_tui.service.connections import Connections
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.ids import IdsUnreadable, split_ids
from dfn_tui.widgets.ids_field import IdsField
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from textual.widgets import DataTable

    from dfn_tui.screens.lookup.users import UsersTable
    from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity

WARM_UP_AFTER = 0.5
"""Seconds after the first paint: not so early that it holds up the first keys."""


RECENT = 10
"""How many look-ups are offered again."""


class LookupScreen(SessionScreen[None]):
    """Where the console starts. One known id opens its user at once; a list stays as rows. `user` is the id
    that is looked up as soon as the screen is there."""

    CSS_PATH = None  # the app's own styles suffice
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2", "kind", _("Identity"), id="lookup.kind", tooltip=_("Choose what users are looked up by")
        ),
        Binding("f3", "recent", _("Recent"), id="lookup.recent", tooltip=_("Look-ups of this run")),
        Binding("f4", "review", _("Review"), id="lookup.review", tooltip=_("See everything staged")),
        Binding(
            "f6",
            "app.connections",
            _("Connections"),
            id="lookup.connections",
            tooltip=_("Change the connection"),
        ),
        Binding("f7", "history", _("History"), id="lookup.history", tooltip=_("What was changed, by whom")),
        Binding("f8", "bulk", _("Bulk"), id="lookup.bulk", tooltip=_("Many users at once")),
        Binding("slash", "ids", _("Ids"), show=False, id="lookup.ids", tooltip=_("Back to the input")),
    ]

    ids_field = getters.query_one(IdsField)

    def __init__(
        self,
        connections: Connections,
        name: str,
        worth_looking_up: Sequence[tuple[str, str]] = (),
        user: str | None = None,
    ) -> None:
        context = connections.context(name)
        ConsoleScreen.__init__(self, context)
        self._name_of_connection = name
        self._worth = worth_looking_up
        self._user = user
        self._capabilities = context.capabilities
        self._kind = self._capabilities.write_by[0]
        self._kind_said = False
        self._held: tuple[str, ...] = ()
        self._recent: list[tuple[Identity, ...]] = []
        self._users: UsersTable | None = None
        self._under_way: Worker[None] | None = None
        self._unfinished = ""

    @property
    def session(self) -> "Session":
        """Asked for at the first look-up: until then the screen needs nothing that talks to a server."""
        return self.connections.session(self._name_of_connection)

    @property
    def opened(self) -> "Session | None":
        return self.connections.opened(self._name_of_connection)

    def body(self) -> ComposeResult:
        with Horizontal(id="ask"):
            yield PlainText(f"{self._kind}: ", id="kind")
            yield IdsField(placeholder=_("one id, or paste a list"), id="ids")
        yield PlainText(_hint(self._worth), id="hint")
        yield PlainText(id="finding")
        yield PlainText(id="progress")

    def on_mount(self) -> None:
        self.ids_field.focus()
        if self._user is not None:
            self.call_after_refresh(self._look_up_first, self._user)
        self.set_timer(WARM_UP_AFTER, self._warm_up)

    def _look_up_first(self, user: str) -> None:
        self.ids_field.value = user
        self.look_up((self.session.identity(user, self._kind),))

    @work(group="warm-up")
    async def _warm_up(self) -> None:
        """Imports what the first look-up needs, while the operator is still typing; then says whether a job
        was left in the middle."""
        await asyncio.to_thread(_import_what_follows, self.connections)
        if not self.connections.has_jobs(self._name_of_connection):
            return  # found out without importing what jobs need
        await asyncio.to_thread(import_module, "dfn_tui.service.bulk.session")
        found = await asyncio.to_thread(self.connections.bulk(self._name_of_connection).unfinished)
        if found:
            words = ngettext(
                "Job {job} was left unfinished: F8 shows it.",
                "{count} jobs were left unfinished, {job} the last: F8 shows them.",
                len(found),
            )
            self._unfinished = words.format(count=len(found), job=sanitize(found[0], 60))
            self._progress_line("")

    def on_screen_resume(self) -> None:
        if self.opened is not None:
            self._progress_line("")
            if self._users is not None and (written := self._users.written_to()):
                self._read_again(self._users, written)

    @work(group="read-again")
    async def _read_again(self, table: "UsersTable", identities: "Sequence[Identity]") -> None:
        """The rows of users that were written to since they were read."""
        with self.showing_errors():
            async for record in self.session.look_up(identities):
                table.update_user(record)

    def on_ids_field_list_pasted(self, event: IdsField.ListPasted) -> None:
        try:
            self._held = split_ids(event.text)
        except IdsUnreadable as error:
            self._tell_unreadable(error)
            return
        words = ngettext(
            "{count} id pasted: Enter looks it up", "{count} ids pasted: Enter looks them up", len(self._held)
        )
        field = self.ids_field
        field.value = ""
        field.placeholder = words.format(count=len(self._held))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            ids = self._held if not event.value.strip() else split_ids(event.value)
        except IdsUnreadable as error:
            self._tell_unreadable(error)
            return
        self._held = ()
        event.input.action_select_all()  # what is typed next is the next look-up
        event.input.placeholder = _("one id, or paste a list")
        if ids:
            self.look_up(tuple(self.session.identity(value, self._kind) for value in ids))

    def _tell_unreadable(self, error: IdsUnreadable) -> None:
        step = _("Mend the list and give it again.")
        self.tell(ConsoleError(_("Nothing was looked up"), str(error), step))

    def look_up(self, identities: "tuple[Identity, ...]") -> None:
        """Looks these up; a look-up still under way is superseded."""
        with self.showing_errors():
            if not self._kind_said:
                require_plain((identity.value for identity in identities), self._capabilities)
            self._recent = [identities, *(one for one in self._recent if one != identities)][:RECENT]
            self._under_way = self._look_up(identities)

    @work(exclusive=True, group="look-up")
    async def _look_up(self, identities: "tuple[Identity, ...]") -> None:
        table = await self._begin_table()
        first_failure: ConsoleError | None = None
        try:
            with self.showing_waits("#progress") as news:
                async for record in self.session.look_up(identities, news):
                    news(None)
                    table.add_user(record)
                    if record.failure and record.failure.error and first_failure is None:
                        first_failure = record.failure.error
                    words = _("{done} of {total} read")
                    self._progress_line(words.format(done=table.row_count, total=len(identities)))
        except ConsoleError as error:
            first_failure = error
        known_alone = first_failure is None and len(identities) == 1 and not table.items[0].unknown_to_server
        if first_failure is None and not known_alone:
            self.set_focus(table)  # at once: the rows are there, and the next key may be on its way
        self._progress_line("")
        self.status_line.look_again()
        self.tell_what_was_settled()
        if first_failure is not None:
            self.tell(first_failure, retry=lambda: self.look_up(identities))
        elif known_alone:
            self.app.call_later(self._open, identities[0])  # after what was settled was told

    async def _begin_table(self) -> "UsersTable":
        from dfn_tui.screens.lookup.users import UsersTable  # noqa: PLC0415  not needed for the first paint

        if self._users is None:
            self._users = UsersTable(self.session)
            await self.mount(self._users, after="#hint")
        self._users.begin()
        self.query_one("#hint").display = False
        return self._users

    def _progress_line(self, words: str) -> None:
        if not words:
            staged = len(self.session.staging)
            said = ngettext("{users} user staged, F4 reviews", "{users} users staged, F4 reviews", staged)
            first = said.format(users=staged) if staged else self._unfinished
            words = " · ".join(filter(None, (first, self._users.counted() if self._users else "")))
        self.query_one("#progress", PlainText).update(sanitize(words))

    def on_data_table_row_highlighted(self, event: "DataTable.RowHighlighted") -> None:
        """The finding of this row once more, with the width of the terminal."""
        from dfn_tui.screens.lookup.users import findings  # noqa: PLC0415  not needed for the first paint

        record = self._users.highlighted if self._users is not None else None
        self.query_one("#finding", PlainText).update(findings(record) if record else "")

    def on_data_table_row_selected(self, event: "DataTable.RowSelected") -> None:
        if self._users is not None and self._users.highlighted is not None:
            self._open(self._users.highlighted.identity)

    def _open(self, identity: "Identity") -> None:
        from dfn_tui.screens.user.screen import UserScreen  # noqa: PLC0415  as above

        self.app.push_screen(UserScreen(self.session, identity))

    def action_back(self) -> None:
        """Stops a look-up under way; else goes back to the input."""
        if self._under_way is not None and self._under_way.is_running:
            self._under_way.cancel()
            self._progress_line(_("Stopped."))
        else:
            self.action_ids()

    def action_ids(self) -> None:
        self.ids_field.focus()

    def action_kind(self) -> None:
        """Chooses the identity, where the API version has more than one."""
        from dfn_tui.screens.dialogs import ChoiceDialog, ask  # noqa: PLC0415  not needed for the first paint

        offered = self._capabilities.write_by
        kinds = [(kind.value, kind.value) for kind in offered]

        def choose(kind: str) -> None:
            self._kind = next(known for known in offered if known.value == kind)
            self._kind_said = True
            self.query_one("#kind", PlainText).update(f"{kind}: ")

        ask(self.app, ChoiceDialog(_("Look users up by"), kinds), choose)

    def action_recent(self) -> None:
        """Offers the look-ups of this run again."""
        from dfn_tui.screens.dialogs import ChoiceDialog, ask  # noqa: PLC0415  not needed for the first paint

        choices = [(str(at), _identities_words(one)) for at, one in enumerate(self._recent)]
        dialog = ChoiceDialog(_("Look up again"), choices)
        ask(self.app, dialog, lambda number: self.look_up(self._recent[int(number)]))

    def action_history(self) -> None:
        """Shows the journal of all connections, or the sandbox's own."""
        from dfn_tui.screens.history.screen import HistoryScreen  # noqa: PLC0415  not needed for the first paint

        self.app.push_screen(HistoryScreen(self.session.journal, self.session))

    @work(group="bulk", exclusive=True)
    async def action_bulk(self) -> None:
        """Shows the jobs of this connection."""
        # In a thread: what a job needs takes a while to import.
        module = await asyncio.to_thread(import_module, "dfn_tui.screens.bulk.jobs")
        self._unfinished = ""
        self.app.push_screen(module.BulkScreen(self.connections.bulk(self._name_of_connection)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "kind":
            return len(self._capabilities.write_by) > 1
        return action != "recent" or bool(self._recent)


def _import_what_follows(connections: Connections) -> None:
    connections.warm_up()
    import_module("dfn_tui.screens.lookup.users")
    import_module("dfn_tui.screens.user.screen")


def _identities_words(identities: "tuple[Identity, ...]") -> str:
    first, more = sanitize(identities[0].value, 40), len(identities) - 1
    words = ngettext("{first} and {more} more", "{first} and {more} more", more)
    return words.format(first=first, more=more) if more else first


def _hint(worth_looking_up: Sequence[tuple[str, str]]) -> Text:
    text = Text()
    for user_id, remark in worth_looking_up:
        text.append(f"{user_id:<12}", "bold")
        text.append(f" {remark}\n")
    return text
