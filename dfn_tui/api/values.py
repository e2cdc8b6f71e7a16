"""The values in an answer, one user at a time: what was never set, and what cannot be read, and why."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dfn_tui.api.answers import OversizedNumber
from dfn_tui.api.calls import Profile
from dfn_tui.api.requests import NEVER_SET, Scalar
from dfn_tui.api.types import Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.text import _
from dfn_tui.text.ids import encodable

_VALUE: TypeAdapter[Value | None] = TypeAdapter(Scalar | None)
_LEFT_OUT: Any = object()
_FLAGS = {flag.value: flag for flag in Flag}
_STATES: dict[object, State] = {state.value: state for state in State} | {None: State.NEVER_SET}

Shown = Callable[[str], str]
"""A server's text for the operator: short, inert, and masked."""


def readable(values: Mapping[str, object], shown: Shown) -> tuple[dict[str, Value | None], dict[str, str]]:
    """What can be read of these, nulls and all, and by name why the others cannot."""
    found: dict[str, Value | None] = {}
    unreadable: dict[str, str] = {}
    for name, value in values.items():
        if not encodable(name):
            unreadable[shown(name)] = _("a name with broken characters")
            continue
        try:
            found[name] = _VALUE.validate_python(value, strict=True)
        except ValidationError:
            unreadable[name] = _why(value)
    return found, unreadable


def present(values: Mapping[str, Value | None]) -> dict[str, Value]:
    """Without what was never set."""
    return {name: value for name, value in values.items() if value is not None and value != NEVER_SET}


def profile_of(
    found: dict[str, Value | None], unreadable: dict[str, str], names: frozenset[str] | None, shown: Shown
) -> Profile:
    """A user's values, the consents told apart from the rest; takes both over. `names` are those that were
    asked for, None for all: a flag that was asked for and is left out was never set."""
    consents: dict[Flag, State] = {}
    for name, flag in _FLAGS.items():
        value = found.pop(name, _LEFT_OUT)
        state = _STATES.get(value)
        if state is not None:
            consents[flag] = state
        elif value is not _LEFT_OUT:
            unreadable[name] = _("not one of the three states: “{text}”").format(text=shown(str(value)))
        elif name not in unreadable and (names is None or name in names):
            consents[flag] = State.NEVER_SET
    return Profile(consents, present(found), unreadable)


def _why(value: object) -> str:
    if isinstance(value, list):
        return _("a list")
    if isinstance(value, dict):
        return _("an object")
    if isinstance(value, str):
        return _("text with broken characters")
    if isinstance(value, float) and math.isnan(value):
        return _("not a number")
    if isinstance(value, int | float | OversizedNumber):
        return _("a number too large")
    return _("not a string, number or boolean")
