"""What each column of a list is: the step between a list that leaves questions open and its plan.

Nothing is read from the server and nothing sent before every question is answered.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Button, DataTable

from dfn_tui.consent.flags import Flag
from dfn_tui.consent.messages import flag_name, state_glyph, state_name
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.dialogs import ChoiceDialog, ask
from dfn_tui.service.bulk.input.mapping import (
    OPEN_PLACE,
    MappedColumn,
    Mapping,
    MappingNeeded,
    MappingOptions,
    Role,
)
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.records import Good, Row, shown_user
from dfn_tui.service.bulk.input.saying import (
    NOT_USED,
    SaidBefore,
    choices,
    say_column,
    say_word,
    word_choices,
)
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.service.history import state_of
from dfn_tui.service.personal import shown_value
from dfn_tui.service.records import FieldKind
from dfn_tui.service.session import Session
from dfn_tui.service.types import IdentityKind
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.plain_text import PlainText
from dfn_tui.widgets.table import REST, Column, Table

_ROWS_SHOWN = 6
_OPEN = "strong.warn"


class Word(NamedTuple):
    """A word of the list, and what was said it means: None for nothing yet."""

    text: str
    meaning: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What the list is with what was said so far: what users are named by and its first rows, or why not."""

    mapping: Mapping
    kind: IdentityKind | None = None
    rows: Sequence[Row] = ()
    hint: str = ""
    why: str = ""

    @property
    def open(self) -> int:
        """How many questions are left."""
        return len(self.mapping.of(Role.OPEN)) + len(self.mapping.unread_words)

    @property
    def ready(self) -> bool:
        """Whether a plan can be made of it."""
        return self.kind is not None and not self.open


class MappingScreen(SessionScreen[MappingOptions]):
    """Dismissed with what was said of the columns, once nothing is open; None to leave."""

    PLACE = N_("Columns of a list")
    BINDINGS = bindings(
        key("e", "choose", N_("Choose"), "mapping.choose", N_("Say what it is"), shown_as="enter e"),
        key("backspace", "not_used", N_("Not used"), "mapping.unused", N_("Write nothing of it")),
        key("o", "no_others", N_("Others not used"), "mapping.others", N_("Nor any that is still open")),
        key("w", "say('Unsubscribed')", N_("Withdrawn"), "mapping.withdrawn", N_("The word says no")),
        key("g", "say('Subscribed')", N_("Given"), "mapping.given", N_("The word says yes")),
        key("l", "say('')", N_("Leave out"), "mapping.nothing", N_("Rows with this word ask for nothing")),
        key("c", "go_on", N_("Go on"), "mapping.go_on", N_("Make the plan with this")),
    )
    AUTO_FOCUS = "#columns"

    columns = getters.query_one("#columns", Table)
    words = getters.query_one("#words", Table)

    def __init__(
        self,
        session: Session,
        name: str,
        open: Callable[[MappingOptions], BulkInput],
        needed: MappingNeeded,
        said_before: SaidBefore,
    ) -> None:
        """`open` opens the list with what was said of it, and may raise `MappingNeeded`."""
        super().__init__(session)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self._list_name = name
        self._open = open
        self._mapping = needed.mapping
        self._said_before = said_before
        self._before = said_before.of(needed.mapping)
        self._said = self._before or MappingOptions()
        self._looked: Looked | None = None
        self._words: dict[str, None] = {}
        """Every word there was a question about: none changes its row when it is said."""

    def body(self) -> ComposeResult:
        yield PlainText(
            _("New plan: {name}, step 2 of 3").format(name=sanitize(self._list_name, 60)), classes="heading"
        )
        with Vertical(classes="panel", id="columns-panel") as panel:
            panel.border_title = _("What each column is")
            yield Table[MappedColumn](self._column_cells, lambda column: column.place, id="columns")
            yield PlainText(classes="hint")
        with Container(id="below"):
            with Vertical(classes="panel", id="words-panel") as panel:
                panel.border_title = _("What its words mean")
                yield Table[Word](self._word_cells, lambda word: word.text, id="words")
            with Vertical(classes="panel", id="rows-panel") as panel:
                panel.border_title = _("What would be written: the first rows")
                yield PlainText(id="rows")
        yield PlainText(classes="refusal")
        yield Buttons(("cancel", _("Cancel")), ("go_on", _("Read the users…")))

    def on_mount(self) -> None:
        self._show(self._mapping)
        self._look()

    def _column_cells(self, width: int) -> Sequence[Column[MappedColumn]]:
        heads = max((cell_len(_head(column)) for column in self._mapping.columns), default=0)
        head = min(24, max(12, width // 4), max(heads, cell_len(_("column"))))
        meaning = min(50, (width - head) * 3 // 5)  # what a column is, and who says so, before what is in it
        return [
            Column("#", 3, lambda column: Text(str(column.place + 1), "label")),
            Column(_("column"), head, lambda column: Text(_head(column), "bold")),
            Column(_("is"), meaning, _is),
            Column(_("first values"), REST, lambda column: Text(" · ".join(column.first), "label")),
        ]

    def _word_cells(self, _width: int) -> Sequence[Column[Word]]:
        return [
            Column(_("word"), 14, lambda word: Text(sanitize(word.text, 40), "bold")),
            Column(_("means"), REST, self._means),
        ]

    def _means(self, word: Word) -> Text:
        if word.meaning is None:
            return Text(_("? what does it mean"), _OPEN)
        return Text(dict(word_choices(self.session.capabilities)).get(word.meaning, word.meaning))

    def _show(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.columns.show(mapping.columns)
        self.columns.styles.height = len(mapping.columns) + 1
        meant = dict(self._said.values)
        open_words = [word for word, _suggested in mapping.unread_words]
        self._words |= dict.fromkeys([*open_words, *meant])
        words = [Word(word, meant.get(word)) for word in self._words if word in meant or word in open_words]
        self.words.show(words)
        self.words.styles.height = len(words) + 1
        if (open := next((at for at, word in enumerate(words) if word.meaning is None), None)) is not None:
            self.words.move_cursor(row=open)
        self.query_one("#words-panel").display = bool(words) and not mapping.of(Role.OPEN)

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        looked = await asyncio.to_thread(self._try, self._said)
        self._looked = looked
        self._show(looked.mapping)
        self.say("#rows", "\n".join(self._row_words(row, looked.kind) for row in looked.rows))
        self.query_one("#rows-panel").display = bool(looked.rows)
        words = ngettext("{count} question open", "{count} questions open", looked.open)
        self.query_one("#columns-panel").border_subtitle = (
            words.format(count=looked.open) if looked.open else ""
        )
        self.say(".hint", looked.hint)
        self.say(".refusal", looked.why)
        self.query_one("#go_on", Button).disabled = not looked.ready
        self.refresh_bindings()

    def _try(self, said: MappingOptions) -> Looked:
        try:
            with self._open(said) as source:
                return Looked(source.mapping, source.kind, [*islice(source.rows(), _ROWS_SHOWN)])
        except MappingNeeded as needed:
            return Looked(needed.mapping, hint=needed.happened.partition("\n")[0])
        except ConsoleError as error:
            return Looked(self._mapping, why=f"{error.happened} {error.next_step}")

    def _row_words(self, row: Row, kind: IdentityKind | None) -> str:
        if kind is None or not isinstance(row, Good):
            return _("row {line}  × {reason}").format(
                line=row.line, reason=sanitize(getattr(row, "reason", ""), 120)
            )
        edits = ", ".join(map(_edit_words, row.wanted.edits))
        return _("row {line}  {user}  {edits}").format(
            line=row.line, user=shown_user(row.kind or kind, row.user), edits=edits
        )

    def action_choose(self) -> None:
        """Says what the column or the word under the cursor is."""
        if isinstance(self.focused, Table):
            self.focused.action_select_cursor()

    @on(DataTable.RowSelected, "#columns")
    def _choose_column(self) -> None:
        column = self.columns.highlighted
        if column is not None and self.is_active:
            title = _("What is {column}?").format(column=_head(column))
            offered = list(choices(self._mapping, column, self.session.capabilities))
            ask(self.app, ChoiceDialog(title, offered), lambda name: self._say_column(column, name))

    @on(DataTable.RowSelected, "#words")
    def _choose_word(self) -> None:
        word = self.words.highlighted
        if word is not None and self.is_active:
            title = _("What does {word} mean?").format(word=sanitize(word.text, 40))
            offered = word_choices(self.session.capabilities)
            ask(self.app, ChoiceDialog(title, offered), lambda meaning: self._say_word(word, meaning))

    def action_not_used(self) -> None:
        """Writes nothing of the column under the cursor."""
        column = self.columns.highlighted
        if column is not None:
            self._say_column(column, NOT_USED)

    def action_no_others(self) -> None:
        """Writes nothing of the columns that are still open."""
        for column in self._mapping.of(Role.OPEN):
            self._said = say_column(self._said, self._mapping, column, NOT_USED)
        self._look()

    def action_say(self, meaning: str) -> None:
        """Says what the word under the cursor means."""
        word = self.words.highlighted
        if word is not None:
            self._say_word(word, meaning)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("not_used", "no_others"):
            return self.focused is self.columns
        if action == "say":
            return self.focused is self.words
        if action == "go_on":
            return self._looked is not None and self._looked.ready
        return True

    def _say_column(self, column: MappedColumn, name: str) -> None:
        self._said = say_column(self._said, self._mapping, column, name)
        self._look()

    def _say_word(self, word: Word, meaning: str) -> None:
        self._said = say_word(self._said, word.text, meaning)
        self._show(self._mapping)  # at once: the next key is for the next word
        self._look()

    def action_go_on(self) -> None:
        """Goes on with what was said, where nothing is open any more."""
        if self._looked is not None and self._looked.ready:
            self._said_before.keep(self._looked.mapping, self._said)
            self.dismiss(self._said)


def _head(column: MappedColumn) -> str:
    return sanitize(column.head, 40) or f"#{column.place + 1}"


def _is(column: MappedColumn) -> Text:
    """What a column is, and who says so."""
    if column.role is Role.OPEN:
        guess = _("not used") if column.suggestion == NOT_USED else column.suggestion.strip(OPEN_PLACE)
        guess = flag_name(Flag(guess)) if guess in tuple(Flag) else guess
        return Text(f"? {guess}?" if guess else _("? what is it"), _OPEN)
    if column.role is Role.UNUSED:
        return Text(_("not used"), "label")
    said, role = (_("said by you"), "strong.staged") if column.said else (_("by its name"), "bold")
    if column.name in tuple(Flag):
        return Text.assemble((flag_name(Flag(column.name)), role), (f"  {said}  {column.name}", "label"))
    return Text.assemble((column.name, role), (f"  {said}", "label"))


def _edit_words(edit: FieldEdit) -> str:
    if edit.kind is FieldKind.CONSENT:
        state = state_of(edit.value)
        return f"{flag_name(Flag(edit.name))} {state_glyph(state)} {state_name(state)}"
    return f"{sanitize(edit.name, 40)} = {shown_value(edit.name, edit.value or '', revealed=False, limit=40)}"
