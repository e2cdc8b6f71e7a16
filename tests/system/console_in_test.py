"""The console as a program, with what a test has to know of it written to files.

    python console_in_test.py FOLDER [SETTING=SECONDS ...] [setsid]

FOLDER/errors gets every traceback and log line; FOLDER/code the exit code. Settings are those of
`dfn_tui.terminal`. With `setsid` nobody sends the program a SIGHUP when its terminal goes.
"""

import logging
import os
import sys
import threading
from pathlib import Path

from dfn_tui import terminal
from dfn_tui.cli import main


def run(folder: Path, arguments: list[str]) -> int:
    if "setsid" in arguments:
        arguments.remove("setsid")
        if os.fork():
            os.wait()
            return 0
        os.setsid()
    (folder / "pid").write_text(str(os.getpid()))
    for setting in arguments:
        name, _, seconds = setting.partition("=")
        assert hasattr(terminal, name)
        setattr(terminal, name, float(seconds))
    sys.stderr = (folder / "errors").open("w", buffering=1)  # Textual paints on `sys.__stderr__`
    logging.basicConfig(stream=sys.stderr)
    threading.excepthook = lambda args: logging.error("in a thread", exc_info=args.exc_value)
    code = main([])
    (folder / "code").write_text(str(code))
    return code


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
