"""What an operator does: look up, stage, review, apply, verify. The screens and the commands call this.

The types of the layers below that a screen has to name are given here, so that a screen needs no other
import. Each is imported when it is first asked for: the first screen paints without most of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfn_tui.api.calls import Probe, Progress, Reply
    from dfn_tui.api.types import Capabilities, Identity, IdentityKind, StandardProperty, Value, ValueType
    from dfn_tui.config import Api, Connection, Environment
    from dfn_tui.errors import GateRefused
    from dfn_tui.outcomes import Outcome
    from dfn_tui.service.bulk.desk import BulkDesk, Options
    from dfn_tui.service.bulk.plan.reader import Figures, PlanReader
    from dfn_tui.service.bulk.plan.records import PlannedUser
    from dfn_tui.service.bulk.plan.selecting import Selection
    from dfn_tui.service.bulk.run.listing import JobSummary
    from dfn_tui.service.bulk.run.records import OnConflict, RunProgress
    from dfn_tui.service.bulk.run.run import Run
    from dfn_tui.service.changes.conflict import StaleWrite
    from dfn_tui.service.changes.outcome import FieldResult, UserResult
    from dfn_tui.service.changes.pipeline import Conflict
    from dfn_tui.service.changes.policy import Approval, Notice
    from dfn_tui.service.changes.reconcile import Reconciled
    from dfn_tui.service.connections import Connections
    from dfn_tui.service.desk import Desk
    from dfn_tui.service.journalling import JournalKeeper
    from dfn_tui.service.place import Place
    from dfn_tui.service.records import (
        UserChange,
        UserRecord,
    )
    from dfn_tui.service.review import Review
    from dfn_tui.service.staging import Draft
    from dfn_tui.service.tokens import TokenNeeded
    from dfn_tui.store import Entry, FieldChange, FieldKind, Filter, Intent, JournalError, explain_redaction

_PLACES = {
    "dfn_tui.api.calls": "Probe Progress Reply",
    "dfn_tui.api.types": "Capabilities Identity IdentityKind StandardProperty Value ValueType",
    "dfn_tui.config": "Api Connection Environment",
    "dfn_tui.errors": "GateRefused",
    "dfn_tui.outcomes": "Outcome",
    "dfn_tui.service.bulk.desk": "BulkDesk Options",
    "dfn_tui.service.bulk.plan.reader": "Figures PlanReader",
    "dfn_tui.service.bulk.plan.records": "PlannedUser",
    "dfn_tui.service.bulk.plan.selecting": "Selection",
    "dfn_tui.service.bulk.run.listing": "JobSummary",
    "dfn_tui.service.bulk.run.records": "OnConflict RunProgress",
    "dfn_tui.service.bulk.run.run": "Run",
    "dfn_tui.service.changes.conflict": "StaleWrite",
    "dfn_tui.service.changes.outcome": "FieldResult UserResult",
    "dfn_tui.service.changes.pipeline": "Conflict",
    "dfn_tui.service.changes.policy": "Approval Notice",
    "dfn_tui.service.changes.reconcile": "Reconciled",
    "dfn_tui.service.connections": "Connections",
    "dfn_tui.service.desk": "Desk",
    "dfn_tui.service.journalling": "JournalKeeper",
    "dfn_tui.service.place": "Place",
    "dfn_tui.service.records": "UserChange UserRecord",
    "dfn_tui.service.review": "Review",
    "dfn_tui.service.staging": "Draft",
    "dfn_tui.service.tokens": "TokenNeeded",
    "dfn_tui.store": "Entry FieldChange FieldKind Filter Intent JournalError explain_redaction",
}
_PLACE_OF = {name: module for module, names in _PLACES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _PLACE_OF:
        raise AttributeError(name)
    return getattr(import_module(_PLACE_OF[name]), name)


__all__ = [
    "Api",
    "Approval",
    "BulkDesk",
    "Capabilities",
    "Conflict",
    "Connection",
    "Connections",
    "Desk",
    "Draft",
    "Entry",
    "Environment",
    "FieldChange",
    "FieldKind",
    "FieldResult",
    "Figures",
    "Filter",
    "GateRefused",
    "Identity",
    "IdentityKind",
    "Intent",
    "JobSummary",
    "JournalError",
    "JournalKeeper",
    "Notice",
    "OnConflict",
    "Options",
    "Outcome",
    "Place",
    "PlanReader",
    "PlannedUser",
    "Probe",
    "Progress",
    "Reconciled",
    "Reply",
    "Review",
    "Run",
    "RunProgress",
    "Selection",
    "StaleWrite",
    "StandardProperty",
    "TokenNeeded",
    "UserChange",
    "UserRecord",
    "UserResult",
    "Value",
    "ValueType",
    "explain_redaction",
]
