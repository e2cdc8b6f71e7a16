"""What may be put into a request, whatever the API version: checked before anything is sent."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from dfn_tui.api.calls import Reply
from dfn_tui.api.types import Identity
from dfn_tui.consent.flags import State
from dfn_tui.text import _


class RequestModel(BaseModel):
    """Only documented fields, and nothing is converted on its way to the wire."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    def body(self) -> bytes:
        """The JSON to send; fields that were left out are not in it."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)


def _no_integer(value: object) -> object:
    if isinstance(value, int):
        raise ValueError("would lose digits as a float")  # noqa: TRY004  pydantic collects ValueErrors
    return value


Named = Annotated[str, StringConstraints(strict=True, min_length=1)]
"""A name or an id: not empty. pydantic refuses lone surrogates here."""

Text = Annotated[str, StringConstraints(strict=True, min_length=0)]  # unconstrained it takes lone surrogates
Integer = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(_no_integer)]

Scalar = Text | StrictBool | Integer | Number
"""A property's value where the platform knows strings, numbers and booleans."""

NEVER_SET = State.NEVER_SET.value


def absent_word(values: Mapping[str, object]) -> str | None:
    """The first name that would be set to the word by which the platform says "never set"; None where none.

    Written, it would read as absent afterwards.
    """
    absent = NEVER_SET.lower()
    named = (n for n, v in values.items() if isinstance(v, str) and v.strip().lower() == absent)
    return next(named, None)


def invalid(identity: Identity, field: str) -> Reply:
    """The reply for a user for whom nothing could be sent, `field` being what cannot."""
    message = _("Not sent: {field} is empty or holds what cannot be sent.")
    return Reply(identity, False, refused=True, code="invalid", message=message.format(field=field))


def not_supported(identity: Identity, message: str) -> Reply:
    """The reply where this API version cannot do that."""
    return Reply(identity, False, refused=True, code="not-supported", message=message)
