"""`dfn-tui auth`: what each command prints where, and how it ends."""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from dfn_tui.cli import auth, main
from dfn_tui.config import Connection
from dfn_tui.credentials import Settings, TokenStore
from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.kernel import KernelKeyring
from dfn_tui.paths import state_dir
from dfn_tui.store.snapshot import snapshot_file, snapshot_name
from tests.keyrings import Keyring
from tests.unit.kernels import FakeKernel

GOLDEN = Path(__file__).parents[1] / "data" / "auth"
TOKEN = "tok-3f81c6"
CONFIG = """
default = "prod"

[connections.prod]
api = "v1"
environment = "production"
kernel_keyring = true

[connections.next]
api = "v2"
environment = "staging"
service_id = "77"
token_command = ["sh", "-c", "echo 'permission denied' >&2; exit 2"]
"""


class Host(Keyring):
    """The stores of a made-up machine."""

    def __init__(self) -> None:
        super().__init__()
        self.environ = {"PATH": os.environ["PATH"]}
        self.kernel = FakeKernel()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    Path(os.environ["DFN_TUI_CONFIG"]).write_text(CONFIG, encoding="utf-8")
    store = partial(TokenStore, backend=made.open, environ=made.environ, kernel=KernelKeyring(made.kernel))

    def everyday(known: Callable[[], dict[str, Connection]]) -> TokenStore:
        return store(
            settings=lambda name: Settings(known()[name].token_command, (), known()[name].kernel_keyring)
        )

    monkeypatch.setattr(auth, "everyday_store", everyday)
    return made


@pytest.fixture
def pipe_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """`pipe_in("text")` puts that on the standard input."""
    readable, writable = os.pipe()
    monkeypatch.setattr("dfn_tui.cli.stdin._STDIN", readable)

    def write(text: str) -> None:
        os.write(writable, text.encode())

    yield write
    os.close(readable)
    os.close(writable)


Output = pytest.CaptureFixture[str]


def snapshot_of_next() -> Path:
    """A snapshot of the connection `next` as far as its name goes."""
    path = snapshot_file(state_dir() / "snapshots", snapshot_name("https://openapi.dfinery.ai", "77"))
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.mark.parametrize("action", ["set", "delete"])
def test_a_snapshot_goes_with_the_token(host: Host, pipe_in: "Pipe", capsys: "Output", action: str) -> None:
    path = snapshot_of_next()
    pipe_in(f"{TOKEN}\n")
    main(["auth", action, "--kind", "export", "-c", "next"])
    assert not path.exists()
    assert "The snapshot of this connection was removed.\n" in capsys.readouterr().err


Pipe = Callable[[str], None]


def test_the_status_of_every_token_and_why(host: Host, capsys: Output) -> None:
    host.kept["prod/api"] = TOKEN
    host.kept["next/import"] = TOKEN
    assert main(["auth", "status"]) == 4
    assert capsys.readouterr().out == (GOLDEN / "status.txt").read_text(encoding="utf-8")


def test_the_status_as_json(host: Host, capsys: Output) -> None:
    host.kept["prod/api"] = TOKEN
    host.kept["next/import"] = TOKEN
    assert main(["auth", "status", "--json"]) == 4
    out = capsys.readouterr().out
    assert out == (GOLDEN / "status.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["found"] for line in out.splitlines()] == [True, False, False]


@pytest.mark.parametrize("arguments", [["-c", "prod", "auth", "status"], ["auth", "status", "-c", "prod"]])
def test_the_status_of_one_connection(host: Host, capsys: Output, arguments: list[str]) -> None:
    host.environ["DFN_TUI_TOKEN"] = TOKEN
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith("prod/api: The token is from the variable DFN_TUI_TOKEN.\n")
    assert "next" not in out
    assert TOKEN not in out


def test_nothing_is_configured(capsys: Output) -> None:
    assert main(["auth", "status"]) == 0
    assert "no connection yet" in capsys.readouterr().err
    assert main(["auth", "set"]) == 2
    assert "No connection was named" in capsys.readouterr().err


def test_a_piped_token_is_kept_and_it_is_said_where(host: Host, capsys: Output, pipe_in: Pipe) -> None:
    pipe_in(f"{TOKEN}\r\nlogin: me\n")
    assert main(["auth", "set"]) == 0
    said = capsys.readouterr()
    goes = "It is for https://openapi.dfinery.io."
    assert (said.out, said.err) == (f"prod/api: The token is kept in the keyring. {goes}\n", "")
    assert host.kept == {"prod/api": TOKEN, "prod/address": "https://openapi.dfinery.io"}


def test_another_kind_of_another_connection(host: Host, capsys: Output, pipe_in: Pipe) -> None:
    pipe_in(f"{TOKEN}\n")
    assert main(["auth", "set", "-c", "next", "--kind", "export"]) == 0
    assert host.kept == {"next/export": TOKEN, "next/address": "https://openapi.dfinery.ai"}
    pipe_in(f"{TOKEN}\n")
    assert main(["auth", "set", "-c", "next"]) == 0
    assert "next/import" in host.kept
    assert "command is configured and comes before every keyring" in capsys.readouterr().out


def test_the_kernel_s_keyring_by_name(host: Host, capsys: Output, pipe_in: Pipe) -> None:
    pipe_in(f"{TOKEN}\n")
    assert main(["auth", "set", "--store", "kernel"]) == 0
    assert "kept in the kernel's keyring until" in capsys.readouterr().out
    assert main(["auth", "status", "-c", "prod"]) == 0
    assert "→ kernel keyring  used" in capsys.readouterr().out
    assert main(["auth", "delete"]) == 0
    assert host.kernel.keys == {}
    assert main(["auth", "set", "--store", "kernel", "-c", "next"]) == 2
    assert "kernel_keyring = true" in capsys.readouterr().err


def test_what_fails_over_to_the_kernel_s_keyring_is_said(host: Host, capsys: Output, pipe_in: Pipe) -> None:
    host.trouble = NoKeyring("No keyring works here.")
    pipe_in(f"{TOKEN}\n")
    assert main(["auth", "set"]) == 0
    said = "prod/api: No keyring works here. The token is kept in the kernel's keyring"
    assert capsys.readouterr().out.startswith(said)


def test_a_token_that_nothing_keeps(host: Host, capsys: Output, pipe_in: Pipe) -> None:
    pipe_in(f"{TOKEN}\n")
    assert main(["auth", "set"]) == 0
    host.trouble = KeyringLocked("The keyring is locked.")
    pipe_in("another\n")
    capsys.readouterr()
    assert main(["auth", "set"]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "prod/api: not kept. The keyring is locked.\n"
        "With --store kernel it would be kept in the kernel's keyring, until the evening.\n"
    )


@pytest.mark.parametrize("text", ["\n", "a b\n", "토큰\n", "x" * 5000 + "\n"])
def test_what_is_no_token(host: Host, capsys: Output, pipe_in: Pipe, text: str) -> None:
    pipe_in(text)
    assert main(["auth", "set"]) == 4
    said = capsys.readouterr()
    assert "This cannot be a token" in said.err
    assert text.strip() == "" or text.strip() not in said.out + said.err
    assert host.kept == {}


def test_deleting_forgets_every_token_of_a_connection(host: Host, capsys: Output) -> None:
    host.kept = {"prod/api": "a", "next/import": "b", "next/export": "c"}
    assert main(["auth", "delete", "-c", "next", "--kind", "export"]) == 0
    assert set(host.kept) == {"prod/api", "next/import"}
    assert main(["auth", "delete", "-c", "next"]) == 0
    assert set(host.kept) == {"prod/api"}
    host.trouble = KeyringLocked("The keyring is locked.")
    assert main(["auth", "delete"]) == 4
    assert capsys.readouterr().err == "prod/api: The keyring is locked.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["auth", "set", "--kind", "export"], "no export token"),
        (["auth", "delete", "--kind", "import"], "no import token"),
        (["auth", "status", "-c", "nome\x1b[2J"], r"nome\x1b[2J is not in the configuration"),
        (["auth", "set", "-c", "none"], "Choose one of: prod, next."),
    ],
)
def test_what_is_not_there(host: Host, capsys: Output, arguments: list[str], said: str) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["auth"], ["auth", "set", "--store", "file"], ["auth", "set", "tok"], ["--token-stdin", "demo"]],
)
def test_bad_usage(capsys: Output, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_token_for_the_console_has_to_be_piped_in_for_a_connection(
    host: Host, capsys: Output, monkeypatch: pytest.MonkeyPatch, pipe_in: Pipe
) -> None:
    assert main(["--token-stdin", "-c", "none"]) == 2
    pipe_in("a b\n")
    assert main(["--token-stdin"]) == 4
    leader, follower = os.openpty()
    monkeypatch.setattr("dfn_tui.cli.stdin._STDIN", follower)
    assert main(["--token-stdin"]) == 2
    assert "The standard input is a terminal." in capsys.readouterr().err
    os.close(leader)
    os.close(follower)


def test_a_token_that_was_typed_as_an_argument_is_not_said(capsys: Output) -> None:
    for words in ([TOKEN], ["-c", "prod", TOKEN, "more"], [f"--token={TOKEN}"]):
        with pytest.raises(SystemExit) as ended:
            main(["auth", "set", *words])
        said = capsys.readouterr().err
        assert (ended.value.code, TOKEN in said, "is asked for, or piped in" in said) == (2, False, True)
