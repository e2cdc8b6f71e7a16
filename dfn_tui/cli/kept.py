"""`dfn-tui kept`: what consoles that are gone had staged and not sent. Nothing is taken up or sent."""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.forms import RecordView, write_records
from dfn_tui.cli.output import say
from dfn_tui.cli.reading import change_json
from dfn_tui.cli.session import started
from dfn_tui.cli.tables import Heading, Row, TableCell
from dfn_tui.consent.messages import state_role
from dfn_tui.service.change_format import before_words, value_words
from dfn_tui.service.history import state_of
from dfn_tui.service.kept.left import KeptFound, KeptSet, LeftEdits
from dfn_tui.service.records import FieldKind
from dfn_tui.service.staging import Draft
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import korean_minute


class _KeptUser(NamedTuple):
    kept: KeptSet
    draft: Draft

    @property
    def stale(self) -> bool:
        return self.draft in self.kept.stale


def kept(args: argparse.Namespace) -> int:
    """Shows the edits, the newest set first: 1 where some cannot be shown. Raises `ConsoleError`."""
    with started(args, keep_edits=True) as (connections, name, runner):
        keeper = connections.keeper(name)
        found = runner.run(LeftEdits(keeper).look()) if keeper is not None else KeptFound()
    users = [_KeptUser(one, draft) for one in found.sets for draft in one.drafts]
    write_records(args, users, _view(args.reveal))
    for words in (*(words for one in found.sets for words in one.sent), *found.said):
        say(words)
    if not users and not found.said:
        say(_("Nothing is kept of consoles before."))
    elif users:
        say(_("Take them up in the console with F9."))
    return ExitCode.SOME_FAILED if found.said else ExitCode.DONE


def _view(revealed: bool) -> RecordView[_KeptUser]:
    headings = (
        Heading(_("staged (KST)")),
        Heading(_("user"), least=8, whole=True),
        Heading(_("field"), least=8),
        Heading(_("before"), least=3),
        Heading(_("after"), least=3),
        Heading(_("reason"), least=6),
        Heading(_("remark"), least=6),
    )
    columns = ("set", "staged_at", "stale", "kind", "user_id", "name", "before", "after", "readable")

    def record(one: _KeptUser) -> dict[str, object]:
        identity, at = one.draft.record.identity, one.draft.restored_from
        return {
            "set": one.kept.id,
            "staged_at": at.isoformat(timespec="seconds") if at else None,
            "stale": one.stale,
            "user_id": identity.value,
            "kind": identity.kind.value,
            "reason": one.kept.ground.reason,
            "evidence": one.kept.ground.evidence if identity in one.kept.ground.people else "",
            "changes": [change_json(item, revealed) for item in one.draft.change().fields],
        }

    def rows(one: _KeptUser) -> Iterator[dict[str, object]]:
        for change in record(one)["changes"]:  # type: ignore[attr-defined]
            yield {**record(one), **change}

    def cells(one: _KeptUser) -> Iterator[Row]:
        identity, at = one.draft.record.identity, one.draft.restored_from
        for item in one.draft.change().fields:
            consent = item.kind == FieldKind.CONSENT
            after = _("deleted") if item.after is None else value_words(item, item.after, revealed=revealed)
            yield (
                TableCell(korean_minute(at) if at else ""),
                TableCell(sanitize(identity.value)),
                TableCell(sanitize(item.name, 40)),
                TableCell(before_words(item, revealed), state_role(state_of(item.before)) if consent else ""),
                TableCell(after, state_role(state_of(item.after)) if consent else ""),
                TableCell(sanitize(one.kept.ground.reason, 120)),
                TableCell(_("too old to be sent") if one.stale else "", "warn"),
            )

    return RecordView(record, (*columns, "reason", "evidence"), headings, cells, rows=rows)
