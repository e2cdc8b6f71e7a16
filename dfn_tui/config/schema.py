"""Which keys the configuration has. A new key is one more line in a table here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dfn_tui.config import checks
from dfn_tui.config.checks import Wrong
from dfn_tui.config.model import LOCK_AFTER, ApiVersion, Config, ConfigError, Connection, Environment, NamedBy
from dfn_tui.text import _, sanitize

_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class _Key:
    check: Callable[[object], object]
    required: bool = False


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Wrong(_("Write a table, like [connections.prod] with its keys below."))
    return value


_FILE: Mapping[str, _Key] = {
    "default": _Key(checks.name),
    "connections": _Key(_table),
    "journal": _Key(_table),
    "lock_after": _Key(checks.minutes),
}
_JOURNAL: Mapping[str, _Key] = {
    "keep_days": _Key(checks.days),
}
_CONNECTION: Mapping[str, _Key] = {
    "api": _Key(partial(checks.one_of, ApiVersion), required=True),
    "environment": _Key(partial(checks.one_of, Environment), required=True),
    "read_only": _Key(checks.boolean),
    "base_url": _Key(checks.base_url),
    "service_id": _Key(checks.identifier),
    "token_command": _Key(checks.command),
    "export_token_command": _Key(checks.command),
    "kernel_keyring": _Key(checks.boolean),
    "max_grants": _Key(checks.count),
    "max_users": _Key(checks.count),
    "identity": _Key(partial(checks.one_of, NamedBy)),
}


def dotted(*parts: str) -> str:
    """A key as TOML writes it: `connections."eu.prod".api`. A part too long or unfit to be shown is cut
    and escaped."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{sanitize(part, 64)}"' for part in parts)


def validate(document: Mapping[str, object], path: Path) -> Config:
    """The configuration a parsed file holds. Raises `ConfigError` at the first thing that is not right."""
    top = _read(document, _FILE, path, ())
    connections = {name: _connection(name, table, path) for name, table in top.get("connections", {}).items()}
    default = top.get("default")
    if default is not None and default not in connections:
        right = _("Name one of the connections: {names}.").format(names=", ".join(connections) or "—")
        raise _not_right(path, ("default",), right)
    journal = _read(top.get("journal", {}), _JOURNAL, path, ("journal",))
    return Config(
        path,
        default,
        MappingProxyType(connections),
        journal.get("keep_days"),
        top.get("lock_after", LOCK_AFTER),
    )


def _connection(name: str, table: object, path: Path) -> Connection:
    at = ("connections", name)
    _checked(checks.name, name, path, at)
    values = _read(_checked(_table, table, path, at), _CONNECTION, path, at)
    connection = Connection(name=name, **values)
    if connection.api is ApiVersion.V2 and connection.service_id is None:
        raise _missing(
            path, (*at, "service_id"), _("Version 2 (v2) needs the id of its service with every call.")
        )
    if connection.api is ApiVersion.V1 and connection.service_id is not None:
        raise _not_right(path, (*at, "service_id"), _("Remove it, or set api to v2: v1 has no service id."))
    if connection.api is ApiVersion.V1 and connection.identity is not None:
        raise _not_right(path, (*at, "identity"), _("Remove it: v1 names users by user_id alone."))
    if connection.api is ApiVersion.V1 and connection.export_token_command:
        raise _not_right(
            path, (*at, "export_token_command"), _("Remove it: v1 has one token, from token_command.")
        )
    return connection


def _read(
    table: Mapping[str, object], keys: Mapping[str, _Key], path: Path, at: tuple[str, ...]
) -> dict[str, Any]:
    """The checked values of the keys that are there."""
    for name in table:
        if name not in keys:
            raise _unknown(path, (*at, name), keys)
    for name, key in keys.items():
        if key.required and name not in table:
            try:
                key.check(None)
            except Wrong as wrong:
                raise _missing(path, (*at, name), wrong.right) from None
    return {name: _checked(keys[name].check, value, path, (*at, name)) for name, value in table.items()}


def _checked(check: Callable[[object], Any], value: object, path: Path, at: tuple[str, ...]) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise _not_right(path, at, wrong.right) from None


def _not_right(path: Path, at: tuple[str, ...], right: str) -> ConfigError:
    key = dotted(*at)
    happened = _("{file}: {key} is not right.").format(file=sanitize(str(path)), key=key)
    return ConfigError(path, happened, right, key=key)


def _missing(path: Path, at: tuple[str, ...], right: str) -> ConfigError:
    key = dotted(*at)
    happened = _("{file}: {key} is missing.").format(file=sanitize(str(path)), key=key)
    return ConfigError(path, happened, right, key=key)


def _unknown(path: Path, at: tuple[str, ...], keys: Mapping[str, _Key]) -> ConfigError:
    key, file = dotted(*at), sanitize(str(path))
    word = at[-1].lower()[:64]
    slip = get_close_matches(word, keys, n=1, cutoff=0.9)  # token_comand is no token
    if not slip and any(secret in word for secret in ("token", "secret", "password")):
        return ConfigError(
            path,
            _("{file}: {key} would keep a token in a plain file.").format(file=file, key=key),
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
    return ConfigError(
        path, _("{file}: {key} is not a known key.").format(file=file, key=key), right, key=key
    )
