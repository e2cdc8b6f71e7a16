"""`dfn-tui doctor`: what each check says, what it never says, and how the command ends."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NoReturn

import pytest

from dfn_tui.cli import doctor, main
from dfn_tui.config import Connection
from dfn_tui.credentials import TokenStore
from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.doctor import files, host, network
from dfn_tui.store import Journal, hosts, journal_file
from dfn_tui.store.known_head import remember
from tests.companies import READ_ONLY, company_in, root_only
from tests.sandbox_thread import SandboxThread
from tests.unit.journals import filled, tampering

TOKEN = "tok-3f81c6"
PASSWORD = "hunter2"
CONFIG = """
[connections.here]
api = "{api}"
environment = "sandbox"
base_url = "{url}"
{service}
"""
VARIABLES = (
    *("TERM", "TMUX", "STY", "NO_COLOR", "COLORTERM", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("https_proxy", "http_proxy", "all_proxy", "no_proxy", "DFN_TUI_TOKEN", "DFN_TUI_EXPORT_TOKEN"),
)
Output = pytest.CaptureFixture[str]


def _no_keyring() -> NoReturn:
    raise NoKeyring("There is no keyring here.")


@pytest.fixture(autouse=True)
def _bare_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without a keyring, whose environment says nothing."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)

    def everyday(_known: Callable[[], dict[str, Connection]], **_named: object) -> TokenStore:
        return TokenStore(backend=_no_keyring)

    monkeypatch.setattr(doctor, "everyday_store", everyday)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=5)) as running:
        yield running


def configure(url: str, service: str = "") -> Path:
    file = Path(os.environ["DFN_TUI_CONFIG"])
    service_line = f'service_id = "{service}"' if service else ""
    api = "v2" if service else "v1"
    file.write_text(CONFIG.format(api=api, url=url, service=service_line), encoding="utf-8")
    file.chmod(0o600)
    return file


def examined(capsys: Output, *arguments: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    """The exit code, and by check: status, what was found, what to do."""
    code = main(["doctor", "--json", *arguments])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, {one["check"]: (one["status"], one["detail"], one["hint"]) for one in told}


def test_all_in_order(sandbox: SandboxThread, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(sandbox.url)
    filled(journal_file(), key=None)
    monkeypatch.setenv("DFN_TUI_TOKEN", sandbox.token)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line[9:].partition(":")[0] for line in lines]
    assert names == [
        *("python", "packages", "terminal", "colours", "characters", "signs", "clipboard", "time zone"),
        *("configuration", "policy", "state folder", "journal", "journal key", "proxy", "trust"),
        *("token here/api", "server here", "clock"),
    ]
    assert [line[9:] for line in lines if line.startswith("warning")] == [
        "terminal: This is not run in a terminal: its size is not known. — "
        "Run it in the terminal that the console is for; over SSH that is “ssh -t”.",
        "journal key: There is no keyring here. — Personal values are kept as masks, and staged edits not at "
        "all. See journal_key_command.",
    ]
    assert lines[-3:-1] == [
        f"ok       token here/api: The token is from the variable DFN_TUI_TOKEN. It is for {sandbox.url}.",
        "ok       server here: 127.0.0.1: The server accepts the token, and users can be read.",
    ]
    assert "ok       journal: The journal is whole: 8 entries." in lines[11]
    assert sandbox.token not in "".join(lines)


def test_version_2_without_its_export_token(
    sandbox: SandboxThread, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sandbox.url, sandbox.service_id)
    monkeypatch.setenv("DFN_TUI_TOKEN", sandbox.token)
    code, told = examined(capsys)
    assert code == 0
    assert told["token here/import"][0] == "ok"
    assert told["token here/export"][0] == "warning"
    assert "DFN_TUI_EXPORT_TOKEN is not set" in told["token here/export"][1]
    assert told["server here"][0] == "ok"


def test_a_token_that_is_refused(
    sandbox: SandboxThread, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sandbox.url)
    monkeypatch.setenv("DFN_TUI_TOKEN", TOKEN)
    code, told = examined(capsys)
    assert code == 1
    assert told["token here/api"][0] == "ok"
    assert told["server here"][0] == "failed"
    assert "token" in told["server here"][1]
    assert told["clock"][0] == "ok"
    assert TOKEN not in str(told)


def test_no_token(sandbox: SandboxThread, capsys: Output) -> None:
    configure(sandbox.url)
    code, told = examined(capsys)
    assert code == 1
    status, detail, hint = told["token here/api"]
    assert status == "failed"
    assert "DFN_TUI_TOKEN is not set." in detail
    assert "There is no keyring here." in detail
    assert hint == "Run “dfn-tui auth set -c here --kind api”."
    assert told["server here"][0] == "ok"
    assert "127.0.0.1 answers, with HTTP 4" in told["server here"][1]
    assert told["clock"][0] == "ok"


def test_a_keyring_that_is_locked(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked() -> NoReturn:
        raise KeyringLocked("The keyring is locked.")

    monkeypatch.setattr(doctor, "everyday_store", lambda _known, **_named: TokenStore(backend=locked))
    configure("https://example.invalid")
    code, told = examined(capsys, "--offline")
    assert code == 1
    assert "The keyring is locked." in told["token here/api"][1]
    assert told["token here/api"][2] == "Unlock the keyring: dfn-tui asks for its password."


def test_a_variable_that_holds_no_token(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFN_TUI_TOKEN", f"{TOKEN} {TOKEN}")
    configure("https://example.invalid")
    code, told = examined(capsys, "--offline")
    assert code == 1
    assert told["token here/api"][2].startswith("Correct the variable or the command")
    assert TOKEN not in str(told)


def test_a_server_that_is_gone(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket()) as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        configure(f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("DFN_TUI_TOKEN", TOKEN)
        code, told = examined(capsys)
    assert code == 1
    assert told["server here"][:2] == (
        "failed",
        "127.0.0.1 refused the connection. The request was not sent.",
    )
    assert told["clock"][0] == "warning"
    code, told = examined(capsys, "--offline")
    assert code == 0
    assert not {"server here", "clock"} & set(told)


@pytest.mark.parametrize("token", [TOKEN, None])
def test_a_server_that_never_answers(
    capsys: Output, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    monkeypatch.setattr(network, "_LIMIT", 0.2)
    if token:
        monkeypatch.setenv("DFN_TUI_TOKEN", token)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configure(f"http://127.0.0.1:{silent.getsockname()[1]}")
        code, told = examined(capsys)
    assert code == 1
    assert told["server here"][:2] == ("failed", "127.0.0.1 did not answer within 0.2 seconds.")


class _Late(BaseHTTPRequestHandler):
    """A server whose clock stood still."""

    def do_POST(self) -> None:
        self.send_error(503)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Wed, 01 Jan 2025 00:00:00 GMT"

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_clock_that_is_off(capsys: Output) -> None:
    with HTTPServer(("127.0.0.1", 0), _Late) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        configure(f"http://127.0.0.1:{server.server_port}")
        _code, told = examined(capsys)
    status, detail, hint = told["clock"]
    assert status == "warning"
    assert "minutes behind this host's" in detail
    assert "night rule" in hint


def test_nothing_is_set_up(capsys: Output) -> None:
    code, told = examined(capsys)
    assert code == 0
    assert told["configuration"][0] == told["connection"][0] == "warning"
    assert not Path(os.environ["DFN_TUI_STATE"]).exists()
    assert not Path(os.environ["DFN_TUI_CONFIG"]).exists()


def test_a_broken_configuration_hides_nothing_else(capsys: Output) -> None:
    Path(os.environ["DFN_TUI_CONFIG"]).write_text(f'token = "{TOKEN}"\n', encoding="utf-8")
    code, told = examined(capsys, "-c", "here")
    assert code == 1
    assert told["configuration"][0] == "failed"
    assert told["connection"][2] == "See to the configuration first."
    assert told["trust"][0] == "ok"
    assert TOKEN not in str(told)


def test_a_configuration_that_others_may_write(capsys: Output) -> None:
    file = configure("https://example.invalid")
    file.chmod(0o666)
    _code, told = examined(capsys, "--offline")
    status, _detail, hint = told["configuration"]
    assert (status, hint) == ("failed", f"Take that right away: chmod o-w {file}")
    file.write_text('[connections.here]\napi = "v1"\nenvironment = "sandbox"\n', encoding="utf-8")
    _code, told = examined(capsys, "--offline")
    assert told["configuration"][0] == "warning", "nothing is sent elsewhere"


@root_only
def test_the_rules_of_the_company_are_named_with_their_file(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = company_in(tmp_path, monkeypatch)
    configure("https://example.invalid")
    assert examined(capsys, "--offline")[1]["policy"][0] == "ok"
    file = company(
        "[max_users]\nmost = 1000\n[reason]\npattern = 'INC-\\d+'\n[grant_hours]\nrefused = '21:00-08:00'\n"
        "[evidence]\nalways = true\n[four_eyes]\nfrom = 5\n[max_grants]\nmost = 7\n" + READ_ONLY
    )
    rules = "read_only, max_users 1,000, max_grants 7, reason INC-\\d+, evidence, grant_hours 21:00-08:00"
    status, detail, _hint = examined(capsys, "--offline")[1]["policy"]
    assert detail.startswith(f"{file}: {rules}, four_eyes 5. ")
    assert (status, "allowed_signers cannot be read" in detail) == ("warning", True)  # nobody wrote that here
    company("[read_only]\nalways = true\nconnections = ['here', 'prod']\n")
    status, detail, _hint = examined(capsys, "--offline")[1]["policy"]
    assert (status, detail.endswith("does not have: prod.")) == ("warning", True)
    company("[forwarding]\nrequired = true\n")
    status, detail, _hint = examined(capsys, "--offline")[1]["policy"]
    assert (status, "forwarding asks for" in detail) == ("warning", True)
    company("[reason]\npatern = 'x'\n")
    code, told = examined(capsys, "--offline")
    status, detail, hint = told["policy"]
    assert (code, status, detail) == (1, "failed", f"{file}: reason.patern is not a known key.")
    assert hint.startswith("Did you mean “pattern”?")


def test_a_network_file_system_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "a home"
    home.mkdir(mode=0o700)
    mounts = tmp_path / "mountinfo"
    escaped = str(home).replace(" ", "\\040")
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"23 22 0:5 / {escaped} rw,relatime shared:1 - autofs auto rw\n"
        f"24 22 0:50 / {escaped} rw,relatime shared:1 - nfs4 files:/home rw\n"
        f"25 22 0:51 / {escaped}-2 rw - cifs //files/x rw\n"
    )
    assert hosts.file_system(home / "dfn-tui", mounts) == "nfs4"
    assert hosts.file_system(tmp_path, mounts) == "ext4"
    assert hosts.file_system(tmp_path, tmp_path / "nothing") == ""
    monkeypatch.setattr(hosts, "file_system", lambda _folder: "nfs4")
    told = files.state_folder(home)
    assert (told.status, "network file system (nfs4)" in told.detail) == ("warning", True)


def test_a_state_folder_that_cannot_be(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DFN_TUI_STATE", str(tmp_path / "file" / "state"))
    code, told = examined(capsys)
    assert code == 1
    assert told["state folder"][0] == "failed"


def test_a_journal_that_was_tampered_with(capsys: Output) -> None:
    filled(journal_file(), key=None)
    with tampering(journal_file()) as file:
        file.execute("UPDATE entry SET body = replace(body, 'u-2', 'u-9') WHERE seq = 3")
    code, told = examined(capsys)
    assert code == 1
    assert told["journal"][:2] == ("failed", "Entry 3 was altered: it does not fit the chain.")


def test_a_journal_that_is_gone_or_put_back_is_told(capsys: Output) -> None:
    path = journal_file()
    filled(path, key=None)
    with Journal(path) as journal:
        remember(path, journal.head(), None)
    path.unlink()
    code, told = examined(capsys, "--offline")
    assert (code, told["journal"][0], "was removed" in told["journal"][1]) == (1, "failed", True)
    filled(path, key=None, changes=1)
    assert examined(capsys, "--offline")[1]["journal"][0] == "failed"


def test_a_file_that_is_no_journal(capsys: Output) -> None:
    journal_file().parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(journal_file())) as other:
        other.execute("CREATE TABLE other (one INTEGER)")
    code, told = examined(capsys)
    assert code == 1
    assert told["journal"][0] == "failed"
    assert told["state folder"][0] == "ok"


def test_a_journal_too_long_to_wait_for(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(journal_file(), key=None)
    monkeypatch.setattr(files, "MOST_VERIFIED", 7)
    code, told = examined(capsys)
    assert code == 0
    assert told["journal"][0] == "warning"
    assert told["journal"][2] == "Run “dfn-tui journal verify”."


def test_nothing_secret_is_shown(
    sandbox: SandboxThread, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is planted at once, in text and in JSON, with and without the server."""
    configure(sandbox.url, sandbox.service_id)
    filled(journal_file())
    monkeypatch.setenv("DFN_TUI_TOKEN", TOKEN)
    monkeypatch.setenv("DFN_TUI_EXPORT_TOKEN", f"{TOKEN} and more")  # no token, and told so
    monkeypatch.setenv("HTTPS_PROXY", f"http://kim:{PASSWORD}@proxy.example")
    monkeypatch.setenv("ALL_PROXY", f"http://kim:{PASSWORD}/@proxy.example")
    for arguments in ([], ["--json"], ["--offline"]):
        assert main(["doctor", *arguments]) == 1
        said = "".join(capsys.readouterr())
        assert "not to a token" in said
        assert not [secret for secret in (TOKEN, PASSWORD, "kim", "8210", "010-", "CS-1") if secret in said]


def test_one_check_that_breaks_off_stops_no_other(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> NoReturn:
        raise ValueError(TOKEN)

    monkeypatch.setattr(host, "packages", broken)
    code, told = examined(capsys)
    assert code == 1
    assert told["packages"][:2] == ("failed", "This check broke off (ValueError).")
    assert "trust" in told
    assert TOKEN not in str(told)


def test_bad_usage(capsys: Output) -> None:
    configure("https://example.invalid")
    assert main(["doctor", "-c", "none"]) == 2
    assert "No such connection" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--loud"])
    assert ended.value.code == 2


def test_it_needs_no_textual() -> None:
    script = (
        "import sys; from dfn_tui.cli import main; main(['doctor', '--offline']); "
        "sys.exit(bool({'textual', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_the_keys_of_version_0_1_are_there_for_one_version_more(capsys: Output) -> None:
    main(["doctor", "--json"])
    for line in capsys.readouterr().out.splitlines():
        one = json.loads(line)
        assert (one["standing"], one["found"], one["to_do"]) == (one["status"], one["detail"], one["hint"])
