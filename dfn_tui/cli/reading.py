"""Users as a command shows them: as they come, one after the other."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.ids import given_ids, identities
from dfn_tui.cli.output import json_line, say, write_data, write_text
from dfn_tui.cli.session import opened, server_progress, waiting_on
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import state_glyph, state_name
from dfn_tui.errors import ConsoleError
from dfn_tui.service.change_format import nothing_set, nothing_set_count
from dfn_tui.service.personal import is_masked, shown_value
from dfn_tui.service.records import FieldChange, UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Capabilities, Value
from dfn_tui.text import _, padded, sanitize, width

Fields = Callable[[UserRecord], Mapping[str, Value | None]]
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
            _("Use a connection of version 1, or the product's own export."),
        )


def get(args: argparse.Namespace) -> int:
    """`dfn-tui get`: shows the consents and properties of users; returns an `ExitCode`. Raises
    `ConsoleError`."""

    def fields(record: UserRecord) -> Mapping[str, Value]:
        return {flag.value: state.value for flag, state in record.consents.items()} | dict(record.properties)

    with opened(args) as (session, runner):
        return runner.run(show_users(args, session, given_ids(args.words), fields, ci=False))


async def show_users(
    args: argparse.Namespace, session: Session, ids: Sequence[str], fields: Fields, *, ci: bool
) -> ExitCode:
    """Shows every user as soon as it is read, on the standard output. Raises `ConsoleError`."""
    wanted = identities(ids, args.kind, session.capabilities)
    require_reading(session.capabilities)
    write_data() if args.json else write_text()
    show = _show_json if args.json else _show
    failures: list[ConsoleError | None] = []
    async with server_progress(beside_data=True) as progress:
        done = unknown = 0
        async for record in session.look_up(wanted, waiting_on(progress), ci=ci):
            show(record, _Shown.of(record, fields(record), ci=ci), args.reveal)
            if record.failure is not None:
                failures.append(record.failure.error)
            unknown += record.unknown_to_server
            done += 1
            progress.show(read_words(done, len(wanted)))
    if unknown and done > 1:
        say(nothing_set_count(unknown) + ".")
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


class _Shown(NamedTuple):
    """The values of a user, and by name why the others cannot be read."""

    values: Mapping[str, Value | None]
    unreadable: Mapping[str, str]

    @classmethod
    def of(cls, record: UserRecord, fields: Mapping[str, Value | None], *, ci: bool) -> "_Shown":
        unreadable = record.profile.unreadable if record.profile else {}
        if ci:
            unreadable = {name: why for name, why in record.ci_unreadable.items() if name in fields}
        return cls({name: value for name, value in fields.items() if name not in unreadable}, unreadable)


def _show_json(record: UserRecord, found: _Shown, revealed: bool) -> None:
    code, message = _remark(record)
    value = {
        "user_id": record.identity.value,
        "properties": {name: shown_json(name, value, revealed) for name, value in found.values.items()},
        "unreadable": dict(found.unreadable),
        "outcome": "failed" if record.failure else "read",
        "code": code,
        "message": message,
    }
    print(json_line(value), flush=True)  # whoever reads it need not wait for the last user


def _show(record: UserRecord, found: _Shown, revealed: bool) -> None:
    user = sanitize(record.identity.value)
    code, message = _remark(record)
    if record.failure is not None:
        say(f"{user}: {sanitize(message)}" + (f" ({sanitize(code)})" if code else ""))
        return
    print(f"{user}: {message}" if message else user)
    shown = {name: _words(name, value, revealed) for name, value in found.values.items()}
    for name, why in found.unreadable.items():
        shown[name] = _("not readable: {why}").format(why=sanitize(why, 120))
    wide = max(map(width, map(sanitize, shown)), default=0)
    for name, words in shown.items():
        print(f"  {padded(sanitize(name), wide)}  {words}")


def _remark(record: UserRecord) -> tuple[str | None, str]:
    if record.failure is not None:
        return record.failure.code, record.failure.message
    return (UNKNOWN_USER, nothing_set()) if record.unknown_to_server else (None, "")


def _words(name: str, value: Value | None, revealed: bool) -> str:
    if name in _FLAGS and value is not None:
        state = State(str(value))
        return f"{state_glyph(state)} {state_name(state)}"
    return _("(none)") if value is None else shown_value(name, value, revealed=revealed)
