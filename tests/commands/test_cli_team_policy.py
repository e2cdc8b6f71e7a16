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


Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program(sandbox: SandboxThread, tmp_path: Path) -> Program:
    """Runs the real program in a namespace of its own, where /etc has the policy given last."""
    folder = tmp_path / "etc" / "dfn-tui"
    folder.mkdir(parents=True, mode=0o755)
    script = f'mount -t overlay overlay -o lowerdir={tmp_path}/etc:/etc /etc && exec "$@"'
    apart = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("this host lets no test mount anything")
    configure(sandbox)
    same = {"DFN_TUI_TOKEN": sandbox.token, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

    def program(
        policy: str, *words: str, cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        (folder / "policy.toml").write_text(policy, encoding="utf-8")
        return subprocess.run(
            [*apart, sys.executable, "-m", "dfn_tui", *words],
            env=os.environ | same | env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
        )

    return program


@pytest.mark.slow
def test_the_real_program_reads_it_in_etc_whatever_its_environment_says(
    program: Program, users: Users, tmp_path: Path
) -> None:
    [user] = users()
    mine = tmp_path / "mine.toml"
    mine.write_text("", encoding="utf-8")
    setting = ("set", user, "points:number=7", "--yes", "--reason", "INC-7")
    ran = program(READ_ONLY, *setting, DFN_TUI_POLICY=str(mine))
    assert ran.returncode == ExitCode.REFUSED
    assert "rule read_only in /etc/dfn-tui/policy.toml" in ran.stderr
    assert program(READ_ONLY, "set", user, STOP, "--yes").returncode == 0
    assert "/etc/dfn-tui/policy.toml: read_only." in program(READ_ONLY, "doctor", "--offline").stdout


@pytest.mark.slow
def test_nothing_that_an_operator_sets_leads_around_it(
    program: Program, sandbox: SandboxThread, users: Users, tmp_path: Path
) -> None:
    """Another home, state, configuration and name for the same host, a folder with an etc of its own."""
    [user] = users(1, State.NEVER_SET)
    mine = tmp_path / "mine"
    (mine / "etc" / "dfn-tui").mkdir(parents=True)
    (mine / "etc" / "dfn-tui" / "policy.toml").write_text("", encoding="utf-8")
    (mine / "policy.toml").symlink_to("/dev/null")
    config = mine / "config.toml"
    connection = f'api = "v1"\nenvironment = "sandbox"\nbase_url = "{sandbox.url}/"\n'
    config.write_text(f"[connections.mine]\n{connection}", "utf-8")
    hosts = READ_ONLY + 'hosts = ["127.0.0.1"]\n'
    given = ("set", user, GIVE, "points:number=7", "--yes", "--reason", "INC-7", "--evidence", "form")
    folders = {name: str(mine) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CONFIG_DIRS")}
    tries: list[tuple[str, dict[str, str], tuple[str, ...]]] = [
        (READ_ONLY, folders, ()),
        (READ_ONLY, {"DFN_TUI_STATE": str(mine / "state")}, ()),
        (hosts, {"DFN_TUI_CONFIG": str(config)}, ("-c", "mine")),
        (hosts, {}, ("-c", "prod")),
        ('[grant_hours]\nrefused = "00:00-23:59"\n', {"TZ": "Pacific/Kiritimati"}, ()),
        ('[grant_hours]\nrefused = "00:00-23:59"\n', {"TZ": "Pacific/Niue"}, ()),
        ("[reason]\npattern = '^CS-\\d+$'\n", {"DFN_TUI_INCIDENT": "CS-1"}, ()),
        ("[four_eyes]\nfrom = 1\nhosts = ['127.0.0.1']\n", {"DFN_TUI_CONFIG": str(config)}, ("-c", "mine")),
        ("[four_eyes]\nfrom = 1\neverywhere = true\n", {}, ()),
        ("[forwarding]\nrequired = true\n", {}, ()),
    ]
    before = len([one for one in sandbox.requests if one.path.endswith("/update")])
    for policy, env, place in tries:
        ran = program(policy, *place, *given, cwd=mine, **env)
        assert ran.returncode == ExitCode.REFUSED, (policy, env, ran.stderr)
        assert "in /etc/dfn-tui/policy.toml" in ran.stderr, (policy, ran.stderr)
    assert len([one for one in sandbox.requests if one.path.endswith("/update")]) == before


@pytest.mark.slow
def test_all_rules_at_once_hold_no_withdrawal_up(
    program: Program, sandbox: SandboxThread, users: Users, tmp_path: Path
) -> None:
    """Nor do files of the company that are missing, and an archive that is not there."""
    rules = (
        READ_ONLY,
        "[max_users]\nmost = 1\n",
        "[max_grants]\nmost = 1\n",
        "[reason]\npattern = 'INC-\\d+'\n",
        "[evidence]\nalways = true\n",
        '[grant_hours]\nrefused = "00:00-23:59"\n',
        "[forwarding]\nrequired = true\nminutes = 1\narchives = ['audit.example']\n",
        "[four_eyes]\nfrom = 1\neverywhere = true\nallowed_signers = '/nonexistent'\n",
    )
    for policy in ("".join(rules), "this is no policy"):
        three, others = users(3), users(3)
        assert program(policy, "set", *three, STOP, "--yes").returncode == 0
        plan = tmp_path / f"{others[0]}.plan"
        (tmp_path / "ids.txt").write_text("\n".join(others), encoding="utf-8")
        made = program(policy, "bulk", "plan", str(tmp_path / "ids.txt"), STOP, "-o", str(plan))
        assert made.returncode == 0, made.stderr
        sent = program(policy, "bulk", "apply", str(plan), "--yes", "--reason", "they called")
        assert sent.returncode == 0, sent.stderr
        assert {sms(sandbox, user) for user in (*three, *others)} == {State.UNSUBSCRIBED}
