"""The list of a look-up: a row a user, with every consent, the marks, and what is odd."""

from textual import events
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dfn_tui.consent.flags import Flag
from dfn_tui.screens.lookup.columns import MARGIN
from dfn_tui.screens.lookup.messages import MarksChanged, UserChosen, UserHighlighted
from dfn_tui.screens.lookup.row_painter import RowPainter, laid_out
from dfn_tui.screens.lookup.rows import UserRows
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import N_
from dfn_tui.widgets.keys import FIND, MARK, MOVE, bindings, key

HEAD = 2
"""Lines that stay above the rows."""


class UserList(ScrollView, can_focus=True):
    """Paints the rows that are in view, each by itself: a mark or a move sends a few cells."""

    BINDINGS = bindings(
        key("up,k", "move(-1)", N_("Up"), "list.up", N_("The user before"), show=False, group=MOVE),
        key("down,j", "move(1)", N_("Down"), "list.down", N_("The next user"), show=False, group=MOVE),
        key("pageup", "page(-1)", N_("Page up"), "list.page-up", N_("A page up"), show=False, group=MOVE),
        key(
            "pagedown",
            "page(1)",
            N_("Page down"),
            "list.page-down",
            N_("A page down"),
            show=False,
            group=MOVE,
        ),
        key("home,g", "move_to(0)", N_("First"), "list.first", N_("The first user"), show=False, group=MOVE),
        key("end,G", "move_to(-1)", N_("Last"), "list.last", N_("The last user"), show=False, group=MOVE),
        key("space", "mark", N_("Mark"), "list.mark", N_("Mark this user, or no longer"), group=MARK),
        key(
            "shift+up",
            "mark_to(-1)",
            N_("Mark up"),
            "list.mark-up",
            N_("Mark a range"),
            show=False,
            group=MARK,
        ),
        key(
            "shift+down",
            "mark_to(1)",
            N_("Mark down"),
            "list.mark-down",
            N_("Mark a range"),
            show=False,
            group=MARK,
        ),
        key(
            "asterisk",
            "mark_all",
            N_("All"),
            "list.all",
            N_("Mark all shown, or none"),
            shown_as="*",
            group=MARK,
        ),
        key("enter", "open", N_("Open"), "list.open", N_("Open this user"), shown_as="enter", group=FIND),
    )

    cursor = reactive(0, repaint=False)
    scrolls_far = False
    """Whether it scrolls by a third of its rows. Terminals scroll whole lines: where something stands beside
    the list, all of its rows are sent again, and that should not be so for each move."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        flags = tuple(flag for flag in Flag if flag in session.capabilities.flags)
        self.rows = UserRows(lambda identity: session.staging.edits_of(identity) > 0)
        self._painter = RowPainter(self.rows, session.staging, flags, session.watched)
        self.empty = ""
        """What stands in the place of rows where there are none."""

    @property
    def highlighted(self) -> UserRecord | None:
        """The user under the cursor."""
        shown = self.rows.shown
        return shown[self.cursor] if self.cursor < len(shown) else None

    @property
    def idle(self) -> tuple[str, ...]:
        """Without a row there is nobody to mark or to open."""
        return () if self.rows.shown else ("mark", "mark_all", "open")

    # What is shown.

    def show(self, *, keep: UserRecord | None = None) -> None:
        """Paints what the rows are now. The cursor stays with the user `keep`, where that is still shown."""
        self._painter.fit(self.size.width)
        shown = self.rows.shown
        self.virtual_size = Size(self.size.width, len(shown) + HEAD)
        if keep is not None:
            places = (at for at, one in enumerate(shown) if one.identity == keep.identity)
            self.cursor = next(places, min(self.cursor, max(len(shown) - 1, 0)))
        else:
            self.cursor = min(self.cursor, max(len(shown) - 1, 0))
        self.refresh()
        # By itself, not in the turn of whoever calls: Textual takes no message to the one who sent it.
        self.call_next(self._say_highlighted)

    def _say_highlighted(self) -> None:
        self.post_message(UserHighlighted())

    def repaint_row(self, at: int) -> None:
        """Paints one row again."""
        y = at + HEAD - self.scroll_offset.y
        if HEAD <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self, _event: events.Resize) -> None:
        self.show(keep=self.highlighted)
        self._into_view()

    def on_focus(self) -> None:
        self.repaint_row(self.cursor)

    def on_blur(self) -> None:
        self.repaint_row(self.cursor)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    # What the keys do.

    def action_move(self, by: int) -> None:
        """Moves the cursor by so many rows."""
        self.action_move_to(min(max(self.cursor + by, 0), max(len(self.rows.shown) - 1, 0)))

    def go_to(self, identity: Identity) -> None:
        """Moves the cursor to that user, where they are shown."""
        places = (at for at, one in enumerate(self.rows.shown) if one.identity == identity)
        self.action_move_to(next(places, self.cursor))

    def action_page(self, by: int) -> None:
        """Moves the cursor by a page."""
        self.action_move(by * max(self.size.height - HEAD - 1, 1))

    def action_move_to(self, place: int) -> None:
        """Moves the cursor to that row; -1 is the last."""
        before, self.cursor = self.cursor, place if place >= 0 else max(len(self.rows.shown) - 1, 0)
        if before != self.cursor:
            self.repaint_row(before)
            self.repaint_row(self.cursor)
            self._into_view()
            self.post_message(UserHighlighted())

    def _into_view(self) -> None:
        room = max(self.size.height - HEAD, 1)
        top = self.scroll_offset.y
        more = room // 3 if self.scrolls_far else 0
        if self.cursor < top:
            self.scroll_to(y=self.cursor - more, animate=False, force=True)
        elif self.cursor >= top + room:
            self.scroll_to(y=self.cursor - room + 1 + more, animate=False, force=True)

    def action_mark(self) -> None:
        """Marks the user under the cursor, or no longer, and goes on to the next."""
        record = self.highlighted
        if record is not None:
            self.rows.mark([record.identity], record.identity not in self.rows.marked)
            self._marked()
            self.action_move(1)

    def action_mark_to(self, by: int) -> None:
        """Marks the user under the cursor and the one it moves to."""
        for _step in range(2):
            if self.highlighted is not None:
                self.rows.mark([self.highlighted.identity], on=True)
            if not _step:
                self.action_move(by)
        self.refresh()
        self.post_message(MarksChanged())

    def action_mark_all(self) -> None:
        """Marks all that are shown, or none."""
        self.rows.mark_all()
        self.refresh()
        self.post_message(MarksChanged())

    def _marked(self) -> None:
        self.repaint_row(self.cursor)
        self.post_message(MarksChanged())

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the row that was clicked; a second click opens the user."""
        place = event.get_content_offset(self)
        row = place.y - HEAD + self.scroll_offset.y if place is not None and place.y >= HEAD else -1
        if 0 <= row < len(self.rows.shown):
            self.action_move_to(row)
            if event.chain == 2:
                self.action_open()

    def action_open(self) -> None:
        """Opens the user under the cursor."""
        if self.highlighted is not None:
            self.post_message(UserChosen())

    # How it is painted.

    def render_line(self, y: int) -> Strip:
        if y < HEAD:
            pieces = self._painter.head(y)
        elif y == HEAD and not self.rows.shown:
            pieces = [(MARGIN, self.empty, "label")]
        else:
            at = y - HEAD + self.scroll_offset.y
            pieces = self._painter.row(at, here=at == self.cursor, focused=self.has_focus)
        return laid_out(pieces, self.size.width, self.rich_style, self.app.console.get_style)
