"""The demo of the console, with everything that Textual writes copied to a file.

    python recorded_console.py FILE

FILE gets a line of JSON for each text written: the width and height of the screen, and the text.
"""

import json
import sys
from pathlib import Path

from textual.driver import Driver

from dfn_tui import paths
from dfn_tui.app import ConsoleApp
from dfn_tui.config import load
from dfn_tui.painting.driver import ThriftyDriver
from dfn_tui.service.connections import Connections

RECORD = Path(sys.argv[1]).open("w", buffering=1)  # noqa: SIM115  open until the end


class RecordingDriver(ThriftyDriver):
    def write(self, data: str) -> None:
        super().write(data)
        print(json.dumps([*self._app.size, data]), file=RECORD)


class RecordedConsole(ConsoleApp):
    def get_driver_class(self) -> type[Driver]:
        return RecordingDriver


if __name__ == "__main__":
    RecordedConsole(Connections(load(paths.config_file())), demo=True).run(mouse=False)
