"""A snapshot and its users in words: the same on a screen and in a command's output."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from dfn_tui.api.types import Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import short_name, state_glyph, state_name
from dfn_tui.outcomes import Outcome
from dfn_tui.service.snapshots.snapshots import SnapshotStatus
from dfn_tui.service.snapshots.taking import TakingProgress
from dfn_tui.service.snapshots.view import FLAG_OF, LaterWrite, SnapshotView
from dfn_tui.store.snapshot import SnapshotHead
from dfn_tui.text import _, ngettext, padded, sanitize, width
from dfn_tui.text.korea import korean_clock, korean_date, spoken_time

_HOUR = timedelta(hours=1)


def age_words(began: datetime, now: datetime) -> str:
    """`as of 14:02, 31 min ago`: when the export began, and how long that is ago."""
    at = korean_clock(began) if korean_date(began) == korean_date(now) else spoken_time(began)
    age = now - began
    minutes = int(age / timedelta(minutes=1))
    if age < timedelta(minutes=1):
        ago = _("just now")
    elif age < _HOUR:
        ago = _("{minutes} min ago").format(minutes=minutes)
    else:
        ago = _("{hours} h {minutes} min ago").format(hours=minutes // 60, minutes=minutes % 60)
    return _("as of {time}, {ago}").format(time=at, ago=ago)


def snapshot_words(view: SnapshotView, now: datetime) -> str:
    """`snapshot as of 14:02, 31 min ago`, for where it is shown."""
    if view.as_of is None:
        return _("the snapshot cannot be read")
    return _("snapshot {age}").format(age=age_words(view.as_of, now))


def view_words(view: SnapshotView, now: datetime) -> str:
    """What is to be known of a user's view before anything else, in a line."""
    if not view.kept:
        return view.why
    if not view.flags_later or view.as_of is None:
        return _("from a {snapshot}").format(snapshot=snapshot_words(view, now))
    later = [
        f"~ {short_name(flag)}: {later_words(view.later[flag.value])}" for flag in sorted(view.flags_later)
    ]
    return " · ".join(later)


def later_words(later: LaterWrite) -> str:
    """What became of a write that the export cannot have known."""
    at = korean_clock(later.at)
    if later.outcome is Outcome.ACCEPTED:
        return _("accepted {time}, after the snapshot").format(time=at)
    return _("sent {time}, after the snapshot, and its outcome is unknown").format(time=at)


def flag_words(view: SnapshotView, flag: Flag) -> str:
    """What is known of a consent: this host's later write where there is one, else what the export said."""
    later = view.later.get(flag.value)
    if later is not None and isinstance(later.value, str):
        state = State(later.value)
        return f"{state_glyph(state)} {state_name(state)} ({later_words(later)})"
    if flag.value in view.unreadable:
        return f"– {_('not readable: {why}').format(why=view.unreadable[flag.value])}"
    state_seen = view.consents.get(flag)
    return f"{state_glyph(state_seen)} {state_name(state_seen)}" if state_seen else "–"


def value_now(view: SnapshotView, name: str) -> Value | None:
    """The value of a property as far as it is known: as `flag_words`."""
    later = view.later.get(name)
    return later.value if later is not None else view.properties.get(name)


def property_words(view: SnapshotView, name: str, shown: str) -> str:
    """A property as it is `shown`, with what is to be known of it."""
    if name in view.later:
        return f"{shown} ({later_words(view.later[name])})"
    if name in view.unreadable:
        return _("not readable: {why}").format(why=view.unreadable[name])
    return shown


def progress_words(at: TakingProgress) -> str:
    """How far a snapshot is."""
    if at.waiting:
        return _("Waiting {seconds} s, then another export: {reason}").format(
            seconds=round(at.waiting), reason=sanitize(at.reason)
        )
    return _("{rows} rows, {rate} a second").format(rows=f"{at.rows:,}", rate=f"{at.rate:,.0f}")


def confirmed_words(count: int) -> str:
    """How many changes a new snapshot shows that nobody had seen before."""
    return ngettext(
        "{count} change that was accepted before is seen in it, and confirmed.",
        "{count} changes that were accepted before are seen in it, and confirmed.",
        count,
    ).format(count=f"{count:,}")


def head_lines(head: SnapshotHead, now: datetime, *, glyphs: bool = False) -> Iterator[str]:
    """What a snapshot holds, line by line; with `glyphs` in the signs of the screens: they take less room."""
    users = ngettext("{count} user", "{count} users", head.users).format(count=f"{head.users:,}")
    whom = _("everybody") if head.audience is None else sanitize(head.audience, 60)
    yield _("{users}, {age}; audience: {whom}").format(users=users, age=age_words(head.began, now), whom=whom)
    yield _("exported {began}–{ended} (KST), deleted {expires}").format(
        began=spoken_time(head.began), ended=korean_clock(head.ended), expires=spoken_time(head.expires)
    )
    names = {column: short_name(FLAG_OF[column]) for column in head.consents}
    wide = max(map(width, names.values()), default=0)
    for column, name in names.items():
        yield f"  {padded(name, wide)}  {counts_words(head.states.get(column, {}), glyphs=glyphs)}"
    if head.extras:
        yield _("  also: {names}").format(names=sanitize(", ".join(head.extras), 200))
    if head.empty:
        yield ngettext(
            "{count} row without an external id is not in it.",
            "{count} rows without an external id are not in it.",
            head.empty,
        ).format(count=f"{head.empty:,}")
    if head.repeated:
        yield ngettext(
            "{count} user came more than once; with values that differ: {ambiguous}.",
            "{count} users came more than once; with values that differ: {ambiguous}.",
            head.repeated,
        ).format(count=f"{head.repeated:,}", ambiguous=f"{head.ambiguous:,}")


def counts_words(states: Mapping[str, int], *, glyphs: bool = False) -> str:
    """How many users say what of a consent, as in `head_lines`."""
    if glyphs:
        signs = {"t": "●", "f": "○", "n": "?", "x": "–", "d": "≠"}
        return "   ".join(f"{sign} {states[one]:,}" for one, sign in signs.items() if states.get(one))
    words = {
        "t": _("given"),
        "f": _("withdrawn"),
        "n": _("never set"),
        "x": _("not readable"),
        "d": _("differing"),
    }
    return " · ".join(f"{states[one]:,} {word}" for one, word in words.items() if states.get(one)) or "–"


def exports_words(status: SnapshotStatus) -> str:
    """How many exports this host may ask for within the hour."""
    left = max(status.limit - len(status.asked), 0)
    words = _("exports: {asked} within the last hour, {left} left of {limit}")
    if not left:
        again = status.asked[len(status.asked) - status.limit] + _HOUR
        words += "; " + _("the next at {time} (KST)").format(time=korean_clock(again))
    return words.format(asked=len(status.asked), left=left, limit=status.limit)
