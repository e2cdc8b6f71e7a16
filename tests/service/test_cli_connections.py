"""`dfn-tui connections`: which there are, and how the test of one ends."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from dfn_tui.cli import connections, main
from dfn_tui.config import Connection
from dfn_tui.credentials import TokenStore
from dfn_tui.credentials.backends import NoKeyring
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.doctor import network
from tests.sandbox_thread import SandboxThread

TOKEN = "tok-3f81c6"
CONFIG = """
default = "here"

[connections.here]
api = "v1"
environment = "sandbox"
base_url = "{url}"

[connections.shop]
api = "v1"
environment = "production"
read_only = true

[connections.next]
api = "v2"
environment = "staging"
base_url = "{url}"
service_id = "77"
"""
Output = pytest.CaptureFixture[str]


def _no_keyring() -> NoReturn:
    raise NoKeyring("There is no keyring here.")


@pytest.fixture(autouse=True)
def _bare_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DFN_TUI_TOKEN", "DFN_TUI_EXPORT_TOKEN", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)

    def everyday(_known: Callable[[], dict[str, Connection]]) -> TokenStore:
        return TokenStore(backend=_no_keyring)

    monkeypatch.setattr(connections, "everyday_store", everyday)
    configure("http://127.0.0.1:9")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=5)) as running:
        yield running


def configure(url: str, text: str = CONFIG) -> None:
    file = Path(os.environ["DFN_TUI_CONFIG"])
    file.write_text(text.format(url=url), encoding="utf-8")
    file.chmod(0o600)


def test_the_list_says_where_a_change_would_go(capsys: Output) -> None:
    assert main(["connections", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "connection  environment  api  address                     remarks",
        "here        sandbox      v1   http://127.0.0.1:9          default",
        "shop        production   v1   https://openapi.dfinery.io  read-only",
        "next        staging      v2   http://127.0.0.1:9",
    ]


def test_the_list_for_programs(capsys: Output) -> None:
    assert main(["connections", "list", "--format", "json"]) == 0
    first, second, _third = json.loads(capsys.readouterr().out)
    assert (first["connection"], first["default"], first["read_only"]) == ("here", True, False)
    assert second == {
        "connection": "shop",
        "environment": "production",
        "api": "v1",
        "address": "https://openapi.dfinery.io",
        "read_only": True,
        "default": False,
    }


def test_no_connection_is_said_and_no_failure(capsys: Output) -> None:
    configure("", "")
    for form, nothing in (("table", ""), ("jsonl", ""), ("json", "[]\n")):
        assert main(["connections", "list", "--format", form]) == 0
        assert capsys.readouterr().out == nothing


def test_a_connection_that_works(
    sandbox: SandboxThread, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sandbox.url)
    monkeypatch.setenv("DFN_TUI_TOKEN", sandbox.token)
    assert main(["connections", "test"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok"]
    assert "token here/api" in lines[0]
    assert "users can be read" in lines[1]
    assert sandbox.token not in "".join(lines)
    assert not [one for one in sandbox.requests if "update" in one.path]


def test_the_name_goes_before_the_default(sandbox: SandboxThread, capsys: Output) -> None:
    configure(sandbox.url)
    for arguments in (["connections", "test", "next"], ["-c", "next", "connections", "test"]):
        assert main([*arguments, "--format", "jsonl"]) == 4
        told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [one["check"] for one in told] == [
            *("token next/import", "token next/export", "server next", "clock")
        ]


def test_a_token_that_is_refused_or_missing_is_trouble_with_a_token(
    sandbox: SandboxThread, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sandbox.url)
    assert main(["connections", "test", "here"]) == 4
    monkeypatch.setenv("DFN_TUI_TOKEN", TOKEN)
    assert main(["connections", "test", "here"]) == 4
    assert TOKEN not in capsys.readouterr().out


def test_a_server_out_of_reach_is_trouble_with_the_network(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_LIMIT", 0.2)
    monkeypatch.setenv("DFN_TUI_TOKEN", TOKEN)
    with closing(socket.socket()) as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        configure(f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert main(["connections", "test"]) == 5
        monkeypatch.delenv("DFN_TUI_TOKEN")
        assert main(["connections", "test"]) == 1  # neither is all of it
    monkeypatch.setenv("DFN_TUI_TOKEN", TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configure(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert main(["connections", "test"]) == 5
    assert "did not answer within" in capsys.readouterr().out


def test_bad_usage(capsys: Output) -> None:
    assert main(["connections", "test", "gone"]) == 2
    configure("http://127.0.0.1:9", CONFIG.replace('default = "here"', ""))
    assert main(["connections", "test"]) == 2  # several, and none of them named
    assert "here, shop, next" in capsys.readouterr().err
    for arguments in ([], ["open"], ["list", "--format", "xml"]):
        with pytest.raises(SystemExit) as ended:
            main(["connections", *arguments])
        assert ended.value.code == 2
