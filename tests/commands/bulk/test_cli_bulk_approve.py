"""`dfn-tui bulk approve`, and what commands say where a second person is asked for."""

import fcntl
import os
import select
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.consent.flags import State
from dfn_tui.service.bulk.plan.exclusion import exclude
from dfn_tui.service.bulk.plan.file import open_plan
from dfn_tui.service.bulk.plan.totals import SelectedUsers, Totals
from dfn_tui.text.korea import utc_now
from tests.commands.bulk.using import GIVE, STOP, Bulk, Users, state_of, writes
from tests.commands.running import Run
from tests.eyes import ALICE, BOB, PROGRAMS, Team, needs_root
from tests.sandbox_thread import SandboxThread

pytestmark = [needs_root, pytest.mark.slow]
GIVEN = ("--reason", "INC-7", "--evidence", "form 7")


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None]) -> Team:
    require(*PROGRAMS)
    return Team(tmp_path, monkeypatch)


@pytest.fixture
def three(users: Users) -> list[str]:
    """Nobody of them said no."""
    return users(3, State.NEVER_SET)


def key(team: Team, name: str) -> tuple[str, str]:
    return "--key", str(team.key(name))


def test_one_signs_and_the_other_applies(
    bulk: Bulk, team: Team, run: Run, sandbox: SandboxThread, three: list[str]
) -> None:
    bulk.plan(three, change=GIVE)
    refused = bulk("apply", "a.plan", *GIVEN, "--yes", *key(team, "alice"))
    assert (refused.code, writes(sandbox)) == (3, 0)
    assert "A second person has not approved this plan" in refused.err
    assert "Nobody has signed it." in refused.err
    team.sit(BOB)
    with open_plan(Path("a.plan")) as plan:
        digest = plan.digest[:12]
    signed = run("bulk", "approve", "a.plan", "--confirm", "3", "--digest", digest, *key(team, "bob"))
    assert signed.code == 0
    assert "mkt_sms_flag given: 3 users" in signed.err
    assert f"Signed by {BOB}: a.plan.sig" in signed.err
    own = run("bulk", "apply", "a.plan", *GIVEN, "--yes", *key(team, "bob"))
    assert (own.code, writes(sandbox)) == (3, 0)
    assert f"it is by {BOB}." in own.err
    team.sit(ALICE)
    applied = run("bulk", "apply", "a.plan", *GIVEN, "--yes", *key(team, "alice"))
    assert applied.code == 0, applied.err
    assert f"Approved by {BOB}, " in applied.err
    assert state_of(sandbox, three[0]) == "Subscribed"
    [entry] = run("history", three[0], "--json").objects
    assert (entry["approver"], entry["signer"]) == (BOB, ALICE)
    assert f"approved by {BOB}, applied by {ALICE}" in run("receipt", three[0]).out


def test_a_plan_shows_who_approved_it_or_why_that_does_not_count(
    bulk: Bulk, run: Run, team: Team, three: list[str]
) -> None:
    bulk.plan(three, change=GIVE)
    assert "pproved" not in bulk("show", "a.plan").out
    team.sit(BOB)
    assert bulk("approve", "a.plan", "--confirm", "3", *key(team, "bob")).code == 0
    team.sit("games")  # whoever looks
    assert f"Approved by {BOB}, " in run("bulk", "show", "a.plan").out
    [whole] = bulk("show", "a.plan", "--json").objects
    [signed] = whole["signatures"]
    assert (signed["file"], signed["principal"], signed["counts"], signed["why"]) == (
        "a.plan.sig",
        BOB,
        True,
        "",
    )
    Path("a.plan.2.sig").write_text("nothing", encoding="ascii")
    Path("a.plan").chmod(0o600)
    assert bulk("show", "a.plan", "--exclude", three[0]).code == 0
    shown = bulk("show", "a.plan").out
    assert "a.plan.sig does not count: it is for another plan, or for this one before it was changed" in shown
    assert "a.plan.2.sig does not count: it is no signature of a plan." in shown
    team.principals.unlink()
    assert "does not count" in bulk("show", "a.plan").out


def test_nothing_is_signed_without_being_told_how_many(bulk: Bulk, team: Team, three: list[str]) -> None:
    bulk.plan(three, change=GIVE)
    team.sit(BOB)
    for more, title in (
        ((), "There is no terminal to ask on."),
        (("--confirm", "4"), "3 users would be sent, and something else was said."),
        (("--confirm", "3", "--digest", "0" * 12), "This is another plan"),
    ):
        ran = bulk("approve", "a.plan", *more, *key(team, "bob"))
        assert ran.code == 3
        assert title in ran.err
    assert not Path("a.plan.sig").exists()


def test_what_is_shown_is_signed_though_the_file_is_changed_meanwhile(
    bulk: Bulk, team: Team, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever made it and may write it, between the look and the signature."""
    bulk.plan(three, change=GIVE)
    with open_plan(Path("a.plan")) as plan:
        digest = plan.digest
    team.sit(BOB)

    def changing(_args: object, _found: Totals) -> None:
        with open_plan(Path("a.plan")) as plan:
            exclude(plan, SelectedUsers((three[0],)), utc_now(), "kim@here", out=True)

    monkeypatch.setattr("dfn_tui.cli.bulk.approving._confirm", changing)
    assert bulk("approve", "a.plan", "--confirm", "3", *key(team, "bob")).code == 0
    assert digest in Path("a.plan.sig").read_text("ascii")


def test_nothing_is_signed_where_nothing_would_be_sent(
    bulk: Bulk, team: Team, run: Run, users: Users
) -> None:
    bulk.plan(users(2), change=GIVE)  # who have it already
    ran = bulk("approve", "a.plan", "--confirm", "2", *key(team, "bob"))
    assert ran.code == 3
    assert "Nothing to approve" in ran.err


def test_who_is_nobody_and_who_has_no_key_is_told_so(bulk: Bulk, team: Team, three: list[str]) -> None:
    bulk.plan(three, change=GIVE)
    team.sit("games")
    ran = bulk("approve", "a.plan", "--confirm", "3", *key(team, "bob"))
    assert ran.code == 3
    assert "names no principal for games" in ran.err
    team.sit(BOB)
    ran = bulk("approve", "a.plan", "--confirm", "3")
    assert ran.code == 3
    assert "There is no key to sign with" in ran.err
    assert "ssh-add KEY" in ran.err
    ran = bulk("approve", "a.plan", "--confirm", "3", "--key", "nowhere")
    assert ran.code == 3
    assert "ssh-keygen made no signature" in ran.err


def test_a_missing_ssh_keygen_is_told(
    bulk: Bulk, team: Team, three: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bulk.plan(three, change=GIVE)
    monkeypatch.setattr("dfn_tui.service.four_eyes.ssh.FOLDERS", (tmp_path,))
    ran = bulk("approve", "a.plan", "--confirm", "3", *key(team, "alice"))
    assert ran.code == 3
    assert "ssh-keygen is missing" in ran.err


def test_a_single_consent_becomes_a_plan_of_one(
    bulk: Bulk, team: Team, run: Run, sandbox: SandboxThread, three: list[str]
) -> None:
    refused = run("set", three[0], GIVE, "points:number=7", *GIVEN, "--expressed-on", "2026-01-05")
    assert (refused.code, refused.out, writes(sandbox)) == (3, "", 0)
    assert "Only a plan can be approved." in refused.err
    [path] = Path().glob("set-*.plan")
    assert f"It was written as a plan: {path}." in refused.err
    assert f"dfn-tui bulk approve {path}" in refused.err
    assert "Type" not in refused.err  # nothing is asked that comes to nothing
    [planned] = run("bulk", "show", str(path), "--users", "--json").objects
    assert planned["user_id"] == three[0]
    team.sit(BOB)
    assert bulk("approve", str(path), "--confirm", "1", *key(team, "bob")).code == 0
    team.sit(ALICE)
    assert bulk("apply", str(path), *GIVEN, "--yes", *key(team, "alice")).code == 0
    assert state_of(sandbox, three[0]) == "Subscribed"
    [entry] = run("history", three[0], "--json").objects
    assert (entry["expressed_on"], entry["approver"]) == ("2026-01-05", BOB)


def test_nothing_is_asked_that_comes_to_nothing_where_the_day_is_over_the_line(
    run: Run, team: Team, sandbox: SandboxThread, three: list[str]
) -> None:
    team.ask(3)
    assert run("set", *three[:2], GIVE, *GIVEN, "--yes").code == 0
    before = writes(sandbox)
    refused = run("set", three[2], GIVE, *GIVEN)
    assert (refused.code, writes(sandbox)) == (3, before)
    assert "2 were written so far" in refused.err
    assert [*Path().glob("set-*.plan")]


@pytest.mark.parametrize("user", ["a,b c", 'x"y', "1001"])
def test_in_that_plan_an_id_means_just_itself(run: Run, team: Team, user: str) -> None:
    refused = run("set", user, GIVE, *GIVEN, "--create")
    assert refused.code == 3
    [path] = Path().glob("set-*.plan")
    [planned] = run("bulk", "show", str(path), "--users", "--json").objects
    assert (planned["user_id"], planned["outcome"]) == (user, "planned")


def test_no_plan_is_written_of_what_is_only_tried_or_may_be_sent(
    run: Run, team: Team, three: list[str], users: Users, tmp_path: Path
) -> None:
    assert "It would be refused." in run("set", three[0], GIVE, *GIVEN, "--dry-run").err
    assert run("set", *users(2), STOP, "--reason", "INC-7", "--yes").code == 0
    assert run("--read-only", "set", three[0], GIVE, *GIVEN, "--yes").code == 3
    assert not [*Path().glob("*.plan")]


def test_withdrawals_are_sent_as_ever(
    bulk: Bulk, team: Team, run: Run, sandbox: SandboxThread, users: Users
) -> None:
    one, other = users(2)
    team.sit("games")
    assert run("set", one, STOP, "--reason", "INC-7", "--yes").code == 0
    bulk.plan([other])
    ran = bulk("apply", "a.plan", "--reason", "INC-7", "--yes")
    assert ran.code == 0
    assert "pprov" not in ran.err
    assert [state_of(sandbox, user) for user in (one, other)] == ["Unsubscribed"] * 2


_SIGN = """
import sys
from pathlib import Path
from dfn_tui.service.four_eyes.ssh import sign
sys.stdout.buffer.write(sign(b"x", Path(sys.argv[1]), terminal=sys.argv[2] == "yes"))
"""


@pytest.mark.parametrize("terminal", ["yes", "no"])
def test_a_passphrase_is_asked_for_on_the_terminal_or_nowhere(team: Team, terminal: str) -> None:
    locked = team.make_key("locked", "s3cret words")
    outside, inside = os.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(inside, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [sys.executable, "-c", _SIGN, str(locked), terminal],
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=take_terminal,  # noqa: PLW1509  nothing of it takes a lock
    )
    seen = b""
    while b"passphrase" not in seen and process.poll() is None:
        if select.select([outside], [], [], 0.1)[0]:
            seen += os.read(outside, 1024)
    if terminal == "yes":
        os.write(outside, b"s3cret words\n")
    out, err = process.communicate(timeout=60)
    assert (b"passphrase" in seen) is (terminal == "yes")
    assert out.startswith(b"-----BEGIN SSH SIGNATURE-----") is (terminal == "yes")
    assert (b"SignatureRefused" in err) is (terminal == "no")
    for one in (outside, inside):
        os.close(one)
