"""The consents of a user: the matrix, when of a day what may go out, what is odd, the presets."""

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Vertical

from dfn_tui.consent.findings import findings
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import short_name
from dfn_tui.consent.presets import Preset, presets
from dfn_tui.consent.sending import may_advertise
from dfn_tui.consent.strip import day_strips
from dfn_tui.screens.dialogs import ChoiceDialog, TextDialog, ask
from dfn_tui.screens.grants import warn_of_grants
from dfn_tui.screens.user.findings_view import FindingsView
from dfn_tui.screens.user.pane import DraftChanged
from dfn_tui.service.records import FieldKind, UserRecord
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Capabilities
from dfn_tui.text import N_, _, sanitize
from dfn_tui.text.korea import Clock
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from dfn_tui.widgets.day_strip import DayStrip, Density
from dfn_tui.widgets.keys import CHANGE, FIND, bindings, key

_MATRIX, _FINDINGS = 5, 3
"""Lines of the matrix, and so many at least for what is odd."""
_SPACED = 1 + _MATRIX + 1 + Density.ROOMY.value + 1 + _FINDINGS + 4
"""Lines from which on blank ones and headings stand between the parts."""


_WANTED = ("want('Subscribed')", "want('Unsubscribed')")


class ConsentsPane(Vertical):
    """Stages consents in the draft and tells the panel so."""

    BINDINGS = bindings(
        key("s", _WANTED[0], N_("Give"), "matrix.subscribe", N_("Stage: it is given"), group=CHANGE),
        key(
            "u",
            _WANTED[1],
            N_("Withdraw"),
            "matrix.unsubscribe",
            N_("Stage: it is withdrawn"),
            group=CHANGE,
        ),
        key(
            "x,backspace",
            "drop",
            N_("Drop edit"),
            "matrix.drop",
            N_("Drop this staged edit"),
            show=False,
            group=CHANGE,
        ),
        key(
            "p", "preset", N_("Presets"), "consents.preset", N_("Stop all, night, one channel"), group=CHANGE
        ),
        key(
            "f",
            "findings",
            N_("All findings"),
            "consents.findings",
            N_("Every finding"),
            show=False,
            group=FIND,
        ),
    )

    @property
    def idle(self) -> tuple[str, ...]:
        """Nothing can be staged for somebody who was not read."""
        return () if self._draft is not None else (*_WANTED, "drop", "preset", "findings")

    consent_matrix = getters.query_one(ConsentMatrix)
    day_strip = getters.query_one(DayStrip)
    findings_view = getters.query_one(FindingsView)

    def __init__(self, capabilities: Capabilities, clock: Clock, *, id: str) -> None:
        super().__init__(id=id)
        self._capabilities = capabilities
        self._clock = clock
        self._draft: Draft | None = None

    def compose(self) -> ComposeResult:
        yield ConsentMatrix(self._capabilities.flags)
        yield DayStrip(self._clock)
        yield FindingsView()

    def on_resize(self, event: events.Resize) -> None:
        """What is worth most is shown whole; the rest takes what room there is."""
        height = event.size.height
        spaced = height >= _SPACED
        self.set_class(spaced, "-spaced")
        self.set_class(height < _MATRIX + 1 + Density.COMPACT.value + _FINDINGS, "-tight")
        density = Density.ROOMY if spaced else Density.COMPACT
        if self.has_class("-tight"):
            density = Density.TIGHT
        self.day_strip.fit(density)
        self.findings_view.headed = spaced

    @property
    def shows_last_change(self) -> bool:
        """Whether there is room for it."""
        return self.has_class("-spaced")

    def show(self, draft: Draft) -> None:
        """Shows this draft, and what follows from it."""
        self._know(draft)
        record = draft.record
        current, staged, flags = record.shown_consents, draft.consents, self._capabilities.flags
        later = record.snapshot.flags_later if record.snapshot else frozenset[Flag]()
        self.consent_matrix.show(current, staged, later)
        odd = findings(current, staged)
        unread = record.profile is None and not current
        if unread:  # nobody knows what may go out: "may", as of consents never set, would be a guess
            self.day_strip.show({}, {})
        else:
            self.day_strip.show(day_strips(current, flags), day_strips({**current, **staged}, flags))
        if unread and not odd:
            self.findings_view.wait()  # that there is nothing is not known
        else:
            self.findings_view.show(odd, _unreadable(record))

    def wait(self, words: str) -> None:
        """Shows nobody, and what is awaited."""
        self._know(None)
        self.consent_matrix.wait(words)
        self.day_strip.show({}, {})
        self.findings_view.wait()

    def _know(self, draft: Draft | None) -> None:
        came_or_went = (self._draft is None) is not (draft is None)
        self._draft = draft
        if came_or_went:
            self.refresh_bindings()

    # Staged in the key's own action, not by a message of it: the next key may ask for the review.
    def action_want(self, state: str) -> None:
        """Stages that state of the flag under the cursor."""
        flag = self.consent_matrix.flag
        if self._is_read() and self._draft is not None and flag is not None:
            self._draft.stage_consents({flag: State(state)})
            if flag in self._draft.consents:
                warn_of_grants(self, {flag: State(state)}, self._clock)
            self.post_message(DraftChanged())

    def _is_read(self) -> bool:
        """Whether somebody is shown. A key that comes too early is answered: it may be a withdrawal."""
        if self._draft is None:
            self.notify(_("Not staged: this user is still being read. Press the key again."), markup=False)
        return self._draft is not None

    def action_drop(self) -> None:
        """Drops the staged edit of the flag under the cursor."""
        flag = self.consent_matrix.flag
        if self._draft is not None and flag is not None:
            self._draft.drop(FieldKind.CONSENT, flag.value)
            self.post_message(DraftChanged())

    def offered_presets(self) -> tuple[Preset, ...]:
        """Those that can be staged; none before the user was read."""
        return presets(self._capabilities.flags) if self._draft is not None else ()

    def action_preset(self, id: str = "") -> None:
        """Stages a preset; asks which one where none is named."""
        if not self._is_read():
            return
        offered = {preset.id: preset for preset in presets(self._capabilities.flags)}
        user = self._draft.record.identity if self._draft else None

        def stage(chosen: str) -> None:
            if self._draft is not None and self._draft.record.identity == user:
                self._draft.stage_consents(offered[chosen].wanted)
                self.post_message(DraftChanged())

        if id in offered:
            stage(id)
            return
        choices = [(preset.id, preset.name) for preset in offered.values()]
        ask(self.app, ChoiceDialog(_("Stage a preset"), choices), stage)

    def action_findings(self) -> None:
        """Shows all findings, whole."""
        if self._draft is not None:
            lines = [f"{mark.plain} {text.plain}" for mark, text in self.findings_view.sentences]
            verdicts = may_advertise(
                self._draft.record.shown_consents, self._clock(), self._capabilities.flags
            )
            lines += ["", _("At this moment"), *(verdict.line for verdict in verdicts)]
            self.app.push_screen(TextDialog(_("Findings"), "\n".join(lines)))


def _unreadable(record: UserRecord) -> str:
    """Which consents could not be read, and why."""
    why = record.shown_unreadable
    flags = [flag for flag in Flag if flag.value in why]
    if not flags:
        return ""
    named = (f"{short_name(flag)} ({why[flag.value]})" for flag in flags)
    return sanitize(_("not readable: {flags}").format(flags=", ".join(named)), 400)
