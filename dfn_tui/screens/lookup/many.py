"""What is done with many users of a list at once: a bulk plan, and the pre-flight of a campaign."""

from collections.abc import Sequence

from dfn_tui.consent.flags import State
from dfn_tui.screens.dialogs import ask
from dfn_tui.screens.lookup.dialogs import ConsentsDialog
from dfn_tui.screens.lookup.messages import PlanAsked, PreflightAsked
from dfn_tui.screens.lookup.staging_panel import users_words
from dfn_tui.screens.lookup.watching import WatchingPanel
from dfn_tui.service.records import UserRecord
from dfn_tui.text import N_, _
from dfn_tui.widgets.keys import KEEP, bindings, key


class ManyPanel(WatchingPanel):
    """A list whose marked users, or all that are shown, can be taken along."""

    BINDINGS = bindings(
        key("b", "plan", N_("Bulk"), "list.plan", N_("Make a bulk plan for them"), group=KEEP),
        key(
            "P",
            "preflight",
            N_("Pre-flight"),
            "list.preflight",
            N_("Judge them for a campaign"),
            show=False,
            group=KEEP,
        ),
    )

    def action_plan(self) -> None:
        """Asks which consents, and for a bulk plan of the marked users, or of all that are shown."""
        records = self._for_many(failed=False)
        if not records:
            return
        identities = [one.identity for one in records]
        states = [State.UNSUBSCRIBED, State.SUBSCRIBED]
        dialog = ConsentsDialog(
            _("Bulk plan: {users}").format(users=users_words(records)), self._flags, states
        )
        ask(self.app, dialog, lambda wanted: self.post_message(PlanAsked(identities, wanted)))

    def action_preflight(self) -> None:
        """Judges the marked users, or all that are shown, for a campaign."""
        if records := self._for_many(failed=True):
            self.post_message(PreflightAsked([one.identity for one in records]))

    def _for_many(self, *, failed: bool) -> Sequence[UserRecord]:
        """The marked users, or all that are shown; those who could not be read only with `failed`."""
        rows = self.users.rows
        return rows.chosen(None) or [one for one in rows.shown if failed or one.failure is None]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without consents that can be read there is no pre-flight."""
        return action != "preflight" or bool(self._session.capabilities.read_by)
