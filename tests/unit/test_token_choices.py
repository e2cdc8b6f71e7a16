"""Which store a token goes to: it is remembered, and nothing weaker takes its place without a word."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from dfn_tui.credentials import Settings, Source, SourceStatus, TokenKind, TokenStore
from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.kernel import KernelKeyring
from dfn_tui.credentials.remembered import Remembered
from tests.keyrings import Keyring
from tests.unit.kernels import FakeKernel

API = TokenKind.API
SECRET = SecretStr("tok-3f81c6")


class Host(Keyring):
    """A machine whose keyring may go and come."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "state" / "stores.json"
        self.kernel = FakeKernel()

    def store(self, *, kernel: bool = True) -> TokenStore:
        return TokenStore(
            settings=lambda _name: Settings(kernel=kernel),
            backend=self.open,
            environ={},
            kernel=KernelKeyring(self.kernel),
            choices=Remembered(self.path),
        )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


async def test_the_first_store_that_takes_it_is_remembered_and_the_others_are_named(host: Host) -> None:
    host.trouble = NoKeyring("No keyring works here.")
    placed = await host.store().set("prod", API, SECRET)
    assert placed.source is Source.KERNEL
    assert placed.reason.startswith("No keyring works here. The token is kept in the kernel's keyring until")
    found = await host.store().get("prod", API)
    assert (found.token, found.source) == (SECRET, Source.KERNEL)

    host.trouble = None
    assert (await host.store().set("prod", API, SecretStr("new"))).source is Source.KERNEL
    assert host.kept == {}


async def test_a_keyring_that_was_chosen_is_not_replaced_by_the_kernels(host: Host) -> None:
    assert (await host.store().set("prod", API, SECRET)).source is Source.KEYRING
    host.trouble = KeyringLocked("The keyring is locked.")
    found = await host.store().get("prod", API)
    assert (found.token, found.reason, found.locked) == (None, "The keyring is locked.", True)
    assert [step.status for step in found.steps if step.source is Source.KERNEL] == [SourceStatus.NOT_ASKED]

    tokens = host.store()
    placed = await tokens.set("prod", API, SecretStr("new"))
    assert (placed.source, placed.reason) == (Source.MEMORY, "The keyring is locked.")
    assert (await tokens.get("prod", API)).token == SecretStr("new")
    assert host.kernel.keys == {}


async def test_a_store_that_is_named_is_taken_and_the_older_token_deleted(host: Host) -> None:
    await host.store().set("prod", API, SecretStr("old"))
    placed = await host.store().set("prod", API, SECRET, Source.KERNEL)
    assert placed.source is Source.KERNEL
    assert host.kept == {}
    assert (await host.store().get("prod", API)).token == SECRET
    assert host.store().chosen("prod", API) is Source.KERNEL

    await host.store().set("prod", API, SecretStr("back"), Source.KEYRING)
    assert host.kernel.keys == {}
    assert (await host.store().get("prod", API)).source is Source.KEYRING


async def test_an_older_token_that_cannot_be_deleted_is_not_used_and_is_said(host: Host) -> None:
    await host.store().set("prod", API, SecretStr("old"))
    host.trouble = KeyringLocked("The keyring is locked.")
    placed = await host.store().set("prod", API, SECRET, Source.KERNEL)
    assert "still in the other store: The keyring is locked." in placed.reason
    host.trouble = None
    host.kernel.keys.clear()  # as in the evening
    found = await host.store().get("prod", API)
    assert found.token is None
    assert "expired" in found.reason
    assert (await host.store().delete("prod", API)).source is Source.NONE
    assert host.kept == {}


async def test_what_the_configuration_no_longer_allows_is_no_choice(host: Host) -> None:
    await host.store().set("prod", API, SECRET, Source.KERNEL)
    found = await host.store(kernel=False).get("prod", API)
    assert (found.token, found.reason) == (None, "The keyring has no token prod/api yet.")
    refused = await host.store(kernel=False).set("other", API, SECRET, Source.KERNEL)
    assert (refused.source, "kernel_keyring" in refused.reason) == (Source.MEMORY, True)
    assert (await host.store(kernel=False).set("prod", API, SECRET)).source is Source.KEYRING
    assert host.kernel.keys == {}


async def test_deleting_empties_every_store_and_forgets_the_choice(host: Host) -> None:
    await host.store().set("prod", API, SECRET, Source.KERNEL)
    host.kept["prod/api"] = "older"
    assert (await host.store().delete("prod", API)).source is Source.NONE
    assert (host.kept, host.kernel.keys) == ({}, {})
    assert host.store().chosen("prod", API) is None


async def test_the_file_holds_names_and_no_token_and_is_its_owners(host: Host) -> None:
    await host.store().set("prod", API, SECRET)
    await host.store().set("stage", API, SECRET, Source.KERNEL)
    assert host.path.read_text() == '{\n "prod/api": "keyring",\n "stage/api": "kernel"\n}\n'
    assert host.path.stat().st_mode & 0o777 == 0o600
    assert host.path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in host.path.parent.iterdir()] == ["stores.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '"x"', "\x00"])
async def test_a_file_that_cannot_be_read_counts_as_the_strongest_choice(host: Host, text: str) -> None:
    await host.store().set("prod", API, SECRET, Source.KERNEL)
    host.path.write_text(text)
    assert host.store().chosen("prod", API) is Source.KEYRING
    assert (await host.store().get("prod", API)).token is None
    await host.store().set("prod", API, SECRET)
    assert host.path.read_text() == '{\n "prod/api": "keyring"\n}\n'


@pytest.mark.parametrize("value", ["memory", "environment", 7, None, ["kernel"], {"a": 1}])
def test_a_word_that_is_no_store_is_no_choice(tmp_path: Path, value: object) -> None:
    import json

    path = tmp_path / "stores.json"
    path.write_text(json.dumps({"prod/api": value}))
    assert Remembered(path).store("prod/api") is None


async def test_a_choice_that_cannot_be_remembered_is_said(host: Host, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    placed = await host.store().set("prod", API, SECRET)
    assert placed.source is Source.KEYRING
    assert "cannot be remembered" in placed.reason


async def test_a_token_of_the_environment_is_for_the_connection_that_was_opened(host: Host) -> None:
    tokens = TokenStore(
        backend=host.open, environ={"DFN_TUI_TOKEN": "tok-3f81c6"}, choices=Remembered(host.path)
    )
    assert (await tokens.get("stage", API)).source is Source.ENVIRONMENT
    tokens.variables_for = "prod"
    assert (await tokens.get("prod", API)).source is Source.ENVIRONMENT
    found = await tokens.get("stage", API)
    assert found.token is None
    assert "is for the connection that this run was opened on" in found.steps[1].reason
    assert tokens.outranked("stage", API) == ""
    assert tokens.outranked("prod", API)
