"""What a list is taken for, and what is wrong with its rows. Nothing is sent, and nobody is asked."""

import argparse
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import chain

from dfn_tui import paths
from dfn_tui.cli.bulk.lists import GivenList, list_name
from dfn_tui.cli.bulk.output import bad_json
from dfn_tui.cli.choice import required
from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import Record, RecordView, is_asked_for, write_records
from dfn_tui.cli.output import say
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.config import load
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.ingest import Taken, take_in
from dfn_tui.service.bulk.input.mapping import Mapping, MappingNeeded, Role, mapping_lines
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.plan.file import BadRow
from dfn_tui.service.bulk.plan.format import bad_words
from dfn_tui.service.context import ConnectionContext, Mode
from dfn_tui.text import _, ngettext, sanitize

_BAD_SHOWN = 20
_SHAPES = 1000  # at most that are told apart
_FEW = 10  # ids of a shape are few where there are so many times more of the common one
_RUNS = ((re.compile("[A-Za-z]+"), "a"), (re.compile("[0-9]+"), "0"), (re.compile("[가-힣]+"), "가"))


def inspect(args: argparse.Namespace) -> ExitCode:
    """Reads all of a list and says what it found. Raises `ConsoleError`."""
    connection = required(load(paths.config_file()), args.connection)
    has = ConnectionContext(connection, Mode(True, "inspect")).capabilities
    with GivenList(args, has) as given:
        try:
            source = given.read()
        except MappingNeeded as needed:
            _tell_supposed(args, given, needed)
            raise
        return _tell(args, source)


def _tell_supposed(args: argparse.Namespace, given: GivenList, needed: MappingNeeded) -> None:
    """What can be counted while something is asked: as if it were answered as is suggested."""
    source, taken = given.suppose(needed), None
    # What is wrong with rows that are only supposed is no answer: the question is.
    with closing(sqlite3.connect("")) as db, suppress(ConsoleError):
        taken = take_in(source, db) if source is not None else None
    if is_asked_for(args):
        found = _as_json(source, taken) if source is not None and taken is not None else {}
        kind = found.get("kind") if needed.mapping.users else None
        question = {"question": needed.happened.partition("\n")[0], "answer": needed.next_step}
        open_ones = {"kind": kind, "columns": _columns_json(needed.mapping)}
        told = found | open_ones | {"remarks": given.source.remarks()} | question
        write_records(args, [told], _list_view())
        return
    name = sanitize(list_name(args), 200)
    if source is None or taken is None:
        say(_("{name}: its rows cannot be counted before this is said.").format(name=name))
        return
    form = ", ".join(filter(None, (source.form.value, source.encoding)))
    say(_("{name}: {form}. Supposed that it is as suggested below:").format(name=name, form=form))
    say(_counts(taken))
    for remark in given.source.remarks():
        say(remark)


def _tell(args: argparse.Namespace, source: BulkInput) -> ExitCode:
    # Nameless, and on the disk where it is large.
    with closing(sqlite3.connect("")) as db:
        taken = take_in(source, db)
        bad = db.execute("SELECT line, fault, reason, shown FROM input_bad ORDER BY line")
        if is_asked_for(args):
            told = chain([_as_json(source, taken)], (bad_json(BadRow(*row)) for row in bad))
            write_records(args, told, _list_view())
        else:
            for row in bad.fetchmany(_BAD_SHOWN):
                say(bad_words(BadRow(*row)))
            for line in _lines(args, source, taken, db):
                say(line)
    return ExitCode.SOME_FAILED if taken.bad else ExitCode.DONE


_OF_LIST = ("form", "encoding", "kind", "columns", "users", "duplicates", "bad", "blank", "remarks")
_OF_QUESTION = ("question", "answer")
_OF_ROW = ("line", "user_id", "outcome", "code", "message")


def _list_view() -> RecordView[Record]:
    """First the list as a whole, then its bad rows."""
    headings = (Heading(_("what"), least=12, whole=True), Heading(_("found"), least=20))
    return RecordView(lambda one: one, (*_OF_LIST, *_OF_QUESTION, *_OF_ROW), headings, _cells)


def _cells(one: Record) -> Iterator[Row]:
    """A line for each column of the list, and for each figure."""
    if "line" in one:
        where = _("line {line}").format(line=one["line"])
        who = sanitize(str(one["user_id"] or "–"), 60)
        yield TableCell(where), TableCell(f"{who}: {sanitize(str(one['message']))}", "danger")
        return
    for name in (*_OF_LIST, *_OF_QUESTION):
        for label, words in _found(name, one.get(name)):
            yield TableCell(label, "label"), TableCell(words)


def _found(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for part in value:
            if isinstance(part, dict):
                words = " ".join(sanitize(str(part[key]), 60) for key in ("role", "name") if part.get(key))
                if part.get("suggestion"):
                    words += f" → {sanitize(str(part['suggestion']), 60)}?"
                yield sanitize(str(part["head"]), 40), words
            else:
                yield name, sanitize(str(part))
    elif value is not None and value != "":
        yield name, f"{value:,}" if isinstance(value, int) else sanitize(str(value))


def _lines(args: argparse.Namespace, source: BulkInput, taken: Taken, db: sqlite3.Connection) -> list[str]:
    form = ", ".join(filter(None, (source.form.value, source.encoding)))
    name = sanitize(list_name(args), 200)
    lines = [
        _("{name}: {form}; users by {kind}.").format(name=name, form=form, kind=_named_by(source, taken)),
        *source.source.remarks(),
        *mapping_lines(source.mapping),
        *source.remarks(),
        _counts(taken),
    ]
    unlike, first = _unlike(db)
    if unlike:
        words = ngettext(
            "{count} id is unlike the others, in line {line}.",
            "{count} ids are unlike the others, the first in line {line}.",
            unlike,
        )
        lines.append(words.format(count=f"{unlike:,}", line=first))
    return [*lines, _("Nothing was sent, and nobody was asked.")]


def _counts(taken: Taken) -> str:
    return _("Users: {users}; rows the same again: {duplicates}; bad: {bad}; blank: {blank}.").format(
        users=f"{taken.users:,}",
        duplicates=f"{taken.duplicates:,}",
        bad=f"{taken.bad:,}",
        blank=f"{taken.blank:,}",
    )


def _named_by(source: BulkInput, taken: Taken) -> str:
    return ", ".join(taken.several or (source.kind,))


def _unlike(db: sqlite3.Connection) -> tuple[int, int]:
    """How many ids are built unlike nearly all others, and the first line with one."""
    shapes: Counter[str] = Counter()
    lines: dict[str, int] = {}
    for line, user in db.execute("SELECT line, user FROM input_row ORDER BY line"):
        shape = user
        for run, sign in _RUNS:
            shape = run.sub(sign, shape)
        if len(shapes) < _SHAPES or shape in shapes:
            shapes[shape] += 1
            lines.setdefault(shape, line)
    most = max(shapes.values(), default=0)
    few = [shape for shape, count in shapes.items() if count < most and count * _FEW <= most]
    return sum(shapes[shape] for shape in few), min((lines[shape] for shape in few), default=0)


def _columns_json(mapping: Mapping) -> list[dict[str, str | None]]:
    return [
        {"head": one.head, "role": one.role.value, "name": one.name or None}
        | ({"suggestion": one.suggestion or None} if one.role is Role.OPEN else {})
        for one in mapping.columns
    ]


def _as_json(source: BulkInput, taken: Taken) -> dict[str, object]:
    return {
        "form": source.form.value,
        "encoding": source.encoding,
        "kind": _named_by(source, taken),
        "columns": _columns_json(source.mapping),
        "users": taken.users,
        "duplicates": taken.duplicates,
        "bad": taken.bad,
        "blank": taken.blank,
        "remarks": [*source.source.remarks(), *source.remarks()],
    }
