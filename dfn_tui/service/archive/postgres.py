"""PostgreSQL as an archive. psycopg is imported when a connection is made, and nowhere else."""

import os
import socket
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from dfn_tui.service.archive.sink import ArchiveError, Origin
from dfn_tui.service.archive.tables import TABLE, WRITTEN
from dfn_tui.store.archive_queue import ChainedEntry
from dfn_tui.text import _, sanitize

if TYPE_CHECKING:
    from psycopg import Connection, ServerCursor
    from pydantic import SecretStr

_LIMITS = {
    "connect_timeout": 5,  # seconds; libpq takes nothing below 2
    "tcp_user_timeout": 8000,  # milliseconds without a sign of the server: a line that was cut says nothing
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "application_name": "dfn-tui",
}
LONGEST = 30.0
"""Seconds that an answer is waited for."""
_STATEMENT = "SET statement_timeout = '20s'; SET lock_timeout = '5s'"
_AT_ONCE = 20_000
"""Rows of a long answer that are in memory."""
# In binary, a third of the time; there a column without any value would have no type.
_INSERT = (
    f"INSERT INTO {TABLE} ({', '.join(WRITTEN)})"  # noqa: S608  no values
    " SELECT %s, %s, seq, previous, hash, body, nullif(about, ''), nullif(intent, 0) FROM"
    " unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bigint[])"
    " AS sent (seq, previous, hash, body, about, intent) ON CONFLICT DO NOTHING"
)


class ArchivedEntry(NamedTuple):
    """An entry as the archive has it."""

    origin: Origin
    seq: int
    body: bytes


class PostgresArchive:
    """A connection with the parameters of a DSN. Every method raises `ArchiveError`."""

    def __init__(self, dsn: Mapping[str, str], password: "SecretStr | None") -> None:
        self._host = dsn.get("host", "")
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]  # libpq would take from there where to connect, and how
        secret = {} if password is None else {"password": password.get_secret_value()}
        with self._errors():
            psycopg = import_module("psycopg")
            parameters: dict[str, Any] = {**_LIMITS, **dsn, "passfile": os.devnull, **secret}
            self._connection: Connection = psycopg.connect(**parameters, autocommit=True)
        try:
            self.run(_STATEMENT)
        except BaseException:
            self.close()
            raise

    def run(self, statement: str) -> None:
        """Runs a statement without values."""
        with self._errors(), self._in_time():
            self._connection.execute(statement.encode())

    def store(self, origin: Origin, entries: Sequence[ChainedEntry]) -> None:
        """Inserts them, all or none; what it has it has once. Raises `ArchiveError`."""
        plain = [one._replace(about=one.about or b"", intent=one.intent or 0) for one in entries]
        columns = [[getattr(one, name) for one in plain] for name in WRITTEN[2:]]
        with self._errors(), self._in_time():
            self._connection.execute(_INSERT, (*origin, *columns))

    def hashes(self, origin: Origin) -> Generator[tuple[int, bytes], None, None]:
        """Number and hash of all it has of a journal, in the order of the numbers."""
        question = f"SELECT seq, hash FROM {TABLE} WHERE host = %s AND account = %s ORDER BY seq, id"  # noqa: S608
        with self._errors(), self._connection.transaction():
            self.run("SET LOCAL statement_timeout = 0")
            with self._connection.cursor("hashes", binary=True) as cursor:
                cursor.execute(question, tuple(origin))
                while rows := self._page(cursor):
                    yield from rows

    def _page(self, cursor: "ServerCursor[tuple[int, bytes]]") -> list[tuple[int, bytes]]:
        with self._in_time():
            return cursor.fetchmany(_AT_ONCE)

    def intents(self, handles: Sequence[bytes]) -> list[ArchivedEntry]:
        """The intents of a user, the newest first, from every journal."""
        question = (
            f"SELECT host, account, seq, body FROM {TABLE} WHERE about = ANY(%s::bytea[])"  # noqa: S608
            " ORDER BY id DESC"
        )
        return self._entries(question, ([*handles],))

    def outcomes(self, handles: Sequence[bytes]) -> list[ArchivedEntry]:
        """The outcomes of these intents, the oldest first."""
        question = (
            f"SELECT DISTINCT host, account, o.seq, o.body FROM {TABLE} o"  # noqa: S608  no values
            f" JOIN {TABLE} i USING (host, account) WHERE o.intent = i.seq AND i.about = ANY(%s::bytea[])"
            " ORDER BY o.seq"
        )
        return self._entries(question, ([*handles],))

    def _entries(self, question: str, values: tuple[object, ...]) -> list[ArchivedEntry]:
        with self._errors(), self._in_time():
            rows = self._connection.execute(question.encode(), values).fetchall()
        return [ArchivedEntry(Origin(host, account), seq, body) for host, account, seq, body in rows]

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Ends the connection where an answer is not there in time: a server that says nothing any more would
        be waited for for ever."""
        line = socket.socket(fileno=os.dup(self._connection.pgconn.socket))

        def cut() -> None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(LONGEST, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            line.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except ImportError as error:
            raise ArchiveError(
                _("The program lacks what speaks to PostgreSQL."),
                _("Install it: pip install “dfn-tui[postgres]”"),
            ) from error
        except import_module("psycopg").Error as error:
            # Not from it: its traceback would hold the password.
            raise ArchiveError(self._said(error)) from None

    def _said(self, error: Exception) -> str:
        diagnosis = getattr(error, "diag", None)
        # What the server adds in detail may be an entry, which is left out.
        said = (diagnosis and diagnosis.message_primary) or str(error) or type(error).__name__
        words = _("PostgreSQL at {host}: {reason}")
        return words.format(host=sanitize(self._host, 100), reason=sanitize(" ".join(said.split()), 300))
