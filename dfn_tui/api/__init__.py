"""Both API versions over HTTP."""

import sys

# httpx brings its command line along wherever click is installed, and rich with it: a tenth of a short
# command, for nothing. httpx itself goes on where it cannot be imported.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
