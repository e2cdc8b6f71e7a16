"""A server that gives exactly the bytes it is told to, and a clock that tests can move."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from weakref import WeakKeyDictionary

from pydantic import SecretStr

from dfn_tui.api.calls import ProfileWrite, Progress, Reply
from dfn_tui.api.capabilities import VERSION_2
from dfn_tui.api.limiter import Limiter
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Timeouts, Transport
from dfn_tui.api.types import Capabilities, Identity, IdentityKind, Value
from dfn_tui.api.v1 import V1Api
from dfn_tui.api.v2 import V2Api
from dfn_tui.consent.flags import Consents

TOKEN = "tok-3cret/+=~"
SERVICE_ID = "service-7"
EXPORT_TOKEN = "exp-3cret/+=~"

Served = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    line: str
    headers: dict[str, str]
    content: bytes
    connection: int
    """The first is 1."""

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def http(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole answer; bytes and text go out as they are, anything else as JSON."""
    if isinstance(content, str):
        content = content.encode()
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Resets the connection without a word."""
    writer.transport.abort()


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Never answers; returns when the client has given up."""
    await reader.read()


class RawServer:
    """Gives `replies` one per request, over as many connections as the client likes; the last one stays."""

    def __init__(self, *replies: Served, tls: ssl.SSLContext | None = None) -> None:
        self.replies = list(replies)
        self.requests: list[Received] = []
        self.connections = 0
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers: WeakKeyDictionary[asyncio.StreamReader, int] = WeakKeyDictionary()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._numbers[reader] = self.connections
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await self.receive(reader)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, bytes):
            writer.write(reply)
            await writer.drain()
            return True
        await reply(reader, writer)
        return False

    async def receive(self, reader: asyncio.StreamReader) -> None:
        """Takes in one request. Raises IncompleteReadError when there is no more."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        length = next((int(v) for k, v in headers.items() if k.lower() == "content-length"), 0)
        content = await reader.readexactly(length)
        self.requests.append(Received(head[0], headers, content, self._numbers[reader]))


@dataclass
class Waits:
    """Time that passes only when somebody sleeps; `progress` is what the caller was told."""

    slept: list[float] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def policy(self, *, attempts: int = 4, total: float = 90.0, chance: float = 1.0) -> RetryPolicy:
        return RetryPolicy(
            attempts=attempts,
            total=total,
            clock=lambda: sum(self.slept),
            sleep=self.sleep,
            random=lambda: chance,
        )


def v1(
    url: str,
    waits: Waits | None = None,
    *,
    timeouts: Timeouts | None = None,
    read_only: bool = False,
    policy: RetryPolicy | None = None,
    limiter: Limiter | None = None,
) -> V1Api:
    token = SecretStr(TOKEN)
    transport = Transport(url, secrets=[token], timeouts=timeouts, read_only=read_only)
    return V1Api(transport, policy or (waits or Waits()).policy(), token=token, limiter=limiter)


def v2(
    url: str,
    waits: Waits | None = None,
    *,
    timeouts: Timeouts | None = None,
    export_token: str | None = EXPORT_TOKEN,
    read_only: bool = False,
    fresh_writes: bool = False,
    limiter: Limiter | None = None,
    capabilities: Capabilities = VERSION_2,
) -> V2Api:
    token = SecretStr(TOKEN)
    export = None if export_token is None else SecretStr(export_token)
    transport = Transport(
        url, secrets=[token], timeouts=timeouts, read_only=read_only, fresh_writes=fresh_writes
    )
    return V2Api(
        transport,
        (waits or Waits()).policy(),
        token=token,
        export_token=export,
        service_id=SERVICE_ID,
        capabilities=capabilities,
        limiter=limiter,
    )


def users(*ids: str) -> list[Identity]:
    return [Identity(IdentityKind.USER_ID, value) for value in ids]


def external(value: str) -> Identity:
    return Identity(IdentityKind.EXTERNAL_ID, value)


def written(*ids: str, failures: object = None) -> bytes:
    data = {"successful_user_ids": list(ids), "failure_details": failures}
    return http({"result_code": 2000, "result_msg": None, "result_data": data})


def found(profiles: Mapping[str, Mapping[str, object]], failures: object = None) -> bytes:
    rows = [{"user_id": uid, "properties": dict(properties)} for uid, properties in profiles.items()]
    data = {"successful_user_properties": rows, "failure_details": failures}
    return http({"result_code": 2000, "result_msg": None, "result_data": data})


def failure(code: int, *ids: str, msg: str = "busy") -> dict[str, object]:
    return {"code": code, "msg": msg, "user_ids": list(ids)}


def change(
    user: Identity, consents: Consents | None = None, properties: Mapping[str, Value] | None = None
) -> ProfileWrite:
    """An edit for one user."""
    return ProfileWrite((user,), consents or {}, properties or {})


def how(reply: Reply) -> str:
    """The one of the four ends that a reply is."""
    ends = {"ok": reply.ok, "refused": reply.refused, "pending": reply.pending}
    (end,) = [name for name, so in ends.items() if so] or ["remark"]
    return end
