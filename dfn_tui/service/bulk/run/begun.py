"""What a job is begun with: how it is to be done, and the answers that were given for it."""

from dataclasses import dataclass
from datetime import datetime

from dfn_tui.service.bulk.plan.records import PlanError
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.run.records import JobRecord, OnConflict
from dfn_tui.service.changes.policy import Approval, warnings
from dfn_tui.text import _
from dfn_tui.text.korea import korean_date


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is applied. `limit` is in requests a minute; None: the plan's own. `read_back` has every
    user read again after sending, where this API version can."""

    on_conflict: OnConflict = OnConflict.STOP
    read_back: bool = True
    limit: int | None = None


def not_as_approved() -> PlanError:
    return PlanError(
        _("The plan was changed"),
        _("Something else changed or replaced it since it was approved. Nothing is sent."),
        _("Look at it again."),
    )


def new_record(
    id: str, found: Totals, approval: Approval, options: Options, limit: int, *, by: str, now: datetime
) -> JobRecord:
    """A job of the plan that these are the figures of, with the answers that it is begun with."""
    asked = warnings(found.scope, now)
    return JobRecord(
        id=id,
        digest=found.digest,
        begun=now,
        by=by,
        reason=approval.reason.strip(),
        evidence=approval.evidence.strip(),
        warnings=tuple(warning.text for warning in asked if warning.id in approval.acknowledged),
        on_conflict=options.on_conflict,
        read_back=options.read_back,
        limit=limit,
        acknowledged=tuple(sorted(approval.acknowledged)),
        # With those who were sent before: they are taken out as the job begins.
        typed_count=None if approval.typed_count is None else approval.typed_count + found.sent,
        max_grants=approval.max_grants,
        max_users=approval.max_users,
        ground=approval.said.ground or found.head.ground,
        expressed_on=approval.said.expressed_on or found.head.expressed_on or korean_date(now),
    )


def approval_of(record: JobRecord) -> Approval:
    """The answers that the job was begun with."""
    return Approval(
        record.reason,
        record.evidence,
        frozenset(record.acknowledged or ()),
        typed_count=record.typed_count,
        max_grants=record.max_grants,
        max_users=record.max_users,
    )
