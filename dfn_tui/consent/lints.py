"""Contradictions in one user's consents that an operator should see before trusting any of them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from dfn_tui.consent.flags import Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.messages import flag_name, short_name
from dfn_tui.text import _

_NOT_GIVEN = (State.UNSUBSCRIBED, State.NEVER_SET)


class LintKind(StrEnum):
    """What is odd about the consents."""

    NIGHT_WITHOUT_DAY = "night-without-day"
    CHANNEL_OVER_EVERY = "channel-over-every"
    NOTHING_EVER_SET = "nothing-ever-set"


class Lint(NamedTuple):
    """One finding: the flag that is odd and the one it contradicts, and a sentence for people."""

    kind: LintKind
    flags: tuple[Flag, ...]
    text: str


def lint(consents: Consents) -> tuple[Lint, ...]:
    """The findings in the order of the flags. A flag that is not in `consents` contradicts nothing."""
    if consents and all(state is State.NEVER_SET for state in consents.values()):
        text = _("No consent was ever set. That is not a no: messages may go out")
        return (Lint(LintKind.NOTHING_EVER_SET, tuple(flag for flag in Flag if flag in consents), text),)
    on = [flag for flag in Flag if consents.get(flag) is State.SUBSCRIBED]
    return tuple(finding for flag in on for finding in _contradictions(flag, consents))


def new_lints(before: Consents, after: Consents) -> tuple[Lint, ...]:
    """The findings in `after` that are not in `before` already."""
    known = lint(before)
    return tuple(one for one in lint(after) if one not in known)


def _contradictions(flag: Flag, consents: Consents) -> Iterator[Lint]:
    """What speaks against a flag that is subscribed."""
    day = Flag.at(Purpose.ADVERTISING, flag.channel)
    if flag.purpose is Purpose.NIGHT and day and consents.get(day) in _NOT_GIVEN:
        text = _("{night} is given, but {day} is not")
        text = text.format(night=short_name(flag), day=flag_name(day))
        yield Lint(LintKind.NIGHT_WITHOUT_DAY, (flag, day), text)
    every = Flag.at(flag.purpose, Channel.EVERY)
    if every and consents.get(every) is State.UNSUBSCRIBED:
        text = _("{channel} is given, but {every} is withdrawn")
        name = short_name if flag.purpose is Purpose.NIGHT else flag_name
        text = text.format(channel=short_name(flag), every=name(every))
        yield Lint(LintKind.CHANNEL_OVER_EVERY, (flag, every), text)
