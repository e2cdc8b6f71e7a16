"""What a sandbox and the process that starts it have to agree on. Light: the first screen waits for it.

The sandbox listens on loopback sockets and nowhere else: it is for one person on one machine.
"""

import ipaddress
import os
import socket
from importlib.util import find_spec

from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.text import _

TOKEN_VARIABLE = "DFN_TUI_SANDBOX_TOKEN"  # noqa: S105  the name of a variable
EXPORT_TOKEN_VARIABLE = "DFN_TUI_SANDBOX_EXPORT_TOKEN"  # noqa: S105
SERVICE_ID = "sandbox"
"""The service id of version 2, where none is chosen."""
_BACKLOG = 128


def new_token() -> str:
    return os.urandom(24).hex()  # where `secrets` has its own from; importing that takes a while


def require_server() -> None:
    """Raises ConsoleError where the web server's packages are missing."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise ConsoleError(
            _("The sandbox is not installed"),
            _("The sandbox needs a web server that is not part of the console."),
            _("Install it with: pip install 'dfn-tui[sandbox]'"),
        )


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A socket listening on a loopback address; port 0 takes a free one.

    Raises ConsoleError for any other address and where the port is taken.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not _is_loopback(address):
        raise _not_loopback()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise ConsoleError(
            _("The sandbox cannot listen"),
            _("Port {port} on {host} cannot be used: {reason}.").format(
                port=port, host=address, reason=system_reason(error)
            ),
            _("Choose another port, or port 0 for any free one."),
        ) from error
    except OverflowError as error:
        sock.close()
        raise ConsoleError(
            _("The sandbox cannot listen"),
            _("{port} is not a port.").format(port=port),
            _("Choose a port from 0 to 65535; port 0 is any free one."),
        ) from error
    return sock


def inherited(fd: int) -> socket.socket:
    """The listening socket a parent process handed over. Raises ConsoleError for anything else."""
    try:
        sock = socket.socket(fileno=fd)
    except OSError as error:
        raise ConsoleError(
            _("The sandbox cannot listen"),
            _("File descriptor {fd} is not a socket: {reason}.").format(fd=fd, reason=system_reason(error)),
            _("Start the sandbox with a port instead."),
        ) from error
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or not _is_loopback(sock.getsockname()[0]):
        sock.close()
        raise _not_loopback()
    return sock


def url_of(sock: socket.socket) -> str:
    """The base URL of what listens on `sock`."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _not_loopback() -> ConsoleError:
    return ConsoleError(
        _("Only loopback"),
        _("The sandbox listens on loopback addresses only; nothing was started."),
        _("Leave the host out, or name 127.0.0.1 or ::1."),
    )
