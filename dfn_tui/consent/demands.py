"""What must be read, and what must be given, before staged consents may be sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfn_tui.consent.diff import Direction, FlagChange
from dfn_tui.consent.flags import Purpose
from dfn_tui.consent.night import night_at
from dfn_tui.consent.words import night_rule, night_wait


class CautionId(StrEnum):
    """Which caution it is, so that an acknowledgement can be recorded."""

    NIGHT_RULE = "night-rule"
    NIGHT_HOURS = "night-hours"


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning about what is staged; some must be acknowledged one by one."""

    id: CautionId
    text: str
    must_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Demands:
    """What sending the staged consents demands of the operator."""

    cautions: tuple[Caution, ...]
    evidence_required: bool
    reason_required: bool


def demands(changes: Collection[FlagChange], at: datetime, production: bool) -> Demands:
    """What these changes demand at the aware instant `at`. A withdrawal demands no more than the reason.

    Rests on Korea's Network Act (정보통신망법), article 50(3): a separate prior consent for the night.
    Raises ValueError when `at` is naive.
    """
    grants = [change for change in changes if change.direction is Direction.GRANT]
    grants_night = any(change.grants_night for change in grants)
    grants_advertising = any(change.flag.purpose is not Purpose.INFORMATIONAL for change in grants)
    cautions: list[Caution] = []
    if grants_night:
        cautions.append(Caution(CautionId.NIGHT_RULE, night_rule(), must_acknowledge=True))
    if night_at(at).inside and grants_advertising:
        cautions.append(Caution(CautionId.NIGHT_HOURS, night_wait(), must_acknowledge=False))
    return Demands(
        cautions=tuple(cautions),
        evidence_required=grants_night or (production and bool(grants)),
        reason_required=production,
    )
