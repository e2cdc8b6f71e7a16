"""The arguments of `dfn-tui sandbox`, and the sandbox they ask for."""

import argparse
import os
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from dfn_tui.sandbox.codes import ALL
from dfn_tui.sandbox.launch import EXPORT_TOKEN_VARIABLE, TOKEN_VARIABLE, new_token
from dfn_tui.sandbox.options import DeleteKey, Faults, RateLimit, Reset, SandboxOptions, Spelling
from dfn_tui.text import _


def _rate(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(_("a rate is a number from 0 to 1"))
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(_("a count is not negative"))
    return value


def _rate_limit(text: str) -> RateLimit | None:
    if text == "none":
        return None
    try:
        return RateLimit.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _("a rate limit is written like 100/1m (y, M, d, H, m or s), or none")
        ) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `dfn-tui sandbox`."""
    defaults = SandboxOptions()
    parser.set_defaults(run="dfn_tui.sandbox.command:run")
    parser.add_argument("--host", default="127.0.0.1", help=_("a loopback address"))
    parser.add_argument("--port", type=_count, default=0, help=_("0, the default, takes any free port"))
    parser.add_argument("--state", type=Path, metavar="FILE.db", help=_("keep the state in this SQLite file"))
    parser.add_argument("--users", type=_count, default=defaults.users, help=_("how many users to make up"))
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help=_("the same seed makes the same users")
    )
    parser.add_argument("--token", help=_("the API token to accept, which is also the import token"))
    parser.add_argument("--export-token", help=_("the export token to accept"))
    parser.add_argument("--service-id", default=defaults.service_id, help=_("the service id of generation 2"))
    parser.add_argument("--listen-fd", type=_count, metavar="FD", help=_("a listening socket to take over"))
    parser.add_argument("--until-eof", action="store_true", help=_("stop when the standard input is closed"))
    _add_faults(parser)


def _add_faults(parser: argparse.ArgumentParser) -> None:
    """One option for each of `Faults`, whose defaults hold."""
    defaults = Faults()
    group = parser.add_argument_group(_("faults"))

    def add(name: str, explained: str, **how: Any) -> None:
        default = getattr(defaults, name.replace("-", "_"))
        group.add_argument(f"--{name}", default=default, help=explained, **how)

    add("latency-ms", _("wait before every answer"), type=_count)
    add("busy-rate", _("code 5003 for this share of users"), type=_rate)
    add("error-rate", _("HTTP 500 for this share of requests"), type=_rate)
    add("drop-rate", _("apply this share of requests, then cut the connection"), type=_rate)
    add("refuse", _("refuse every call with this code, where it has it"), choices=ALL, metavar="CODE")
    add("delete-key", _("the key CI delete takes the ids under"), choices=get_args(DeleteKey))
    group = parser.add_argument_group(_("rate limits"))
    often = _("answer 429 beyond this many calls in each period")
    add("rate-limit", often, type=_rate_limit, metavar="100/1m|none")
    add("export-rate-limit", _("the same for exports"), type=_rate_limit, metavar="100/1H|none")
    add("rate-limit-reset", _("the unit of the reset header"), choices=get_args(Reset))
    add("rate-limit-spelling", _("how the headers begin, or none of them"), choices=get_args(Spelling))


def options_of(args: argparse.Namespace) -> SandboxOptions:
    """What these arguments and the environment ask for; tokens that neither gives are new."""
    return SandboxOptions(
        token=args.token or os.environ.get(TOKEN_VARIABLE) or new_token(),
        export_token=args.export_token or os.environ.get(EXPORT_TOKEN_VARIABLE) or new_token(),
        service_id=args.service_id,
        users=args.users,
        seed=args.seed,
        state=args.state,
        faults=Faults(**{one.name: vars(args)[one.name] for one in fields(Faults) if one.name in args}),
    )
