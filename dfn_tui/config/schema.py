"""Which keys the configuration has. A new key is one more line in a table here."""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dfn_tui.config import checks
from dfn_tui.config.checks import Wrong
from dfn_tui.config.conninfo import conninfo
from dfn_tui.config.model import (
    LOCK_AFTER,
    ApiVersion,
    ArchiveConfig,
    ArchiveKind,
    ColourTheme,
    Config,
    ConfigError,
    Connection,
    Environment,
    Language,
    NamedBy,
)
from dfn_tui.text import _, sanitize

Check = Callable[[object], Any]

_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Wrong(_("Write a table, like [connections.prod] with its keys below."))
    return value


_FILE: Mapping[str, Check] = {
    "default": checks.name,
    "connections": _table,
    "journal": _table,
    "jobs": _table,
    "lock_after": checks.minutes,
    "theme": partial(checks.one_of, ColourTheme),
    "language": partial(checks.one_of, Language),
    "journal_key_command": checks.command,
    "ascii_glyphs": checks.boolean_or_auto,
    "mouse": checks.boolean,
}
_KEPT: Mapping[str, Check] = {"keep_days": checks.days}
_JOURNAL: Mapping[str, Check] = {**_KEPT, "archive": _table}
_ARCHIVE: Mapping[str, Check] = {
    "to": partial(checks.one_of, ArchiveKind),
    "dsn": conninfo,
    "password_command": checks.command,
    "reader_dsn": conninfo,
    "reader_password_command": checks.command,
    "socket": checks.path,
}
_CONNECTION: Mapping[str, Check] = {
    "api": partial(checks.one_of, ApiVersion),
    "environment": partial(checks.one_of, Environment),
    "read_only": checks.boolean,
    "base_url": checks.base_url,
    "service_id": checks.identifier,
    "token_command": checks.command,
    "export_token_command": checks.command,
    "kernel_keyring": checks.boolean,
    "max_grants": checks.count,
    "max_users": checks.count,
    "max_withdrawals": checks.count,
    "plan_hours": checks.count,
    "requests_per_minute": checks.rate,
    "identity": partial(checks.one_of, NamedBy),
    "snapshot_hours": checks.hours,
    "exports_per_hour": checks.exports,
    "legacy_push_optin": checks.boolean,
    "sender": checks.sender,
    "consent_dates": checks.consent_dates,
}
_REQUIRED = ("api", "environment")


def dotted(*parts: str) -> str:
    """A key as TOML writes it: `connections."eu.prod".api`. A part too long or unfit to be shown is cut
    and escaped."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{sanitize(part, 64)}"' for part in parts)


def validate(document: Mapping[str, object], path: Path) -> Config:
    """The configuration a parsed file holds. Raises `ConfigError` at the first thing that is not right."""
    top = read_table(document, _FILE, path, ())
    connections = {name: _connection(name, table, path) for name, table in top.get("connections", {}).items()}
    default = top.get("default")
    if default is not None and default not in connections:
        right = _("Name one of the connections: {names}.").format(names=", ".join(connections) or "—")
        raise _wrong(path, ("default",), right)
    journal = read_table(top.get("journal", {}), _JOURNAL, path, ("journal",))
    jobs = read_table(top.get("jobs", {}), _KEPT, path, ("jobs",))
    return Config(
        path,
        default,
        MappingProxyType(connections),
        journal.get("keep_days"),
        jobs.get("keep_days"),
        top.get("lock_after", LOCK_AFTER),
        top.get("theme"),
        top.get("journal_key_command", ()),
        top.get("ascii_glyphs"),
        top.get("mouse"),
        top.get("language"),
        _archive(journal["archive"], path) if "archive" in journal else None,
    )


def _archive(table: Mapping[str, object], path: Path) -> ArchiveConfig:
    at = ("journal", "archive")
    found = ArchiveConfig(**read_table(table, _ARCHIVE, path, at, ("to",)))
    if found.to is ArchiveKind.POSTGRESQL and not found.dsn:
        right = _("Write “host=… dbname=… user=…” in quotes, of a role that may only insert.")
        raise _wrong(path, (*at, "dsn"), right, missing=True)
    if found.dsn and dict(found.dsn)["user"] == dict(found.reader_dsn).get("user"):
        right = _("Name another role than the writer's: who writes is not to read, nor the other way round.")
        raise _wrong(path, (*at, "reader_dsn"), right)
    return found


def _connection(name: str, table: object, path: Path) -> Connection:
    at = ("connections", name)
    _checked(checks.name, name, path, at)
    values = read_table(_checked(_table, table, path, at), _CONNECTION, path, at, _REQUIRED)
    if values["api"] is ApiVersion.V2:
        if "service_id" not in values:
            right = _("Version 2 (v2) needs the id of its service with every call.")
            raise _wrong(path, (*at, "service_id"), right, missing=True)
        return Connection(name=name, **values)
    not_here = {
        "service_id": _("Remove it, or set api to v2: v1 has no service id."),
        "legacy_push_optin": _("Remove it: df_push_optin is a consent of v2 alone."),
        "identity": _("Remove it: v1 names users by user_id alone."),
        "export_token_command": _("Remove it: v1 has one token, from token_command."),
        "snapshot_hours": _("Remove it: v1 reads each user, and has no export."),
        "exports_per_hour": _("Remove it: v1 reads each user, and has no export."),
    }
    for key, right in not_here.items():
        if key in values:
            raise _wrong(path, (*at, key), right)
    return Connection(name=name, **values)


def read_table(
    table: Mapping[str, object],
    keys: Mapping[str, Check],
    path: Path,
    at: tuple[str, ...],
    required: Iterable[str] = (),
) -> dict[str, Any]:
    """The checked values of the keys that are there. One that is required and missing is checked as None.
    Raises `ConfigError`."""
    for name in table:
        if name not in keys:
            raise _unknown(path, (*at, name), keys)
    values = {**dict.fromkeys(required), **table}
    return {name: _checked(keys[name], value, path, (*at, name)) for name, value in values.items()}


def _checked(check: Check, value: object, path: Path, at: tuple[str, ...]) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise _wrong(path, at, wrong.right, missing=value is None) from None


def _wrong(path: Path, at: tuple[str, ...], right: str, *, missing: bool = False) -> ConfigError:
    happened = _("{file}: {key} is missing.") if missing else _("{file}: {key} is not right.")
    return ConfigError(path, happened, right, key=dotted(*at))


def _unknown(path: Path, at: tuple[str, ...], keys: Iterable[str]) -> ConfigError:
    key, word = dotted(*at), at[-1].lower()[:64]
    slip = get_close_matches(word, keys, n=1, cutoff=0.9)  # token_comand is no token
    if not slip and any(secret in word for secret in ("token", "secret", "password")):
        return ConfigError(
            path,
            _("{file}: {key} would keep a token in a plain file."),
            _(
                "Remove that line and have the token reissued. Tokens live in the system's keyring, or come "
                "from a program that token_command names: “dfn-tui auth set” asks for one."
            ),
            key=key,
        )
    near = get_close_matches(word, keys, n=1)
    right = (
        _("Did you mean “{word}”?").format(word=near[0])
        if near
        else _("Known keys here: {words}.").format(words=", ".join(keys))
    )
    return ConfigError(path, _("{file}: {key} is not a known key."), right, key=key)
