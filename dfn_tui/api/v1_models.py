"""Version 1's requests and answers, field for field.

Rests on the tables of DFINERY's user API, version 1 (`https://openapi.dfinery.io/api/v1/users/…`).
"""

from typing import Annotated, Any

from pydantic import Field, RootModel, StrictInt, TypeAdapter

from dfn_tui.api.answers import AnswerModel
from dfn_tui.api.errors import ApiError, NotPermitted, RateLimited, Rejected, ServerFailed, TokenRejected
from dfn_tui.api.requests import Named, RequestModel, Scalar, Text

SUCCESS = 2000
INVALID_REQUEST = 4002

_KINDS: dict[int, type[ApiError]] = {
    4001: TokenRejected,
    4003: NotPermitted,
    4004: NotPermitted,
    4005: NotPermitted,
    4006: RateLimited,
}


def kind_of(code: object) -> type[ApiError] | None:
    """What a `result_code` stands for: None is success, ApiError a code the documentation does not have."""
    if type(code) is not int:
        return ApiError
    if code == SUCCESS:
        return None
    return _KINDS.get(code) or {4: Rejected, 5: ServerFailed}.get(code // 1000, ApiError)


def refuses(code: object) -> bool:
    """Whether the documentation has it as a code that refuses a whole request."""
    return type(code) is int and 4001 <= code <= 4008


NAMED = TypeAdapter[str](Named)
Ids = Annotated[list[Named], Field(min_length=1, max_length=20)]


class ReadProfiles(RequestModel):
    user_ids: Ids
    property_names: list[Named] | None = None


class Properties(RootModel[dict[Named, Scalar]]):
    """Of one user or of many that are given the same: checked once, then as it is for each of them."""

    model_config = RequestModel.model_config | {"extra": None}


class UserProperties(RequestModel):
    user_id: Named
    properties: Properties


class WriteProfiles(RequestModel):
    user_properties: Annotated[list[UserProperties], Field(min_length=1, max_length=20)]


class ReadCi(RequestModel):
    user_ids: Ids
    user_ci_property_names: Annotated[list[Named], Field(min_length=1)]


class CiFields(RootModel[dict[Named, Text]]):
    """As `Properties`; here every value is a string."""

    model_config = RequestModel.model_config | {"extra": None}


class UserCi(RequestModel):
    user_id: Named
    properties: CiFields


class WriteCi(RequestModel):
    user_ci_properties: Annotated[list[UserCi], Field(min_length=1, max_length=20)]


class DeleteCi(RequestModel):
    """The table of this call says `user_ids`, its example `user_id`: exactly one of them is given."""

    user_ids: Ids | None = None
    user_id: Ids | None = None
    user_ci_property_names: Annotated[list[Named], Field(min_length=1)]


class Envelope(AnswerModel):
    """Around every answer. `result_data` is checked against the model of its call."""

    result_code: StrictInt
    result_msg: Any
    result_data: dict[str, Any] | None


class FailureDetail(AnswerModel):
    code: StrictInt
    msg: Any = None
    user_ids: list[str]


class _Data(AnswerModel):
    """The users are checked one by one, so that what is wrong with one is theirs alone."""

    failure_details: list[Any] | None = None


class FoundValues(AnswerModel):
    """What was read of one user, all of it as documented."""

    user_id: str
    properties: dict[Text, Scalar | None]


class ProfilesRead(_Data):
    successful_user_properties: list[Any] | None


class CiRead(_Data):
    successful_user_ci_properties: list[Any] | None


class Written(_Data):
    successful_user_ids: list[Any] | None
