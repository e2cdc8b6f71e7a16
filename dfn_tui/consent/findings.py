"""What an operator should know of one user's consents, and what becomes of it with a change in view."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from dfn_tui.consent.flags import SENDING_CHANNELS, Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.lints import Lint, LintKind, lint
from dfn_tui.consent.messages import short_name
from dfn_tui.text import ngettext


class Course(StrEnum):
    """What the change in view does to a finding."""

    OPEN = "open"
    SETTLED = "settled"
    NEW = "new"


class Finding(NamedTuple):
    """A sentence for people, without its full stop."""

    text: str
    course: Course


def findings(consents: Consents, changes: Consents) -> tuple[Finding, ...]:
    """What is odd now, each in its place whatever the changes do to it; then what they would make odd."""
    after = {**consents, **changes}
    now, then = lint(consents), lint(after)
    found = [Finding(one.text, _course(_is_among(one, then, after))) for one in now]
    unset, left = _never_set(consents), _never_set(after)
    nothing_set = any(one.kind is LintKind.NOTHING_EVER_SET for one in now)
    if unset and not nothing_set:
        found.append(Finding(_unset_words(unset), _course(not set(left).isdisjoint(unset))))
    known = {(one.kind, one.flags) for one in now}
    found += [Finding(one.text, Course.NEW) for one in then if (one.kind, one.flags) not in known]
    more = [flag for flag in left if flag not in unset]
    if more and not nothing_set:
        found.append(Finding(_unset_words(more), Course.NEW))
    return tuple(found)


def _course(stays: bool) -> Course:
    return Course.OPEN if stays else Course.SETTLED


def _is_among(one: Lint, then: tuple[Lint, ...], after: Consents) -> bool:
    """Whether a finding stays. One consent that was set leaves the others as they were: never set."""
    if one.kind is LintKind.NOTHING_EVER_SET:
        return bool(_never_set(after))
    return (one.kind, one.flags) in {(other.kind, other.flags) for other in then}


def _never_set(consents: Consents) -> tuple[Flag, ...]:
    """The flags whose never having been set lets advertising go out without a yes. That of a channel at
    night, or of every channel, matters only where the channel's own lets it come to that."""
    return tuple(flag for flag in Flag if consents.get(flag) is State.NEVER_SET and _matters(flag, consents))


def _matters(flag: Flag, consents: Consents) -> bool:
    if flag.purpose is Purpose.INFORMATIONAL:
        return False
    channels = SENDING_CHANNELS if flag.channel is Channel.EVERY else (flag.channel,)
    return any(
        all(consents.get(one) is State.SUBSCRIBED for one in _asked_before(flag, channel))
        for channel in channels
    )


def _asked_before(flag: Flag, channel: Channel) -> Iterator[Flag]:
    """The channel's own flags that speak before this one does."""
    own = [Flag.at(purpose, channel) for purpose in (Purpose.ADVERTISING, Purpose.NIGHT)]
    for one in own[: 2 if flag.purpose is Purpose.NIGHT else 1]:
        if one is flag:
            return
        if one is not None:
            yield one


def _unset_words(flags: Sequence[Flag]) -> str:
    words = ngettext(
        "{flags} was never set. That is not a no: messages may go out",
        "{flags} were never set. That is not a no: messages may go out",
        len(flags),
    )
    return words.format(flags=", ".join(map(short_name, flags)))
