"""Archives beside everything else: in a thread that nobody waits for longer than they want to."""

import _thread
import asyncio
import os
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from dfn_tui.config.model import ArchiveConfig
from dfn_tui.errors import ConsoleError
from dfn_tui.files import create_private
from dfn_tui.service.archive.sending import only_one, open_sink, queue_of, send
from dfn_tui.text import _

AFTER_A_COMMAND = 2.0
"""Seconds that a command that wrote waits at most for the archive; what is left is sent by the next."""
_EVERY = 5.0
_AFTER_A_FAILURE = 60.0


class ArchiveSender:
    """Sends what the journal at `path` has and the archive has not, now and then until `finish`."""

    def __init__(self, config: ArchiveConfig, path: Path) -> None:
        self.behind = 0
        """How many entries were left after the last time."""
        self.reason = ""
        """Why they were, in a sentence."""
        self._config = config
        self._path = path
        self._wake = threading.Event()
        self._deadline: float | None = None
        self._ended: Future[None] | None = None

    def start(self) -> None:
        """Begins, where that was not done yet."""
        if self._ended is not None:
            return
        self._ended = Future()
        self._ended.set_running_or_notify_cancel()
        try:
            # `threading` would wait for ever for a thread that dies of want of memory before it has begun.
            _thread.start_new_thread(self._run, (self._ended,))
        except RuntimeError as error:
            self.reason = _("No thread could be begun for it ({error}).").format(error=type(error).__name__)
            self._ended.set_result(None)

    async def finish(self, within: float = AFTER_A_COMMAND) -> None:
        """Sends once more what there is, for that many seconds at most, and ends. What an archive that does
        not answer holds up then is left to itself."""
        if self._ended is None and self._was_silent():
            # One withdrawal after the other would wait as long.
            self.reason = _("The archive did not answer in time.")
            with suppress(ConsoleError):
                self.behind = queue_of(self._config, self._path).behind()
            return
        self._deadline = time.monotonic() + within
        self.start()
        self._wake.set()
        assert self._ended is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._ended)), within)
            return
        self.reason = self.reason or _("The archive did not answer in time.")
        with suppress(OSError):
            self._silence.unlink(missing_ok=True)
            os.close(create_private(self._silence))

    @property
    def _silence(self) -> Path:
        """A file as old as the last time that a command waited in vain."""
        return self._path.with_name(f"{self._path.name}.silent")

    def _was_silent(self) -> bool:
        """Whether another command waited in vain a moment ago."""
        with suppress(OSError):
            return 0 <= time.time() - self._silence.stat().st_mtime < _AFTER_A_FAILURE
        return False

    def _run(self, ended: "Future[None]") -> None:
        try:
            while not self._last_time():
                pass
        except BaseException as defect:  # noqa: BLE001  raised where `finish` waits
            ended.set_exception(defect)
        else:
            ended.set_result(None)

    def _last_time(self) -> bool:
        """Sends once, and waits until it is time again; whether it was the last."""
        last = self._deadline is not None
        queue = queue_of(self._config, self._path)
        try:
            with only_one(self._path) as mine:
                if mine:
                    send(queue, lambda: open_sink(self._config), go_on=self._has_time)
            self.reason = ""
        except ConsoleError as error:
            self.reason = error.happened
        with suppress(ConsoleError):
            self.behind = queue.behind()
        if not last:
            self._wake.wait(_AFTER_A_FAILURE if self.reason else _EVERY)
        return last

    def _has_time(self) -> bool:
        return self._deadline is None or time.monotonic() < self._deadline
