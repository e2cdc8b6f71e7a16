"""What may be put into a request, whatever the generation: checked before anything is sent."""

import math
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator

from dfn_tui.api.calls import Outcome, Status
from dfn_tui.api.types import Identity
from dfn_tui.text import _


class RequestModel(BaseModel):
    """Only documented fields; nothing is converted on its way to the wire."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    def body(self) -> dict[str, Any]:
        """The JSON object to send; fields that were left out are not in it."""
        return self.model_dump(exclude_none=True)


def _sendable_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004  pydantic collects ValueErrors only
    value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    return value


def named(value: object) -> str:
    """A name or an id: a string that is not empty. Raises ValueError for anything else."""
    text = _sendable_text(value)
    if not text:
        raise ValueError("empty")
    return text


def sendable_scalar(value: object) -> str | int | float | bool:
    """A string, boolean or finite number as JSON has it. Raises ValueError for anything else."""
    if isinstance(value, str):
        return _sendable_text(value)
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("not a string, number or boolean")


Sendable = Annotated[str, PlainValidator(_sendable_text)]
"""A string that UTF-8 can carry."""

Named = Annotated[str, PlainValidator(named)]
"""A name or an id: not empty."""

SendableScalar = Annotated[str | int | float | bool, PlainValidator(sendable_scalar)]
"""A property's value where the platform knows strings, numbers and booleans."""


def invalid(identity: Identity, field: str) -> Outcome:
    """The outcome of a user for whom nothing could be sent, `field` being what cannot."""
    message = _("Not sent, nothing was changed: {field} is empty or holds what cannot be sent.")
    return Outcome(identity, Status.FAILED, "invalid", message.format(field=field))
