"""`dfn-tui sandbox`: the sandbox from the command line. The web server is imported only when it runs."""

import argparse
import os
import signal
import sys
import threading

from dfn_tui.errors import ConsoleError
from dfn_tui.sandbox.arguments import options_of
from dfn_tui.sandbox.launch import inherited, listen, require_server, url_of
from dfn_tui.text import _


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
    options = options_of(args)
    with listen(args.host, args.port) if args.listen_fd is None else inherited(args.listen_fd) as sock:
        from dfn_tui.sandbox.server import serve  # noqa: PLC0415  the server is an extra, and slow to import

        rows = {
            _("URL"): url_of(sock),
            _("API and import token"): options.token,
            _("Export token"): options.export_token,
            _("Service id"): options.service_id,
        }
        print("\n".join(f"{name}: {value}" for name, value in rows.items()), flush=True)
        serve(options, sock)


def _stop_at_eof() -> None:
    try:
        while os.read(sys.stdin.fileno(), 4096):
            pass
    finally:  # an input that cannot be read is at its end, too
        os.kill(os.getpid(), signal.SIGTERM)
