"""The properties registered in the sandbox's version 2 service, and what each one takes.

The names starting with `df_` are registered in every service; the others stand for those a company
registers in the product's web console. An unknown name or a wrong type is not stored.
"""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

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
_Long = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Date = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(date.fromisoformat)]
_Datetime = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z$"),
    AfterValidator(datetime.fromisoformat),
]


def _small(values: list[Any]) -> list[Any]:
    texts = (value if isinstance(value, str) else json.dumps(value) for value in values)
    if sum(len(text.encode()) for text in texts) > _ARRAY_BYTES:
        raise ValueError
    return values


_REGISTERED: dict[str, Any] = {
    "df_name": str,
    "df_gender": Literal["Male", "Female", "NonBinary", "Other"],
    "df_birth": _Date,
    "df_membership": str,
    **dict.fromkeys(CONSENTS, bool),
    "email": str,
    "points": _Long,
    "average_basket": float,
    "vip": bool,
    "signup_date": _Date,
    "last_login": _Datetime,
    "interests": Annotated[list[str], AfterValidator(_small)],
    "order_numbers": Annotated[list[_Long], AfterValidator(_small)],
    "ratings": Annotated[list[float], AfterValidator(_small)],
}
NAMES = tuple(_REGISTERED)
_STRICT = ConfigDict(strict=True)
_TYPES = {name: TypeAdapter[Any](kind, config=_STRICT) for name, kind in _REGISTERED.items()}
_DATETIME = TypeAdapter[Any](_Datetime, config=_STRICT)


def is_stored(name: str, value: object) -> bool:
    """Whether the property is registered and `value` is of its type."""
    return name in _TYPES and _fits(_TYPES[name], value)


def is_datetime(value: object) -> bool:
    """Whether a value is a UTC date-time as the documentation writes it, milliseconds optional."""
    return _fits(_DATETIME, value)


def _fits(kind: TypeAdapter[Any], value: object) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True
