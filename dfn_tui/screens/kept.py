"""What an earlier console had staged: looked at, taken up, or dropped."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from dfn_tui.screens.base import SessionScreen
from dfn_tui.screens.changes import after_text, before_text, field_title
from dfn_tui.screens.dialogs import ChoiceDialog, Dialog, NoticeDialog
from dfn_tui.screens.staged import edits_words
from dfn_tui.screens.tokens import UNLOCKED, UnlockDialog
from dfn_tui.screens.user.format import user_title
from dfn_tui.service.kept.left import STALE_AFTER, KeptFound, KeptSet, LeftEdits
from dfn_tui.service.records import UserChange
from dfn_tui.service.staging import Draft
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import spoken_time
from dfn_tui.widgets.buttons import Buttons
from dfn_tui.widgets.plain_text import PlainText

if TYPE_CHECKING:
    from dfn_tui.service.session import Session

TAKE, DROP = "take", "drop"
_MOST_SHOWN = 200  # users


class KeptDialog(Dialog[str]):
    """Dismissed with `TAKE` or `DROP`; with None it is left where it is, and the focus is on that."""

    AUTO_FOCUS = "#close"

    def __init__(self, kept: KeptSet, now: datetime, said: Sequence[str]) -> None:
        """`said` is what else is to be known of what was kept."""
        super().__init__(_("Staged before this console was started"))
        self._kept = kept
        self._now = now
        self._said = said

    def takes_typed_ahead(self) -> bool:
        return False  # what nobody has seen may be dropped here

    def body(self) -> ComposeResult:
        kept, ground = self._kept, self._kept.ground
        if kept.at is not None:
            yield PlainText(f"{set_words(kept, self._now)}.")
        for label, text in ((_("Reason: {text}"), ground.reason), (_("Evidence: {text}"), ground.evidence)):
            if text:
                yield PlainText(label.format(text=sanitize(text, 200)))
        with VerticalScroll(can_focus=True):
            yield PlainText(Text("\n").join(self._lines()), id="edits")
        yield PlainText(self._next(), classes="next-step")
        take = [(TAKE, _("Take up and review"))] if kept.fresh else []
        yield Buttons(("close", _("Not now")), *take, (DROP, _("Drop")))

    def _lines(self) -> list[Text]:
        kept, hours = self._kept, STALE_AFTER // timedelta(hours=1)
        lines = [line for draft in kept.fresh[:_MOST_SHOWN] for line in _user_lines(draft)]
        if kept.stale:
            words = _("▲ Older than {hours} hours, not to be sent any more:")
            lines.append(Text(words.format(hours=hours), "warn"))
            lines += [line for draft in kept.stale[:_MOST_SHOWN] for line in _user_lines(draft)]
        if len(kept.drafts) > _MOST_SHOWN:
            lines.append(Text("…"))
        return [*lines, *map(Text, (*kept.sent, *self._said))]

    def _next(self) -> str:
        if self._kept.fresh and self._kept.stale:
            return _("What is older is dropped when the rest is taken up.")
        if self._kept.fresh:
            return _("Before anything is sent, each user is compared with what was seen then.")
        return _("Nothing of this can be taken up: look the users up and stage it anew.")


def _changes(drafts: Sequence[Draft]) -> list[UserChange]:
    return [draft.change() for draft in drafts]


def _user_lines(draft: Draft) -> list[Text]:
    change = draft.change()
    lines = [user_title(change.identity, draft.record.name)]
    for item in change.fields:
        before, after = (values(item, revealed=False) for values in (before_text, after_text))
        lines.append(Text.assemble("  ", field_title(item, raw=False), "  ", before, " → ", after))
    return lines


def age_words(age: timedelta) -> str:
    """`2 h 5 min`; the sign of a time to come, by a clock that was set back, is not shown."""
    minutes = abs(age) // timedelta(minutes=1)
    if minutes < 60:
        return _("{minutes} min").format(minutes=minutes)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def set_words(kept: KeptSet, now: datetime) -> str:
    """What one console left, and how long ago, in a line."""
    if kept.at is None:
        return kept.sent[0] if kept.sent else _("nothing is left of these")
    words = _("{edits}, staged {age} ago ({time} KST)")
    edits, age = edits_words(_changes(kept.drafts)), age_words(now - kept.at)
    return words.format(edits=edits, age=age, time=spoken_time(kept.at))


def found_words(found: KeptFound, session: "Session") -> str:
    """What is kept, in a line; empty where nothing is."""
    if not found.sets:
        return found.said[0] if found.said else ""
    newest, *others = found.sets
    if others:
        words = _("Kept from before by {count} consoles, the newest {age} ago. F9 shows them.")
        at = max((one.at for one in found.sets if one.at is not None), default=session.clock())
        return words.format(count=len(found.sets), age=age_words(session.clock() - at))
    if newest.at is None:
        return newest.sent[0] if newest.sent else ""
    words = _("Kept from before: {edits}, staged {age} ago. F9 shows them.")
    age = age_words(session.clock() - newest.at)
    return words.format(edits=edits_words(_changes(newest.drafts)), age=age)


async def offer(screen: SessionScreen[None], left: LeftEdits) -> bool:
    """Shows what is kept, and does what is answered; whether edits were taken up. Where several consoles left
    some, one is chosen first. Called in a worker. Raises `ConsoleError`."""
    app, session = screen.app, screen.session
    while True:
        found = await left.look()
        if found.locked:
            name = session.connection.name
            if await app.push_screen_wait(UnlockDialog(name, found.said[0], for_token=False)) != UNLOCKED:
                return False
            continue
        if not found.sets:
            said = "\n".join(found.said) or _("Nothing is kept any more.")
            await app.push_screen_wait(NoticeDialog(_("Kept edits"), said))
            return False
        kept = await _chosen(screen, found)
        if kept is None:
            return False
        answer = await app.push_screen_wait(KeptDialog(kept, session.clock(), found.said))
        if answer == TAKE:
            await left.take_up(kept)
            return True
        if answer == DROP:
            await left.drop(kept)
        if len(found.sets) == 1:
            return False


async def _chosen(screen: SessionScreen[None], found: KeptFound) -> KeptSet | None:
    """The set to be looked at: the only one, or which the operator says."""
    if len(found.sets) == 1:
        return found.sets[0]
    now = screen.session.clock()
    title = _("{count} consoles left edits: which are looked at?").format(count=len(found.sets))
    choices = [(kept.id, set_words(kept, now)) for kept in found.sets]
    id = await screen.app.push_screen_wait(ChoiceDialog(title, choices))
    return next((kept for kept in found.sets if kept.id == id), None)
