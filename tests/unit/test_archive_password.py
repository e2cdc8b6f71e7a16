"""The passwords of the archive's roles."""

import pytest
from pydantic import SecretStr

from dfn_tui.credentials.archive import archive_password, keep_archive_password
from dfn_tui.credentials.backends import NoKeyring
from dfn_tui.credentials.token import Unusable
from tests.keyrings import Keyring


def nothing() -> Keyring:
    raise NoKeyring("There is no keyring here.")


async def test_a_command_comes_before_the_keyring_and_its_failure_is_told() -> None:
    keyring = Keyring()
    await keep_archive_password("writer", SecretStr("kept-1"), lambda: keyring)
    assert await archive_password("writer", ["echo", "printed-2"], lambda: keyring) == SecretStr("printed-2")
    with pytest.raises(Unusable):
        await archive_password("writer", ["false"], lambda: keyring)


async def test_each_role_has_its_own_in_the_keyring() -> None:
    keyring = Keyring()
    await keep_archive_password("writer", SecretStr("kept-1"), lambda: keyring)
    assert await archive_password("writer", (), lambda: keyring) == SecretStr("kept-1")
    assert await archive_password("reader", (), lambda: keyring) is None


async def test_without_a_keyring_there_is_none_and_none_is_kept() -> None:
    assert await archive_password("writer", (), nothing) is None
    with pytest.raises(NoKeyring):
        await keep_archive_password("writer", SecretStr("kept-1"), nothing)
