"""What goes wrong with a plan's file, as `PlanError`."""

import errno
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

from dfn_tui.errors import system_reason
from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.store.errors import is_no_text
from dfn_tui.text import _, sanitize

Given = TypeVarTuple("Given")
Answer = TypeVar("Answer")


def damaged(path: Path) -> PlanError:
    return PlanError(
        _("The plan is damaged"),
        _("{path} is not as it was saved: something else changed it, or a part is missing.").format(
            path=sanitize(str(path), 200)
        ),
        _("Get it again from where it was made, or make it anew."),
    )


def ascending(path: Path, after: int, numbers: Iterable[int]) -> None:
    """Raises PlanError where numbers that were asked for in order, from `after` on, come in another: whoever
    asks for the next page by the last of them would never come to an end."""
    for number in numbers:
        if number <= after:
            raise damaged(path)
        after = number


class _Raised(threading.local):
    error: BaseException | None = None


_raised = _Raised()


def passes_on(function: Callable[[Unpack[Given]], Answer]) -> Callable[[Unpack[Given]], Answer]:
    """That function for SQLite to call: SQLite itself says nothing of what was raised, be it Ctrl+C."""

    def call(*given: *Given) -> Answer:
        try:
            return function(*given)
        except BaseException as error:
            _raised.error = error
            raise

    return call


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raises PlanError for what SQLite and the system say of a file, and what a function that `passes_on`
    raised."""
    _raised.error = None
    try:
        yield
    except (sqlite3.DatabaseError, OSError, UnicodeDecodeError) as error:
        raised, _raised.error = _raised.error, None
        if raised is not None and isinstance(error, sqlite3.OperationalError):
            raise raised from None
        if is_no_text(error):
            raise damaged(path) from None
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise PlanError(
                _("The disk is full"),
                _("There is no room left in {folder}.").format(folder=sanitize(str(path.parent), 200)),
                _("Free some space, and try again."),
            ) from error
        why = system_reason(error) if isinstance(error, OSError) and error.strerror else str(error)
        raise PlanError(
            _("The file cannot be used"),
            _("{path}: {why}").format(path=sanitize(str(path), 200), why=sanitize(why, 200)),
            _("Check its folder: space left, permissions, and whether it is the right file."),
        ) from error


@contextmanager
def plan_errors(path: Path) -> Iterator[None]:
    """The same, and raises it for a content that no plan has."""
    with disk_errors(path):
        try:
            yield
        except (ValueError, KeyError, TypeError, RecursionError):
            # `from None`: the error may carry the content.
            raise damaged(path) from None
