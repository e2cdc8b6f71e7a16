"""Users as a command shows them: as they come, one after the other."""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import NamedTuple

from dfn_tui.cli.colours import paint
from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import RecordView, writing
from dfn_tui.cli.ids import identities
from dfn_tui.cli.output import is_read, say
from dfn_tui.cli.session import server_progress, waiting_on
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.lints import lint
from dfn_tui.consent.messages import state_glyph, state_name, state_role
from dfn_tui.errors import ConsoleError
from dfn_tui.service.change_format import nothing_set, nothing_set_count, unreadable_count
from dfn_tui.service.personal import is_masked, shown_value
from dfn_tui.service.records import FieldChange, UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Capabilities, Value
from dfn_tui.text import _, padded, sanitize, width

Values = Mapping[str, Value | None]
Fields = Callable[[UserRecord], Values]
"""The fields of a user that a command shows, by name."""

UNKNOWN_USER = "unknown-user"
"""The code of a user for whom nothing is set."""

_FLAGS = frozenset(flag.value for flag in Flag)


def read_words(done: int, total: int) -> str:
    """How far the reading is."""
    return _("{done} of {total} read").format(done=f"{done:,}", total=f"{total:,}")


def require_reading(capabilities: Capabilities) -> None:
    """Raises `ConsoleError` over a connection that no user can be read over."""
    if not capabilities.read_by:
        raise ConsoleError(
            _("Users cannot be read here"),
            _("This API version cannot read a single user."),
            _("Use a connection of version 1, or look into a snapshot: dfn-tui snapshot show"),
        )


class FoundUser(NamedTuple):
    """A user as read, the fields of theirs that a command shows, and why others cannot be read."""

    record: UserRecord
    fields: Values
    unreadable: Mapping[str, str]


MakeView = Callable[[Callable[["FoundUser"], Iterator[str]]], RecordView[FoundUser]]
"""What is printed of users, given how one of them is told in lines."""


async def show_users(
    args: argparse.Namespace,
    session: Session,
    ids: Sequence[str],
    fields: Fields,
    make_view: MakeView,
    *,
    ci: bool,
) -> ExitCode:
    """Shows every user as soon as it is read, on the standard output; a table once its columns are known. No
    more are once nobody reads that, and the code is that of those who were. Raises `ConsoleError`."""
    wanted = identities(ids, args.kind, session.capabilities)
    require_reading(session.capabilities)
    failures: list[ConsoleError | None] = []
    unreadable: Counter[str] = Counter()
    view = make_view(partial(user_lines, revealed=args.reveal))
    async with server_progress(beside_data=True) as progress:
        done = unknown = 0
        with writing(args, view, lines_seen=len(wanted) == 1) as writer:
            async with aclosing(session.look_up(wanted, waiting_on(progress), ci=ci)) as records:
                async for record in records:
                    found = fields(record)
                    lost = _unreadable(record, found, ci=ci)
                    readable = {name: value for name, value in found.items() if name not in lost}
                    # Whoever reads it need not wait for the last user.
                    writer.put(FoundUser(record, readable, lost), flush=True)
                    unreadable.update(lost.keys())
                    if record.failure is not None:
                        failures.append(record.failure.error)
                    unknown += record.unknown_to_server
                    done += 1
                    progress.show(read_words(done, len(wanted)))
                    if not is_read():
                        break
    if unknown and done > 1:
        say(nothing_set_count(unknown) + ".")
    if unreadable and done > 1:
        say(unreadable_count(unreadable) + ".")
    if unknown and not args.allow_unknown:
        failures.append(None)
    return of_failures(failures)


def shown_json(name: str, value: Value | None, revealed: bool) -> Value | None:
    """A value as it goes into JSON: as it is, or its mask where it is personal and not `revealed`."""
    if value is None or revealed or not is_masked(name, value):
        return value
    return shown_value(name, value, revealed=False)


def change_json(item: FieldChange, revealed: bool) -> dict[str, object]:
    """A change as it goes into JSON."""
    return {
        "name": item.name,
        "before": shown_json(item.name, item.before, revealed),
        "after": shown_json(item.name, item.after, revealed),
        "readable": item.readable,
    }


def _unreadable(record: UserRecord, fields: Values, *, ci: bool) -> Mapping[str, str]:
    """Which of the fields cannot be read, and why."""
    if ci:
        return {name: why for name, why in record.ci_unreadable.items() if name in fields}
    return record.profile.unreadable if record.profile else {}


def user_record(one: FoundUser, revealed: bool) -> dict[str, object]:
    """A user as it goes into JSON."""
    record = one.record
    code, message = remark(record)
    return {
        "user_id": record.identity.value,
        "kind": record.identity.kind.value,
        "properties": {name: shown_json(name, value, revealed) for name, value in one.fields.items()},
        "unreadable": dict(one.unreadable),
        "findings": [finding.text for finding in lint(record.consents)],
        "read_at": record.read_at.isoformat(timespec="seconds"),
        "outcome": "failed" if record.failure else "read",
        "code": code,
        "message": message,
    }


def user_lines(one: FoundUser, *, revealed: bool) -> Iterator[str]:
    """A user whole, a field a line; one that could not be read is told beside the data."""
    record = one.record
    user = sanitize(record.identity.value)
    code, message = remark(record)
    if record.failure is not None:
        say(f"{user}: {sanitize(message)}" + (f" ({sanitize(code)})" if code and code not in message else ""))
        return
    yield paint(f"{user}: {message}" if message else user, "strong.withdrawn")
    shown = {name: _painted(name, value, revealed) for name, value in one.fields.items()}
    for name, why in one.unreadable.items():
        shown[name] = paint(_("not readable: {why}").format(why=sanitize(why, 120)), "danger")
    wide = max(map(width, map(sanitize, shown)), default=0)
    for name, words in sorted(shown.items(), key=lambda one: one[0] not in _FLAGS):  # the rest as it is
        yield f"  {paint(padded(sanitize(name), wide), 'label')}  {words}"


def _painted(name: str, value: Value | None, revealed: bool) -> str:
    role = state_role(State(str(value))) if name in _FLAGS and value is not None else ""
    return paint(_words(name, value, revealed), role)


def remark(record: UserRecord) -> tuple[str | None, str]:
    """The code and the sentence that a user as read is told with; "" where nothing is to be said."""
    if record.failure is not None:
        return record.failure.code, record.failure.message
    return (UNKNOWN_USER, nothing_set()) if record.unknown_to_server else (None, "")


def _words(name: str, value: Value | None, revealed: bool) -> str:
    if name in _FLAGS and value is not None:
        state = State(str(value))
        return f"{state_glyph(state)} {state_name(state)}"
    return _("(none)") if value is None else shown_value(name, value, revealed=revealed)
