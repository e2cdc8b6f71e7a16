"""What a value of the configuration may be: one small function per kind, each saying what would be right.

A check takes what the TOML parser gave, or None for a key that is missing, and gives the value to use or
raises `Wrong`.
"""

import math
import re
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from dfn_tui.text import _

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DATED_FLAG = re.compile(r"(mkt|night)(_(push|sms|kakao))?_flag")
_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PLATFORMS = re.compile(
    r"(mkt|night|info)_(.*_)?flag|df_.*|.*_optin|abx.*|user_name|age|gender|user_id|external_id|phone_no|email"
    r"|phone_number|kakao_id|kakao_user_id|line_user_id"
)
"""Names that values of the platform's own go by: a date written there would change what they say."""
LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")

Choice = TypeVar("Choice", bound=StrEnum)


class Wrong(Exception):
    """A value is not what its key takes; `right` is the sentence that says what would be."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


def one_of(choices: type[Choice], value: object) -> Choice:
    """A member of an enumeration, spelled exactly. Raises Wrong."""
    words = [choice.value for choice in choices]
    if isinstance(value, str):
        if value in words:
            return choices(value)
        near = get_close_matches(value.lower()[:64], words, n=1)
        if near:
            raise Wrong(_("Did you mean “{word}”?").format(word=near[0]))
    raise Wrong(_("Write one of these in quotes: {words}.").format(words=", ".join(words)))


def boolean(value: object) -> bool:
    """`true` or `false`; a quoted "false" is not one, lest it be taken for true. Raises Wrong."""
    if not isinstance(value, bool):
        raise Wrong(_("Write true or false, without quotes."))
    return value


def boolean_or_auto(value: object) -> bool | None:
    """`true`, `false`, or "auto", which is None. Raises Wrong."""
    if value != "auto" and not isinstance(value, bool):
        raise Wrong(_("Write true or false, without quotes, or “auto” with them."))
    return value if isinstance(value, bool) else None


def name(value: object) -> str:
    """A connection's name; it also names the connection's tokens in the keyring."""
    right = _("A name has 1 to 64 letters (A to Z), digits, dots, underscores and hyphens.")
    return _text(value, r"[A-Za-z0-9._-]{1,64}", right)


def identifier(value: object) -> str:
    """An id the platform issued: visible ASCII, whatever its form."""
    right = _("Write the id in quotes, as the platform's web console shows it, without spaces.")
    return _text(value, r"[!-~]{1,256}", right)


def base_url(value: object) -> str:
    """Where requests go, without a slash at the end: `https`, or `http` on this machine. Raises Wrong."""
    wrong = Wrong(_("Write an address like “https://host” (plain http is for this machine only)."))
    text = _text(value, r"[!-~]{1,2048}", wrong.right)  # the parser quietly drops line breaks and tabs
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number, a broken IPv6 address
        raise wrong from None
    if not host or port == 0 or "\\" in text:
        raise wrong
    if not _is_name(host):
        raise Wrong(_("No host can have that name: a part of it is empty, too long or no valid IDN."))
    if "@" in parts.netloc:
        raise Wrong(_("An address must not hold a user name or a password."))
    if "?" in text or "#" in text:
        raise Wrong(_("An address must not have a query or a fragment: end it before the “?” or “#”."))
    if parts.scheme == "http" and not LOOPBACK.fullmatch(host):
        raise Wrong(_("Use https: plain http would show tokens and personal data to the network."))
    if parts.scheme not in {"http", "https"}:
        raise wrong
    return text.rstrip("/")


def _is_name(host: str) -> bool:
    """Whether a host can have that name. Whoever connects to others, or shows them, ends with an error that
    is no refusal."""
    try:
        host.encode("idna")
        if "xn--" in host:
            import idna  # noqa: PLC0415  as httpx reads it; hardly any name needs it

            idna.decode(host)
    except UnicodeError:
        return False
    return True


def command(value: object) -> tuple[str, ...]:
    """A program and its arguments, to be run as they are, without a shell. Raises Wrong."""
    wrong = Wrong(_('Write a list of texts in quotes, like ["pass", "show", "dfinery/prod"].'))
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 64:
        raise wrong
    for part in value:
        if not isinstance(part, str) or len(part) > 4096 or _CONTROL.search(part):
            raise wrong
    if not value[0].strip():
        raise wrong
    return tuple(value)


def path(value: object) -> str:
    """The whole path of a file. Raises Wrong."""
    return _text(value, r"/[^\x00-\x1f\x7f]{1,1024}", _("Write the whole path of a file, in quotes."))


def minutes(value: object) -> int:
    """A whole number of minutes, 0 for never."""
    return _whole(
        value, 0, 1440, _("Write a whole number of minutes from 0 (never) to 1440, without quotes.")
    )


def days(value: object) -> int:
    """A whole number of days."""
    return _whole(value, 1, 36_500, _("Write a whole number of days from 1 to 36500, without quotes."))


def count(value: object) -> int:
    """How many users."""
    return _whole(value, 1, math.inf, _("Write a whole number from 1 on, without quotes."))


def hours(value: object) -> int:
    """A whole number of hours."""
    return _whole(value, 1, 8760, _("Write a whole number of hours from 1 to 8760, without quotes."))


def exports(value: object) -> int:
    """Exports an hour, up to the documented limit."""
    return _whole(value, 1, 100, _("Write a whole number from 1 to 100, without quotes."))


def rate(value: object) -> int:
    """Requests a minute, up to the documented limit."""
    return _whole(value, 1, 10_000, _("Write a whole number from 1 to 10000, without quotes."))


def sender(value: object) -> str:
    """Who sends the messages: a name as people read it."""
    right = _("Write the sender's name in quotes, in 1 to 100 characters, as it stands in messages.")
    text = _text(value, r"[^\x00-\x1f\x7f]{1,100}", right).strip()
    return _text(text, r".+", right)


def consent_dates(value: object) -> tuple[tuple[str, str], ...]:
    """By consent, the property that bears the day on which it was given. Raises Wrong."""
    right = _('Write a table of consents and properties, like { mkt_sms_flag = "mkt_sms_at" }.')
    if not isinstance(value, dict) or not value:
        raise Wrong(right)
    for flag, property in value.items():
        if not _DATED_FLAG.fullmatch(flag):
            raise Wrong(
                _("Name consents to advertising or for the night as version 1 does, like mkt_sms_flag.")
            )
        if not isinstance(property, str) or not _PROPERTY.fullmatch(property):
            raise Wrong(right)
        if _PLATFORMS.fullmatch(property.casefold()):
            raise Wrong(_("Name a custom property: that name is the platform's own."))
    if len(set(value.values())) < len(value):
        raise Wrong(_("Name a property of its own for each consent."))
    return tuple(value.items())


def _whole(value: object, least: int, most: float, right: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise Wrong(right)


def _text(value: object, form: str, right: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(form, value):
        raise Wrong(right)
    return value
