"""`dfn-tui get --counts`: how each consent is spread over users, as the bars of the console's list."""

import argparse
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from typing import NamedTuple

from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.ids import identities
from dfn_tui.cli.output import say
from dfn_tui.cli.reading import read_words, require_reading
from dfn_tui.cli.session import server_progress, waiting_on
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.flags import Flag, State
from dfn_tui.consent.messages import flag_name, state_glyph, state_name, state_role
from dfn_tui.errors import ConsoleError
from dfn_tui.service.change_format import nothing_set_count
from dfn_tui.service.session import Session
from dfn_tui.text import _, ngettext

_STATES = (State.SUBSCRIBED, State.NEVER_SET, State.UNSUBSCRIBED)
_NAMES = {State.SUBSCRIBED: "subscribed", State.NEVER_SET: "never_set", State.UNSUBSCRIBED: "unsubscribed"}
_COLUMNS = ("flag", *_NAMES.values(), "unreadable", "users")


class FlagCount(NamedTuple):
    """How many of so many users are in each state of a consent; of the others it is not known."""

    flag: Flag
    states: Counter[State]
    users: int

    @property
    def unreadable(self) -> int:
        return self.users - self.states.total()


async def show_counts(args: argparse.Namespace, session: Session, ids: Sequence[str]) -> ExitCode:
    """Reads the users, and shows the figures. Raises `ConsoleError`."""
    wanted = identities(ids, args.kind, session.capabilities)
    require_reading(session.capabilities)
    counts = {flag: Counter[State]() for flag in Flag if flag in session.capabilities.flags}
    failures: list[ConsoleError | None] = []
    done = unknown = 0
    async with (
        server_progress(beside_data=True) as progress,
        aclosing(session.look_up(wanted, waiting_on(progress), ci=False)) as records,
    ):
        async for record in records:
            for flag, states in counts.items():
                if (state := record.consents.get(flag)) is not None:
                    states[state] += 1
            if record.failure is not None:
                failures.append(record.failure.error)
            unknown += record.unknown_to_server
            done += 1
            progress.show(read_words(done, len(wanted)))
    write_records(args, [FlagCount(flag, states, done) for flag, states in counts.items()], _view())
    if failures:
        words = ngettext("{count} user could not be read.", "{count} users could not be read.", len(failures))
        say(words.format(count=f"{len(failures):,}"))
    if unknown:
        say(nothing_set_count(unknown) + ".")
        failures += [] if args.allow_unknown else [None]
    return of_failures(failures)


def _view() -> RecordView[FlagCount]:
    headings = [
        Heading(_("consent"), least=8),
        *(Heading(state_name(state), right=True) for state in _STATES),
        Heading(_("not readable"), right=True),
        Heading(_("users"), right=True),
    ]
    return RecordView(_record, _COLUMNS, headings, lambda one: [_cells(one)])


def _record(one: FlagCount) -> dict[str, object]:
    states = {name: one.states[state] for state, name in _NAMES.items()}
    return {"flag": one.flag.value, **states, "unreadable": one.unreadable, "users": one.users}


def _cells(one: FlagCount) -> Row:
    lost = TableCell(
        f"{one.unreadable:,}" if one.unreadable else "-", "danger" if one.unreadable else "label"
    )
    states = (
        TableCell(f"{state_glyph(state)} {one.states[state]:,}", state_role(state)) for state in _STATES
    )
    return TableCell(flag_name(one.flag)), *states, lost, TableCell(f"{one.users:,}")
