"""The arguments of `dfn-tui sandbox`, and the sandbox they ask for."""

import argparse
import json
import os
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from dfn_tui.sandbox.codes import ALL
from dfn_tui.sandbox.launch import EXPORT_TOKEN_VARIABLE, TOKEN_VARIABLE, new_token
from dfn_tui.sandbox.options import Absence, Faults, RateLimit, SandboxOptions
from dfn_tui.text import N_, _

_FORM_OF_KIND = (
    r"true|silent|stalled|cut|repeated|page|failed|unmentioned|no-details|user-twice|key-twice"
    r"|[45][0-9]{2}|[1-9][0-9]{3,4}"
)


def _like(pattern: str, words: str, read: Callable[[str], Any] = str) -> Callable[[str], Any]:
    """What reads an option that is written so. It raises ArgumentTypeError, which says `words`."""

    def checked(text: str) -> Any:
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(_(words))
        return read(text)

    return checked


_count = _like(r"[0-9]{1,9}", N_("this is a whole number from 0 to 999999999"), int)
_rate = _like(r"0|1|1\.0{1,9}|0?\.[0-9]{1,9}", N_("a rate is a number from 0 to 1"), float)
_kind = _like(_FORM_OF_KIND, N_("this is none of the kinds of answers that --help names"))


def _rate_limit(text: str) -> RateLimit | None:
    try:
        return None if text == "none" else RateLimit.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _("a rate limit is written like 100/1m (y, M, d, H, m or s), or none")
        ) from None


def _users(text: str) -> frozenset[str]:
    users = frozenset(text.split(","))
    if "" in users:
        raise argparse.ArgumentTypeError(_("user ids are written like user-0001,user-0002"))
    return users


def _odd_value(text: str) -> tuple[str, str]:
    name, _equals, value = text.partition("=")
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        name = ""
    if not name:
        raise argparse.ArgumentTypeError(_("an odd value is a field and its JSON, like 'memo=[1]'"))
    return name, value


def _date(text: str) -> str:
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError(_("a Date header is plain text on one line"))
    return text


# How the options are read: by the name of the field, or by its type. A choice of words needs no telling.
_READ: dict[Any, dict[str, Any]] = {
    "refuse": {"choices": ALL, "metavar": "CODE"},
    "date": {"type": _date, "metavar": "DATE"},
    "apply_after_ms": {"type": lambda text: None if text == "never" else _count(text), "metavar": "MS|never"},
    "odd_values": {"type": _odd_value, "metavar": "FIELD=JSON", "action": "append"},
    "export_cut_after": {"type": _count, "metavar": "ROWS"},
    "retry_after": {"type": _count, "metavar": "SECONDS"},
    int: {"type": _count, "metavar": "MS"},
    float: {"type": _rate, "metavar": "RATE"},
    str: {"type": _kind, "metavar": "KIND"},
    frozenset[str]: {"type": _users, "metavar": "ID,ID"},
    RateLimit | None: {"type": _rate_limit, "metavar": "100/1m|none"},
}


_KINDS = N_(
    "KIND is true, or what goes wrong: silent (no answer ever), stalled (headers and half the "
    "body), cut (the connection), repeated (sent twice on one connection), page (to log in, "
    "HTTP 200), an HTTP status like 408 (with a page), a code like 4007 (for the whole "
    "request), failed (users are in failure_details), unmentioned (users are left out), "
    "no-details (failure_details is left out), user-twice or key-twice (with different values)."
)
_EXPLAINED = {
    N_("every request"): {
        "latency_ms": N_("milliseconds to wait before the request is looked at"),
        "error_rate": N_("HTTP 500 for this share of requests, of which nothing is applied"),
        "drop_rate": N_("apply this share of requests, then cut the connection"),
        "refuse": N_("refuse every call with this code, where it has it; 4006 is 429 for ever"),
        "date": N_("the Date header: seconds off the clock (+90, -90), none, or any other text as it is"),
        "delete_key": N_("the key CI delete takes the ids under"),
    },
    N_("some users of version 1"): {
        "busy_rate": N_("code 5003 for this share of users, who are neither read nor written"),
        "busy_users": N_("these are busy always"),
        "bad_users": N_("with one of these a whole batch of writes is refused with 4007"),
    },
    N_("lies"): {
        "only_users": N_("whom lies, odd and normalised values are about; all where nobody is named"),
        "write_answer": N_("how a write is answered, whatever was done"),
        "read_answer": N_("how a read is answered"),
        "read_back": N_("how a read is answered of users who were written before"),
        "apply_after_ms": N_("milliseconds until a write is applied"),
        "read_lag_ms": N_("reads show what was so this many milliseconds ago"),
    },
    N_("values"): {
        "absent_flags": N_("how flags that were never set are spelt"),
        "absent_properties": N_("the same for the standard properties, and those asked for by name"),
        "absent_ci": N_("the same for CI fields"),
        "absent_export": N_("the same in the export"),
        "odd_values": N_("a field that reads as this JSON, like 'memo=[1]'; may be repeated"),
        "normalise": N_("read texts trimmed, or numbers and Booleans as text"),
    },
    N_("the export"): {
        "export_identities": N_(
            "df_external_id: where it is asked for; only with all properties; where it is asked for in the "
            "older form; or never"
        ),
        "export_columns": N_("the columns asked for, or without the last of them"),
        "export_cut_after": N_("cut the connection after so many rows"),
    },
    N_("rate limits"): {
        "rate_limit": N_("refuse beyond this many calls in each period"),
        "export_rate_limit": N_("the same for exports"),
        "rate_limit_reset": N_("the unit of the reset header, or a reset in a year"),
        "rate_limit_spelling": N_("how the headers begin, or none of them"),
        "retry_after": N_("a Retry-After header with every such refusal"),
    },
}
"""What each option of a fault does, by the group it is shown in."""


def add_sandbox(parser: argparse.ArgumentParser) -> None:
    defaults = SandboxOptions()
    parser.set_defaults(run="dfn_tui.sandbox.command:run")
    parser.add_argument("--host", default="127.0.0.1", help=_("a loopback address"))
    parser.add_argument("--port", type=_count, default=0, help=_("0, the default, takes any free port"))
    parser.add_argument("--state", type=Path, metavar="FILE.db", help=_("keep the state in this SQLite file"))
    parser.add_argument("--users", type=_count, default=defaults.users, help=_("how many users to make up"))
    parser.add_argument("--no-odd-users", action="store_true", help=_("make up no odd-list and so on"))
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help=_("the same seed makes the same users")
    )
    parser.add_argument("--token", help=_("the API token to accept, which is also the import token"))
    parser.add_argument("--export-token", help=_("the export token to accept"))
    parser.add_argument("--service-id", default=defaults.service_id, help=_("the service id of version 2"))
    parser.add_argument("--listen-fd", type=_count, metavar="FD", help=_("a listening socket to take over"))
    parser.add_argument("--until-eof", action="store_true", help=_("stop when the standard input is closed"))
    types = get_type_hints(Faults)
    for title, switches in _EXPLAINED.items():
        group = parser.add_argument_group(_(title), _(_KINDS) if "write_answer" in switches else None)
        for name, explained in switches.items():
            how = _READ.get(name) or _READ.get(types[name]) or {"choices": get_args(types[name])}
            default = None if "action" in how else getattr(defaults.faults, name)
            group.add_argument("--" + name.replace("_", "-"), default=default, help=_(explained), **how)
    parser.add_argument("--absent", choices=get_args(Absence), help=_("all four --absent-… options at once"))


def options_of(args: argparse.Namespace) -> SandboxOptions:
    """What these arguments and the environment ask for; tokens that neither gives are new."""
    faults = {one.name: getattr(args, one.name) for one in fields(Faults)}
    faults["odd_values"] = dict(args.odd_values or ())
    if args.absent is not None:
        faults |= dict.fromkeys((name for name in faults if name.startswith("absent_")), args.absent)
    return SandboxOptions(
        token=args.token or os.environ.get(TOKEN_VARIABLE) or new_token(),
        export_token=args.export_token or os.environ.get(EXPORT_TOKEN_VARIABLE) or new_token(),
        service_id=args.service_id,
        users=args.users,
        odd_users=not args.no_odd_users,
        seed=args.seed,
        state=args.state,
        faults=Faults(**faults),
    )
