"""Every command that writes is held to the company's policy, and none that only withdraws."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.consent.flags import Flag, State
from tests.commands.running import Run, configure
from tests.companies import READ_ONLY, Company, company_in, root_only
from tests.sandbox_thread import SandboxThread

pytestmark = root_only

Users = Callable[..., list[str]]
STOP, GIVE = "mkt_sms_flag=Unsubscribed", "mkt_sms_flag=Subscribed"
TICKETS = "[reason]\npattern = 'INC-\\d+'\n"
GRANTS = "[max_grants]\nmost = 1\n"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    return company_in(tmp_path, monkeypatch)


def sms(sandbox: SandboxThread, user: str) -> str:
    return sandbox.state.profiles([user])[user][0][Flag.MKT_SMS]


@pytest.mark.parametrize(
    "words",
    [
        ["set", "points:number=7"],
        ["set", GIVE, "points:number=7"],
        ["ci", "set", "phone_number=010-2345-6789"],
        ["ci", "delete", "phone_number"],
    ],
)
def test_what_is_read_only_is_refused_by_its_rule_and_its_file(
    run: Run, sandbox: SandboxThread, users: Users, company: Company, words: list[str]
) -> None:
    [user] = users()
    sandbox.state.write_ci([(user, {"phone_number": "821012345678"})])
    file = company(READ_ONLY)
    asked = len(sandbox.requests)
    at = words.index("delete" if "delete" in words else "set") + 1
    ran = run(*words[:at], user, *words[at:], "--yes", "--reason", "INC-7", "--evidence", "form")
    assert (ran.code, "Read-only by the company's policy" in ran.err) == (ExitCode.REFUSED, True)
    assert f"rule read_only in {file}" in ran.err
    writes = ("/update", "/delete", "user-profile")
    assert not [one for one in sandbox.requests[asked:] if one.path.endswith(writes)]


def test_a_withdrawal_and_reading_go_on(
    run: Run, sandbox: SandboxThread, users: Users, company: Company
) -> None:
    [user] = users()
    company(READ_ONLY + TICKETS)
    assert run("get", user).code == 0
    assert run("set", user, STOP, "--yes").code == 0
    assert sms(sandbox, user) == State.UNSUBSCRIBED


def test_an_undo_that_gives_a_consent_again_is_held_to_it(
    run: Run, sandbox: SandboxThread, users: Users, company: Company
) -> None:
    [user] = users()
    assert run("set", user, STOP, "--yes", "--json").code == 0
    entry = run("history", user, "--json").objects[0]["seq"]
    company(READ_ONLY)
    ran = run("undo", str(entry), "--yes", "--reason", "INC-7", "--evidence", "form")
    assert (ran.code, "rule read_only" in ran.err) == (ExitCode.REFUSED, True)
    assert sms(sandbox, user) == State.UNSUBSCRIBED


def test_no_option_raises_what_the_company_allows(run: Run, users: Users, company: Company) -> None:
    two = users(2, sms=State.UNSUBSCRIBED)
    file = company(GRANTS)
    ran = run("set", *two, GIVE, "--yes", "--max-grants", "100")
    assert ran.code == ExitCode.REFUSED
    assert f"the company allows 1 at most (rule max_grants in {file})" in ran.err


def test_a_reason_has_the_form_that_the_company_asks_for(run: Run, users: Users, company: Company) -> None:
    [user] = users()
    company(TICKETS)
    for reason, code in (("he asked", ExitCode.REFUSED), ("INC-7: he asked", 0)):
        assert run("set", user, "points:number=7", "--yes", "--reason", reason).code == code
    assert run("--incident", "INC-8", "set", user, "points:number=8", "--yes").code == 0


def test_a_dry_run_says_what_would_be_refused(run: Run, users: Users, company: Company) -> None:
    [user] = users()
    company(READ_ONLY)
    ran = run("set", user, "points:number=7", "--dry-run")
    assert "It would be refused. Read-only by the company's policy" in ran.err


@pytest.mark.slow
def test_the_real_program_reads_it_in_etc_whatever_its_environment_says(
    sandbox: SandboxThread, users: Users, tmp_path: Path
) -> None:
    """In a namespace of its own, where /etc has a policy."""
    [user] = users()
    folder = tmp_path / "etc" / "dfn-tui"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "policy.toml").write_text(READ_ONLY, encoding="utf-8")
    script = f'mount -t overlay overlay -o lowerdir={tmp_path}/etc:/etc /etc && exec "$@"'
    apart = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("this host lets no test mount anything")
    configure(sandbox)
    mine = tmp_path / "mine.toml"
    mine.write_text("", encoding="utf-8")
    env = os.environ | {"DFN_TUI_TOKEN": sandbox.token, "DFN_TUI_POLICY": str(mine)}
    env |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

    def program(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*apart, sys.executable, "-m", "dfn_tui", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, stdin=-3)

    ran = program("set", user, "points:number=7", "--yes", "--reason", "INC-7")
    assert ran.returncode == ExitCode.REFUSED
    assert "rule read_only in /etc/dfn-tui/policy.toml" in ran.stderr
    assert program("set", user, STOP, "--yes").returncode == 0
    assert "/etc/dfn-tui/policy.toml: read_only." in program("doctor", "--offline").stdout
