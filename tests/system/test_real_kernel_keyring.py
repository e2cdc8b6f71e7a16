"""Tokens in the real kernel's keyring. Where a container forbids it the tests are skipped, and say why."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from dfn_tui.credentials import Settings, Source, TokenKind, TokenStore
from dfn_tui.credentials.backends import Backend, NoKeyring
from dfn_tui.credentials.kernel import _SET_TIMEOUT as SET_TIMEOUT
from dfn_tui.credentials.kernel import KernelKeyring, KernelUnusable, _libc

pytestmark = pytest.mark.slow

NAME = f"test-{os.getpid()}"
ENTRY = f"{NAME}/api"
TOKEN = SecretStr("tok-3f81c6")

# Another process, as another SSH session of the same user: it begins a session keyring of its own.
ELSEWHERE = f"""
import ctypes, platform
from dfn_tui.credentials.kernel import KernelKeyring
keyctl = {{"x86_64": 250, "aarch64": 219}}[platform.machine()]
assert ctypes.CDLL(None).syscall(keyctl, 1, None) > 0
found = KernelKeyring().read({ENTRY!r})
print(found.get_secret_value() if found else None)
"""


@pytest.fixture(autouse=True)
def allowed() -> Iterator[None]:
    keyring = KernelKeyring()
    try:
        keyring.delete(ENTRY)
    except KernelUnusable as unusable:
        pytest.skip(unusable.reason)
    yield
    keyring.delete(ENTRY)


def elsewhere() -> str:
    command = [sys.executable, "-c", ELSEWHERE]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def no_keyring() -> Backend:
    raise NoKeyring("No keyring works here.")


def store() -> TokenStore:
    return TokenStore(settings=lambda _name: Settings(kernel=True), backend=no_keyring, environ={})


async def test_a_token_is_kept_found_in_other_sessions_replaced_and_deleted() -> None:
    assert (await store().get(NAME, TokenKind.API)).token is None
    assert elsewhere() == "None"
    assert (await store().set(NAME, TokenKind.API, TOKEN)).source is Source.KERNEL
    found = await store().get(NAME, TokenKind.API)
    assert (found.token, found.source) == (TOKEN, Source.KERNEL)
    assert elsewhere() == "tok-3f81c6"
    await store().set(NAME, TokenKind.API, SecretStr("new"))
    assert elsewhere() == "new"
    assert (await store().delete(NAME, TokenKind.API)).source is Source.NONE
    assert elsewhere() == "None"


def test_a_token_of_the_greatest_length_is_kept_whole() -> None:
    longest = SecretStr("x" * 4096)
    KernelKeyring().write(ENTRY, longest)
    assert KernelKeyring().read(ENTRY) == longest


def test_the_kernel_lets_it_expire() -> None:
    real = _libc()

    def in_a_hurry(number: int, *arguments: Any) -> int:
        if arguments[0] == SET_TIMEOUT:
            arguments = (SET_TIMEOUT, arguments[1], 1)
        return real(number, *arguments)

    keyring = KernelKeyring(in_a_hurry)
    keyring.write(ENTRY, TOKEN)
    while keyring.read(ENTRY) is not None:
        time.sleep(0.05)
    assert elsewhere() == "None"
    KernelKeyring().write(ENTRY, TOKEN)  # and what has expired is no hindrance
    assert elsewhere() == "tok-3f81c6"
