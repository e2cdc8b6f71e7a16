"""What `dfn-tui set` does."""

import argparse

from dfn_tui.cli.ids import identities
from dfn_tui.cli.output import guarded
from dfn_tui.cli.session import opened
from dfn_tui.cli.words import ids_and_others, profile_wishes
from dfn_tui.cli.writing import Order, carry_out
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service import Draft, FieldKind


def run(args: argparse.Namespace) -> int:
    """Writes consents and properties; returns an `ExitCode`. Raises `ConsoleError`."""
    return guarded(lambda: _set(args))


def _set(args: argparse.Namespace) -> int:
    with opened(args) as (desk, runner):
        ids, changes = ids_and_others(args.words, lambda word: "=" in word)
        wishes = profile_wishes(changes, desk.capabilities)
        consents = {Flag(one.name): State(str(one.value)) for one in wishes if one.kind is FieldKind.CONSENT}
        properties = {
            one.name: one.value for one in wishes if one.kind is FieldKind.PROPERTY and one.value is not None
        }

        def stage(draft: Draft) -> None:
            draft.stage_consents(consents)
            for name, value in properties.items():
                draft.stage_property(name, value)

        users = identities(ids, args.kind, desk.capabilities)
        return carry_out(args, desk, runner, Order(users, stage, ci=False))
