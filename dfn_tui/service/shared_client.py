"""The one client of a connection, for all that is asked over it at the same time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from dfn_tui.api.calls import UserApi


class SharedClient:
    """Opened by `open_api` at the first use, and closed once it was released and nobody uses it any more.

    `on_open` is given each client before anybody uses it, and `on_release` is called before one is closed.
    """

    def __init__(
        self,
        open_api: Callable[[], Awaitable[UserApi]],
        on_open: Callable[[UserApi], None],
        on_release: Callable[[], None],
    ) -> None:
        self.client: UserApi | None = None
        """The one that is open."""
        self._open_api = open_api
        self._on_open = on_open
        self._on_release = on_release
        self._opening = asyncio.Lock()
        self._in_use: Counter[UserApi] = Counter()
        self._calls = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[UserApi]:
        """The client, which stays open until this ends. Raises what opening raises."""
        self._calls += 1
        self._idle.clear()
        try:
            async with self._opening:
                if self.client is None:
                    self.client = await self._open_api()
                    self._on_open(self.client)
                client = self.client
                self._in_use[client] += 1
            try:
                yield client
            finally:
                self._in_use[client] -= 1
                await self._close_unused(client)
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    async def release(self) -> None:
        """Has the next use open another one. Whoever uses this one may finish."""
        async with self._opening:
            client, self.client = self.client, None
        if client is not None:
            self._on_release()
            await self._close_unused(client)

    async def _close_unused(self, client: UserApi) -> None:
        if client is not self.client and not self._in_use[client]:
            del self._in_use[client]
            await client.aclose()

    async def idle(self) -> None:
        """Waits until nobody uses it."""
        await self._idle.wait()
