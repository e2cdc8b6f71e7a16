"""The arguments of `dfn-tui sandbox`, and the sandbox they ask for."""

import argparse
import os
from pathlib import Path
from typing import get_args

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
    _add_failures(parser.add_argument_group(_("faults")))
    _add_rate_limits(parser.add_argument_group(_("rate limits")))


def _add_failures(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--latency-ms", type=_count, default=0, help=_("wait before every answer"))
    group.add_argument("--busy-rate", type=_rate, default=0.0, help=_("code 5003 for this share of users"))
    group.add_argument("--error-rate", type=_rate, default=0.0, help=_("HTTP 500 for this share of requests"))
    group.add_argument(
        "--drop-rate",
        type=_rate,
        default=0.0,
        help=_("apply this share of requests, then cut the connection"),
    )
    group.add_argument(
        "--refuse", choices=ALL, metavar="CODE", help=_("refuse every call with this code, where it has it")
    )
    group.add_argument(
        "--delete-key",
        choices=get_args(DeleteKey),
        default=Faults().delete_key,
        help=_("the key CI delete takes the ids under"),
    )


def _add_rate_limits(group: argparse._ArgumentGroup) -> None:
    faults = Faults()
    group.add_argument(
        "--rate-limit",
        type=_rate_limit,
        default=faults.rate_limit,
        metavar="100/1m|none",
        help=_("answer 429 beyond this many calls in each period"),
    )
    group.add_argument(
        "--export-rate-limit",
        type=_rate_limit,
        default=faults.export_rate_limit,
        metavar="100/1H|none",
        help=_("the same for exports"),
    )
    group.add_argument(
        "--rate-limit-reset",
        choices=get_args(Reset),
        default=faults.rate_limit_reset,
        help=_("the unit of the reset header"),
    )
    group.add_argument(
        "--rate-limit-spelling",
        choices=get_args(Spelling),
        default=faults.rate_limit_spelling,
        help=_("how the headers begin, or none of them"),
    )


def options_of(args: argparse.Namespace) -> SandboxOptions:
    """What these arguments and the environment ask for; tokens that neither gives are new."""
    return SandboxOptions(
        token=args.token or os.environ.get(TOKEN_VARIABLE) or new_token(),
        export_token=args.export_token or os.environ.get(EXPORT_TOKEN_VARIABLE) or new_token(),
        service_id=args.service_id,
        users=args.users,
        seed=args.seed,
        state=args.state,
        faults=Faults(
            latency_ms=args.latency_ms,
            busy_rate=args.busy_rate,
            error_rate=args.error_rate,
            drop_rate=args.drop_rate,
            refuse=args.refuse,
            rate_limit=args.rate_limit,
            export_rate_limit=args.export_rate_limit,
            rate_limit_reset=args.rate_limit_reset,
            rate_limit_spelling=args.rate_limit_spelling,
            delete_key=args.delete_key,
        ),
    )
