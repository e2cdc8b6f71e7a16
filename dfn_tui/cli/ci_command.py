"""What `dfn-tui ci` does."""

import argparse
from asyncio import Runner
from collections.abc import Callable, Mapping

from dfn_tui.cli.ids import identities
from dfn_tui.cli.output import guarded
from dfn_tui.cli.reading import show_users
from dfn_tui.cli.session import opened
from dfn_tui.cli.words import ci_names, ci_wishes, ids_and_others
from dfn_tui.cli.writing import Order, carry_out
from dfn_tui.errors import ConsoleError
from dfn_tui.service import Desk, Draft, UserRecord, Value
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.text import _, inert


def run(args: argparse.Namespace) -> int:
    """Runs the command asked for and returns an `ExitCode`. Raises `ConsoleError`."""
    commands: Mapping[str, Callable[[argparse.Namespace, Desk, Runner], int]] = {
        "get": _get,
        "set": _set,
        "delete": _delete,
    }

    def command() -> int:
        with opened(args) as (desk, runner):
            return commands[args.action](args, desk, runner)

    return guarded(command)


def _get(args: argparse.Namespace, desk: Desk, runner: Runner) -> int:
    known = ci_names(desk.capabilities)
    ids, names = ids_and_others(args.words, known.__contains__)

    def fields(record: UserRecord) -> Mapping[str, Value | None]:
        return {name: record.ci.get(name) for name in names or known} if record.ci is not None else {}

    users = identities(ids, args.kind, desk.capabilities)
    return runner.run(show_users(args, desk, users, fields, ci=True))


def _set(args: argparse.Namespace, desk: Desk, runner: Runner) -> int:
    ids, changes = ids_and_others(args.words, lambda word: "=" in word)
    wishes = ci_wishes(changes, desk.capabilities)

    def stage(draft: Draft) -> None:
        for wish in wishes:
            draft.stage_ci(wish.name, str(wish.value))

    users = identities(ids, args.kind, desk.capabilities)
    return carry_out(args, desk, runner, Order(users, stage, ci=True))


def _delete(args: argparse.Namespace, desk: Desk, runner: Runner) -> int:
    if not desk.capabilities.ci_fields:
        raise no_removal()
    known = ci_names(desk.capabilities)
    ids, words = ids_and_others(args.words, lambda word: "=" in word or word in known)
    users = identities(ids, args.kind, desk.capabilities)
    names = _fields_to_delete(words, desk)

    def stage(draft: Draft) -> None:
        for name in names:
            # Nobody typed an id yet: the question before sending asks for it.
            draft.stage_ci_deletion(name, draft.record.identity.value)

    return carry_out(args, desk, runner, Order(users, stage, ci=True))


def _fields_to_delete(words: list[str], desk: Desk) -> list[str]:
    """The fields to delete. Raises `ConsoleError`."""
    if not words:
        raise ConsoleError(
            _("Nothing to delete was named"),
            _("There are ids only. Nothing was sent."),
            _("Name fields after the ids: {names}.").format(names=", ".join(ci_names(desk.capabilities))),
        )
    if given := [word for word in words if "=" in word]:
        raise ConsoleError(
            _("A deletion takes no value"),
            _("{name} is given one. Nothing was sent.").format(name=inert(given[0].partition("=")[0], 40)),
            _("Name the field alone; what it holds is deleted."),
        )
    return list(dict.fromkeys(words))
