"""The users of a job whose change did not come out as wanted, as rows."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.text import Text
from textual.message import Message

from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import state_glyph, state_name, state_role
from dfn_tui.outcomes import Outcome
from dfn_tui.screens.bulk.format import LOOK_AT, Tally, tallies, tally_text
from dfn_tui.screens.paged_list import PagedList
from dfn_tui.service.bulk.input.records import shown_user
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.bulk.troubles import Trouble, troubles
from dfn_tui.service.change_format import outcome_words
from dfn_tui.service.history import state_of
from dfn_tui.service.records import FieldKind, UserRecord
from dfn_tui.service.types import Identity, Value
from dfn_tui.text import N_, _, sanitize
from dfn_tui.text.korea import korean_clock
from dfn_tui.widgets.keys import bindings, key
from dfn_tui.widgets.table import REST, Column

_GLYPH, _USER, _NAME, _NOW = 1, 18, 12, 14
_LEAST_FOR_NAMES, _LEAST_FOR_NOW = 100, 60  # columns


class Troubles(PagedList[Trouble]):
    """Those who failed come first. Enter asks for the user to be opened."""

    BINDINGS = bindings(key("o", "open", N_("Open user"), "job.user", N_("Read this user"), shown_as="Enter"))

    class UserOpened(Message):
        """That user is to be shown."""

        def __init__(self, identity: Identity) -> None:
            super().__init__()
            self.identity = identity

    def __init__(self, bulk: BulkSession, job: str) -> None:
        super().__init__()
        self.only: Outcome | None = None
        self._bulk = bulk
        self._session = bulk.session
        self._job = job
        self._records: dict[str, UserRecord] = {}
        self._read_at: datetime | None = None

    def ask(self) -> None:
        """Lists them."""
        self.begin()

    def say_counts(self, counts: Mapping[Outcome, int], *, live: bool) -> None:
        """Says above how many they are, and in their place that there are none."""
        kept = (Outcome.FAILED, *LOOK_AT)
        found = tallies({one: counts.get(one, 0) for one in kept})
        self.border_title = self._title(found, live=live)
        self.none = _("Nobody failed so far.") if live else _("Nobody failed, and nobody is to be looked at.")
        if not found and not self.table.items:
            self.said_text.say(self.none)
        if found and self._read_at is None and self._session.capabilities.read_by:
            self.border_subtitle = _("F5 reads names, and what is there now")

    def _title(self, found: Sequence[Tally], *, live: bool) -> Text:
        title = Text(" · ").join([tally_text([one]) for one in found]) if found else Text(_("Failures"))
        if self.only is not None:
            title.append(" · " + _("shown: {which}").format(which=outcome_words(self.only)), "label")
        if live and found:
            title.append(" · " + _("the job goes on"), "label")
        return title

    def columns(self, width: int) -> Sequence[Column[Trouble]]:
        columns = [
            Column("", _GLYPH, _glyph),
            Column(_("user"), min(_USER, width // 3), lambda one: Text(self._who(one), "bold")),
            Column(_("what happened"), REST, lambda one: Text(_short_words(one))),
            Column(_("there now"), _NOW, self._now),
        ]
        if width >= _LEAST_FOR_NAMES:
            columns.insert(2, Column(_("name"), _NAME, self._called))
        return columns if width >= _LEAST_FOR_NOW else columns[:-1]

    def key(self, item: Trouble) -> int:
        return item.user.number

    async def page(self, after: Trouble | None, limit: int) -> Sequence[Trouble]:
        journal = self._session.journal.path
        return await asyncio.to_thread(troubles, self._bulk.jobs, self._job, journal, after, limit, self.only)

    def detail(self, item: Trouble) -> Text:
        text = Text.assemble((f"{self._who(item)}: ", "bold"), what_words(item))
        now = self._now(item)
        return text.append("  " + _("there now: ")).append_text(now) if now.plain != "–" else text

    def open(self, item: Trouble) -> None:
        """Has the user opened."""
        self.post_message(self.UserOpened(item.user.identity))

    async def read_users(self) -> None:
        """Reads who is in the list, for names and for what is there now. Raises what opening raises."""
        listed = [one.user.identity for one in self.table.items]
        if not listed or not self._session.capabilities.read_by:
            return
        async for record in self._session.look_up(listed):
            self._records[record.identity.value] = record
            self._read_at = record.read_at
        if self._read_at is not None and self.is_attached:
            self.border_subtitle = _("read {clock}").format(clock=korean_clock(self._read_at))
            self.table.show(self.table.items)
            self._show_detail()

    def _who(self, one: Trouble) -> str:
        return shown_user(*one.user.identity)

    def _called(self, one: Trouble) -> Text:
        record = self._records.get(one.user.user)
        return Text(sanitize(record.name, 40) if record else "")

    def _now(self, one: Trouble) -> Text:
        """What is there now: as read a moment ago, or else as reading back showed it."""
        record = self._records.get(one.user.user)
        if record is not None and record.profile is not None:
            flags = [Flag(item.name) for item in one.user.group.changes if item.kind == FieldKind.CONSENT]
            found = [_state_text(record.consents.get(flag)) for flag in flags]
        else:
            consents = [field for field in one.shown if field.kind == FieldKind.CONSENT]
            found = [_state_text(state_of(field.now)) for field in consents]
            found += [_value_text(field.now) for field in one.shown if field not in consents]
        return Text(", ").join(found) if found else Text("–", "label")


def what_words(one: Trouble) -> str:
    """What happened to that user, in a sentence."""
    said = " ".join(filter(None, (one.ended.message, one.ended.code and f"({one.ended.code})")))
    return sanitize(said, 300) if one.ended.message else outcome_words(one.ended.outcome)


def _short_words(one: Trouble) -> str:
    """The same for a row: what is there now has a column of its own, or is said below."""
    if one.ended.outcome is Outcome.CONFLICT:
        return _("changed by someone else since the plan, not sent")
    return what_words(one)


def _glyph(one: Trouble) -> Text:
    glyphs = {Outcome.FAILED: ("✗", "danger"), Outcome.UNKNOWN: ("?", "warn")}
    return Text(*glyphs.get(one.ended.outcome, ("▲", "warn")))


def _state_text(state: State | None) -> Text:
    return Text(f"{state_glyph(state)} {state_name(state)}", state_role(state))


def _value_text(value: Value | None) -> Text:
    return Text(sanitize(str(value), 40) if value is not None else _("(none)"))
