"""A new plan: whom it is for, what is wanted of them, and where it is saved."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from dfn_tui.consent.duties import Ground, korean_day
from dfn_tui.consent.flags import Consents, State
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.answers import typed
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.bulk.dialogs import MakingDialog
from dfn_tui.screens.bulk.mapping import MappingScreen
from dfn_tui.screens.bulk.plan import PlanScreen
from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.screens.lookup.dialogs import ConsentsDialog
from dfn_tui.service.bulk.asking import Asked, default_plan_file, new_plan_file, open_asked
from dfn_tui.service.bulk.input.mapping import MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.question import ListRefused
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.saying import SaidBefore
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.changes.grounds import Said, require_day
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.ids_field import IdsField
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.selector import Selector
from dfn_tui.widgets.tick import Tick


class NewPlanScreen(SessionScreen[None]):
    """Asks, then reads every user; the plan that comes of it is shown in its place. Nothing is sent."""

    PLACE = N_("New plan")
    AUTO_FOCUS = "#file"
    BINDINGS = bindings(
        key("f2", "consents", N_("Choose consents"), "new.consents", N_("Choose the changes in a matrix")),
    )

    ids_field = getters.query_one(IdsField)
    refusal_text = getters.query_one(".refusal", PlainText)

    def __init__(self, bulk: BulkSession) -> None:
        super().__init__(bulk.session)
        self._bulk = bulk
        self._pasted = ""
        self._changes = ""

    @classmethod
    def of(cls, bulk: BulkSession, identities: Sequence[Identity], wanted: Consents) -> "NewPlanScreen":
        """The same with users and changes filled in. The users go as JSON lines: an id means just itself."""
        screen = cls(bulk)
        screen._pasted = "\n".join(json.dumps({one.kind.value: one.value}) for one in identities)
        screen._changes = _changes_words(wanted)
        return screen

    def body(self) -> ComposeResult:
        with VerticalScroll(id="what", classes="panel", can_focus=False) as frame:
            frame.border_title = Text(_("New plan: nothing is sent"))
            yield PlainText(_("A file with users: ids, a table, a workbook, or JSON lines"))
            yield Field(id="file", placeholder="~/stop.csv")
            yield PlainText(_("or the users themselves"))
            users = self._lines_words() if self._pasted else _("paste a list or a table")
            yield IdsField(id="pasted", placeholder=users, lines_aside=True)
            kinds = self.session.capabilities.write_by
            if len(kinds) > 1:
                unsaid = _("{kind}, or as the list says").format(kind=kinds[0])
                options = [(None, unsaid), *((kind, kind) for kind in kinds)]
                yield Selector(_("Users are named by"), options, None, id="kind")
            yield PlainText(_("Changes for all of them: F2 chooses consents"))
            yield Field(
                self._changes, id="changes", placeholder=f"{self.session.capabilities.flags[0]}=Unsubscribed"
            )
            yield PlainText(_("Save the plan to this new file"))
            yield Field(str(default_plan_file(self._bulk.folder, self.session.clock())), id="save")
            grounds = [
                (Ground.EXPRESSED, _("the people said so")),
                (Ground.CORRECTION, _("a write of ours was wrong")),
            ]
            yield Selector(_("Consents are changed because"), grounds, Ground.EXPRESSED, id="ground")
            yield PlainText(_("Said on this day in Korea, where a row does not tell"))
            yield Field(korean_day(self.session.clock()).isoformat(), id="said-on")
            if self.session.capabilities.read_by:
                yield Tick(_("write to users with nothing set too (--create)"), id="create")
                no = _("give consents to who had said no too: needs evidence (--resubscribe)")
                yield Tick(no, id="resubscribe")
        yield PlainText(classes="refusal")
        yield Buttons(("cancel", _("Cancel")), ("make", _("Make the plan")))

    def on_ids_field_list_pasted(self, event: IdsField.ListPasted) -> None:
        self._pasted = event.text
        field = self.ids_field
        field.value = ""
        field.placeholder = self._lines_words()

    def _lines_words(self) -> str:
        lines = sum(bool(line.strip()) for line in self._pasted.splitlines())
        words = ngettext("{lines} line pasted", "{lines} lines pasted", lines)
        return words.format(lines=f"{lines:,}")

    @property
    def enter_does(self) -> str:
        """For the line of keys, where a field has the focus."""
        if not isinstance(self.focused, Field):
            return ""
        return _("Next field") if self._goes_on(self.focused) else _("Make the plan")

    def _goes_on(self, field: Input) -> bool:
        """From the users to what is to be changed. A table may have that in columns: Enter there makes the
        plan."""
        return field.id in ("file", "pasted") and not typed(self, "changes").strip()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._goes_on(event.input):
            self.query_one("#changes").focus()
        else:
            self.action_make()

    def action_consents(self) -> None:
        """Has the consents chosen that are to be changed, and writes them into their field."""
        states = [State.UNSUBSCRIBED, State.SUBSCRIBED]
        dialog = ConsentsDialog(_("Changes for all of them"), self.session.capabilities.flags, states)

        def take(wanted: Consents) -> None:
            field = self.query_one("#changes", Field)
            field.value = _changes_words(wanted)
            field.focus()

        ask(self.app, dialog, take)

    def _asked(self) -> Asked:
        ids = self.ids_field.value
        kinds = self.query("#kind").results(Selector)
        return Asked(
            file=typed(self, "file"),
            pasted="\n".join(ids.replace(",", " ").split()) if ids.strip() else self._pasted,
            changes=typed(self, "changes"),
            kind=next((one.value for one in kinds), None),
        )

    def action_make(self) -> None:
        self._make(self._asked(), typed(self, "save"))

    @work(exclusive=True, group="making")
    async def _make(self, asked: Asked, save: str) -> None:
        said = Said(self.query_one("#ground", Selector).value, typed(self, "said-on").strip())
        try:
            require_day(said.expressed_on, self.session.clock())
            opened = await self._opened(asked)
            if opened is None:
                return
            with opened as source:
                path = await asyncio.to_thread(new_plan_file, save, self._bulk.folder)
                self.refusal_text.update("")
                ticked = {tick.id for tick in self.query(Tick) if tick.value}
                make = partial(
                    self._bulk.plan,
                    source,
                    asked.name,
                    path,
                    create="create" in ticked,
                    resubscribe="resubscribe" in ticked,
                    said=said,
                )
                result = await self.app.push_screen_wait(MakingDialog(make, path, _input_words(source)))
        except ConsoleError as error:
            self.refusal_text.update(f"{error.happened} {error.next_step}")
            return
        if isinstance(result, ConsoleError):
            self.tell(result, retry=self.action_make)
        elif result is not None:
            self.app.switch_screen(PlanScreen(self._bulk, result))

    async def _opened(self, asked: Asked) -> BulkInput | None:
        """The input; where something of it is in question, once that was said, or None where it was left."""
        while True:
            try:
                return await self._mapped(asked)
            except ListRefused as refused:
                if refused.question is None:
                    raise
                option, answers = refused.question
                dialog = ChoiceDialog(refused.title, answers, refused.happened)
                answer = await self.app.push_screen_wait(dialog)
                if answer is None:
                    return None
                asked = replace(asked, options=asked.options.answered(option, answer))

    async def _mapped(self, asked: Asked) -> BulkInput | None:
        """The same, of a file of which is known how it is to be read."""

        def open_with(said: MappingOptions) -> BulkInput:
            return open_asked(replace(asked, mapping=said), self.session.capabilities)

        try:
            return await asyncio.to_thread(open_with, asked.mapping)
        except MappingNeeded as needed:
            before = SaidBefore(self._bulk.folder.parent / "mappings.json")
            screen = MappingScreen(self.session, asked.name, open_with, needed, before)
            said = await self.app.push_screen_wait(screen)
            return None if said is None else await asyncio.to_thread(open_with, said)


def _changes_words(wanted: Consents) -> str:
    return " ".join(f"{flag}={state}" for flag, state in wanted.items())


def _input_words(source: BulkInput) -> str:
    """What was recognised of the input: `csv, UTF-8; users by user_id; mkt_sms_flag`."""
    form = ", ".join(filter(None, (source.form.value, source.encoding)))
    names = [column.name for column in source.columns] + [edit.name for edit in source.edits_for_all]
    words = _("Recognised: {form}; users by {kind}; changes of {names}.")
    shown = words.format(form=form, kind=source.named_by, names=sanitize(", ".join(names), 200) or "…")
    return " ".join([shown, *source.source.remarks()])
