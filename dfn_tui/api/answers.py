"""From an answer's bytes to a checked model, or to the error the answer stands for.

A failure is believed with little: its code is enough. An answer that claims success must be whole, since
a person's consent is shown, or taken for written, on its word. What is odd about one user stays with them.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from dfn_tui.api import messages
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
from dfn_tui.api.transport import Response
from dfn_tui.text import sanitize

_PATH_LENGTH = 120
_DIGITS_OF_64_BITS = 20


class AnswerModel(BaseModel):
    """Fields the documentation does not name are ignored; a value of another type is not converted."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


ModelT = TypeVar("ModelT", bound=BaseModel)
Kind = type[ApiError]


class Ambiguous(dict[str, Any]):
    """A JSON object with a name twice: readers differ on which value counts, so neither does."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def all(self, name: str) -> list[Any]:
        """Every value that stands under that name."""
        return [value for key, value in self._pairs if key == name]


class OversizedNumber:
    """An integer of more digits than a number of 64 bits has. Python would not even read the largest."""


_OVERSIZED = OversizedNumber()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Ambiguous(pairs)


def _integer(text: str) -> int | OversizedNumber:
    return int(text) if len(text) <= _DIGITS_OF_64_BITS else _OVERSIZED


_READER = partial(json.JSONDecoder, object_pairs_hook=_object, parse_constant=lambda _name: float("nan"))
_DECODER, _DECODER_OF_ODD_NUMBERS = _READER(), _READER(parse_int=_integer)


def _decoded(body: bytes) -> object:
    # Bytes that are no UTF-8 become lone surrogates, which make just the text they are in unreadable.
    text = body.decode("utf-8", "surrogateescape")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of thousands of digits; looking at each takes longer
        return _DECODER_OF_ODD_NUMBERS.decode(text)


def parsed(response: Response, *, write: bool) -> dict[str, Any]:
    """The JSON object of an answer; empty where it has none but its status tells of a failure, as when a
    proxy answers with a page of its own. Raises AnswerUnreadable."""
    try:
        content = _decoded(response.body)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict) and not isinstance(content, Ambiguous):
        return content
    if response.status >= 400:
        return {}
    raise messages.answer_unreadable("malformed", write=write)


def checked(model: type[ModelT], content: object, *, write: bool, within: str = "") -> ModelT:
    """`content` as the model. Raises AnswerUnreadable naming the path of the first field that is missing
    or wrong, `within` being where the content lies; never its value."""
    try:
        if not isinstance(content, Ambiguous):
            return model.model_validate(content)
        path = within
    except ValidationError as exc:
        path = field_path(exc, within)
    raise messages.answer_unreadable("field", write=write, field=path)


def successful(
    model: type[ModelT],
    response: Response,
    content: object,
    kind: Kind | None,
    *,
    documented: bool,
    code: str,
    message: str,
    write: bool,
) -> ModelT:
    """`content` as the model, when the answer is a success. Raises the error it stands for otherwise.

    `kind`, `documented`, `code` and `message` as in `error_of`; `code` is empty where the body has none.
    Then the model is the first to complain, because it names the field.
    """
    error = error_of(response, kind, code, message, documented=documented, write=write)
    if error is None or (not code and response.status < 400):
        whole = checked(model, content, write=write)
        if error is None:
            return whole
    raise error


def field_path(exc: ValidationError, within: str = "", steps: int | None = None) -> str:
    """Where the first complaint of pydantic lies, as `result_data.items[0].name`.

    With `steps` no further down than that: below, pydantic names the types it tried.
    """
    path = within
    location = exc.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
    for step in location[:steps]:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return sanitize(path, _PATH_LENGTH)


# 408 and 425 (too late, too early) refuse nothing: the same may do a moment later.
_BY_STATUS: Mapping[int, Kind] = {401: TokenRejected, 403: NotPermitted, 408: ServerFailed, 425: ServerFailed}


def error_of(
    response: Response, kind: Kind | None, code: str, message: str, *, documented: bool, write: bool
) -> ApiError | None:
    """The error an answer stands for, or None when it is a success.

    `kind` is what the API version's table makes of the code in the body: None for success, and plain
    ApiError for no code or one that the table does not know. `documented` tells whether the code is one that
    refuses a request. The HTTP status wins where it tells of a failure or a limit, because something
    between us and the API may have answered; then nothing it says is believed.
    """
    status = response.status
    code = sanitize(code, 40) or str(status)
    believed = documented and status < 500
    if status >= 500:
        kind = ServerFailed
    elif status == 429 and not (believed and kind is Rejected):
        kind = RateLimited
    elif kind is ApiError and status >= 400:
        kind = _BY_STATUS.get(status, Rejected)
    if kind is None and status < 300:
        return None
    applied = not believed if write else None
    error = _MESSAGES[kind or ApiError](response, code, message, write, applied)
    error.believed = believed and kind is not ApiError
    return error


def _limited(response: Response, code: str, _message: str, _write: bool, applied: bool | None) -> ApiError:
    wait = seconds_until_reset(response.headers, response.server_time.timestamp())
    return messages.rate_limited(code, wait, applied=applied)


_MESSAGES: Mapping[Kind, Callable[[Response, str, str, bool, bool | None], ApiError]] = {
    TokenRejected: lambda _r, code, _m, _w, applied: messages.token_rejected(code, applied=applied),
    NotPermitted: lambda _r, code, text, _w, applied: messages.not_permitted(code, text, applied=applied),
    RateLimited: _limited,
    Rejected: lambda _r, code, text, _w, applied: messages.rejected(code, text, applied=applied),
    AnswerLost: lambda _r, _c, _m, write, _a: messages.answer_lost(timeout=False, write=write),
    ServerFailed: lambda _r, code, _m, write, _a: messages.server_failed(code, write=write),
    ApiError: lambda _r, code, _m, write, _a: messages.answer_unreadable(code, write=write),
}
