"""What is in memory stays there: a crash writes no token to the disk, and no other program looks in."""

import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4


def keep_to_ourselves() -> None:
    """From now on no core dump of this process is made, also none by a program that collects them, and only
    root may trace it. What the system does not know is left as it is."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415  not everywhere

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            import ctypes  # noqa: PLC0415  nothing else here needs it

            # The limit alone would not do: a dump that goes to a program's standard input has none.
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
