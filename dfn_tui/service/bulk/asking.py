"""What an operator types for a new plan, as the session for many users takes it."""

import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.files import make_private_folder
from dfn_tui.service.bulk.input.mapping import NOTHING_SAID, MappingOptions
from dfn_tui.service.bulk.input.reading import BulkInput, open_input
from dfn_tui.service.bulk.input.source import SourceOptions
from dfn_tui.service.bulk.plan.errors import plan_errors
from dfn_tui.service.bulk.plan.file import unused_name
from dfn_tui.service.changes.fields import FieldEdit, parse_assignment
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import file_stamp


class AskingRefused(ConsoleError):
    """What was typed makes no plan. Nothing was read, and nothing sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a plan is for, and what is wanted of all of them.

    Users come from the file at the path `file`, or from the text `pasted`, in any form an input has.
    `changes` are `NAME=VALUE` words, with values that hold blanks in quotation marks; none are needed where
    the input says what is wanted. `kind` is what users are named by where the input does not say, `mapping`
    what was said of its columns, and `options` of how the file is to be read.
    """

    file: str = ""
    pasted: str = ""
    changes: str = ""
    kind: IdentityKind | None = None
    mapping: MappingOptions = NOTHING_SAID
    options: SourceOptions = SourceOptions()  # noqa: RUF009  it is a tuple

    @property
    def name(self) -> str:
        """What the plan calls its input: the file without its folders."""
        return Path(self.file.strip()).name if self.file.strip() else _("pasted text")


def open_asked(asked: Asked, capabilities: Capabilities) -> BulkInput:
    """The users asked for, and what is wanted of each. Raises AskingRefused, ValueRefused, and what
    `open_input` raises."""
    file = asked.file.strip()
    if bool(file) == bool(asked.pasted.strip()):
        raise AskingRefused(
            _("No users are given") if not file else _("Users are given twice"),
            _("The users come from one place: a file, or a pasted list. Nothing was read."),
            _("Give the path of a file, or paste the list."),
        )
    source = _path(file) if file else asked.pasted
    edits = _edits(asked.changes, capabilities)
    return open_input(source, capabilities, edits, asked.kind, asked.mapping, options=asked.options)


def _edits(changes: str, capabilities: Capabilities) -> list[FieldEdit]:
    try:
        words = shlex.split(changes)
    except ValueError:
        raise AskingRefused(
            _("The changes cannot be read"),
            _("A quotation mark is not closed. Nothing was read."),
            _('Write them with blanks between: a=b c="two words"'),
        ) from None
    edits = [parse_assignment(word, capabilities) for word in words]
    if len({(edit.kind, edit.name) for edit in edits}) < len(edits):
        raise AskingRefused(
            _("The changes cannot be read"),
            _("The same name is given twice. Nothing was read."),
            _("Give each name once."),
        )
    return edits


def default_plan_file(jobs: Path, now: datetime) -> Path:
    """Where a plan is saved that nobody named: beside the folder of the jobs, by the Korean time; no plan
    that is there already."""
    folder = jobs.parent / "plans"
    return folder / f"{unused_name(folder, file_stamp(now), '.plan')}.plan"


def new_plan_file(text: str, jobs: Path) -> Path:
    """The path typed for a new plan. Raises AskingRefused where something is there already, so that no plan
    is lost, and PlanError where the folder of plans cannot be made."""
    if not text.strip():
        raise AskingRefused(
            _("No file is named"), _("The plan is saved before anything is sent."), _("Name a new file.")
        )
    path = _path(text).absolute()
    folder = jobs.parent / "plans"
    with plan_errors(path):
        if path.parent == folder.absolute():
            make_private_folder(folder)
        taken = path.exists()
    if taken:
        raise AskingRefused(
            _("There is such a file already"),
            _("{path} is there, and nothing is written over.").format(path=sanitize(str(path), 200)),
            _("Name a new file."),
        )
    return path


def _path(text: str) -> Path:
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError:  # a ~ of nobody
        return Path(text.strip())
