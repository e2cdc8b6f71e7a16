"""Puts the translations as they are read, a man page and the shells' completions into the wheel, made from
the command line itself while it is built: kept as files, they would say what the commands once were."""

import argparse
import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parents[1]
COMPLETIONS = {
    "bash": "share/bash-completion/completions/dfn-tui",
    "zsh": "share/zsh/site-functions/_dfn-tui",
    "fish": "share/fish/vendor_completions.d/dfn-tui.fish",
}
MAN_PAGE = "share/man/man1/dfn-tui.1"
FILES = """config.toml, the journal, jobs, snapshots and kept edits: "dfn-tui doctor" says where they are
here, and "dfn-tui help environment" by which variables they are put elsewhere."""
SEE_ALSO = '"dfn-tui help" lists the pages of the manual, "dfn-tui help TOPIC" shows one.'


class SharedFiles(BuildHookInterface[Any]):
    """The hook of a wheel; an editable install has the translations alone, beside their sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, str(ROOT / ".ci"))
        try:
            from messages import compile_catalogues
        finally:
            sys.path.remove(str(ROOT / ".ci"))
        build_data["artifacts"] += [str(path.relative_to(ROOT)) for path in compile_catalogues()]
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory()
        sys.path.insert(0, str(ROOT))
        try:
            made = {MAN_PAGE: man_page(), **{path: completion(shell) for shell, path in COMPLETIONS.items()}}
        finally:
            sys.path.remove(str(ROOT))
        for number, (path, text) in enumerate(made.items()):
            file = Path(self.folder.name) / str(number)
            file.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(file)] = path

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.folder.cleanup()


def man_page() -> str:
    from argparse_manpage.manpage import Manpage

    from dfn_tui import __version__
    from dfn_tui.cli import whole_parser

    parser: Any = whole_parser()
    manual = (ROOT / "dfn_tui/manual/exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", manual, re.MULTILINE)
    codes = "\n".join(f".TP\n{code}\n{meaning.replace('`', '')}" for code, meaning in rows)
    parser._manpage = [
        {"heading": "EXIT STATUS", "content": codes},
        {"heading": "FILES", "content": FILES},
        {"heading": "SEE ALSO", "content": SEE_ALSO},
    ]
    about = {"project_name": "dfn-tui", "version": __version__, "manual_title": "User Commands"}
    return str(Manpage(parser, about, format="single-commands-section"))


def completion(shell: str) -> str:
    from dfn_tui.cli import completion

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        completion.run(argparse.Namespace(connections=False, shell=shell))
    return printed.getvalue()
