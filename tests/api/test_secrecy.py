"""A token goes into its header and nowhere else; personal values go into no error."""

import logging
import traceback

import pytest
from pydantic import SecretStr

from dfn_tui.api.calls import Reply
from dfn_tui.api.errors import ApiError
from dfn_tui.api.open import open_api
from dfn_tui.api.transport import Call, TokenAuth, Transport
from tests.api.served import (
    EXPORT_TOKEN,
    TOKEN,
    RawServer,
    Served,
    change,
    cut,
    external,
    failure,
    http,
    users,
    v1,
    v2,
    written,
)

NAME = "홍길동-5551234"
ECHO = {"result_code": 4007, "result_msg": f"bad token Bearer {TOKEN} \x1b]0;x\x07", "result_data": None}
REPLIES: dict[str, Served] = {
    "cut": cut,
    "500": http(TOKEN, 500),
    "malformed": http(TOKEN),
    "echo": http(ECHO, 400),
    "echo for one user": written(failures=[failure(4007, "a", msg=f"bad {TOKEN}")]),
    "missing": http({"result_code": 2000, "result_msg": NAME, "result_data": {"failure_details": NAME}}),
    "4001": http({"result_code": 4001, "result_msg": TOKEN, "result_data": None}, 400),
}


def everything_about(error: BaseException | None) -> str:
    """What a traceback with local variables, a log or a debugger could show of it and what it came from."""
    text = ""
    while error is not None:
        text += repr(error) + str(error) + repr(vars(error))
        text += "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        error = error.__cause__ or error.__context__
    return text


async def run_all(url: str) -> list[Reply]:
    api, api2 = v1(url), v2(url)
    write = change(users("a")[0], {}, {"user_name": NAME})
    outcomes = await api.write_profiles([write])
    outcomes += await api.read_profiles(users("a"))
    outcomes += await api2.write_profiles([change(external("a"), {}, {"df_name": NAME})])
    outcomes.append(await api2.link(external("a"), []))
    try:
        async for _row in api2.export_profiles():
            pass
    except ApiError as exc:
        assert EXPORT_TOKEN not in everything_about(exc)
    assert TOKEN not in repr(vars(api)) and EXPORT_TOKEN not in repr(vars(api2))
    await api.aclose()
    await api2.aclose()
    return outcomes


@pytest.mark.parametrize("name", REPLIES)
async def test_no_token_and_no_name_in_errors_and_logs(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with RawServer(REPLIES[name]) as server:
        outcomes = await run_all(server.url)
    for outcome in outcomes:
        assert outcome.error is not None or outcome.code is not None
        shown = repr(outcome) + everything_about(outcome.error)
        assert TOKEN not in shown
        assert NAME not in outcome.message + str(outcome.error)
        assert "\x1b" not in outcome.message + str(outcome.error)
    assert ("HTTP Request" in caplog.text) is (name != "cut")
    assert TOKEN not in caplog.text and EXPORT_TOKEN not in caplog.text and NAME not in caplog.text


async def test_no_token_in_errors_where_nothing_was_sent() -> None:
    async with RawServer(b"") as server:
        url = server.url
    for outcome in await run_all(url):
        assert TOKEN not in repr(outcome) + everything_about(outcome.error)


async def test_reprs() -> None:
    header = TokenAuth("access_token", SecretStr(TOKEN))
    transport = Transport("http://127.0.0.1:1", secrets=[SecretStr(TOKEN)])
    call = Call("/x", f'{{"user_name": "{NAME}"}}'.encode(), header)
    assert TOKEN not in repr(header) + repr(vars(header)) + repr(transport) + repr(call)
    assert NAME not in repr(call)
    await transport.aclose()


def test_open_api_checks_what_it_is_given() -> None:
    for settings in (
        {"api": "v1", "base_url": "http://example.com", "token": SecretStr(TOKEN)},
        {"api": "v1", "base_url": None, "token": SecretStr(TOKEN + "\n")},
        {"api": "v2", "base_url": None, "token": SecretStr(TOKEN), "service_id": None},
    ):
        with pytest.raises(ApiError) as caught:
            open_api(**settings)
        assert TOKEN not in str(caught.value)


async def test_open_api_goes_to_the_documented_hosts() -> None:
    token = SecretStr(TOKEN)
    first = open_api(api="v1", base_url=None, token=token)
    second = open_api(api="v2", base_url=None, token=token, service_id="s")
    assert (first.capabilities.api, second.capabilities.api) == ("v1", "v2")
    await first.aclose()
    await second.aclose()
