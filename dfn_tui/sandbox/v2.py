"""Version 2's import calls (`openapi.dfinery.ai`), by its public documentation."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dfn_tui.consent.flags import State
from dfn_tui.sandbox.codes import VERSION_2
from dfn_tui.sandbox.core import Call, Refused, Sandbox, read_object
from dfn_tui.sandbox.database import IDENTITIES
from dfn_tui.sandbox.delivery import answer, key_twice
from dfn_tui.sandbox.v2_properties import CONSENTS, is_datetime, is_stored

_OK = {"status": True, "code": "20000", "message": "OK", "data": True}


def _no(code: str) -> dict[str, object]:
    message = VERSION_2.get(code, "UNDOCUMENTED")
    return {"status": False, "code": code, "message": message, "data": False}


def refuse(code: str) -> Refused:
    return Refused(answer(_no(code)), limited=code == "40401")


class VersionTwo:
    """The three calls that write, each about one user."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def calls(self) -> Mapping[str, Call]:
        return {
            "/api/v1/user-profile": self.user_profile,
            "/api/v1/identities": self.identities,
            "/api/v1/identities/delete": self.identities_delete,
        }

    def authorize(self, request: Request) -> None:
        options = self._sandbox.options
        if request.query_params.get("service_id") != options.service_id:
            raise refuse("40101")
        if request.headers.get("access_token") != options.token:
            raise refuse("40201")

    def too_many_requests(self) -> Refused:
        return refuse("40401")

    def refusal(self, code: str) -> Refused | None:
        return refuse(code) if len(code) == 5 else None

    def user_profile(self, body: bytes) -> Response:
        request, identity = _read(body)
        properties = request.get("user_properties")
        if not isinstance(properties, dict) or not properties:
            raise refuse("40001")
        stored = {name: value for name, value in properties.items() if is_stored(name, value)}
        flags = {
            CONSENTS[name]: State.SUBSCRIBED if stored.pop(name) else State.UNSUBSCRIBED
            for name in CONSENTS
            if name in stored
        }
        state = self._sandbox.state

        def store() -> None:
            row = self._find(identity)
            state.write_df(state.link(None, identity) if row is None else row, flags, stored)

        return self._written(identity, store)

    def identities(self, body: bytes) -> Response:
        _request, identity = _read(body)
        return self._written(identity, lambda: self._sandbox.state.link(self._find(identity), identity))

    def identities_delete(self, body: bytes) -> Response:
        """Deletes the whole profile, with all its consents, whatever else the request names. Raises Refused
        for a request that is none."""
        _request, identity = _read(body)
        if "external_id" not in identity:
            raise refuse("40001")
        state = self._sandbox.state

        def store() -> None:
            found = state.find("external_id", identity["external_id"])
            if found is not None:
                state.delete(found[0])

        return self._written(identity, store)

    def _written(self, identity: Mapping[str, str], store: Callable[[], object]) -> Response:
        """Has a write stored, and answers it. Lies go by the `external_id`."""
        user = identity.get("external_id", "")
        kinds = self._sandbox.write_kinds([user])
        self._sandbox.apply([user], lambda _user: store())
        if kinds[user] == "failed":
            raise refuse("50000")
        response = answer(key_twice(_OK, _no("50000")) if kinds[user] == "key-twice" else _OK)
        return self._sandbox.deliver(response, kinds.values(), self)

    def _find(self, identity: Mapping[str, str]) -> int | None:
        """The row of the user with one of the identities; with another `external_id` it is someone else."""
        for kind in IDENTITIES:
            if kind in identity:
                found = self._sandbox.state.find(kind, identity[kind])
                if found and (found[1] is None or identity.get("external_id") in (None, found[1])):
                    return found[0]
        return None


def _read(body: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """A request and the identities it names. Raises Refused for what the documentation does not allow."""
    try:
        request = read_object(body)
    except ValueError:
        raise refuse("40000") from None
    identity = request.get("identity")
    if not isinstance(identity, dict) or not identity or not is_datetime(request.get("request_datetime")):
        raise refuse("40001")
    for kind, value in identity.items():
        if kind not in IDENTITIES or not isinstance(value, str) or not value:
            raise refuse("40001")
    return request, dict(identity)
