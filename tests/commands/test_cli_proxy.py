"""What commands and the doctor say where a proxy is in the way."""

import json
import os
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from dfn_tui.cli import doctor
from dfn_tui.credentials import TokenStore
from tests.api.served import TOKEN
from tests.commands.running import Run, _no_keyring

CONFIG = """
default = "far"

[connections.far]
api = "v1"
environment = "sandbox"
base_url = "https://api.corp.example"

[connections.next]
api = "v2"
environment = "sandbox"
base_url = "https://api.corp.example"
service_id = "service-7"
"""
VARIABLES = ("HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _far(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    Path(os.environ["DFN_TUI_CONFIG"]).write_text(CONFIG, encoding="utf-8")
    monkeypatch.setattr(doctor, "everyday_store", lambda _known, **_named: TokenStore(backend=_no_keyring))


@contextmanager
def proxy(answer: bytes) -> Iterator[str]:
    """A proxy that gives each request this answer; its address, with a password."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(answer)
            if answer == TUNNEL:
                self.request.recv(100)  # TLS begins, and comes to nothing

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://kim:pa55@127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
LOGIN = b"HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n"
TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"
ANSWERS = {
    REFUSED: "The proxy {proxy} on the way to api.corp.example refused (HTTP 403).",
    LOGIN: "The proxy {proxy} on the way to api.corp.example wants a login (HTTP 407).",
    b"SSH-2.0\r\n\r\n": "The proxy {proxy} on the way to api.corp.example gave no usable answer.",
    TUNNEL: "The proxy {proxy} said that the way to api.corp.example is open, and then gave no TLS "
    "connection over it.",
}


def words(answer: bytes, address: str) -> str:
    named = f"{address.partition('@')[2]} (HTTPS_PROXY)"
    return f"{ANSWERS[answer].format(proxy=named)} The request was not sent."


SET = ("set", "User_1", "mkt_flag=Unsubscribed", "--reason", "x", "--yes")
COMMANDS = [
    ("get", "User_1"),
    SET,
    ("ci", "get", "User_1"),
    ("set", "-c", "next", "User_1", "df_sms_ads_optin=false", "--reason", "x", "--yes"),
]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [REFUSED, LOGIN, TUNNEL])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_name_the_proxy(
    answer: bytes, command: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(answer) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        for ran in (run(*command), run(*command, "--json")):
            assert ran.code == 5
            assert words(answer, address) in ran.out + ran.err
            assert "kim" not in ran.out + ran.err and "pa55" not in ran.out + ran.err
    assert [one["message"] for one in ran.objects] == [words(answer, address)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_doctor_names_the_proxy(answer: bytes, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(answer) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        for token in (TOKEN, ""):  # without one it only asks whether anybody answers
            monkeypatch.setenv("DFN_TUI_TOKEN", token)
            ran = run("doctor", "--json")
            told = {one["check"]: one for one in map(json.loads, ran.out.splitlines())}
            assert ran.code == 1
            assert told["proxy"]["detail"] == f"HTTPS_PROXY={address.partition('@')[2]}."
            server = told["server far"]
            assert (server["status"], server["detail"]) == ("failed", words(answer, address))
            assert "pa55" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("HTTPS_PROXY", "http://kim:pa55@h:99999", "HTTPS_PROXY does not hold the address of a proxy."),
        ("all_proxy", "socks5h://kim:pa55@h", "all_proxy names a proxy of a kind that cannot be used"),
        ("NO_PROXY", "10.0.0.0/99", "NO_PROXY has an entry that cannot be read: “10.0.0.0/99”."),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_everywhere(
    variable: str, value: str, named: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY" if variable == "NO_PROXY" else "ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(variable, value)
    for command in COMMANDS:
        ran = run(*command)
        assert ran.code not in (0, 70), ran
        assert named in ran.err and "pa55" not in ran.out + ran.err
        assert "Traceback" not in ran.err
    ran = run("doctor")
    assert ran.code == 1
    assert f"failed   proxy: {named}" in ran.out
    assert f"failed   server far: {named}" in ran.out
    assert "pa55" not in ran.out + ran.err
