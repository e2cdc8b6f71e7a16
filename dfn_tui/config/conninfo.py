"""How PostgreSQL is reached: what a connection string of the configuration may say."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from dfn_tui.config.checks import LOOPBACK, Wrong
from dfn_tui.text import _

KNOWN = ("host", "port", "dbname", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")
"""What may be given. A service file or options of the session could undo what is checked here."""
_PAIR = re.compile(r"\s*([a-z_]{1,32})\s*=\s*('(?:[^'\\]|\\.)*'|[^\s'\\]+)(?=\s|$)")
_LONGEST = 2048

ConnInfo = tuple[tuple[str, str], ...]


def conninfo(value: object) -> ConnInfo:
    """The parameters of a connection string, as `key=value` words or a `postgresql://` address.

    Off this machine the server's certificate and name are always checked. Raises Wrong.
    """
    form = Wrong(_("Write “host=… dbname=… user=…” or “postgresql://user@host/dbname” in quotes."))
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise form
    try:
        given = _address(value) if "://" in value else _words(value)
    except ValueError:
        raise form from None
    if given is None:
        raise form
    if "password" in given or "sslpassword" in given:
        raise Wrong(_("Leave the password out: it is in the keyring, or from password_command."))
    for name in given:
        if name not in KNOWN:
            raise Wrong(_("Use no other words than {words}.").format(words=", ".join(KNOWN)))
    for name in ("host", "dbname", "user"):
        if not given.get(name):  # or variables of the environment would say where evidence is sent
            raise Wrong(_("Name the {word}, too.").format(word=name))
    return tuple(_secured(given).items())


def _secured(given: dict[str, str]) -> dict[str, str]:
    # Kerberos would encrypt in its own way, and no certificate be looked at.
    fixed = {"gssencmode": "disable"}
    if all(_is_here(host) for host in given["host"].split(",")):
        return {"sslmode": "prefer", **given, **fixed}
    if given.get("sslmode", "verify-full") != "verify-full":
        raise Wrong(_("Write sslmode=verify-full, or leave it out: off this machine nothing less will do."))
    if not given.get("sslrootcert"):
        raise Wrong(_("Name the authority of the server's certificate: sslrootcert=FILE, or “system”."))
    return {**given, "sslmode": "verify-full", **fixed}


def _is_here(host: str) -> bool:
    return host.startswith("/") or bool(LOOPBACK.fullmatch(host))


def _words(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    at = 0
    while at < len(text.rstrip()):
        pair = _PAIR.match(text, at)
        if pair is None or pair[1] in found:
            return None
        value = pair[2]
        found[pair[1]] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith("'") else value
        at = pair.end()
    return found


def _address(text: str) -> dict[str, str] | None:
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres") or parts.fragment:
        return None
    found = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    own = {
        "host": unquote(parts.hostname or ""),
        "port": str(parts.port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.lstrip("/")),
    }
    said = {name: value for name, value in own.items() if value}
    return None if said.keys() & found.keys() else found | said
