"""Generation 1's requests and answers, field for field.

Rests on the tables of DFINERY's user API, generation 1 (`https://openapi.dfinery.io/api/v1/users/…`).
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictInt

from dfn_tui.api.answers import AnswerModel, Scalars, Text
from dfn_tui.api.errors import ApiError, NotPermitted, RateLimited, Rejected, ServerFailed, TokenRejected
from dfn_tui.api.requests import Named, RequestModel, Sendable, SendableScalar
from dfn_tui.api.types import Value

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


Ids = Annotated[list[Named], Field(min_length=1, max_length=20)]


class ReadProfiles(RequestModel):
    user_ids: Ids
    property_names: list[Named] | None = None


class Properties(RequestModel):
    """Of one user or of many that are given the same; they stand beside a `user_id`."""

    properties: dict[Named, SendableScalar]

    @classmethod
    def of(cls, properties: Mapping[str, Value]) -> "Properties":
        """Checked at run time: arrays, which generation 2 has, raise ValidationError here."""
        return cls.model_validate({"properties": properties})


class ReadCi(RequestModel):
    user_ids: Ids
    user_ci_property_names: Annotated[list[Named], Field(min_length=1)]


class UserCi(RequestModel):
    user_id: Named
    properties: dict[Named, Sendable]


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
    result_msg: Text | None
    result_data: dict[str, Any] | None


class FailureDetail(AnswerModel):
    code: StrictInt
    msg: Text | None
    user_ids: list[Text]


class _Data(AnswerModel):
    failure_details: list[FailureDetail] | None


class FoundProperties(AnswerModel):
    user_id: Text
    properties: Scalars


class FoundCi(AnswerModel):
    user_id: Text
    properties: dict[Text, Text | None]


class ProfilesRead(_Data):
    successful_user_properties: list[FoundProperties] | None


class CiRead(_Data):
    successful_user_ci_properties: list[FoundCi] | None


class Written(_Data):
    successful_user_ids: list[Text] | None
