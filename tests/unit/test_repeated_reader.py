"""Reading time and again: at the rate of a job that runs, else with a client that is kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.looking import RepeatedReader
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.records import UserRecord
from dfn_tui.service.types import Identity, IdentityKind

USERS = [Identity(IdentityKind.USER_ID, f"user-{number}") for number in range(45)]
NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Client:
    """Notes how many were read at once."""

    def __init__(self) -> None:
        self.capabilities = SimpleNamespace(batch_size=20)
        self.batches: list[int] = []
        self.stopped: ConsoleError | None = None
        self.closed = False

    @property
    def over(self) -> bool:
        return self.stopped is not None

    async def read(self, identities: Sequence[Identity], *, ci: bool = False) -> dict[Identity, UserRecord]:
        self.batches.append(len(identities))
        return {one: UserRecord(one, NOW) for one in identities}


class Bulk:
    """A connection without a job, until one is said to run."""

    def __init__(self) -> None:
        self.opened: list[Client] = []
        self.busy = False
        self.run: Any = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Client]:
        self.opened.append(Client())
        client = self.opened[-1]
        yield client
        client.closed = True


def test_a_client_is_kept_and_a_job_shares_its_own() -> None:
    bulk, of_job = Bulk(), Client()

    async def three() -> None:
        reader = RepeatedReader(cast("BulkSession", bulk))
        for _reading in range(2):
            assert [one.identity async for one in reader.read(USERS)] == USERS
        bulk.busy, bulk.run = True, SimpleNamespace(client=of_job)
        assert len([one async for one in reader.read(USERS)]) == len(USERS)
        await reader.close()

    asyncio.run(three())
    assert [client.batches for client in bulk.opened] == [[20, 20, 5, 20, 20, 5]]
    assert of_job.batches == [20, 20, 5]
    assert bulk.opened[0].closed


def test_a_client_that_gave_up_is_said_and_followed_by_another() -> None:
    bulk = Bulk()

    async def two() -> None:
        reader = RepeatedReader(cast("BulkSession", bulk))
        assert len([one async for one in reader.read(USERS)]) == len(USERS)
        bulk.opened[0].stopped = ConsoleError("The token was refused", "It is not valid.", "Give another.")
        with pytest.raises(ConsoleError):
            reading = reader.read(USERS)
            bulk.opened[0].stopped, stopped = None, bulk.opened[0].stopped
            await anext(reading)
            bulk.opened[0].stopped = stopped
            async for _one in reading:
                pass
        assert len([one async for one in reader.read(USERS)]) == len(USERS)
        await reader.close()

    asyncio.run(two())
    assert [client.closed for client in bulk.opened] == [True, True]
