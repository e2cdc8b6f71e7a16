"""What is odd about users: what reads show of them, and the made-up users of each odd kind."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.delivery import raw
from dfn_tui.sandbox.options import Absence, Faults

_ABSENT = {"undefined": State.NEVER_SET.value, "null": None}
_OTHER = {
    State.SUBSCRIBED: State.UNSUBSCRIBED,
    State.UNSUBSCRIBED: State.SUBSCRIBED,
    State.NEVER_SET: State.SUBSCRIBED,
}


def shown(faults: Faults, stored: Mapping[str, Any], spelt: Mapping[str, Absence]) -> dict[str, Any]:
    """What a read shows of a user: the names in `spelt`, each with how it is spelt where it is absent."""
    fields: dict[str, Any] = {}
    for name, absence in spelt.items():
        if name in faults.odd_values:
            fields[name] = raw(faults.odd_values[name])
        elif name in stored:
            fields[name] = _normalised(faults, stored[name])
        elif absence != "left-out":
            fields[name] = _ABSENT[absence]
    return fields


def _normalised(faults: Faults, value: object) -> object:
    if faults.normalise == "trim" and isinstance(value, str):
        return value.strip()
    if faults.normalise == "text" and not isinstance(value, str):
        return json.dumps(value)
    return value


def otherwise(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same names with other values."""
    return {name: _OTHER.get(value, f"not {value}") for name, value in fields.items()}


# Ids stand for themselves: tests and people type them.
OWN_FAULTS = {
    "odd-list": Faults(odd_values={"interests": '["travel", "coffee"]', "address": '{"city": "Seoul"}'}),
    "odd-null": Faults(odd_values={"favourite_store": "null", "age": "null"}),
    "odd-flag": Faults(odd_values={"mkt_sms_flag": '"Pending"', "night_flag": '"subscribed"'}),
    "odd-number": Faults(odd_values={"points": "1e999", "note": '"broken \\ud800 text"'}),
    "odd-ci": Faults(odd_values={"kakao_id": "1234567890", "phone_number": "821012345678"}),
    "odd-unread": Faults(read_answer="user-twice"),
    "odd-lie": Faults(apply_after_ms=None),
    "odd-denial": Faults(write_answer="failed"),
}
LONG_ID = "odd-long-" + "0123456789" * 12
_NAMES = {
    LONG_ID: "Wolfeschlegelsteinhausenbergerdorff " * 20,
    "odd-korean": "선우제갈남궁황보독고 " * 8,
    "odd-control": "Tab\tBell\x07 Line\nEscape\x1b[7m Right\u202eto\u202c left",
}
_ON = {Flag.INFO: State.SUBSCRIBED, Flag.MKT: State.SUBSCRIBED, Flag.MKT_SMS: State.SUBSCRIBED}
_CLASH = {Flag.MKT: State.UNSUBSCRIBED, Flag.MKT_SMS: State.SUBSCRIBED, Flag.NIGHT_SMS: State.SUBSCRIBED}


def odd_users() -> Iterator[dict[str, str | None]]:
    """A user of each odd kind, as rows for `Database.add`; of `odd-empty` nothing is set but an id, and one
    has no id at all: an export knows them."""
    ids = ("odd-empty", "odd-clash", *OWN_FAULTS, *_NAMES)
    for number, user_id in enumerate(ids, 1):
        empty = user_id == "odd-empty"
        consents = {} if empty else _CLASH if user_id == "odd-clash" else _ON
        name = _NAMES.get(user_id, "홍길동")
        yield {
            "user_id": user_id,
            "phone_no": None if empty else f"82109{number:07d}",
            "email": None if empty else f"odd{number}@example.com",
            "kakao_user_id": f"9{number:09d}",
            "line_user_id": None,
            **{flag: consents.get(flag) for flag in Flag},
            "kakao_id": f"9{number:09d}",
            "phone_number": None if empty else f"82109{number:07d}",
            "properties": json.dumps({} if empty else {"user_name": name, "points": number}),
            "df_properties": json.dumps({} if empty else {"df_name": name, "points": number}),
        }
    nobody: dict[str, str | None] = dict.fromkeys((*Flag, "user_id", "kakao_id", "phone_number"))
    identities = {"phone_no": "821090000000", "email": None, "kakao_user_id": None, "line_user_id": None}
    name = json.dumps({"df_name": 'Kim, "Lee"\nPark'})
    yield nobody | identities | {"properties": "{}", "df_properties": name}
