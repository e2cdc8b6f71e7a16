"""From an answer's bytes to a checked model, or to the error the answer stands for.

A failure is believed with little: its code is enough. An answer that claims success must be whole, since
a person's consent is shown, or taken for written, on its word.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    InstanceOf,
    PlainValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from dfn_tui.api import words
from dfn_tui.api.errors import (
    AnswerLost,
    ApiError,
    NotPermitted,
    RateLimited,
    Rejected,
    ServerFailed,
    TokenRejected,
)
from dfn_tui.api.ratelimit import seconds_until_reset
from dfn_tui.api.transport import Answer
from dfn_tui.text import inert

_PATH_LENGTH = 120

Text = InstanceOf[str]
"""A string as it came. pydantic's own string would not take a lone surrogate, which JSON can hold."""


class AnswerModel(BaseModel):
    """Fields the documentation does not name are kept; a value of another type is not converted."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, hide_input_in_errors=True)


ModelT = TypeVar("ModelT", bound=BaseModel)
Kind = type[ApiError]


def parsed(answer: Answer, *, write: bool) -> dict[str, Any]:
    """The JSON object of an answer; empty where it has none but its status tells of a failure, as when a
    proxy answers with a page of its own. Raises AnswerUnreadable."""
    try:
        content = json.loads(answer.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        return content
    if answer.status >= 400:
        return {}
    raise words.answer_unreadable("malformed", write=write)


def checked(model: type[ModelT], content: object, *, write: bool, within: str = "") -> ModelT:
    """`content` as the model. Raises AnswerUnreadable naming the path of the first field that is missing
    or wrong, `within` being where the content lies; never its value."""
    try:
        return model.model_validate(content)
    except ValidationError as exc:
        path = field_path(exc, within)
    raise words.answer_unreadable("field", write=write, field=path)


def successful(
    model: type[ModelT],
    answer: Answer,
    content: object,
    kind: Kind | None,
    *,
    code: str,
    message: str,
    write: bool,
) -> ModelT:
    """`content` as the model, when the answer is a success. Raises the error it stands for otherwise.

    `kind`, `code` and `message` as in `error_of`; `code` is empty where the body has none. Then the model
    is the first to complain, because it names the field.
    """
    error = error_of(answer, kind, code, message, write=write)
    if error is None or (not code and answer.status < 400):
        whole = checked(model, content, write=write)
        if error is None:
            return whole
    raise error


def field_path(exc: ValidationError, within: str = "") -> str:
    """Where the first complaint of pydantic lies, as `result_data.items[0].name`."""
    path = within
    location = exc.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return inert(path, _PATH_LENGTH)


def error_of(answer: Answer, kind: Kind | None, code: str, message: str, *, write: bool) -> ApiError | None:
    """The error an answer stands for, or None when it is a success.

    `kind` is what the generation's table makes of the code in the body: None for success, and plain
    ApiError for no code or one that the table does not know. The HTTP status wins where it tells of a
    failure or a limit, because something between us and the API may have answered.
    """
    status = answer.status
    code = inert(code, 40) or str(status)
    if status == 429:
        kind = RateLimited
    elif status >= 500:
        kind = ServerFailed
    elif kind is ApiError and status >= 400:
        kind = {401: TokenRejected, 403: NotPermitted}.get(status, Rejected)
    if kind is None and status < 300:
        return None
    return _WORDS.get(kind or ApiError, _unreadable)(answer, code, message, write)


def _limited(answer: Answer, code: str, _message: str, _write: bool) -> ApiError:
    return words.rate_limited(code, seconds_until_reset(answer.headers, answer.server_time.timestamp()))


def _unreadable(_answer: Answer, code: str, _message: str, write: bool) -> ApiError:
    return words.answer_unreadable(code, write=write)


_WORDS: Mapping[Kind, Callable[[Answer, str, str, bool], ApiError]] = {
    TokenRejected: lambda _a, code, _m, _w: words.token_rejected(code),
    NotPermitted: lambda _a, code, message, _w: words.not_permitted(code, message),
    RateLimited: _limited,
    Rejected: lambda _a, code, message, _w: words.rejected(code, message),
    AnswerLost: lambda _a, _c, _m, write: words.answer_lost(timeout=False, write=write),
    ServerFailed: lambda _a, code, _m, write: words.server_failed(code, write=write),
}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _scalar(value: object) -> object:
    # A null stands for a property that has no value; the models drop it.
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError("not a string, number or boolean")


Scalar = Annotated[Any, PlainValidator(_scalar)]
"""A property's value in an answer: string, number or boolean, or null where there is none."""

_TEXT = frozenset({str})
_SCALARS = frozenset({str, int, float, bool, type(None)})


def _scalars(values: object, one_by_one: ValidatorFunctionWrapHandler) -> Any:
    # One by one takes most of the time of a read, and is needed only to name the one that is wrong.
    if type(values) is not dict or not _TEXT.issuperset(map(type, values)):
        return one_by_one(values)
    return values if _SCALARS.issuperset(map(type, values.values())) else one_by_one(values)


Scalars = Annotated[dict[Text, Scalar], WrapValidator(_scalars)]
"""Properties by name."""
