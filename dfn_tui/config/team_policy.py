"""What a company asks of all its operators on this host: `policy.toml`, which root alone can write.

Each rule is a table of its own. What is not there asks nothing, and no rule allows what the configuration
does not.
"""

import re
from collections.abc import Mapping
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from dfn_tui.config import checks
from dfn_tui.config.checks import Wrong
from dfn_tui.config.model import ConfigError
from dfn_tui.config.reading import parse_toml, read_text
from dfn_tui.config.schema import Check, read_table
from dfn_tui.errors import system_reason
from dfn_tui.text import _
from dfn_tui.trust import exposure_but_to_root

POLICY_FILE = Path("/etc/dfn-tui/policy.toml")
"""Nothing that an operator sets leads anywhere else."""
ALLOWED_SIGNERS = Path("/etc/dfn-tui/allowed_signers")
PRINCIPALS = Path("/etc/dfn-tui/principals.toml")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Value):
    """Over which `connections` it holds, by name, and over those to which `hosts`, whatever they are called;
    both empty: over all. It holds for withdrawals only where `withdrawals` says so."""

    connections: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    withdrawals: bool = False


class CapRule(Rule):
    """So many users at once are the `most`."""

    most: int


class ReasonRule(Rule):
    """The reason has to hold what the regular expression `pattern` finds."""

    pattern: str


class GrantHours(_Value):
    """No consent is given from `start` to before `end`, in Korea, which may be the next day."""

    connections: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    start: time
    end: time


class ForwardingRule(Rule):
    """The journal needs an archive, one of `archives` by its host or socket (empty: any), and what waits for
    it must not be older than `minutes`; None: however old."""

    minutes: int | None = None
    archives: tuple[str, ...] = ()


class TeamPolicy(_Value):
    """The rules of the file at `path`. Of a rule that is None, nothing is asked.

    A plan for `four_eyes_from` users or more needs a second person, over the connections and hosts named, or,
    where none is, over all of production and the product's own hosts; with `everywhere` over all there are.
    `allowed_signers` says whose key is
    whose, `principals` which user of this host is which of them.
    """

    path: Path = POLICY_FILE
    read_only: Rule | None = None
    max_users: CapRule | None = None
    max_grants: CapRule | None = None
    reason: ReasonRule | None = None
    evidence: Rule | None = None
    grant_hours: GrantHours | None = None
    forwarding: ForwardingRule | None = None
    four_eyes_from: int | None = None
    four_eyes_connections: tuple[str, ...] = ()
    four_eyes_hosts: tuple[str, ...] = ()
    four_eyes_everywhere: bool = False
    four_eyes_withdrawals: bool = False
    allowed_signers: Path = ALLOWED_SIGNERS
    principals: Path = PRINCIPALS


class PolicyError(ConfigError):
    """The policy is there and cannot be used, so nobody knows what it asks."""


def load_team_policy(path: Path | None = None) -> TeamPolicy | None:
    """The policy at `path`, or that of this host; None where there is none. Cheap enough for every write.

    Raises `PolicyError` where others than root could have written it or taken it away, or where it is not
    right, naming the key and what would be.
    """
    path = path or POLICY_FILE
    try:
        exposed = exposure_but_to_root(path)
        if exposed is not None:
            raise PolicyError(path, "{why}", exposed.hint, title=_title(), why=exposed.why)
        text = read_text(path)
        return None if text is None else _parse(text, path)  # None: it was just taken away
    except FileNotFoundError:
        if not any(part.is_symlink() and not part.exists() for part in (path, *path.parents)):
            return None
        words = _("{file} leads to a file that is not there.")
        raise PolicyError(path, words, _as_root(), title=_title()) from None
    except OSError as error:
        words = _("{file} cannot be read: {reason}.")
        raise PolicyError(path, words, _as_root(), title=_title(), reason=system_reason(error)) from None
    except ConfigError as error:
        raise _of_policy(error, path) from None


def _title() -> str:
    return _("The company's policy cannot be used")


def _as_root() -> str:
    return _("Whoever administers this host has to mend it, as root.")


def _of_policy(error: ConfigError, path: Path) -> PolicyError:
    if isinstance(error, PolicyError):
        return error
    step = f"{error.next_step} {_as_root()}" if error.key else _as_root()
    return PolicyError(path, "{said}", step, key=error.key, title=_title(), said=error.happened)


def _rule(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Wrong(_("Write a table, like [reason] with its keys below."))
    return value


def _names(value: object) -> tuple[str, ...]:
    """Names of connections: at least one, since an empty list would mean all."""
    if not isinstance(value, list) or not value:
        raise Wrong(_('Write a list of connections, like ["prod"], or leave the line out for all.'))
    return tuple(map(checks.name, value))


def _hosts(value: object) -> tuple[str, ...]:
    """Hosts in the spelling that they are compared in: at least one, as above."""
    right = _('Write a list of hosts without https:// or a path, like ["openapi.dfinery.io"].')
    if not (isinstance(value, list) and value):
        raise Wrong(right)
    hosts = [one.rstrip(".").lower() if isinstance(one, str) else "" for one in value]
    if not all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+", one) for one in hosts):
        raise Wrong(right)
    return tuple(hosts)


def _archives(value: object) -> tuple[str, ...]:
    """Hosts, or the paths of sockets: at least one, as above."""
    right = _('Write a list of hosts or sockets, like ["audit.example"] or ["/dev/log"].')
    if not (isinstance(value, list) and value):
        raise Wrong(right)
    return tuple(
        one if isinstance(one, str) and re.fullmatch(r"/[!-~]{1,200}", one) else _hosts([one])[0]
        for one in value
    )


def _pattern(value: object) -> str:
    right = _("Write a regular expression in single quotes, like 'INC-\\d+'.")
    if not isinstance(value, str) or not 1 <= len(value) <= 500:
        raise Wrong(right)
    try:
        found = re.compile(value)
    except (re.error, RecursionError, OverflowError):
        raise Wrong(right) from None
    if found.search(""):
        raise Wrong(_("That fits an empty reason, too: write what each reason has to hold."))
    return value


def _hours(value: object) -> tuple[time, time]:
    clock = r"([01]\d|2[0-3]):([0-5]\d)"
    found = re.fullmatch(f"{clock}-{clock}", value) if isinstance(value, str) else None
    if found is None or found.groups()[:2] == found.groups()[2:]:
        raise Wrong(_("Write two times of the day in Korea that differ, in quotes, like “21:00-08:00”."))
    start, end = found[0].split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _always(value: object) -> bool:
    if value is not True:
        raise Wrong(_("Write true, without quotes, or leave the whole rule out."))
    return True


_RULE: Mapping[str, Check] = {"connections": _names, "hosts": _hosts, "withdrawals": checks.boolean}
_CAP: Mapping[str, Check] = {"most": checks.count, **_RULE}
_KEYS: Mapping[str, Mapping[str, Check]] = {
    "read_only": {"always": _always, **_RULE},
    "max_users": _CAP,
    "max_grants": {"most": checks.count, "connections": _names, "hosts": _hosts},
    "reason": {"pattern": _pattern, **_RULE},
    "evidence": {"always": _always, **_RULE},
    "grant_hours": {"refused": _hours, "connections": _names, "hosts": _hosts},
    "forwarding": {"required": _always, "minutes": checks.count, "archives": _archives, **_RULE},
    "four_eyes": {
        "from": checks.count,
        **_RULE,
        "everywhere": checks.boolean,
        "allowed_signers": lambda value: Path(checks.path(value)),
        "principals": lambda value: Path(checks.path(value)),
    },
}
"""The keys of each rule. The first one is what it is about, and has to be there."""
_SWITCHES = ("always", "required")


@lru_cache(maxsize=4)
def _parse(text: str, path: Path) -> TeamPolicy:
    document = read_table(parse_toml(text, path), dict.fromkeys(_KEYS, _rule), path, ())
    rules: dict[str, Any] = {name: _read_rule(name, table, path) for name, table in document.items()}
    four_eyes = rules.pop("four_eyes", {})
    files = {name: four_eyes.pop(name) for name in ("allowed_signers", "principals") if name in four_eyes}
    rules |= {f"four_eyes_{name}": value for name, value in four_eyes.items()}
    return TeamPolicy.model_validate({"path": path, **rules, **files})


def _read_rule(name: str, table: Mapping[str, object], path: Path) -> dict[str, Any]:
    keys = _KEYS[name]
    found = read_table(table, keys, path, (name,), [next(iter(keys))])
    if "refused" in found:
        found["start"], found["end"] = found.pop("refused")
    return {key: value for key, value in found.items() if key not in _SWITCHES}
