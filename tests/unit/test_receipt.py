"""The receipt: what each consent is, since when, on what ground, by whom, and what is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.api.calls import Profile
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.service.export import NotExported, export
from dfn_tui.service.receipt import receipt, receipt_file
from dfn_tui.service.records import UserRecord
from dfn_tui.store import DutyNote, Entry, FieldChange, FieldKind, Intent, Operator, OutcomeRecord, Subject

WRITTEN = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
USER = Identity(IdentityKind.USER_ID, "u-1")
ON, OFF = State.SUBSCRIBED, State.UNSUBSCRIBED


def entry(before: State, after: State, ending: Outcome = Outcome.CONFIRMED) -> Entry:
    change = FieldChange(FieldKind.CONSENT, "mkt_flag", before.value, after.value)
    intent = Intent(
        connection="here",
        environment="production",
        api="v1",
        subject=Subject("user_id", "u-1"),
        changes=(FieldChange(FieldKind.PROPERTY, "mkt_flag", "a", "b"), change),
        operator=Operator("root", "bastion-1", "kim", "10.0.0.7"),
        program="0.1.0",
        write="w",
        reason="CS-1",
        evidence="서면 동의서 7",
    )
    return Entry(7, WRITTEN, intent, OutcomeRecord(7, ending))


def said(now_state: State | None, found: Entry | None, after: timedelta = timedelta(days=1)) -> str:
    profile = Profile({Flag.MKT: now_state}, {}) if now_state else None
    changes = {"mkt_flag": found} if found else {}
    return receipt(UserRecord(USER, WRITTEN, profile), (Flag.MKT,), changes, "here", WRITTEN + after)


def test_a_consent_given_names_evidence_time_and_operator() -> None:
    text = said(ON, entry(OFF, ON))
    assert "mkt_flag (advertising by every channel): given" in text
    assert "since 2026-03-02 12:00 KST, entry 7, by root (sudo from kim) on bastion-1 from 10.0.0.7" in text
    assert "ground: 서면 동의서 7" in text
    assert "is to be told by the end of 2026-03-16 KST (13 days left)" in text
    assert "to be confirmed with the person before 2028-03-02" in text


def test_a_withdrawal_names_the_reason() -> None:
    assert "ground: CS-1" in said(OFF, entry(ON, OFF))


@pytest.mark.parametrize(
    ("later", "told", "again"),
    [
        (timedelta(days=14, hours=11, minutes=59, seconds=59), True, False),  # the last second of the day
        (timedelta(days=14, hours=12), False, False),
        (timedelta(days=730, hours=11, minutes=59), False, False),  # a leap day lies between
        (timedelta(days=730, hours=12), False, True),
    ],
)
def test_the_notice_and_the_confirmation_fall_due(later: timedelta, told: bool, again: bool) -> None:
    text = said(ON, entry(OFF, ON), later)
    assert ("is to be told by" in text) is told
    assert ("was to be told by 2026-03-16: that time is over" in text) is not told
    assert ("was to be confirmed with the person before 2028-03-02: that time is over" in text) is again
    assert "confirmed with the person" not in said(OFF, entry(ON, OFF), later)


def with_intent(found: Entry, **parts: str) -> Entry:
    return found._replace(intent=replace(found.intent, **parts))  # type: ignore[arg-type]


def test_the_terms_count_from_what_the_person_said_and_from_nothing_after_a_correction() -> None:
    text = said(ON, with_intent(entry(OFF, ON), expressed_on="2024-02-29", ground="expressed"))
    assert "was to be told by 2024-03-14: that time is over" in text
    assert "before 2026-02-28: that time is over" in text
    text = said(OFF, with_intent(entry(ON, OFF), ground="correction"))
    assert "a correction: nobody said anything" in text
    assert "told by" not in text


@pytest.mark.parametrize(("before", "after"), [(OFF, ON), (ON, OFF)])
def test_the_person_is_not_given_our_notes_of_where_it_was_heard(before: State, after: State) -> None:
    source = "a call taken by kim on bastion-1"
    found = with_intent(
        entry(before, after), ground="expressed", expressed_on="2026-03-01", expressed_source=source
    )
    record = UserRecord(USER, WRITTEN, Profile({Flag.MKT: after}, {}))

    def text(*, for_person: bool) -> str:
        return receipt(record, (Flag.MKT,), {"mkt_flag": found}, "here", WRITTEN, for_person=for_person)

    ours = text(for_person=False)
    assert f"the person's word: 2026-03-01, {source}" in ours
    assert "by root (sudo from kim) on bastion-1" in ours
    theirs = text(for_person=True)
    assert "You said so on 2026-03-01.\n" in theirs
    assert "entry 7" in theirs
    assert not [one for one in ("kim", "root", "bastion-1", "10.0.0.7", "CS-1", "서면") if one in theirs]


def for_person(
    found: Entry | None, state: State | None, notes: tuple[DutyNote, ...] = (), days: int = 1
) -> str:
    profile = Profile({Flag.MKT: state}, {}) if state else None
    changes = {"mkt_flag": found} if found else {}
    record, now = UserRecord(USER, WRITTEN, profile), WRITTEN + timedelta(days=days)
    return receipt(record, (Flag.MKT,), changes, "here", now, {7: notes}, "가나다", for_person=True)


def test_the_person_is_spoken_to() -> None:
    text = for_person(entry(OFF, ON), ON)
    assert text.startswith("Consent receipt for user_id u-1\nMade 2026-03-03 12:00 KST\nSender: 가나다\n\n")
    assert "Advertising by every channel: given\n  since 2026-03-02 12:00 KST, entry 7\n" in text
    assert "With this page we tell you that it was done." in text
    assert "We will ask you before 2028-03-02 whether it still holds." in text
    assert "You can withdraw it at any time." in text
    assert "We should have asked you before 2028-03-02" in for_person(entry(OFF, ON), ON, days=800)
    told = DutyNote("tell", (7,), "2026-03-02", entry(OFF, ON).intent.operator, "0.1.0", seq=9)
    assert "We told you so on 2026-03-02." in for_person(entry(ON, OFF), OFF, (told,))
    assert "the person" not in text + for_person(entry(ON, OFF), OFF, (told,))


def test_the_person_is_told_of_nothing_done_that_nobody_knows() -> None:
    unknown = for_person(entry(ON, OFF, Outcome.UNKNOWN), None)
    assert "do not know yet whether that was done" in unknown
    assert "we tell you" not in unknown
    elsewhere = for_person(entry(OFF, ON), OFF)
    assert (
        "It was changed elsewhere after 2026-03-02 12:00 KST, when we had set it to given (entry 7)."
        in elsewhere
    )
    assert "we tell you" not in elsewhere
    corrected = for_person(with_intent(entry(ON, OFF), ground="correction"), OFF)
    assert "We corrected a mistake of our own: you had said nothing." in corrected
    assert "we tell you" not in corrected
    assert "We hold no record of a change of it." in for_person(None, ON)


def test_an_informational_consent_has_no_term() -> None:
    found = entry(OFF, ON)
    change = FieldChange(FieldKind.CONSENT, "info_flag", OFF.value, ON.value)
    found = found._replace(intent=replace(found.intent, changes=(change,)))
    record = UserRecord(USER, WRITTEN, Profile({Flag.INFO: ON}, {}))
    text = receipt(record, (Flag.INFO,), {"info_flag": found}, "here", WRITTEN)
    assert "since 2026-03-02 12:00 KST, entry 7" in text
    assert "told" not in text
    assert "confirmed with" not in text


def test_what_was_done_is_told_with_the_sender() -> None:
    notes = [
        DutyNote(duty, (7,), "2026-03-05", entry(OFF, ON).intent.operator, "1", seq=seq)
        for seq, duty in ((9, "tell"), (10, "confirm"))
    ]
    record = UserRecord(USER, WRITTEN, Profile({Flag.MKT: ON}, {}))
    text = receipt(
        record, (Flag.MKT,), {"mkt_flag": entry(OFF, ON)}, "here", WRITTEN, {7: notes}, "가나다\x07"
    )
    assert "was told the outcome on 2026-03-05 (entry 9)" in text
    assert "before 2030-03-02" in text
    assert "Sender: 가나다\\x07" in text


def test_a_change_from_elsewhere_is_not_passed_off_as_ours() -> None:
    text = said(ON, entry(ON, OFF))
    assert "Changed outside this console since entry 7, which set it to withdrawn." in text
    assert "ground" not in text


def test_without_an_entry_nothing_is_claimed() -> None:
    assert "holds no confirmed change" in said(State.NEVER_SET, None)


def test_what_cannot_be_read_says_what_was_accepted() -> None:
    text = said(None, entry(OFF, ON, Outcome.ACCEPTED))
    assert "mkt_flag (advertising by every channel): not readable" in text
    assert "last set to given here; whether it still is cannot be read" in text
    assert "accepted by the server, not verified" in text


def test_what_was_sent_last_and_never_answered_is_not_passed_over() -> None:
    text = said(None, entry(ON, OFF, Outcome.UNKNOWN))
    assert "withdrawn was sent last; whether that was applied is not known" in text
    assert "last set to" not in text


def test_hostile_text_is_inert() -> None:
    user = Identity(IdentityKind.USER_ID, "\x1b[31mu\u202e")
    text = receipt(UserRecord(user, WRITTEN), (Flag.MKT,), {}, "he\x07re", WRITTEN)
    assert all(char == "\n" or char.isprintable() for char in text)


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (USER, "receipt-u-1-2026-03-02.txt"),
        (Identity(IdentityKind.USER_ID, "../../etc/passwd\n"), "receipt-.._.._etc_passwd_-2026-03-02.txt"),
        (Identity(IdentityKind.EMAIL, "lee@example.com"), "receipt-l__@example.com-2026-03-02.txt"),
        (Identity(IdentityKind.USER_ID, "김" * 300), f"receipt-{'김' * 40}-2026-03-02.txt"),
    ],
)
def test_the_file_name_is_safe_and_does_not_tell_who_it_is(identity: Identity, name: str) -> None:
    assert receipt_file([identity], WRITTEN) == name.replace("@", "_")


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


async def test_a_file_is_written_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "receipt.txt"
    assert export(str(path), lambda file: file.write("동의\n")) == path
    assert path.read_text(encoding="utf-8") == "동의\n"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotExported) as refused:
        export(str(path), lambda file: file.write("other"))
    assert "left as it is" in refused.value.happened
    assert path.read_text(encoding="utf-8") == "동의\n"


@pytest.mark.parametrize("path", ["", "no/such/folder/r.txt", "nul\x00byte", "~nobody-here/r.txt", "\ud800"])
async def test_a_path_that_cannot_be_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotExported):
        export(path, lambda file: file.write("text"))
    assert is_empty(tmp_path)


async def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotExported):
        export(str(link), lambda file: file.write("text"))
    assert not (tmp_path / "elsewhere").exists()


async def test_a_full_disk_leaves_no_half_receipt() -> None:
    with pytest.raises(NotExported):
        export("/dev/full", lambda file: file.write("text"))
