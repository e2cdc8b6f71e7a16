"""How a change ended, as lines: what did not come out as asked first, then each change that was confirmed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from dfn_tui.consent.duties import Ground, has_duties, read_said, tell_until
from dfn_tui.consent.flags import Consents, Flag
from dfn_tui.consent.messages import channel_name
from dfn_tui.outcomes import Outcome
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
    outcome_text,
    value_text,
)
from dfn_tui.screens.user.format import user_title
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.service.change_format import outcome_role, outcome_words
from dfn_tui.service.changes.blocks import ChangeBlock, change_blocks, flag_of, reaches
from dfn_tui.service.changes.outcome import FieldResult, UserResult
from dfn_tui.service.changes.pipeline import Conflict
from dfn_tui.service.history import who
from dfn_tui.service.records import JournalError, UserChange
from dfn_tui.service.review import Review
from dfn_tui.service.types import Identity
from dfn_tui.text import _, ngettext, padded, sanitize
from dfn_tui.text.korea import korean_clock
from dfn_tui.widgets.lines import Page

SETTLED = (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.UNCHANGED)
"""Outcomes after which nothing is left to be sent."""
_INDENT = 4


class Proof(NamedTuple):
    """What vouches for the result: the journal's entries, the hash of the last one, who sent it and why."""

    entries: Sequence[int]
    digest: str
    operator: str
    reason: str


async def find_proof(journal: AsyncJournal, results: Sequence[UserResult], reason: str) -> Proof:
    """What the journal has of these. Why it cannot be read stands in the place of the hash."""
    entries = sorted(result.entry for result in results if result.entry is not None)
    digest = ""
    if entries:
        try:
            digest = await journal.digest(entries[-1])
        except JournalError as error:
            digest = error.title
    return Proof(entries, digest, who(journal.operator), reason)


def with_conflicts(results: Sequence[UserResult], conflicts: Iterable[Conflict]) -> list[UserResult]:
    """The results, and before them those who were left out because somebody else changed them."""
    found: dict[Identity, list[FieldResult]] = {}
    for one in conflicts:
        field = FieldResult(one.change, Outcome.CONFLICT, read_back=True, now=one.now)
        found.setdefault(one.user.identity, []).append(field)
    return [*(UserResult(user, tuple(fields)) for user, fields in found.items()), *results]


def counts_line(results: Sequence[UserResult], always: Collection[Outcome] = ()) -> Text:
    """`✓ 11 confirmed   ✗ 1 failed`: each outcome there is, and those that are told of in any case."""
    parts = []
    for outcome in Outcome:
        count = sum(result.outcome is outcome for result in results)
        if not count and outcome not in always:
            continue
        glyph, _space, words = outcome_words(outcome).partition(" ")
        style = f"strong.{outcome_role(outcome)}" if count else "label"
        said = _("{count} {outcome}").replace("{outcome}", words).partition("{count}")
        first, last = ((one, "bold" if count else "label") for one in said[::2])
        parts.append(Text.assemble((f"{glyph} ", style), first, (f"{count:,}", style), last))
    return Text("   ").join(parts)


def bar(results: Sequence[UserResult], width: int) -> Text:
    """How the users ended, as one bar; whoever did not come out as asked has a cell at least."""
    signs = {"ok": "█", "warn": "▒", "danger": "░"}
    users = dict.fromkeys(signs, 0)
    for result in results:
        users[outcome_role(result.outcome)] += 1
    total = max(len(results), 1)
    cells = {role: max(1, width * count // total) if count else 0 for role, count in users.items()}
    largest = max(cells, key=lambda role: cells[role])
    cells[largest] += width - sum(cells.values())
    return Text.assemble(*((signs[role] * max(cells[role], 0), role) for role in ("ok", "warn", "danger")))


def parts(results: Iterable[UserResult]) -> tuple[list[UserResult], list[UserResult]]:
    """Those that did not come out as asked, and the others."""
    failed: list[UserResult] = []
    settled: list[UserResult] = []
    for result in results:
        (settled if result.outcome in SETTLED else failed).append(result)
    return failed, settled


def next_words(
    settled: Sequence[UserResult], reviewed: Review, undoable: Sequence[int], left: int, *, left_out: bool
) -> Text:
    """What can be done now, with its keys, and by when who said so is to be told: these entries can be taken
    back, and of `left` users nothing."""
    undone = len(undoable)
    words = ngettext("undo {users} user, after a review", "undo {users} users, after a review", undone)
    words = words.format(users=f"{undone:,}")
    if left:
        more = ngettext(
            "{users} was never set: withdrawn for good", "{users} were never set: withdrawn for good", left
        )
        words = f"{words} · {more.format(users=f'{left:,}')}"
    lines = [("u", words)] if undone else []
    users = len(settled)
    words = ngettext(
        "receipt: since when, on what ground, by whom", "receipts: since when, on what ground, by whom", users
    )
    changed = (Outcome.CONFIRMED, Outcome.ACCEPTED)
    said = {one.identity for one in reviewed.changes if reviewed.ground_of(one) is Ground.EXPRESSED}
    told = sum(
        any(
            (flag := flag_of(field.change)) is not None and has_duties(flag) and field.outcome in changed
            for field in one.fields
        )
        for one in settled
        if one.identity in said
    )
    day = read_said(reviewed.expressed_on)
    if told and day is not None:
        more = ngettext(
            "tell {people} person the outcome by {day}", "tell {people} people the outcome by {day}", told
        )
        words = f"{words} · {more.format(people=f'{told:,}', day=tell_until(day))}"
    lines += [("t", words), ("enter", _("open the user at the cursor"))]
    lines += [("S", _("review again who was left out"))] if left_out else []
    lines += [("y Y e", _("copy the ids; copy the proof; write it to a file"))]
    lines += [("esc", _("back to where you were"))]
    return Text("\n").join(
        Text.assemble((padded(keys, 7), "bold"), (means, "label")) for keys, means in lines
    )


def read_back_at(results: Iterable[UserResult], *, seconds: bool = True) -> str:
    """When the last of them was read back; empty where none was."""
    times = [result.read_at for result in results if result.read_at is not None]
    return korean_clock(max(times), seconds=seconds) if times else ""


class ResultBuilder(PageBuilder):
    """Puts the pages of a result together."""

    def __init__(self, width: int, console: Console, name_of: NameOf, *, revealed: bool) -> None:
        super().__init__(width, console, name_of)
        self._revealed = revealed
        self._name_of = name_of

    def _title(self, user: Identity) -> Text:
        return user_title(user, self._name_of(user))

    def unsettled(self, results: Sequence[UserResult]) -> None:
        """Each way of not coming out as asked once, with its users."""
        alike: dict[str, list[UserResult]] = {}
        for result in results:
            alike.setdefault(repr(result.fields), []).append(result)
        for at, same in enumerate(alike.values()):
            if at:
                self.add()
            self._same(same, said=len(alike) == 1)

    def _same(self, same: Sequence[UserResult], *, said: bool) -> None:
        """Users who ended alike; `said`: how is known from the title already."""
        one, users = same[0], [result.identity for result in same]
        how = Text() if said else Text.assemble(outcome_text(one.outcome), "  ")
        if len(users) == 1:
            title = Text.assemble(how, self._title(users[0]))
            self.target(users[0], partial(_beside, Text(), title))
        elif not said:
            words = ngettext("{users} user", "{users} users", len(users)).format(users=f"{len(users):,}")
            self.add(Text.assemble(how, (words, "bold")))
        if one.outcome is Outcome.CONFLICT:
            self.wrap(Text(_("Nothing was sent: what is there now stands."), "label"))
        self._table(one)
        if len(users) > 1:
            self.users(users, _INDENT)

    def _table(self, one: UserResult) -> None:
        """What was seen, what is there now and what was wanted, field by field, and what was said of it."""
        name = self.width - _INDENT - 2 - 3 * STATE
        now = _("there now")
        if at := read_back_at([one], seconds=False):
            now = _("read {time}").format(time=at)
        heads = (_("was"), now, _("wanted"))
        self.add(
            Text.assemble(
                " " * (_INDENT + 2 + name), *(columns((Text(words, "label"), STATE)) for words in heads)
            )
        )
        for field in one.fields:
            self._field(field, name)
        for said in dict.fromkeys(_said(field) for field in one.fields):
            if said:
                self.wrap(Text(said, "label"), _INDENT)

    def _field(self, field: FieldResult, name: int) -> None:
        title = field_title(field.change, raw=False)
        glyph = Text(outcome_words(field.outcome)[:1], outcome_role(field.outcome))
        left = Text.assemble(" " * _INDENT, columns((glyph, 2)))
        if title.cell_len >= name:
            self.add(Text.assemble(left, title))
            left, title = Text(" " * (_INDENT + 2)), Text("")
        now = Text(_("not read"), "label")
        if field.read_back:
            now = value_text(field.change, field.now, revealed=self._revealed)
            now.stylize("bold")
        wanted = after_text(field.change, revealed=self._revealed)
        values = (before_text(field.change, revealed=self._revealed), now, wanted)
        self.add(Text.assemble(left, columns((title, name), *((value, STATE) for value in values))))

    def settled(self, results: Sequence[UserResult]) -> None:
        """Each change once, with its users by what they were before."""
        for outcome in SETTLED:
            same = [result for result in results if result.outcome is outcome]
            for block in change_blocks((one.identity, field.change) for one in same for field in one.fields):
                self._block(block, outcome)
            for said in dict.fromkeys(_said(field) for one in same for field in one.fields):
                if said:
                    self.wrap(Text(said, "label"), _INDENT)

    def _block(self, block: ChangeBlock, outcome: Outcome) -> None:
        glyph = Text(outcome_words(outcome)[:1], f"strong.{outcome_role(outcome)}")
        after = after_text(block.change, revealed=self._revealed, role="withdrawn")
        users = len(block.users)
        words = ngettext("{users} user", "{users} users", users).format(users=f"{users:,}")
        self.wrap(Text.assemble(glyph, " ", field_title(block.change), "  ", after, (f" · {words}", "label")))
        for row in block.rows:
            was = Text.assemble((_("was") + " ", "label"), before_text(row.change, revealed=self._revealed))
            was.append(f" · {len(row.users):,}" if len(block.rows) > 1 else "", "label")
            room = max(STATE + 10, min(was.cell_len + 2, self.width // 2))
            if users == 1:
                first = columns(("", 2), (was, room))
                self.target(row.users[0], partial(_beside, first, self._title(row.users[0])))
            else:
                self.users(row.users, room + 2, Text.assemble("  ", was), among=block.users)

    def each_user(self, results: Sequence[UserResult]) -> None:
        """A line for each field of each user."""
        who = min(40, self.width // 3)
        for result in results:
            for at, field in enumerate(result.fields):
                if at == 0:
                    self.target(result.identity, partial(self._edit, result.identity, field, who))
                else:
                    self.add(partial(self._edit, None, field, who))

    def _edit(self, user: Identity | None, field: FieldResult, who: int, on: object) -> Text:
        first = _pointed(self.user(user), on is True) if user is not None else Text("")
        glyph = Text(outcome_words(field.outcome)[:1], outcome_role(field.outcome))
        after = after_text(field.change, revealed=self._revealed)
        values = arrow(before_text(field.change, revealed=self._revealed), after)
        room = max(self.width - 2 - who - 2 * STATE - ARROW, 12)
        return Text.assemble(
            columns((glyph, 2), (first, who), (field_title(field.change, raw=False), room)), values
        )

    def proof(self, results: Sequence[UserResult], proof: Proof | None) -> None:
        """When it was read back, what the answers said, where it is journalled, by whom and why."""
        self.add()
        lines: list[Text] = []
        if at := read_back_at(results):
            remarks = {_said(field) for one in results for field in one.fields} - {""}
            said = _("the answers, a remark: accepted")
            if remarks:
                said = _("the answers, a remark: not all accepted, see above")
            lines.append(Text.assemble(_("read back {time}").format(time=at), (f" · {said}", "label")))
        if proof is not None and proof.entries:
            first, last = min(proof.entries), max(proof.entries)
            entries = str(first) if first == last else f"{first}–{last}"
            chain = " ".join(proof.digest[part : part + 4] for part in range(0, 12, 4))
            lines.append(
                Text.assemble(
                    _("journal {entries}, chain").format(entries=entries),
                    (f" {chain}", "bold"),
                    (f" · {proof.operator}", "label"),
                    (f" · {sanitize(proof.reason, 60)}" if proof.reason else "", "label"),
                )
            )
        left = Text(_("proof"), "label")
        for line in lines:
            for part in line.wrap(self._console, max(self.width - 8, 10)):
                self.add(Text.assemble(columns((left, 8)), part))
                left = Text("")

    def reach(
        self, changes: Sequence[UserChange], seen: Mapping[Identity, Consents], flags: Collection[Flag]
    ) -> None:
        """What may go out now to those for whom it was confirmed."""
        alike: dict[tuple[bool, int, int], list[str]] = {}
        for one in reaches(changes, lambda user: seen.get(user, {}), flags):
            alike.setdefault((one.night, one.users, one.after), []).append(channel_name(one.channel))
        for (night, users, after), channels in alike.items():
            words = _("after it: advertising by {channels} {goes}")
            if night:
                words = _("after it: advertising at night by {channels} {goes}")
            self.wrap(Text(words.format(channels=", ".join(channels), goes=goes_words(after, users))), 8)


def result_text(page: Page) -> str:
    """A page as text, for the clipboard."""
    return "\n".join((line if isinstance(line, Text) else line(None)).plain.rstrip() for line in page.lines)


def _beside(first: Text, title: Text, on: bool) -> Text:
    return Text.assemble(first, _pointed(title, on))


def _pointed(text: Text, on: bool) -> Text:
    if on:
        text = text.copy()
        text.stylize("cursor")
    return text


def _said(field: FieldResult) -> str:
    return sanitize(" ".join(filter(None, (field.code, field.message))), 300)
