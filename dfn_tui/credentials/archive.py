"""The passwords of the archive's roles: from a command, or in the keyring."""

import os
from collections.abc import Callable, Sequence

from pydantic import SecretStr

from dfn_tui.credentials.backends import Backend, NoKeyring, open_backend
from dfn_tui.credentials.command import token_from
from dfn_tui.credentials.system_keyring import SystemKeyring

_LIMIT = 3.0


def entry_for(role: str) -> str:
    """The keyring's entry for the `writer` or the `reader`. No connection can be named so that it has it."""
    return f"archive/{role}"


async def archive_password(
    role: str, command: Sequence[str], backend: Callable[[], Backend] = open_backend
) -> SecretStr | None:
    """The role's password: from the command where there is one, else the keyring's. None where nothing has
    one, as where the server asks for a certificate. Raises `Unusable` where the command gives none."""
    if command:
        return await token_from(command, os.environ)
    try:
        return await SystemKeyring(backend, _LIMIT).read(entry_for(role))
    except NoKeyring:
        return None


async def keep_archive_password(
    role: str, password: SecretStr, backend: Callable[[], Backend] = open_backend
) -> None:
    """Keeps it in the keyring. Raises `NoKeyring`."""
    await SystemKeyring(backend, _LIMIT).write(entry_for(role), password)
