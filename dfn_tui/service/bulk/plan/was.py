"""Whom a plan keeps for what their consents were before, and whom it does not: in words."""

from collections import Counter

from dfn_tui.consent.flags import State
from dfn_tui.consent.messages import state_name
from dfn_tui.service.bulk.plan.records import PlanGroup
from dfn_tui.service.bulk.plan.totals import direction_of, was
from dfn_tui.text import _


def before_words(group: PlanGroup) -> str:
    """What the consents that would be changed were before, together."""
    states = {was(change) for change in group.asked if direction_of(change) is not None}
    if not states:
        return _("no consent to be changed")
    state = states.pop()
    return _("differently before") if states or state is None else state_name(state)


def was_words(kept: State, left_out: Counter[str]) -> str:
    """Whom a plan keeps, and how many users it leaves out by what they were."""
    others = [f"{words} ({users:,})" for words, users in sorted(left_out.items(), key=_first)]
    return _(
        "--was: only users whose consents to be changed were all {state} before; left out: {others}"
    ).format(state=state_name(kept), others=", ".join(others) or _("nobody"))


def _first(counted: tuple[str, int]) -> tuple[int, str]:
    """Most users first."""
    return -counted[1], counted[0]
