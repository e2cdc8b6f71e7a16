"""What would be sent, as lines: each kind of change once, what it does, and what it would leave."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from dfn_tui.consent.messages import channel_name
from dfn_tui.consent.night import night_at
from dfn_tui.screens.changes import (
    ARROW,
    STATE,
    NameOf,
    PageBuilder,
    after_text,
    arrow,
    before_text,
    columns,
    field_title,
    goes_words,
)
from dfn_tui.screens.user.format import user_title
from dfn_tui.service.changes.blocks import (
    BlockRow,
    ChangeBlock,
    Contradiction,
    Reach,
    change_blocks,
    contradictions,
    flag_of,
    reaches,
)
from dfn_tui.service.records import FieldChange, UserChange
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _, ngettext
from dfn_tui.widgets.lines import Page

COUNT = 7
"""The width of the column of counts."""
SIDE = 26
"""The room to the right of a change, for how many users it is for or which."""


class Shown(NamedTuple):
    """What is reviewed: the changes by kind, what they do and what they leave. Made once, for all widths."""

    changes: Sequence[UserChange]
    blocks: Sequence[ChangeBlock]
    reach: Sequence[Reach]
    left: Sequence[Contradiction]
    notices: Sequence[str]
    """What else is to be read."""
    minutes: int
    """Until the night begins; 0 in the night."""


def shown_of(session: Session, changes: Sequence[UserChange], notices: Sequence[str]) -> Shown:
    """Puts together what the changes staged on that session do."""
    seen = session.staging.seen
    night = night_at(session.clock())
    return Shown(
        changes,
        change_blocks((change.identity, item) for change in changes for item in change.fields),
        reaches(changes, seen, session.capabilities.flags),
        contradictions(changes, seen),
        notices,
        0 if night.inside else night.minutes,
    )


def review_page(
    shown: Shown, width: int, console: Console, name_of: NameOf, *, revealed: bool, each: bool
) -> Page:
    """All of it; with `each` on a line for each user instead of one for each kind of change."""
    page = _ReviewBuilder(shown, width, console, name_of, revealed=revealed)
    page.head()
    if each:
        page.each_user()
    else:
        page.by_kind()
    page.after()
    return page.page()


class _ReviewBuilder(PageBuilder):
    def __init__(
        self, shown: Shown, width: int, console: Console, name_of: NameOf, *, revealed: bool
    ) -> None:
        super().__init__(width, console, name_of)
        self._shown = shown
        self._revealed = revealed
        self._solo = len(shown.changes) == 1
        self._left = 0 if self._solo else COUNT
        self._name_of = name_of

    def head(self) -> None:
        """Who it is about, where that is one person, and which entries it takes back."""
        if self._solo:
            user = self._shown.changes[0].identity
            self.add(user_title(user, self._name_of(user)))
        entries = [str(one.undo_of) for one in self._shown.changes if one.undo_of is not None]
        if entries:
            words = ngettext("undo of entry {entries}", "undo of entries {entries}", len(entries))
            self.wrap(Text(words.format(entries=", ".join(entries)), "label"))

    def by_kind(self) -> None:
        if self.wide:
            heads = (_("users") if self._left else "", _("consent"), _("now"), _("then"))
            self.add(self._line(*(Text(words, "label") for words in heads)))
        before = None
        for block in self._shown.blocks:
            if before is not None and before.grave and not block.grave:
                self.rule()
            elif before is not None and not self._solo and max(len(before.users), len(block.users)) > 1:
                self.add()
            self._block(block)
            before = block

    def _line(self, count: Text, name: Text, before: Text, after: Text, side: Text | str = "") -> Text:
        """A change on one line, where there is room."""
        name_wide = self.width - self._left - 2 * STATE - ARROW - SIDE
        return Text.assemble(
            columns((count, self._left)) if self._left else "",
            columns((name, name_wide)),
            columns((arrow(before, after), 2 * STATE + ARROW)) if before.plain else "",
            side,
        )

    def _block(self, block: ChangeBlock) -> None:
        users, alone = len(block.users), len(block.users) == 1
        title, change = field_title(block.change), block.change
        if block.grave:
            title.stylize("strong.danger", 0, len(field_title(change, raw=False)))
        count = Text(f"{users:>5,}", "bold")
        on_one_line = self.wide and flag_of(change) is not None
        if not on_one_line:
            self.add(Text.assemble(columns((count, self._left)) if self._left else "", title))
        for row in block.rows:
            side = self._side(row, among=len(block.rows) > 1, alone=alone)
            values = self._values(block, row)
            if on_one_line:
                self.add(self._line(count, title, *values, side))
                count = title = Text("")
            else:
                room = (self.width - self._left - 2 - ARROW - (0 if flag_of(change) is None else SIDE)) // 2
                wide = STATE if flag_of(change) is not None else room
                self.add(
                    Text.assemble(
                        " " * (self._left + 2), columns((arrow(*values, wide), 2 * wide + ARROW)), side
                    )
                )
        if block.grants_night:
            self._night_grant()
        if not self._solo and not alone:
            self.users(block.users, self._left)

    def _values(self, block: ChangeBlock, row: BlockRow) -> tuple[Text, Text]:
        role = "danger" if block.grants_night else "staged"
        before = before_text(row.change, revealed=self._revealed)
        return before, after_text(row.change, revealed=self._revealed, role=role)

    def _side(self, row: BlockRow, *, among: bool, alone: bool) -> Text:
        """How many of a block's users were so before, or which one it is for."""
        if self._solo:
            return Text("")
        if alone:
            return self.user(row.users[0])
        if not among:
            return Text("")
        words = ngettext("{users:>5,} user", "{users:>5,} users", len(row.users))
        return Text(words.format(users=len(row.users)), "label")

    def _night_grant(self) -> None:
        words = _("▲ a consent for 21:00–08:00: it counts at once")
        if self._shown.minutes:
            words = _("▲ a consent for 21:00–08:00: it counts in {minutes} min")
        self.wrap(Text(words.format(minutes=self._shown.minutes), "danger"), self._left + 2)

    def each_user(self) -> None:
        """A line for each edit, the user at the first of theirs."""
        who = 0 if self._solo else min(40, self.width // 3)
        for change in self._shown.changes:
            for at, item in enumerate(change.fields):
                self.add(partial(self._edit, change.identity, at, item, who))

    def _edit(self, user: Identity, at: int, item: FieldChange, who: int, _on: object) -> Text:
        [block] = change_blocks([(user, item)])
        [row] = block.rows
        left = columns((self.user(user) if at == 0 else "", who)) if who else Text("")
        title = field_title(row.change, raw=False)
        if block.grave:
            title.stylize("danger")
        wide = STATE if flag_of(row.change) is not None else (self.width - who) // 4
        values = arrow(*self._values(block, row), wide)
        room = self.width - who - 2 * wide - ARROW
        return Text.assemble(left, columns((title, max(room, 12))), values)

    def after(self) -> None:
        """What else is to be read, what it would leave contradictory, and what may go out once it is sent."""
        shown = self._shown
        if self.wide and (shown.reach or shown.left or shown.notices):
            self.rule()
        for words in shown.notices:
            self.wrap(Text(f"▲ {words}", "warn"))
        for left in shown.left:
            self._contradiction(left)
        alike: dict[tuple[object, ...], list[Reach]] = {}
        for one in shown.reach:
            alike.setdefault((one.night, one.users, one.now, one.after), []).append(one)
        for same in alike.values():
            self.wrap(self._reach(same))

    def _reach(self, same: Sequence[Reach]) -> Text:
        one = same[0]
        names = ", ".join(channel_name(each.channel) for each in same)
        words = _("after: advertising by {channels} by day {goes}")
        if one.night:
            words = _("after: advertising at night by {channels} {goes}")
        goes, now = goes_words(one.after, one.users), _("not readable")
        if one.now is not None:
            now = goes_words(one.now, one.users) if one.users == 1 else f"{one.now.may:,}"
        text = Text(words.format(channels=names, goes=goes))
        return text.append(" " + _("(now {now})").format(now=now), "label")

    def _contradiction(self, left: Contradiction) -> None:
        words = ngettext("{users} user: {finding}", "{users} users: {finding}", len(left.users))
        text = left.text if self._solo else words.format(users=f"{len(left.users):,}", finding=left.text)
        self.wrap(Text(f"▲ {text}", "warn"))
        if left.left is not None:
            self.add(Text.assemble("  ", ("a", "bold"), " ", (_("withdraw that too"), "label")))
        if not self._solo and len(left.users) < len(self._shown.changes):
            self.users(left.users, 2)
