"""The signatures beside a plan: `PLAN.sig`, `PLAN.2.sig` and so on, one to a file."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dfn_tui.errors import system_reason
from dfn_tui.files import create_private, sync
from dfn_tui.service.four_eyes.ssh import SignatureRefused
from dfn_tui.service.four_eyes.statement import Signed
from dfn_tui.text import _, sanitize

MOST = 20
"""So many files are looked at."""
_LARGEST = 65_536  # bytes


def names(plan: Path) -> list[Path]:
    """Where the signatures of that plan may lie, the first one first."""
    more = [f".{number}" for number in range(2, MOST + 1)]
    return [plan.with_name(f"{plan.name}{number}.sig") for number in ("", *more)]


def save(plan: Path, signed: Signed) -> Path:
    """Writes the signature beside the plan, under a name that nothing has, for who may read the plan, and
    says where. Raises `SignatureRefused`."""
    try:
        for path in names(plan):
            with suppress(FileExistsError):
                descriptor = create_private(path)
                _write(path, descriptor, signed.text, plan)
                return path
    except OSError as error:
        raise SignatureRefused(
            _("The signature cannot be kept"),
            _("{path}: {reason}.").format(path=sanitize(str(plan), 200), reason=system_reason(error)),
            _("Copy the plan to where you may write, and approve it there: its digest stays the same."),
        ) from None
    raise SignatureRefused(
        _("There are signatures enough"),
        _("{count} lie beside {path}.").format(count=MOST, path=sanitize(str(plan), 200)),
        _("Remove those that are void."),
    )


def _write(path: Path, descriptor: int, text: str, plan: Path) -> None:
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            found = plan.stat()
            with suppress(OSError):  # somebody else's group, where that is not ours to give
                os.fchown(descriptor, -1, found.st_gid)
                os.fchmod(descriptor, 0o600 | found.st_mode & 0o044)
            file.write(text)
        sync(path)
        sync(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def beside(plan: Path) -> Iterator[tuple[str, str | None]]:
    """Each file beside that plan: its name, made inert, and what it holds; None where that cannot be read."""
    for path in names(plan):
        if os.path.lexists(path):
            yield sanitize(path.name, 80), _text(path)


def _text(path: Path) -> str | None:
    with suppress(OSError, ValueError):
        if stat.S_ISREG(path.stat().st_mode):  # opening a named pipe would wait for a writer
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
            return data.decode("ascii") if len(data) <= _LARGEST else None
    return None
