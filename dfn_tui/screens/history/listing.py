"""The list of journal entries that the history of all and the history of one user share."""

from collections.abc import Sequence

from rich.text import Text
from textual import work

from dfn_tui.consent.messages import short_name, state_glyph
from dfn_tui.screens.base import LOOK_EVERY, is_seen
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.change_format import ended_words, outcome_role, value_words
from dfn_tui.service.changes.blocks import flag_of
from dfn_tui.service.history import ref_words, state_of, user_of, who
from dfn_tui.service.records import Entry, FieldChange, FieldKind, Filter, JournalError
from dfn_tui.service.session import Session
from dfn_tui.text import N_, _, sanitize
from dfn_tui.text.korea import korean_time
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.table import REST, Column

WIDE = 100
"""Beyond this width there is room for the year, the operator and the connection."""


class HistoryList(PagedList[Entry]):
    """Newest first. `ask` says which ones are listed. What is written while it is seen comes by itself."""

    BINDINGS = bindings(
        key("o", "open", N_("Open"), "history.open", N_("Open this entry"), shown_as="enter o")
    )

    def __init__(self, journal: AsyncJournal, session: Session | None, *, users: bool) -> None:
        """`session` is the one the history was opened from; `users`: whether a column names the user."""
        super().__init__()
        self._journal = journal
        self._session = session
        self._users = users
        self._asked: Filter | None = None
        self._length = 0
        """How far the journal went when it was read."""

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY, self._look_whether_written)

    def _look_whether_written(self) -> None:
        if self._asked is not None and self.display and is_seen(self.screen) and not self._is_reading:
            self._read_what_was_written()

    @work(exclusive=True, group="written")
    async def _read_what_was_written(self) -> None:
        try:
            written = await self._journal.length() != self._length
        except JournalError:
            return  # it says so where it is read
        if written and not self._is_reading:
            self.look_again()

    def ask(self, wanted: Filter, none: str) -> None:
        """Lists the entries that fit; `none` is said where there is none."""
        if (wanted, none) == (self._asked, self.none):
            self.look_again()
        else:
            self._asked, self.none = wanted, none
            self.begin()

    def forget(self) -> None:
        """Lists nothing, and drops what is being read."""
        self._asked = None
        if self._reading is not None:
            self._reading.cancel()
        self.table.show(())

    def columns(self, width: int) -> Sequence[Column[Entry]]:
        """Those that fit: what has no column of its own stands below the table, for the row at the cursor."""
        wide = width > WIDE
        time = slice(0, 16) if wide else slice(5, 16)
        found: list[Column[Entry]] = [
            Column(_("no."), 5, lambda entry: Text(str(entry.seq))),
            Column(_("time (KST)"), 16 if wide else 11, lambda entry: Text(korean_time(entry.at)[time])),
        ]
        if self._users:
            found.append(Column(_("user"), 20, self._user) if wide else Column(_("user"), 12, _id))
        found += [Column(_("what"), REST, _what), Column(_("outcome"), 12, _outcome)]
        if wide:
            found.append(Column(_("operator"), 10, _operator))
            found.append(
                Column(_("connection"), 12, lambda entry: Text(sanitize(entry.intent.connection, 60)))
            )
        return found

    def key(self, item: Entry) -> object:
        return item.seq

    async def page(self, after: Entry | None, limit: int) -> Sequence[Entry]:
        if self._asked is None:
            return ()
        if after is None:  # before it is read: what is written meanwhile is read again
            self._length = await self._journal.length()
        return await self._journal.find(self._asked, limit=limit, before_seq=after.seq if after else None)

    def detail(self, item: Entry) -> Text:
        """The row under the cursor once more, with what had no column: two lines."""
        intent = item.intent
        first = [korean_time(item.at), self._user(item).plain, who(intent.operator)]
        second = [sanitize(intent.connection, 30)]
        if intent.undo_of is not None:
            second.append(_("undo of entry {seq}").format(seq=ref_words(intent.undo_of)))
        if intent.incident and intent.incident not in intent.reason.split():
            second.append(sanitize(intent.incident, 64))
        if intent.reason:
            second.append(sanitize(intent.reason, 120))
        return Text("\n").join(
            Text(" · ".join(line), no_wrap=True, overflow="ellipsis") for line in (first, second)
        )

    def _user(self, entry: Entry) -> Text:
        """The id, with the name where it is known."""
        intent, user = entry.intent, user_of(entry.intent)
        text = _id(entry)
        here = self._session is not None and self._session.connection.name == intent.connection
        name = self._session.name_of(user) if self._session and here and user is not None else ""
        return text.append(f" {sanitize(name, 30)}", "label") if name else text

    def open(self, item: Entry) -> None:
        from dfn_tui.screens.history.entry import EntryScreen  # noqa: PLC0415  not needed for the first paint

        self.app.push_screen(EntryScreen(self._journal, item, self._session))


def _what(entry: Entry) -> Text:
    """`↶3 +2 ● → ○ SMS  mkt_sms_flag`: the undo of entry 3, one change and two more."""
    changes = entry.intent.changes
    words = Text(f"↶{ref_words(entry.intent.undo_of)} " if entry.intent.undo_of is not None else "")
    if not changes:
        return words
    flag = flag_of(changes[0])
    if len(changes) > 1:
        words.append(f"+{len(changes) - 1} ")
    words.append_text(_short(changes[0]))
    return words.append(f"  {flag.value}", "label") if flag is not None else words


def _short(change: FieldChange) -> Text:
    flag, name = flag_of(change), sanitize(change.name, 40)
    if change.kind == FieldKind.CONSENT:
        values = f"{state_glyph(state_of(change.before))} → {state_glyph(state_of(change.after))}"
        return Text(f"{values} {short_name(flag) if flag is not None else name}")
    if change.after is None:
        return Text(_("{name} deleted").format(name=name), "danger")
    return Text(f"{name} → {value_words(change, change.after, revealed=False, limit=20)}")


def _id(entry: Entry) -> Text:
    return Text(sanitize(entry.intent.subject.value, 60))


def _outcome(entry: Entry) -> Text:
    ending = entry.outcome.outcome if entry.outcome else None
    words = _("… open")
    if ending:  # the column is narrow
        words = ended_words(ending, in_snapshot=entry.in_snapshot).partition(",")[0]
    return Text(words, outcome_role(ending) if ending else "danger")


def _operator(entry: Entry) -> Text:
    operator = entry.intent.operator
    return Text(sanitize(operator.sudo_user or operator.user, 60))
