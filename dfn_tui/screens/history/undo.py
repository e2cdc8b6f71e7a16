"""Taking an entry back: what would be staged, what cannot be restored, and what was changed since."""

from typing import ClassVar

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.review import ReviewScreen
from dfn_tui.service.change_format import value_words
from dfn_tui.service.changes.inverse import UndoField, UndoKind, prepare_undo, stage_undo
from dfn_tui.service.records import Entry, UserRecord
from dfn_tui.service.session import Session
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.tick import Tick


class UndoScreen(SessionScreen[None]):
    """Stages the undo of an entry and goes on to the review; nothing is sent here. Focus is on Cancel."""

    BINDINGS: ClassVar[list[BindingType]] = [REVEAL]

    AUTO_FOCUS = "#cancel"

    stage_button = getters.query_one("#stage", Button)

    def __init__(self, session: Session, entry: Entry) -> None:
        super().__init__(session)
        self._entry = entry
        self._record: UserRecord | None = None
        self._fields: tuple[UndoField, ...] = ()

    def body(self) -> ComposeResult:
        title = _("Undo of entry {seq}: {user}").format(
            seq=self._entry.seq, user=sanitize(self._entry.intent.subject.value, 40)
        )
        yield PlainText(title, classes="heading")
        with VerticalScroll(id="what", can_focus=True):
            yield PlainText(_("Reading the user as it is now…"), id="reading")
        yield PlainText(classes="refusal")
        yield Buttons(("cancel", _("Cancel")), ("stage", _("Stage the undo")))

    def on_mount(self) -> None:
        self.stage_button.disabled = True
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        with self.showing_errors("#reading", retry=self._read):
            self._record, self._fields = await prepare_undo(self.session, self._entry)
            await self.query_one("#reading").remove()
            await self.query_one("#what").mount(*self._plan())
            self.stage_button.disabled = not any(field.stageable for field in self._fields)

    def _plan(self) -> list[Widget]:
        widgets: list[Widget] = []
        if not self.session.capabilities.read_by:
            text = _("This API version cannot be read: whether somebody changed it since is not known.")
            widgets.append(PlainText(Text.assemble((f"! {text}", "yellow")), classes="notice"))
        for at, field in enumerate(self._fields):
            widgets.append(PlainText(self._words(field), id=f"field-{at}", classes="notice"))
            if _asked(field):
                widgets.append(Tick(_("restore it all the same"), id=f"despite-{at}"))
        if any(field.despite is UndoKind.DELETE for field in self._fields):
            text = _("This deletes an identifier. Type the user's id to confirm: {user}")
            shown = text.format(user=sanitize(self._record.identity.value if self._record else "", 60))
            widgets += [PlainText(shown, classes="notice"), Field(id="typed-id")]
        return widgets

    def _words(self, field: UndoField) -> Text:
        change = field.change
        text = Text.assemble((f"{sanitize(change.name, 40)}  ", "bold"))
        now, before, after, wanted = (
            value_words(change, value, revealed=self.revealed)
            for value in (field.now, change.before, change.after, field.wanted)
        )
        if self._record is not None and field.now is None and not self.session.capabilities.read_by:
            now = _("not readable")
        if field.kind is UndoKind.ALREADY:
            text.append(_("{now}: nothing is left to be undone.").format(now=now))
        elif field.kind is UndoKind.IMPOSSIBLE:
            text.append(_("✗ cannot be restored"), "bold red")
        elif field.kind is UndoKind.CONFLICT:
            text.append(_("! changed since by someone else"), "bold yellow")
            for label, value in ((_("was"), before), (_("entry set"), after), (_("now"), now)):
                text.append(f"\n    {label:<10}{value}")
            text.append(f"\n    {_('undo sets'):<10}{_restored(field, wanted)}")
        else:
            text.append(f"{now} → ")
            text.append(_restored(field, wanted), "bold")
        if field.why:
            text.append(f"\n    {field.why}")
        return text

    def watch_revealed(self) -> None:
        for at, field in enumerate(self._fields):
            self.query_one(f"#field-{at}", PlainText).update(self._words(field))

    def on_input_submitted(self) -> None:
        self.action_stage()

    def action_stage(self) -> None:
        """Stages what is to be staged, or says beside the buttons why not."""
        if self._record is None:
            return
        despite = [
            field
            for at, field in enumerate(self._fields)
            if _asked(field) and self.query_one(f"#despite-{at}", Tick).value
        ]
        typed = self.query_one("#typed-id", Field).value if self.query("#typed-id") else ""
        draft = self.session.staging.draft(self._record)
        try:
            stage_undo(draft, self._entry.seq, self._fields, typed, despite)
        except ConsoleError as error:
            self.say(".refusal", f"{error.happened} {error.next_step}")
            return
        self.app.switch_screen(ReviewScreen(self.session))


def _asked(field: UndoField) -> bool:
    """Whether the operator has to say that this field is to be restored against another's change."""
    return field.kind is UndoKind.CONFLICT and field.stageable


def _restored(field: UndoField, wanted: str) -> str:
    if field.despite is UndoKind.DELETE:
        return _("deleted")
    if field.despite is UndoKind.STAND_IN:
        return _("{wanted} (stand-in)").format(wanted=wanted)
    return wanted
