"""How one consent is spread over the users of the list: now, and after what is staged."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from dfn_tui.consent.flags import Channel, Consents, Flag, State
from dfn_tui.consent.messages import channel_name, flag_name, state_name
from dfn_tui.consent.night import BEGINS, ENDS, night_at
from dfn_tui.consent.sending import Delivery, may_advertise
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Identity
from dfn_tui.text import _, padded

Staged = Mapping[Identity, Consents]

_HEAD = 9
_SHOWN = (
    (State.SUBSCRIBED, "█", "given"),
    (State.NEVER_SET, "▒", "never"),
    (State.UNSUBSCRIBED, "░", "label"),
)
_SOON = 30
"""Minutes before the night in which it is told in amber."""


class Spread(Widget, can_focus=False):
    """Two bars: how many gave the consent, never said, and withdrew."""

    words: reactive[tuple[Flag, tuple[Mapping[State, int], Mapping[State, int]]] | None] = reactive(None)

    def show(self, flag: Flag, records: Iterable[UserRecord], staged: Staged) -> None:
        """Shows how that consent is spread over these users."""
        self.words = (flag, spread(flag, records, staged))

    def render(self) -> RenderResult:
        if self.words is None:
            return Text()
        flag, (now, after) = self.words
        total = sum(now.values())
        head = _("{consent} in this list of {count}")
        named = flag_name(flag)
        text = Text(no_wrap=True)
        text.append(head.format(consent=named[:1].upper() + named[1:], count=f"{total:,}"), "bold")
        changed = now != after
        width = max(self.size.width - _HEAD, 10)
        for words, role, counts in ((_("now"), "label", now), (_("after"), "staged", after)):
            text.append("\n")
            if words == _("now") or changed:
                text.append(padded(words, _HEAD), role).append_text(_bar(counts, total, width))
        text.append("\n" + " " * _HEAD)
        for state, block, role in _SHOWN:
            count = f"{now.get(state, 0):,}"
            count += f"→{after.get(state, 0):,}" if changed else ""
            count = count.ljust(2 * len(f"{total:,}") + 1)  # what stands behind it stays in its place
            text.append(block, role).append(f" {state_name(state)} ", "label").append(f"{count}   ")
        return text


def spread(
    flag: Flag, records: Iterable[UserRecord], staged: Staged
) -> tuple[Mapping[State, int], Mapping[State, int]]:
    """How many of those who can be read are in each state of a consent, now and after what is staged."""
    now: Counter[State] = Counter()
    after: Counter[State] = Counter()
    for record in records:
        if (state := record.consents.get(flag)) is not None:
            now[state] += 1
            after[staged.get(record.identity, {}).get(flag, state)] += 1
    return now, after


def _bar(counts: Mapping[State, int], total: int, width: int) -> Text:
    bar = Text()
    end = done = 0
    for state, block, role in _SHOWN:
        end += counts.get(state, 0)
        upto = round(width * end / total) if total else 0
        bar.append(block * (upto - done), role)
        done = upto
    return bar


def night_sentence(
    records: Collection[UserRecord], channel: Channel, now: datetime, flags: Collection[Flag]
) -> Text:
    """To how many advertising may go out at this moment, and after the next change of day and night."""
    night = night_at(now)
    then = now + night.changes_in
    counts = [_reached(records, channel, at, flags) for at in (now, then)]
    text = Text(no_wrap=True, overflow="ellipsis")
    if not night.inside and night.minutes <= _SOON:
        words = _("From {time} the night consent counts too.")
        text.append(words.format(time=f"{BEGINS:%H:%M}") + " ", "strong.warn")
    words = _("Of {users} users {now} may get {channel} advertising now, {then} after {time}.")
    text.append(
        words.format(
            users=f"{len(records):,}",
            now=f"{counts[0]:,}",
            then=f"{counts[1]:,}",
            channel=channel_name(channel),
            time=f"{ENDS if night.inside else BEGINS:%H:%M}",
        ),
        "label",
    )
    return text


def changes_after(now: datetime) -> timedelta:
    """How long the sentence holds: until the night begins or ends, or is told to be near."""
    night = night_at(now)
    near = night.changes_in - timedelta(minutes=_SOON)
    return near if near > timedelta(0) and not night.inside else night.changes_in


def _reached(records: Iterable[UserRecord], channel: Channel, at: datetime, flags: Collection[Flag]) -> int:
    return sum(
        any(one.channel is channel and one.answer is not Delivery.NO for one in verdicts)
        for verdicts in (may_advertise(record.consents, at, flags) for record in records)
    )


def most_staged(staged: Iterable[Consents], flags: Collection[Flag], last: Flag | None = None) -> Flag:
    """The consent that is staged most often; where none is, the `last` one, or advertising by SMS."""
    counts = Counter(flag for consents in staged for flag in consents)
    first = last or (Flag.MKT_SMS if Flag.MKT_SMS in flags else next(iter(flags)))
    return max(counts, key=lambda flag: counts[flag], default=first)
