"""The demonstration: a sandbox of its own process, and the connections to it, for this run only."""

import asyncio
import os
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dfn_tui.config import ApiVersion, Connection, Environment, TokenKind
from dfn_tui.sandbox.notable import notable_ids
from dfn_tui.sandbox.process import SandboxProcess

if TYPE_CHECKING:
    from dfn_tui.credentials import TokenStore
    from dfn_tui.service.async_journal import AsyncJournal

NAMES = {ApiVersion.V1: "sandbox", ApiVersion.V2: "sandbox-v2"}


class Demo:
    """A sandbox for this run. Its tokens are held in memory and never reach the keyring.

    Raises ConsoleError where the sandbox's web server is not installed.
    """

    def __init__(self) -> None:
        self._process = SandboxProcess()
        self.connections: Mapping[str, Connection] = {
            name: Connection(
                name,
                api,
                Environment.SANDBOX,
                base_url=self._process.url,
                service_id=self._process.service_id if api is ApiVersion.V2 else None,
            )
            for api, name in NAMES.items()
        }
        self.key = os.urandom(32)
        self.start = NAMES[ApiVersion.V1]
        self.worth_looking_up = notable_ids()

    def run(self) -> None:
        """Starts the sandbox's process. What is asked of it before waits until it is up."""
        self._process.start()

    @cached_property
    def _folder(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix="dfn-tui-sandbox-", ignore_cleanup_errors=True)

    @cached_property
    def journal(self) -> "AsyncJournal":
        """A journal that is forgotten with the sandbox: made-up people are no evidence."""
        from dfn_tui.service.async_journal import AsyncJournal  # noqa: PLC0415  after the first paint

        async def journal_key() -> bytes | None:
            return self.key

        return AsyncJournal(Path(self._folder.name) / "journal.db", journal_key)

    @cached_property
    def store(self) -> "TokenStore":
        """A store that knows the sandbox's tokens, whatever the environment says. Slow to import."""
        secret = import_module("pydantic").SecretStr
        store: TokenStore = import_module("dfn_tui.credentials").TokenStore(environ={})
        for api, kind in ((ApiVersion.V1, TokenKind.API), (ApiVersion.V2, TokenKind.IMPORT)):
            store.hold(NAMES[api], kind, secret(self._process.token))
        store.hold(NAMES[ApiVersion.V2], TokenKind.EXPORT, secret(self._process.export_token))
        return store

    async def close(self) -> None:
        """Ends the sandbox, and forgets its journal."""
        if "journal" in self.__dict__:
            await self.journal.close()
            self._folder.cleanup()
        await asyncio.to_thread(self._process.close)
