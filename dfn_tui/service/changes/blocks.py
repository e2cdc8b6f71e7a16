"""Changes as somebody reads them before they are sent: each kind of change once, with the users it is for."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from dfn_tui.api.types import Identity
from dfn_tui.consent.flags import SENDING_CHANNELS, Channel, Consents, Flag, Purpose, State
from dfn_tui.consent.lints import LintKind, new_lints
from dfn_tui.consent.sending import Delivery, delivery
from dfn_tui.service.history import state_of
from dfn_tui.service.records import UserChange
from dfn_tui.store import FieldChange, FieldKind

Seen = Callable[[Identity], Consents]
"""The consents of a user as they were read."""


class BlockRow(NamedTuple):
    """Users of whom the field was the same before; `change` is that of each of them."""

    change: FieldChange
    users: list[Identity]


class ChangeBlock(NamedTuple):
    """One field set to one value: for whom, by what it was before."""

    rows: tuple[BlockRow, ...]

    @property
    def change(self) -> FieldChange:
        """One of them: the field and the value wanted are those of all."""
        return self.rows[0].change

    @property
    def users(self) -> list[Identity]:
        return [user for row in self.rows for user in row.users]

    @property
    def grants_night(self) -> bool:
        """Whether a consent to advertising at night is given, which the law wants given separately."""
        flag = flag_of(self.change)
        given = self.change.after == State.SUBSCRIBED.value
        return flag is not None and given and flag.purpose is Purpose.NIGHT

    @property
    def grave(self) -> bool:
        """What is to be read twice: a consent for the night, and what is deleted."""
        return self.grants_night or self.change.after is None


def flag_of(change: FieldChange) -> Flag | None:
    """The consent that is changed; None where it is another field."""
    return Flag(change.name) if change.kind == FieldKind.CONSENT and change.name in [*Flag] else None


def change_blocks(changes: Iterable[tuple[Identity, FieldChange]]) -> list[ChangeBlock]:
    """The kinds of change among these, the grave ones first, then in the order of the flags, other fields
    after them. Within each, what it was before follows in the order it came."""
    found: dict[tuple[str, ...], dict[tuple[object, ...], BlockRow]] = {}
    for user, change in changes:
        rows = found.setdefault((change.kind, change.name, repr(change.after)), {})
        before = (repr(change.before), change.readable, change.redaction)
        rows.setdefault(before, BlockRow(change, [])).users.append(user)
    return sorted((ChangeBlock(tuple(rows.values())) for rows in found.values()), key=_place)


def _place(block: ChangeBlock) -> tuple[bool, int]:
    flag = flag_of(block.change)
    return not block.grave, len(Flag) if flag is None else [*Flag].index(flag)


def consents_after(change: UserChange, seen: Consents) -> Consents:
    """The user's consents once that was written."""
    wanted = {flag: state_of(item.after) for item in change.fields if (flag := flag_of(item))}
    return {**seen, **{flag: state for flag, state in wanted.items() if state}}


class Reached(NamedTuple):
    """To how many it is `sure` that a message goes out, and to how many it `may`: those, and who is not
    certain to be kept back."""

    sure: int
    may: int


class Reach(NamedTuple):
    """To how many of `users` advertising by that channel goes or may go out, by day or at night, `now` and
    `after` the change. `now` is None where their consents cannot be read."""

    channel: Channel
    night: bool
    users: int
    now: Reached | None
    after: Reached


def reaches(changes: Sequence[UserChange], seen: Seen, flags: Collection[Flag]) -> list[Reach]:
    """What the change does, for each channel and time of day of which a consent is changed."""
    users: dict[tuple[Channel, bool], list[UserChange]] = {}
    for change in changes:
        for place in dict.fromkeys(place for item in change.fields for place in _touched(item)):
            users.setdefault(place, []).append(change)
    found = []
    for channel in SENDING_CHANNELS:
        for night in (False, True):
            touched = users.get((channel, night), [])
            if not touched:
                continue
            read = [seen(one.identity) for one in touched]
            later = [consents_after(one, consents) for one, consents in zip(touched, read, strict=True)]
            now, after = (
                _reached([delivery(channel, consents, flags, night=night) for consents in those])
                for those in (read, later)
            )
            found.append(Reach(channel, night, len(touched), now if all(read) else None, after))
    return found


def _reached(answers: Sequence[Delivery]) -> Reached:
    return Reached(answers.count(Delivery.YES), len(answers) - answers.count(Delivery.NO))


def _touched(item: FieldChange) -> Iterable[tuple[Channel, bool]]:
    flag = flag_of(item)
    if flag is None or flag.purpose is Purpose.INFORMATIONAL:
        return
    for channel in SENDING_CHANNELS if flag.channel is Channel.EVERY else (flag.channel,):
        yield channel, flag.purpose is Purpose.NIGHT


class Contradiction(NamedTuple):
    """What the change would leave contradictory, and for whom. `left` is the consent for the night that stays
    given where the one by day is withdrawn, and could be withdrawn with it; None where it is another
    contradiction, or an undo, which is journalled on its own."""

    text: str
    left: Flag | None
    users: list[Identity]


def contradictions(changes: Sequence[UserChange], seen: Seen) -> list[Contradiction]:
    """The contradictions that were not there before, each once with its users."""
    found: dict[tuple[str, Flag | None], Contradiction] = {}
    for change in changes:
        before = seen(change.identity)
        after = consents_after(change, before)
        for one in new_lints(before, after) if before and after != before else ():
            withdrawn = one.kind is LintKind.NIGHT_WITHOUT_DAY and after[one.flags[1]] is State.UNSUBSCRIBED
            night = one.flags[0] if withdrawn and change.undo_of is None else None
            entry = found.setdefault((one.text, night), Contradiction(one.text, night, []))
            entry.users.append(change.identity)
    return list(found.values())


def withdrawals_left(found: Iterable[Contradiction]) -> Mapping[Identity, Consents]:
    """What would settle these: for each user the consents for the night to be withdrawn with those by day."""
    wanted: dict[Identity, dict[Flag, State]] = {}
    for one in found:
        for user in one.users if one.left else ():
            assert one.left is not None
            wanted.setdefault(user, {})[one.left] = State.UNSUBSCRIBED
    return wanted
