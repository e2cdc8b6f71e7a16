"""What version 1's answers say of each user. What is odd about one of them is theirs alone."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from dfn_tui.api import v1_models as wire
from dfn_tui.api.answers import Ambiguous
from dfn_tui.api.batch import BatchResponse, Found
from dfn_tui.api.values import Shown, present, profile_of, readable
from dfn_tui.text import _

Values = tuple[dict[str, Any], dict[str, str]]
"""What was found, and why the rest cannot be read."""
Users = Sequence[tuple[str, Values | str]]
"""Each user with their values, or why none can be read."""
_WRITTEN = Found()
_validated = wire.FoundValues.__pydantic_validator__.validate_python  # a row at a time, so often called


def profiles_read(data: wire.ProfilesRead, names: frozenset[str] | None, shown: Shown) -> BatchResponse:
    """`names` are the properties that were asked for, None for all."""

    def found(values: Values) -> Found:
        return Found(profile=profile_of(*values, names, shown))

    return _read(data.successful_user_properties, data.failure_details, found, shown)


def ci_read(data: wire.CiRead, shown: Shown) -> BatchResponse:
    def found(values: Values) -> Found:
        return Found(ci=present(values[0]), ci_unreadable=values[1])

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
    return [(name, readable(properties, shown)) for name in _named(row)]


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
