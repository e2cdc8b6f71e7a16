"""The tokens of all connections: the environment first, then this run's memory, then the keyring."""

import asyncio
import base64
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from pydantic import SecretStr

from dfn_tui.credentials.backends import Backend, KeyringUnusable, NoKeyring, open_backend
from dfn_tui.credentials.token import BadToken, Found, Placed, Source, TokenKind, clean_token
from dfn_tui.text import _

SERVICE = "dfn-tui"
"""The keyring's service name; the user name is the connection and the kind: `prod/api`."""
TOKEN_VARIABLE = "DFN_TUI_TOKEN"  # noqa: S105  a variable's name
EXPORT_VARIABLE = "DFN_TUI_EXPORT_TOKEN"
_JOURNAL_ENTRY = "journal/key"  # no connection can be named so that it has this entry: kinds are few
_JOURNAL_KEY_BYTES = 32

Answer = TypeVar("Answer")


class TokenStore:
    """Finds, keeps and deletes tokens. No call blocks the event loop, and none takes longer than `limit`
    seconds: after that the keyring counts as silent and the token is held in memory.

    `backend` opens the keyring, or raises `NoKeyring`; it and the keyring's own calls run in a daemon
    thread, which a process can leave behind when it exits (an executor's threads would be waited for).
    """

    def __init__(
        self,
        *,
        backend: Callable[[], Backend] = open_backend,
        limit: float = 3.0,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._backend = backend
        self._limit = limit
        self._environ = environ
        self._held: dict[tuple[str, TokenKind], SecretStr] = {}
        self._silent: Future[Any] | None = None

    async def get(self, connection: str, kind: TokenKind) -> Found:
        """The token of a connection. Raises `BadToken` if the environment holds something else."""
        variable = _variable(kind)
        given = self._environ.get(variable)
        if given:
            try:
                token = clean_token(given)
            except BadToken as bad:
                happened = _("The variable {variable} is set, but not to a token. {reason}")
                raise BadToken(happened.format(variable=variable, reason=bad.happened)) from None
            return Found(token, Source.ENVIRONMENT, _wins(variable))
        held = self._held.get((connection, kind))
        if held is not None:
            return Found(held, Source.MEMORY, _("The token is held in memory, for this run only."))
        entry = _entry(connection, kind)
        try:
            stored = await self._ask(lambda keyring: _read(keyring, entry))
        except NoKeyring as none:
            return Found(None, Source.NONE, none.reason)
        if stored is None:
            return Found(None, Source.NONE, _("The keyring has no token {entry} yet.").format(entry=entry))
        return Found(stored, Source.KEYRING, _("The token is from the keyring."))

    async def set(self, connection: str, kind: TokenKind, token: SecretStr) -> Placed:
        """Keeps a token in the keyring, or in memory where there is none or it does not answer.

        A variable in the environment still wins over it, and then the reason says so. Raises `BadToken`.
        """
        token = clean_token(token.get_secret_value())
        entry = _entry(connection, kind)
        # Held first: whatever happens to the keyring, the token that was given last is the one in use.
        self._held[connection, kind] = token
        try:
            await self._ask(lambda keyring: _write(keyring, entry, token))
        except NoKeyring as none:
            held = _("{reason} The token is held in memory, for this run only.")
            placed = Placed(Source.MEMORY, held.format(reason=none.reason))
        else:
            if self._held.get((connection, kind)) is token:  # and not one that was given meanwhile
                del self._held[connection, kind]
            placed = Placed(Source.KEYRING, _("The token is kept in the keyring."))
        variable = _variable(kind)
        return Placed(placed.source, _wins(variable)) if self._environ.get(variable) else placed

    async def delete(self, connection: str, kind: TokenKind) -> Placed:
        """Forgets a token in memory and in the keyring.

        The answer's source is NONE once it is gone, KEYRING where it may still be there (the reason says
        why), and ENVIRONMENT where a variable still gives one.
        """
        self._held.pop((connection, kind), None)
        entry = _entry(connection, kind)
        try:
            await self._ask(lambda keyring: _delete(keyring, entry))
        except KeyringUnusable as unusable:
            return Placed(Source.KEYRING, unusable.reason)
        except NoKeyring as none:
            return Placed(Source.NONE, none.reason)
        variable = _variable(kind)
        if self._environ.get(variable):
            return Placed(Source.ENVIRONMENT, _wins(variable))
        return Placed(Source.NONE, _("The token was deleted."))

    def hold(self, connection: str, kind: TokenKind, token: SecretStr) -> None:
        """Keeps a token in memory for this run, without asking the keyring. Raises `BadToken`."""
        self._held[connection, kind] = clean_token(token.get_secret_value())

    async def journal_key(self) -> bytes | None:
        """The key that personal values in the journal are sealed with: 32 bytes, made at first use and kept
        in the keyring. None where there is no keyring to keep it in, or it holds something else there."""
        try:
            return await self._ask(_journal_key)
        except NoKeyring:
            return None

    async def _ask(self, question: Callable[[Backend], Answer]) -> Answer:
        """The keyring's answer. Raises `NoKeyring` where there is none, or none in time."""
        late = KeyringUnusable(
            _("The keyring did not answer; it may be waiting for a password on another screen.")
        )
        if self._silent is not None and not self._silent.done():
            raise late  # one thread is stuck already: neither wait again nor leave another one behind
        future: Future[Answer] = Future()
        # From here on it cannot be cancelled, so a late answer finds it ready to take it.
        future.set_running_or_notify_cancel()
        threading.Thread(target=self._answer, args=(question, future), name="keyring", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._limit)
        except TimeoutError:
            self._silent = future
            raise late from None

    def _answer(self, question: Callable[[Backend], Answer], future: "Future[Answer]") -> None:
        try:
            future.set_result(question(self._backend()))
        except NoKeyring as none:
            future.set_exception(none)
        # A backend raises its own errors and those of D-Bus and the system below it. Only the type's name
        # goes on: the error and its traceback may hold the token.
        except Exception as error:  # noqa: BLE001
            reason = _("The keyring failed ({error}).").format(error=type(error).__name__)
            future.set_exception(KeyringUnusable(reason))


def _variable(kind: TokenKind) -> str:
    return EXPORT_VARIABLE if kind == TokenKind.EXPORT else TOKEN_VARIABLE


def _wins(variable: str) -> str:
    words = _("The variable {variable} is set and wins; unset it to use another token.")
    return words.format(variable=variable)


def _entry(connection: str, kind: TokenKind) -> str:
    return f"{connection}/{kind}"


def _read(keyring: Backend, entry: str) -> SecretStr | None:
    stored = keyring.get_password(SERVICE, entry)
    if stored is None:
        return None
    try:
        return clean_token(stored)
    except BadToken:
        reason = _("The keyring's entry {entry} does not hold a token; set it again.")
        raise KeyringUnusable(reason.format(entry=entry)) from None


def _write(keyring: Backend, entry: str, token: SecretStr) -> None:
    keyring.set_password(SERVICE, entry, token.get_secret_value())
    # Read back, because some keyrings drop a write without a word.
    if keyring.get_password(SERVICE, entry) != token.get_secret_value():
        raise KeyringUnusable(_("The keyring did not keep the token."))


def _journal_key(keyring: Backend) -> bytes | None:
    stored = keyring.get_password(SERVICE, _JOURNAL_ENTRY)
    if stored is None:
        made = base64.b64encode(secrets.token_bytes(_JOURNAL_KEY_BYTES)).decode()
        keyring.set_password(SERVICE, _JOURNAL_ENTRY, made)
        stored = keyring.get_password(SERVICE, _JOURNAL_ENTRY)  # another console's, if it was quicker
    try:
        key = base64.b64decode(stored or "", validate=True)
    except ValueError:
        return None
    return key if len(key) == _JOURNAL_KEY_BYTES else None


def _delete(keyring: Backend, entry: str) -> None:
    if keyring.get_password(SERVICE, entry) is not None:
        keyring.delete_password(SERVICE, entry)
