"""Every exchange the platform documents, sent to the sandbox word for word."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import RateLimit, SandboxOptions
from tests.sandbox_thread import SandboxThread

VECTORS = {path.stem: path for path in sorted(Path(__file__).parent.parent.glob("data/vectors/*.json"))}
Exchange = dict[str, Any]


def _load(name: str) -> Exchange:
    exchange: Exchange = json.loads(VECTORS[name].read_text(encoding="utf-8"))
    return exchange


def _answers() -> list[Any]:
    return [
        pytest.param(name, number, id=f"{name}-{answer['status']}-{number}")
        for name in VECTORS
        for number, answer in enumerate(_load(name)["answers"])
    ]


def _send(sandbox: SandboxThread, exchange: Exchange) -> httpx.Response:
    url = httpx.URL(exchange["url"])
    target = url.raw_path.decode()
    return httpx.request(
        exchange["method"], sandbox.url + target, headers=exchange["headers"], json=exchange["body"]
    )


def _crowd(body: dict[str, Any]) -> None:
    """Makes the one list of users in a request one longer than allowed."""
    key = next(name for name in ("user_ids", "user_properties", "user_ci_properties") if name in body)
    body[key] = [body[key][0]] * 21


def _prepare(sandbox: SandboxThread) -> None:
    """Stores the users the documented reads show."""
    for name in ("v1-profile-update", "v1-ci-update"):
        assert _send(sandbox, _load(name)).json()["result_code"] == 2000
    sandbox.state.write_profiles([("User_2", {Flag.MKT: State.UNSUBSCRIBED}, {})])


def _provoke(sandbox: SandboxThread, exchange: Exchange, expected: dict[str, Any]) -> None:
    """Brings about what the documented answer answers to."""
    body = expected["body"]
    if body.get("result_code") == 4002:
        _crowd(exchange["body"])
    elif "result_data" in body and body["result_data"]["failure_details"]:
        sandbox.faults.busy_users = frozenset(body["result_data"]["failure_details"][0]["user_ids"])
    elif body.get("message") == "unauthorized_token":
        exchange["headers"]["Authorization"] += "-of-yesterday"
    elif body.get("message") == "too_many_api_requests":
        sandbox.faults.export_rate_limit = RateLimit(1, "1H")
        assert _send(sandbox, exchange).status_code == 200
    elif body.get("message") == "query_error":
        sandbox.faults.refuse = "query_error"


@pytest.mark.parametrize(("name", "number"), _answers())
def test_the_documented_exchange(name: str, number: int) -> None:
    exchange = _load(name)
    expected = exchange["answers"][number]
    token = "api-token" if name.startswith("v1") else "import-token"
    options = SandboxOptions(token=token, export_token="export-token", service_id="service-1", users=5)
    with SandboxThread(options) as sandbox:
        if name.startswith("v1"):
            _prepare(sandbox)
        _provoke(sandbox, exchange, expected)
        response = _send(sandbox, exchange)
    assert (response.status_code, response.json()) == (expected["status"], expected["body"])


def test_there_are_exchanges_for_every_call() -> None:
    assert len(VECTORS) == 9
