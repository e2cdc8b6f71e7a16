"""What a sandbox and the process that starts it have to agree on. Light: the first screen waits for it."""

import os
from importlib.util import find_spec

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _

TOKEN_VARIABLE = "DFN_TUI_SANDBOX_TOKEN"  # noqa: S105  the name of a variable
EXPORT_TOKEN_VARIABLE = "DFN_TUI_SANDBOX_EXPORT_TOKEN"  # noqa: S105
SERVICE_ID = "sandbox"
"""The service id of version 2, where none is chosen."""


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
