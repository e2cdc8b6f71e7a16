"""A kernel's keyring in memory: what the console uses of one."""

import errno
import os
from collections.abc import Callable
from typing import Any

ADD_KEY, KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(os.uname().machine, (0, 0))
UNLINK, SEARCH, READ, SET_TIMEOUT, GET_PERSISTENT = 9, 10, 11, 15, 22
RING = 77


class FakeKernel:
    """Answers the system calls, and remembers for how long each key was to stay."""

    def __init__(self, *, no_timeouts: bool = False) -> None:
        self.keys: dict[int, tuple[bytes, bytes]] = {}
        self.seconds: dict[int, int] = {}
        self._no_timeouts = no_timeouts

    def __call__(self, number: int, *arguments: Any) -> int:
        if number == ADD_KEY:
            kind, name, payload, size, ring = arguments
            assert (kind, size, ring) == (b"user", len(payload), RING)
            key = next((key for key, (known, _) in self.keys.items() if known == name), len(self.keys) + 100)
            self.keys[key] = (name, payload)
            return key
        assert number == KEYCTL
        operations: dict[int, Callable[..., int]] = {
            GET_PERSISTENT: lambda uid, ring: RING,
            SEARCH: self._search,
            READ: self._read,
            SET_TIMEOUT: self._set_timeout,
            UNLINK: self._unlink,
        }
        return operations[arguments[0]](*arguments[1:])

    def _search(self, ring: int, kind: bytes, name: bytes, into: int) -> int:
        for key, (known, _) in self.keys.items():
            if known == name:
                return key
        raise OSError(errno.ENOKEY, "Required key not available")

    def _read(self, key: int, buffer: Any, size: int) -> int:
        payload = self.keys[key][1]
        buffer.raw = payload[:size].ljust(size, b"\0")
        return len(payload)

    def _set_timeout(self, key: int, seconds: int) -> int:
        if self._no_timeouts:
            raise OSError(errno.EACCES, "Permission denied")
        self.seconds[key] = seconds
        return 0

    def _unlink(self, key: int, ring: int) -> int:
        del self.keys[key]
        return 0


def forbidden(code: int) -> Callable[..., int]:
    """A kernel, or a container around it, that refuses every call."""

    def refuse(*_arguments: object) -> int:
        raise OSError(code, os.strerror(code))

    return refuse
