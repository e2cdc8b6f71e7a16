"""Asking the operating system's keyring, which may never answer, without ever waiting for it."""

import _thread
import asyncio
import base64
import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from pydantic import SecretStr

from dfn_tui.credentials.backends import Backend, KeyringUnusable, NoKeyring
from dfn_tui.credentials.token import BadToken, clean_token
from dfn_tui.text import _

SERVICE = "dfn-tui"
"""The keyring's service name; the user name is the connection and the kind: `prod/api`."""
_JOURNAL_ENTRY = "journal/key"  # no connection can be named so that it has this entry: kinds are few
_JOURNAL_KEY_BYTES = 32

Answer = TypeVar("Answer")


class SystemKeyring:
    """The entries of a keyring that `backend` opens, or for which it raises `NoKeyring`.

    No call blocks the event loop, and none takes longer than `limit` seconds: after that the keyring counts
    as silent. Its calls run in a daemon thread, which a process can leave behind when it exits (an executor's
    threads would be waited for). Every method raises `NoKeyring`.
    """

    def __init__(self, backend: Callable[[], Backend], limit: float) -> None:
        self._backend = backend
        self._limit = limit
        self._silent: Future[Any] | None = None

    async def read(self, entry: str) -> SecretStr | None:
        """The token of that entry, None where it has none. Raises KeyringUnusable."""

        def question(keyring: Backend) -> SecretStr | None:
            stored = keyring.get_password(SERVICE, entry)
            try:
                return None if stored is None else clean_token(stored)
            except BadToken:
                reason = _("The keyring's entry {entry} does not hold a token; set it again.")
                raise KeyringUnusable(reason.format(entry=entry)) from None

        return await self._ask(question)

    async def write(self, entry: str, token: SecretStr) -> None:
        """Keeps a token, and reads it back, because some keyrings drop a write without a word.

        Raises KeyringUnusable.
        """

        def question(keyring: Backend) -> None:
            keyring.set_password(SERVICE, entry, token.get_secret_value())
            if keyring.get_password(SERVICE, entry) != token.get_secret_value():
                raise KeyringUnusable(_("The keyring did not keep the token."))

        await self._ask(question)

    async def delete(self, entry: str) -> None:
        """Deletes an entry, which need not be there."""

        def question(keyring: Backend) -> None:
            if keyring.get_password(SERVICE, entry) is not None:
                keyring.delete_password(SERVICE, entry)

        await self._ask(question)

    async def journal_key(self, *, make: bool) -> bytes | None:
        """The key that personal values in the journal are sealed with: 32 bytes. With `make` one is made
        where there is none yet; None where the entry holds something else."""

        def question(keyring: Backend) -> bytes | None:
            stored = keyring.get_password(SERVICE, _JOURNAL_ENTRY)
            if stored is None and make:
                made = base64.b64encode(os.urandom(_JOURNAL_KEY_BYTES)).decode()
                keyring.set_password(SERVICE, _JOURNAL_ENTRY, made)
                stored = keyring.get_password(SERVICE, _JOURNAL_ENTRY)  # another console's, if it was quicker
            try:
                key = base64.b64decode(stored or "", validate=True)
            except ValueError:
                return None
            return key if len(key) == _JOURNAL_KEY_BYTES else None

        return await self._ask(question)

    async def within_limit(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question that may block for ever. Raises `NoKeyring`."""
        late = KeyringUnusable(
            _("The keyring did not answer; it may be waiting for a password on another screen.")
        )
        if self._silent is not None and not self._silent.done():
            raise late  # one thread is stuck already: neither wait again nor leave another one behind
        future: Future[Answer] = Future()
        # From here on it cannot be cancelled, so a late answer finds it ready to take it.
        future.set_running_or_notify_cancel()
        # `threading` would wait for ever for a thread that dies of want of memory before it has begun.
        _thread.start_new_thread(_answer, (question, future))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._limit)
        except TimeoutError:
            self._silent = future
            raise late from None

    async def _ask(self, question: Callable[[Backend], Answer]) -> Answer:
        return await self.within_limit(lambda: question(self._backend()))


def _answer(question: Callable[[], Answer], future: "Future[Answer]") -> None:
    try:
        future.set_result(question())
    except NoKeyring as none:
        future.set_exception(none)
    # A backend raises its own errors and those of D-Bus and the system below it. Only the type's name
    # goes on: the error and its traceback may hold the token.
    except Exception as error:  # noqa: BLE001
        reason = _("The keyring failed ({error}).").format(error=type(error).__name__)
        future.set_exception(KeyringUnusable(reason))
