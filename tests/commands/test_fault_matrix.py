"""Each fault of a server, under each command: what is told is what is so on the server, and it ends.

What is expected follows from a few rules, here in `told`, and not from what the program does:

- What reading back shows is the outcome, whatever was answered.
- An answer that is none (an error's page, a cut, silence) says nothing: what it was about and is not there is
  unknown, because the server may still be at work on it.
- A documented envelope that refuses the whole request is believed.
- What was taken and cannot be read back is accepted but not verified, which is no success.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dfn_tui.api.retry import BULK
from dfn_tui.api.transport import Timeouts
from dfn_tui.consent.flags import Flag, State
from dfn_tui.sandbox.options import Faults, SandboxOptions
from dfn_tui.store import journal_file
from tests.commands.running import Ran, Run, runner
from tests.sandbox_thread import SandboxThread
from tests.starting import endings, entries

PUSH = Flag.MKT_PUSH
PHONE, NEW_PHONE = "821087654321", "821011112222"

YES = ("true", "no-details", "user-twice", "repeated")
"""The answer is that it was done."""
NO = ("failed", "unmentioned")
"""A whole answer that does not say so for this user."""
NONE = (
    *("cut", "silent", "stalled", "page", "9999", "5001", "5002"),
    *("401", "403", "404", "408", "425", "429", "500", "502", "503", "504"),
)
"""No answer of the API as documented."""
REFUSED = {"4001": 4, "4003": 4, "4004": 4, "4005": 4, "4006": 5, "4007": 1, "4008": 1}
"""The whole request is refused as documented, and the exit code of that."""
UNREADABLE = (
    *("cut", "silent", "stalled", "page", "9999", "5001", "4001", "4006", "4007", "failed", "unmentioned"),
    *("user-twice", "401", "404", "408", "425", "429", "500", "502", "504"),
)
"""Answers to a read by which nothing is known of the user."""
SLOW = ("silent", "stalled")

LONGEST = 30.0
"""Seconds within which a command has ended, however busy this machine is: its own bounds are shorter here."""

UNTRUE = {
    "confirmed": ("changed nothing", "Nothing was", "not applied", "may or may not", "may have been"),
    "accepted": ("confirmed", "Reading back shows", "changed nothing", "Nothing was"),
    "unknown": ("changed nothing", "Nothing was", "was not applied", "shows the change", "confirmed"),
    "different": ("changed nothing", "Nothing was", "confirmed", "may or may not", "may have been"),
    "failed": ("confirmed", "may or may not", "may have been"),
}
"""What must not be said of a user who ended so."""


class Told(NamedTuple):
    """The outcome of a user, which is the journal's too, and the exit code."""

    outcome: str
    code: int


def told(answer: str, *, applied: bool, readable: bool = True) -> Told:
    """What is to be told of one user's change."""
    if answer in REFUSED:
        return Told("failed", REFUSED[answer])
    if not readable:
        return Told("accepted" if answer in YES else "unknown", 6)
    if applied:
        return Told("confirmed", 0)
    if answer in YES:
        return Told("different", 1)
    return Told("failed", 1) if answer in NO else Told("unknown", 6)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=0, faults=Faults(rate_limit=None))) as running:
        yield running


@pytest.fixture(scope="module")
def _numbers() -> Iterator[int]:
    return count()


@pytest.fixture
def user(server: SandboxThread, _numbers: Iterator[int]) -> str:
    """Subscribed to push, with a phone number."""
    name = f"m-{next(_numbers)}"
    server.state.write_profiles([(name, {PUSH: State.SUBSCRIBED}, {"grade": "silver"})])
    server.state.write_ci([(name, {"phone_number": PHONE})])
    return name


@pytest.fixture
def run(
    server: SandboxThread, patient: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs commands that try and look as often as ever, without the pauses."""
    for name, value in {
        "dfn_tui.service.bulk.run.batch.SHORTLY": 0.0,
        "dfn_tui.service.bulk.run.batch.STILL_AT_WORK": timedelta(0),
        "dfn_tui.service.bulk.run.read_back._PAUSES": (0.0, 0.0),
    }.items():
        monkeypatch.setattr(name, value)
    server.requests.clear()
    yield runner(server, monkeypatch, capfd)
    for fault in fields(Faults):
        setattr(server.faults, fault.name, getattr(server.options.faults, fault.name))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`hurried(kind)` has silence end soon; other answers have all the time they need."""

    def hurry(kind: str) -> None:
        if kind in SLOW:
            monkeypatch.setattr("dfn_tui.api.transport.Timeouts", lambda: Timeouts(read=0.2, total=0.5))
            for name in ("cli.writing.SECONDS", "cli.writing.LEAST_SECONDS", "service.session.A_LOOK_UP"):
                monkeypatch.setattr(f"dfn_tui.{name}", 2.0)

    return hurry


def _slowly(kind: str) -> Any:
    return pytest.param(kind, marks=pytest.mark.slow) if kind in SLOW else kind


class Command(NamedTuple):
    """A command that writes, and how the server's state shows that it was applied."""

    words: tuple[str, ...]
    shown: Callable[[SandboxThread, str], bool]


def _push(server: SandboxThread, user: str) -> bool:
    return server.state.profiles([user])[user][0][PUSH] == State.UNSUBSCRIBED


def _phone(server: SandboxThread, user: str) -> bool:
    return server.state.ci([user])[user].get("phone_number") == NEW_PHONE


def _no_phone(server: SandboxThread, user: str) -> bool:
    return "phone_number" not in server.state.ci([user])[user]


COMMANDS = {
    "set": Command(("set", "{user}", f"{PUSH}=Unsubscribed"), _push),
    "ci set": Command(("ci", "set", "{user}", f"phone_number={NEW_PHONE}"), _phone),
    "ci delete": Command(("ci", "delete", "{user}", "phone_number"), _no_phone),
}
each_command = pytest.mark.parametrize("name", COMMANDS)


def carry_out(run: Run, name: str, user: str, *more: str) -> Ran:
    began = time.monotonic()
    words = [word.format(user=user) for word in COMMANDS[name].words]
    ran = run(*words, "--reason", "x", "--confirm", "1", *(more or ("--json",)))
    assert time.monotonic() - began < LONGEST
    return ran


def journalled() -> list[str | None]:
    return [ending and ending.value for ending in endings(journal_file())]


def agrees(ran: Ran, user: str, expected: Told) -> None:
    """The command, its exit code, its words and the journal say what is expected."""
    assert (ran.outcomes, ran.code) == ([(user, expected.outcome)], expected.code), ran.out + ran.err
    assert journalled() == [expected.outcome]
    message = ran.objects[0]["message"]
    assert not [words for words in UNTRUE[expected.outcome] if words in message], message


@each_command
@pytest.mark.parametrize("answer", [*YES, *NO, *NONE])
def test_what_was_applied_is_confirmed_whatever_was_answered(
    server: SandboxThread, run: Run, user: str, hurried: Callable[[str], None], name: str, answer: str
) -> None:
    hurried(answer)
    server.faults.write_answer = answer
    agrees(carry_out(run, name, user), user, told(answer, applied=True))
    assert COMMANDS[name].shown(server, user)


@each_command
@pytest.mark.parametrize("answer", [*YES, *NO, *NONE, *REFUSED])
def test_what_was_not_applied_is_never_told_as_done(
    server: SandboxThread, run: Run, user: str, hurried: Callable[[str], None], name: str, answer: str
) -> None:
    hurried(answer)
    server.faults.write_answer = answer
    server.faults.apply_after_ms = None
    ran = carry_out(run, name, user)
    agrees(ran, user, told(answer, applied=False))
    assert not COMMANDS[name].shown(server, user)
    if ran.outcomes[0][1] == "different":
        before = "Subscribed" if name == "set" else "82••••••••21"
        assert ran.objects[0]["changes"][0]["now"] == before


@each_command
@pytest.mark.parametrize("answer", [one for one in NONE if one not in SLOW])
def test_what_is_applied_later_is_unknown_and_then_confirmed(
    server: SandboxThread, run: Run, user: str, name: str, answer: str
) -> None:
    server.faults.write_answer = answer
    server.faults.apply_after_ms = 3_600_000
    agrees(carry_out(run, name, user), user, Told("unknown", 6))
    server.state.write_profiles([(user, {PUSH: State.UNSUBSCRIBED}, {})])
    if name == "ci set":
        server.state.write_ci([(user, {"phone_number": NEW_PHONE})])
    elif name == "ci delete":
        server.state.delete_ci([user], ["phone_number"])
    later = run("get", user)
    assert (later.code, "it was applied" in later.err) == (0, True)
    assert journalled() == ["confirmed"]


@each_command
@pytest.mark.parametrize("answer", ["true", "failed", "504", "4007"])
@pytest.mark.parametrize("read", [_slowly(read) for read in UNREADABLE])
def test_what_cannot_be_read_back_is_neither_done_nor_failed(
    server: SandboxThread,
    run: Run,
    user: str,
    hurried: Callable[[str], None],
    name: str,
    answer: str,
    read: str,
) -> None:
    if (name, read) == ("ci delete", "user-twice"):
        pytest.skip("of what is gone both say the same")
    hurried(read)
    server.faults.write_answer = answer
    server.faults.read_back = read
    server.faults.apply_after_ms = None if answer in REFUSED else 0
    ran = carry_out(run, name, user)
    agrees(ran, user, told(answer, applied=True, readable=False))
    if ran.outcomes[0][1] == "accepted":
        assert ran.objects[0]["code"] == "not-read-back"
        assert "not read back" in ran.objects[0]["message"]


@pytest.mark.slow
@each_command
@pytest.mark.parametrize("read", UNREADABLE)
def test_who_cannot_be_read_before_is_sent_nothing(
    server: SandboxThread, run: Run, user: str, hurried: Callable[[str], None], name: str, read: str
) -> None:
    hurried(read)
    server.faults.read_answer = read
    ran = carry_out(run, name, user)
    assert (ran.outcomes, journalled()) == ([(user, "failed")], [])
    assert ran.code == READ_CODES[read]
    assert not [one for one in server.requests if one.path.endswith(("update", "delete"))]


READ_CODES = {
    **dict.fromkeys(("cut", "silent", "stalled", "page", "9999", "5001", "4006"), 5),
    **dict.fromkeys(("408", "425", "429", "500", "502", "504"), 5),
    **dict.fromkeys(("4001", "401"), 4),
    **dict.fromkeys(("failed", "unmentioned", "user-twice", "key-twice", "4007", "404"), 1),
}
"""How a command ends whose read is answered so: a token's failure, a server's, or the user's alone."""


@pytest.mark.slow
@pytest.mark.parametrize("command", [("get",), ("ci", "get")])
@pytest.mark.parametrize("read", READ_CODES)
def test_a_user_that_cannot_be_read_has_no_values(
    server: SandboxThread,
    run: Run,
    user: str,
    hurried: Callable[[str], None],
    command: tuple[str, ...],
    read: str,
) -> None:
    hurried(read)
    server.faults.read_answer = read
    began = time.monotonic()
    ran = run(*command, user, "--json")
    assert time.monotonic() - began < LONGEST
    assert (ran.outcomes, ran.code) == ([(user, "failed")], READ_CODES[read])
    assert (ran.objects[0]["properties"], bool(ran.objects[0]["message"])) == ({}, True)
    as_text = run(*command, user)
    assert (as_text.out, as_text.code) == ("", READ_CODES[read])


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        *(one for one in (*YES, *NO, *NONE, *REFUSED) if one not in SLOW),
        *(pytest.param(one, marks=pytest.mark.slow) for one in SLOW),
    ],
)
@pytest.mark.parametrize("applied", [True, False])
def test_a_list_is_told_as_truly(
    server: SandboxThread,
    run: Run,
    user: str,
    hurried: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    applied: bool,
) -> None:
    if applied and answer in REFUSED:
        pytest.skip("such an envelope is believed")
    monkeypatch.setattr("dfn_tui.api.retry.BULK", BULK._replace(limited_for=0.3))
    hurried(answer)
    plan = str(tmp_path / "stop.plan")
    assert run("bulk", "plan", "-", f"{PUSH}=Unsubscribed", "-o", plan, stdin=user.encode()).code == 0
    server.faults.write_answer = answer
    server.faults.apply_after_ms = 0 if applied else None
    began = time.monotonic()
    ran = run("bulk", "apply", plan, "--reason", "INC-9", "--yes")
    assert time.monotonic() - began < LONGEST
    expected = told(answer, applied=applied)
    assert _push(server, user) is applied
    [last] = [entry.outcome for entry in entries(journal_file())[-1:]]
    assert last is not None
    if answer in ("401", "403"):  # stops the job at once, reading back and all; the next start looks
        assert (last.outcome.value, ran.code) == ("unknown", 6)
    elif expected.outcome == "unknown":  # a minute later it was looked at again, and sent again
        assert (last.outcome.value, ran.code in (1, 5)) == ("failed", True), ran.err
    else:
        assert (last.outcome.value, ran.code) == expected, ran.err
