"""Jobs as text: in a list, while one runs, and at its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from rich.text import Text

from dfn_tui.consent.flags import Direction, Flag, Purpose, State, grants_night
from dfn_tui.consent.messages import flag_name, state_glyph, state_name, state_role
from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.input.records import PersonsWord
from dfn_tui.service.bulk.plan.format import head_words, remark_words, said_words, status_words
from dfn_tui.service.bulk.plan.records import PlanGroup, PlanStatus
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.run.format import (
    aside_words,
    conflict_words,
    kept_lines,
    state_words,
)
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import JobRecord, JobState
from dfn_tui.service.bulk.troubles import TROUBLED
from dfn_tui.service.change_format import before_words, value_words
from dfn_tui.service.history import state_of
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import spoken_time


class Tally(NamedTuple):
    """So many users, what became of them, and the role of its glyph."""

    users: int
    glyph: str
    words: str
    role: str = "label"


LOOK_AT = (Outcome.DIFFERENT, Outcome.UNKNOWN, Outcome.CONFLICT)
"""Ends that somebody has to look at: it is not said that nothing was done."""


def tallies(
    counts: Mapping[Outcome, int], *, to_read: bool = False, in_snapshot: bool = False
) -> list[Tally]:
    """How users ended, in the few kinds that a glance can take in; `to_read`: they are read back later;
    `in_snapshot`: they cannot be, and who is confirmed was seen in a snapshot."""
    confirmed = _("seen in a snapshot") if in_snapshot else _("confirmed")
    accepted = (_("accepted, read back later"), "label") if to_read else (_("accepted, not verified"), "warn")
    found = [
        Tally(counts.get(Outcome.CONFIRMED, 0), "✓", confirmed, "ok"),
        Tally(counts.get(Outcome.UNCHANGED, 0), "=", _("as wanted already")),
        Tally(counts.get(Outcome.ACCEPTED, 0), "~", *accepted),
        Tally(counts.get(Outcome.FAILED, 0), "✗", _("failed"), "danger"),
        Tally(sum(counts.get(one, 0) for one in LOOK_AT), "▲", _("to look at"), "warn"),
    ]
    return [one for one in found if one.users]


def tally_text(found: Sequence[Tally], between: str = "  ", *, words: bool = True) -> Text:
    """`51,228 ✓ confirmed   5 ✗ failed`, or without the words."""
    text = Text()
    for one in found:
        text.append(between if text else "").append(f"{one.users:,}", "bold").append(
            f" {one.glyph}", one.role
        )
        text.append(f" {one.words}" if words else "", "label")
    return text


def counts_text(
    counts: Mapping[Outcome, int], total: int, *, to_read: bool, in_snapshot: bool = False
) -> Text:
    """How the users of a job ended, how many wait, and of how many."""
    text = tally_text(tallies(counts, to_read=to_read, in_snapshot=in_snapshot))
    waiting = total - sum(counts.values())
    said = ((waiting, _("{users} waiting")), (total, _("of {users} users")))
    for at, (users, words) in enumerate(said):
        if not users:
            continue
        before, _users, after = words.partition("{users}")
        text.append(" " if at and waiting else "  " if text else "").append(before, "label")
        text.append(f"{users:,}", "bold").append(after, "label")
    return text


_STATES = {
    JobState.RUNNING: ("▲", "warn"),
    JobState.STOPPED: ("▲", "warn"),
    JobState.ABORTED: ("✗", "label"),
    JobState.FINISHED: ("✓", "ok"),
}


def state_text(job: JobSummary) -> Text:
    """Where a job stands."""
    glyph, role = ("●", "") if job.under_way else _STATES[job.record.state]
    if job.record.state is JobState.FINISHED and any(job.ended.get(one) for one in TROUBLED):
        glyph, role = "▲", "warn"
    return Text.assemble((glyph, role), " ", (state_words(job.record.state, under_way=job.under_way), "bold"))


def age_words(then: datetime, now: datetime) -> str:
    """`12 min`, `3 h` or `5 d`: how long ago."""
    minutes = max((now - then) // timedelta(minutes=1), 0)
    if minutes < 60:
        return _("{minutes} min").format(minutes=minutes)
    if minutes < 24 * 60:
        return _("{hours} h").format(hours=minutes // 60)
    return _("{days} d").format(days=minutes // (24 * 60))


def wanted_text(found: Totals) -> Text:
    """What a job or a plan changes: consents by what they are for, with their glyph, then fields."""
    text = Text()
    for direction, state in ((Direction.WITHDRAW, State.UNSUBSCRIBED), (Direction.GRANT, State.SUBSCRIBED)):
        flags = [flag_name(flag) for flag, way in found.flags if way is direction]
        if flags:
            text.append("  " if text else "").append(", ".join(flags), "bold").append(" → ", "label")
            text.append(f"{state_glyph(state)} {state_name(state)}", state_role(state))
    fields = [(name, _("set"), "") for _kind, name in found.fields]
    fields += [(name, _("deleted"), "danger") for name in found.deleted]
    for name, words, role in fields:
        text.append("  " if text else "").append(sanitize(name, 40), "bold").append(" → ", "label")
        text.append(words, role)
    return text


def totals_text(found: Totals) -> list[Text]:
    """What a plan changes and to how many users, a line each: by what it is for, with the raw name dim."""
    lines = []
    for (flag, direction), users in found.flags.items():
        state = State.SUBSCRIBED if direction is Direction.GRANT else State.UNSUBSCRIBED
        role = "danger" if grants_night(flag, state) else state_role(state)
        after = (f"{state_glyph(state)} {state_name(state)}", role)
        lines.append(_total(flag_name(flag), after, users, flag.value))
    for (_kind, name), users in found.fields.items():
        lines.append(_total(sanitize(name, 40), (_("set"), ""), users))
    for name, users in found.deleted.items():
        lines.append(_total(sanitize(name, 40), (_("deleted"), "danger"), users))
    return lines


def _total(what: str, after: tuple[str, str], users: int, raw: str = "") -> Text:
    said = ngettext("{users} user", "{users} users", users).format(users=f"{users:,}")
    text = Text.assemble((what, "bold"), (" → ", "label"), after, "  ", (said, "bold"))
    return text.append(f"  {raw}", "label") if raw else text


def field_words(item: FieldChange) -> str:
    """A field by what it is for, or by its name."""
    flag = _flag_of(item)
    return flag_name(flag) if flag is not None else sanitize(item.name, 40)


def _flag_of(item: FieldChange) -> Flag | None:
    return next((one for one in Flag if item.kind == FieldKind.CONSENT and one == item.name), None)


def change_text(item: FieldChange, *, revealed: bool, short: bool, raw: bool = False) -> Text:
    """`advertising by SMS ● given → ○ withdrawn`; `short`: what was is a glyph alone; `raw`: with the flag's
    name."""
    consent, flag = item.kind == FieldKind.CONSENT, _flag_of(item)
    text = Text.assemble(
        (field_words(item), "bold"), (f" {item.name}" if raw and flag is not None else "", "label"), " "
    )
    before = before_words(item, revealed)
    was = state_of(item.before) if consent and item.readable else None
    if consent and item.readable:
        was = was or State.NEVER_SET
        before = state_glyph(was) if short else f"{state_glyph(was)} {state_name(was)}"
    text.append(before, state_role(was) if consent else "").append(" → ", "label")
    if item.after is None:
        return text.append(_("deleted"), "danger")
    after = value_words(item, item.after, revealed=revealed)
    night = flag is not None and flag.purpose is Purpose.NIGHT and item.after == State.SUBSCRIBED.value
    return text.append(after, "danger" if night else state_role(state_of(item.after)) if consent else "")


def group_text(
    group: PlanGroup, *, revealed: bool, short: bool = False, raw: bool = False, words: int = 1
) -> Text:
    """What users of a group have in common, in one line: `group_texts` with commas between them."""
    return Text(", ").join(group_texts(group, revealed=revealed, short=short, raw=raw, words=words))


def group_texts(
    group: PlanGroup, *, revealed: bool, short: bool = False, raw: bool = False, words: int = 1
) -> list[Text]:
    """What users of a group have in common: each change, what is odd, and the evidence that they brought, or
    how many different `words` of theirs there are."""
    parts = [Text(said)] if (said := said_words(group)) else []
    parts += [change_text(item, revealed=revealed, short=short, raw=raw) for item in group.asked]
    if words > 1:
        parts.append(Text(_("{count} different evidences: enter shows each").format(count=words), "label"))
    elif group.word is not None:
        parts.append(Text(_said_words(group.word), "label"))
    return parts + [Text(remark, "warn") for remark in remark_words(group, word=False)]


def _said_words(word: PersonsWord) -> str:
    """`evidence “form 90” · said on 2026-11-23`: what is known of a person's word."""
    known = (
        (_("evidence “{what}”"), word.evidence),
        (_("said on {what}"), word.expressed_on),
        (_("by {what}"), word.expressed_source),
    )
    return " · ".join(words.format(what=sanitize(what, 100)) for words, what in known if what)


_STATUS_GLYPHS = {
    PlanStatus.CHANGE: ("›", "staged"),
    PlanStatus.CREATE: ("›", "staged"),
    PlanStatus.BLIND: ("›", "staged"),
    PlanStatus.ALREADY: ("=", "label"),
    PlanStatus.UNKNOWN: ("✗", "label"),
    PlanStatus.UNREADABLE: ("✗", "warn"),
    PlanStatus.CHANGED: ("▲", "warn"),
    PlanStatus.SAID_NO: ("○", ""),
}


def planned_text(status: PlanStatus, *, out: bool = False, words: str = "") -> Text:
    """What is planned for users of that status, or that they are left `out`; `words` stand in for the usual
    ones."""
    glyph, role = ("·", "label") if out else _STATUS_GLYPHS[status]
    return Text.assemble((glyph, role), " ", (words or status_words(status), "label" if out else ""))


def end_of_job(record: JobRecord, counts: Mapping[Outcome, int]) -> Text:
    """How a job ended, in one line without any id of a person: failures first."""
    found = tallies(counts)
    found.sort(key=lambda one: "✗▲".find(one.glyph) if one.glyph in "✗▲" else 2)
    text = Text()
    for one in found:
        text.append(" · " if text else "").append(one.glyph, one.role)
        text.append(f" {one.users:,} ", "bold").append(one.words)
    state = state_words(record.state, under_way=False)
    words = _("job {state}") if text else _("job {state}, nothing was sent")
    words = words.format(state=state)
    return text.append(" · " if text else "").append(words, "label")


def done_words(done: int, total: int) -> str:
    """`1,200 of 80,000 users`."""
    return _("{done} of {total} users").format(done=f"{done:,}", total=f"{total:,}")


def job_lines(job: JobSummary) -> list[str]:
    """A job that does not run here: how far it came, how its users ended, and what was approved."""
    record = job.record
    named = _("Users are named by {kind}.").format(kind=job.head.named_by)
    lines = [f"▲ {words}" for words in aside_words(job)]
    lines += kept_lines(job)
    if record.why:
        lines.append(_("Why it stopped: {why}").format(why=sanitize(record.why, 300)))
    if job.under_way:
        lines.append(_("Another console or command runs it."))
    return [*lines, *_approved(job), named, *head_words(job.head)]


def _approved(job: JobSummary) -> list[str]:
    record = job.record
    lines = [
        _("Begun {time} KST by {by}, reason: {reason}").format(
            time=spoken_time(record.begun), by=sanitize(record.by, 80), reason=sanitize(record.reason, 200)
        )
    ]
    if record.evidence:
        lines.append(_("Evidence: {evidence}").format(evidence=sanitize(record.evidence, 200)))
    lines += [_("Acknowledged: {warning}").format(warning=sanitize(text, 300)) for text in record.warnings]
    rule = conflict_words(record.on_conflict)
    lines.append(_("Users changed since by someone else: {rule}").format(rule=rule))
    return lines
