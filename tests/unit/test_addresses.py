"""Where a connection's token may go, and what is asked when that changes."""

from pathlib import Path

import pytest

from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.service.addresses import Addresses, AddressQuestion, addresses_file, environment_in_doubt

PROD = Connection("prod", ApiVersion.V1, Environment.PRODUCTION)
STAGING = PROD._replace(name="stage", environment=Environment.STAGING)


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
