"""Changes and their results as lines: what is the same for many users is shown once, with their ids."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dfn_tui.consent.messages import flag_name, state_role
from dfn_tui.consent.sending import Delivery, delivery_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import before_words, ended_words, outcome_role, value_words
from dfn_tui.service.changes.blocks import Reached, flag_of
from dfn_tui.service.history import state_of
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.service.types import Identity, Value
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.lines import Line, Page, Spot

NameOf = Callable[[Identity], str]
"""What a user is called; empty where that is not known."""

WIDE = 96
"""From so many columns on, a change stands on one line."""
STATE = 16
"""The width of a column of states."""
ARROW = 2
NAME = 16
"""So many columns of a name are shown where many stand beside each other."""


def columns(*cells: tuple[str | Text, int]) -> Text:
    """These texts beside each other, each filled up to its width, or cut to it."""
    line = Text()
    for cell, width in cells:
        text = cell.copy() if isinstance(cell, Text) else Text(cell)
        text.truncate(width - 1, overflow="ellipsis")
        line.append_text(text).append(" " * (width - text.cell_len))
    return line


def field_title(item: FieldChange, *, raw: bool = True) -> Text:
    """What is changed by its meaning, and a consent's own name dim beside it."""
    flag = flag_of(item)
    if flag is None:
        return Text(sanitize(item.name, 60), "bold")
    title = Text(flag_name(flag), "bold")
    return Text.assemble(title, (f"  {flag.value}", "label")) if raw else title


def value_text(item: FieldChange, value: Value | None, *, revealed: bool, strong: str = "") -> Text:
    """A value in its colour, or in that one."""
    words = value_words(item, value, revealed=revealed)
    role = state_role(state_of(value)) if item.kind == FieldKind.CONSENT else ""
    return Text(words, strong or role)


def before_text(item: FieldChange, *, revealed: bool) -> Text:
    """What a field was before a change of it, where that is known."""
    words = before_words(item, revealed)
    known = item.readable and item.kind == FieldKind.CONSENT
    return Text(words, state_role(state_of(item.before)) if known else "" if item.readable else "label")


def after_text(item: FieldChange, *, revealed: bool, role: str = "staged") -> Text:
    """What a field is to be, or that it is to be deleted."""
    if item.after is None:
        return Text(_("✗ deleted"), "strong.danger")
    return value_text(item, item.after, revealed=revealed, strong=f"strong.{role}")


def arrow(before: Text, after: Text, width: int = STATE) -> Text:
    """`● given  → ○ withdrawn`, in columns."""
    line = columns((before, width), (Text("→", "label"), ARROW))
    return line.append_text(after)


def goes_words(reached: Reached, users: int) -> str:
    """To how many of the users a message may go out. Of one it is said as beside the strip of their day."""
    if users == 1:
        answer = Delivery.YES if reached.sure else Delivery.MAY if reached.may else Delivery.NO
        return delivery_name(answer)
    return _("may go out to {may} of the {users}").format(may=f"{reached.may:,}", users=f"{users:,}")


def outcome_text(outcome: Outcome, *, in_snapshot: bool = False) -> Text:
    """How something ended, in its colour."""
    return Text(ended_words(outcome, in_snapshot=in_snapshot), f"strong.{outcome_role(outcome)}")


class PageBuilder:
    """Puts a page together, line by line, for a width."""

    def __init__(self, width: int, console: Console, name_of: NameOf) -> None:
        self.width = width
        self.wide = width >= WIDE
        self._console = console
        self._name_of = name_of
        self._lines: list[Line] = []
        self._spots: list[Spot] = []

    def page(self) -> Page:
        return Page(self._lines, self._spots)

    def add(self, line: Line = Text("")) -> None:  # noqa: B008  an empty line, never changed
        self._lines.append(line)

    def rule(self) -> None:
        self.add(Text("─" * self.width, "faint"))

    def wrap(self, text: Text, indent: int = 0) -> None:
        """A sentence, on as many lines as it needs."""
        for line in text.wrap(self._console, max(self.width - indent, 10)):
            self.add(Text.assemble(" " * indent, line))

    def user(self, user: Identity) -> Text:
        """An id with the name beside it."""
        name = self._name_of(user)
        text = Text(sanitize(user.value, 60), "")
        return Text.assemble(text, (f" {sanitize(name, 30)}", "label")) if name else text

    def target(self, user: Identity, line: Callable[[bool], Text], column: int = 0) -> None:
        """A line about a user, made when it is seen: it is told whether the cursor is on it."""
        self._spots.append(Spot(len(self._lines), column, user))
        self.add(lambda at: line(at == user))

    def users(
        self,
        users: Sequence[Identity],
        indent: int = 0,
        first: Text | None = None,
        among: Sequence[Identity] = (),
    ) -> None:
        """The ids with their names in as many columns as fit, `first` left of the first line. All lists of
        users who are `among` the same ones have columns alike."""
        longest = max(cell_len(sanitize(one.value, 60)) for one in among or users)
        name = max(cell_len(sanitize(self._name_of(one), 30)) for one in among or users)
        room = max(self.width - indent, 10)
        across = max(1, room // (longest + min(name, NAME) + 4))
        wide = room // across
        for at in range(0, len(users), across):
            row = users[at : at + across]
            self._spots += [Spot(len(self._lines), column, user) for column, user in enumerate(row)]
            left = first if first is not None and at == 0 else Text("")
            self.add(partial(self._row, row, wide, indent, left))

    def _row(self, row: Iterable[Identity], wide: int, indent: int, left: Text, on: object) -> Text:
        line = columns((left, indent)) if indent else Text()
        for user in row:
            cell = self.user(user)
            cell.truncate(wide - 1, overflow="ellipsis")
            gap = " " * (wide - cell.cell_len)
            if user == on:
                cell.stylize("cursor")
            line.append_text(cell).append(gap)
        return line
