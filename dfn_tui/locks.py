"""Locks that the system lets go of when a process ends, however it ends: one that can be had belongs to
nobody."""

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there nothing is known of other processes
    fcntl = None  # type: ignore[assignment]

KNOWN = fcntl is not None
"""Whether a lock tells anything of other processes here."""


def take_lock(path: Path) -> int | None:
    """The open and locked file, or None where another process has it. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if fcntl is None:
        return descriptor
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(descriptor)):
            return descriptor  # and not one that was just cleared away as a dead process's
    os.close(descriptor)
    return None


def is_held(path: Path) -> bool:
    """Whether a process holds that lock. It is not taken for that: several may ask. Raises OSError."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_free(path: Path) -> bool:
    """Whether no process holds that lock; what is left of it is cleared away. Raises OSError."""
    descriptor = take_lock(path)
    if descriptor is None:
        return False
    drop_lock(path, descriptor)
    return True


def drop_lock(path: Path, descriptor: int) -> None:
    """Lets go of a lock, and clears its file away."""
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)
