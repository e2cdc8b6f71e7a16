"""The consents of a user: the matrix, what may be sent now, what contradicts itself, the presets."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from dfn_tui.consent.flags import Consents, Flag, Purpose, State
from dfn_tui.consent.lints import lint
from dfn_tui.consent.messages import night_rule, night_wait
from dfn_tui.consent.night import night_at
from dfn_tui.consent.presets import presets
from dfn_tui.consent.sending import ChannelVerdict, Delivery, may_advertise
from dfn_tui.screens.dialogs import ChoiceDialog, NoticeDialog, ask
from dfn_tui.screens.user.pane import DraftChanged
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Capabilities
from dfn_tui.text import _
from dfn_tui.text.korea import Clock
from dfn_tui.widgets.consent_matrix import ConsentMatrix
from dfn_tui.widgets.plain_text import PlainText

_STYLES = {Delivery.YES: "green", Delivery.MAY: "yellow", Delivery.NO: "red"}


class ConsentsPane(Vertical):
    """Stages consents in the draft and tells the screen so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "s", "want('Subscribed')", _("Subscribed"), id="matrix.subscribe", tooltip=_("Stage: subscribed")
        ),
        Binding(
            "u",
            "want('Unsubscribed')",
            _("Unsubscribed"),
            id="matrix.unsubscribe",
            tooltip=_("Stage: unsubscribed"),
        ),
        Binding("x,backspace", "drop", _("Drop edit"), id="matrix.drop", tooltip=_("Drop this staged edit")),
        Binding(
            "p", "preset", _("Presets"), id="consents.preset", tooltip=_("Stop all, night or one channel")
        ),
    ]

    def __init__(self, capabilities: Capabilities, clock: Clock, *, id: str) -> None:
        super().__init__(id=id)
        self._capabilities = capabilities
        self._clock = clock
        self._draft: Draft | None = None

    def compose(self) -> ComposeResult:
        yield ConsentMatrix(self._capabilities.flags)
        yield PlainText(_("Could an advertising message go out now?"), classes="heading")
        yield PlainText(id="verdicts")
        yield PlainText(id="findings")

    def show(self, draft: Draft) -> None:
        """Shows this draft, and what follows from it at this moment."""
        self._draft = draft
        current, staged = draft.record.consents, draft.consents
        self.query_one(ConsentMatrix).show(current, staged)
        wanted, now, flags = {**current, **staged}, self._clock(), self._capabilities.flags
        verdicts = map(_line, may_advertise(current, now, flags), may_advertise(wanted, now, flags))
        self.query_one("#verdicts", PlainText).update(Text("\n").join(verdicts))
        self.query_one("#findings", PlainText).update(_findings(current, wanted))

    # Staged in the key's own action, not by a message of it: the next key may ask for the review.
    def action_want(self, state: str) -> None:
        """Stages that state of the flag under the cursor."""
        flag = self.query_one(ConsentMatrix).flag
        if self._draft is not None and flag is not None:
            self._draft.stage_consents({flag: State(state)})
            self._warn(flag)
            self.post_message(DraftChanged())

    def action_drop(self) -> None:
        """Drops the staged edit of the flag under the cursor."""
        flag = self.query_one(ConsentMatrix).flag
        if self._draft is not None and flag is not None:
            self._draft.consents.pop(flag, None)
            self.post_message(DraftChanged())

    def _warn(self, flag: Flag) -> None:
        """Granting a night consent opens the rule; granting by night what may be sent by day says when."""
        if self._draft is None or self._draft.consents.get(flag) is not State.SUBSCRIBED:
            return
        if flag.purpose is Purpose.NIGHT:
            self.app.push_screen(NoticeDialog(_("The night rule"), night_rule()))
        elif flag.purpose is Purpose.ADVERTISING and night_at(self._clock()).inside:
            self.notify(night_wait(), markup=False)

    def action_preset(self) -> None:
        """Asks which preset, and stages it."""
        offered = {preset.id: preset for preset in presets(self._capabilities.flags)}

        def stage(chosen: str) -> None:
            if self._draft is not None:
                self._draft.stage_consents(offered[chosen].wanted)
                self.post_message(DraftChanged())

        choices = [(preset.id, preset.name) for preset in offered.values()]
        ask(self.app, ChoiceDialog(_("Stage a preset"), choices), stage)


def _line(before: ChannelVerdict, after: ChannelVerdict) -> Text:
    text = Text(before.line, _STYLES[before.answer])
    if (before.answer, before.reason) != (after.answer, after.reason):
        text.append(
            "\n  " + _("after the staged change: {verdict}").format(verdict=after.line), _STYLES[after.answer]
        )
    return text


def _findings(current: Consents, wanted: Consents) -> Text:
    """What contradicts itself now, and what a staged change would leave contradictory."""
    now = lint(current)
    known = {finding.text for finding in now}
    lines = [f"! {finding.text}" for finding in now]
    left = [finding.text for finding in lint(wanted) if finding.text not in known]
    lines += ["! " + _("after the staged change: {finding}").format(finding=text) for text in left]
    return Text.assemble(("\n".join(lines), "yellow"))
