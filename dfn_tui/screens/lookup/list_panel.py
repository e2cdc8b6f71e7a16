"""The list of a look-up in its frame: who is in it, what of them is shown, and what leaves it as a file."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from rich.text import Text
from textual import getters, on, work
from textual.app import ComposeResult
from textual.widgets import Input

from dfn_tui.consent.messages import flag_name
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.dialogs import ChoiceDialog, PathDialog, ask, copy
from dfn_tui.screens.lookup.exporting import write_rows
from dfn_tui.screens.lookup.many import ManyPanel
from dfn_tui.screens.lookup.messages import MarksChanged
from dfn_tui.screens.lookup.rows import AS_ASKED, BY_FINDINGS, BY_ID, BY_NAME, in_batches
from dfn_tui.screens.lookup.staging_panel import STAGING, users_words
from dfn_tui.screens.lookup.user_list import UserList
from dfn_tui.screens.messages import ErrorRaised
from dfn_tui.service.change_format import unreadable_count
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.format import snapshot_words
from dfn_tui.service.types import Identity
from dfn_tui.text import N_, _, ngettext, sanitize
from dfn_tui.text.korea import file_stamp, korean_clock
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.keys import FIND, KEEP, bindings, key


class ListPanel(ManyPanel):
    """Shows the users of a look-up; filters, sorts, copies, exports and reads them again."""

    BINDINGS = bindings(
        key(
            "slash",
            "filter",
            N_("Filter"),
            "list.filter",
            N_("Show only rows with these words"),
            shown_as="/",
            group=FIND,
        ),
        key("o", "sort", N_("Sort"), "list.sort", N_("Sort by a column"), group=FIND),
        key("y", "copy", N_("Copy"), "list.copy", N_("Copy the ids"), group=KEEP),
        key("e", "export", N_("Export"), "list.export", N_("Write the shown rows to a file"), group=KEEP),
        key("f5,R", "read", N_("Read again"), "list.read", N_("Read these users again"), group=KEEP),
    )

    enter_does = N_("To the rows")

    @property
    def idle(self) -> tuple[str, ...]:
        """What takes a row, where there is none."""
        if self.users.rows.shown or self.users.rows.marked:
            return ()
        return (
            *STAGING,
            "plan",
            "preflight",
            "copy",
            "watch",
            "export",
            *(() if self.users.rows.records else ("read", "filter", "sort")),
        )

    filter_field = getters.query_one("#filter", Field)

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._writes_seen: dict[Identity, int] = {}

    def compose(self) -> ComposeResult:
        yield UserList(self._session, id="users")
        yield Field(id="filter", placeholder=_("id, name, sms:given, finding, marked, staged, unknown"))

    def on_mount(self) -> None:
        self.filter_field.display = False
        self.border_subtitle = _legend(self._by_snapshot)
        if self._by_snapshot:
            self.set_interval(60, self.tell)  # its age is told
        self.tell()

    @property
    def _by_snapshot(self) -> bool:
        """Whether users can be shown from a snapshot only."""
        return not self._session.capabilities.read_by

    def say_again(self) -> None:
        """Says everything anew: in another language."""
        self.border_subtitle = _legend(self._by_snapshot)
        self.put([*self.users.rows.records.values()])

    # The rows.

    def begin(self, identities: Iterable[Identity] = ()) -> None:
        """Empties the list, for the users of another look-up."""
        self._writes_seen.clear()
        self._note_writes(identities)
        self.users.rows.begin()
        self._close_filter()
        self.users.empty = _("reading…")
        self.users.show()
        self.tell()

    def end(self, words: str) -> None:
        """Says in the place of rows, where there are none, that no more will be read."""
        self.users.empty = words
        self.users.show(keep=self.users.highlighted)

    def _note_writes(self, identities: Iterable[Identity]) -> None:
        """What is read from now on shows what was written to these users until now."""
        for identity in identities:
            self._writes_seen[identity] = self._session.writes_to(identity)

    def put(self, records: Iterable[UserRecord], *, known_alone: bool = False) -> None:
        """Adds users, or shows them as read again. `known_alone`: only those that have a row."""
        found = [one for one in records if not known_alone or one.identity in self.users.rows.records]
        self.users.rows.stale.difference_update(record.identity for record in found)
        kept = self.users.highlighted
        self.users.rows.put(found)
        self.users.show(keep=kept)
        self.tell()

    def put_again(self, record: UserRecord, writes: int) -> None:
        """Shows a user that somebody else read, before which there had been so many writes to them."""
        if record.identity in self._writes_seen:
            self._writes_seen[record.identity] = writes
            self.put([record], known_alone=True)

    def written_to(self) -> list[Identity]:
        """The users that were written to since they were read."""
        seen = self._writes_seen.items()
        return [identity for identity, writes in seen if self._session.writes_to(identity) != writes]

    def writes_seen(self, identity: Identity) -> int:
        """How often this session had written to that user when they were read."""
        return self._writes_seen.get(identity, 0)

    def next_user(self, identity: Identity) -> UserRecord | None:
        """Who is shown after that user; None where nobody is."""
        shown = self.users.rows.shown
        after = next((at for at, one in enumerate(shown, 1) if one.identity == identity), len(shown))
        return shown[after] if after < len(shown) else None

    @on(MarksChanged)
    def tell(self) -> None:
        """Says in the title how many there are of what, and when they were read."""
        counts, rows = self.users.rows.counts(), self.users.rows
        found = counts["ids"] - counts["failed"] - counts["unknown"]
        asked = max(len(self._writes_seen), counts["ids"])
        parts = [
            (ngettext("{n} id", "{n} ids", asked), asked, ""),
            (_("{n} found"), found, ""),
            (_("{n} unknown"), counts["unknown"], "strong.warn"),
            (_("{n} failed"), counts["failed"], "strong.danger"),
            (_("{n} marked"), counts["marked"], "bold"),
        ]
        views = [one.snapshot for one in rows.records.values() if one.snapshot is not None]
        if views:
            parts[1] = (_("{n} in the snapshot"), sum(view.kept for view in views), "")
        if rows.filter:
            parts.append((_("{n} shown"), len(rows.shown), "strong.staged"))
        title = Text.assemble((_("Users"), "bold"))
        for words, count, style in parts if rows.records else parts[:1]:
            if count or not style or words == _("{n} shown"):
                title.append(" · ", "label").append(words.format(n=f"{count:,}"), style)
        times = (record.read_at for record in rows.records.values() if record.failure is None)
        read = min(times, default=None)
        words = _("read {time}").format(time=korean_clock(read)) if read is not None else ""
        if views:
            words = snapshot_words(views[0], self._session.clock())
        self.say_title(title, Text(words, "label"))

    def unreadable_words(self) -> str:
        """Which fields could not be read, and of how many users."""
        return unreadable_count(self.users.rows.unreadable())

    # Finding.

    def action_filter(self) -> None:
        """Asks for words; rows without them are not shown."""
        self.filter_field.display = True
        self.filter_field.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        rows, kept = self.users.rows, self.users.highlighted
        if rows.filter != event.value.strip():
            rows.filter = event.value.strip()
            rows.arrange()
            if rows.records:
                self.users.empty = _("Nobody fits the filter. esc shows all.")
            self.users.show(keep=kept)
            self.tell()
            self.refresh_bindings()

    @on(Input.Submitted, "#filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.filter_field.display = bool(event.value.strip())
        self.users.focus()

    def leave_filter(self) -> bool:
        """Shows all rows again; says whether there was a filter."""
        had = self.filter_field.display or bool(self.users.rows.filter)
        self._close_filter()
        if had:
            self.users.focus()
        return had

    def _close_filter(self) -> None:
        self.filter_field.value = ""
        self.filter_field.display = False

    def action_sort(self) -> None:
        """Asks what to sort by; the same again turns the order round."""
        columns = [(BY_ID, _("id")), (BY_NAME, _("name")), (BY_FINDINGS, _("findings"))]
        columns += [(flag.value, flag_name(flag)) for flag in self._flags]
        columns.append((AS_ASKED, _("as asked for")))
        ask(self.app, ChoiceDialog(_("Sort by"), columns), self._sort)

    def _sort(self, by: str) -> None:
        kept = self.users.highlighted
        self.users.rows.sort(by)
        self.users.show(keep=kept)

    # Copying and reading again.

    def action_copy(self) -> None:
        """Copies the ids of the marked users, or of the one under the cursor."""
        if chosen := self._chosen():
            copy(self.app, "\n".join(record.identity.value for record in chosen))

    def action_export(self) -> None:
        """Asks for a path, and writes the shown rows to a new file there."""
        rows, now = [*self.users.rows.shown], self._session.clock()
        dialog = PathDialog(
            _("Export {users}").format(users=users_words(rows)),
            _("To a new file, with ids and names in it:"),
            _("Write"),
            f"users-{file_stamp(now)}.csv",
            partial(write_rows, rows, self._flags),
        )
        if rows:
            ask(self.app, dialog, self._written)

    def _written(self, path: Path) -> None:
        self.notify(_("Written to {path}.").format(path=sanitize(str(path))), markup=False)

    @work(group="read-again", exclusive=True)
    async def action_read(self) -> None:
        """Reads the marked users again, or all that are shown."""
        rows = self.users.rows
        records = rows.chosen(None) or rows.shown
        try:
            await self.read([record.identity for record in records])
        except ConsoleError as error:
            self.tell_trouble(error)

    def tell_trouble(self, error: ConsoleError) -> None:
        """Puts an expected error before the operator."""
        self.app.post_message(ErrorRaised(self._session, error))

    async def read(self, identities: Sequence[Identity]) -> None:
        """Reads these users again; until then their rows say so. Raises what a look-up raises."""
        if not identities:
            return
        self._note_writes(identities)
        self.users.rows.stale.update(identities)
        self.users.refresh()
        try:
            async for records in in_batches(self._session.look_up(identities)):
                self.put(records, known_alone=True)
        finally:
            self.users.rows.stale.difference_update(identities)
            self.users.refresh()


def _legend(by_snapshot: bool) -> Text:
    text = Text()
    written = [("~○", "warn", _("written since"))] if by_snapshot else []
    for glyph, role, words in (
        *written,
        ("●", "given", _("given")),
        ("○", "withdrawn", _("withdrawn")),
        ("?", "never", _("never set")),
        ("›○", "staged", _("staged")),
        ("▲", "warn", _("finding")),
    ):
        text.append(glyph, role).append(f" {words}  ", "label")
    text.right_crop(1)
    return text
