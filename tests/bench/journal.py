"""What journalling costs, and how a journal of a million entries answers. Run by hand:

    python -m tests.bench.journal [--entries 1000000] [--folder DIR]

Every figure stands beside a bare one of the same run: `write` and `fsync` of the same bytes to a plain
file on the same disk, and SHA-256 over the same bytes from memory.
"""

import argparse
import hashlib
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    FieldChange,
    FieldKind,
    Filter,
    IntentGroup,
    IntentUser,
    Journal,
    Operator,
    OutcomeGroup,
    Subject,
)
from dfn_tui.store.body import stamp
from dfn_tui.store.texts import around_outcome, intent_texts

START = datetime(2025, 1, 1, tzinfo=UTC)
FLAGS = ["info_flag"] + [
    f"{purpose}{channel}_flag" for purpose in ("mkt", "night") for channel in ("", "_push", "_sms", "_kakao")
]
FLAG_SETS = [(flag,) for flag in FLAGS[:-1]] + [tuple(FLAGS[1:5]), tuple(FLAGS[5:8]), tuple(FLAGS[1:8])]
OPERATORS = ["alice", "bob", "carol", "dave", "erin", "frank"]
CONNECTIONS = ["shop-kr", "shop-jp", "bank", "staging"]
ENDINGS = [Outcome.CONFIRMED] * 95 + [Outcome.FAILED] * 3 + [Outcome.DIFFERENT, Outcome.UNKNOWN]
KEY = bytes(range(32))


def intent(pick: random.Random, *, write: str, personal: bool = False, users: int = 1) -> IntentGroup:
    changes = [
        FieldChange(FieldKind.CONSENT, flag, "Undefined", "Unsubscribed") for flag in pick.choice(FLAG_SETS)
    ]
    if personal:
        changes.append(
            FieldChange(FieldKind.CI, "phone_number", "821012345678", "821087654321", personal=True)
        )
    operator = pick.choice(OPERATORS)
    connection = "bank" if operator == "frank" else pick.choice(CONNECTIONS)
    return IntentGroup(
        connection=connection,
        environment="production",
        api="v1",
        changes=tuple(changes),
        operator=Operator("root", "bastion-1", operator, "203.0.113.7", 4711),
        program="0.1.0",
        write=write,
        users=tuple(
            IntentUser(Subject("user_id", f"customer-{pick.randrange(200_000):06}")) for _ in range(users)
        ),
        warnings=("production",),
        reason="CS-10482: asked by phone to receive no more advertising",
    )


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def show(name: str, times: list[float], unit: str = "ms") -> None:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"  {name:<58} {statistics.median(times):9.3f} {p95:9.3f} {ordered[-1]:9.3f} {unit}")


def header(title: str) -> None:
    print(f"\n{title:<60} {'median':>9} {'p95':>9} {'max':>9}")


def cost_of_a_change(folder: Path, rounds: int) -> None:
    header(f"Journalling a change, begin and conclude, {rounds} times")
    pick = random.Random(1)
    for users, personal in ((1, False), (1, True), (20, False)):
        journalled, bare = [], []
        path = folder / f"plain-{users}-{personal}"
        with (
            Journal(folder / f"cost-{users}-{personal}.db", KEY) as journal,
            path.open("ab", buffering=0) as plain,
        ):
            for number in range(rounds + 5):
                batch = [intent(pick, write=f"{number:032x}", personal=personal, users=users)]
                numbers: list[int] = []
                took = milliseconds(partial(_begin, journal, batch, numbers))
                outcomes = [OutcomeGroup(tuple(numbers), Outcome.CONFIRMED)]
                took += milliseconds(partial(journal.conclude, outcomes))
                before, between, after = around_outcome(outcomes[0], stamp(START))
                texts = [
                    "".join(one.text for one in intent_texts(batch[0], stamp(START), None)),
                    "".join(f"{before}{seq}{between}null{after}" for seq in numbers),
                ]
                raw = milliseconds(partial(_durable, plain.fileno(), texts))
                if number >= 5:  # the first ones make the files
                    journalled.append(took)
                    bare.append(raw)
        what = f"{users} user{'s' if users > 1 else ''}{', one sealed value' if personal else ''}"
        show(f"{what}: journal", journalled)
        show(f"{what}: two times write + fsync of the same bytes", bare)
        if users > 1:
            show(f"{what}: journal, for each user", [took / users for took in journalled])


def _begin(journal: Journal, batch: list[IntentGroup], numbers: list[int]) -> None:
    numbers += journal.begin(batch)


def _durable(handle: int, texts: list[str]) -> None:
    for text in texts:
        os.write(handle, text.encode())
        os.fsync(handle)


def fill(path: Path, entries: int) -> None:
    """Half of them intents, half outcomes; ten users to a write, a write every two minutes."""
    pick = random.Random(2)
    clock = (START + timedelta(seconds=60 * step) for step in range(entries))
    began = time.perf_counter()
    with Journal(path, KEY, clock=lambda: next(clock)) as journal:
        left = entries // 2
        write = 0
        while left:
            batch: list[IntentGroup] = []
            while left and len(batch) < 50:
                write += 1
                users = min(10, left)
                batch.append(intent(pick, write=f"{write:032x}", users=users))
                left -= users
            numbers = journal.begin(batch)
            journal.conclude(
                [OutcomeGroup((seq,), pick.choice(ENDINGS)) for seq in numbers if left or seq % 50]
            )
    took = time.perf_counter() - began
    size = path.stat().st_size / 1e6
    print(f"\nMade {entries:,} entries in {took:.0f} s: {size:.0f} MB")


def searches(journal: Journal) -> Iterator[tuple[str, Callable[[], list[object]]]]:
    count = journal.count()
    last = journal.find(Filter(), limit=1)[0]
    middle = START + (last.at - START) / 2
    user, write = last.intent.subject.value, last.intent.write

    def of(wanted: Filter, before: int | None = None) -> Callable[[], list[object]]:
        return lambda: list(journal.find(wanted, before_seq=before))

    yield "no filter", of(Filter())
    yield "no filter, from the middle", of(Filter(), count // 2)
    yield "user", of(Filter(user=user))
    yield "user, no match", of(Filter(user="nobody"))
    yield "flag", of(Filter(flag="night_sms_flag"))
    yield "flag, no match", of(Filter(flag="night_kakao_flag"))
    yield "operator", of(Filter(operator="bob"))
    yield "operator, no match", of(Filter(operator="mallory"))
    yield "connection", of(Filter(connection="bank"))
    yield "outcome confirmed", of(Filter(outcome=Outcome.CONFIRMED))
    yield "outcome different", of(Filter(outcome=Outcome.DIFFERENT))
    yield "outcome accepted, no match", of(Filter(outcome=Outcome.ACCEPTED))
    yield "unresolved", of(Filter(unresolved=True))
    yield "write", of(Filter(write=write))
    yield "one hour in the middle", of(Filter(since=middle, until=middle + timedelta(hours=1)))
    yield "everything before the middle", of(Filter(until=middle))
    yield "a time without entries", of(Filter(until=START - timedelta(days=1)))
    yield "operator, connection, no match", of(Filter(operator="frank", connection="shop-kr"))
    yield (
        "operator, flag, outcome, before the middle",
        of(Filter(operator="bob", flag="mkt_flag", outcome=Outcome.FAILED, until=middle)),
    )
    yield (
        "connection, flag, one day in the middle",
        of(Filter(connection="bank", flag="mkt_flag", since=middle, until=middle + timedelta(days=1))),
    )
    yield "user, flag, outcome", of(Filter(user=user, flag="mkt_flag", outcome=Outcome.FAILED))
    yield "write, outcome, no match", of(Filter(write=write, outcome=Outcome.ACCEPTED))
    yield "unresolved at start-up", lambda: list(journal.unresolved())
    yield "receipt: last changes of a user", lambda: list(journal.last_changes("bank", user))


def answers(path: Path) -> None:
    header("Finding, 200 entries at most, 20 times each (found)")
    with Journal(path, KEY) as journal:
        for name, search in searches(journal):
            show(f"{name} ({len(search())})", [milliseconds(search) for _ in range(20)])


def verification(path: Path) -> None:
    with Journal(path, KEY) as journal:
        began = time.perf_counter()
        found = journal.verify()
        took = time.perf_counter() - began
        size = 640  # a usual entry
        body = b"x" * size
        again = time.perf_counter()
        for _ in range(found.entries):
            hashlib.sha256(body).digest()
        bare = time.perf_counter() - again
    print(f"\nVerify: whole={found.whole}, {found.entries:,} entries in {took:.1f} s", end="")
    print(f" = {found.entries / took:,.0f} a second", end="")
    print(f" (a bare loop of SHA-256 over {size} bytes: {found.entries / bare:,.0f} a second)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        cost_of_a_change(folder, options.rounds)
        fill(folder / "large.db", options.entries)
        answers(folder / "large.db")
        verification(folder / "large.db")
    print(f"Memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
