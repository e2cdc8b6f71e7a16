"""The Linux kernel's persistent keyring: in memory only, one per user id, shared by a user's SSH sessions.

No library is needed for it, only four operations of two system calls (add_key(2), keyctl(2),
keyctl_get_persistent(3)). Containers often forbid them.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

from pydantic import SecretStr

from dfn_tui.credentials.token import LONGEST, BadToken, Unusable, clean_token
from dfn_tui.errors import system_reason
from dfn_tui.text import _
from dfn_tui.text.korea import KOREA

_ADD_KEY_AND_KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}
_UNLINK, _SEARCH, _READ, _SET_TIMEOUT, _GET_PERSISTENT = 9, 10, 11, 15, 22
_PROCESS_KEYRING = -2
_TYPE = b"user"
_GONE = {errno.ENOKEY, errno.EKEYEXPIRED, errno.EKEYREVOKED}
_FORBIDDEN = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP}

_EVENING = time(20, 0, tzinfo=KOREA)
LONGEST_STAY = timedelta(hours=12)


class KernelUnusable(Unusable):
    """The kernel's keyring cannot be used here."""


def end_of_stay(now: datetime) -> datetime:
    """When a token that is kept now goes: at the next 20:00 Korean time, and after 12 hours at the latest."""
    korean = now.astimezone(KOREA)  # first, or an hour is lost where clocks are put back in between
    today = datetime.combine(korean.date(), _EVENING)
    evening = today if today > korean else today + timedelta(days=1)
    return min(evening, korean + LONGEST_STAY)


class KernelKeyring:
    """The entries of this user's persistent keyring. Every method raises `KernelUnusable`; none blocks.

    `system_call` takes a system call's number and arguments, gives what it returned, and raises `OSError`.
    """

    def __init__(self, system_call: Callable[..., int] | None = None) -> None:
        self._system_call = system_call

    def read(self, entry: str) -> SecretStr | None:
        """The token of that entry, None where it has none or where it has expired. Raises KernelUnusable."""
        with self._calls() as calls:
            key = calls.find(entry)
            if key is None:
                return None
            buffer = ctypes.create_string_buffer(LONGEST + 1)
            size = calls.keyctl(_READ, key, buffer, len(buffer))
        try:
            return clean_token(buffer.raw[: min(size, len(buffer))].decode("ascii", "replace"))
        except BadToken:
            reason = _("The kernel keyring's entry {entry} does not hold a token; set it again.")
            raise KernelUnusable(reason.format(entry=entry)) from None

    def write(self, entry: str, token: SecretStr, now: datetime | None = None) -> datetime:
        """Keeps a token, and says until when (Korean time)."""
        now = now or datetime.now(UTC)
        end = end_of_stay(now)
        with self._calls() as calls:
            key = calls.add(entry, token.get_secret_value().encode("ascii"))
            try:
                calls.keyctl(_SET_TIMEOUT, key, max(1, int((end - now).total_seconds())))
            except OSError:
                calls.keyctl(_UNLINK, key, calls.ring)  # rather none than one that stays
                raise
        return end

    def delete(self, entry: str) -> None:
        """Deletes an entry, which need not be there."""
        with self._calls() as calls:
            key = calls.find(entry)
            if key is not None:
                calls.keyctl(_UNLINK, key, calls.ring)

    @contextmanager
    def _calls(self) -> "Iterator[_Calls]":
        try:
            yield _Calls(self._system_call)
        except OSError as error:
            if error.errno in _FORBIDDEN:
                reason = _(
                    "This host does not allow the kernel's keyring, as is usual in containers ({error})."
                )
            else:
                reason = _("The kernel's keyring failed ({error}).")
            raise KernelUnusable(reason.format(error=system_reason(error))) from None


class _Calls:
    """The operations, on the persistent keyring of this user.

    Being linked to the process's own keyring is what gives the right to read its keys. A thread may have a
    process keyring of its own, so every use begins with the link.
    """

    def __init__(self, system_call: Callable[..., int] | None) -> None:
        self._add_key, self._keyctl = _numbers()
        self._call = system_call or _libc()
        self.ring = self.keyctl(_GET_PERSISTENT, -1, _PROCESS_KEYRING)

    def keyctl(self, operation: int, *arguments: object) -> int:
        return self._call(self._keyctl, operation, *arguments)

    def find(self, entry: str) -> int | None:
        try:
            return self.keyctl(_SEARCH, self.ring, _TYPE, _name(entry), 0)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise

    def add(self, entry: str, payload: bytes) -> int:
        return self._call(self._add_key, _TYPE, _name(entry), payload, len(payload), self.ring)


def _name(entry: str) -> bytes:
    return f"dfn-tui:{entry}".encode()


def _numbers() -> tuple[int, int]:
    if sys.platform != "linux":
        raise KernelUnusable(_("Only the Linux kernel has a keyring."))
    machine = platform.machine()
    if machine not in _ADD_KEY_AND_KEYCTL or sys.maxsize < 2**32:
        reason = _("The kernel's keyring is not supported on this processor ({machine}).")
        raise KernelUnusable(reason.format(machine=machine))
    return _ADD_KEY_AND_KEYCTL[machine]


def _libc() -> Callable[..., int]:
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long

    def system_call(*arguments: object) -> int:
        # Without its width said, a negative number would be passed as 32 bits.
        wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
        answer: int = function(*wide)
        if answer < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return answer

    return system_call
