"""A list that a command is given: opened, with what was said of its columns."""

import argparse
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os.path import lexists
from pathlib import Path
from typing import BinaryIO

from dfn_tui.cli.assignments import edits_for_all
from dfn_tui.cli.ids import STDIN, identity_kind
from dfn_tui.cli.stdin import is_stdin, piped_bytes
from dfn_tui.errors import ConsoleError
from dfn_tui.files import Closing
from dfn_tui.service.bulk.input.mapping import MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.source import Hidden, SourceOptions, open_source
from dfn_tui.service.bulk.input.supposing import suppose
from dfn_tui.service.types import Capabilities
from dfn_tui.text import _, sanitize


class GivenList(Closing):
    """A list as it was given, with what was said of its columns. Holds its file open."""

    def __init__(self, args: argparse.Namespace, has: Capabilities, *, users_only: bool = False) -> None:
        """`users_only`: nothing is wanted of its users. Raises `ConsoleError`."""
        self._args = args
        self._has = has
        self._for_all = () if users_only else edits_for_all(args.words, has)
        self._kind = None if args.kind is None else identity_kind(args.kind, has)
        self._asked = MappingOptions(
            maps=tuple(args.map),
            ignored=tuple(args.ignore),
            values=tuple(args.values),
            new_properties=() if users_only else tuple(args.new_property),
            ignore_others=args.ignore_others,
            no_head=args.no_head,
            users_only=users_only,
        )
        given: Path | BinaryIO = piped_bytes() if str(args.file) == STDIN else args.file
        self.source = open_source(given, source_options(args))

    def read(self) -> BulkInput:
        """The users in it. Raises `ConsoleError`; where something is to be said of its columns, with the
        command that says it."""
        try:
            return BulkInput(self.source, self._has, self._for_all, self._kind, self._asked)
        except MappingNeeded as needed:
            typed = sanitize(shlex.join(["dfn-tui", *self._args.typed, *needed.options]))
            needed.next_step = f"{_('Say it')}: {typed}"
            raise

    def suppose(self, needed: MappingNeeded) -> BulkInput | None:
        """The same as it would be with what is suggested, for its figures."""
        return suppose(self.source, self._has, self._for_all, self._kind, self._asked, needed)

    def close(self) -> None:
        """Closes the file."""
        self.source.close()


@contextmanager
def opened_list(
    args: argparse.Namespace, has: Capabilities, *, users_only: bool = False
) -> Iterator[BulkInput]:
    """The list. As `GivenList`."""
    with GivenList(args, has, users_only=users_only) as given:
        yield given.read()


def list_name(args: argparse.Namespace) -> str:
    """What the list is called."""
    return _("standard input") if str(args.file) == STDIN else args.file.name


def check_new_file(path: Path, given: Path, own_input: str, *, force: bool) -> None:
    """Raises `ConsoleError` where a file that is to be written would take the place of one that it must not:
    never of what it is made of (`own_input` says so), however that is spelt or linked."""
    with suppress(OSError):  # one of them is not there
        if is_stdin(path) if str(given) == STDIN else path.samefile(given):
            raise ConsoleError(
                own_input,
                _("{path} was left as it is.").format(path=sanitize(str(path), 200)),
                _("Name another file."),
            )
    if lexists(path) and not force:
        raise ConsoleError(
            _("This file is there already"),
            _("{path} was left as it is.").format(path=sanitize(str(path), 200)),
            _("Name another file, or give --force."),
        )


def source_options(args: argparse.Namespace) -> SourceOptions:
    """How the operator says that the file is to be read."""
    return SourceOptions(args.encoding, args.sheet, Hidden(args.hidden) if args.hidden else None)
