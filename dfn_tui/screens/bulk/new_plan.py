"""A new plan: whom it is for, what is wanted of them, and where it is saved."""

import asyncio
from functools import partial

from textual import getters, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.dialogs import MakingDialog
from dfn_tui.screens.bulk.plan import PlanScreen
from dfn_tui.service.bulk.asking import Asked, default_plan_file, new_plan_file, open_asked
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.ids_field import IdsField
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector
from dfn_tui.widgets.tick import Tick


class NewPlanScreen(SessionScreen[None]):
    """Asks, then reads every user; the plan that comes of it is shown in its place. Nothing is sent."""

    AUTO_FOCUS = "#file"

    ids_field = getters.query_one(IdsField)
    refusal_text = getters.query_one(".refusal", PlainText)

    def __init__(self, bulk: BulkSession) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk
        self._pasted = ""

    def body(self) -> ComposeResult:
        yield PlainText(_("New plan: nothing is sent"), classes="heading")
        with VerticalScroll(id="what", can_focus=False):
            yield PlainText(_("A file with users: ids, a table, or JSON lines"))
            yield Field(id="file", placeholder="~/stop.csv")
            yield PlainText(_("or the users themselves"))
            yield IdsField(id="pasted", placeholder=_("paste a list or a table"), lines_aside=True)
            kinds = self.session.capabilities.write_by
            if len(kinds) > 1:
                unsaid = _("{kind}, or as the list says").format(kind=kinds[0])
                options = [(None, unsaid), *((kind, kind) for kind in kinds)]
                yield Selector(_("Users are named by"), options, None)
            yield PlainText(_("Changes for all of them"))
            yield Field(id="changes", placeholder=f"{self.session.capabilities.flags[0]}=Unsubscribed")
            yield PlainText(_("Save the plan to this new file"))
            yield Field(str(default_plan_file(self._bulk.folder, self.session.clock())), id="save")
            if self.session.capabilities.read_by:
                yield Tick(_("write to users with nothing set too (--create)"), id="create")
        yield PlainText(classes="refusal")
        yield Buttons(("cancel", _("Cancel")), ("make", _("Make the plan")))

    def on_ids_field_list_pasted(self, event: IdsField.ListPasted) -> None:
        self._pasted = event.text
        lines = sum(bool(line.strip()) for line in event.text.splitlines())
        field = self.ids_field
        field.value = ""
        words = ngettext("{lines} line pasted", "{lines} lines pasted", lines)
        field.placeholder = words.format(lines=f"{lines:,}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_make()

    def _asked(self) -> Asked:
        typed = self.ids_field.value
        choice = self.query(Selector)
        return Asked(
            file=self.query_one("#file", Field).value,
            pasted="\n".join(typed.replace(",", " ").split()) if typed.strip() else self._pasted,
            changes=self.query_one("#changes", Field).value,
            kind=choice.first().value if choice else None,
        )

    def action_make(self) -> None:
        self._make(self._asked(), self.query_one("#save", Field).value)

    @work(exclusive=True, group="making")
    async def _make(self, asked: Asked, save: str) -> None:
        try:
            with await asyncio.to_thread(open_asked, asked, self.session.capabilities) as source:
                path = await asyncio.to_thread(new_plan_file, save, self._bulk.folder)
                self.refusal_text.update("")
                create = any(tick.value for tick in self.query(Tick))
                make = partial(self._bulk.plan, source, asked.name, path, create=create)
                result = await self.app.push_screen_wait(MakingDialog(make, path, _input_words(source)))
        except ConsoleError as error:
            self.refusal_text.update(f"{error.happened} {error.next_step}")
            return
        if isinstance(result, ConsoleError):
            self.tell(result, retry=self.action_make)
        elif result is not None:
            self.app.switch_screen(PlanScreen(self._bulk, result))


def _input_words(source: BulkInput) -> str:
    """What was recognised of the input: `csv, UTF-8; users by user_id; mkt_sms_flag`."""
    form = ", ".join(filter(None, (source.form.value, source.encoding)))
    names = [column.name for column in source.columns] + [edit.name for edit in source.edits_for_all]
    words = _("Recognised: {form}; users by {kind}; changes of {names}.")
    return words.format(form=form, kind=source.kind.value, names=sanitize(", ".join(names), 200) or "…")
