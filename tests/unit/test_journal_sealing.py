"""Personal values at rest: sealed, masked, dropped, and never in the file in clear."""

from datetime import timedelta
from pathlib import Path

import pytest

from dfn_tui.store import (
    Filter,
    Intent,
    IntentGroup,
    Journal,
    JournalError,
    Redaction,
    Subject,
    explain_redaction,
)
from dfn_tui.store.sealing import Sealer
from tests.unit.journals import KEY, OTHER_KEY, PHONE, START, as_read, consent, intent, tampering, ticking

PERSON = Subject("email", "lee.sun@example.com", personal=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def written(path: Path, *intents: IntentGroup, key: bytes | None = KEY) -> list[int]:
    with Journal(path, key, clock=ticking()) as journal:
        return [journal.begin([one])[0] for one in intents]


def revealed(path: Path, seq: int, key: bytes | None = KEY) -> Intent:
    with Journal(path, key) as journal:
        entry = journal.entry(seq)
        assert entry is not None
        return journal.reveal(entry)


@pytest.mark.parametrize("key", [KEY, None], ids=["key", "no key"])
def test_no_personal_value_is_in_the_file_in_clear(path: Path, key: bytes | None) -> None:
    with Journal(path, key) as journal:
        journal.begin([intent("u-1", PHONE, subject=PERSON)])
        files = [file.read_bytes() for file in path.parent.iterdir()]
    files += [file.read_bytes() for file in path.parent.iterdir()]
    for secret in (b"821012345678", b"821087654321", b"lee.sun", KEY):
        assert not any(secret in file for file in files)


def test_listing_masks_and_revealing_opens(path: Path) -> None:
    wanted = intent("u-1", consent(), PHONE, subject=PERSON)
    (seq,) = written(path, wanted)
    with Journal(path, KEY) as journal:
        (entry,) = journal.find(Filter())
        assert journal.keeps_personal
        assert entry.intent.subject.value == "l••••••@example.com"
        assert entry.intent.subject.redaction is Redaction.SEALED
        plain, phone = entry.intent.changes
        assert plain == consent()
        assert (phone.before, phone.after, phone.redaction) == (
            "82••••••••78",
            "82••••••••21",
            Redaction.SEALED,
        )
    assert [revealed(path, seq)] == as_read(wanted)


def test_values_of_every_type_come_back(path: Path) -> None:
    changes = [
        PHONE._replace(name=f"field-{n}", before=None, after=value)
        for n, value in enumerate((7, 1.5, True, ["a", "b"], None, "\ud800"))
    ]
    (seq,) = written(path, intent("u-1", *changes))
    assert revealed(path, seq).changes == tuple(changes)


def test_without_a_key_only_masks_are_kept(path: Path) -> None:
    (seq,) = written(path, intent("u-1", PHONE, subject=PERSON), key=None)
    found = revealed(path, seq, KEY)
    assert found.changes[0].before == "82••••••••78"
    assert found.changes[0].redaction is found.subject.redaction is Redaction.NOT_KEPT
    with Journal(path) as journal:
        assert not journal.keeps_personal


@pytest.mark.parametrize(("key", "redaction"), [(None, Redaction.NO_KEY), (OTHER_KEY, Redaction.WRONG_KEY)])
def test_a_lost_or_wrong_key_is_said(path: Path, key: bytes | None, redaction: Redaction) -> None:
    (seq,) = written(path, intent("u-1", PHONE, subject=PERSON))
    found = revealed(path, seq, key)
    assert found.changes[0].redaction is found.subject.redaction is redaction
    assert found.changes[0].after == "82••••••••21"


def test_an_altered_value_is_not_opened(path: Path) -> None:
    (seq,) = written(path, intent("u-1", PHONE))
    with tampering(path) as connection:
        connection.execute("UPDATE sealed SET ciphertext = zeroblob(64)")
    assert revealed(path, seq).changes[0].redaction is Redaction.ALTERED


def test_a_sealed_value_opens_only_where_it_belongs() -> None:
    sealer = Sealer(KEY)
    nonce, ciphertext = sealer.seal(b"value", b"here")
    assert sealer.open(nonce, ciphertext, b"here") == b"value"
    assert sealer.open(nonce, ciphertext, b"there") is None
    assert sealer.open(b"", ciphertext, b"here") is None
    assert KEY.hex() not in repr(vars(sealer))


def test_a_key_of_another_length_is_a_defect(path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Journal(path, b"short")


def test_a_personal_id_is_found_with_the_key_only(path: Path) -> None:
    written(
        path, intent("u-1", subject=PERSON), intent("u-1", subject=PERSON._replace(value="kim@example.com"))
    )
    for key, count in ((KEY, 1), (None, 0), (OTHER_KEY, 0)):
        with Journal(path, key) as journal:
            assert len(journal.find(Filter(user=PERSON.value))) == count
            assert len(journal.last_changes("shop", PERSON.value)) == 0


def test_dropping_keeps_the_chain_whole_and_the_masks(path: Path) -> None:
    old, new = written(path, intent("u-1", PHONE, subject=PERSON), intent("u-2", PHONE))
    with Journal(path, KEY, clock=lambda: START + 9 * MINUTE) as journal:
        assert journal.drop_sealed(START + MINUTE) == 2
        assert journal.drop_sealed(START + MINUTE) == 0
        assert journal.count() == 3
        found = journal.verify()
        assert (found.whole, found.signed) == (True, (1, 3))
    dropped = revealed(path, old)
    assert dropped.changes[0].redaction is dropped.subject.redaction is Redaction.DROPPED
    assert dropped.changes[0].before == "82••••••••78"
    assert revealed(path, new).changes[0] == PHONE


def test_what_was_dropped_is_gone_from_the_file(path: Path) -> None:
    written(path, intent("u-1", PHONE))
    with tampering(path) as connection:
        ((ciphertext,),) = connection.execute("SELECT ciphertext FROM sealed").fetchall()
    assert ciphertext in path.read_bytes()
    with Journal(path, KEY) as journal:
        journal.drop_sealed(START + MINUTE)
        assert not any(ciphertext in file.read_bytes() for file in path.parent.iterdir())


def test_dropping_without_the_key_works_too(path: Path) -> None:
    written(path, intent("u-1", PHONE))
    with Journal(path) as journal:
        assert journal.drop_sealed(START + MINUTE) == 1
        assert journal.verify().whole


def test_every_redaction_has_its_words() -> None:
    assert len({explain_redaction(redaction) for redaction in Redaction}) == len(Redaction)


def test_an_entry_that_is_gone_cannot_be_revealed(path: Path) -> None:
    written(path, intent("u-1", PHONE))
    with Journal(path, KEY) as journal:
        (entry,) = journal.find(Filter())
        with pytest.raises(JournalError, match="damaged"):
            journal.reveal(entry._replace(seq=99))
