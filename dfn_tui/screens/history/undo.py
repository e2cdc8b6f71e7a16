"""Taking entries back: what would be staged, what cannot be restored, and what was changed since."""

from collections.abc import Iterator, Sequence

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.answers import typed
from dfn_tui.screens.base import REVEAL, SessionScreen
from dfn_tui.screens.changes import PageBuilder, field_title, value_text
from dfn_tui.screens.user.format import user_title
from dfn_tui.service.changes.inverse import (
    UndoField,
    UndoKind,
    UndoPlan,
    UndoRefused,
    prepare_undos,
    stage_undo,
)
from dfn_tui.service.records import Entry
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext, padded, sanitize
from dfn_tui.text.korea import korean_clock
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import bindings
from dfn_tui.widgets.lines import Lines, Page, in_colours
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.tick import Tick


class UndoScreen(SessionScreen[None]):
    """Stages the undo of entries and goes on to the review; nothing is sent here. Focus is on Cancel.

    `plans` is what taking them back would do, where that was found out already.
    """

    PLACE = N_("Undo")
    BINDINGS = bindings(REVEAL)

    AUTO_FOCUS = "#cancel"

    stage_button = getters.query_one("#stage", Button)

    def __init__(self, session: Session, entries: Sequence[Entry], plans: Sequence[UndoPlan] = ()) -> None:
        super().__init__(session)
        self._entries = entries
        self._plans = plans

    def body(self) -> ComposeResult:
        numbers = ", ".join(str(entry.seq) for entry in self._entries)
        title = ngettext("Undo of entry {numbers}", "Undo of entries {numbers}", len(self._entries))
        with VerticalScroll(id="what", classes="panel", can_focus=True) as panel:
            rest = (" · " + _("nothing is sent here"), "label")
            words = Text.assemble((title.format(numbers=numbers), "bold"), rest)
            panel.border_title = in_colours(words, self.app.console)
            yield PlainText(_("Reading the user as it is now… · esc leaves"), id="reading")
        yield PlainText(classes="refusal")
        yield Buttons(("cancel", _("Cancel")), ("stage", _("Stage the undo")))

    def on_mount(self) -> None:
        self.stage_button.disabled = True
        self._read()

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        with self.showing_errors("#reading", retry=self._read):
            self._plans = self._plans or await prepare_undos(self.session, self._entries)
            await self.query_one("#reading").remove()
            await self.query_one("#what").mount(*self._widgets())
            stageable = any(field.stageable for plan in self._plans for field in plan.fields)
            self.stage_button.disabled = not stageable
            self.say(".refusal", "" if stageable else _("Nothing of this can be staged."))
            self._say_read()

    def _say_read(self) -> None:
        """When the users were read: what would be staged rests on that."""
        read = min((plan.record.read_at for plan in self._plans), default=None)
        if read is not None and self.session.capabilities.read_by:
            words = _("read {time}, read again just before sending").format(time=korean_clock(read))
            self.query_one("#what").border_subtitle = words

    def _widgets(self) -> Iterator[Widget]:
        yield Lines(self._page, id="plan", can_focus=False)
        for at, plan in enumerate(self._plans):
            for number, field in enumerate(plan.fields):
                if _asked(field):
                    yield PlainText(self._conflict(plan, field), id=f"field-{at}-{number}", classes="notice")
                    yield Tick(_("restore it all the same"), id=f"despite-{at}-{number}")
            if any(field.despite is UndoKind.DELETE for field in plan.fields):
                text = _("▲ This deletes an identifier. Type the user's id to confirm: {user}")
                user = sanitize(plan.record.identity.value, 60)
                yield PlainText(Text(text.format(user=user), "danger"), classes="notice")
                yield Field(id=f"typed-id-{at}")

    def _page(self, width: int) -> Page:
        """What needs no word of the operator: the same for many users once, with their ids."""
        page = PageBuilder(width, self.app.console, self.session.name_of)
        alone = self._plans[0].record.identity if len(self._plans) == 1 else None
        if alone is not None:
            page.add(user_title(alone, self.session.name_of(alone)))
        if not self.session.capabilities.read_by:
            text = _("This API version cannot be read: whether somebody changed it since is not known.")
            page.wrap(Text(f"▲ {text}", "warn"))
        alike: dict[str, tuple[UndoField, list[Identity]]] = {}
        for plan in self._plans:
            for field in plan.fields:
                if not _asked(field):
                    alike.setdefault(repr(field), (field, []))[1].append(plan.record.identity)
        for field, users in alike.values():
            self._field(page, field)
            if alone is None:
                page.users(users, 2)
        unread = [plan.record.identity for plan in self._plans if plan.record.failure is not None]
        if unread:
            page.wrap(Text(_("✗ not readable now, and left as they are"), "strong.danger"))
            page.users(unread, 2)
        return page.page()

    def _field(self, page: PageBuilder, field: UndoField) -> None:
        page.add(field_title(field.change))
        now = self._now(field)
        if field.kind is UndoKind.ALREADY:
            words = Text.assemble(now, (" · " + _("nothing is left to be undone"), "label"))
        elif field.kind is UndoKind.IMPOSSIBLE:
            words = Text(_("✗ cannot be restored"), "strong.danger")
        else:
            words = Text.assemble(now, (" → ", "label"), self._restored(field))
        page.wrap(words, 2)
        if field.why:
            page.wrap(Text(field.why, "label"), 2)

    def _now(self, field: UndoField) -> Text:
        if field.now is None and not self.session.capabilities.read_by:
            return Text(_("not readable"), "label")
        # What was read is no mask, even where the entry keeps nothing else.
        return value_text(field.change._replace(redaction=None), field.now, revealed=self.revealed)

    def _restored(self, field: UndoField) -> Text:
        if field.despite is UndoKind.DELETE:
            return Text(_("✗ deleted"), "strong.danger")
        wanted = value_text(field.change, field.wanted, revealed=self.revealed, strong="strong.staged")
        if field.despite is UndoKind.STAND_IN:
            wanted.append(" " + _("(stand-in)"))
        return wanted

    def _conflict(self, plan: UndoPlan, field: UndoField) -> Text:
        """What a field was, was set to, is now and would be: somebody else changed it since."""
        change, user = field.change, plan.record.identity
        text = Text.assemble(field_title(change), "\n")
        if len(self._plans) > 1:
            text = Text.assemble(user_title(user, self.session.name_of(user)), "  ", text)
        text.append("  " + _("▲ changed since by someone else"), "strong.warn")
        shown = [(_("was"), change.before), (_("entry set"), change.after)]
        values = [(label, value_text(change, value, revealed=self.revealed)) for label, value in shown]
        for label, value in (*values, (_("now"), self._now(field)), (_("undo sets"), self._restored(field))):
            text.append(f"\n    {padded(label, 10)}", "label").append_text(value)
        if field.why:
            text.append(f"\n    {field.why}", "label")
        return text

    def watch_revealed(self) -> None:
        for lines in self.query(Lines):
            lines.rebuild()
        for at, plan in enumerate(self._plans):
            for number, field in enumerate(plan.fields):
                for shown in self.query(f"#field-{at}-{number}").results(PlainText):
                    shown.say(self._conflict(plan, field))

    def on_input_submitted(self) -> None:
        self.action_stage()

    def action_stage(self) -> None:
        """Stages what is to be staged, or says beside the buttons why not."""
        if not self.query("#plan"):
            return
        ticked = {tick.id for tick in self.query(Tick) if tick.value}
        try:
            staged = [self._stage(at, plan, ticked) for at, plan in enumerate(self._plans)]
        except ConsoleError as error:
            self.say(".refusal", f"{error.happened} {error.next_step}")
            return
        if any(staged):
            self.action_review(in_place=True)
        else:
            self.say(".refusal", _("There is nothing to stage: tick what is to be restored all the same."))

    def _stage(self, at: int, plan: UndoPlan, ticked: set[str | None]) -> bool:
        despite = [one for number, one in enumerate(plan.fields) if f"despite-{at}-{number}" in ticked]
        draft = self.session.staging.draft(plan.record)
        if draft.undo_of == plan.entry.ref:
            return True  # before another one of these was refused
        try:
            stage_undo(draft, plan.entry.ref, plan.fields, typed(self, f"typed-id-{at}"), despite)
        except UndoRefused:
            if draft.empty and len(self._plans) > 1:
                return False  # nothing of this one is to be staged, but of others
            raise
        return True


def _asked(field: UndoField) -> bool:
    """Whether the operator has to say that this field is to be restored against another's change."""
    return field.kind is UndoKind.CONFLICT and field.stageable
