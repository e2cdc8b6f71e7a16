"""Version 2's requests and answers, field for field.

Rests on DFINERY's documentation of the import and export APIs (`https://openapi.dfinery.ai/api/v1/…`).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, RootModel, StrictBool

from dfn_tui.api.answers import AnswerModel
from dfn_tui.api.errors import (
    AnswerLost,
    ApiError,
    NotPermitted,
    RateLimited,
    Rejected,
    ServerFailed,
    TokenRejected,
)
from dfn_tui.api.requests import Integer, Named, Number, RequestModel, Scalar, Text
from dfn_tui.api.types import IdentityKind

SUCCESS = "20000"
ARRAY_BYTES = 8 * 1024
"""What the values of one array may take together."""


_KINDS: Mapping[str, type[ApiError]] = {
    "40000": Rejected,
    "40001": Rejected,
    "40101": NotPermitted,
    "40201": TokenRejected,
    "40401": RateLimited,
    # One request holds too much: waiting would not help.
    "40402": Rejected,
    "40403": Rejected,
}


def kind_of(code: object) -> type[ApiError] | None:
    """What a `code` stands for: None is success, ApiError a code the documentation does not have."""
    if code == SUCCESS:
        return None
    if not isinstance(code, str) or not (code.isascii() and code.isdecimal() and len(code) == len(SUCCESS)):
        return ApiError
    return _KINDS.get(code) or {"4": Rejected, "5": ServerFailed}.get(code[0], ApiError)


def refuses(code: object) -> bool:
    """Whether the documentation has it as a code that refuses a request."""
    return isinstance(code, str) and code in _KINDS


EXPORT_KINDS: Mapping[str, type[ApiError]] = {
    "client_connection_closed": AnswerLost,
    "invalid_parameter": Rejected,
    "exceed_date_range_limit": Rejected,
    "unauthorized_token": TokenRejected,
    "too_many_api_requests": RateLimited,
    "unknown_error": ServerFailed,
    "query_error": ServerFailed,
}
"""The messages of a failed export, which has no codes."""


ArrayT = TypeVar("ArrayT", list[str], list[int], list[float])


def _small(members: ArrayT) -> ArrayT:
    if sum(len(str(member).encode()) for member in members) > ARRAY_BYTES:
        raise ValueError("larger than the documentation allows")  # the server would drop it silently
    return members


Strings = Annotated[list[Text], AfterValidator(_small)]
Longs = Annotated[list[Integer], AfterValidator(_small)]
Doubles = Annotated[list[Integer | Number], AfterValidator(_small)]


_MOST_ARRAYS: Mapping[type, int] = {str: 10, int: 5, float: 5}
"""So many properties of each type of array a service can have, by the documentation. It says nothing of how
many elements one may hold."""


def too_many_arrays(properties: Mapping[str, object]) -> bool:
    """Whether these are more arrays of a type than a service can have: some would not be stored, silently."""
    kinds = Counter(
        float if any(isinstance(member, float) for member in value) else type(value[0])
        for value in properties.values()
        if isinstance(value, list) and value
    )
    return any(kinds[kind] > most for kind, most in _MOST_ARRAYS.items())


class UserPropertiesV2(
    RootModel[Annotated[dict[Named, Scalar | Strings | Longs | Doubles], Field(min_length=1)]]
):
    """Of one user or of many that are given the same: checked once, then as it is for each of them."""

    model_config = RequestModel.model_config | {"extra": None}


class Change(RequestModel):
    """What every import call holds. `identity` names one user, in one or more ways."""

    identity: Annotated[dict[IdentityKind, Named], Field(min_length=1)]
    request_datetime: str


class WriteProfile(Change):
    user_properties: UserPropertiesV2


class ExportProfiles(RequestModel):
    audience: Named | None = None
    properties_condition_type: Literal["all", "include", "exclude"]
    properties: list[Named] | None = None
    identities_condition_type: Literal["all"] | None = None


class Done(AnswerModel):
    """The answer to a successful import call. `code` alone says that it was one."""

    status: StrictBool
    code: str
    message: Any
    data: Any


class ExportFailed(AnswerModel):
    """An export's answer where it is no CSV."""

    result: str
    message: str


def timestamp(moment: datetime) -> str:
    """UTC, ISO 8601, milliseconds: `2024-06-24T06:42:25.394Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
