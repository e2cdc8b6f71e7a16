"""Keys that arrive in one packet, in a real pseudo-terminal and against a real server."""

import time
from pathlib import Path
from threading import Thread

import pytest

from dfn_tui.consent.flags import Flag, State
from tests.sandbox_thread import SandboxThread
from tests.system.typist import USER_READ, Typist

pytestmark = pytest.mark.slow

JOBS = "\x1b[19~"
DOWN, ESCAPE, SEND, COMMANDS, HELP = "\x1b[B", "\x1b", "\x13", "\x10", "\x1bOP"
EARLY = "Keys typed before this question was"


@pytest.mark.parametrize("answering", [True, False])
@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_a_look_up_and_a_withdrawal_are_one_write(
    tmp_path: Path, sandbox: SandboxThread, environment: str, answering: bool
) -> None:
    with Typist(tmp_path, sandbox, environment=environment, answering=answering) as console:
        sandbox.faults.latency_ms = 300  # nothing is read by the time its keys are there
        console.type(f"user-0003\r{DOWN}{DOWN}uriINC-7\r{SEND}")
        console.wait_for("Result", "confirmed")
        assert console.writes() == 1


def test_a_withdrawal_of_many_is_one_write(console: Typist) -> None:
    console.type(f"user-0001 user-0002 user-0003\r*u1ri\rINC-1\r{SEND}")
    console.wait_for("Result", "3 confirmed")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_lines_of_one_packet_are_one_list(
    tmp_path: Path, sandbox: SandboxThread, size: tuple[int, int]
) -> None:
    with Typist(tmp_path, sandbox, size=size) as console:
        console.type("user-0001\ruser-0002\ruser-0003\r")
        console.wait_for("3 ids", "3 found")
        console.type("i10\r20\r")
        assert "1020" not in console.wait_for("2 ids", "2 unknown", "10 20")
        console.type("i" + "\r".join(f"user-{number:04}" for number in range(1, 61)))
        console.wait_for("60 ids pasted: Enter looks them up")
        console.type("\r")
        console.wait_for("60 ids", "60 found")


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ("user-0003\r2a\x15tier2\t\tgold\r", ["tier2", "gold", "1 edit staged"]),  # name, type, value
        (f"user-0003\r2{DOWN}\r\x15Lee\r", ["Lee", "1 edit staged"]),
        (f"user-0003\r3e\x15{DOWN}", ["Edit a CI field"]),
        (f"user-0003\rp{DOWN}\r", ["edits staged"]),
        ("user-0001 user-0002\r/0002\ru1", ["1 shown", "Staged 1 user"]),
        (f"user-0002 user-0001\ro\r{DOWN} ", ["1 marked"]),
        ("user-0001 user-0002\re\x15/nowhere/x.csv\r", ["Export", "nowhere"]),
        ("user-0001 user-0002\rh/0001\r", ["│  History"]),
        (f"user-0001\r{ESCAPE}\t", ["user_id"]),
        (f"{COMMANDS}manual\r", ["Manual"]),
        (f"{HELP}/look\r", ["Keys here", "enter     look up"]),
        ("user-0001 user-0002\rcanew\tv2\t", ["Add a connection", "new"]),
        ("user-0001 user-0002\rJn/tmp/none.csv\t10 11", ["New plan", "/tmp/none.csv", "10 11"]),
    ],
)
def test_each_form_takes_what_was_typed_for_it(console: Typist, keys: str, seen: list[str]) -> None:
    console.type(keys)
    console.wait_for(*seen)
    assert not console.writes()


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_a_whole_job_of_withdrawals_is_one_write(
    tmp_path: Path, sandbox: SandboxThread, environment: str
) -> None:
    """Plan, questions and job; the typed count as well, which is read like anything else of a form."""
    listed = tmp_path / "ids.txt"
    listed.write_text("user-0001\nuser-0003\n")
    given = {Flag.MKT_SMS: State.SUBSCRIBED}
    sandbox.state.write_profiles((user, given, {}) for user in ("user-0001", "user-0003"))
    with Typist(tmp_path, sandbox, size=(100, 30), environment=environment) as console:
        count = "\t2" if environment == "production" else ""
        console.type(f"{JOBS}n{listed}\rmkt_sms_flag=Unsubscribed\raiINC-9{count}{SEND}")
        console.wait_for("finished", "2 ✓ confirmed")
        console.type(ESCAPE)


def test_a_job_of_grants_is_asked_about_after_one_write(tmp_path: Path, sandbox: SandboxThread) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_text("user-0001\n")
    sandbox.state.write_profiles([("user-0001", {Flag.MKT_SMS: State.NEVER_SET}, {})])
    with Typist(tmp_path, sandbox, size=(100, 30)) as console:
        console.type(f"{JOBS}n{listed}\rmkt_sms_flag=Subscribed\raiform 12\rINC-9\r{SEND}y\r")
        console.wait_for("Apply: 1 user", EARLY)
        assert not console.writes()


def test_a_list_typed_into_a_form_ends_at_tab(console: Typist) -> None:
    console.type(f"{JOBS}n\tuser-0001\ruser-0002\ruser-0003\r\tmkt_sms_flag=Unsubscribed\t\x15x.plan")
    console.wait_for("3 lines pasted", "mkt_sms_flag=Unsubscribed", "x.plan")
    assert "user-0002" not in console.screen()


def test_five_thousand_lines_that_nothing_marks_as_pasted(tmp_path: Path, sandbox: SandboxThread) -> None:
    with Typist(tmp_path, sandbox) as console:
        text = "".join(f"user-{number:05}\r" for number in range(1, 5001))
        typing = Thread(target=console.type, args=(text,))  # more than a terminal takes at once
        typing.start()
        console.wait_for("5,000 ids", "5,000 unknown")
        typing.join()
        assert not console.writes()


def test_a_dialog_takes_what_is_typed_while_the_terminal_changes_its_size(console: Typist) -> None:
    console.type("user-0001\r")
    console.wait_for(*USER_READ)
    console.type("p")
    console.wait_for("Stage a preset")
    for size in ((40, 10), (140, 40), (80, 24)):
        console.resize(*size)
        console.type(DOWN)
    console.type("\r")
    console.wait_for("edits staged")
    assert not console.writes()


@pytest.mark.parametrize("answering", [True, False])
@pytest.mark.parametrize(
    ("environment", "keys", "asked"),
    [
        ("sandbox", f"user-0003\rsriform 12\rINC-7\r{SEND}y\r", "Review: 1 user"),
        ("production", f"user-0003\rsriform 12\r\tINC-7\r{SEND}y\r", "Review: 1 user"),
        ("production", f"user-0003\r2{DOWN}\r\x15Lee\rriINC-7\r{SEND}y\r", "Review: 1 user"),
        ("sandbox", f"user-0003\r3duser-0003\rr{SEND}y\r", "Delete an identifier"),
    ],
)
def test_a_question_takes_nothing_that_was_typed_before_it_was_shown(
    tmp_path: Path, sandbox: SandboxThread, environment: str, keys: str, asked: str, answering: bool
) -> None:
    with Typist(tmp_path, sandbox, environment=environment, answering=answering) as console:
        console.type(keys)
        console.wait_for(asked, EARLY)
        assert asked in console.screen()
        assert not console.writes()


def test_a_question_waits_until_the_terminal_has_shown_it(tmp_path: Path, sandbox: SandboxThread) -> None:
    """The terminal of a slow line answers late: what was typed until then was typed unseeing."""
    with Typist(tmp_path, sandbox) as console:
        console.type("user-0003\r")
        console.wait_for(*USER_READ)
        console.type("sr")
        console.pause_answers()
        console.wait_for("Review: 1 user")
        console.type(SEND)
        console.resume_answers()
        console.wait_for(EARLY)
        assert not console.writes()
        console.wait_for("Review: 1 user", gone=EARLY)
        console.type(SEND)
        console.wait_for("Result", "confirmed")


@pytest.mark.parametrize("started", [True, False])
def test_a_question_waits_for_a_line_of_four_seconds(
    tmp_path: Path, sandbox: SandboxThread, started: bool
) -> None:
    """Also where nothing of that line has arrived yet."""
    with Typist(tmp_path, sandbox, answering=started) as console:
        console.type("user-0003\r")
        console.wait_for(*USER_READ)
        console.type("sr")
        console.pause_answers()
        console.wait_for("Review: 1 user")
        if not started:  # the answer to what was asked first arrives, and the one about the question does not
            console.answer_first()
        for _second in range(4):  # the question was shown so much later than it was sent
            console.type(SEND)
            time.sleep(1)
            console.listen()
        assert "Result" not in console.screen()
        assert not console.writes()
        console.resume_answers()
        console.wait_for(EARLY)
        console.wait_for("Review: 1 user", gone=EARLY)
        assert not console.writes()
        console.type(SEND)
        console.wait_for("Result", "confirmed")


def test_a_question_whose_answer_was_lost_is_asked_about_again(
    tmp_path: Path, sandbox: SandboxThread
) -> None:
    with Typist(tmp_path, sandbox) as console:
        console.type("user-0003\r")
        console.wait_for(*USER_READ)
        console.type("sr")
        console.pause_answers()
        console.wait_for("Review: 1 user")
        console.listen()
        console.forget_answers()
        console.type(SEND)
        console.wait_for(EARLY)
        assert not console.writes()


def test_a_question_that_is_not_shown_yet_can_be_left(tmp_path: Path, sandbox: SandboxThread) -> None:
    with Typist(tmp_path, sandbox) as console:
        console.type("user-0003\r")
        console.wait_for(*USER_READ)
        console.type("sr")
        console.pause_answers()
        console.wait_for("Review: 1 user")
        console.type(f"{SEND}i")
        console.type(ESCAPE)
        console.wait_for(*USER_READ, "1 edit staged", gone="Review: 1 user")
        assert not console.writes()


def test_keys_for_a_user_that_is_not_there_are_dropped(console: Typist) -> None:
    console.type(f"nobody-1\ruriINC-7\r{SEND}")
    console.wait_for("not known to the server", "typed ahead were dropped")


def test_escape_drops_what_waits(console: Typist, sandbox: SandboxThread) -> None:
    sandbox.faults.latency_ms = 1500
    console.type("user-0003\ru")
    console.wait_for("Keys wait until this is read")
    console.type(ESCAPE)
    console.wait_for("typed ahead were dropped", "Stopped.")


def test_what_the_terminal_answers_is_never_typed(tmp_path: Path, sandbox: SandboxThread) -> None:
    with Typist(tmp_path, sandbox, answering=False) as console:
        assert console.sent.count("\x1b[6n") == 2
        console.type("user-\x1b[1;7R0003\x1b[24;")
        time.sleep(0.3)  # longer than an escape sequence is waited for
        console.type("80R\x1b[3;3R")
        console.wait_for("user_id ❭ user-0003\n")
        console.type("\r")
        console.wait_for(*USER_READ)
