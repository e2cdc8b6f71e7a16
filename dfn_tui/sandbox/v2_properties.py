"""The properties registered in the sandbox's version 2 service, and what each one takes.

The names starting with `df_` are registered in every service; the others stand for those a company
registers in the product's web console. An unknown name or a wrong type is not stored.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime

from dfn_tui.consent.flags import Flag

# Written out here rather than shared with the console: a server that repeats the console's table would
# also repeat its mistakes.
CONSENTS = {
    "df_push_optin": Flag.INFO,
    "df_push_ads_optin": Flag.MKT_PUSH,
    "df_sms_ads_optin": Flag.MKT_SMS,
    "df_kakao_ads_optin": Flag.MKT_KAKAO,
    "df_push_night_ads_optin": Flag.NIGHT_PUSH,
}
_ARRAY_BYTES = 8 * 1024
_GENDERS = frozenset({"Male", "Female", "NonBinary", "Other"})
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z")


Check = Callable[[object], bool]


def _string(value: object) -> bool:
    return isinstance(value, str)


def _long(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _double(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _boolean(value: object) -> bool:
    return isinstance(value, bool)


def _time(form: re.Pattern[str], parse: Callable[[str], object]) -> Check:
    def is_time(value: object) -> bool:
        if not isinstance(value, str) or not form.fullmatch(value):
            return False
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return is_time


_date = _time(_DATE, date.fromisoformat)
is_datetime = _time(_DATETIME, datetime.fromisoformat)
"""Whether a value is a UTC date-time as the documentation writes it, milliseconds optional."""


def _array_of(element: Check) -> Check:
    def fits_array(value: object) -> bool:
        return isinstance(value, list) and all(map(element, value)) and sum(map(_size, value)) <= _ARRAY_BYTES

    return fits_array


def _size(value: object) -> int:
    return len((value if isinstance(value, str) else json.dumps(value)).encode())


def _gender(value: object) -> bool:
    return isinstance(value, str) and value in _GENDERS


_REGISTERED: dict[str, Check] = {
    "df_name": _string,
    "df_gender": _gender,
    "df_birth": _date,
    "df_membership": _string,
    **dict.fromkeys(CONSENTS, _boolean),
    "email": _string,
    "points": _long,
    "average_basket": _double,
    "vip": _boolean,
    "signup_date": _date,
    "last_login": is_datetime,
    "interests": _array_of(_string),
    "order_numbers": _array_of(_long),
    "ratings": _array_of(_double),
}
NAMES = tuple(_REGISTERED)


def is_stored(name: str, value: object) -> bool:
    """Whether the property is registered and `value` is of its type."""
    check = _REGISTERED.get(name)
    return check is not None and check(value)
