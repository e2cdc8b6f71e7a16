"""A state folder that several hosts share, as a home folder on the network is: each host has a place of its
own in it. SQLite's write-ahead log works within one host; two at one file lose each other's entries.

What another host writes is read from a copy: to open its file would need the memory the two do not share.
"""

import os
import re
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from dfn_tui import paths
from dfn_tui.store.body import GENESIS, Unreadable, chained, read_body
from dfn_tui.store.errors import foreign, is_link, journal_errors, restless
from dfn_tui.store.records import host_name
from dfn_tui.store.schema import HOSTS
from dfn_tui.temporary import TemporaryFiles

_JOURNAL = "journal.db"
_NETWORK = re.compile(
    r"nfs4?|cifs|smb3|smbfs|ncpfs|davfs|afs|9p|gfs2|ocfs2|beegfs|(fuse\.)?(ceph|lustre|glusterfs|sshfs|s3fs)"
)
"""File systems that several hosts may have at once."""
_TRIES, _PAUSE = 20, 0.05
"""How often a file is copied that is written meanwhile, and the seconds between."""
_HEAD = 32
"""The bytes of a log's head, which are others once it begins anew."""


class OtherJournal(NamedTuple):
    """The journal of another host in the same folder."""

    host: str
    path: Path


def journal_file() -> Path:
    """Where this host's journal lies: `journal.db` in the state folder, or in this host's place there. One
    journal stands behind all connections. Raises `ConsoleError`."""
    return journal_of(paths.state_dir(), host_name())


def journal_of(folder: Path, host: str) -> Path:
    """The journal that `host` writes in that state folder. One that lies there already goes on being written
    by the host that began it. Raises JournalError."""
    single, own = folder / _JOURNAL, folder / HOSTS / _place(host) / _JOURNAL
    if not is_shared(folder):
        return single
    with journal_errors(single):
        if own.exists() or not single.exists():
            return own
    return single if first_writer(single) == host else own


def _place(host: str) -> str:
    """The name of a host's folder: of one folder, whatever the host calls itself."""
    name = quote(host, safe="")
    return name.replace(".", "%2E") if name in ("", ".", "..") else name


def is_shared(folder: Path) -> bool:
    """Whether other hosts may write there, too."""
    with suppress(OSError):
        if (folder / HOSTS).is_dir():
            return True
    return network_file_system(folder) != ""


def shares(own: Path) -> bool:
    """Whether the journal at that path lies where each host has one of its own."""
    with suppress(OSError):
        return (_common(own) / HOSTS).is_dir()
    return False


def _common(own: Path) -> Path:
    return own.parents[2] if own.parent.parent.name == HOSTS else own.parent


def other_journals(own: Path) -> list[OtherJournal]:
    """The journals beside that one, by the names of their hosts. Raises JournalError."""
    folder = _common(own)
    places = folder / HOSTS
    with journal_errors(places):
        if not places.is_dir():
            return []
        each = {unquote(place.name): place / _JOURNAL for place in sorted(places.iterdir())}
        found = {host: path for host, path in each.items() if path != own and path.exists()}
        if (single := folder / _JOURNAL) != own and single.exists():
            first = first_writer(single)
            found[_JOURNAL if not first or first in each else first] = single
    return [OtherJournal(host, path) for host, path in sorted(found.items())]


def first_writer(path: Path) -> str:
    """The host that the first entry of a journal names, which no later one changes; "" where that cannot be
    told. Raises JournalError."""
    with suppress(sqlite3.Error, Unreadable, KeyError, TypeError):
        _require_file(path)
        return _first_host(f"{path.absolute().as_uri()}?mode=ro&immutable=1")
    with copied(path) as copy, suppress(sqlite3.Error, Unreadable, KeyError, TypeError):
        return _first_host(f"{copy.as_uri()}?mode=rw")
    return ""


def _first_host(uri: str) -> str:
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        row = connection.execute(
            "SELECT CAST(body AS BLOB), CAST(hash AS BLOB) FROM entry WHERE seq = 1"
        ).fetchone()
    if row is None or chained(GENESIS, row[0] or b"") != row[1]:
        raise Unreadable  # not in the file yet but in its log, or half of it
    return str(read_body(row[0])["operator"]["host"])


@contextmanager
def copied(path: Path) -> Iterator[Path]:
    """The journal as it was at one moment, in a file for this process alone, which is gone afterwards. Raises
    JournalError."""
    import shutil  # noqa: PLC0415  8 ms that a host alone in its folder does not need
    import tempfile  # noqa: PLC0415  as above

    with journal_errors(path), TemporaryFiles(Path(tempfile.gettempdir())) as temporary:
        _require_file(path)
        copy, log = temporary.new(".db"), temporary.new(".db-wal")
        for _time in range(_TRIES):
            before = _marks(path)
            shutil.copyfile(path, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(_log(path), log)
            if not before[1]:
                log.write_bytes(b"")
            if _marks(path) == before:
                break
            time.sleep(_PAUSE)
        else:
            raise restless(path)
        yield copy


def _require_file(path: Path) -> None:
    """Raises JournalError for a link, and for what nobody comes to the end of."""
    with journal_errors(path):
        mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise is_link(path)
    if not stat.S_ISREG(mode):
        raise foreign(path)


def _marks(path: Path) -> tuple[tuple[int, ...], tuple[object, ...]]:
    """What is not the same any more once somebody wrote. The files are opened for it: what a network file
    system remembers of them would be told otherwise."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
    try:
        with _log(path).open("rb") as file:
            log, head = os.fstat(file.fileno()), file.read(_HEAD)
    except FileNotFoundError:
        return (found.st_ino, found.st_size, found.st_mtime_ns), ()
    return (found.st_ino, found.st_size, found.st_mtime_ns), (log.st_size, log.st_mtime_ns, head)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def network_file_system(folder: Path) -> str:
    """The kind of network file system that folder lies on; "" for a disk of this host."""
    kind = file_system(folder)
    return kind if _NETWORK.fullmatch(kind) else ""


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of file system that folder lies on, as Linux tells it; "" where it does not."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        real = folder.resolve()
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return ""
    found = ((_unescaped(line.split()[4]), line.partition(" - ")[2].split()[0]) for line in lines)
    on_the_way = [
        (len(Path(at).parts), row, kind) for row, (at, kind) in enumerate(found) if real.is_relative_to(at)
    ]
    # Of two at one place the last is the one that is seen.
    return max(on_the_way)[2] if on_the_way else ""


def _unescaped(place: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place)
