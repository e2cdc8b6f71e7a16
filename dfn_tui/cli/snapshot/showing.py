"""`dfn-tui snapshot status` and `show`: nobody is asked but the file and the journal."""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.ids import given_ids, identities, ids_of_file
from dfn_tui.cli.output import json_line, say, write_data, write_json, write_lines, write_text
from dfn_tui.cli.reading import shown_json
from dfn_tui.cli.session import opened
from dfn_tui.consent.flags import Flag
from dfn_tui.errors import ConsoleError
from dfn_tui.service.history_export import spreadsheet_cell
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
from dfn_tui.service.types import Identity
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import Clock


def status(args: argparse.Namespace) -> int:
    """Shows what there is: 0 done, 1 it cannot be read. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        found = runner.run(_snapshots(session).status())
        now = session.clock()
    if args.format == "table":
        write_lines(_status_lines(found, now))
    else:
        _write_json([_status_record(found)], args.format)
    return ExitCode.SOME_FAILED if found.trouble else ExitCode.DONE


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
        missing = _show(args, session, [(one, views[one]) for one in wanted])
    return ExitCode.SOME_FAILED if missing and not args.allow_unknown else ExitCode.DONE


async def _views(snapshots: Snapshots, wanted: Sequence[Identity]) -> "dict[Identity, SnapshotView]":
    found = await snapshots.status()
    if found.trouble is not None:
        raise found.trouble
    if found.head is None:
        raise ConsoleError(
            _("There is no snapshot"),
            _("None was taken over this connection, or it was too old and was deleted."),
            _("Take one: dfn-tui snapshot take"),
        )
    return dict(await snapshots.views(wanted))


def _show(args: argparse.Namespace, session: Session, found: Sequence[tuple[Identity, SnapshotView]]) -> int:
    """Writes the users, and says how many are not in it."""
    flags = session.capabilities.flags
    names = list(dict.fromkeys(name for _one, view in found for name in view.properties))
    if args.format == "table":
        write_text()
        for one, view in found:
            for line in _lines(one, view, flags, names, args.reveal, session.clock):
                print(line)
    elif args.format == "csv":
        _write_csv(found, flags, names, args.reveal)
    else:
        _write_json([_record(one, view, flags, names, args.reveal) for one, view in found], args.format)
    missing = sum(not view.kept for _one, view in found)
    if missing and len(found) > 1:
        say(
            _("{count} of {total} are not in the snapshot; the server may know them all the same.").format(
                count=f"{missing:,}", total=f"{len(found):,}"
            )
        )
    return missing


def _lines(
    one: Identity,
    view: SnapshotView,
    flags: Sequence[Flag],
    names: Sequence[str],
    revealed: bool,
    clock: Clock,
) -> Iterator[str]:
    as_of = f"  ({age_words(view.as_of, clock())})" if view.as_of else ""
    yield f"{sanitize(one.value)}{as_of}"
    if not view.kept:
        yield f"  {view.why}"
    shown = [flag for flag in flags if view.kept or flag.value in view.later]
    wide = max((len(name) for name in (*(flag.value for flag in shown), *map(sanitize, names))), default=0)
    for flag in shown:
        yield f"  {flag.value:<{wide}}  {flag_words(view, flag)}"
    for name in names:
        value = value_now(view, name)
        text = _("(none)") if value is None else shown_value(name, value, revealed=revealed)
        yield f"  {sanitize(name):<{wide}}  {property_words(view, name, text)}"


def _record(
    one: Identity, view: SnapshotView, flags: Sequence[Flag], names: Sequence[str], revealed: bool
) -> dict[str, object]:
    consents = {flag.value: state.value for flag, state in view.consents.items()}
    return {
        "user_id": one.value,
        "kind": one.kind.value,
        "in_snapshot": view.kept,
        "as_of": view.as_of.isoformat(timespec="seconds") if view.as_of else None,
        "consents": {flag.value: consents.get(flag.value) for flag in flags} if view.kept else {},
        "properties": {name: shown_json(name, view.properties.get(name), revealed) for name in names},
        "unreadable": dict(view.unreadable),
        "later": {
            name: {
                "value": shown_json(name, later.value, revealed),
                "at": later.at.isoformat(timespec="seconds"),
                "outcome": later.outcome.value if later.outcome else "open",
                "entry": later.entry,
            }
            for name, later in view.later.items()
        },
        "message": view.why,
    }


def _write_csv(
    found: Sequence[tuple[Identity, SnapshotView]],
    flags: Sequence[Flag],
    names: Sequence[str],
    revealed: bool,
) -> None:
    """A row for each user, as the export said it; what was written since is in the last column."""
    write_data()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("user_id", "in_snapshot", "as_of", *(flag.value for flag in flags), *names, "later"))
    for one, view in found:
        states = [view.consents[flag].value if flag in view.consents else "" for flag in flags]
        values = [
            shown_value(name, view.properties[name], revealed=revealed) if name in view.properties else ""
            for name in names
        ]
        as_of = view.as_of.isoformat(timespec="seconds") if view.as_of else ""
        later = "; ".join(
            f"{name}={write.value} ({write.outcome or 'open'})" for name, write in view.later.items()
        )
        cells = (one.value, "true" if view.kept else "false", as_of, *states, *values, later)
        writer.writerow(spreadsheet_cell(cell) for cell in cells)


def _write_json(records: Sequence[dict[str, object]], form: str) -> None:
    if form == "jsonl":
        write_json(records)
        return
    write_data()
    print("[\n" + ",\n".join(map(json_line, records)) + "\n]")


def _snapshots(session: Session) -> Snapshots:
    if session.snapshots is None:
        raise NoExport
    return session.snapshots
