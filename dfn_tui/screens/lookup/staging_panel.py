"""Staging on many users at once: the marked ones of a list, or the one under its cursor."""

from collections.abc import Sequence

from textual import getters

from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.consent.presets import Preset, presets
from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.screens.grants import warn_of_grants
from dfn_tui.screens.lookup.dialogs import ConsentsDialog
from dfn_tui.screens.lookup.messages import EditsStaged
from dfn_tui.screens.lookup.user_list import UserList
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.widgets.keys import CHANGE, bindings, key
from dfn_tui.widgets.panel import Panel

_WANTED = ("want('Subscribed')", "want('Unsubscribed')")
STAGING = (*_WANTED, "presets", "drop")
"""The actions that stage something or drop it."""


class StagingPanel(Panel):
    """A frame around a `UserList`. Nothing here writes: edits are staged."""

    BINDINGS = bindings(
        key("s", _WANTED[0], N_("Give"), "list.give", N_("Stage: give a consent"), group=CHANGE),
        key(
            "u",
            _WANTED[1],
            N_("Withdraw"),
            "list.withdraw",
            N_("Stage: withdraw a consent"),
            group=CHANGE,
        ),
        key(
            "p",
            "presets",
            N_("Presets"),
            "list.presets",
            N_("Stop all advertising, night or one channel"),
            group=CHANGE,
        ),
        key(
            "x",
            "drop",
            N_("Drop"),
            "list.drop",
            N_("Drop what is staged for these users"),
            show=False,
            group=CHANGE,
        ),
    )

    users = getters.query_one(UserList)

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self._flags = tuple(flag for flag in Flag if flag in session.capabilities.flags)

    def _chosen(self) -> Sequence[UserRecord]:
        chosen = self.users.rows.chosen(self.users.highlighted)
        if not chosen:
            self.notify(_("There is no user here that was read."), markup=False)
        return chosen

    def action_want(self, state: str) -> None:
        """Asks which consents, and stages that state of them."""
        wanted = State(state)
        if not (chosen := self._chosen()):
            return
        verb = _("Give: {users}") if wanted is State.SUBSCRIBED else _("Withdraw: {users}")
        title = verb.format(users=users_words(chosen))
        ask(self.app, ConsentsDialog(title, self._flags, [wanted]), lambda flags: self._stage(chosen, flags))

    def offered_presets(self) -> tuple[Preset, ...]:
        """Those that the palette names: none where nobody is there to stage them for."""
        return presets(self._flags) if self.users.rows.chosen(self.users.highlighted) else ()

    def action_presets(self) -> None:
        """Asks which preset, and stages it."""
        offered = {preset.id: preset for preset in presets(self._flags)}
        if chosen := self._chosen():
            dialog = ChoiceDialog(users_words(chosen), [(one.id, one.name) for one in offered.values()])
            ask(self.app, dialog, lambda id: self._stage(chosen, offered[id].wanted))

    def action_preset(self, id: str) -> None:
        """Stages the preset of that id."""
        found = next((one for one in presets(self._flags) if one.id == id), None)
        if found is not None and (chosen := self._chosen()):
            self._stage(chosen, found.wanted)

    def _stage(self, chosen: Sequence[UserRecord], wanted: Consents) -> None:
        staging, before = self._session.staging, 0
        for record in chosen:
            draft = staging.draft(record)
            draft.stage_consents(wanted)
            before += all(flag not in draft.consents for flag in wanted)
        if before:
            words = ngettext("{count} user has it so already.", "{count} users have it so already.", before)
            self.notify(words.format(count=f"{before:,}"), markup=False)
        warn_of_grants(self, wanted, self._session.clock)
        self._changed()

    def action_drop(self) -> None:
        """Drops what is staged for these users."""
        for record in self._chosen():
            self._session.staging.drop(record.identity)
        self._changed()

    def _changed(self) -> None:
        self.users.refresh()
        self.post_message(EditsStaged())


def users_words(records: Sequence[UserRecord]) -> str:
    """Whom something is for: the one id, or how many."""
    if len(records) == 1:
        return sanitize(records[0].identity.value, 40)
    return _("{count} users").format(count=f"{len(records):,}")
