"""`dfn-tui set`: other consents and properties for users."""

import argparse

from dfn_tui.cli.assignments import ids_and_others, profile_edits
from dfn_tui.cli.session import opened
from dfn_tui.cli.writing import carry_out
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.records import FieldKind
from dfn_tui.service.staging import Draft


def run(args: argparse.Namespace) -> int:
    """Writes consents and properties; returns an `ExitCode`. Raises `ConsoleError`."""
    with opened(args) as (session, runner):
        ids, changes = ids_and_others(args.words, lambda word: "=" in word)
        edits = profile_edits(changes, session.capabilities)
        consents = {Flag(one.name): State(str(one.value)) for one in edits if one.kind is FieldKind.CONSENT}

        def stage(draft: Draft) -> None:
            draft.stage_consents(consents)
            for one in edits:
                if one.kind is FieldKind.PROPERTY and one.value is not None:
                    draft.stage_property(one.name, one.value)

        return carry_out(args, session, runner, ids, stage, ci=False)
