"""Reading users time and again at a connection's rate: a job that runs meanwhile shares it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from dfn_tui.api.types import Identity
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.records import UserRecord

_BATCHES = 16
"""So many batches are read before what was found is given."""


class RepeatedReader:
    """Keeps a client from one reading to the next, and opens another where that one gave up. Close it."""

    def __init__(self, bulk: BulkSession, *, ci: bool = False) -> None:
        self._bulk = bulk
        self._ci = ci
        self._stack = AsyncExitStack()
        self._own: ThrottledClient | None = None

    async def read(self, identities: Sequence[Identity]) -> AsyncIterator[UserRecord]:
        """Every one of these users, in their order. Raises what opening raises, and what stopped it."""
        client = await self._client()
        size = client.capabilities.batch_size
        batches = [identities[at : at + size] for at in range(0, len(identities), size)]
        for at in range(0, len(batches), _BATCHES):
            reading = (client.read(batch, ci=self._ci) for batch in batches[at : at + _BATCHES])
            for found in await asyncio.gather(*reading):
                for record in found.values():
                    yield record
            if client.stopped is not None:
                raise client.stopped

    async def _client(self) -> ThrottledClient:
        """That of the job under way, whose rate is for both, or one of our own."""
        run = self._bulk.run
        if self._bulk.busy and run is not None and not run.client.over:
            return run.client
        if self._own is None or self._own.over:
            await self.close()
            self._own = await self._stack.enter_async_context(self._bulk.reading())
        return self._own

    async def close(self) -> None:
        """Lets the client go, and its token; the next reading opens another."""
        self._own = None
        await self._stack.aclose()
