"""One thread that owns a file or a database connection, for those who may not wait for the disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")


class WorkerThread:
    """Does one piece of work after the other, in the order asked. It begins with the first."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name)

    def do(self, work: Callable[[], Answer]) -> "asyncio.Future[Answer]":
        """What `work` returns or raises. It is not begun any more once whoever waits is cancelled."""
        return asyncio.get_running_loop().run_in_executor(self._pool, _done, work)

    def close(self, last: Callable[[], object] | None = None, *, wait: bool = False) -> None:
        """Ends the thread once all that was asked is done, then `last`. Nothing may be asked after that."""
        if last is not None:
            self._pool.submit(last)
        self._pool.shutdown(wait=wait)


def _done(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except StopIteration as error:  # Python 3.11 takes it for no answer: whoever waits would wait for ever
        raise RuntimeError("work for a thread raised StopIteration") from error
