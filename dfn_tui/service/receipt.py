"""The receipt: what each consent of a user is now, since when, on what ground, by whom.

Article 50 of Korea's Network Act has the sender tell the recipient the outcome of a consent or a
withdrawal within 14 days, and have consents confirmed every two years.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.consent.night import KOREA
from dfn_tui.consent.words import flag_name, state_name
from dfn_tui.service.history import operator_words
from dfn_tui.service.records import UserRecord
from dfn_tui.store import Change, Entry
from dfn_tui.text import _, inert

NOTICE_WITHIN = timedelta(days=14)
CONFIRM_AFTER = timedelta(days=2 * 365)


def receipt(
    record: UserRecord,
    flags: tuple[Flag, ...],
    changes: Mapping[str, Entry],
    connection: str,
    now: datetime,
) -> str:
    """The receipt as text. `changes` holds, by flag, the journal's latest confirmed change of it."""
    user = inert(f"{record.identity.kind.value} {record.identity.value}")
    lines = [
        _("Consent receipt for {user}").format(user=user),
        _("Connection {connection}, made {time} KST").format(connection=inert(connection), time=_korean(now)),
        "",
    ]
    for flag in flags:
        lines += _flag(flag, record.consents, changes.get(flag.value), now)
    return "\n".join(lines) + "\n"


def _flag(flag: Flag, consents: Consents, entry: Entry | None, now: datetime) -> Iterator[str]:
    state = consents.get(flag)
    yield _("{flag} ({name}): {state}").format(flag=flag.value, name=flag_name(flag), state=state_name(state))
    if entry is None:
        yield "  " + _("The journal of this host holds no confirmed change of it.")
        return
    change = next(c for c in entry.intent.changes if c.name == flag.value)
    if state is not None and change.after != state.value:
        yield "  " + _("Changed outside this console since entry {seq}, which set it to {after}.").format(
            seq=entry.seq, after=state_name(State(str(change.after)))
        )
        return
    yield "  " + _("since {time} KST, entry {seq}, by {operator}").format(
        time=_korean(entry.at), seq=entry.seq, operator=operator_words(entry)
    )
    ground = entry.intent.evidence if change.after == State.SUBSCRIBED.value else entry.intent.reason
    yield "  " + _("ground: {ground}").format(ground=inert(ground) or _("none given"))
    yield from _duties(entry, change, now)


def _duties(entry: Entry, change: Change, now: datetime) -> Iterator[str]:
    due = entry.at + NOTICE_WITHIN
    if now <= due:
        days = (due - now).days
        yield "  " + _("The person is to be told by {time} KST ({days} days left).").format(
            time=_korean(due), days=days
        )
    else:
        yield "  " + _("The person was to be told by {time} KST: that time is over.").format(
            time=_korean(due)
        )
    if change.after == State.SUBSCRIBED.value and now > entry.at + CONFIRM_AFTER:
        yield "  " + _("Given more than two years ago: it is to be confirmed with the person again.")


def _korean(moment: datetime) -> str:
    return moment.astimezone(KOREA).strftime("%Y-%m-%d %H:%M")
