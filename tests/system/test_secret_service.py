"""Tokens in a real Secret Service (GNOME Keyring on a private D-Bus session, no desktop)."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import secretstorage
from jeepney import message_bus  # type: ignore[import-untyped]
from jeepney.io.blocking import Proxy  # type: ignore[import-untyped]
from pydantic import SecretStr

from dfn_tui.app import ConsoleApp
from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.credentials import KeyringLocked, NoKeyring, Source, TokenKind, TokenStore
from dfn_tui.credentials.backends import KeyringUnusable
from dfn_tui.paths import state_dir
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.addresses import AddressQuestion, addresses_file
from dfn_tui.service.connections import Connections
from dfn_tui.service.kept.keeper import EditKeeper
from dfn_tui.service.kept.left import LeftEdits
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import driven, look_up, see, shown

pytestmark = pytest.mark.slow

TOKEN = "tok-3f81c6"
PASSWORD = "a password"


class Session:
    """A D-Bus session of its own with its own home; the keyring daemon is started by `unlock`, or by the
    bus when somebody asks for it."""

    def __init__(self, home: Path, runtime: Path) -> None:
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        bus = self._start("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
        assert bus.stdout is not None
        self.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    def unlock(self) -> subprocess.Popen[bytes]:
        """Starts the daemon with the password that opens (and at first makes) the default collection."""
        daemon = self._start("gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets")
        assert daemon.stdin is not None
        daemon.stdin.write(PASSWORD.encode())
        daemon.stdin.close()
        deadline = time.monotonic() + 60
        while not self._is_unlocked():
            assert daemon.poll() is None, "the keyring daemon ended"
            assert time.monotonic() < deadline, "the keyring daemon never became ready"
            time.sleep(0.05)
        return daemon

    def _is_unlocked(self) -> bool:
        with closing(secretstorage.dbus_init()) as connection:
            # Asking for a collection right away would have the bus start a second daemon, a locked one.
            bus = Proxy(message_bus, connection)
            if not bus.NameHasOwner("org.freedesktop.secrets")[0]:
                return False
            try:
                return not secretstorage.Collection(connection).is_locked()
            except secretstorage.ItemNotFoundException:
                return False

    def lookup(self, username: str) -> bytes:
        """What another program finds in the keyring."""
        command = ["secret-tool", "lookup", "service", "dfn-tui", "username", username]
        return subprocess.run(command, env=self.env, check=True, capture_output=True).stdout

    def close(self) -> None:
        """Ends the daemons, the bus last."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


@pytest.fixture
def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[..., None]
) -> Iterator[Session]:
    require("dbus-daemon", "gnome-keyring-daemon", "secret-tool")
    # Not below tmp_path: the path of a socket has room for 107 bytes.
    runtime = Path(tempfile.mkdtemp(prefix="dfn-"))
    opened = Session(tmp_path, runtime)
    try:
        for name, value in opened.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
        yield opened
    finally:
        opened.close()
        shutil.rmtree(runtime, onerror=_unless_gone)


def _unless_gone(_function: object, _path: str, error: tuple[object, BaseException, object]) -> None:
    """A daemon that ends takes its own files away, at the same time."""
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def store() -> TokenStore:
    """A token store as the console makes it, on a machine that may be busy with other tests."""
    return TokenStore(limit=30, environ={})


async def test_a_token_is_kept_found_and_deleted(session: Session) -> None:
    session.unlock()
    assert (await store().get("prod", TokenKind.API)).source is Source.NONE
    assert (await store().set("prod", TokenKind.API, SecretStr(TOKEN))).source is Source.KEYRING
    assert (await store().set("prod", TokenKind.API, SecretStr("new"))).source is Source.KEYRING
    await store().set("prod", TokenKind.EXPORT, SecretStr("other"))

    found = await store().get("prod", TokenKind.API)
    assert (found.token, found.source) == (SecretStr("new"), Source.KEYRING)
    assert session.lookup("prod/export") == b"other"

    assert (await store().delete("prod", TokenKind.API)).source is Source.NONE
    assert (await store().get("prod", TokenKind.API)).source is Source.NONE
    assert (await store().get("prod", TokenKind.EXPORT)).token == SecretStr("other")
    assert (await store().delete("prod", TokenKind.API)).source is Source.NONE


async def test_a_locked_keyring_is_said_to_be_locked_and_opens_no_prompt(session: Session) -> None:
    session.unlock()
    await store().set("prod", TokenKind.API, SecretStr(TOKEN))
    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.Collection(connection).lock()

    found = await store().get("prod", TokenKind.API)
    assert (found.token, found.source) == (None, Source.NONE)
    assert "locked" in found.reason
    assert (await store().delete("prod", TokenKind.API)).source is Source.KEYRING

    tokens = store()
    placed = await tokens.set("prod", TokenKind.API, SecretStr("new"))
    assert placed.source is Source.MEMORY
    assert "locked" in placed.reason
    assert (await tokens.get("prod", TokenKind.API)).token == SecretStr("new")


async def test_a_keyring_without_a_collection_is_not_made_to_prompt_for_one(session: Session) -> None:
    tokens = store()
    found = await tokens.get("prod", TokenKind.API)
    assert found.source is Source.NONE
    assert "no default collection" in found.reason
    assert (await tokens.set("prod", TokenKind.API, SecretStr(TOKEN))).source is Source.MEMORY


def lock() -> None:
    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.Collection(connection).lock()


async def test_a_locked_keyring_is_opened_with_its_password_and_without_a_prompt(session: Session) -> None:
    session.unlock()
    await store().set("prod", TokenKind.API, SecretStr(TOKEN))
    lock()
    tokens = store()
    assert (await tokens.get("prod", TokenKind.API)).locked

    for wrong in ("another password", "", "비밀번호", "x" * 5000):
        with pytest.raises(KeyringLocked, match="not the keyring's password"):
            await tokens.unlock(SecretStr(wrong))
        assert (await tokens.get("prod", TokenKind.API)).token is None

    await tokens.unlock(SecretStr(PASSWORD))
    assert (await tokens.get("prod", TokenKind.API)).token == SecretStr(TOKEN)
    await tokens.unlock(SecretStr(PASSWORD))  # one that is open stays open


async def test_a_keyring_without_a_collection_cannot_be_unlocked(session: Session) -> None:
    with pytest.raises(NoKeyring, match="cannot be unlocked from here"):
        await store().unlock(SecretStr(PASSWORD))


async def test_without_a_session_bus_unlocking_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(NoKeyring, match="The keyring failed"):
        await store().unlock(SecretStr(PASSWORD))


async def test_a_daemon_that_is_stopped_holds_nobody_up_who_would_unlock_it(session: Session) -> None:
    daemon = session.unlock()
    lock()
    daemon.send_signal(signal.SIGSTOP)
    tokens = TokenStore(limit=1, environ={})
    with pytest.raises(KeyringUnusable, match="did not answer"):
        await tokens.unlock(SecretStr(PASSWORD))
    found = await tokens.get("prod", TokenKind.API)
    assert (found.token, found.locked) == (None, False)
    assert "did not answer" in found.reason


async def test_in_the_console_a_wrong_password_is_said_and_the_right_one_goes_on(session: Session) -> None:
    session.unlock()
    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        await store().set("here", TokenKind.API, SecretStr(sandbox.token))
        lock()
        connection = Connection("here", ApiVersion.V1, Environment.SANDBOX, base_url=sandbox.url)
        config = Config(Path("/nonexistent/config.toml"), "here", {"here": connection})
        app = ConsoleApp(Connections(config, make_store=store), "here")
        async with driven(app) as pilot:
            await look_up(pilot, "user-0001")
            await see(pilot, "The keyring is locked", "Password of the keyring")
            await pilot.press(*"wrong", "enter")
            await see(pilot, "That is not the keyring's password")
            assert "wrong" not in shown(app)
            await pilot.press(*("space" if char == " " else char for char in PASSWORD), "enter")
            await see(pilot, "go out?", "● given")
            assert "token in memory only" not in shown(app)


async def test_edits_are_kept_with_its_key_and_not_while_it_is_locked(
    session: Session, tmp_path: Path
) -> None:
    session.unlock()
    kept = tmp_path / "state" / "kept"
    with SandboxThread(SandboxOptions(users=10)) as sandbox:
        connection = Connection("prod", ApiVersion.V1, Environment.SANDBOX, base_url=sandbox.url)
        config = Config(tmp_path / "config.toml", "prod", {"prod": connection})

        def run() -> Connections:
            tokens = store()
            tokens.hold("prod", TokenKind.API, SecretStr(sandbox.token))
            path = tmp_path / "state" / "journal.db"
            return Connections(config, make_store=lambda: tokens, journal_path=path, keep_edits=True)

        async def stage(connections: Connections) -> EditKeeper:
            keeper = connections.keeper("prod")
            assert keeper is not None
            record = await keeper.session.open_user(keeper.session.identity("user-0003"))
            keeper.session.staging.draft(record).stage_property("grade", "gold")
            return keeper

        first = run()
        keeper = await stage(first)
        lock()
        assert "locked" in await keeper.flush()
        assert not kept.exists()
        await first.tokens.unlock_keyring("prod", PASSWORD)
        assert await keeper.flush() == ""
        await first.finish()
        assert len([*kept.glob("*.kept")]) == 1

        lock()
        second = run()
        after = second.keeper("prod")
        assert after is not None
        found = await LeftEdits(after).look()
        assert (found.sets, found.locked) == ((), True)
        await second.tokens.unlock_keyring("prod", PASSWORD)
        [left] = (await LeftEdits(after).look()).sets
        assert left.fresh[0].properties == {"grade": "gold"}
        await second.finish()


def test_a_daemon_that_is_stopped_keeps_no_process_from_exiting(session: Session) -> None:
    daemon = session.unlock()
    daemon.send_signal(signal.SIGSTOP)
    script = (
        "import asyncio\n"
        "from dfn_tui.credentials import TokenKind, TokenStore\n"
        "found = asyncio.run(TokenStore(limit=1).get('prod', TokenKind.API))\n"
        "print(found.source, found.reason)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout.startswith("none The keyring did not answer")
    assert ended.stderr == ""


async def test_a_token_goes_nowhere_else_where_the_file_of_addresses_is_gone(
    session: Session, tmp_path: Path
) -> None:
    session.unlock()

    def run(url: str) -> Connections:
        where = Connection("prod", ApiVersion.V1, Environment.SANDBOX, base_url=url)
        return Connections(Config(tmp_path / "config.toml", "prod", {"prod": where}), make_store=store)

    file = addresses_file(state_dir())
    with SandboxThread(SandboxOptions(users=2)) as sandbox:
        moved = run(sandbox.url)
        given = run("https://gateway.example")
        assert "kept in the keyring" in await given.give_token("prod", TokenKind.API, sandbox.token)
        await given.finish()
        assert session.lookup("prod/address") == b"https://gateway.example"
        file.unlink()
        user = moved.session("prod").identity("user-0001")
        with pytest.raises(AddressQuestion, match=r"its token was for https://gateway\.example"):
            await moved.session("prod").open_user(user)
        assert not sandbox.requests and not file.exists()
        await moved.tokens.accept_address(moved.known["prod"])
        assert session.lookup("prod/address") == sandbox.url.encode()
        file.unlink()
        assert (await moved.session("prod").open_user(user)).identity == user
        await moved.finish()
