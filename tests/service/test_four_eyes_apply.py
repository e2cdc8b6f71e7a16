"""A plan that gives consents to many is applied once a second person has signed it, and not before."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.config import Config
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.approving import Signing, approve
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import open_copy, open_plan
from dfn_tui.service.bulk.plan.totals import AllButFirst, SelectedUsers, Selection, SentUsers, totals
from dfn_tui.service.bulk.run.begun import Options
from dfn_tui.service.bulk.run.job import open_job
from dfn_tui.service.bulk.run.records import JobState, OnConflict
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.doctor.team_policy import team_policy
from dfn_tui.service.four_eyes.files import beside
from dfn_tui.service.four_eyes.ssh import NAMESPACE, SignatureRefused
from dfn_tui.service.four_eyes.statement import Signed, SignedAs, Statement, statement_of
from dfn_tui.service.receipt import make_receipt
from dfn_tui.text.korea import utc_now
from tests.eyes import ALICE, BOB, EVE, PROGRAMS, Team, needs_root
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import APPROVAL, GIVE, STOP, apply, bulk_session, consents, options, plan, users
from tests.starting import KEY, entries
from tests.unit.test_policy import HERE, PROD

pytestmark = [needs_root, pytest.mark.slow]
Change = Callable[[Statement], Statement]


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=8)) as running:
        yield running


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None]) -> Team:
    require(*PROGRAMS)
    return Team(tmp_path, monkeypatch)


def sign(team: Team, path: Path, who: str = BOB, key: str = "bob", at: datetime | None = None) -> Path:
    """That person approves the plan, as the command does; Alice sits here again afterwards."""
    team.sit(who)
    with open_plan(path) as found:
        _signed, file = approve(found, found.digest, at or utc_now(), Signing(team.key(key)))
    team.sit(ALICE)
    return file


def forge(team: Team, path: Path, change: Change, who: str = BOB, key: str = "bob") -> Path:
    """A signature by a real key of a statement that the command would not make."""
    with open_plan(path) as found:
        said = change(statement_of(totals(found), SignedAs.APPROVE, who, utc_now()))
    from dfn_tui.service.four_eyes.ssh import sign as by_key

    signed = Signed(said, by_key(said.text, team.key(key), terminal=False))
    file = path.with_name(f"{path.name}.sig")
    file.write_text(signed.text, encoding="ascii")
    return file


async def refused(bulk: BulkSession, path: Path, why: str) -> ConsoleError:
    """Nothing is sent, and no job is left over."""
    with pytest.raises(GateRefused) as caught:
        await bulk.apply(path, APPROVAL, options())
    assert why in caught.value.happened
    assert not bulk.jobs.all().jobs
    return caught.value


@pytest.fixture
async def bulk(sandbox: SandboxThread, tmp_path: Path, team: Team):  # type: ignore[no-untyped-def]
    async with bulk_session(sandbox, tmp_path) as session:
        session.signing = Signing(team.key("alice"))
        yield session


@pytest.fixture
async def path(bulk: BulkSession, tmp_path: Path) -> Path:
    """Gives a consent to three people, of whom none had said no."""
    return await plan(bulk, tmp_path / "a.plan", users(8), GIVE)


async def test_both_names_stand_in_the_journal_and_on_the_receipt(
    bulk: BulkSession, path: Path, team: Team, sandbox: SandboxThread
) -> None:
    file = sign(team, path)
    assert (file.name, file.stat().st_mode & 0o777) == ("a.plan.sig", 0o600)
    record = await apply(bulk, path)
    assert record.state is JobState.FINISHED
    assert consents(sandbox)["user-0004"] == "Subscribed"
    found = [one for one in entries(bulk.session.journal.path) if one.intent.changes]
    assert {(one.intent.approver, one.intent.signer) for one in found} == {(BOB, ALICE)}
    receipt = await make_receipt(bulk.session, bulk.session.identity("user-0004"))
    assert f"approved by {BOB}, applied by {ALICE}" in receipt


async def test_without_a_signature_nothing_is_sent(bulk: BulkSession, path: Path, team: Team) -> None:
    error = await refused(bulk, path, "Nobody has signed it.")
    assert "bulk approve" in error.next_step


async def test_withdrawals_alone_wait_for_nobody(bulk: BulkSession, tmp_path: Path, team: Team) -> None:
    team.signers.unlink()  # nor for what is wrong with the company's files
    path = await plan(bulk, tmp_path / "stop.plan", users(4), STOP)
    assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_withdrawals_wait_where_the_policy_says_so(
    bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    team.ask(1, 'connections = ["here"]\nwithdrawals = true')
    path = await plan(bulk, tmp_path / "stop.plan", users(4), STOP)
    await refused(bulk, path, "Nobody has signed it.")


async def test_where_a_plan_does_both_it_is_said_that_withdrawals_can_go(
    bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    path = await plan(bulk, tmp_path / "both.plan", users(4), STOP, "points:number=9")
    error = await refused(bulk, path, "Nobody has signed it.")
    assert "Withdrawals need nobody" in error.next_step


async def test_below_the_line_nobody_is_asked(bulk: BulkSession, path: Path, team: Team) -> None:
    team.ask(4)
    assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_over_other_connections_nobody_is_asked(bulk: BulkSession, path: Path, team: Team) -> None:
    team.ask(1, "")  # then it is about production
    assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_ones_own_signature_does_not_count_however_often(
    bulk: BulkSession, path: Path, team: Team
) -> None:
    sign(team, path, ALICE, "alice")
    team.make_key("alice2")
    team.allow({"alice": ALICE, "alice2": ALICE, "bob": BOB})
    assert sign(team, path, ALICE, "alice2").name == "a.plan.2.sig"
    error = await refused(bulk, path, f"a.plan.sig: it is by {ALICE}.")
    assert f"a.plan.2.sig: it is by {ALICE}." in error.happened


async def test_nor_by_another_account_of_the_same_person(bulk: BulkSession, path: Path, team: Team) -> None:
    team.map({"daemon": ALICE, "bin": ALICE})
    sign(team, path, "bin", "alice")
    await refused(bulk, path, "it is by")


async def test_one_who_is_two_principals_is_nobody(bulk: BulkSession, path: Path, team: Team) -> None:
    """By another name of the same number."""
    import pwd

    sign(team, path)
    real = pwd.getpwnam

    def twice(name: str) -> pwd.struct_passwd:
        return real("daemon" if name == "bin" else name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pwd, "getpwnam", twice)
        await refused(bulk, path, "2 principals for daemon")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda said: replace(said, plan="0" * 64), "another plan"),
        (lambda said: replace(said, users=5), "another plan"),
        (lambda said: replace(said, connection="prod"), "another address"),
        (lambda said: replace(said, environment="production"), "another address"),
        (lambda said: replace(said, address="https://api.dfinery.io"), "another address"),
        (lambda said: replace(said, service="s"), "another address"),
        (lambda said: replace(said, role=SignedAs.APPLY), "another word"),
        (lambda said: replace(said, principal=EVE), "no key that eve@company.kr may sign with"),
        (lambda said: replace(said, principal="mallory@company.kr"), "no principal of this host"),
        (lambda said: replace(said, at=said.at - timedelta(hours=25)), "too old"),
        (lambda said: replace(said, at=said.at + timedelta(minutes=10)), "from the future"),
    ],
)
async def test_a_real_signature_of_something_else_does_not_count(
    bulk: BulkSession, path: Path, team: Team, change: Change, why: str
) -> None:
    forge(team, path, change)
    await refused(bulk, path, why)


async def test_a_statement_changed_after_it_was_signed_does_not_count(
    bulk: BulkSession, path: Path, team: Team
) -> None:
    file = sign(team, path, at=utc_now() - timedelta(hours=30))
    told = file.read_text("ascii")
    now = f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"
    start = told.index('"at":"') + 6
    file.write_text(told[:start] + now + told[start + 20 :], encoding="ascii")
    await refused(bulk, path, "no key that bob@company.kr may sign with")


async def test_another_plans_signature_does_not_count(
    bulk: BulkSession, path: Path, tmp_path: Path, team: Team
) -> None:
    other = await plan(bulk, tmp_path / "b.plan", users(3), GIVE)
    sign(team, other).rename(tmp_path / "a.plan.sig")
    await refused(bulk, path, "another plan")


async def test_leaving_somebody_out_voids_it_and_putting_them_back_too(
    bulk: BulkSession, path: Path, team: Team
) -> None:
    sign(team, path)
    for out in (True, False):
        with open_plan(path) as found:
            assert exclude(found, SelectedUsers(("user-0004",)), utc_now(), "kim@here", out=out)
        await refused(bulk, path, "before it was changed")


async def test_a_signature_for_another_purpose_does_not_count(
    bulk: BulkSession, path: Path, team: Team
) -> None:
    team.allow({"alice": ALICE, "bob": BOB}, "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dfn_tui.service.four_eyes.ssh.NAMESPACE", "git")
        sign(team, path)
    await refused(bulk, path, "no key that bob@company.kr may sign with")


@pytest.mark.parametrize("whose", ["alice@company.kr,bob@company.kr", "*@company.kr"])
async def test_a_key_of_two_people_tells_nobody(
    bulk: BulkSession, path: Path, team: Team, whose: str
) -> None:
    sign(team, path)
    lines = f"{ALICE} {team.public('alice')}\n{whose} {team.public('bob')}\n"
    team.write(team.signers, lines)
    await refused(bulk, path, "does not tell them apart")


async def test_nor_does_one_in_two_lines(bulk: BulkSession, path: Path, team: Team) -> None:
    sign(team, path)
    lines = "".join(f"{who} {team.public('bob')}\n" for who in (BOB, EVE))
    team.write(team.signers, f"{lines}{ALICE} {team.public('alice')}\n")
    await refused(bulk, path, "does not tell them apart")


async def test_a_key_that_is_listed_no_more_does_not_count(bulk: BulkSession, path: Path, team: Team) -> None:
    sign(team, path)
    team.allow({"alice": ALICE})
    await refused(bulk, path, "no key that bob@company.kr may sign with")


@pytest.mark.parametrize("terms", ['valid-before="20260101"', 'valid-after="20990101"'])
async def test_nor_does_one_whose_time_is_over_or_has_not_come(
    bulk: BulkSession, path: Path, team: Team, terms: str
) -> None:
    sign(team, path)
    team.allow({"alice": ALICE, "bob": BOB}, terms)
    await refused(bulk, path, "no key that bob@company.kr may sign with")


async def test_an_approval_lives_no_longer_than_a_day_whatever_the_configuration_says(
    bulk: BulkSession, path: Path, team: Team
) -> None:
    """It is the operator's own, and that of whoever has the plan."""
    bulk.session.connection = bulk.session.connection._replace(plan_hours=10_000)
    forge(team, path, lambda said: replace(said, at=said.at - timedelta(hours=25)))
    await refused(bulk, path, "too old")


async def test_who_said_no_since_is_not_given_a_consent_that_was_approved_before(
    sandbox: SandboxThread, bulk: BulkSession, path: Path, team: Team
) -> None:
    sign(team, path)
    sandbox.state.write_profiles([("user-0004", {Flag.MKT_SMS: State.UNSUBSCRIBED}, {})])
    with pytest.raises(GateRefused, match="approved is sent as it was"):
        await bulk.apply(path, APPROVAL, options(OnConflict.OVERWRITE))
    assert not entries(bulk.session.journal.path)
    record = await apply(bulk, path, options(OnConflict.SKIP))
    with pytest.raises(GateRefused, match="approved is sent as it was"):
        await bulk.resume(record.id, on_conflict=OnConflict.OVERWRITE)
    assert consents(sandbox)["user-0004"] == "Unsubscribed"


def certify(team: Team, name: str, principals: str, valid: str = "-1d:+1d") -> None:
    """The company's authority says whose that key is."""
    words = ["-q", "-s", str(team.key("ca")), "-I", name, "-n", principals, "-V", valid]
    subprocess.run(["ssh-keygen", *words, str(team.key(name).with_suffix(".pub"))], check=True)


@pytest.mark.parametrize(
    ("principals", "valid", "why"),
    [
        (BOB, "-1d:+1d", ""),
        (f"{ALICE},{BOB}", "-1d:+1d", "does not tell them apart"),
        (ALICE, "-1d:+1d", "no key that bob@company.kr may sign with"),
        (BOB, "-2d:-1d", "no key that bob@company.kr may sign with"),
        (BOB, "+1d:+2d", "no key that bob@company.kr may sign with"),
    ],
)
async def test_a_certificate_counts_for_whom_it_names_while_it_holds(
    bulk: BulkSession, path: Path, team: Team, principals: str, valid: str, why: str
) -> None:
    team.make_key("ca")
    namespace = f'namespaces="{NAMESPACE}"'
    authority = f"*@company.kr cert-authority,{namespace} {team.public('ca')}\n"
    team.write(team.signers, f"{authority}{ALICE} {namespace} {team.public('alice')}\n")
    certify(team, "bob", principals, valid)
    forge(team, path, lambda said: said, key="bob-cert.pub")
    if why:
        await refused(bulk, path, why)
    else:
        assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_nor_does_one_that_was_revoked(bulk: BulkSession, path: Path, team: Team) -> None:
    sign(team, path)
    team.write(team.folder / "revoked_keys", team.public("bob") + "\n")
    await refused(bulk, path, "no key that bob@company.kr may sign with")


@pytest.mark.parametrize("file", ["signers", "principals", "revoked"])
async def test_files_that_others_could_write_are_not_believed(
    bulk: BulkSession, path: Path, team: Team, file: str
) -> None:
    sign(team, path)
    revoked = team.folder / "revoked_keys"
    team.write(revoked, "")
    named = {"signers": team.signers, "principals": team.principals, "revoked": revoked}[file]
    named.chmod(0o666)
    await refused(bulk, path, "Others than root may write")
    named.chmod(0o644)
    team.folder.chmod(0o777)
    await refused(bulk, path, "Others than root may write")


@pytest.mark.parametrize("file", ["signers", "principals"])
async def test_nor_through_a_link_to_what_is_not_roots(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path, file: str
) -> None:
    sign(team, path)
    named = team.signers if file == "signers" else team.principals
    target = tmp_path / "mine"
    target.write_bytes(named.read_bytes())
    os.chown(target, 1, 1)
    named.unlink()
    named.symlink_to(target)
    await refused(bulk, path, "does not belong to root")


async def test_who_is_on_no_map_applies_nothing(bulk: BulkSession, path: Path, team: Team) -> None:
    sign(team, path)
    team.sit("games")
    await refused(bulk, path, "names no principal for games")


async def test_who_is_on_no_map_approves_nothing(path: Path, team: Team) -> None:
    with pytest.raises(SignatureRefused) as caught:
        sign(team, path, "games")
    assert "names no principal for games" in caught.value.happened
    assert list(beside(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        '[users]\ndaemon = "*@company.kr"\n',
        '[users]\ndaemon = "alice@company.kr,bob@company.kr"\n',
        '[users]\ndaemon = "-fnowhere"\n',
        '[users]\ndaemon = ["alice@company.kr", "bob@company.kr"]\n',
        '[users]\ndaemon = ""\n',
        '[users]\ndaemon = "alice@company.kr"\n[groups]\n',
        'users = "alice"\n',
        "",
        "[users\n",
    ],
)
async def test_a_map_that_is_not_right_names_nobody(
    bulk: BulkSession, path: Path, team: Team, text: str
) -> None:
    sign(team, path)
    team.write(team.principals, text)
    await refused(bulk, path, str(team.principals))


@pytest.mark.parametrize("file", ["signers", "principals"])
async def test_a_file_that_is_missing_or_no_file_is_named(
    bulk: BulkSession, path: Path, team: Team, file: str
) -> None:
    sign(team, path)
    named = team.signers if file == "signers" else team.principals
    named.unlink()
    await refused(bulk, path, f"{named} cannot be read")
    os.mkfifo(named, 0o644)
    await refused(bulk, path, f"{named} is not a file")


async def test_sudo_changes_nobody(
    bulk: BulkSession, path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests run as root, as after `sudo`: who logged in counts, and where that is not known, root."""
    sign(team, path, ALICE, "alice")
    await refused(bulk, path, f"it is by {ALICE}.")
    team.sit(None)
    monkeypatch.setenv("SUDO_USER", "bin")
    await refused(bulk, path, "names no principal for root")


async def test_who_applies_signs_with_a_key_of_their_own(bulk: BulkSession, path: Path, team: Team) -> None:
    """The login's number alone is no proof of who it is."""
    sign(team, path)
    bulk.signing = Signing(team.key("eve"))
    await refused(bulk, path, "no key that alice@company.kr may sign with")
    bulk.signing = Signing()
    await refused(bulk, path, "No key of the agent")


async def test_an_agent_signs(bulk: BulkSession, path: Path, team: Team) -> None:
    sign(team, path)
    bulk.signing = Signing()
    team.make_key("other")
    with team.agent("other", "eve", "alice"):
        assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_going_on_asks_again(
    sandbox: SandboxThread, bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    """By the approval that the job keeps, and a new signature of who goes on with it."""
    path = await plan(bulk, tmp_path / "a.plan", users(8), "points:number=9")
    sign(team, path)
    bulk.stopping = True
    await bulk.apply(path, APPROVAL, options())
    record = await bulk.wait()
    assert record.state is JobState.STOPPED
    bulk.stopping = False
    team.sit(BOB)
    bulk.signing = Signing(team.key("bob"))
    with pytest.raises(SignatureRefused, match="by bob"):
        await bulk.resume(record.id)
    team.sit(EVE)
    bulk.signing = Signing(team.key("eve"))
    await bulk.resume(record.id)
    assert (await bulk.wait()).state is JobState.FINISHED
    found = [one.intent for one in entries(bulk.session.journal.path)]
    assert {(one.approver, one.signer) for one in found} == {(BOB, EVE)}


async def test_a_job_whose_content_was_changed_is_not_gone_on_with(
    bulk: BulkSession, tmp_path: Path, team: Team
) -> None:
    """Its digests can be made to fit by whoever can write it; the signature cannot."""
    path = await plan(bulk, tmp_path / "a.plan", users(6), "points:number=9")
    sign(team, path)
    bulk.stopping = True
    await bulk.apply(path, APPROVAL, options())
    record = await bulk.wait()
    bulk.stopping = False
    with open_job(bulk.folder / f"{record.id}.db", KEY) as job:
        assert exclude(job.plan, SentUsers(frozenset({2})), utc_now(), "kim@here", out=True)
        job.save(replace(record, digest=job.plan.digest))
    with pytest.raises(SignatureRefused, match="before it was changed") as caught:
        await bulk.resume(record.id)
    assert "Apply the plan once more" in caught.value.next_step


async def test_a_job_without_the_signature_of_who_applies_it_does_not_begin(
    bulk: BulkSession, tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await plan(bulk, tmp_path / "a.plan", users(8), GIVE)
    sign(team, path)
    real = "dfn_tui.service.bulk.session.signatures_for"
    from dfn_tui.service.bulk.approving import signatures_for

    for cut in (slice(0, 1), slice(0, 0)):
        monkeypatch.setattr(real, lambda *asked, cut=cut: signatures_for(*asked)[cut])
        with pytest.raises(SignatureRefused):
            await bulk.apply(path, APPROVAL, Options(OnConflict.SKIP, True, 600_000))
    monkeypatch.setattr(real, lambda *asked: (signatures_for(*asked)[0],) * 2)
    with pytest.raises(SignatureRefused, match="another word"):
        await bulk.apply(path, APPROVAL, Options(OnConflict.SKIP, True, 600_000))
    assert not entries(bulk.session.journal.path)


def test_only_what_was_looked_at_is_signed(path: Path, team: Team) -> None:
    """Whatever becomes of the file meanwhile: who made the plan may still write it."""
    team.sit(BOB)
    with open_copy(path) as found:
        before = path.read_bytes()
        path.write_bytes(b"")
        assert totals(found).to_send == 3
        with pytest.raises(SignatureRefused, match="Something changed it since"):
            approve(found, "0" * 64, utc_now(), Signing(team.key("bob")))
        signed, _file = approve(found, found.digest, utc_now(), Signing(team.key("bob")))
    path.write_bytes(before)
    with open_plan(path) as found:
        assert signed.statement.plan == found.digest


async def test_files_that_are_there_are_never_written_over(path: Path, team: Team, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "a.plan.sig").symlink_to(victim)
    (tmp_path / "a.plan.2.sig").write_text("foreign", encoding="ascii")
    assert sign(team, path).name == "a.plan.3.sig"
    assert not victim.exists()
    assert (tmp_path / "a.plan.2.sig").read_text("ascii") == "foreign"


async def test_what_is_no_signature_is_named_and_passed_over(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "a.plan.sig")
    (tmp_path / "a.plan.2.sig").write_bytes(b"\xff" * 10)
    (tmp_path / "a.plan.3.sig").write_bytes(b"{}\n")
    (tmp_path / "a.plan.4.sig").write_bytes(b"x" * 100_000)
    error = await refused(bulk, path, "a.plan.sig: it cannot be read")
    assert "a.plan.3.sig: it is no signature of a plan." in error.happened
    assert sign(team, path).name == "a.plan.5.sig"
    assert (await apply(bulk, path)).state is JobState.FINISHED


async def test_a_missing_ssh_keygen_says_what_to_install(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(team, path)
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.FOLDERS", (tmp_path,))
    error = await refused(bulk, path, "OpenSSH's ssh-keygen")
    assert "openssh-client" in error.next_step


async def test_one_that_others_can_write_is_not_run(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(team, path)
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
    (tmp_path / "ssh-keygen").chmod(0o777)
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.FOLDERS", (tmp_path,))
    await refused(bulk, path, "Others than root may write")


async def test_one_on_the_path_is_not_run(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(team, path, lambda said: said, BOB, "eve")
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
    (tmp_path / "ssh-keygen").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    await refused(bulk, path, "no key that bob@company.kr may sign with")


async def test_one_that_does_not_end_is_stopped(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(team, path)
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\nexec sleep 30\n", encoding="ascii")
    (tmp_path / "ssh-keygen").chmod(0o755)
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.FOLDERS", (tmp_path,))
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.LIMIT", 0.2)
    await refused(bulk, path, "did not end within")


async def test_only_the_agents_socket_of_the_environment_reaches_it(
    bulk: BulkSession, path: Path, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(team, path)
    text = f"#!/bin/sh\nenv > {tmp_path}/seen\nexit 1\n"
    (tmp_path / "ssh-keygen").write_text(text, encoding="ascii")
    (tmp_path / "ssh-keygen").chmod(0o755)
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.FOLDERS", (tmp_path,))
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    await refused(bulk, path, "no key")
    seen = {line.partition("=")[0] for line in (tmp_path / "seen").read_text("ascii").splitlines()}
    assert seen - {"PWD", "SHLVL", "_"} == {"PATH", "LC_ALL", "SSH_AUTH_SOCK"}


def test_the_command_by_hand_in_the_manual_checks_a_signature(path: Path, team: Team) -> None:
    file = sign(team, path)
    said = subprocess.run(
        f"tail -n +2 {file} > {file}.only && head -n 1 {file} | ssh-keygen -Y verify -f {team.signers}"
        f" -I {BOB} -n dfn-tui-plan@dfn-tui -s {file}.only",
        shell=True,
        check=True,
        capture_output=True,
    )
    assert b"Good" in said.stdout


async def test_a_key_that_would_not_count_signs_nothing(path: Path, team: Team) -> None:
    with pytest.raises(SignatureRefused) as caught:
        sign(team, path, BOB, "eve")
    assert "no key that bob@company.kr may sign with" in caught.value.happened
    assert list(beside(path)) == []


async def test_a_plan_that_was_sent_in_part_before_its_approval_is_sent_whole(
    bulk: BulkSession, tmp_path: Path, team: Team, sandbox: SandboxThread
) -> None:
    """A trial below the line, and the others with a signature of all; also where that is cut short."""
    team.ask(3)
    path = await plan(bulk, tmp_path / "a.plan", users(8), GIVE)
    with open_plan(path) as found:
        exclude(found, AllButFirst(1), utc_now(), "kim@here", out=True)
    assert (await apply(bulk, path)).signatures == ()
    team.ask(2)
    with open_plan(path) as found:
        exclude(found, Selection(), utc_now(), "kim@here", out=False)
    sign(team, path)
    bulk.stopping = True
    await bulk.apply(path, APPROVAL, options())
    record = await bulk.wait()
    bulk.stopping = False
    with pytest.raises(SignatureRefused) as caught:  # what the job holds is not what was signed any more
        await bulk.resume(record.id)
    assert "Apply the plan once more" in caught.value.next_step
    assert (await apply(bulk, path)).state is JobState.FINISHED
    assert {consents(sandbox)[f"user-000{number}"] for number in (4, 6, 8)} == {"Subscribed"}
    sent = [one.intent.approver for one in entries(bulk.session.journal.path)]
    assert sorted(sent) == ["", BOB, BOB]


def test_the_doctor_says_as_whom_one_signs_or_why_not(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(tmp_path / "config.toml", None, {"here": HERE, "prod": PROD})
    assert f"You sign as {ALICE}." in team_policy(config).detail
    team.sit("games")
    found = team_policy(config)
    assert "names no principal for games" in found.detail
    assert "as root" in found.hint or "administers" in found.hint
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.FOLDERS", (tmp_path,))
    assert "openssh-client" in team_policy(config).hint
