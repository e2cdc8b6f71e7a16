"""Generation 2's import calls (`openapi.dfinery.ai`), by its public documentation."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dfn_tui.consent.flags import State
from dfn_tui.sandbox.codes import VERSION_2
from dfn_tui.sandbox.core import Call, Refused, Sandbox, answer, read_object, same
from dfn_tui.sandbox.database import IDENTITIES
from dfn_tui.sandbox.v2_properties import CONSENTS, is_datetime, is_stored


def refuse(code: str) -> Refused:
    status, message = VERSION_2[code]
    return Refused(answer({"status": False, "code": code, "message": message, "data": False}, status))


def _done() -> Response:
    return answer({"status": True, "code": "20000", "message": "OK", "data": True})


class GenerationTwo:
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
        if not same(request.headers.get("access_token", ""), options.token):
            raise refuse("40201")

    def too_many_requests(self) -> Refused:
        return refuse("40401")

    def refusal(self, code: str) -> Refused | None:
        return refuse(code) if code in VERSION_2 else None

    def user_profile(self, body: bytes) -> Response:
        request, identity = _read(body)
        properties = request.get("user_properties")
        if not isinstance(properties, dict) or not properties:
            raise refuse("40001")
        row = self._find(identity)
        if row is None:
            row = self._sandbox.state.link(None, identity)
        stored = {name: value for name, value in properties.items() if is_stored(name, value)}
        flags = {
            CONSENTS[name]: State.SUBSCRIBED if stored.pop(name) else State.UNSUBSCRIBED
            for name in CONSENTS
            if name in stored
        }
        self._sandbox.state.write_df(row, flags, stored)
        return _done()

    def identities(self, body: bytes) -> Response:
        _request, identity = _read(body)
        self._sandbox.state.link(self._find(identity), identity)
        return _done()

    def identities_delete(self, body: bytes) -> Response:
        _request, identity = _read(body)
        external_id = identity.pop("external_id", None)
        if external_id is None:
            raise refuse("40001")
        found = self._sandbox.state.find("external_id", external_id)
        if found is not None and identity:
            self._sandbox.state.unlink(found[0], identity)
        elif found is not None:
            self._sandbox.state.unlink_all(found[0])
        return _done()

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
