"""What the operator reads when a call went wrong: what happened, what was changed, what to do next.

Each function gives one error of `dfn_tui.api.errors`. `write` tells whether the call was to change
something, since "nothing was changed" is exactly what may not be said of a lost write, nor of a read: it may
be the look at what a write came to. Server messages that come in here have been made inert and rid of tokens
already.
"""

from dfn_tui.api.errors import (
    AnswerLost,
    AnswerUnreadable,
    ApiError,
    NotPermitted,
    RateLimited,
    ReadOnly,
    Rejected,
    ServerFailed,
    TokenRejected,
    Unreachable,
)
from dfn_tui.text import _, ngettext


def unreachable(reason: str, host: str, status: int = 0, proxy: str = "") -> Unreachable:
    """Nothing was sent. `reason` becomes the error's code and chooses the words; `status` is the proxy's, and
    `proxy` its address and the variable that names it, "" where there is none."""
    happened = {
        "unknown-host": _("The name {host} is not known on this host."),
        "refused": _("{host} refused the connection."),
        "tls": _("No trusted TLS connection to {host} could be made."),
        "connect-timeout": _("{host} did not answer in time."),
        "proxy-unreachable": _("The proxy {proxy} on the way to {host} cannot be reached."),
        "proxy-unknown": _("The name of the proxy {proxy} on the way to {host} is not known."),
        "proxy-tls": _("No trusted TLS connection to the proxy {proxy} on the way to {host}."),
        "proxy-timeout": _("The proxy {proxy} on the way to {host} did not answer in time."),
        "proxy-answer": _("The proxy {proxy} on the way to {host} gave no usable answer."),
        "proxy-tunnel": _(
            "The proxy {proxy} said that the way to {host} is open, and then gave no TLS connection over it."
        ),
        "proxy-login": _("The proxy {proxy} on the way to {host} wants a login (HTTP {status})."),
        "proxy-failed": _("The proxy {proxy} on the way to {host} failed (HTTP {status})."),
        "proxy": _("The proxy {proxy} on the way to {host} refused (HTTP {status})."),
        "busy-here": _("Every connection to {host} is in use."),
    }.get(reason, _("No connection to {host} could be made."))
    of_proxy = reason.startswith("proxy")
    if reason in ("tls", "proxy-tls"):
        step = _("Check that this host's trust store knows the certificate authority, then try again.")
    elif reason == "proxy-login":
        step = _("Write {variable} like http://user:password@host:port, with the right ones.")
        step = step.format(variable=proxy.rpartition("(")[2].rstrip(")"))
    elif of_proxy:
        step = _("Check the proxy, and HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment.")
    else:
        step = _("Check the address, the network and the proxy settings, then try again.")
    title = _("No way through the proxy") if of_proxy else _("Server not reached")
    if reason == "deadline":
        return Unreachable(title, _("No time was left for the request."), step, reason)
    if proxy and not of_proxy:
        host = over(host, proxy)
    happened = happened.format(host=host, status=status, proxy=proxy)
    return Unreachable(title, f"{happened} {_('The request was not sent.')}", step, reason)


def over(host: str, proxy: str) -> str:
    """A server as it is named where the way to it goes over `proxy`, "" for none."""
    return _("{host} over the proxy {proxy}").format(host=host, proxy=proxy) if proxy else host


def answer_lost(*, timeout: bool, write: bool, proxy: str = "") -> AnswerLost:
    """The request went out and no whole answer came. `proxy` as in `unreachable`."""
    if write and timeout:
        happened = _("The change was sent, and no answer came in time. It may or may not have been applied.")
    elif write:
        happened = _(
            "The change was sent, and the connection was cut before an answer came. "
            "It may or may not have been applied."
        )
    elif timeout:
        happened = _("No answer came in time.")
    else:
        happened = _("The connection was cut before the whole answer came.")
    if proxy:
        happened += " " + _("The way went over the proxy {proxy}.").format(proxy=proxy)
    return AnswerLost(_("No answer"), happened, _after(write=write), "timeout" if timeout else "cut")


def server_failed(code: str, *, write: bool) -> ServerFailed:
    """A failure on the server's side; what it says of itself, if anything, is not for operators."""
    if write:
        happened = _("The server failed (code {code}) after the change was sent. It may have been applied.")
    else:
        happened = _("The server failed (code {code}).")
    return ServerFailed(_("Server failure"), happened.format(code=code), _after(write=write), code)


def answer_unreadable(code: str, *, write: bool, field: str | None = None) -> AnswerUnreadable:
    """Not what the documentation states; `field` is the path of what is missing or wrong."""
    if field is not None and write:
        happened = _(
            "The change was sent, but in the answer the field {field} is missing or wrong. "
            "It may or may not have been applied."
        ).format(field=field)
    elif field is not None:
        happened = _("In the answer the field {field} is missing or wrong.").format(field=field)
    elif write:
        happened = _(
            "The change was sent, but the answer cannot be read. It may or may not have been applied."
        )
    else:
        happened = _("The answer cannot be read.")
    step = _("Check that the address is that of the API. A proxy in between may have answered instead.")
    return AnswerUnreadable(_("Unreadable answer"), happened, _after_write() if write else step, code)


def answer_encoded(encoding: str, *, write: bool) -> AnswerUnreadable:
    """Content encoded in a way that was not asked for and is not known, or in more than one."""
    error = answer_unreadable("encoding", write=write)
    happened = _("Its encoding “{encoding}” is not known here.").format(encoding=encoding)
    return AnswerUnreadable(error.title, f"{error.happened} {happened}", error.next_step, error.code)


def token_rejected(code: str, *, applied: bool | None) -> TokenRejected:
    """`applied` here and below: whether the change may have been applied all the same; None for a read."""
    return TokenRejected(
        _("Token not accepted"),
        _("The server does not accept the token (code {code}).").format(code=code) + _effect(applied=applied),
        _("Replace the token of this connection, then try again."),
        code,
    )


def not_permitted(code: str, message: str, *, applied: bool | None) -> NotPermitted:
    if message:
        happened = _("The server does not permit this (code {code}): “{message}”.")
    else:
        happened = _("The server does not permit this (code {code}).")
    return NotPermitted(
        _("Not permitted"),
        happened.format(code=code, message=message) + _effect(applied=applied),
        _("Check the token's permissions, the service id and the account in the product's web console."),
        code,
    )


def rate_limited(code: str, wait: float | None, *, applied: bool | None) -> RateLimited:
    if wait is None:
        happened = _("The server answers “too many requests” (code {code}).").format(code=code)
    else:
        seconds = round(wait) or 1
        happened = ngettext(
            "The server answers “too many requests” (code {code}) and asks to wait for {seconds} second.",
            "The server answers “too many requests” (code {code}) and asks to wait for {seconds} seconds.",
            seconds,
        ).format(code=code, seconds=seconds)
    return RateLimited(
        _("Too many requests"),
        happened + _effect(applied=applied),
        _("Wait until the limit is lifted, then try again."),
        code,
        wait,
    )


def rejected(code: str, message: str, *, applied: bool | None) -> Rejected:
    if message:
        happened = _("The server refused the request (code {code}): “{message}”.")
    else:
        happened = _("The server refused the request (code {code}).")
    return Rejected(
        _("Request refused"),
        happened.format(code=code, message=message) + _effect(applied=applied),
        _after_write() if applied else _("Check the ids and the values, then try again."),
        code,
    )


def read_only() -> ReadOnly:
    return ReadOnly(
        _("Read-only connection"),
        _("This connection only reads. The change was not sent."),
        _("Use a connection that may write."),
        "read-only",
    )


def misconfigured(happened: str, next_step: str) -> ApiError:
    """The connection itself cannot be used; found before anything is sent."""
    return ApiError(_("Connection cannot be used"), happened, next_step, "misconfigured")


def _effect(*, applied: bool | None) -> str:
    if applied is None:
        return ""  # it may be a look at what a write came to
    if applied:
        return " " + _("This is not an answer of the API as documented: the change may have been applied.")
    return " " + _("The request changed nothing.")


def _after(*, write: bool) -> str:
    return _after_write() if write else _("Try again in a moment.")


def _after_write() -> str:
    return _("Look the user up again before sending the change once more.")


def accepted_unread() -> str:
    """What it means that version 2 took a property that is the company's own."""
    return _(
        "Accepted. Where the service has no such property, or has it with another type, nothing was stored, "
        "and no answer says so."
    )
