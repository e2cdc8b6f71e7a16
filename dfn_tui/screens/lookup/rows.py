"""The users of a look-up: which of them are shown, in what order, and which are marked."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from dfn_tui.consent.flags import Flag, Purpose, State
from dfn_tui.consent.lints import Lint, lint
from dfn_tui.consent.messages import flag_label
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Identity
from dfn_tui.text import _, pgettext

AS_ASKED, BY_ID, BY_NAME, BY_FINDINGS = "asked", "id", "name", "findings"
"""What the rows can be sorted by, beside each flag."""


class UserRows:
    """Every user that was read, by identity, and the ones of them that the filter lets through."""

    def __init__(self, staged: Callable[[Identity], bool]) -> None:
        """`staged` says whether edits of that user are staged."""
        self.records: dict[Identity, UserRecord] = {}
        self.marked: set[Identity] = set()
        self.stale: set[Identity] = set()
        """Who is being read again."""
        self.shown: list[UserRecord] = []
        self.filter = ""
        self.sorted_by = AS_ASKED
        self.backwards = False
        self.findings: dict[Identity, tuple[Lint, ...]] = {}
        self._staged = staged
        self._texts: dict[Identity, str] = {}

    def begin(self) -> None:
        """Forgets everything but how it is sorted."""
        for one in (self.records, self.marked, self.stale, self.shown, self.findings, self._texts):
            one.clear()
        self.filter = ""

    def put(self, records: Iterable[UserRecord]) -> None:
        """Adds these, or shows them anew: a user may have been asked for twice."""
        for record in records:
            self.records[record.identity] = record
            self.findings[record.identity] = lint(record.shown_consents)
            self._texts.pop(record.identity, None)
            if record.failure is not None:
                self.marked.discard(record.identity)
        self.arrange()

    def arrange(self) -> None:
        """Filters and sorts anew."""
        found = [*self.records.values()]
        for word in self.filter.lower().split():
            found = [record for record in found if word in self._text(record) or self._is(record, word)]
        if self.sorted_by != AS_ASKED:
            found.sort(key=self._sort_key(), reverse=self.backwards)
        self.shown = found

    def sort(self, by: str) -> None:
        """Sorts by that; by the same once more: the other way round."""
        self.backwards = by == self.sorted_by != AS_ASKED and not self.backwards
        self.sorted_by = by
        self.arrange()

    def _sort_key(self) -> Callable[[UserRecord], Any]:
        by = self.sorted_by
        if by == BY_ID:
            return lambda record: record.identity.value
        if by == BY_NAME:
            return lambda record: (not record.name, record.name)
        if by == BY_FINDINGS:
            return lambda record: (not self.looks_odd(record), -len(self.findings[record.identity]))
        return lambda record: str(record.shown_consents.get(Flag(by), "~"))

    def looks_odd(self, record: UserRecord) -> bool:
        """Whether somebody should look at this user."""
        return bool(
            self.findings[record.identity]
            or record.failure
            or record.shown_unreadable
            or record.unknown_to_server
        )

    def _is(self, record: UserRecord, word: str) -> bool:
        """The words that stand for what changes from one moment to the next."""
        if word in ("marked", pgettext("filter", "marked")):
            return record.identity in self.marked
        return word in ("staged", pgettext("filter", "staged")) and self._staged(record.identity)

    def _text(self, record: UserRecord) -> str:
        """What the filter looks in: id, name, `sms:given`, the findings, and what is the matter."""
        known = self._texts.get(record.identity)
        if known is None:
            parts = [record.identity.value, record.name]
            parts += [f"{_short(flag)}:{_said(state)}" for flag, state in record.shown_consents.items()]
            parts += [one.text for one in self.findings[record.identity]]
            if self.findings[record.identity]:
                parts.append(_("finding"))
            if record.unknown_to_server:
                parts.append(_("unknown"))
            if record.failure is not None:
                parts += [_("failed"), record.failure.message]
            if record.shown_unreadable:
                parts += [_("unreadable"), *record.shown_unreadable]
            known = self._texts[record.identity] = "\n".join(parts).lower()
        return known

    def mark(self, identities: Iterable[Identity], on: bool) -> None:
        """Marks these users, or no longer. One that could not be read cannot be marked."""
        for identity in identities:
            if not on:
                self.marked.discard(identity)
            elif self.records[identity].failure is None:
                self.marked.add(identity)

    def mark_all(self) -> None:
        """All that are shown and known to the server; none where they are marked already."""
        able = [one.identity for one in self.shown if one.failure is None and not one.unknown_to_server]
        self.mark(able, not set(able) <= self.marked)

    def chosen(self, under_cursor: UserRecord | None) -> Sequence[UserRecord]:
        """Whom an action is for: the marked users in their order, or the one under the cursor."""
        if self.marked:
            return [record for record in self.records.values() if record.identity in self.marked]
        return [under_cursor] if under_cursor is not None and under_cursor.failure is None else []

    def found(self) -> Sequence[UserRecord]:
        """Those who are known to the server."""
        return [one for one in self.records.values() if one.consents and not one.unknown_to_server]

    def unreadable(self) -> Counter[str]:
        """Of how many users each field cannot be read."""
        return Counter(name for record in self.records.values() for name in record.unreadable)

    def counts(self) -> dict[str, int]:
        """How many there are of each kind that the title tells."""
        every = self.records.values()
        return {
            "ids": len(self.records),
            "failed": sum(one.failure is not None for one in every),
            "unknown": sum(one.unknown_to_server for one in every),
            "marked": len(self.marked),
        }


async def in_batches(
    found: AsyncIterator[UserRecord], size: int = 20, each: Callable[[], object] = lambda: None
) -> AsyncIterator[list[UserRecord]]:
    """The records so many at a time, so that a long list is not painted for each of them."""
    batch: list[UserRecord] = []
    async for record in found:
        each()
        batch.append(record)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _said(state: State) -> str:
    """A state as the filter names it: without a blank, which would end the word."""
    return {
        State.SUBSCRIBED: pgettext("filter", "given"),
        State.UNSUBSCRIBED: pgettext("filter", "withdrawn"),
        State.NEVER_SET: pgettext("filter", "never set"),
    }[state]


def _short(flag: Flag) -> str:
    """`sms`, `night-sms`, `info`: a flag as the filter names it."""
    if flag.purpose is Purpose.INFORMATIONAL:
        return _("info")
    channel = flag_label(flag)
    return _("night-{channel}").format(channel=channel) if flag.purpose is Purpose.NIGHT else channel
