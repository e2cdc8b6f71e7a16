"""`dfn-tui sandbox`: the sandbox from the command line. The web server is imported only when it runs."""

import argparse
import os
import secrets
import signal
import socket
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from dfn_tui.errors import ConsoleError
from dfn_tui.sandbox.codes import ALL
from dfn_tui.sandbox.listening import inherited, listen, url_of
from dfn_tui.sandbox.options import DeleteKey, Faults, RateLimit, Reset, SandboxOptions, Spelling
from dfn_tui.text import _

TOKEN_VARIABLE = "DFN_TUI_SANDBOX_TOKEN"  # noqa: S105  the name of a variable
EXPORT_TOKEN_VARIABLE = "DFN_TUI_SANDBOX_EXPORT_TOKEN"  # noqa: S105


def new_token() -> str:
    return secrets.token_urlsafe(24)


def require_server() -> None:
    """Raises ConsoleError where the web server's packages are missing."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise ConsoleError(
            _("The sandbox is not installed"),
            _("The sandbox needs a web server that is not part of the console."),
            _("Install it with: pip install 'dfn-tui[sandbox]'"),
        )


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
    _add_faults(parser.add_argument_group(_("faults")))


def _add_faults(group: argparse._ArgumentGroup) -> None:
    faults = Faults()
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
    group.add_argument(
        "--delete-key",
        choices=get_args(DeleteKey),
        default=faults.delete_key,
        help=_("the key CI delete takes the ids under"),
    )


def _options(args: argparse.Namespace) -> SandboxOptions:
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


def run(args: argparse.Namespace) -> int:
    """Serves until SIGINT, SIGTERM or, with `--until-eof`, the end of the standard input."""
    # SIGTERM takes the same way out as SIGINT, at whatever point of the start it comes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if args.until_eof:
            threading.Thread(target=_stop_at_eof, daemon=True).start()
        _serve(args)
    except KeyboardInterrupt:
        return 0
    except ConsoleError as error:
        print(f"{error.title}\n{error.happened}\n{error.next_step}", file=sys.stderr)
        return 1
    return 0


def _serve(args: argparse.Namespace) -> None:
    require_server()
    options = _options(args)
    with _socket(args) as sock:
        from dfn_tui.sandbox.server import serve  # noqa: PLC0415  the server is an extra, and slow to import

        print(_describe(options, url_of(sock)), flush=True)
        serve(options, sock)


def _socket(args: argparse.Namespace) -> socket.socket:
    return listen(args.host, args.port) if args.listen_fd is None else inherited(args.listen_fd)


def _describe(options: SandboxOptions, url: str) -> str:
    rows = [
        (_("URL"), url),
        (_("API and import token"), options.token),
        (_("Export token"), options.export_token),
        (_("Service id"), options.service_id),
    ]
    return "\n".join(f"{name}: {value}" for name, value in rows)


def _stop_at_eof() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
