"""`dfn-tui snapshot status` and `show`: nobody is asked but the file and the journal."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.ids import given_ids, identities, ids_of_file
from dfn_tui.cli.output import say
from dfn_tui.cli.reading import shown_json
from dfn_tui.cli.session import opened
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.flags import Flag
from dfn_tui.consent.messages import state_role
from dfn_tui.errors import ConsoleError
from dfn_tui.service.history import state_of
from dfn_tui.service.personal import shown_value
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.format import (
    age_words,
    exports_words,
    flag_words,
    head_lines,
    property_words,
    value_now,
)
from dfn_tui.service.snapshots.snapshots import NoExport, Snapshots, SnapshotStatus
from dfn_tui.service.snapshots.view import SnapshotView
from dfn_tui.service.types import Identity, Value
from dfn_tui.text import _, padded, sanitize, width

Found = tuple[Identity, SnapshotView]


def status(args: argparse.Namespace) -> int:
    """Shows what there is: 0 done, 1 it cannot be read. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        found = runner.run(_snapshots(session).status())
        now = session.clock()
    write_records(args, [found], _status_view(now), lines_seen=True)
    return ExitCode.SOME_FAILED if found.trouble else ExitCode.DONE


def _status_view(now: datetime) -> RecordView[SnapshotStatus]:
    moments, counts = ("began", "ended", "expires"), ("users", "rows", "without_id", "repeated", "ambiguous")
    exports = ("exports.asked", "exports.limit")
    columns = ("taken", "audience", *moments, *counts, "trouble", *exports, "file")
    return RecordView(
        _status_record,
        columns,
        [Heading(_("snapshot"))],
        lambda found: ([TableCell(line)] for line in _status_lines(found, now)),
        lambda found: _status_lines(found, now),
    )


def _status_lines(found: SnapshotStatus, now: datetime) -> Iterator[str]:
    if found.head is not None:
        yield from head_lines(found.head, now)
    elif found.trouble is None:
        yield _("There is no snapshot of this connection: dfn-tui snapshot take")
    if found.trouble is not None:
        if found.began is not None:
            yield _("There is a snapshot {age}, by what its file says.").format(
                age=age_words(found.began, now)
            )
        yield f"{found.trouble.title}. {found.trouble.happened} {found.trouble.next_step}"
    yield exports_words(found)


def _status_record(found: SnapshotStatus) -> dict[str, object]:
    head = found.head
    kept: dict[str, object] = {"taken": False}
    if head is not None:
        kept = {
            "taken": True,
            "audience": head.audience,
            "began": head.began.isoformat(timespec="seconds"),
            "ended": head.ended.isoformat(timespec="seconds"),
            "expires": head.expires.isoformat(timespec="seconds"),
            "users": head.users,
            "rows": head.rows,
            "without_id": head.empty,
            "repeated": head.repeated,
            "ambiguous": head.ambiguous,
            "consents": {name: _named(counts) for name, counts in head.states.items()},
            "properties": list(head.extras),
        }
    trouble = None if found.trouble is None else f"{found.trouble.title}. {found.trouble.happened}"
    exports = {"asked": len(found.asked), "limit": found.limit}
    return {**kept, "trouble": trouble, "exports": exports, "file": str(found.path)}


_LETTERS = {"t": "subscribed", "f": "unsubscribed", "n": "never_set", "x": "unreadable", "d": "differing"}


def _named(counts: object) -> dict[str, int]:
    found = dict(counts) if isinstance(counts, dict) else {}
    return {name: found.get(letter, 0) for letter, name in _LETTERS.items()}


def show(args: argparse.Namespace) -> int:
    """Shows what it says of users: 0 of all of them, 1 some are not in it. Raises `ConsoleError`."""
    if bool(args.words) == (args.file is not None):
        raise ConsoleError(
            _("Whom to show?"),
            _("Either ids are given, or a file with them."),
            _("Write the ids, or --from FILE."),
        )
    ids = given_ids(args.words) if args.file is None else ids_of_file(args.file)
    with opened(args) as (session, runner):
        wanted = identities(ids, args.kind, session.capabilities)
        views = runner.run(_views(_snapshots(session), wanted))
        found = [(one, views[one]) for one in wanted]
        names = list(dict.fromkeys(name for view in views.values() for name in view.properties))
        view = _UsersView(session.capabilities.flags, names, session.clock(), revealed=args.reveal)
    write_records(args, found, view.records(), lines_seen=len(found) == 1)
    missing = sum(not view.kept for _one, view in found)
    if missing and len(found) > 1:
        say(
            _("{count} of {total} are not in the snapshot; the server may know them all the same.").format(
                count=f"{missing:,}", total=f"{len(found):,}"
            )
        )
    return ExitCode.SOME_FAILED if missing and not args.allow_unknown else ExitCode.DONE


async def _views(snapshots: Snapshots, wanted: Sequence[Identity]) -> "dict[Identity, SnapshotView]":
    await snapshots.require_head()
    return dict(await snapshots.views(wanted))


class _UsersView:
    """What is printed of users: these consents and properties. `now` is what ages are told by."""

    def __init__(self, flags: Sequence[Flag], names: Sequence[str], now: datetime, *, revealed: bool) -> None:
        self._flags = flags
        self._names = names
        self._now = now
        self._revealed = revealed

    def records(self) -> RecordView[Found]:
        flags = [flag.value for flag in self._flags]
        headings = (
            Heading(_("user"), least=8, whole=True),
            Heading(_("as of"), least=8),
            Heading(_("field"), least=8),
            Heading(_("value"), least=12),
        )
        columns = ("user_id", "in_snapshot", "as_of", *flags, *self._names, "later")
        return RecordView(self._record, columns, headings, self._cells, self._lines, self._rows)

    def _fields(self, view: SnapshotView) -> Iterator[tuple[str, str, str]]:
        """Each field's name, what is known of it in words, and its colour."""
        for flag in self._flags:
            if view.kept or flag.value in view.later:
                yield flag.value, flag_words(view, flag), state_role(state_of(value_now(view, flag.value)))
        for name in self._names:
            value = value_now(view, name)
            text = _("(none)") if value is None else shown_value(name, value, revealed=self._revealed)
            yield sanitize(name), property_words(view, name, text), ""

    def _age(self, view: SnapshotView) -> str:
        return age_words(view.as_of, self._now) if view.as_of else ""

    def _lines(self, found: Found) -> Iterator[str]:
        one, view = found
        age = self._age(view)
        yield sanitize(one.value) + (f"  ({age})" if age else "")
        if not view.kept:
            yield f"  {view.why}"
        fields = list(self._fields(view))
        wide = max((width(name) for name, _words, _role in fields), default=0)
        for name, words, _role in fields:
            yield f"  {padded(name, wide)}  {words}"

    def _cells(self, found: Found) -> Iterator[Row]:
        one, view = found
        first = TableCell(sanitize(one.value)), TableCell(self._age(view), "label")
        if not view.kept:
            yield *first, TableCell(""), TableCell(view.why, "warn")
        for name, words, role in self._fields(view):
            yield *first, TableCell(name), TableCell(words, role)

    def _record(self, found: Found) -> dict[str, object]:
        one, view = found
        consents = {flag.value: state.value for flag, state in view.consents.items()}
        return {
            "user_id": one.value,
            "kind": one.kind.value,
            "in_snapshot": view.kept,
            "as_of": view.as_of.isoformat(timespec="seconds") if view.as_of else None,
            "consents": {flag.value: consents.get(flag.value) for flag in self._flags} if view.kept else {},
            "properties": self._properties(view),
            "unreadable": dict(view.unreadable),
            "later": {
                name: {
                    "value": shown_json(name, later.value, self._revealed),
                    "at": later.at.isoformat(timespec="seconds"),
                    "outcome": later.outcome.value if later.outcome else "open",
                    "entry": later.entry,
                }
                for name, later in view.later.items()
            },
            "message": view.why,
        }

    def _properties(self, view: SnapshotView) -> dict[str, Value | None]:
        return {name: shown_json(name, view.properties.get(name), self._revealed) for name in self._names}

    def _rows(self, found: Found) -> Iterator[dict[str, object]]:
        """A row for each user, as the export said it; what was written since is in the last column."""
        one, view = found
        later = "; ".join(
            f"{name}={write.value} ({write.outcome or 'open'})" for name, write in view.later.items()
        )
        row: dict[str, object] = {
            "user_id": one.value,
            "in_snapshot": view.kept,
            "as_of": view.as_of.isoformat(timespec="seconds") if view.as_of else None,
            "later": later,
        }
        consents = {flag.value: state.value for flag, state in view.consents.items()}
        yield row | self._properties(view) | consents


def _snapshots(session: Session) -> Snapshots:
    if session.snapshots is None:
        raise NoExport
    return session.snapshots
