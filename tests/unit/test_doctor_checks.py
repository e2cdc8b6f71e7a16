"""What the doctor's single checks make of a host."""

import json
import os
import subprocess
import sys
import termios
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dfn_tui.service.doctor import CheckStatus, files, host, network

TOKEN = "tok-3f81c6"
PASSWORD = "hunter2"


def examined(**variables: str) -> dict[str, dict[str, str]]:
    """What the whole doctor says by check, in a process of its own with these variables."""
    ended = subprocess.run(
        [sys.executable, "-m", "dfn_tui", "doctor", "--offline", "--json"],
        check=False,
        capture_output=True,
        env={**os.environ, **variables},
        encoding="utf-8",
    )
    return {told["check"]: told for told in map(json.loads, ended.stdout.splitlines())}


def test_a_state_folder_that_others_look_into(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert files.state_folder(tmp_path).status is CheckStatus.WARNING
    tmp_path.chmod(0o700)
    assert files.state_folder(tmp_path).status is CheckStatus.OK
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"http://kim:{PASSWORD}@proxy.example:3128", "proxy.example:3128"),
        (f"kim:{PASSWORD}@proxy.example", "proxy.example"),
        ("http://[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        (f"http://kim:12/{PASSWORD}@proxy.example", None),
        (f"http://kim:{PASSWORD}", None),
        (f"http://kim:#{PASSWORD}@proxy.example", None),
        (f"socks5://kim:{PASSWORD}@proxy.example", None),
    ],
)
def test_a_proxy_by_its_host_alone(address: str, shown: str | None) -> None:
    seen = network.proxies({"https_proxy": address, "NO_PROXY": "localhost"})
    assert PASSWORD not in str(seen)
    assert "kim" not in str(seen)
    if shown is None:
        assert seen.status is CheckStatus.FAILED
    else:
        assert seen.detail == f"https_proxy={shown}. NO_PROXY makes exceptions."


@pytest.mark.parametrize("entries", ["10.0.0.0/99", "proxy.example,10.0.0.0/99", "a.test, 10.0.0.0/99,b"])
def test_an_entry_of_no_proxy_that_cannot_be_read(entries: str) -> None:
    seen = network.proxies({"https_proxy": "http://proxy.example:3128", "no_proxy": entries})
    assert (seen.status, "no_proxy" in seen.detail, "“10.0.0.0/99”" in seen.detail) == (
        CheckStatus.FAILED,
        True,
        True,
    )


def test_which_of_two_proxies_counts() -> None:
    addresses = {"HTTPS_PROXY": "http://b:1", "all_proxy": "http://c:1", "https_proxy": "http://a:1"}
    assert network.proxies(addresses).detail == "https_proxy=a:1."
    assert "No proxy is set" in network.proxies({"HTTP_PROXY": "http://a:1", "NO_PROXY": "x/y"}).detail


def test_certificates_that_are_not_there(tmp_path: Path) -> None:
    seen = network.trust({"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    assert seen.status is CheckStatus.FAILED
    assert "SSL_CERT_FILE" in seen.hint


@pytest.mark.parametrize(
    ("setting", "status"),
    [("on", CheckStatus.OK), ("external", CheckStatus.WARNING), ("off", CheckStatus.WARNING)],
)
def test_the_clipboard_in_tmux(
    tmp_path: Path, require: Callable[..., None], setting: str, status: CheckStatus
) -> None:
    require("tmux")
    socket_file = tmp_path / "tmux"
    tmux = partial(subprocess.run, check=True, capture_output=True, text=True)
    tmux(["tmux", "-S", str(socket_file), "-f", "/dev/null", "new", "-d", "sleep", "600"])
    try:
        tmux(["tmux", "-S", str(socket_file), "set", "-s", "set-clipboard", setting])
        seen = host.clipboard({"PATH": os.environ["PATH"], "TMUX": f"{socket_file},1,0"})
    finally:
        tmux(["tmux", "-S", str(socket_file), "kill-server"])
    assert seen.status is status
    assert f"set-clipboard {setting}" in seen.detail


def test_the_clipboard_in_a_tmux_that_is_gone_and_in_screen(tmp_path: Path) -> None:
    gone = host.clipboard({"PATH": os.environ["PATH"], "TMUX": f"{tmp_path / 'none'},1,0"})
    assert gone.status is CheckStatus.WARNING
    assert host.clipboard({"STY": "1.pts"}).status is CheckStatus.WARNING


def test_tmux_is_not_given_our_variables(tmp_path: Path) -> None:
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\n/usr/bin/env > {tmp_path}/environ\necho on\n", encoding="utf-8")
    program.chmod(0o700)
    seen = host.clipboard({"PATH": str(tmp_path), "TMUX": "x,1,0", "DFN_TUI_TOKEN": TOKEN})
    assert seen.status is CheckStatus.OK
    given = (tmp_path / "environ").read_text(encoding="utf-8")
    assert "TMUX=" in given
    assert TOKEN not in given


@pytest.mark.slow
@pytest.mark.parametrize(
    ("term", "rows", "columns", "line"),
    [
        ("xterm-256color", 24, 80, "ok       terminal: 80×24, TERM=xterm-256color."),
        ("linux", 23, 80, "warning  terminal: 80×23, TERM=linux. — Make the window at least 80×24."),
        ("dumb", 24, 80, "failed   terminal: TERM is “dumb”: the cursor cannot be moved."),
    ],
)
def test_the_terminal(term: str, rows: int, columns: int, line: str) -> None:
    outer, inner = os.openpty()
    termios.tcsetwinsize(inner, (rows, columns))
    ended = subprocess.run(
        [sys.executable, "-m", "dfn_tui", "doctor", "--offline"],
        check=False,
        stdin=inner,
        capture_output=True,
        env={**os.environ, "TERM": term},
        encoding="utf-8",
    )
    os.close(outer)
    os.close(inner)
    assert line in ended.stdout
    assert ended.returncode == (1 if term == "dumb" else 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "status"),
    [
        ({"LC_ALL": "C.UTF-8"}, "ok"),
        ({"LC_ALL": "C"}, "warning"),
        ({"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "euc-kr"}, "failed"),
    ],
)
def test_the_locale(variables: dict[str, str], status: str) -> None:
    assert examined(**variables)["characters"]["status"] == status


def test_colours() -> None:
    assert host.colours({"NO_COLOR": "1", "COLORTERM": "truecolor"}).detail.startswith("None")
    assert host.colours({"COLORTERM": "truecolor"}).detail.startswith("16 million")
    assert host.colours({"TERM": "tmux-256color"}).detail.startswith("256")
    assert host.colours({"TERM": "vt100"}).detail.startswith("16 at most")


def test_packages_out_of_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["httpx<0.29,>=0.28", "nothing-of-this-name>=1", "pytest>=1; extra == 'dev'", "rich<2,>=1"]
    monkeypatch.setattr(host, "requires", lambda _name: needed)
    seen = host.packages()
    assert seen.status is CheckStatus.FAILED
    assert "nothing-of-this-name is missing" in seen.detail
    assert "rich" in seen.detail
    assert "httpx" not in seen.detail
    assert "pytest" not in seen.detail


def test_a_file_that_holds_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing", encoding="utf-8")
    seen = network.trust({"SSL_CERT_FILE": str(tmp_path / "empty.pem")})
    assert seen.status is CheckStatus.FAILED
    own = Path(__file__).parents[1] / "data" / "tls"
    certificate = next(file for file in sorted(own.iterdir()) if b"BEGIN CERT" in file.read_bytes())
    assert network.trust({"SSL_CERT_FILE": str(certificate)}).status is CheckStatus.OK


@pytest.mark.slow
def test_no_time_zone_data_move_the_korean_time(tmp_path: Path) -> None:
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Seoul").write_bytes(b"nothing")
    told = examined(PYTHONTZPATH=str(tmp_path))["time zone"]
    assert told["status"] == "ok"
    assert "+0900 in Korea" in told["detail"]
