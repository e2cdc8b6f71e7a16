"""Where a connection's token may go, and what is asked when that changes."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.config import ApiVersion, Config, Connection, Environment
from dfn_tui.credentials import KeyringLocked, Settings, Source, TokenKind, TokenStore
from dfn_tui.credentials.kernel import KernelKeyring
from dfn_tui.credentials.remembered import Remembered
from dfn_tui.service.addresses import (
    Addresses,
    AddressQuestion,
    accept_address,
    addresses_file,
    check_address,
    environment_in_doubt,
)
from dfn_tui.service.connections import Connections
from dfn_tui.service.doctor.network import Server
from dfn_tui.service.doctor.seen import CheckStatus
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread
from tests.unit.kernels import FakeKernel

PROD = Connection("prod", ApiVersion.V1, Environment.PRODUCTION)
STAGING = PROD._replace(name="stage", environment=Environment.STAGING)
MOVED = PROD._replace(base_url="https://gateway.example")
TOKEN = SecretStr("tok-3f81c6")


class Host(Keyring):
    """A keyring, a kernel's keyring, and a state folder whose file of addresses can be removed."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.addresses = Addresses(addresses_file(folder))
        self.kernel = KernelKeyring(FakeKernel())

    def store(self) -> TokenStore:
        return TokenStore(
            settings=lambda _name: Settings(kernel=True),
            backend=self.open,
            environ={},
            kernel=self.kernel,
            choices=Remembered(self._folder / "stores.json"),
        )

    def lose_file(self) -> None:
        addresses_file(self._folder).unlink(missing_ok=True)

    async def check(self, connection: Connection, source: Source) -> None:
        await check_address(self.addresses, self.store(), connection, source, asks=False)

    async def accept(self, connection: Connection, source: Source | None = None) -> str:
        return await accept_address(self.addresses, self.store(), connection, source)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "state")


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    return Addresses(addresses_file(tmp_path / "state"))


def test_another_address_is_asked_about_until_it_is_accepted(addresses: Addresses) -> None:
    moved = PROD._replace(base_url="https://gateway.example")
    addresses.check(PROD, asks=False)
    addresses.check(PROD, asks=True)
    for _ in range(2):
        with pytest.raises(
            AddressQuestion, match=r"https://gateway\.example now; .*openapi\.dfinery\.io"
        ) as asked:
            addresses.check(moved, asks=False)
    assert "dfn-tui auth accept -c prod" in asked.value.next_step
    addresses.check(PROD, asks=True)  # as it was
    addresses.accept(moved)
    addresses.check(moved, asks=True)
    with pytest.raises(AddressQuestion):
        addresses.check(PROD, asks=True)


def test_this_host_stays_this_host(addresses: Addresses) -> None:
    addresses.check(PROD._replace(base_url="http://127.0.0.1:4711"), asks=True)
    addresses.check(PROD._replace(base_url="http://127.0.0.1:4712"), asks=True)
    with pytest.raises(AddressQuestion):
        addresses.check(PROD, asks=True)


def test_a_connection_of_another_name_is_another_one(addresses: Addresses) -> None:
    addresses.check(PROD, asks=True)
    addresses.check(PROD._replace(name="other", base_url="https://gateway.example"), asks=True)


def test_what_leads_to_production_and_is_not_called_so_is_asked_once(addresses: Addresses) -> None:
    assert "stage is called staging" in environment_in_doubt(STAGING)
    assert environment_in_doubt(STAGING._replace(base_url="https://stage.example")) == ""
    assert environment_in_doubt(PROD) == ""
    addresses.check(STAGING, asks=False)  # a command says it beside what it does
    with pytest.raises(AddressQuestion, match="Is this not production"):
        addresses.check(STAGING, asks=True)
    addresses.accept(STAGING)
    addresses.check(STAGING, asks=True)
    with pytest.raises(AddressQuestion):
        addresses.check(STAGING._replace(environment=Environment.SANDBOX), asks=True)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"prod": 1}', b"[" * 100_000])
def test_a_file_that_says_nothing_holds_nothing_up(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").mkdir()
    file = addresses_file(tmp_path / "state")
    file.write_bytes(content)
    Addresses(file).check(PROD, asks=True)
    with pytest.raises(AddressQuestion):
        Addresses(file).check(PROD._replace(base_url="https://gateway.example"), asks=True)


def test_a_state_folder_that_cannot_be_written_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    Addresses(addresses_file(tmp_path / "state")).check(PROD, asks=True)


@pytest.mark.parametrize("source", [Source.KEYRING, Source.KERNEL])
async def test_the_address_is_kept_beside_the_token_and_holds_without_the_file(
    host: Host, source: Source
) -> None:
    await host.store().set("prod", TokenKind.API, TOKEN, source)
    await host.accept(PROD, source)
    host.lose_file()
    for _ in range(2):  # the first refusal must not have remembered anything
        with pytest.raises(AddressQuestion, match=r"https://gateway\.example now; .*openapi\.dfinery\.io"):
            await host.check(MOVED, source)
    assert await host.accept(MOVED) == ""
    host.lose_file()
    await host.check(MOVED, source)
    with pytest.raises(AddressQuestion):
        await host.check(PROD, source)


async def test_a_token_stored_before_has_its_address_kept_when_it_is_used(host: Host) -> None:
    await host.store().set("prod", TokenKind.API, TOKEN, Source.KEYRING)
    await host.check(PROD, Source.KEYRING)
    assert host.kept["prod/address"] == "https://openapi.dfinery.io"
    host.lose_file()
    with pytest.raises(AddressQuestion):
        await host.check(MOVED, Source.KEYRING)


async def test_what_the_file_remembers_counts_beside_a_keyring_that_knows_nothing(host: Host) -> None:
    host.addresses.check(PROD, asks=False)
    with pytest.raises(AddressQuestion):
        await host.check(MOVED, Source.KEYRING)
    assert host.kept == {}


async def test_a_file_that_was_edited_does_not_move_the_token(host: Host) -> None:
    await host.accept(PROD, Source.KEYRING)
    host.addresses.accept(MOVED)
    with pytest.raises(AddressQuestion):
        await host.check(MOVED, Source.KEYRING)


async def test_a_token_of_this_run_moves_no_other(host: Host) -> None:
    await host.accept(PROD, Source.KEYRING)
    await host.accept(MOVED, Source.MEMORY)
    await host.check(MOVED, Source.MEMORY)
    with pytest.raises(AddressQuestion):
        await host.check(MOVED, Source.KEYRING)


async def test_a_locked_keyring_is_told_where_an_address_is_accepted(host: Host) -> None:
    host.trouble = KeyringLocked("The keyring is locked.")
    assert await host.accept(PROD) == "The keyring is locked."
    await host.check(PROD, Source.ENVIRONMENT)


async def test_the_address_goes_with_the_last_token(host: Host) -> None:
    store = host.store()
    for kind in (TokenKind.IMPORT, TokenKind.EXPORT):
        await store.set("prod", kind, TOKEN, Source.KEYRING)
    await host.accept(PROD, Source.KEYRING)
    await store.delete("prod", TokenKind.EXPORT)
    assert "prod/address" in host.kept
    await store.delete("prod", TokenKind.IMPORT)
    assert host.kept == {}


async def test_an_address_in_other_letters_is_kept_too(host: Host) -> None:
    korean = PROD._replace(base_url="https://gateway.example/한글")
    assert await host.accept(korean, Source.KEYRING) == ""
    host.lose_file()
    await host.check(korean, Source.KEYRING)


async def test_the_doctor_names_both_and_sends_nothing_where_the_file_is_gone(host: Host) -> None:
    await host.store().set("prod", TokenKind.API, TOKEN, Source.KEYRING)
    await host.accept(PROD, Source.KEYRING)
    host.lose_file()
    seen = await Server(MOVED, host.store()).token(TokenKind.API)
    assert seen.status is CheckStatus.FAILED
    assert "https://gateway.example now; its token was for https://openapi.dfinery.io" in seen.detail


async def test_an_answer_holds_for_the_run_where_nothing_keeps_it(
    host: Host, sandbox: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the question would come again and again, and nothing could ever be taken back."""
    await host.store().set("prod", TokenKind.API, SecretStr(sandbox.token), Source.KEYRING)
    await host.accept(PROD, Source.KEYRING)
    monkeypatch.setattr(host, "set_password", lambda *_given: None)
    config = Config(tmp_path / "config.toml", "prod", {"prod": PROD._replace(base_url=sandbox.url)})
    path = tmp_path / "state" / "journal.db"
    connections = Connections(config, make_store=host.store, journal_path=path)
    session = connections.session("prod")
    with pytest.raises(AddressQuestion):
        await session.open_user(session.identity("user-0001"))
    await connections.tokens.accept_address(connections.known["prod"])
    assert (await session.open_user(session.identity("user-0001"))).identity
    await connections.finish()
