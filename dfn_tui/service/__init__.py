"""What an operator does: look up, stage, review, apply, verify. The screens and the commands call this.

The types of the layers below that a screen has to name are given here, so that a screen needs no other
import.
"""

from dfn_tui.api.types import (
    Capabilities,
    Identity,
    IdentityKind,
    Outcome,
    Probe,
    Profile,
    Progress,
    StandardProperty,
    Status,
    Value,
    ValueType,
)
from dfn_tui.config import Api, Connection, Environment
from dfn_tui.service.connections import Connections, TokenNeeded
from dfn_tui.service.desk import Desk
from dfn_tui.service.freshness import Conflict, StaleWrite
from dfn_tui.service.gate import GateRefused, Mode
from dfn_tui.service.records import (
    FieldChange,
    FieldKind,
    FieldResult,
    UserChange,
    UserRecord,
    UserResult,
    Verdict,
)
from dfn_tui.service.review import Approval, Notice, Review
from dfn_tui.service.settling import Settled
from dfn_tui.service.staging import CiEdit, Draft, Staging
from dfn_tui.store import Ending, Entry, Filter, Intent

__all__ = [
    "Api",
    "Approval",
    "Capabilities",
    "CiEdit",
    "Conflict",
    "Connection",
    "Connections",
    "Desk",
    "Draft",
    "Ending",
    "Entry",
    "Environment",
    "FieldChange",
    "FieldKind",
    "FieldResult",
    "Filter",
    "GateRefused",
    "Identity",
    "IdentityKind",
    "Intent",
    "Mode",
    "Notice",
    "Outcome",
    "Probe",
    "Profile",
    "Progress",
    "Review",
    "Settled",
    "Staging",
    "StaleWrite",
    "StandardProperty",
    "Status",
    "TokenNeeded",
    "UserChange",
    "UserRecord",
    "UserResult",
    "Value",
    "ValueType",
    "Verdict",
]
