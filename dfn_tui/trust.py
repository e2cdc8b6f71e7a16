"""Who else could change a file that much depends on: judged as ssh judges its own files."""

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dfn_tui.text import _, sanitize

_MOST_LINKS = 40


class Exposure(NamedTuple):
    """Somebody else could change what is read: why, in a sentence, and what mends it."""

    why: str
    hint: str


def exposure(path: Path) -> Exposure | None:
    """Who else could put something else in the place of that file: by writing to it, to a folder on the way
    or through a link. None where nobody can but its user and root. Raises `OSError`."""
    return _exposure(path, _judged)


def exposure_but_to_root(path: Path) -> Exposure | None:
    """As `exposure`, of a file that its reader is not to change either. What is missing raises only after all
    that lies above it was judged: who may write there could have taken it away."""
    return _exposure(path, _judged_of_root)


def _exposure(path: Path, judged: Callable[[Path, os.stat_result], Exposure | None]) -> Exposure | None:
    if not hasattr(os, "getuid"):
        return None
    for at, found in _on_the_way(path):
        if (exposed := judged(at, found)) is not None:
            return exposed
    return None


def writable_by_others(folder: Path) -> bool:
    """Whether another user than its own could replace what lies in that folder. Raises `OSError`."""
    found = folder.stat()
    if not hasattr(os, "getuid") or found.st_mode & stat.S_ISVTX:
        return False
    return bool(found.st_mode & stat.S_IWOTH) or (
        bool(found.st_mode & stat.S_IWGRP) and not _is_private(found.st_gid)
    )


def _judged(at: Path, found: os.stat_result) -> Exposure | None:
    shown = sanitize(str(at))
    if found.st_uid not in (0, os.getuid()):
        return Exposure(
            _("{file} belongs to another user of this host.").format(file=shown),
            _("Keep a copy of your own: cp {file} ~/, and name it in DFN_TUI_CONFIG.").format(
                file=sanitize(shlex.quote(str(at)))
            ),
        )
    if stat.S_ISLNK(found.st_mode) or (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        return None  # what others put into such a folder belongs to them, which is seen
    rights = "o" if found.st_mode & stat.S_IWOTH else ""
    if found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid):
        rights = "g" + rights
    if not rights:
        return None
    return Exposure(
        _("Others may write {file}, and so choose where tokens are sent.").format(file=shown),
        _("Take that right away: chmod {rights}-w {file}").format(
            rights=rights, file=sanitize(shlex.quote(str(at)))
        ),
    )


def _judged_of_root(at: Path, found: os.stat_result) -> Exposure | None:
    shown, quoted = sanitize(str(at)), sanitize(shlex.quote(str(at)))
    if found.st_uid != 0:
        return Exposure(
            _("{file} does not belong to root.").format(file=shown),
            _("As root: chown root: {file}").format(file=quoted),
        )
    kept_apart = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX  # as above
    if stat.S_ISLNK(found.st_mode) or kept_apart or not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return None
    return Exposure(
        _("Others than root may write {file}.").format(file=shown),
        _("As root: chmod go-w {file}").format(file=quoted),
    )


def _is_private(group: int) -> bool:
    """Whether nobody but this user is in that group, as where each user has one of their own."""
    import grp  # noqa: PLC0415  seldom needed
    import pwd  # noqa: PLC0415  as above

    with suppress(KeyError):  # without an entry nobody can tell
        user, members = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
        own = group == user.pw_gid and members.gr_name in (user.pw_name, "root")
        return own and set(members.gr_mem) <= {user.pw_name}
    return False


def _on_the_way(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Each folder, link and file that is gone through from the root to that file."""
    at = Path("/")
    rest = list(path.absolute().parts[1:])
    yield at, at.lstat()
    links = 0
    while rest:
        part = rest.pop(0)
        if part == "..":
            at = at.parent
            continue
        here = at / part
        found = here.lstat()
        yield here, found
        if not stat.S_ISLNK(found.st_mode):
            at = here
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(f"too many links: {path}")
        target = Path(here.readlink())
        at = Path("/") if target.is_absolute() else at
        rest = [*target.parts[target.is_absolute() :], *rest]
