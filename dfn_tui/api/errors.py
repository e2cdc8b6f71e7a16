"""What can go wrong on the wire, each with words that say what to do next."""

from dfn_tui.errors import ConsoleError


class ApiError(ConsoleError):
    """The base of all errors of a call. `code` as in `Reply.code`.

    `believed`: nothing was done, for certain. Nothing left this host, or the API itself refused the whole
    request in a form that is documented. Something between us and the API may say what it likes.
    """

    believed = False

    def __init__(self, title: str, happened: str, next_step: str, code: str) -> None:
        super().__init__(title, happened, next_step)
        self.code = code


class TokenRejected(ApiError):
    """The server does not know the token (4001, 40201, 401): offer to replace it."""


class NotPermitted(ApiError):
    """The token is known but may not do this (4003, 4004, 4005, 40101)."""


class Unreachable(ApiError):
    """No request reached the server: unknown host, refused, TLS failure, connect timeout, proxy."""

    believed = True


class AnswerLost(ApiError):
    """The request was sent and no usable answer came: timeout, cut connection. A write is unknown."""


class RateLimited(ApiError):
    """429 to the end: the server asked to wait longer than the call's total time.

    `wait` is how many seconds from the answer on the server asked for, or None where it gave no word.
    """

    def __init__(
        self, title: str, happened: str, next_step: str, code: str, wait: float | None = None
    ) -> None:
        super().__init__(title, happened, next_step, code)
        self.wait = wait


class ServerFailed(ApiError):
    """The server failed (5xx). For a write this says nothing of what was applied."""


class AnswerUnreadable(ApiError):
    """The answer is not what the documentation states: not JSON, or a field is missing or wrong."""


class Rejected(ApiError):
    """The server understood and refused (4002, 4007, 4008, 40000, 40001, other 4xxx)."""


class ReadOnly(ApiError):
    """A write over a connection that only reads: refused by the client, before anything was sent."""

    believed = True
