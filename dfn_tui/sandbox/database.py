"""The sandbox's state: one SQLite table with a row for each user, readable with `sqlite3 FILE.db`."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _

FLAGS = tuple(Flag)
CI_FIELDS = ("kakao_id", "phone_number")
# Identity kinds of version 2 in the order a user is looked up by, with their columns.
IDENTITIES = {
    "external_id": "user_id",
    "phone_no": "phone_no",
    "email": "email",
    "kakao_user_id": "kakao_user_id",
    "line_user_id": "line_user_id",
}
COLUMNS = (*IDENTITIES.values(), *FLAGS, *CI_FIELDS, "properties", "df_properties")

_APPLICATION_ID = 0x64666E73  # "dfns": tells our files from any other program's
_SCHEMA = f"""
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    user_id TEXT UNIQUE,        -- version 2: external_id
    phone_no TEXT UNIQUE,       -- the other four identities of version 2
    email TEXT UNIQUE,
    kakao_user_id TEXT UNIQUE,
    line_user_id TEXT UNIQUE,
    {"".join(f"{flag} TEXT, " for flag in FLAGS)} -- Subscribed, Unsubscribed, or NULL: never set
    kakao_id TEXT,              -- CI fields of version 1
    phone_number TEXT,
    properties TEXT NOT NULL DEFAULT '{{}}',    -- version 1, as JSON
    df_properties TEXT NOT NULL DEFAULT '{{}}'  -- version 2, as JSON
)
"""
_PROFILE = ", ".join(FLAGS) + ", properties"
# A flag or CI field that is not written keeps its value; properties are merged key by key.
_MERGE = "".join(f"{name} = COALESCE(excluded.{name}, {name}), " for name in FLAGS)
_WRITE_PROFILE = (
    f"INSERT INTO users (user_id, {_PROFILE}) VALUES (?{', ?' * (len(FLAGS) + 1)}) "  # noqa: S608  own names
    f"ON CONFLICT (user_id) DO UPDATE SET {_MERGE}"
    "properties = json_patch(properties, excluded.properties)"
)
_WRITE_CI = (
    "INSERT INTO users (user_id, kakao_id, phone_number) VALUES (?, ?, ?) "
    "ON CONFLICT (user_id) DO UPDATE SET kakao_id = COALESCE(excluded.kakao_id, kakao_id), "
    "phone_number = COALESCE(excluded.phone_number, phone_number)"
)

_json = json.JSONEncoder(ensure_ascii=False).encode

Properties = dict[str, Any]
Flags = Mapping[Flag, State]
StoredUser = tuple[int, str | None, dict[str, str | None], Properties]
"""Row, external id, flags (None where never set), version 2 properties."""


def _marks(items: Sequence[object]) -> str:
    return ", ".join("?" * len(items))


class Database:
    """All reads and writes. Every method is one transaction; a lock lets tests look in from their thread."""

    def __init__(self, path: Path | None = None) -> None:
        """Opens or creates `path`, or a database in memory. Raises ConsoleError for a foreign file."""
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
        try:
            self._prepare(path)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, path: Path | None) -> None:
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        if tables and owner != _APPLICATION_ID:
            raise not_a_state_file(path)
        # A sandbox may lose its last writes with the machine; it must be fast.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = WAL")
        if not tables:
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")

    def close(self) -> None:
        self._connection.close()

    def query(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of any SELECT, for tests and for looking around."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def _write(self, sql: str, rows: Iterable[Any]) -> None:
        with self._lock, self._connection:
            self._connection.executemany(sql, rows)

    def copy(self) -> "Database":
        """What is stored now, in memory."""
        copied = Database()
        with self._lock:
            self._connection.backup(copied._connection)
        return copied

    def is_empty(self) -> bool:
        return not self.query("SELECT 1 FROM users LIMIT 1")

    def add(self, users: Iterable[Mapping[str, str | None]]) -> None:
        """Stores new users, each with all of `COLUMNS`."""
        values = ", ".join(f":{name}" for name in COLUMNS)
        self._write(f"INSERT INTO users ({', '.join(COLUMNS)}) VALUES ({values})", users)  # noqa: S608  own names

    # Version 1 ------------------------------------------------------------------------------

    def profiles(self, user_ids: Sequence[str]) -> dict[str, tuple[dict[str, str], Properties]]:
        """Flags (every one, `Undefined` where never set) and properties of the users that exist."""
        rows = self.query(
            f"SELECT user_id, {_PROFILE} FROM users WHERE user_id IN ({_marks(user_ids)})",  # noqa: S608
            *user_ids,
        )
        return {
            row[0]: (
                {flag: state or State.NEVER_SET for flag, state in zip(FLAGS, row[1:-1], strict=True)},
                json.loads(row[-1]),
            )
            for row in rows
        }

    def write_profiles(self, writes: Iterable[tuple[str, Flags, Properties]]) -> None:
        """Sets the named flags and properties and leaves the others, creating users that are unknown."""
        self._write(
            _WRITE_PROFILE,
            ((user_id, *map(flags.get, FLAGS), _json(properties)) for user_id, flags, properties in writes),
        )

    def ci(self, user_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """The CI fields that are set, of the users that exist."""
        rows = self.query(
            f"SELECT user_id, kakao_id, phone_number FROM users WHERE user_id IN ({_marks(user_ids)})",  # noqa: S608
            *user_ids,
        )
        return {
            user_id: {name: value for name, value in zip(CI_FIELDS, values, strict=True) if value is not None}
            for user_id, *values in rows
        }

    def write_ci(self, writes: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """Sets the named CI fields and leaves the others, creating users that are unknown."""
        self._write(_WRITE_CI, ((user_id, *map(fields.get, CI_FIELDS)) for user_id, fields in writes))

    def delete_ci(self, user_ids: Iterable[str], names: Iterable[str]) -> None:
        """Clears the named CI fields (each one of `CI_FIELDS`)."""
        cleared = ", ".join(f"{name} = NULL" for name in names)
        self._write(
            f"UPDATE users SET {cleared} WHERE user_id = ?",  # noqa: S608  names are CI_FIELDS
            ((user_id,) for user_id in user_ids),
        )

    # Version 2 ------------------------------------------------------------------------------

    def find(self, kind: str, value: str) -> tuple[int, str | None] | None:
        """The row and `external_id` of the user with that identity."""
        rows = self.query(f"SELECT id, user_id FROM users WHERE {IDENTITIES[kind]} = ?", value)  # noqa: S608
        return rows[0] if rows else None

    def link(self, row: int | None, identity: Mapping[str, str]) -> int:
        """Gives the identities to a user (None: a new one), who becomes one person with whoever had them."""
        with self._lock, self._connection:
            if row is None:
                row = self._connection.execute("INSERT INTO users DEFAULT VALUES").lastrowid
            assert row is not None
            for kind, value in identity.items():
                column = IDENTITIES[kind]
                question = f"SELECT id FROM users WHERE {column} = ? AND id <> ?"  # noqa: S608
                for (other,) in self._connection.execute(question, (value, row)).fetchall():
                    self._merge(other, row)
                self._connection.execute(f"UPDATE users SET {column} = ? WHERE id = ?", (value, row))  # noqa: S608
        return row

    def _merge(self, other: int, row: int) -> None:
        """Takes what is `other`'s into `row`, which keeps what it has. Nothing leads back."""
        columns = ", ".join(COLUMNS)
        [values] = self._connection.execute(f"SELECT {columns} FROM users WHERE id = ?", (other,))  # noqa: S608
        self._connection.execute("DELETE FROM users WHERE id = ?", (other,))
        kept = ", ".join(f"{name} = COALESCE({name}, ?)" for name in COLUMNS[:-2])
        merged = ", ".join(f"{name} = json_patch(?, {name})" for name in COLUMNS[-2:])
        self._connection.execute(f"UPDATE users SET {kept}, {merged} WHERE id = ?", (*values, row))  # noqa: S608

    def delete(self, row: int) -> None:
        """Takes a user away, with all that is stored."""
        self._write("DELETE FROM users WHERE id = ?", [(row,)])

    def write_df(self, row: int, flags: Flags, properties: Properties) -> None:
        """Sets the named consents and version 2 properties of a user and leaves the others."""
        text = _json(properties)
        changed = "".join(f"{flag} = ?, " for flag in flags)
        self._write(
            f"UPDATE users SET {changed}df_properties = json_patch(df_properties, ?) WHERE id = ?",  # noqa: S608
            [(*flags.values(), text, row)],
        )

    def page(self, after: int, size: int) -> list[StoredUser]:
        """Up to `size` users whose row comes after `after`."""
        rows = self.query(
            f"SELECT id, user_id, df_properties, {', '.join(FLAGS)} FROM users "  # noqa: S608
            "WHERE id > ? ORDER BY id LIMIT ?",
            after,
            size,
        )
        return [
            (row, user_id, dict(zip(FLAGS, states, strict=True)), json.loads(properties))
            for row, user_id, properties, *states in rows
        ]


def not_a_state_file(path: Path | None) -> ConsoleError:
    return ConsoleError(
        _("Not a sandbox file"),
        _("{path} is not a state file of the sandbox; it was left as it is.").format(path=path),
        _("Name a file that does not exist yet, or one an earlier sandbox made."),
    )


def open_database(path: Path | None) -> Database:
    """Opens the state. Raises ConsoleError where the file cannot be used."""
    try:
        return Database(path)
    except sqlite3.OperationalError as error:
        raise ConsoleError(
            _("The sandbox's file cannot be opened"),
            _("Opening {path} failed: {reason}.").format(path=path, reason=error),
            _("Choose a file in a folder you may write to."),
        ) from error
    except sqlite3.DatabaseError as error:
        raise not_a_state_file(path) from error
