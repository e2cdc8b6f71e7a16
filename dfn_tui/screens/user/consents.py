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
            "p", "preset", _("Presets"), id="consents.preset", tooltip=_("Stop all, night or one channel")
        )
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

    def on_consent_matrix_wanted(self, event: ConsentMatrix.Wanted) -> None:
        event.stop()
        if self._draft is None:
            return
        if event.state is None:
            self._draft.consents.pop(event.flag, None)
        else:
            self._draft.stage_consents({event.flag: event.state})
            self._warn(event.flag)
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
