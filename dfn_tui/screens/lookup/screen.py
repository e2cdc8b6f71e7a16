"""Look-up: from an id, or a pasted list of them, to the users and what may be sent to them now."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from rich.text import Text
from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import AwaitMount, Widget
from textual.widgets import Input
from textual.worker import Worker

from dfn_tui import paths
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.screens.lookup.messages import EditsStaged
from dfn_tui.screens.lookup.night_sentence import NightSentence
from dfn_tui.screens.lookup.places import RECENT, LookupPlaces
from dfn_tui.screens.messages import NothingThere
from dfn_tui.service.connections import Connections
from dfn_tui.text import N_, _, ngettext, padded, sanitize, wrapped
from dfn_tui.text.ids import IdsUnreadable, split_ids
from dfn_tui.widgets.ids_field import IdsField
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.staged_bar import StagedBar

if TYPE_CHECKING:
    from dfn_tui.screens.lookup.workbench import Workbench
    from dfn_tui.service.records import UserRecord
    from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity

WARM_UP_AFTER = 0.5
"""Seconds after the first paint: not so early that it holds up the first keys."""


ROWS_TO_SPARE = 30
"""Lines from which on the row of what is staged is kept for it."""

_HINT = 12
"""Cells of an id that is worth looking up."""
_PLACEHOLDER = N_("paste or type ids, one or many")


class LookupScreen(LookupPlaces):
    """Where the console starts. One known id opens its user at once; a list stays as rows. `user` is the id
    that is looked up as soon as the screen is there."""

    TITLE = N_("List of users")
    enter_does = N_("Look up")
    CSS_PATH = None  # the app's own styles suffice

    ids_field = getters.query_one(IdsField)
    staged_bar = getters.query_one(StagedBar)
    night_sentence = getters.query_one(NightSentence)

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
        self._made: Workbench | None = None
        self._mounting: AwaitMount | None = None
        self._under_way: Worker[None] | None = None
        self._unfinished = ""

    @property
    def _workbench(self) -> "Workbench | None":
        """Once it is there with all that is in it."""
        return self._made if self._made is not None and self._made.is_mounted else None

    @property
    def session(self) -> "Session":
        """Asked for at the first look-up: until then the screen needs nothing that talks to a server."""
        return self.connections.session(self._name_of_connection)

    @property
    def opened(self) -> "Session | None":
        return self.connections.opened(self._name_of_connection)

    def body(self) -> ComposeResult:
        with Horizontal(id="ask"):
            yield PlainText(f"{self._kind} ❭ ", id="kind")
            yield IdsField(placeholder=_(_PLACEHOLDER), id="ids")
        if self._worth:
            yield PlainText(_hint(self._worth, self.app.size.width), id="hint")

    def _complete(self) -> None:
        """Adds what is empty until something was looked up or found: the first paint does without it."""
        if self.query("#progress"):
            return
        night = NightSentence(self._capabilities, self.connections.clock, id="night")
        self.query_one("#ask").mount(night)
        self.mount(StagedBar(id="staged"), PlainText(id="progress"), before="KeyBar")
        of_textual: list[Widget] = []
        super()._extend_compose(of_textual)
        self.mount(*of_textual, before=0)
        self.app._refresh_notifications()  # what was told before there was a place for it

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """The place for what is told is added later, too."""

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
        self._complete()
        await asyncio.to_thread(_import_what_follows, self.connections, self._name_of_connection)
        await self._look_for_kept()
        if not self.connections.has_jobs(self._name_of_connection):
            return  # found out without importing what jobs need
        await asyncio.to_thread(import_module, "dfn_tui.service.bulk.session")
        found = await asyncio.to_thread(self.connections.bulk(self._name_of_connection).jobs.unfinished)
        if found:
            self._unfinished = _unfinished_words(found)
            self._progress_line("")

    def on_screen_resume(self) -> None:
        if self._workbench is not None and not self._reading_now:
            self._workbench.display = True
            self.call_after_refresh(self._workbench.keep_place)  # what was answered is staged by then
        if self.opened is not None:
            self._complete()
            self._progress_line("")
            self.look_at_writes()
            self._show_staged()

    def show_watched(self, records: "Sequence[UserRecord]") -> None:
        if self._workbench is not None:
            self._workbench.show_watched(records)

    def look_at_writes(self) -> None:
        if self._workbench is not None:
            self._workbench.look_again()

    def on_ids_field_list_pasted(self, event: IdsField.ListPasted) -> None:
        if (held := self._split(event.text)) is None:
            return
        self._held = held
        words = ngettext(
            "{count} id pasted: Enter looks it up", "{count} ids pasted: Enter looks them up", len(self._held)
        )
        field = self.ids_field
        field.value = ""
        field.placeholder = words.format(count=len(self._held))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        ids = self._held if not event.value.strip() else self._split(event.value)
        if ids is None:
            return
        self._held = ()
        event.input.action_select_all()  # what is typed next is the next look-up
        event.input.placeholder = _(_PLACEHOLDER)
        if ids:
            self.look_up(tuple(self.session.identity(value, self._kind) for value in ids))

    def _split(self, text: str) -> tuple[str, ...] | None:
        """The ids of a text; None where that was told to be unreadable."""
        try:
            return split_ids(text)
        except IdsUnreadable as error:
            step = _("Mend the list and give it again.")
            self.tell(ConsoleError(_("Nothing was looked up"), str(error), step))
            return None

    def look_up(self, identities: "tuple[Identity, ...]") -> None:
        """Looks these up; a look-up still under way is superseded."""
        self._complete()
        # Not needed for the first paint.
        from dfn_tui.service.changes.identities import require_plain  # noqa: PLC0415
        from dfn_tui.service.changes.no_ids import require_ids  # noqa: PLC0415

        with self.showing_errors():
            if not self._kind_said:
                require_plain((identity.value for identity in identities), self._capabilities)
                if not self._capabilities.read_by:
                    require_ids(identity.value for identity in identities)
            self._recent = [identities, *(one for one in self._recent if one != identities)][:RECENT]
            self._under_way = self._look_up(identities)

    @work(exclusive=True, group="look-up")
    async def _look_up(self, identities: "tuple[Identity, ...]") -> None:
        from dfn_tui.screens.lookup.rows import in_batches  # noqa: PLC0415  not needed for the first paint

        workbench = await self._begin_list(identities)
        panel = workbench.list_panel
        first_failure: ConsoleError | None = None
        try:
            with self.showing_waits("#progress", _("esc stops")) as news:
                found = self.session.look_up(identities, news)
                async for records in in_batches(found, each=lambda: news(None)):
                    panel.put(records)
                    failed = (one.failure.error for one in records if one.failure and one.failure.error)
                    first_failure = first_failure or next(failed, None)
                    self._reading(len(panel.users.rows.records), len(identities))
        except ConsoleError as error:
            first_failure = error
        rows = panel.users.rows.shown
        panel.end(_("nobody was read"))
        known_alone = first_failure is None and len(identities) == 1 and not rows[0].unknown_to_server
        if len(identities) == 1 and not known_alone:
            self.app.post_message(NothingThere())
        if not known_alone:
            workbench.display = True
        if first_failure is None and not known_alone:
            panel.users.focus()  # at once: the rows are there, and the next key may be on its way
        self._progress_line("")
        self.night_sentence.follow(panel.users.rows.found)
        workbench.show_spread()
        self.status_line.look_again()
        self.tell_what_was_settled()
        if first_failure is not None:
            self.tell(first_failure, retry=lambda: self.look_up(identities))
        elif known_alone:
            self.app.call_later(workbench.open, identities[0])  # after what was settled was told

    @property
    def idle(self) -> tuple[str, ...]:
        """From an input without a list there is nowhere to go back to."""
        return () if self._workbench is not None else ("back",)

    async def _begin_list(self, identities: "Sequence[Identity]") -> "Workbench":
        from dfn_tui.screens.lookup.workbench import Workbench  # noqa: PLC0415  not needed for the first paint

        if self._made is None:
            self.app.stylesheet.read_all(paths.style_files())  # the first paint does with a few of them
            self.app.stylesheet.reparse()
            self._made = Workbench(self.session, id="workbench")
            self._mounting = self.mount(self._made, after="#ask")
        workbench = self._made
        if not workbench.is_mounted and self._mounting is not None:
            await self._mounting  # also where the look-up before this one began it
        await workbench.fit()  # the terminal may have grown while it was not seen
        self._keep_row()
        # One who has the whole screen: a list of one, painted for as long as they are read, would cost half
        # of what their own screen does.
        workbench.display = len(identities) > 1 or workbench.wide
        workbench.list_panel.begin(identities)
        self.query("#hint").set(display=False)
        self._reading(0, len(identities))
        return workbench

    def say_again(self) -> None:
        """Says everything anew: in another language."""
        self._progress_line("")
        self._show_staged()
        if self._workbench is not None:
            self.night_sentence.follow(self._workbench.list_panel.users.rows.found)
            self._workbench.show_spread()

    def on_resize(self) -> None:
        self._keep_row()
        for night in self.query(NightSentence):  # it is made once there is something to be said
            night.fit()

    def _keep_row(self) -> None:
        """Where rows are not scarce the list is as long before something is staged as after it."""
        if self._workbench is not None:
            self.staged_bar.keeps_row = self.size.height >= ROWS_TO_SPARE

    def _reading(self, done: int, total: int) -> None:
        words = _("{done} of {total} read · esc stops")
        self._progress_line(words.format(done=f"{done:,}", total=f"{total:,}") if done < total else "")

    def say_progress(self) -> None:
        self._progress_line("")

    def _progress_line(self, words: str) -> None:
        if not words:
            unreadable = self._workbench.list_panel.unreadable_words() if self._workbench else ""
            words = " · ".join(filter(None, (self._kept, self._unfinished, unreadable)))
        self.say("#progress", sanitize(words))

    @on(EditsStaged)
    def _show_staged(self) -> None:
        """What is staged, in the line above the keys."""
        if self.opened is not None:
            self._complete()
            from dfn_tui.screens.staged import staged_words  # noqa: PLC0415  not needed for the first paint

            self.staged_bar.words = staged_words(self.session.staging.changes())

    def on_draft_changed(self) -> None:
        """Edits were staged beside the list."""
        self._show_staged()

    @property
    def _reading_now(self) -> bool:
        return self._under_way is not None and self._under_way.is_running

    def action_back(self) -> None:
        """Stops a look-up under way; else goes back to the list, to all its rows, to the input."""
        if self._under_way is not None and self._reading_now:
            self._under_way.cancel()
            self._progress_line(_("Stopped."))
            if self._workbench is not None:
                self._workbench.list_panel.end(_("stopped: nobody was read"))
                self._workbench.display = True
        elif self._workbench is None or not self._workbench.back():
            self.action_ids()

    def read_all(self) -> None:
        if self._workbench is not None:
            self._workbench.read_all()

    def action_ids(self) -> None:
        self.ids_field.focus()


def _import_what_follows(connections: Connections, name: str) -> None:
    connections.warm_up(name)
    import_module("dfn_tui.screens.lookup.workbench")


def _unfinished_words(jobs: Sequence[str]) -> str:
    words = ngettext(
        "Job {job} was left unfinished: F8 shows it.",
        "{count} jobs were left unfinished, {job} the last: F8 shows them.",
        len(jobs),
    )
    return words.format(count=len(jobs), job=sanitize(jobs[0], 60))


def _hint(worth_looking_up: Sequence[tuple[str, str]], width: int) -> Text:
    text = Text()
    for user_id, remark in worth_looking_up:
        lines = wrapped(remark, width - _HINT - 1)
        text.append(padded(user_id, _HINT), "bold")
        text.append(" " + f"\n{' ' * (_HINT + 1)}".join(lines) + "\n")
    return text
