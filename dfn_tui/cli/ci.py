"""`dfn-tui ci`: the identifiers that messages are sent to."""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial

from dfn_tui.cli.assignments import ci_edits, ci_names, ids_and_others
from dfn_tui.cli.reading import show_users
from dfn_tui.cli.session import opened
from dfn_tui.cli.users import ci_view
from dfn_tui.cli.writing import carry_out, stage_all
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.records import UserRecord
from dfn_tui.service.staging import Draft
from dfn_tui.service.types import Value
from dfn_tui.text import _, sanitize


def get(args: argparse.Namespace) -> int:
    """Shows the CI fields of users; returns an `ExitCode`. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        known = ci_names(session.capabilities)
        ids, names = ids_and_others(args.words, known.__contains__)

        def fields(record: UserRecord) -> Mapping[str, Value | None]:
            return {name: record.ci.get(name) for name in names or known} if record.ci is not None else {}

        view = partial(ci_view, names or known, args.reveal)
        return runner.run(show_users(args, session, ids, fields, view, ci=True))


def set_(args: argparse.Namespace) -> int:
    """Sets CI fields, or links identities; returns an `ExitCode`. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        ids, changes = ids_and_others(args.words, lambda word: "=" in word)
        edits = ci_edits(changes, session.capabilities)
        return carry_out(args, session, runner, ids, stage_all(edits), ci=True)


def delete(args: argparse.Namespace) -> int:
    """Deletes CI fields; returns an `ExitCode`. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        if not session.capabilities.ci_fields:
            raise no_removal()
        known = ci_names(session.capabilities)
        ids, words = ids_and_others(args.words, lambda word: "=" in word or word in known)
        names = _fields_to_delete(words, known)

        def stage(draft: Draft) -> None:
            for name in names:
                # Nobody typed an id yet: the question before sending asks for it.
                draft.stage_ci_deletion(name, draft.record.identity.value)

        return carry_out(args, session, runner, ids, stage, ci=True)


def _fields_to_delete(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """Raises `ConsoleError`."""
    if not words:
        raise ConsoleError(
            _("Nothing to delete was named"),
            _("There are ids only. Nothing was sent."),
            _("Name fields after the ids: {names}.").format(names=", ".join(known)),
        )
    if given := [word for word in words if "=" in word]:
        raise ConsoleError(
            _("A deletion takes no value"),
            _("{name} is given one. Nothing was sent.").format(name=sanitize(given[0].partition("=")[0], 40)),
            _("Name the field alone; what it holds is deleted."),
        )
    return list(dict.fromkeys(words))
