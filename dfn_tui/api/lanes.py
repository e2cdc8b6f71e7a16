"""A client of a single connection for each request under way.

A shared pool looks at all of its connections for every request, and gives several requests that start in one
moment the same one; with thousands of requests a minute that takes as long as the requests themselves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from dfn_tui.api.connection import Client


class Lanes:
    """At most `most` clients, made by `make` as they are needed; what more is asked waits.

    Raises what `make` raises, at construction. Closed by `aclose`.
    """

    def __init__(self, make: Callable[[], Client], most: int, patience: float) -> None:
        """`patience` is how many seconds a request waits for a client."""
        self._make = make
        self._patience = patience
        self._all = [make()]
        self._free = list(self._all)
        self._room = asyncio.Semaphore(most)

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[Client]:
        """A client for one request and its answer. Raises httpx.PoolTimeout where none gets free in time."""
        await self._wait()
        try:
            # The one used last: its connection is the likeliest to be open still.
            client = self._free.pop() if self._free else self._one_more()
            try:
                yield client
            finally:
                self._free.append(client)
        finally:
            self._room.release()

    async def _wait(self) -> None:
        if not self._room.locked():
            await self._room.acquire()  # at once
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._room.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("") from None

    def _one_more(self) -> Client:
        client = self._make()
        self._all.append(client)
        return client

    async def aclose(self) -> None:
        for client in self._all:
            await client.aclose()
