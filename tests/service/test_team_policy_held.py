"""That single changes and jobs are held to the company's policy as it is at that moment."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.config.model import ArchiveConfig, ArchiveKind
from dfn_tui.config.team_policy import PolicyError
from dfn_tui.consent.flags import State
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.archive.sending import places_of
from dfn_tui.service.bulk.run.records import JobState
from dfn_tui.service.changes.pipeline import read_groups
from dfn_tui.service.changes.policy import Approval
from dfn_tui.service.connections import Connections
from dfn_tui.service.context import Forwarded
from dfn_tui.service.session import Session
from dfn_tui.store.archive_queue import ArchiveQueue
from tests.companies import READ_ONLY, Company, company_in, root_only
from tests.sandbox_thread import SandboxThread
from tests.service import jobs
from tests.starting import entries, send, start, until, withdraw
from tests.unit.journals import filled

pytestmark = root_only

SAYS_FORM = "[reason]\npattern = 'CS-\\d+'\n"


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=200)) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    return company_in(tmp_path, monkeypatch)


def writes(sandbox: SandboxThread) -> int:
    return sum(request.path.endswith("/update") for request in sandbox.requests)


async def stage_points(session: Session, user: str = "user-0001") -> None:
    record = await session.open_user(session.identity(user))
    session.staging.draft(record).stage(*_points())


def _points() -> tuple[Any, str, Any]:
    from dfn_tui.store import FieldKind

    return FieldKind.PROPERTY, "points", 7


class TestSession:
    async def test_is_refused_before_anything_is_asked_and_stays_staged(
        self, sandbox: SandboxThread, path: Path, company: Company
    ) -> None:
        async with start(sandbox, path) as session:
            await stage_points(session)
            file, asked = company(READ_ONLY), len(sandbox.requests)
            with pytest.raises(GateRefused, match=rf"rule read_only in {file}"):
                await send(session)
            assert len(sandbox.requests) == asked
            assert len(session.review().changes) == 1
            company(None)
            [result] = await send(session)
            assert result.outcome is Outcome.CONFIRMED

    async def test_a_withdrawal_goes_on(self, sandbox: SandboxThread, path: Path, company: Company) -> None:
        company(READ_ONLY + SAYS_FORM)
        async with start(sandbox, path) as session:
            [result] = await withdraw(session, "user-0001")
            assert result.outcome is Outcome.CONFIRMED

    async def test_what_came_to_hold_while_users_were_read_holds(
        self, sandbox: SandboxThread, path: Path, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with start(sandbox, path) as session:
            await stage_points(session)

            async def read_while_the_policy_changes(*args: Any) -> Any:
                company(READ_ONLY)
                return await read_groups(*args)

            monkeypatch.setattr("dfn_tui.service.session.read_groups", read_while_the_policy_changes)
            with pytest.raises(GateRefused, match="rule read_only"):
                await send(session)
            assert writes(sandbox) == 0
        assert entries(path) == []

    async def test_one_that_cannot_be_used_is_shown_and_lets_reading_and_withdrawing_go_on(
        self, sandbox: SandboxThread, path: Path, company: Company
    ) -> None:
        file = company(READ_ONLY)
        file.chmod(0o666)
        async with start(sandbox, path) as session:
            assert isinstance(session.team_policy(), PolicyError)
            await stage_points(session)
            assert session.review().asked.reason_pattern == ""
            with pytest.raises(GateRefused, match=f"Others than root may write {file}.*chmod go-w {file}"):
                await send(session)
            assert writes(sandbox) == 0
            session.staging.clear()
            [result] = await withdraw(session, "user-0002")
            assert result.outcome is Outcome.CONFIRMED

    async def test_the_form_asks_for_what_the_policy_does(
        self, sandbox: SandboxThread, path: Path, company: Company
    ) -> None:
        company(SAYS_FORM + "[evidence]\nalways = true\n")
        async with start(sandbox, path) as session:
            await stage_points(session)
            reviewed = session.review()
            assert reviewed.asked.reason_pattern == r"CS-\d+"
            assert reviewed.asked.evidence_required
            assert session.requirements(reviewed.scope) == reviewed.asked
            session.admit(reviewed.scope, Approval("CS-1", "form"))

    async def test_the_sandbox_of_this_run_is_not_bound(
        self, sandbox: SandboxThread, path: Path, company: Company
    ) -> None:
        company(READ_ONLY)
        async with start(sandbox, path) as session:
            assert session.team_policy() is not None
            session.context.made_up = True
            await stage_points(session)
            [result] = await send(session)
            assert result.outcome is Outcome.CONFIRMED

    async def test_forwarding_is_what_the_configuration_says(
        self, sandbox: SandboxThread, path: Path, company: Company
    ) -> None:
        company("[forwarding]\nrequired = true\n")
        async with start(sandbox, path) as session:
            await stage_points(session)
            with pytest.raises(GateRefused, match="rule forwarding"):
                await send(session)


class TestJobs:
    async def test_a_plan_is_refused_before_a_job_is_made(
        self, sandbox: SandboxThread, tmp_path: Path, company: Company
    ) -> None:
        async with jobs.bulk_session(sandbox, tmp_path) as bulk:
            plan = await jobs.plan(bulk, tmp_path / "a.plan", jobs.users(40), "points:number=7")
            company(READ_ONLY)
            with pytest.raises(GateRefused, match="rule read_only"):
                await jobs.apply(bulk, plan)
            assert bulk.jobs.all().jobs == []
            assert writes(sandbox) == 0

    async def test_a_rule_that_comes_while_a_job_runs_stops_it_and_what_was_sent_is_read_back(
        self, sandbox: SandboxThread, tmp_path: Path, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dfn_tui.service.bulk.planning.AT_ONCE", 1)
        monkeypatch.setattr("dfn_tui.service.bulk.run.run._SPARE", 0)
        monkeypatch.setattr("dfn_tui.service.bulk.run.batch.ASKED_EVERY", 0.0)
        async with jobs.bulk_session(sandbox, tmp_path) as bulk:
            plan = await jobs.plan(bulk, tmp_path / "a.plan", jobs.users(200), "points:number=7")
            run = await bulk.apply(plan, jobs.APPROVAL, replace(jobs.options(), limit=300))
            await until(lambda: writes(sandbox) > 0)
            file = company(READ_ONLY)
            record = await bulk.wait()
            assert record.state is JobState.STOPPED
            assert f"rule read_only in {file}" in record.why
            assert isinstance(run.error, GateRefused)
            ended = jobs.ends(bulk, record.id)
            sent = {user for user, end in ended.items() if end is not None}
            assert 0 < len(sent) < 200
            assert {ended[user] for user in sent} == {Outcome.CONFIRMED}
            with pytest.raises(GateRefused, match="rule read_only"):
                await bulk.resume(record.id)
            company(None)
            await bulk.resume(record.id, limit=jobs.LIMIT)
            await bulk.wait()
            assert set(jobs.ends(bulk, record.id).values()) == {Outcome.CONFIRMED}

    async def test_a_job_of_withdrawals_goes_on(
        self, sandbox: SandboxThread, tmp_path: Path, company: Company
    ) -> None:
        company(READ_ONLY + SAYS_FORM)
        async with jobs.bulk_session(sandbox, tmp_path) as bulk:
            given = [user for user, state in jobs.consents(sandbox).items() if state == State.SUBSCRIBED]
            plan = await jobs.plan(bulk, tmp_path / "a.plan", "\n".join(given), jobs.STOP)
            record = await jobs.apply(bulk, plan)
            assert record.state is JobState.FINISHED

    async def test_what_was_sent_is_read_back_whatever_the_policy_says(
        self, sandbox: SandboxThread, tmp_path: Path, company: Company
    ) -> None:
        async with jobs.bulk_session(sandbox, tmp_path) as bulk:
            plan = await jobs.plan(bulk, tmp_path / "a.plan", jobs.users(20), "points:number=7")
            record = await jobs.apply(bulk, plan)
            company(READ_ONLY)
            await bulk.resume(record.id)
            assert (await bulk.wait()).state is JobState.FINISHED


class TestArchiveQueue:
    def test_knows_when_the_oldest_was_written_that_is_not_archived(self, tmp_path: Path) -> None:
        queue = ArchiveQueue(tmp_path / "journal.db", "it")
        assert queue.oldest() is None
        filled(tmp_path / "journal.db")
        first = datetime(2025, 3, 1, 9, tzinfo=UTC)
        assert queue.oldest() == first
        [one, _two, three, *others] = queue.take(50)
        queue.sent(one)
        assert queue.oldest() == first + timedelta(minutes=1)
        queue.sent([three, *others][-1])
        assert queue.oldest() is None


def test_a_connection_knows_how_its_archive_stands_and_whether_it_is_made_up(path: Path) -> None:
    filled(path)
    archive = ArchiveConfig(ArchiveKind.SYSLOG, socket=str(path.parent / "log"))
    here = Connection("here", ApiVersion.V1, Environment.SANDBOX)
    config = Config(Path("/nonexistent/config.toml"), None, {"here": here})
    first = datetime(2025, 3, 1, 9, tzinfo=UTC)
    for one, stands in (
        (config, Forwarded(False)),
        (config._replace(archive=archive), Forwarded(True, first, (archive.socket,))),
    ):
        context = Connections(one, journal_path=path).context("here")
        assert (context.forwarded(), context.made_up) == (stands, False)
    run = Connections(config, journal_path=path)
    run._demo = SimpleNamespace(connections={"demo": here._replace(name="demo")})  # type: ignore[assignment]
    assert run.context("demo").made_up
    assert not run.context("here").made_up


@pytest.mark.parametrize(
    ("hosts", "places"),
    [
        ("Audit.Example.", ("audit.example",)),
        ("/run/postgresql", ("/run/postgresql",)),
        ("audit.example,mine.example", ("audit.example", "mine.example")),
    ],
)
def test_where_an_archive_is_is_said_in_the_spelling_of_a_policy(hosts: str, places: tuple[str, ...]) -> None:
    config = ArchiveConfig(ArchiveKind.POSTGRESQL, (("host", hosts), ("dbname", "audit"), ("user", "w")))
    assert places_of(config) == places


def test_where_a_file_cannot_be_reached_nobody_knows_what_it_asks() -> None:
    """An operator is no root, and comes to no folder of these tests."""
    script = (
        "import os, sys, tomllib\nfrom pathlib import Path\n"
        "from dfn_tui.config.team_policy import PolicyError, load_team_policy\nos.setuid(65534)\n"
        "try:\n    print(load_team_policy(Path(sys.argv[1])))\n"
        "except PolicyError as error:\n    print(error.happened)"
    )
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "dfn-tui"
        file = folder / "policy.toml"
        for mode, said in ((0o700, f"{file} cannot be read: Permission denied."), (0o755, "path=")):
            folder.mkdir(exist_ok=True)
            file.write_text(READ_ONLY, encoding="utf-8")
            folder.chmod(mode)
            command = [sys.executable, "-c", script, str(file)]
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
            assert ran.stdout.startswith(said)
