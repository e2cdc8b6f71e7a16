"""Generation 2's requests and answers, field for field.

Rests on DFINERY's documentation of the import and export APIs (`https://openapi.dfinery.ai/api/v1/…`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, StrictBool

from dfn_tui.api.answers import AnswerModel, Text
from dfn_tui.api.errors import (
    AnswerLost,
    ApiError,
    NotPermitted,
    RateLimited,
    Rejected,
    ServerFailed,
    TokenRejected,
)
from dfn_tui.api.requests import Named, RequestModel, sendable_scalar
from dfn_tui.api.types import IdentityKind, Value

SUCCESS = "20000"
ARRAY_BYTES = 8 * 1024
"""What the values of one array may take together."""


def kind_of(code: object) -> type[ApiError] | None:
    """What a `code` stands for: None is success, ApiError a code the documentation does not have.

    The documented 404xx are "too many" of something, each of them.
    """
    if code == SUCCESS:
        return None
    if not isinstance(code, str) or not (code.isascii() and code.isdecimal() and len(code) == len(SUCCESS)):
        return ApiError
    special = {"40101": NotPermitted, "40201": TokenRejected}.get(code)
    if special is not None:
        return special
    if code.startswith("404"):
        return RateLimited
    return {"4": Rejected, "5": ServerFailed}.get(code[0], ApiError)


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


def _sendable(value: object) -> Value:
    if not isinstance(value, list):
        return sendable_scalar(value)
    kinds = {type(sendable_scalar(member)) for member in value}
    if bool in kinds or not (kinds <= {str} or kinds <= {int, float}):
        raise ValueError("not an array of strings, of longs or of doubles")
    if sum(len(str(member).encode()) for member in value) > ARRAY_BYTES:
        raise ValueError("larger than the documentation allows")  # the server would drop it silently
    return value


class Change(RequestModel):
    """What every import call holds. `identity` names one user, in one or more ways."""

    identity: Annotated[dict[IdentityKind, Named], Field(min_length=1)]
    request_datetime: str


class WriteProfile(Change):
    user_properties: Annotated[dict[Named, Annotated[Value, PlainValidator(_sendable)]], Field(min_length=1)]


class ExportProfiles(RequestModel):
    audience: Named | None = None
    properties_condition_type: Literal["all", "include", "exclude"]
    properties: list[Named] | None = None


class Done(AnswerModel):
    """The answer to a successful import call. `code` alone says that it was one."""

    status: StrictBool
    code: Text
    message: Text | None
    data: object


class ExportFailed(AnswerModel):
    """An export's answer where it is no CSV."""

    result: Text
    message: Text


def timestamp(moment: datetime) -> str:
    """UTC, ISO 8601, milliseconds: `2024-06-24T06:42:25.394Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
