"""The duties of the law that are open: whom to tell the outcome, who is to confirm; and that it was done."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text
from textual import getters, work
from textual.app import ComposeResult
from textual.widgets import Input

from dfn_tui.consent.duties import Duty, days_left, is_over, korean_day
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import LOOK_EVERY, SessionScreen, is_seen
from dfn_tui.screens.dialogs import FormDialog, PathDialog, ask, copy
from dfn_tui.screens.filtered import FilteredScreen
from dfn_tui.screens.paged_list import SOON, PagedList
from dfn_tui.service.duties import DutyGroup, Listed, ground_text, left_words, notes_of, require_done_on
from dfn_tui.service.duties_shown import (
    duties_of,
    ids_of,
    notice_lines,
    read_duties,
    said_words,
    whom_words,
    write_duties,
)
from dfn_tui.service.export import export
from dfn_tui.service.history import user_of
from dfn_tui.service.records import JournalError
from dfn_tui.service.session import Session
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.text.korea import korean_clock, korean_date
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import CHANGE, KEEP, bindings, key
from dfn_tui.widgets.lines import in_colours
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.table import REST, Column

SOON_DUE = 3
"""Days within which a duty is shown as urgent."""
WIDE = 100
_REST = 10
"""So many times as long as a reading took, none follows by itself."""


class DutyList(PagedList[DutyGroup]):
    """Duties of one kind, the most urgent first. What is alike is one row. Shows those that it is given."""

    def __init__(self, session: Session, duty: Duty, *, id: str) -> None:
        super().__init__()
        self.id = id
        self.duty = duty
        self._session = session
        self._found: Listed | None = None
        self._wanted = ""

    def give(self, found: Listed, wanted: str) -> None:
        """Shows what was found, or what of it has the `wanted` words."""
        self._found, self._wanted = found, wanted
        own = [one for one in found.groups if one.duty is self.duty]
        self.none = _("Nothing is open that was changed from this host.")
        if own:
            self.none = _("Nothing that is open has these words.")
        total = sum(len(one.seqs) for one in own)
        self.border_subtitle = f"{total:,}"
        self.look_again()

    @property
    def fitting(self) -> Sequence[DutyGroup]:
        """Those that are shown."""
        groups = self._found.groups if self._found is not None else ()
        return [one for one in groups if one.duty is self.duty and self._fits(one)]

    async def page(self, after: DutyGroup | None, limit: int) -> Sequence[DutyGroup]:
        own = self.fitting
        start = own.index(after) + 1 if after is not None else 0
        return own[start : start + limit]

    def _fits(self, group: DutyGroup) -> bool:
        shown = (
            f"{self._whom(group)} {said_words(group)} {ground_text(group.first)} {group.last} {group.said}"
        )
        return all(word in shown.casefold() for word in self._wanted.casefold().split())

    def key(self, item: DutyGroup) -> object:
        return item.seqs[0]

    def columns(self, width: int) -> Sequence[Column[DutyGroup]]:
        wide = width > WIDE
        day = slice(0, 10) if wide else slice(5, 10)
        found = [
            Column("", 1, self._sign),
            Column(
                _("until"), 10 if wide else 5, lambda one: Text(one.last.isoformat()[day], self._role(one))
            ),
            Column(_("left"), 10, self._left),
            Column(_("who"), 28 if wide else 20, lambda one: Text(self._whom(one))),
            Column(_("what they said"), REST, lambda one: Text(said_words(one))),
            Column(
                _("said on"),
                11 if wide else 7,
                lambda one: Text(one.said.isoformat()[day] + ("?" if one.assumed else "")),
            ),
        ]
        if wide:
            found.append(Column(_("ground"), 14, lambda one: Text(ground_text(one.first), "label")))
        return found

    def _whom(self, group: DutyGroup) -> str:
        user = user_of(group.first.intent)
        return whom_words(group, self._session.name_of(user) if user is not None else "")

    def _now_left(self, group: DutyGroup) -> int:
        return days_left(group.last, self._session.clock())

    def _role(self, group: DutyGroup) -> str:
        if is_over(group.last, self._session.clock()):
            return "danger"
        return "warn" if self._now_left(group) <= SOON_DUE else ""

    def _sign(self, group: DutyGroup) -> Text:
        role = self._role(group)
        return Text({"danger": "✗", "warn": "▲"}.get(role, ""), role)

    def _left(self, group: DutyGroup) -> Text:
        return Text(left_words(group.last, self._session.clock()), self._role(group) or "label")

    def detail(self, item: DutyGroup) -> Text:
        first, *others = notice_lines(item, self._session)
        lines = [Text.assemble((self._whom(item), "bold"), f" · {first}"), Text(" · ".join(others))]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Text("\n").join(lines)

    def open(self, item: DutyGroup) -> None:
        """Opens the person; of several, or of one whose id is masked, the first one's entry."""
        user, session = user_of(item.first.intent), self._session
        if user is not None and len(item.seqs) == 1:
            from dfn_tui.screens.user.screen import UserScreen  # noqa: PLC0415  not needed for the first paint

            self.app.push_screen(UserScreen(session, user))
            return
        from dfn_tui.screens.history.entry import EntryScreen  # noqa: PLC0415  as above

        self.app.push_screen(EntryScreen(session.journal, item.first, session))


class DoneDialog(FormDialog[tuple[str, str]]):
    """Asks when a duty was done, and by what means; dismissed with both."""

    def __init__(self, group: DutyGroup, whom: str, session: Session) -> None:
        told = group.duty is Duty.TELL
        super().__init__(_("Told the outcome") if told else _("Confirmed"), _("Note it"))
        self._group = group
        self._whom = whom
        self._session = session

    def fields(self) -> ComposeResult:
        yield PlainText(f"{self._whom} · {said_words(self._group)}")
        yield PlainText(_("On this day in Korea:"))
        yield Field(korean_day(self._session.clock()).isoformat(), id="day")
        yield PlainText(_("How, or why (kept in the journal; may be empty):"))
        yield Field(id="reason")

    async def result(self) -> tuple[str, str]:
        on = require_done_on(self.typed("day"), self._session.clock())
        notes_of(self._group.duty, duties_of(self._group), on, self._session.journal.operator, "")
        return on.isoformat(), self.typed("reason")


class DutiesScreen(FilteredScreen, SessionScreen[None]):
    """What is open by this host's journal. It is read again when the journal grew, here or elsewhere."""

    PLACE = N_("Duties")
    AUTO_FOCUS = "#tell DataTable"
    BINDINGS = bindings(
        key(
            "t", "told", N_("Told…"), "duties.told", N_("Note that they were told the outcome"), group=CHANGE
        ),
        key(
            "C",
            "confirmed",
            N_("Confirmed…"),
            "duties.confirmed",
            N_("Note that they confirmed it"),
            group=CHANGE,
        ),
        key("c,Y", "copy", N_("Copy notice"), "duties.copy", N_("Copy what the person is to be told")),
        key("y", "copy_ids", N_("Copy ids"), "duties.copy_ids", N_("Copy the ids of the people in the row")),
        key("e", "export", N_("Export…"), "duties.export", N_("Write what is shown to a file")),
        replace(
            key("slash", "filter", N_("Filter"), "duties.filter", N_("Filter as you type")), priority=True
        ),
        key("f5,R", "read", N_("Read again"), "duties.read", N_("Read it again"), show=False, group=KEEP),
    )

    tell_list = getters.query_one("#tell", DutyList)
    confirm_list = getters.query_one("#confirm", DutyList)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._found: Listed | None = None
        self._length = -1
        self._again_at = 0.0
        """When the journal is looked at again by itself, of the monotonic clock."""

    def body(self) -> ComposeResult:
        yield Field(placeholder=_("filter: an id, a channel, a ticket; empty shows all"), id="filter")
        yield PlainText(_("Reading the journal…"), id="due")
        yield PlainText(classes="refusal")
        for duty, id, title, rest in (
            (Duty.TELL, "tell", _("Tell the outcome"), _("to the end of the 14th day · Act 50(7)")),
            (Duty.CONFIRM, "confirm", _("Confirm every two years"), _("before that day · Act 50(8)")),
        ):
            shown = DutyList(self.session, duty, id=id).add_class("panel")
            shown.border_title = in_colours(
                Text.assemble((title, "bold"), (f" · {rest}", "label")), self.app.console
            )
            yield shown
        yield PlainText(_("The console sends no notice itself: send it, then say so here."), classes="hint")

    def on_mount(self) -> None:
        sender = sanitize(self.session.connection.sender, 30)
        self.say_place(*([_("sender {sender}").format(sender=sender)] if sender else []))
        self.set_interval(LOOK_EVERY, self._look_whether_written)

    def on_screen_resume(self) -> None:
        self._read()

    def _look_whether_written(self) -> None:
        if self._length >= 0 and is_seen(self) and time.monotonic() >= self._again_at:
            self._read_what_was_written()

    @work(exclusive=True, group="written")
    async def _read_what_was_written(self) -> None:
        try:
            written = await self.session.journal.length() != self._length
        except JournalError:
            return  # it says so where it is read
        now = self.session.clock()
        if written or (self._found and korean_day(now) != korean_day(self._found.at)):
            self._read()  # after midnight in Korea other duties are overdue

    @work(exclusive=True, group="look")
    async def _read(self) -> None:
        began = time.monotonic()
        waiting = self.set_timer(SOON, lambda: self.say("#due", _("Reading the journal… · esc leaves")))
        try:
            self._length = await self.session.journal.length()
            self._found = await asyncio.to_thread(read_duties, self.session.journal.path, self.session)
        except ConsoleError as error:
            self.say("#due", Text(f"✗ {error.title}. {error.happened} {error.next_step}", "danger"))
            return
        finally:
            waiting.stop()
            # A job writes at any moment, and a journal of a million entries takes many seconds to read.
            self._again_at = time.monotonic() + _REST * (time.monotonic() - began)
        self._show()

    def _show(self) -> None:
        if self._found is None:
            return
        wanted = self.query_one(Field).value
        for shown in (self.tell_list, self.confirm_list):
            shown.give(self._found, wanted)
        self.say("#due", _due_words(self._found))
        self.refresh_bindings()

    @property
    def _list(self) -> DutyList:
        """The list that the cursor is in."""
        return self.confirm_list if self.confirm_list.has_focus_within else self.tell_list

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the filter letters are letters, and without a duty nothing was done."""
        if action == "filter":
            return not isinstance(self.focused, Field)
        if action in ("told", "confirmed"):
            own = self.tell_list if action == "told" else self.confirm_list
            return self._list is own and own.table.highlighted is not None
        if action in ("copy", "copy_ids"):
            return self._list.table.highlighted is not None
        return action != "export" or bool(self._found and self._shown_groups(self._found))

    def show_all(self) -> None:
        self._focus_rows()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "filter":
            self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._focus_rows()

    def _focus_rows(self) -> None:
        found = self.tell_list if self.tell_list.table.items else self.confirm_list
        found.table.focus()

    def action_read(self) -> None:
        self._read()

    def action_told(self) -> None:
        self._ask_when_done()

    def action_confirmed(self) -> None:
        self._ask_when_done()

    def _ask_when_done(self) -> None:
        """Asks when it was done, and notes it of everybody in the row."""
        shown = self._list
        if (group := shown.table.highlighted) is not None:
            dialog = DoneDialog(group, shown._whom(group), self.session)
            ask(self.app, dialog, lambda answer: self._note(group, *answer))

    @work(group="note")
    async def _note(self, group: DutyGroup, day: str, reason: str) -> None:
        journal = self.session.journal
        with self.showing_errors():
            on = require_done_on(day, self.session.clock())
            await journal.note(notes_of(group.duty, duties_of(group), on, journal.operator, reason))
            words = ngettext("{count} entry noted.", "{count} entries noted.", len(group.seqs))
            self.notify(words.format(count=f"{len(group.seqs):,}"), markup=False)
        self._read()

    def action_copy(self) -> None:
        """Copies what the law has the person told."""
        if (group := self._list.table.highlighted) is not None:
            copy(self.app, "\n".join([self._list._whom(group), *notice_lines(group, self.session)]))

    @work(group="copy", exclusive=True)
    async def action_copy_ids(self) -> None:
        """Copies the ids of everybody in the row, one a line."""
        group = self._list.table.highlighted
        if group is None:
            return
        with self.showing_errors():
            ids = await asyncio.to_thread(ids_of, self.session.journal.path, group)
            if ids:
                copy(self.app, "\n".join(ids))
            if missing := len(group.seqs) - len(ids):
                words = ngettext(
                    "{count} id is masked here: “dfn-tui duties --reveal” shows it.",
                    "{count} ids are masked here: “dfn-tui duties --reveal” shows them.",
                    missing,
                )
                self.notify(words.format(count=f"{missing:,}"), markup=False)

    def _shown_groups(self, found: Listed) -> Sequence[DutyGroup]:
        """The rows that the filter lets through, the most urgent first."""
        shown = {id(one) for each in (self.tell_list, self.confirm_list) for one in each.fitting}
        return [one for one in found.groups if id(one) in shown]

    def action_export(self) -> None:
        """Asks where to, and writes what is shown there, as the command does."""
        found, session = self._found, self.session
        if found is None:
            return
        groups = tuple(self._shown_groups(found))
        prompt = _("A row for each person. “dfn-tui duties told FILE” takes it when that is done. New file:")
        if len(groups) < len(found.groups):
            prompt = _("Only what the filter shows, as “dfn-tui duties told FILE” takes it. New file:")
        found = found._replace(groups=groups)
        name = f"./duties-{korean_date(session.clock())}.csv"

        async def write(path: str) -> Path:
            return await asyncio.to_thread(
                export, path, lambda file: write_duties(file, session.journal.path, found, session)
            )

        ask(self.app, PathDialog(_("Export the duties"), prompt, _("Export"), name, write), self.tell_written)


def _due_words(found: Listed) -> Text:
    """`✗ 2 overdue   ▲ 31 within 3 days   1,204 outcome notices open   46 confirmations within 60 days`."""
    over = sum(found.count(duty, within=-1) for duty in Duty)
    soon = sum(found.count(duty, within=SOON_DUE) for duty in Duty) - over
    tell, confirm = found.count(Duty.TELL), found.count(Duty.CONFIRM)
    parts = [
        _figure("✗ ", _("{count} overdue"), over, "strong.danger" if over else "label"),
        _figure("▲ ", _("{count} within 3 days"), soon, "strong.warn" if soon else "label"),
        _figure("", _("{count} to tell"), tell, "bold"),
        _figure("", _("{count} to confirm within 60 days"), confirm, "bold"),
    ]
    parts += [Text(f"▲ {words}", "strong.warn") for words in found.unread]
    return Text("   ").join([*parts, Text(_("read {time}").format(time=korean_clock(found.at)), "label")])


def _figure(glyph: str, words: str, count: int, role: str) -> Text:
    """A sentence with a number in it, which stands out wherever the language puts it."""
    before, _count, after = words.partition("{count}")
    return Text.assemble((glyph, role), (before, "label"), (f"{count:,}", role), (after, "label"))
