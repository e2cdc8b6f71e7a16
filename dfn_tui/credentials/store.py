"""The tokens of all connections: where each is looked for, in order, and where a new one is kept."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pydantic import SecretBytes, SecretStr

from dfn_tui.config import TokenKind
from dfn_tui.credentials.backends import Backend, KeyringUnusable, NoKeyring, open_backend, unlock
from dfn_tui.credentials.command import journal_key_from
from dfn_tui.credentials.kernel import KernelKeyring, KernelUnusable
from dfn_tui.credentials.memory import keep_to_ourselves
from dfn_tui.credentials.remembered import Remembered
from dfn_tui.credentials.sources import (
    SourceAnswer,
    address_entry,
    entry_of,
    from_command,
    from_environment,
    from_kernel,
    from_keyring,
    variable_of,
)
from dfn_tui.credentials.system_keyring import SystemKeyring
from dfn_tui.credentials.token import (
    FoundToken,
    Placed,
    Settings,
    Source,
    SourceStatus,
    Step,
    Unusable,
    clean_token,
)
from dfn_tui.errors import system_reason
from dfn_tui.paths import state_dir
from dfn_tui.text import _
from dfn_tui.text.korea import korean_clock

CHOICES_FILE = "token-stores.json"
"""In the state folder: which store was chosen for each token."""


class TokenStore:
    """Finds, keeps and deletes tokens. No call blocks the event loop.

    A search asks, until one has the token: what this run was given, the environment, the connection's
    command, the keyring, the kernel's keyring where the configuration allows it. A variable or a command that
    is set but gives no token ends the search. Where a store was chosen for a token, no other store is asked
    for it: nothing weaker is taken in its place without a word.

    `settings` gives what the configuration says of a connection; the journal's key is from `key_command`
    where that is not empty, and from no other place then. `backend` opens the keyring, or raises
    `NoKeyring`; after `limit` seconds it counts as silent.
    """

    def __init__(
        self,
        *,
        settings: Callable[[str], Settings] = lambda _connection: Settings(),
        backend: Callable[[], Backend] = open_backend,
        limit: float = 3.0,
        environ: Mapping[str, str] = os.environ,
        kernel: KernelKeyring | None = None,
        choices: Remembered | None = None,
        key_command: Sequence[str] = (),
    ) -> None:
        keep_to_ourselves()
        self._settings = settings
        self._keyring = SystemKeyring(backend, limit)
        self._environ = environ
        self._kernel = kernel or KernelKeyring()
        self._choices = choices or Remembered(state_dir() / CHOICES_FILE)
        self._held: dict[tuple[str, TokenKind], tuple[Source, SecretStr]] = {}
        self._key_command = tuple(key_command)
        self._printed_key: SecretBytes | None = None
        self._asking_for_key = asyncio.Lock()
        self.variables_for: str | None = None
        """The connection that tokens in the environment are for; None: whichever is asked about."""

    async def get(self, connection: str, kind: TokenKind) -> FoundToken:
        """The token of a connection, and what came of every source."""
        held = self._held.get((connection, kind))
        if held is not None:
            return _of_this_run(*held)
        entry, settings = entry_of(connection, kind), self._settings(connection)
        chosen = self.chosen(connection, kind)
        in_order: dict[Source, Callable[[], Awaitable[SourceAnswer]]] = {
            Source.ENVIRONMENT: partial(self._from_environment, connection, kind),
            Source.COMMAND: partial(from_command, kind, settings, self._environ),
            Source.KEYRING: partial(from_keyring, entry, chosen, self._keyring),
            Source.KERNEL: partial(from_kernel, entry, chosen, settings, self._kernel),
        }
        answers: dict[Source, SourceAnswer] = {}
        for source, ask in in_order.items():
            answer = answers[source] = await ask()
            if answer.token or (answer.status is SourceStatus.FAILED and source in _DECIDING):
                break
        return _found(answers)

    async def _from_environment(self, connection: str, kind: TokenKind) -> SourceAnswer:
        """A console that goes on to another connection must not send it the token of the first."""
        variable = variable_of(kind)
        if self.variables_for in (None, connection) or not self._environ.get(variable):
            return await from_environment(kind, self._environ)
        words = _("{name} is set, and is for the connection that this run was opened on.")
        return SourceAnswer(SourceStatus.OFF, words.format(name=variable))

    def outranked(self, connection: str, kind: TokenKind) -> str:
        """Why a token in a keyring would not be used, in a sentence; empty where it would be."""
        variable = variable_of(kind)
        if self._environ.get(variable) and self.variables_for in (None, connection):
            words = _("The variable {variable} is set and comes before every keyring.")
            return words.format(variable=variable)
        if self._settings(connection).command_for(kind):
            return _("The connection's command is configured and comes before every keyring.")
        return ""

    async def set(
        self, connection: str, kind: TokenKind, token: SecretStr, store: Source | None = None
    ) -> Placed:
        """Keeps a token in `store` (KEYRING or KERNEL), or where it was kept so far, or in the first that
        takes it. Where none does it is held in memory (MEMORY), and used before all others in this run.

        The reason says which stores did not take it and why, where it is kept, and whether something comes
        before that store. Raises `BadToken`.
        """
        token = clean_token(token.get_secret_value())
        # Held first: whatever happens to the stores, the token that was given last is the one in use.
        held = self._held[connection, kind] = (Source.MEMORY, token)
        said: list[str] = []
        for target in self._targets(connection, kind, store):
            try:
                said.append(await self._put(target, connection, kind, token))
            except Unusable as unusable:
                said.append(unusable.reason)
                continue
            if self._held.get((connection, kind)) is held:  # and not one that was given meanwhile
                del self._held[connection, kind]
            said += [await self._choose(target, connection, kind), self.outranked(connection, kind)]
            return Placed(target, " ".join(filter(None, said)))
        return Placed(Source.MEMORY, " ".join(said))

    def _targets(self, connection: str, kind: TokenKind, store: Source | None) -> tuple[Source, ...]:
        only = store or self.chosen(connection, kind)
        if only is not None:
            return (only,)
        return (Source.KEYRING, Source.KERNEL) if self._settings(connection).kernel else (Source.KEYRING,)

    async def _put(self, target: Source, connection: str, kind: TokenKind, token: SecretStr) -> str:
        entry = entry_of(connection, kind)
        if target is Source.KEYRING:
            await self._keyring.write(entry, token)
            return _("The token is kept in the keyring.")
        if not self._settings(connection).kernel:
            raise Unusable(_("The configuration does not set kernel_keyring = true for this connection."))
        words = _("The token is kept in the kernel's keyring until {time} Korean time.")
        return words.format(time=korean_clock(self._kernel.write(entry, token)))

    async def _choose(self, target: Source, connection: str, kind: TokenKind) -> str:
        """Remembers the store, and deletes what another one still has; says what did not work."""
        entry = entry_of(connection, kind)
        before = self._choices.store(entry)
        try:
            self._choices.remember(entry, target)
        except OSError as error:
            words = _("That choice cannot be remembered in the state folder: {error}.")
            return words.format(error=system_reason(error))
        if before in (None, target):
            return ""
        left = await self._remove(before, entry)
        return _("An older token is still in the other store: {reason}").format(reason=left) if left else ""

    async def _remove(self, store: Source | None, entry: str) -> str:
        """Deletes an entry of a store, and says why that could not be done."""
        try:
            if store is Source.KERNEL:
                self._kernel.delete(entry)
            else:
                await self._keyring.delete(entry)
        except (KeyringUnusable, KernelUnusable) as unusable:
            return unusable.reason
        except NoKeyring:
            pass  # where there is no keyring, there is no token in it
        return ""

    async def delete(self, connection: str, kind: TokenKind) -> Placed:
        """Forgets a token in memory and in every store, and which store it was.

        The answer's source is NONE once it is gone, KEYRING or KERNEL where it may still be there. The reason
        says why, and whether something else still gives a token.
        """
        self._held.pop((connection, kind), None)
        entry = entry_of(connection, kind)
        stores = [Source.KEYRING]
        if self._settings(connection).kernel or self._choices.store(entry) is Source.KERNEL:
            stores.append(Source.KERNEL)
        for store in stores:
            left = await self._remove(store, entry)
            if left:
                return Placed(store, left)
        said = [_("The token was deleted."), self.outranked(connection, kind)]
        try:
            self._choices.remember(entry, None)
        except OSError as error:
            words = _("Which store it was is still in the state folder: {error}.")
            said.append(words.format(error=system_reason(error)))
        if all(self._choices.store(entry_of(connection, one)) is None for one in TokenKind):
            for store in stores:  # with the last token; what is left of it says nothing of one
                await self._remove(store, address_entry(connection))
        return Placed(Source.NONE, " ".join(filter(None, said)))

    async def address(self, connection: str, source: Source) -> str:
        """Where a connection's tokens may go, as `source` keeps it beside them; "" where that keeps none."""
        entry = address_entry(connection)
        try:
            found = await self._read_address(source, entry)
        except Unusable:
            return ""
        return found.get_secret_value() if found else ""

    async def keep_address(self, connection: str, address: str, source: Source | None = None) -> str:
        """Keeps an address, in visible ASCII, beside the tokens in `source`; without one wherever an address
        is kept so far. Says in a sentence why that did not work; a store that is not there is no trouble."""
        entry, left = address_entry(connection), ""
        allowed = (Source.KEYRING, Source.KERNEL) if self._settings(connection).kernel else (Source.KEYRING,)
        for store in allowed if source is None else set(allowed) & {source}:
            try:
                if source is None and await self._read_address(store, entry) is None:
                    continue
                if store is Source.KERNEL:
                    self._kernel.write(entry, clean_token(address))
                else:
                    await self._keyring.write(entry, clean_token(address))
            except (KeyringUnusable, KernelUnusable) as unusable:
                left = unusable.reason
            except NoKeyring:
                continue
        return left

    async def _read_address(self, store: Source, entry: str) -> SecretStr | None:
        if store is Source.KERNEL:
            return self._kernel.read(entry)
        return await self._keyring.read(entry) if store is Source.KEYRING else None

    def hold(
        self, connection: str, kind: TokenKind, token: SecretStr, source: Source = Source.MEMORY
    ) -> None:
        """Keeps a token in memory for this run, before all other sources. Raises `BadToken`."""
        self._held[connection, kind] = (source, clean_token(token.get_secret_value()))

    def forget_held(self) -> None:
        """Drops every token that this run holds in memory; each source is asked again."""
        self._held.clear()

    def chosen(self, connection: str, kind: TokenKind) -> Source | None:
        """The store that was chosen for a token, KEYRING or KERNEL; None yet, or where the configuration no
        longer allows it."""
        store = self._choices.store(entry_of(connection, kind))
        return None if store is Source.KERNEL and not self._settings(connection).kernel else store

    async def unlock(self, password: SecretStr) -> None:
        """Opens a locked keyring. Raises `KeyringLocked` where the password is wrong, else `NoKeyring`."""
        await self._keyring.within_limit(partial(unlock, password))

    @property
    def key_from_command(self) -> bool:
        """Whether the journal's key is from a command, and not from the keyring."""
        return bool(self._key_command)

    async def find_journal_key(self, *, make: bool) -> bytes | None:
        """The key that personal values are sealed with: 32 bytes, from the configured command or, made at
        first use and kept there, the keyring. None where the keyring holds something else there, and without
        `make` where there is no key yet: who only reads has no use for a new one.

        Raises `NoKeyring` where there is no keyring, `KeyringLocked` where it is locked, `KeyCommandFailed`
        where the command gives none: no other key is taken in its place, which could not read it.
        """
        if self._key_command:
            async with self._asking_for_key:  # who asks meanwhile has its answer, and starts no other
                if self._printed_key is None:
                    self._printed_key = SecretBytes(await journal_key_from(self._key_command, self._environ))
            return self._printed_key.get_secret_value()
        return await self._keyring.journal_key(make=make)

    async def journal_head(self, journal: Path) -> str:
        """What the keyring keeps as the head of the journal at that path, "" for nothing; a command keeps
        none. Raises `NoKeyring`."""
        found = None if self._key_command else await self._keyring.read(_head_entry(journal))
        return found.get_secret_value() if found else ""

    async def keep_journal_head(self, journal: Path, head: str) -> None:
        """Keeps the head of the journal at that path in the keyring, where the key is. Raises `NoKeyring`."""
        if not self._key_command:
            await self._keyring.write(_head_entry(journal), SecretStr(head))


def _head_entry(journal: Path) -> str:
    """The keyring's entry for the head of that journal: there may be several."""
    return f"journal head {hashlib.sha256(os.fsencode(journal.absolute())).hexdigest()[:16]}"


_ASKED = (Source.ENVIRONMENT, Source.COMMAND, Source.KEYRING, Source.KERNEL)
_DECIDING = (Source.ENVIRONMENT, Source.COMMAND)
"""Where one of these fails, no other is asked: an older token from there would not do."""


def _of_this_run(source: Source, token: SecretStr) -> FoundToken:
    if source is Source.STDIN:
        reason = _("The token was given with --token-stdin, for this run only.")
    else:
        reason = _("The token is held in memory, for this run only.")
    used = {source: SourceAnswer(SourceStatus.USED, reason)}
    return FoundToken(token, source, reason, _steps(used, _("Not asked: a token was given to this run.")))


def _found(answers: Mapping[Source, SourceAnswer]) -> FoundToken:
    """The outcome of a search: the last answer decides; sources without an answer were not asked."""
    steps = _steps(answers, _("Not asked: an earlier source comes before it."))
    source, last = [*answers.items()][-1]
    if last.token is not None:
        return FoundToken(last.token, source, last.reason, steps)
    in_vain = (SourceStatus.FAILED, SourceStatus.EMPTY)
    tried = (answer.reason for answer in answers.values() if answer.status in in_vain)
    locked = any(answer.locked for answer in answers.values())
    return FoundToken(None, Source.NONE, " ".join(tried), steps, locked)


def _steps(answers: Mapping[Source, SourceAnswer], not_asked: str) -> tuple[Step, ...]:
    """Every source in order, with what it answered; why the others were not asked."""
    all_answers = {
        Source.STDIN: SourceAnswer(SourceStatus.OFF, _("--token-stdin was not given.")),
        **dict.fromkeys(_ASKED, SourceAnswer(SourceStatus.NOT_ASKED, not_asked)),
        Source.MEMORY: SourceAnswer(SourceStatus.EMPTY, _("No token was given while this ran.")),
        **answers,
    }
    return tuple(Step(source, answer.status, answer.reason) for source, answer in all_answers.items())
