"""What version 1's answers say of each user. What is odd about one of them is theirs alone."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dfn_tui.api import v1_models as wire
from dfn_tui.api.answers import Ambiguous, OversizedNumber
from dfn_tui.api.batch import BatchResponse, Found
from dfn_tui.api.calls import Profile
from dfn_tui.api.requests import NEVER_SET, Scalar
from dfn_tui.api.types import Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.text import _
from dfn_tui.text.ids import encodable

Shown = Callable[[str], str]
"""A server's text for the operator: short, inert, and masked."""
Values = tuple[dict[str, Any], dict[str, str]]
"""What was found, and why the rest cannot be read."""
Users = Sequence[tuple[str, Values | str]]
"""Each user with their values, or why none can be read."""
_WRITTEN = Found()
_validated = wire.FoundValues.__pydantic_validator__.validate_python  # a row at a time, so often called
_VALUE: TypeAdapter[Value | None] = TypeAdapter(Scalar | None)
_LEFT_OUT: Any = object()
_FLAGS = {flag.value: flag for flag in Flag}
_STATES: dict[object, State] = {state.value: state for state in State} | {None: State.NEVER_SET}


def profiles_read(data: wire.ProfilesRead, names: frozenset[str] | None, shown: Shown) -> BatchResponse:
    """`names` are the properties that were asked for, None for all."""

    def found(values: Values) -> Found:
        return Found(profile=_profile_of(*values, names, shown))

    return _read(data.successful_user_properties, data.failure_details, found, shown)


def ci_read(data: wire.CiRead, shown: Shown) -> BatchResponse:
    def found(values: Values) -> Found:
        present = _present(values[0])
        # What a number or a boolean was before it became one, leading zeros and all, cannot be told.
        odd = {name: _no_text(value) for name, value in present.items() if not isinstance(value, str)}
        ci = {name: value for name, value in present.items() if name not in odd}
        return Found(ci=ci, ci_unreadable=odd | values[1])

    return _read(data.successful_user_ci_properties, data.failure_details, found, shown)


def written(data: wire.Written, shown: Shown) -> BatchResponse:
    ids = [user_id for user_id in data.successful_user_ids or () if isinstance(user_id, str)]
    unreadable: dict[str, str] = {}
    failed = _failures(data.failure_details, unreadable, shown)
    return BatchResponse(dict.fromkeys(ids, _WRITTEN), failed, unreadable)


def _read(
    rows: list[Any] | None, details: list[Any] | None, found: Callable[[Values], Found], shown: Shown
) -> BatchResponse:
    done: dict[str, Found] = {}
    unreadable: dict[str, str] = {}
    failed = _failures(details, unreadable, shown)
    for row in rows or ():
        try:
            whole = _validated(row)
        except ValidationError:
            users = _odd(row, shown)
        else:
            ambiguous = type(row) is Ambiguous or type(row["properties"]) is Ambiguous
            users = _odd(row, shown) if ambiguous else ((whole.user_id, (whole.properties, {})),)
        for user_id, values in users:
            if isinstance(values, str):
                unreadable[user_id] = values
                continue
            one = found(values)
            if done.setdefault(user_id, one) is not one and done[user_id] != one:
                unreadable[user_id] = _("the user is there twice, with different values")
    return BatchResponse(done, failed, unreadable)


def _odd(row: object, shown: Shown) -> Users:
    """The users that a row names which is not as documented, with what can be read all the same."""
    if not isinstance(row, dict):
        return ()  # of nobody knows whom; whoever is missing is told so
    properties = row.get("properties")
    if isinstance(row, Ambiguous) or isinstance(properties, Ambiguous):
        return [(name, _("a name is there twice")) for name in _named(row)]
    if not isinstance(properties, dict):
        return [(name, _("the field properties is missing or wrong")) for name in _named(row)]
    return [(name, _readable(properties, shown)) for name in _named(row)]


def _named(row: dict[str, Any]) -> list[str]:
    """The user a row is about; several, where it has their id twice."""
    ids = row.all("user_id") if isinstance(row, Ambiguous) else [row.get("user_id")]
    return [user_id for user_id in ids if isinstance(user_id, str)]


def _failures(
    details: list[Any] | None, unreadable: dict[str, str], shown: Shown
) -> dict[str, tuple[str, str]]:
    failed: dict[str, tuple[str, str]] = {}
    for row in details or ():
        try:
            detail = wire.FailureDetail.model_validate(row)
        except ValidationError:
            detail = None
        if detail is not None and not isinstance(row, Ambiguous):
            message = shown(detail.msg if isinstance(detail.msg, str) else "")
            failed |= dict.fromkeys(detail.user_ids, (str(detail.code), message))
        elif isinstance(row, dict):
            ids = row.get("user_ids")
            named = ids if isinstance(ids, list) else ()
            why = _("its code is missing or wrong")
            unreadable |= {user_id: why for user_id in named if isinstance(user_id, str)}
    return failed


def _readable(values: Mapping[str, object], shown: Shown) -> tuple[dict[str, Value | None], dict[str, str]]:
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


def _present(values: Mapping[str, Value | None]) -> dict[str, Value]:
    """Without what was never set."""
    return {name: value for name, value in values.items() if value is not None and value != NEVER_SET}


def _profile_of(
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
            unreadable[name] = _("not one of the three states: “{text}”").format(text=shown(_as_json(value)))
        elif name not in unreadable and (names is None or name in names):
            consents[flag] = State.NEVER_SET
    return Profile(consents, _present(found), unreadable)


def _as_json(value: Value | None) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _no_text(value: Value) -> str:
    found = _("true or false") if isinstance(value, bool) else _("a number")
    return _("{found}, where the platform keeps text").format(found=found)


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
