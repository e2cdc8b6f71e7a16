"""Jobs sealed with the journal's key: what rests of them on the disk, and who can go on with them."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.credentials import KeyringLocked, TokenStore
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.service.bulk.input.mapping import MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.plan.errors import disk_errors, passes_on
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import check_digest, open_plan
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.plan.totals import AllButFirst, totals
from dfn_tui.service.bulk.run import sealed
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.job import make_job, open_job, open_outline
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict
from dfn_tui.service.bulk.run.results import results
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.tokens import KeyNeeded, find_key
from dfn_tui.temporary import TemporaryFiles
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, LIMIT, STOP, apply, bulk_session, consents, ends, options, plan
from tests.starting import KEY, connections
from tests.system.crashing import Requests
from tests.unit.plans import DAY

USERS = [f"kim-{number:03}" for number in range(60)]
LIST = "user_id,mkt_sms_flag,phone_number,evidence\n" + "".join(
    f"{user},Unsubscribed,+8210555501{number:02},sheet-{number:02}.pdf\n" for number, user in enumerate(USERS)
)
BAD = "lee-900,Perhaps,+821055550999,sheet-99.pdf\n"
SECRET = (b"kim-0", b"82105555", b"sheet-", b"lee-900", b"secret-list", b"INC-42", b"form 7", b"is now")
"""Ids, values, evidence, a bad row's id, the list's name, the reason, and what is said of a conflict."""
KEPT_PLAINLY = (b"secret-list", b"INC-42", b"form 7", b"kim-0", b"82105555", b"sheet-")


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0, faults=replace(Faults(rate_limit=None)))) as running:
        yield running


async def personal_plan(bulk: BulkSession, path: Path) -> Path:
    """A plan with all that is personal: each user with a number, and evidence, of their own."""
    asked = MappingOptions(maps=(("evidence", "evidence"),))
    with open_input(LIST + BAD, bulk.session.capabilities, [], None, asked) as source:
        await bulk.plan(source, "secret-list.csv", path, lambda _reading: None, create=True, limit=LIMIT)
    return path


async def stopped(bulk: BulkSession, folder: Path) -> JobRecord:
    """A job of it that was stopped before its end."""
    await bulk.apply(
        await personal_plan(bulk, folder / "a.plan"), APPROVAL, Options(OnConflict.SKIP, True, 60)
    )
    await bulk.finish()
    record = await bulk.wait()
    assert record.state is JobState.STOPPED
    return record


def at_rest(folder: Path) -> bytes:
    """The bytes of all files there, by whatever name."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def seen(folder: Path) -> set[bytes]:
    return {secret for secret in SECRET if secret in at_rest(folder)}


async def test_nothing_of_anybody_rests_plainly_while_a_job_runs_and_after_it(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    sandbox.faults.bad_users = frozenset({"kim-003"})
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await personal_plan(bulk, tmp_path / "a.plan")
        sandbox.state.write_profiles([("kim-007", {Flag.MKT_SMS: State.SUBSCRIBED}, {})])
        seen_meanwhile: set[bytes] = set()

        def look(_request: object) -> None:
            seen_meanwhile.update(seen(bulk.folder))

        sandbox.requests = Requests(look)
        record = await apply(bulk, path, options(OnConflict.SKIP))
        found = ends(bulk, record.id)
        assert found["kim-003"] is Outcome.FAILED
        assert found["kim-007"] is Outcome.CONFLICT
        assert seen(bulk.folder) | seen_meanwhile == set()
        assert all(word in path.read_bytes() for word in (b"kim-0", b"82105555", b"sheet-"))
        with bulk.jobs.open(record.id) as job:
            rows = {row.user: row for row in results(job, bulk.session.journal.path, revealed=True)}
            assert (job.record.reason, job.record.evidence) == ("INC-42", "form 7")
            assert job.plan.head.source == "secret-list.csv"
        assert "821055550111" in rows["kim-011"].after
        assert rows["kim-003"].reason
        assert "is now" in rows["kim-007"].reason
        assert "lee-900" in rows


async def test_a_job_without_a_key_is_plain_for_its_owner_alone_and_says_so(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path, key=None) as bulk:
        record = await stopped(bulk, tmp_path)
        assert seen(bulk.folder) >= set(KEPT_PLAINLY)
        [path] = bulk.folder.glob("*.db")
        assert path.stat().st_mode & 0o777 == 0o600
        assert not bulk.jobs.summary(record.id).sealed
    async with bulk_session(sandbox, tmp_path) as later:  # there is a key by now
        await later.resume(record.id, limit=LIMIT)
        assert (await later.wait()).state is JobState.FINISHED
        assert set(ends(later, record.id).values()) == {Outcome.CONFIRMED}


async def test_what_is_being_made_is_sealed_from_the_first_byte(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[set[bytes]] = []
    put, publish = sealed.SealedTexts.put, TemporaryFiles.publish

    def looking(self: sealed.SealedTexts, *given: object) -> None:
        put(self, *given)  # type: ignore[arg-type]
        looked.append(seen(bulk.folder))

    def last_look(self: TemporaryFiles, *given: object, **how: object) -> None:
        looked.append(seen(bulk.folder))
        publish(self, *given, **how)  # type: ignore[arg-type]

    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await personal_plan(bulk, tmp_path / "a.plan")
        monkeypatch.setattr(sealed.SealedTexts, "put", looking)
        monkeypatch.setattr(TemporaryFiles, "publish", last_look)
        monkeypatch.setattr(sealed, "_PAGE", 7)
        await apply(bulk, path)
    assert len(looked) > 10
    assert set().union(*looked) == set()


@pytest.mark.parametrize("page", [1, 7, 500])
async def test_a_sealed_job_holds_the_plan_as_it_is(
    sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(sealed, "_PAGE", page)
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await personal_plan(bulk, tmp_path / "a.plan")
    record = JobRecord("job-7", "", DAY, "kim", "why", "", (), OnConflict.SKIP, read_back=False, limit=1)
    with open_plan(path) as made, make_job(made, tmp_path / "jobs", record, KEY) as job:
        check_digest(job.path, job.plan.db)
        assert job.plan.digest == made.digest
        assert job.plan.head == made.head
        assert job.plan.users(limit=100) == made.users(limit=100)
        assert [job.plan.find(user) for user in USERS[::9]] == [made.find(user) for user in USERS[::9]]
        assert job.plan.bad_rows() == made.bad_rows() != []
        assert [*job.plan.groups()] == [*made.groups()]
        assert job.plan.largest() == made.largest()
        assert totals(job.plan) == totals(made)
        assert job.record == record
        assert [user.user for user in job.pending(31, 10)] == USERS[30:40]


async def test_counts_are_those_of_a_plain_job(sandbox: SandboxThread, tmp_path: Path) -> None:
    given: dict[Flag, State] = {Flag.MKT_SMS: State.SUBSCRIBED}
    found = []
    for key in (KEY, None):
        async with bulk_session(sandbox, tmp_path / str(key is None), key=key) as bulk:
            sandbox.state.write_profiles([("kim-001", given, {})])
            listed = "kim-001\nnobody-1\nnobody-2"
            path = await plan(bulk, tmp_path / f"{key is None}.plan", listed, STOP, create=False)
            record = await apply(bulk, path)
            found.append(bulk.jobs.summary(record.id))
    one, other = found
    assert (one.total, one.ended, one.set_aside) == (other.total, other.ended, other.set_aside)
    assert one.set_aside


def flip(part: str) -> str:
    return (
        "UPDATE sealed SET ciphertext ="
        " CAST(substr(ciphertext, 1, 20) || x'0011223344556677' || substr(ciphertext, 29) AS BLOB)"
        f" WHERE part = '{part}' AND first = (SELECT min(first) FROM sealed WHERE part = '{part}')"
    )


def alter(folder: Path, *statements: str) -> Path:
    [path] = folder.glob("*.db")
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            assert db.execute(statement).rowcount, statement
    return path


@pytest.mark.parametrize(
    "statement",
    [
        *map(flip, ("user", "shape", "bad", "head", "job")),
        "DELETE FROM sealed WHERE part = 'user'",
        "DELETE FROM sealed WHERE part = 'job'",
        "UPDATE sealed SET nonce = x'00'",
        "UPDATE sealed SET part = 'user' WHERE part = 'head'",
        "UPDATE user SET left_out = 1 WHERE number % 2",
        "UPDATE user SET shape = 1",
        "UPDATE user SET number = number + 1000",
        "UPDATE head SET digest = 'of another'",
        "UPDATE job SET text = json_set(text, '$.id', 'another')",
    ],
)
async def test_a_sealed_job_that_was_altered_is_not_gone_on_with(
    sandbox: SandboxThread, tmp_path: Path, statement: str
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
    before = consents(sandbox), len(sandbox.requests)
    path = alter(tmp_path / "state" / "jobs", statement)
    async with bulk_session(sandbox, tmp_path) as bulk:
        with pytest.raises(PlanError, match=r"damaged|cannot be read|was changed") as refused:
            await bulk.resume(record.id)
    if "digest" not in statement:
        assert str(path) in refused.value.happened
    assert (consents(sandbox), len(sandbox.requests)) == before


async def test_a_damaged_note_of_how_a_user_ended_names_the_file(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    sandbox.faults.bad_users = frozenset({"kim-003"})
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await apply(bulk, await personal_plan(bulk, tmp_path / "a.plan"))
        path = alter(
            bulk.folder, "UPDATE ended SET message = CAST(x'00' || message AS BLOB) WHERE message <> ''"
        )
        with bulk.jobs.open(record.id) as job, pytest.raises(PlanError, match="damaged") as refused:
            list(results(job, bulk.session.journal.path))
    assert str(path) in refused.value.happened


async def test_pages_of_another_job_do_not_open(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        path = await personal_plan(bulk, tmp_path / "a.plan")
    record = JobRecord("one", "", DAY, "kim", "", "", (), OnConflict.SKIP, read_back=False, limit=1)
    with open_plan(path) as made:
        for id in ("one", "two"):
            make_job(made, tmp_path / "jobs", replace(record, id=id), KEY).close()
    with closing(sqlite3.connect(tmp_path / "jobs" / "one.db", isolation_level=None)) as db:
        db.execute("ATTACH ? AS two", (str(tmp_path / "jobs" / "two.db"),))
        db.execute("DELETE FROM sealed WHERE part = 'user'")
        db.execute("INSERT INTO sealed SELECT * FROM two.sealed WHERE part = 'user'")
    with open_job(tmp_path / "jobs" / "one.db", KEY) as job, pytest.raises(PlanError, match="damaged"):
        job.pending(-1, 1)


async def test_a_user_whose_page_is_gone_is_nobody_else(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
        path = alter(bulk.folder, "UPDATE user SET number = 1000 WHERE number = 30")
        with bulk.jobs.open(record.id) as job, pytest.raises(PlanError, match="damaged") as refused:
            job.planned(-1, 1000)
    assert str(path) in refused.value.happened


async def test_a_sealed_job_opens_with_its_key_alone(sandbox: SandboxThread, tmp_path: Path) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
    path = bulk.folder / f"{record.id}.db"
    for key, why in ((None, "is not at hand"), (bytes(32), "with another key")):
        with pytest.raises(KeyNeeded, match=why):
            open_job(path, key)
        with open_outline(path, key) as outline:
            assert outline.locked
            assert outline.count_to_send() == 60


@asynccontextmanager
async def with_keyring(sandbox: SandboxThread, folder: Path, keyring: Keyring) -> AsyncIterator[BulkSession]:
    """A run whose key is in that keyring, and its token in the environment."""
    run = connections(sandbox, folder / "state" / "journal.db")
    run.tokens._store = TokenStore(backend=keyring.open, environ={"DFN_TUI_TOKEN": sandbox.token})
    try:
        yield run.bulk("here")
    finally:
        await run.finish()


async def test_a_locked_key_is_needed_and_no_other_one_is_made(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    keyring = Keyring()
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        record = await stopped(bulk, tmp_path)
        kept = dict(keyring.kept)
        assert set(kept) == {"journal/key"}
        assert seen(bulk.folder) == set()
    keyring.trouble = KeyringLocked("The keyring is locked.")
    before = len(sandbox.requests)
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        for needs in (
            bulk.resume(record.id[:10]),
            bulk.plan_undo(record.id, tmp_path / "undo.plan", lambda _reading: None),
            bulk.unseal(record.id),
        ):
            with pytest.raises(KeyNeeded, match=r"The keyring is locked\. Nothing was sent") as needed:
                await needs
            assert needed.value.locked
            assert record.id in needed.value.happened
        with pytest.raises(KeyNeeded):
            [drift async for drift in bulk.verify(record.id, lambda _users: None)]
        [listed] = (await bulk.list_jobs()).jobs
        assert (listed.total, listed.record.state, listed.locked) == (60, JobState.STOPPED, True)
        assert (listed.record.reason, listed.record.evidence, listed.head.source) == ("", "", "")
        assert bulk.jobs.summary(record.id) == listed
        assert bulk.jobs.unfinished() == [record.id]
        assert len(sandbox.requests) == before
        assert not (tmp_path / "undo.plan").exists()
        keyring.trouble = None  # it was unlocked meanwhile
        [listed] = (await bulk.list_jobs()).jobs
        assert (listed.record.reason, listed.locked) == ("INC-42", False)
        await bulk.resume(record.id, limit=LIMIT)
        assert (await bulk.wait()).state is JobState.FINISHED
        assert set(ends_with(bulk, record.id, keyring).values()) == {Outcome.CONFIRMED}
    assert {name: one for name, one in keyring.kept.items() if "head" not in name} == kept


def ends_with(bulk: BulkSession, id: str, keyring: Keyring) -> dict[str, Outcome | None]:
    with open_job(bulk.folder / f"{id}.db", bulk.key.value) as job:
        return {user.user: ended.outcome if ended else None for user, ended in job.planned(-1, 1000)}


async def test_a_key_that_is_gone_or_another_one_is_said_and_none_is_made(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    keyring = Keyring()
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        record = await stopped(bulk, tmp_path)
    keyring.kept.clear()
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        with pytest.raises(KeyNeeded, match="keyring does not hold it") as needed:
            await bulk.resume(record.id)
        assert not needed.value.locked
        assert keyring.kept == {}
    other = Keyring(bytes(32))
    async with with_keyring(sandbox, tmp_path, other) as bulk:
        with pytest.raises(KeyNeeded, match="sealed with another key") as needed:
            await bulk.resume(record.id)
        assert not needed.value.locked
        [listed] = (await bulk.list_jobs()).jobs
        assert listed.locked
        assert bulk.jobs.clean(0, unfinished=True) == [record.id]


async def test_who_was_sent_is_known_without_the_key(sandbox: SandboxThread, tmp_path: Path) -> None:
    keyring = Keyring()
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        path = await personal_plan(bulk, tmp_path / "a.plan")
        await apply(bulk, path)
    keyring.trouble = KeyringLocked("The keyring is locked.")
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        with pytest.raises(GateRefused, match="Nothing to send"):
            await apply(bulk, path)


async def test_where_the_keyring_is_locked_a_new_job_is_plain_and_holds_up_nobody(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    keyring = Keyring()
    keyring.trouble = KeyringLocked("The keyring is locked.")
    async with with_keyring(sandbox, tmp_path, keyring) as bulk:
        record = await apply(bulk, await personal_plan(bulk, tmp_path / "a.plan"))
        assert record.state is JobState.FINISHED
        assert not bulk.jobs.summary(record.id).sealed
    assert keyring.kept == {}


async def test_the_store_says_why_there_is_no_key() -> None:
    keyring = Keyring()
    store = TokenStore(backend=keyring.open, environ={})
    assert (await find_key(store, make=False)).reason == "The keyring does not hold it."
    made = await find_key(store, make=True)
    assert await store.find_journal_key(make=True) == made.key is not None
    keyring.trouble = KeyringLocked("Locked.")
    assert await find_key(store, make=True) == (None, "Locked.", True)


async def test_users_left_out_of_a_sealed_job_are_noted_under_the_seal(
    sandbox: SandboxThread, tmp_path: Path
) -> None:
    async with bulk_session(sandbox, tmp_path) as bulk:
        record = await stopped(bulk, tmp_path)
    with open_plan(tmp_path / "a.plan") as trial:
        exclude(trial, AllButFirst(5), DAY, "lee@bastion-2", out=True)
    async with bulk_session(sandbox, tmp_path) as bulk:
        await apply(bulk, tmp_path / "a.plan")
        await bulk.resume(record.id, limit=LIMIT)
        await bulk.wait()
        with bulk.jobs.open(record.id) as job:
            [left_out] = job.plan.head.narrowed
            check_digest(job.path, job.plan.db)
            assert job.plan.digest == job.record.digest != record.digest
        with open_outline(job.path) as outline:
            assert outline.plan.head.narrowed == ()
    assert left_out.users == 5
    assert seen(bulk.folder) == set()


def test_what_a_function_of_ours_raises_in_sqlite_is_raised(tmp_path: Path) -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    with closing(sqlite3.connect(":memory:")) as db:
        db.create_function("leave", 0, passes_on(leave))
        with pytest.raises(KeyboardInterrupt), disk_errors(tmp_path):
            db.execute("SELECT leave()").fetchall()
        with pytest.raises(PlanError, match="no such table"), disk_errors(tmp_path):
            db.execute("SELECT 1 FROM missing")  # and not once more
