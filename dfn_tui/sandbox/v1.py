"""Version 1 of the user API (`openapi.dfinery.io`), by its public documentation."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from dfn_tui.consent.flags import State
from dfn_tui.sandbox.codes import VERSION_1
from dfn_tui.sandbox.core import Call, Refused, Sandbox, bearer, read_object
from dfn_tui.sandbox.database import CI_FIELDS, FLAGS
from dfn_tui.sandbox.delivery import answer, key_twice
from dfn_tui.sandbox.odd import otherwise, shown
from dfn_tui.sandbox.options import Absence

BATCH = 20
_EMPTY = "A required parameter is empty."
_TOO_MANY = "Too many user ids in request."
_BUSY = (5003, "The server was too busy to handle it. Please try again later.")
_FAILED = (5001, "Internal error.")
_WRONG_TYPE = "Unsupported value type."
_STRINGS = ("user_name", "age", "gender")
_NAMES = frozenset(FLAGS)
_WRITABLE = frozenset({State.SUBSCRIBED, State.UNSUBSCRIBED})
_KAKAO_ID = re.compile(r"[0-9]{10}")
_PHONE = re.compile(r"[1-9][0-9]{6,14}")  # E.164 without the plus

WriteT = TypeVar("WriteT", bound=tuple[str, *tuple[Any, ...]])


def refuse(code: int, message: str | None = None) -> Refused:
    status, documented = VERSION_1.get(str(code), (200, "Something that is not documented."))
    return Refused(
        answer({"result_code": code, "result_msg": message or documented, "result_data": None}, status)
    )


class VersionOne:
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
        if bearer(request) != self._sandbox.options.token:
            raise refuse(4001)

    def too_many_requests(self) -> Refused:
        return refuse(4006)

    def refusal(self, code: str) -> Refused | None:
        return refuse(int(code)) if len(code) == 4 else None

    def profile(self, body: bytes) -> Response:
        request = _read(body)
        user_ids = _user_ids(request, "user_ids")
        names = _names(request, "property_names") if request.get("property_names") else None
        stored = self._sandbox.seen.profiles(user_ids)
        faults = self._sandbox.faults
        spelt: dict[str, Absence] = dict.fromkeys(FLAGS, faults.absent_flags)
        users = {}
        for user_id in user_ids:
            flags, properties = stored.get(user_id, ({}, {}))
            states = {flag: state for flag, state in flags.items() if state != State.NEVER_SET}
            lies = self._sandbox.faults_of(user_id)
            odd = [name for name in lies.odd_values if name not in CI_FIELDS]
            asked = names or [*properties, *_STRINGS, *FLAGS, *odd]
            wanted = {name: spelt.get(name, faults.absent_properties) for name in asked}
            users[user_id] = shown(lies, properties | states, wanted)
        return self._found("successful_user_properties", user_ids, users)

    def profile_update(self, body: bytes) -> Response:
        writes = []
        for user_id, properties in _entries(_read(body), "user_properties"):
            for name, value in properties.items():
                _check_property(name, value)
            flags = {flag: State(properties[flag]) for flag in FLAGS if flag in properties}
            rest = {name: value for name, value in properties.items() if name not in _NAMES}
            writes.append((user_id, flags, rest))
        return self._updated(writes, self._sandbox.state.write_profiles)

    def ci(self, body: bytes) -> Response:
        request = _read(body)
        user_ids = _user_ids(request, "user_ids")
        names = _ci_names(request)
        stored = self._sandbox.seen.ci(user_ids)
        spelt = dict.fromkeys(names, self._sandbox.faults.absent_ci)
        users = {one: shown(self._sandbox.faults_of(one), stored.get(one, {}), spelt) for one in user_ids}
        return self._found("successful_user_ci_properties", user_ids, users)

    def ci_update(self, body: bytes) -> Response:
        writes = _entries(_read(body), "user_ci_properties")
        for _user_id, fields in writes:
            for name, value in fields.items():
                _check_ci(name, value)
        return self._updated(writes, self._sandbox.state.write_ci)

    def ci_delete(self, body: bytes) -> Response:
        request = _read(body)
        accepted = self._sandbox.faults.delete_key
        key = "user_id" if accepted == "user_id" or "user_ids" not in request else "user_ids"
        if accepted not in (key, "both"):
            raise refuse(4002, _EMPTY)
        user_ids = _user_ids(request, key)
        names = _ci_names(request)
        return self._written(user_ids, lambda some: self._sandbox.state.delete_ci(some, names))

    def _updated(self, writes: list[WriteT], store: Callable[[Iterable[WriteT]], None]) -> Response:
        """Has writes stored, each of which begins with its user, and answers them."""
        user_ids = [write[0] for write in writes]
        if not self._sandbox.faults.bad_users.isdisjoint(user_ids):
            raise refuse(4007)
        return self._written(user_ids, lambda some: store(one for one in writes if one[0] in some))

    def _busy(self, user_ids: list[str]) -> list[str]:
        faults = self._sandbox.faults
        if not faults.busy_rate and not faults.busy_users:
            return []
        return [
            user_id
            for user_id in dict.fromkeys(user_ids)
            if user_id in faults.busy_users or self._sandbox.chance(faults.busy_rate)
        ]

    def _found(self, key: str, user_ids: list[str], users: Mapping[str, dict[str, Any]]) -> Response:
        """The answer to a read of these users."""
        kinds, busy = self._sandbox.read_kinds(user_ids), self._busy(user_ids)
        rows: list[tuple[str, object]] = []
        for user_id in user_ids:
            kind, properties = kinds[user_id], users[user_id]
            if user_id in busy or kind in ("failed", "unmentioned"):
                continue
            other = otherwise(properties)
            twice = kind == "key-twice" and properties
            rows.append((user_id, key_twice(properties, other) if twice else properties))
            if kind == "user-twice":
                rows.append((user_id, other))
        found = [{"user_id": user_id, "properties": properties} for user_id, properties in rows]
        return self._answer(key, found, busy, kinds, [])

    def _written(self, user_ids: list[str], store: Callable[[Collection[str]], object]) -> Response:
        """Has a write stored, and answers it."""
        kinds, busy = self._sandbox.write_kinds(user_ids), self._busy(user_ids)
        free = [user_id for user_id in user_ids if user_id not in busy]
        self._sandbox.apply(free, store)
        times = {"failed": 0, "unmentioned": 0, "user-twice": 2}
        done = [user_id for user_id in free for _time in range(times.get(kinds[user_id], 1))]
        return self._answer("successful_user_ids", done, busy, kinds, None)

    def _answer(
        self, key: str, done: list[Any], busy: list[str], kinds: Mapping[str, str], none: object
    ) -> Response:
        """The envelope, with `none` for no failures, as these kinds have it."""
        failed = [user_id for user_id, kind in kinds.items() if kind == "failed" and user_id not in busy]
        failures = [
            {"code": code, "msg": message, "user_ids": users}
            for (code, message), users in ((_BUSY, busy), (_FAILED, failed))
            if users
        ]
        data: dict[str, object] = {key: done, "failure_details": failures or none}
        if "no-details" in kinds.values():
            del data["failure_details"]
        response = answer({"result_code": 2000, "result_msg": None, "result_data": data})
        return self._sandbox.deliver(response, kinds.values(), self)


def _read(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except ValueError:
        raise refuse(4002, "The body is not a valid JSON object.") from None


def _list(request: Mapping[str, Any], key: str, at_most: float = math.inf) -> list[Any]:
    value = request.get(key)
    if not value or not isinstance(value, list):
        raise refuse(4002, _EMPTY)
    if len(value) > at_most:
        raise refuse(4002, _TOO_MANY)
    return value


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
    user_ids = _list(request, key, BATCH)
    for user_id in user_ids:
        _check_user_id(user_id)
    return user_ids


def _entries(request: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    """The users of a write, each with what to set."""
    entries = []
    for entry in _list(request, key, BATCH):
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
