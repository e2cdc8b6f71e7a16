"""A console without screens that writes when told to, and dies where it is told to.

Started once as a program, it forks a writer for each order it reads, so that a run costs no start of
Python. An order is a line of JSON, an `Order`; each writer answers `pid N` when it was born, `writing` just
before it applies, `calls N` when it was not killed, and `ended STATUS` when it is gone.

A writer kills itself with SIGKILL, as the system would: at the call of one function, or at the n-th call or
return of any function while it applies. It is told of calls by the interpreter; nothing of the console is
replaced.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.session import Session
from tests.starting import send, start

BROUGHT_ALONG = (
    "anyio._backends._asyncio",
    "cryptography.hazmat.primitives.ciphers.aead",
    "dfn_tui.api.v1",
    "dfn_tui.api.v2",
    "dfn_tui.credentials",
    "httpcore",
)
"""What each writer would otherwise import anew."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to write, over which connection, and where to die.

    `kill_at` names a function and the end of its file's path; `kill_after` counts calls and returns.
    """

    url: str
    token: str
    service_id: str
    journal: str
    users: tuple[str, ...]
    mark: str
    """The value written to the property `mark`, so that each write is told from all others."""
    phone_number: str = ""
    """Of the first user, where one is to be written."""
    api: ApiVersion = ApiVersion.V1
    kill_at: tuple[str, str] | None = None
    kill_after: int | None = None

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


class Death:
    """Comes when its time has come, on whatever thread that is."""

    def __init__(self, order: Order) -> None:
        self._at = order.kill_at
        self._after = order.kill_after
        self.calls = 0
        self.armed = False

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        if not self.armed or event not in ("call", "return"):
            return
        self.calls += 1
        code = frame.f_code
        here = event == "call" and self._at is not None and code.co_name == self._at[1]
        if self.calls == self._after or (here and code.co_filename.endswith(self._at[0])):  # type: ignore[index]
            os.kill(os.getpid(), signal.SIGKILL)


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


async def write(order: Order, death: Death) -> None:
    async with start(order, Path(order.journal), api=order.api) as session:
        await stage(session, order)
        say("writing")
        death.armed = True
        sys.setprofile(death)
        await send(session)
        sys.setprofile(None)
        death.armed = False
    say(f"calls {death.calls}")


async def stage(session: Session, order: Order) -> None:
    for user in order.users:
        record = await session.open_user(session.identity(user))
        draft = session.staging.draft(record)
        if order.api is ApiVersion.V1:
            draft.stage_property("mark", order.mark)
        off = record.consents.get(Flag.MKT_SMS) is State.UNSUBSCRIBED
        draft.stage_consents({Flag.MKT_SMS: State.SUBSCRIBED if off else State.UNSUBSCRIBED})
        if order.phone_number and user == order.users[0]:
            draft.stage_ci("phone_number", order.phone_number)


def serve() -> None:
    for module in BROUGHT_ALONG:
        import_module(module)
    gc.freeze()
    for line in sys.stdin:
        given = json.loads(line)
        order = Order(**{**given, "users": tuple(given["users"]), "api": ApiVersion(given["api"])})
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            death = Death(order)
            threading.setprofile(death)
            asyncio.run(write(order, death))
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        say(f"ended {status}")


if __name__ == "__main__":
    serve()
