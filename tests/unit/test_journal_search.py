"""Finding entries agrees with looking at every one of them."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.outcomes import Outcome
from dfn_tui.store import Entry, Filter, Journal, OutcomeGroup, Subject
from tests.unit.journals import ALICE, BOB, KEY, START, consent, intent

FLAGS = ["info_flag", "mkt_flag", "mkt_push_flag", "night_flag"]
USERS = ["u-1", "u-2", "u-3"]
WRITES = ["w1", "w2"]
INCIDENTS = ["", "INC-1", "INC-2"]
OPERATORS = [ALICE, BOB, BOB._replace(host="bastion-2")]
CONNECTIONS = ["shop", "bank"]
ENDED = [Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.DIFFERENT, Outcome.FAILED]
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """300 changes of every sort, while the clock is set back now and then."""
    pick = random.Random(3)
    times = [START]
    for _ in range(1000):
        times.append(times[-1] + timedelta(minutes=1) - (pick.random() < 0.01) * 4 * HOUR)
    clock = iter(times)
    journal = Journal(tmp_path_factory.mktemp("journal") / "journal.db", clock=lambda: next(clock))
    for _ in range(300):
        flags = pick.sample(FLAGS, pick.randint(0, 2))
        (seq,) = journal.begin(
            [
                replace(
                    intent(
                        pick.choice(USERS),
                        *(consent(flag) for flag in flags),
                        connection=pick.choice(CONNECTIONS),
                        operator=pick.choice(OPERATORS),
                        write=pick.choice(WRITES),
                    ),
                    incident=pick.choice(INCIDENTS),
                )
            ]
        )
        for _again in range(pick.choice([0, 1, 1, 2])):
            journal.conclude([OutcomeGroup((seq,), pick.choice(ENDED))])
    yield journal
    journal.close()


def fits(wanted: Filter, entry: Entry) -> bool:
    intent, outcome = entry.intent, entry.outcome
    return (
        wanted.user in (None, intent.subject.value)
        and wanted.flag in (None, *(change.name for change in intent.changes if change.kind == "consent"))
        and wanted.operator in (None, intent.operator.user, intent.operator.sudo_user)
        and wanted.connection in (None, intent.connection)
        and wanted.write in (None, intent.write)
        and wanted.incident in (None, intent.incident)
        and wanted.host in (None, intent.operator.host)
        and (wanted.outcome is None or (outcome is not None and outcome.outcome is wanted.outcome))
        and (not wanted.unresolved or outcome is None)
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.until is None or entry.at < wanted.until)
    )


T = TypeVar("T")


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


MOMENTS = maybe(st.integers(-300, 900).map(lambda minutes: START + timedelta(minutes=minutes)))
FILTERS = st.builds(
    Filter,
    user=maybe(st.sampled_from([*USERS, "nobody"])),
    flag=maybe(st.sampled_from([*FLAGS, "flag", "mkt"])),
    operator=maybe(st.sampled_from(["root", "alice", "bob", "mallory"])),
    connection=maybe(st.sampled_from([*CONNECTIONS, "none"])),
    outcome=maybe(st.sampled_from(Outcome)),
    unresolved=st.just(False),
    since=MOMENTS,
    until=MOMENTS,
    write=maybe(st.sampled_from([*WRITES, "w9"])),
    incident=maybe(st.sampled_from([*INCIDENTS[1:], "INC-9"])),
    host=maybe(st.sampled_from(["bastion-1", "bastion-2", "bastion-9"])),
) | maybe(st.sampled_from(USERS)).map(lambda user: Filter(user, unresolved=True))


@pytest.mark.slow
@given(wanted=FILTERS, limit=st.integers(1, 40), before=maybe(st.integers(1, 700)))
def test_finding_is_the_same_as_looking_at_all(
    journal: Journal, wanted: Filter, limit: int, before: int | None
) -> None:
    all_ = journal.find(Filter(), limit=10_000)
    expected = [entry for entry in all_ if fits(wanted, entry) and (before is None or entry.seq < before)]
    assert journal.find(wanted, limit=limit, before_seq=before) == expected[:limit]


@pytest.mark.slow
@given(wanted=FILTERS)
def test_walking_comes_past_everything_that_finding_finds(journal: Journal, wanted: Filter) -> None:
    with closing(journal.walk(wanted)) as found:
        assert list(found) == journal.find(wanted, limit=10_000)


@pytest.mark.parametrize("key", [None, KEY])
def test_walking_finds_a_personal_id_with_the_key_only(tmp_path: Path, key: bytes | None) -> None:
    path, wanted = tmp_path / "journal.db", Filter(user="lee@example.com")
    with Journal(path, KEY) as journal:
        journal.begin([intent(subject=Subject("email", "lee@example.com", personal=True)), intent()])
    with Journal(path, key) as journal, closing(journal.walk(wanted)) as found:
        assert [entry.seq for entry in found] == ([] if key is None else [1])


def test_pages_follow_one_another_without_a_gap(journal: Journal) -> None:
    pages: list[Entry] = []
    while page := journal.find(
        Filter(connection="bank"), limit=7, before_seq=pages[-1].seq if pages else None
    ):
        pages += page
    assert pages == journal.find(Filter(connection="bank"), limit=10_000)


def test_unresolved_entries_come_oldest_first(journal: Journal) -> None:
    found = journal.unresolved()
    assert found == journal.find(Filter(unresolved=True), limit=10_000)[::-1]
    assert found


@pytest.mark.parametrize("bound", [lambda at: Filter(since=at), lambda at: Filter(until=at)])
def test_a_time_without_a_zone_is_a_defect(journal: Journal, bound: Callable[[datetime], Filter]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        journal.find(bound(datetime(2025, 3, 1)))


def test_the_journal_of_all_this_is_whole(journal: Journal) -> None:
    assert journal.verify().whole
