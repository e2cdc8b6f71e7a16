"""Work that is done in a thread of its own."""

import asyncio
import threading

import pytest

from dfn_tui.service.worker_thread import WorkerThread

ENOUGH = 60  # seconds, for what would otherwise never come


async def test_the_answer_comes_from_one_other_thread() -> None:
    thread = WorkerThread("test")
    first, second = [await thread.do(threading.get_ident) for _number in range(2)]
    assert first == second != threading.get_ident()
    thread.close()


@pytest.mark.parametrize("error", [ValueError, StopIteration])
async def test_what_is_raised_reaches_whoever_waits(error: type[Exception]) -> None:
    def fail() -> None:
        raise error

    thread = WorkerThread("test")
    async with asyncio.timeout(ENOUGH):
        with pytest.raises((error, RuntimeError)):
            await thread.do(fail)
    thread.close()


async def test_what_was_asked_is_done_before_it_ends() -> None:
    thread, go, done = WorkerThread("test"), threading.Event(), list[str]()
    thread.do(go.wait)
    thread.do(lambda: done.append("asked"))
    go.set()
    thread.close(lambda: done.append("last"), wait=True)
    assert done == ["asked", "last"]
