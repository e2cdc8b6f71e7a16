"""Generation 1 of the user API (`openapi.dfinery.io`), by its public documentation."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dfn_tui.consent.flags import State
from dfn_tui.sandbox.codes import VERSION_1
from dfn_tui.sandbox.core import Call, Refused, Sandbox, answer, bearer, read_object, same
from dfn_tui.sandbox.database import CI_FIELDS, FLAGS

BATCH = 20
_EMPTY = "A required parameter is empty."
_TOO_MANY = "Too many user ids in request."
_BUSY = (5003, "The server was too busy to handle it. Please try again later.")
_WRONG_TYPE = "Unsupported value type."
_STRINGS = frozenset({"user_name", "age", "gender"})
_NAMES = frozenset(FLAGS)
_WRITABLE = frozenset({State.SUBSCRIBED, State.UNSUBSCRIBED})
_KAKAO_ID = re.compile(r"[0-9]{10}")
_PHONE = re.compile(r"[1-9][0-9]{6,14}")  # E.164 without the plus


def refuse(code: int, message: str | None = None) -> Refused:
    status, documented = VERSION_1[str(code)]
    return Refused(
        answer({"result_code": code, "result_msg": message or documented, "result_data": None}, status)
    )


class GenerationOne:
    """The five calls. Everything that reads or writes is one statement for a whole batch."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def calls(self) -> Mapping[str, Call]:
        return {
            "/api/v1/users/profile": self.profile,
            "/api/v1/users/profile/update": self.profile_update,
            "/api/v1/users/ci": self.ci,
            "/api/v1/users/ci/update": self.ci_update,
            "/api/v1/users/ci/delete": self.ci_delete,
        }

    def authorize(self, request: Request) -> None:
        if not same(bearer(request), self._sandbox.options.token):
            raise refuse(4001)

    def too_many_requests(self) -> Refused:
        return refuse(4006)

    def refusal(self, code: str) -> Refused | None:
        return refuse(int(code)) if code in VERSION_1 else None

    def profile(self, body: bytes) -> Response:
        request = _read(body)
        user_ids = _user_ids(request, "user_ids")
        names = _names(request, "property_names") if request.get("property_names") else None
        busy = self._busy(user_ids)
        stored = self._sandbox.state.profiles(user_ids)
        found = []
        for user_id in user_ids:
            if user_id in busy:
                continue
            flags, properties = stored.get(user_id) or (dict.fromkeys(FLAGS, State.NEVER_SET), {})
            known = {**properties, **flags}
            if names is not None:
                known = {name: known[name] for name in names if name in known}
            found.append({"user_id": user_id, "properties": known})
        return _success("successful_user_properties", found, _failures(busy) or [])

    def profile_update(self, body: bytes) -> Response:
        writes = []
        for user_id, properties in _entries(_read(body), "user_properties"):
            for name, value in properties.items():
                _check_property(name, value)
            flags = {flag: State(properties[flag]) for flag in FLAGS if flag in properties}
            rest = {name: value for name, value in properties.items() if name not in _NAMES}
            writes.append((user_id, flags, rest))
        user_ids = [write[0] for write in writes]
        self._refuse_bad(user_ids)
        busy = self._busy(user_ids)
        self._sandbox.state.write_profiles(write for write in writes if write[0] not in busy)
        return _written(user_ids, busy)

    def ci(self, body: bytes) -> Response:
        request = _read(body)
        user_ids = _user_ids(request, "user_ids")
        names = _ci_names(request)
        busy = self._busy(user_ids)
        stored = self._sandbox.state.ci(user_ids)
        found = []
        for user_id in user_ids:
            if user_id not in busy:
                fields = stored.get(user_id, {})
                known = {name: fields[name] for name in names if name in fields}
                found.append({"user_id": user_id, "properties": known})
        return _success("successful_user_ci_properties", found, _failures(busy) or [])

    def ci_update(self, body: bytes) -> Response:
        writes = _entries(_read(body), "user_ci_properties")
        for _user_id, fields in writes:
            for name, value in fields.items():
                _check_ci(name, value)
        user_ids = [user_id for user_id, _fields in writes]
        self._refuse_bad(user_ids)
        busy = self._busy(user_ids)
        self._sandbox.state.write_ci(write for write in writes if write[0] not in busy)
        return _written(user_ids, busy)

    def ci_delete(self, body: bytes) -> Response:
        request = _read(body)
        accepted = self._sandbox.faults.delete_key
        key = "user_id" if accepted == "user_id" or "user_ids" not in request else "user_ids"
        if accepted not in (key, "both"):
            raise refuse(4002, _EMPTY)
        user_ids = _user_ids(request, key)
        names = _ci_names(request)
        busy = self._busy(user_ids)
        self._sandbox.state.delete_ci([user_id for user_id in user_ids if user_id not in busy], names)
        return _written(user_ids, busy)

    def _refuse_bad(self, user_ids: list[str]) -> None:
        if not self._sandbox.faults.bad_users.isdisjoint(user_ids):
            raise refuse(4007)

    def _busy(self, user_ids: list[str]) -> list[str]:
        faults = self._sandbox.faults
        if not faults.busy_rate and not faults.busy_users:
            return []
        return [
            user_id
            for user_id in dict.fromkeys(user_ids)
            if user_id in faults.busy_users or self._sandbox.chance(faults.busy_rate)
        ]


def _failures(busy: list[str]) -> list[dict[str, object]] | None:
    code, message = _BUSY
    return [{"code": code, "msg": message, "user_ids": busy}] if busy else None


def _success(key: str, found: list[Any], failures: object) -> Response:
    data = {key: found, "failure_details": failures}
    return answer({"result_code": 2000, "result_msg": None, "result_data": data})


def _written(user_ids: list[str], busy: list[str]) -> Response:
    done = [user_id for user_id in user_ids if user_id not in busy]
    return _success("successful_user_ids", done, _failures(busy))


def _read(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except ValueError:
        raise refuse(4002, "The body is not a valid JSON object.") from None


def _list(request: Mapping[str, Any], key: str) -> list[Any]:
    value = request.get(key)
    if not value or not isinstance(value, list):
        raise refuse(4002, _EMPTY)
    return value


def _batch(request: Mapping[str, Any], key: str) -> list[Any]:
    users = _list(request, key)
    if len(users) > BATCH:
        raise refuse(4002, _TOO_MANY)
    return users


def _names(request: Mapping[str, Any], key: str) -> list[str]:
    names = _list(request, key)
    if not all(isinstance(name, str) for name in names):
        raise refuse(4002, _WRONG_TYPE)
    return names


def _check_user_id(user_id: object) -> None:
    if user_id is None or user_id == "":
        raise refuse(4002, _EMPTY)
    if not isinstance(user_id, str):
        raise refuse(4002, _WRONG_TYPE)


def _user_ids(request: Mapping[str, Any], key: str) -> list[str]:
    user_ids = _batch(request, key)
    for user_id in user_ids:
        _check_user_id(user_id)
    return user_ids


def _entries(request: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    """The users of a write, each with what to set."""
    entries = []
    for entry in _batch(request, key):
        if not isinstance(entry, dict):
            raise refuse(4002, _WRONG_TYPE)
        _check_user_id(entry.get("user_id"))
        properties = entry.get("properties")
        if not properties:
            raise refuse(4002, _EMPTY)
        if not isinstance(properties, dict):
            raise refuse(4002, _WRONG_TYPE)
        entries.append((entry["user_id"], properties))
    return entries


def _check_property(name: str, value: object) -> None:
    if not isinstance(value, str | int | float):  # null among them: a flag cannot go back to never set
        raise refuse(4002, _WRONG_TYPE)
    if name == "user_id" or (name in _NAMES and value not in _WRITABLE):
        raise _unsupported(name)
    if name in _STRINGS and not isinstance(value, str):
        raise refuse(4002, _WRONG_TYPE)


def _ci_names(request: Mapping[str, Any]) -> Collection[str]:
    names = dict.fromkeys(_names(request, "user_ci_property_names"))
    for name in names:
        if name not in CI_FIELDS:
            raise _unsupported(name)
    return names


def _check_ci(name: str, value: object) -> None:
    if name not in CI_FIELDS:
        raise _unsupported(name)
    if not isinstance(value, str):
        raise refuse(4002, _WRONG_TYPE)
    if name == "kakao_id" and not _KAKAO_ID.fullmatch(value):
        raise refuse(4008)
    if name == "phone_number" and not _PHONE.fullmatch(value):
        raise _unsupported(name)


def _unsupported(name: str) -> Refused:
    return refuse(4007, f"Unsupported property name or value: {name}")
