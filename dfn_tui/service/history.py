"""The history as an operator asks for it: filters in one line of text, entries as text."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.duties import Duty, Ground
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import flag_name, state_name
from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import Outcome, outcome_name
from dfn_tui.store import (
    DutyNote,
    Entry,
    FieldOutcome,
    Filter,
    Intent,
    Operator,
    OutcomeRecord,
    Ref,
    explain_redaction,
)
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import encodable
from dfn_tui.text.korea import KOREA, spoken_time

KEYS = ("user", "flag", "operator", "connection", "incident", "outcome", "since", "until")
"""What a filter may ask for, as `key:value` words with spaces between."""


class FilterRefused(ConsoleError):
    """A filter that cannot be understood. Nothing was searched."""

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(_("This filter cannot be used"), happened, next_step)


def parse_words(words: Iterable[str]) -> Filter:
    """`user:u-1`, `flag:mkt_sms_flag`, `outcome:unknown`, `since:2026-11-01` as a filter; times are Korean.

    A word without a key is a user's id. `outcome:open` asks for writes without any outcome. Raises
    `FilterRefused`.
    """
    wanted, asked = Filter(), set()
    for word in words:
        if not encodable(word):
            raise FilterRefused(
                _("{word} holds a character that no entry can hold.").format(word=sanitize(word, 40)),
                _("Copy it again from its source."),
            )
        key, colon, value = word.partition(":")
        if not colon or key not in KEYS:
            key, value = "user", word
        if key in asked or not value:
            raise FilterRefused(
                _("{key} is to be asked for once, and with a value.").format(key=key),
                _("Write each as key:value, with spaces between."),
            )
        asked.add(key)
        wanted = _with(wanted, key, value)
    return wanted


def _with(wanted: Filter, key: str, value: str) -> Filter:
    asked: dict[str, Any] = {key: value}
    if key == "outcome" and value == "open":
        asked = {"unresolved": True}
    elif key == "outcome":
        asked = {key: Outcome(_one_of(key, value, [*Outcome, "open"]))}
    elif key == "flag":
        asked = {key: _one_of(key, value, [*Flag])}
    elif key in ("since", "until"):
        asked = {key: _moment(value, end=key == "until")}
    return wanted._replace(**asked)


def _one_of(key: str, value: str, choices: list[str]) -> str:
    if value not in choices:
        raise FilterRefused(
            _("{key} cannot be {value}.").format(key=key, value=sanitize(value, 40)),
            _("Choose one of: {choices}.").format(choices=", ".join(str(choice) for choice in choices)),
        )
    return value


def _moment(value: str, *, end: bool) -> datetime:
    """A day (its end, for `until`) or a moment, in Korean time where it says no other."""
    try:
        if len(value) == len("2026-11-01"):
            day = date.fromisoformat(value) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), KOREA).astimezone(UTC)  # OverflowError: the calendar ends
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=KOREA)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FilterRefused(
            _("{value} is no day and no moment.").format(value=sanitize(value, 40)),
            _("Write a day as 2026-11-01, or a moment as 2026-11-01T20:40."),
        ) from None


def ref_words(ref: Ref) -> str:
    """What an entry is called; inert, for the name of a host is a file's."""
    return sanitize(str(ref), 80)


def entry_lines(entry: Entry) -> Iterator[str]:
    """An entry whole, line by line, inert; personal values stay masked where the entry masks them."""
    intent = entry.intent
    yield _("Entry {seq}, {time} KST").format(
        seq=ref_words(entry.ref), time=spoken_time(entry.at, seconds=True)
    )
    if intent.undo_of is not None:
        yield _("Takes back entry {seq}").format(seq=ref_words(intent.undo_of))
    yield _("User: {user}").format(user=sanitize(f"{intent.subject.kind} {intent.subject.value}"))
    yield _("Connection: {name} ({environment}, {api})").format(
        name=sanitize(intent.connection), environment=intent.environment, api=intent.api
    )
    for change in intent.changes:
        ending = entry.outcome_of(change)
        yield _("{name}: {before} → {after} ({ending})").format(
            name=sanitize(change.name),
            before=_shown(change.before) if change.readable else _("not readable"),
            after=_("deleted") if change.after is None else _shown(change.after),
            ending=outcome_name(ending),
        )
    if intent.left_out:
        yield left_out_words(intent.left_out)
    if intent.incident:
        yield _("Incident: {text}").format(text=sanitize(intent.incident))
    yield _("Reason: {text}").format(text=sanitize(intent.reason) or "-")
    yield _("Evidence: {text}").format(text=sanitize(intent.evidence) or "-")
    if word := word_words(intent):
        yield word[0].upper() + word[1:]
    for warning in intent.warnings:
        yield _("Acknowledged: {text}").format(text=sanitize(warning))
    yield _("Operator: {operator}").format(operator=who(intent.operator))
    if approved := approved_words(intent):
        yield approved[0].upper() + approved[1:]
    yield _("Program: dfn-tui {version}").format(version=intent.program)
    if entry.outcome is not None and entry.outcome.message:
        yield sanitize(entry.outcome.message)


def approved_words(intent: Intent) -> str:
    """Who approved it and who applied it, by their signatures; "" where nobody had to."""
    if not intent.approver:
        return ""
    return _("approved by {approver}, applied by {signer}").format(
        approver=sanitize(intent.approver), signer=sanitize(intent.signer) or "-"
    )


def word_words(intent: Intent) -> str:
    """When and where the person said so, or that nobody did; "" in an entry that does not tell."""
    if intent.ground == Ground.CORRECTION:
        return _("a correction: nobody said anything")
    if not (intent.expressed_on or intent.expressed_source):
        return ""
    return _("the person's word: {day}, {source}").format(
        day=sanitize(intent.expressed_on) or "-", source=sanitize(intent.expressed_source) or "-"
    )


def left_out_words(names: str) -> str:
    """That these fields were wanted, too, and not sent."""
    return _("Not sent, as not readable: {names}.").format(names=sanitize(names, 200))


def redaction_lines(entry: Entry) -> Iterator[str]:
    """Why each value that the entry masks is masked."""
    subject, changes = entry.intent.subject, entry.intent.changes
    for name, why in [(subject.kind, subject.redaction), *((one.name, one.redaction) for one in changes)]:
        if why is not None:
            yield _("{name} is masked. {reason}").format(name=sanitize(name), reason=explain_redaction(why))


def outcome_lines(outcomes: Sequence[OutcomeRecord], *, meaning: bool = False) -> Iterator[str]:
    """How a write ended, the latest first, line by line, inert; who settled it where a later run did. With
    `meaning` consents are called as on the screens, and else as in files."""
    if not outcomes:
        yield _("No outcome: the write is under way, or was cut short.")
    for outcome in outcomes:
        words = _("Outcome at {time} KST: {ending}").format(
            time=spoken_time(outcome.at, seconds=True) if outcome.at else "-",
            ending=outcome_name(outcome.outcome),
        )
        if outcome.by is not None:
            words = _("{outcome}, settled later by {operator}").format(
                outcome=words, operator=who(outcome.by)
            )
        yield words
        if outcome.message:
            yield "  " + sanitize(outcome.message, 200)
        for ended in outcome.fields:
            yield "  " + _field_words(ended, meaning=meaning)


def note_lines(notes: Iterable[DutyNote]) -> Iterator[str]:
    """What was done of the duties that follow a write, by whom, the oldest first; inert."""
    for note in notes:
        words = _("The person was told the outcome on {day} (entry {seq}, {operator})")
        if note.duty == Duty.CONFIRM:
            words = _("The person confirmed it on {day} (entry {seq}, {operator})")
        line = words.format(day=sanitize(note.on, 20), seq=note.seq, operator=who(note.operator))
        yield f"{line}: {sanitize(note.reason, 200)}" if note.reason else line


def _field_words(ended: FieldOutcome, *, meaning: bool) -> str:
    name, now, state = sanitize(ended.name), _shown(ended.now), state_of(ended.now)
    if meaning and ended.name in [*Flag]:
        name = flag_name(Flag(ended.name))
        now = state_name(state) if state is not None else now
    said = [outcome_name(ended.outcome)]
    if ended.read_back:
        said.append(_("read back as {value}").format(value=now))
    said += [sanitize(part, 200) for part in (ended.code, ended.message) if part]
    return _("{name}: {words}").format(name=name, words=", ".join(said))


def user_of(intent: Intent) -> Identity | None:
    """Whom a write was about; None where only a mask of the id is kept, or its kind is none of ours."""
    subject = intent.subject
    if subject.redaction is not None or subject.kind not in [*IdentityKind]:
        return None
    return Identity(IdentityKind(subject.kind), subject.value)


def state_of(value: object) -> State | None:
    """The state a journalled consent names; None where it names none, as in a journal that was altered."""
    return next((state for state in State if state.value == value), None)


def account(operator: Operator) -> str:
    """`kim (sudo from lee)`."""
    user = sanitize(operator.user)
    if not operator.sudo_user:
        return user
    return _("{user} (sudo from {sudo_user})").format(user=user, sudo_user=sanitize(operator.sudo_user))


def who(operator: Operator) -> str:
    """`kim (sudo from lee) on bastion-1 from 10.0.0.7`."""
    words = _("{user} on {host}").format(user=account(operator), host=sanitize(operator.host))
    if not operator.ssh:
        return words
    return _("{user} from {address}").format(user=words, address=sanitize(operator.ssh))


def _shown(value: object) -> str:
    return "-" if value is None else sanitize(str(value), 200)
