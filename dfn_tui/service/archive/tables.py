"""What the archive is made of in PostgreSQL: a table, who may insert, and who may read.

The server itself checks that each hash fits its entry, notes when it came and over which role, and takes no
other hash or text in the place of one that is there.
"""

import re

from dfn_tui.service.archive.sink import ArchiveError
from dfn_tui.text import _

TABLE = "dfn_tui.journal"
WRITTEN = ("host", "account", "seq", "previous", "hash", "body", "about", "intent")
"""What the writer says; the rest is the server's own."""
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_MAKE = (
    "CREATE SCHEMA IF NOT EXISTS dfn_tui",
    """CREATE TABLE IF NOT EXISTS dfn_tui.journal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received timestamptz NOT NULL DEFAULT clock_timestamp(),
    role name NOT NULL DEFAULT session_user,
    host text NOT NULL,
    account text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    previous bytea NOT NULL,
    hash bytea NOT NULL CHECK (hash = sha256(previous || body)),
    body bytea NOT NULL,
    about bytea,
    intent bigint)""",
    # With what it is found by: who sent it first with another word there would keep the true one out.
    "ALTER TABLE dfn_tui.journal DROP CONSTRAINT IF EXISTS journal_host_account_seq_hash_key",
    "CREATE UNIQUE INDEX IF NOT EXISTS journal_once ON dfn_tui.journal"
    " (host, account, seq, hash, coalesce(about, ''), coalesce(intent, 0))",
    "CREATE INDEX IF NOT EXISTS journal_about ON dfn_tui.journal (about) WHERE about IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS journal_intent ON dfn_tui.journal (host, account, intent)"
    " WHERE intent IS NOT NULL",
    "REVOKE ALL ON SCHEMA dfn_tui FROM PUBLIC",
    "REVOKE ALL ON dfn_tui.journal FROM PUBLIC",
)


def statements(writer: str, reader: str) -> list[str]:
    """What makes the archive with these two roles; roles that are there are kept. Raises `ArchiveError` for
    a name that needs quotes, and for one role that would be both."""
    for role in (writer, reader):
        if not _ROLE.fullmatch(role):
            raise ArchiveError(
                _("A role of the archive is named with a to z, digits and underscores."),
                _("Name others with --writer and --reader."),
            )
    if writer == reader:
        raise ArchiveError(
            _("The writer and the reader are one role."), _("Name two with --writer and --reader.")
        )
    return [
        *_MAKE,
        *(_role(role) for role in (writer, reader)),
        *(f"REVOKE ALL ON dfn_tui.journal FROM {role}" for role in (writer, reader)),
        f"GRANT USAGE ON SCHEMA dfn_tui TO {writer}, {reader}",
        f"GRANT INSERT ({', '.join(WRITTEN)}) ON dfn_tui.journal TO {writer}",
        f"GRANT SELECT ON dfn_tui.journal TO {reader}",
        _kept_apart(writer, ("SELECT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")),
        _kept_apart(reader, ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")),
    ]


def _role(name: str) -> str:
    return f"""DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
        CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
END $$"""


def _kept_apart(role: str, never: tuple[str, ...]) -> str:
    """Ends it where a role that was there has more rights: as a superuser, as the owner, as a member."""
    asked = " OR ".join(f"has_table_privilege('{role}', 'dfn_tui.journal', '{right}')" for right in never)
    return f"""DO $$ BEGIN
    IF {asked} THEN
        RAISE EXCEPTION 'role {role} has more rights than it may have: name another one';
    END IF;
END $$"""
