"""The help of a screen: its keys by what they are for, and what the signs on the screens mean."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.events import Resize
from textual.widgets import Input

from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.text import N_, _
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import GROUPS, KnownKey, bindings, key, lowered
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from dfn_tui.service.context import ConnectionContext

_WIDTHS = (54, 100)
"""Columns from which on the keys stand in two columns, and in three."""
_BESIDE = 88
"""Columns from which on the two legends stand side by side."""
_NAMES = 8
"""Columns for the names of keys."""
_GLYPHS = (
    (Text("●", "given"), N_("given"), N_("the person said yes")),
    (Text("○"), N_("withdrawn"), N_("the person said no: the safe state")),
    (Text("?", "never"), N_("never set"), N_("not a no: messages may go out")),
    (Text("›○", "staged"), N_("staged"), N_("not sent yet")),
    (Text("▲", "warn"), N_("finding"), N_("two consents contradict, or look here")),
    (Text.assemble(("✓", "ok"), (" ✗", "danger")), N_("outcome"), N_("confirmed by reading back; failed")),
)
_STRIP = (
    (Text("━━━", "given"), N_("goes out")),
    (Text("╍╍╍", "warn"), N_("may go out without a yes")),
    (Text("···", "label"), N_("stays back")),
    (Text("   ", "night"), N_("night, 21:00–08:00 Korean time")),
    (Text("│"), N_("now")),
    (Text("✓"), N_("marked, left of an id")),
    (Text("◎", "staged"), N_("watched, left of an id; amber: changed")),
)
_NIGHT = N_(
    "Advertising between 21:00 and 08:00 Korean time needs a consent of its own, asked for separately and "
    "beforehand (Network Act 50(3)). A withdrawal never waits."
)
_NIGHT_TOO = N_("A no to the channel always holds. A yes to it, with a no to every channel: ask.")


class KeyLine(NamedTuple):
    """A key, or several of one meaning, and what they do."""

    names: str
    words: str


Groups = Sequence[tuple[str, Sequence[KeyLine]]]
"""What keys are for, and the keys."""


def grouped(keys: Iterable[KnownKey], wanted: str = "") -> Groups:
    """The keys by what they are for; only those that hold what is `wanted` in their name or words."""
    found: dict[str, dict[str, str]] = {group.description: {} for group in GROUPS}
    for one in keys:
        binding = one.binding
        words = lowered(_(binding.tooltip or binding.description))
        names = one.written
        said = f"{names} {words} {_(binding.description)}".casefold()
        if binding.group is not None and wanted.casefold() in said:
            lines = found[binding.group.description]
            lines[words] = f"{lines[words]} {names}" if words in lines else names
    return [
        (_(name), [KeyLine(names, words) for words, names in lines.items()])
        for name, lines in found.items()
        if lines
    ]


def key_columns(groups: Groups, width: int) -> Grid:
    """The groups one below the other, in as many columns as there is room for."""
    count = 1 + sum(width >= least for least in _WIDTHS)
    columns: list[list[tuple[str, Sequence[KeyLine]]]] = [[]]
    most = -(-sum(map(_height, groups)) // count)
    for group in groups:
        if columns[-1] and len(columns) < count and sum(map(_height, columns[-1])) + _height(group) > most:
            columns.append([])
        columns[-1].append(group)
    grid = Grid.grid(expand=True, padding=(0, 2, 0, 0))
    for _column in range(count):
        grid.add_column(ratio=1)
    grid.add_row(*(_key_column(column) for column in columns))
    return grid


def _height(group: tuple[str, Sequence[KeyLine]]) -> int:
    return len(group[1]) + 2


def _key_column(groups: Groups) -> Group:
    parts: list[Text | Grid] = []
    for name, lines in groups:
        grid = Grid.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=_NAMES)
        grid.add_column()
        for line in lines:
            grid.add_row(Text(line.names, "bold"), _text(line.words, "label"))
        parts += [Text(name, "bold"), grid, Text()]
    return Group(*parts)


def _text(words: str, style: str = "") -> Text:
    """In a table Rich cuts the last word of a line that a blank follows, where letters take two cells."""
    return Text(words, style, overflow="fold")


def legend(width: int) -> Group:
    """What the signs mean, and the night rule."""
    glyphs = Grid.grid(padding=(0, 2, 0, 0))
    for sign, name, about in _GLYPHS:
        glyphs.add_row(sign, Text(_(name)), _text(_(about), "label"))
    strip = Grid.grid(padding=(0, 2, 0, 0))
    for sign, name in _STRIP:
        strip.add_row(sign, Text(_(name)))
    parts = [Group(Text(_("Signs"), "bold"), glyphs), Group(Text(_("Strip of 24 hours"), "bold"), strip)]
    beside = Grid.grid(expand=True, padding=(0, 3, 0, 0))
    if width >= _BESIDE:
        beside.add_column(ratio=3)
        beside.add_column(ratio=2)
        beside.add_row(*parts)
    else:
        beside.add_row(parts[0])
        beside.add_row(Text())
        beside.add_row(parts[1])
    night = Grid.grid(padding=(0, 2, 0, 0))
    night.add_row(Text(_("Night"), "bold"), _text(_(_NIGHT)))
    night.add_row(Text(), Text(_(_NIGHT_TOO), "label"))
    return Group(Rule(style="faint"), beside, Rule(style="faint"), night)


class HelpScreen(ConsoleScreen[None]):
    """The help of a screen or a dialog, over it. A slash finds a key."""

    DEFAULT_CSS = """
    HelpScreen .panel { height: 1fr; }
    HelpScreen Field, HelpScreen Field:focus { width: 1fr; margin-bottom: 1; }
    HelpScreen #help { height: 1fr; }
    HelpScreen #page { height: auto; padding-right: 1; }
    """
    BINDINGS = bindings(
        key("escape,question_mark", "back", N_("Close"), "help.close", N_("Close the help")),
        key("slash", "find", N_("Find a key"), "help.find", N_("Show only keys with these words")),
        key("f1", "app.manual", N_("Help of the whole console"), "help.manual", N_("Open the manual")),
    )
    PLACE = N_("Help")
    AUTO_FOCUS = "#help"

    field = getters.query_one(Field)
    page = getters.query_one("#page", PlainText)

    def __init__(self, keys: Sequence[KnownKey], about: str, context: "ConnectionContext | None") -> None:
        """`keys` are those of the screen that the help is `about`."""
        super().__init__(context)
        self._keys = keys
        self._about = about

    def body(self) -> ComposeResult:
        with Vertical(classes="panel") as panel:
            panel.border_title = _("Keys here")
            panel.border_subtitle = Text(_("esc closes · ^p commands, as “stop sms”"))
            yield Field(placeholder=_("a key, or a word of what it does"), id="find")
            with VerticalScroll(id="help", can_focus=True):
                yield PlainText(id="page")

    def on_mount(self) -> None:
        self.field.display = False
        self.say_place(*filter(None, [self._about]))

    def on_resize(self, event: Resize) -> None:
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.query_one("#help").focus()

    def _show(self) -> None:
        """What fits the words that are looked for; the legend where none are."""
        wanted = self.field.value.strip() if self.field.display else ""
        width = self.size.width - 9  # the border, its padding, a scrollbar and what is beside it
        groups = grouped(self._keys, wanted)
        if wanted:
            self.page.update(key_columns(groups, width) if groups else _("No key of this screen does that."))
        else:
            self.page.update(Group(key_columns(groups, width), legend(width)))

    def action_find(self) -> None:
        """Asks for the words."""
        self.field.display = True
        self.field.focus()

    def action_back(self) -> None:
        """Closes what is looked for, and then the help."""
        if self.field.display:
            self.field.display = False
            self.field.value = ""
            self.query_one("#help").focus()
            self._show()
        else:
            super().action_back()
