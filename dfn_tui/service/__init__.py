"""What an operator does: look up, stage, review, apply, verify. The screens and the commands call this.

The types of the layers below that a screen has to name are given here, so that a screen needs no other
import. Each is imported when it is first asked for: the first screen paints without most of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # with `as`, a type checker lets others import the name from here
    from dfn_tui.api.calls import Probe as Probe
    from dfn_tui.api.calls import Progress as Progress
    from dfn_tui.api.calls import Reply as Reply
    from dfn_tui.api.types import Capabilities as Capabilities
    from dfn_tui.api.types import Identity as Identity
    from dfn_tui.api.types import IdentityKind as IdentityKind
    from dfn_tui.api.types import StandardProperty as StandardProperty
    from dfn_tui.api.types import Value as Value
    from dfn_tui.api.types import ValueType as ValueType
    from dfn_tui.config import Api as Api
    from dfn_tui.config import Connection as Connection
    from dfn_tui.config import Environment as Environment
    from dfn_tui.errors import GateRefused as GateRefused
    from dfn_tui.outcomes import Outcome as Outcome
    from dfn_tui.service.bulk.desk import BulkDesk as BulkDesk
    from dfn_tui.service.bulk.desk import Options as Options
    from dfn_tui.service.bulk.plan.reader import Figures as Figures
    from dfn_tui.service.bulk.plan.reader import PlanReader as PlanReader
    from dfn_tui.service.bulk.plan.records import PlannedUser as PlannedUser
    from dfn_tui.service.bulk.plan.selecting import Selection as Selection
    from dfn_tui.service.bulk.run.listing import JobSummary as JobSummary
    from dfn_tui.service.bulk.run.records import OnConflict as OnConflict
    from dfn_tui.service.bulk.run.records import RunProgress as RunProgress
    from dfn_tui.service.bulk.run.run import Run as Run
    from dfn_tui.service.changes.conflict import StaleWrite as StaleWrite
    from dfn_tui.service.changes.outcome import FieldResult as FieldResult
    from dfn_tui.service.changes.outcome import UserResult as UserResult
    from dfn_tui.service.changes.pipeline import Conflict as Conflict
    from dfn_tui.service.changes.policy import Approval as Approval
    from dfn_tui.service.changes.policy import Notice as Notice
    from dfn_tui.service.changes.reconcile import Reconciled as Reconciled
    from dfn_tui.service.connections import Connections as Connections
    from dfn_tui.service.desk import Desk as Desk
    from dfn_tui.service.journalling import JournalKeeper as JournalKeeper
    from dfn_tui.service.place import Place as Place
    from dfn_tui.service.records import UserChange as UserChange
    from dfn_tui.service.records import UserRecord as UserRecord
    from dfn_tui.service.review import Review as Review
    from dfn_tui.service.staging import Draft as Draft
    from dfn_tui.service.tokens import TokenNeeded as TokenNeeded
    from dfn_tui.store import Entry as Entry
    from dfn_tui.store import FieldChange as FieldChange
    from dfn_tui.store import FieldKind as FieldKind
    from dfn_tui.store import Filter as Filter
    from dfn_tui.store import Intent as Intent
    from dfn_tui.store import JournalError as JournalError
    from dfn_tui.store import explain_redaction as explain_redaction

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
