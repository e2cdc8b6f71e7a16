"""Where one goes to from the look-up: the history, the jobs, a plan, an earlier look-up."""

import asyncio
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from textual import on, work

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.lookup.messages import EditsStaged, PlanAsked, PreflightAsked
from dfn_tui.text import N_, _, sanitize
from dfn_tui.widgets.keys import CHANGE, FIND, PLACES, bindings, key

if TYPE_CHECKING:
    from dfn_tui.service.kept.left import LeftEdits
    from dfn_tui.service.types import Capabilities, Identity, IdentityKind

RECENT = 10
"""How many look-ups are offered again."""


class LookupPlaces(SessionScreen[None]):
    """What a look-up screen opens. Subclasses look up."""

    BINDINGS = bindings(
        key("f2,t", "kind", N_("Identity"), "lookup.kind", N_("What users are looked up by"), group=FIND),
        key(
            "r,f4",
            "review",
            N_("Review"),
            "lookup.review",
            N_("See everything staged"),
            show=False,
            group=CHANGE,
        ),
        key("i", "ids", N_("Ids"), "lookup.ids", N_("Back to the input"), group=FIND),
        key("f3,l", "recent", N_("Recent"), "lookup.recent", N_("Look-ups of this run"), group=PLACES),
        key(
            "f6,c",
            "app.connections",
            N_("Connections"),
            "lookup.connections",
            N_("Connections"),
            group=PLACES,
        ),
        key(
            "f7,h", "history", N_("History"), "lookup.history", N_("What was changed, by whom"), group=PLACES
        ),
        key(
            "f12,D",
            "duties",
            N_("Duties"),
            "lookup.duties",
            N_("Who is still to be told what came of it, or to confirm"),
            show=False,
            group=PLACES,
        ),
        key("f8,J", "bulk", N_("Jobs"), "lookup.bulk", N_("Jobs: many users at once"), group=PLACES),
        key("f9,K", "kept", N_("Kept edits"), "lookup.kept", N_("What was staged before"), group=PLACES),
        key("f10,S", "snapshot", N_("Snapshot"), "lookup.snapshot", N_("Everybody's consents"), group=PLACES),
    )

    _name_of_connection: str
    _capabilities: "Capabilities"
    _kind: "IdentityKind"
    """What ids are looked up as."""
    _kind_said: bool
    """Whether the operator chose that."""
    _recent: "list[tuple[Identity, ...]]"
    _unfinished: str
    """That jobs were left in the middle, until somebody looked at them."""
    _kept = ""
    """What earlier consoles had staged, in a line."""

    def say_progress(self) -> None:
        """Shows what the line below the list says while nothing is read."""
        raise NotImplementedError

    def look_up(self, identities: "tuple[Identity, ...]") -> None:
        """Looks these up."""
        raise NotImplementedError

    def action_kind(self) -> None:
        """Chooses the identity, where the API version has more than one."""
        offered = self._capabilities.write_by
        kinds = [(kind.value, kind.value) for kind in offered]

        def choose(kind: str) -> None:
            self._kind = next(known for known in offered if known.value == kind)
            self._kind_said = True
            self.say("#kind", f"{kind} ❭ ")

        self._choose(_("Look users up by"), kinds, choose)

    def _choose(self, title: str, choices: Sequence[tuple[str, str]], then: Callable[[str], object]) -> None:
        from dfn_tui.screens.dialogs import ChoiceDialog, ask  # noqa: PLC0415  not needed for the first paint

        ask(self.app, ChoiceDialog(title, choices), then)

    def action_recent(self) -> None:
        """Offers the look-ups of this run again."""
        choices = [(str(at), _identities_words(one)) for at, one in enumerate(self._recent)]
        self._choose(_("Look up again"), choices, lambda number: self.look_up(self._recent[int(number)]))

    def action_history(self) -> None:
        """Shows the journal of all connections, or the sandbox's own."""
        from dfn_tui.screens.history.screen import HistoryScreen  # noqa: PLC0415  not needed for the first paint

        self.app.push_screen(HistoryScreen(self.session.journal, self.session))

    def action_duties(self) -> None:
        """Shows what the law still asks for after changes of this connection."""
        from dfn_tui.screens.duties import DutiesScreen  # noqa: PLC0415  not needed for the first paint

        self.app.push_screen(DutiesScreen(self.session))

    @work(group="bulk", exclusive=True)
    async def action_bulk(self) -> None:
        """Shows the jobs of this connection."""
        # In a thread: what a job needs takes a while to import.
        module = await asyncio.to_thread(import_module, "dfn_tui.screens.bulk.jobs")
        self._unfinished = ""
        self.app.push_screen(module.BulkScreen(self.connections.bulk(self._name_of_connection)))

    @on(PlanAsked)
    @work(group="bulk", exclusive=True)
    async def _plan(self, asked: PlanAsked) -> None:
        """Goes on to the new plan, with these users and changes in it."""
        module = await asyncio.to_thread(import_module, "dfn_tui.screens.bulk.new_plan")
        bulk = self.connections.bulk(self._name_of_connection)
        self.app.push_screen(module.NewPlanScreen.of(bulk, asked.identities, asked.wanted))

    @on(PreflightAsked)
    @work(group="bulk", exclusive=True)
    async def _preflight(self, asked: PreflightAsked) -> None:
        """Goes on to the pre-flight of a campaign to these users."""
        module = await asyncio.to_thread(import_module, "dfn_tui.screens.bulk.preflight")
        self.app.push_screen(module.PreflightScreen(self.session, asked.identities))

    def action_snapshot(self) -> None:
        """Shows the snapshot that look-ups are answered from, and takes one."""
        from dfn_tui.screens.dialogs import ask  # noqa: PLC0415  not needed for the first paint
        from dfn_tui.screens.snapshot import SnapshotDialog  # noqa: PLC0415  as above

        ask(self.app, SnapshotDialog(self.session), lambda _changed: self.read_all())

    def read_all(self) -> None:
        """Reads every user of the list again."""
        raise NotImplementedError

    async def _look_for_kept(self) -> None:
        """Says what earlier consoles had staged. It is shown when it is asked for: whoever types goes on."""
        words = ""
        if self.connections.has_kept(self._name_of_connection):
            module = await asyncio.to_thread(import_module, "dfn_tui.screens.kept")
            left = self._left_edits()
            try:
                words = module.found_words(await left.look(), self.session) if left else ""
            except ConsoleError as error:
                words = error.happened
        if words == self._kept or not self.is_attached:
            return
        self._kept = words
        self.say_progress()
        self.refresh_bindings()

    def _left_edits(self) -> "LeftEdits | None":
        from dfn_tui.service.kept.left import LeftEdits  # noqa: PLC0415  not needed for the first paint

        keeper = self.connections.keeper(self._name_of_connection)
        return LeftEdits(keeper) if keeper is not None else None

    @work(group="open", exclusive=True)
    async def action_kept(self) -> None:
        """Shows what earlier consoles had staged, to be taken up or dropped."""
        from dfn_tui.screens.kept import offer  # noqa: PLC0415  not needed for the first paint

        with self.showing_errors():
            if (left := self._left_edits()) and await offer(self, left):
                self.post_message(EditsStaged())
                self.look_at_writes()
                self.action_review()
        await self._look_for_kept()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "kind":
            return len(self._capabilities.write_by) > 1
        if action == "snapshot":
            return not self._capabilities.read_by
        if action == "kept":
            return bool(self._kept)
        return action != "recent" or bool(self._recent)


def _identities_words(identities: "tuple[Identity, ...]") -> str:
    first, more = sanitize(identities[0].value, 40), len(identities) - 1
    return _("{first} and {more} more").format(first=first, more=more) if more else first
