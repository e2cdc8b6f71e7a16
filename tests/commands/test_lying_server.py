"""Whatever a server answers, what is told of a change is what reading back shows, or that nobody knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfn_tui.store import journal_file
from tests.commands.lying import PAGE, LyingServer, envelope, lying
from tests.commands.running import Ran, Run, runner
from tests.starting import endings

USER = "m-2041"
NOBODY: dict[str, object] = {"successful_user_ids": [], "failure_details": []}


@pytest.fixture
def liar() -> Iterator[LyingServer]:
    with lying() as server:
        server.users[USER] = {"mkt_push_flag": "Subscribed", "grade": "silver"}
        server.ci[USER] = {"phone_number": "821087654321"}
        yield server


@pytest.fixture
def run(liar: LyingServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr("dfn_tui.service.bulk.run.batch.SHORTLY", 0.0)
    monkeypatch.setattr("dfn_tui.service.bulk.run.read_back._PAUSES", (0.0, 0.0))
    return runner(liar, monkeypatch, capfd)


def withdraw(run: Run) -> Ran:
    return run("set", USER, "mkt_push_flag=Unsubscribed", "--yes", "--json")


def journalled() -> list[str | None]:
    return [ending and ending.value for ending in endings(journal_file())]


def failed(ids: list[str]) -> tuple[int, dict[str, object]]:
    details = [{"code": 5001, "msg": "internal", "user_ids": ids}]
    return 200, envelope(2000, {"successful_user_ids": [], "failure_details": details})


@pytest.mark.parametrize(
    "answer",
    [
        failed,
        lambda _ids: (408, PAGE),
        lambda _ids: (425, PAGE),
        lambda _ids: (404, PAGE),
        lambda _ids: (401, PAGE),
        lambda _ids: (500, envelope(5001)),
        lambda _ids: (200, PAGE),
        lambda _ids: (200, envelope(2000, NOBODY)),
        lambda _ids: (200, envelope(9999)),
    ],
)
def test_what_was_applied_is_confirmed_whatever_was_said(liar: LyingServer, run: Run, answer: object) -> None:
    liar.answer_write = answer  # type: ignore[assignment]
    ran = withdraw(run)
    assert liar.users[USER]["mkt_push_flag"] == "Unsubscribed"
    assert (ran.code, ran.outcomes, liar.writes) == (0, [(USER, "confirmed")], 1)
    assert journalled() == ["confirmed"]


@pytest.mark.parametrize(
    "words", [["ci", "set", USER, "phone_number=01011112222"], ["ci", "delete", USER, "phone_number"]]
)
@pytest.mark.parametrize("answer", [failed, lambda _ids: (408, PAGE)])
def test_the_same_for_ci_fields(liar: LyingServer, run: Run, words: list[str], answer: object) -> None:
    liar.answer_write = answer  # type: ignore[assignment]
    ran = run(*words, "--confirm", "1", "--json")
    assert (ran.code, ran.outcomes) == (0, [(USER, "confirmed")])


def test_one_that_says_done_and_did_nothing_is_different_with_what_is_there(
    liar: LyingServer, run: Run
) -> None:
    liar.applies = False
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (1, [(USER, "different")])
    assert ran.objects[0]["changes"][0]["now"] == "Subscribed"
    assert journalled() == ["different"]
    as_text = run("set", USER, "mkt_push_flag=Unsubscribed", "--yes")
    assert "✗ different  now: ● subscribed" in as_text.out


@pytest.mark.parametrize("status", [500, 502, 504])
def test_one_that_fails_and_applies_later_is_unknown_at_once(
    liar: LyingServer, run: Run, status: int
) -> None:
    liar.later = 1_000
    liar.answer_write = lambda _ids: (status, PAGE)
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (6, [(USER, "unknown")])
    assert journalled() == ["unknown"]
    liar.users[USER]["mkt_push_flag"] = "Unsubscribed"
    later = run("get", USER)
    assert "it was applied" in later.err
    assert journalled() == ["confirmed"]


def test_a_documented_refusal_of_the_whole_is_believed(liar: LyingServer, run: Run) -> None:
    liar.applies = False
    liar.answer_write = lambda _ids: (400, envelope(4007, message="not so"))
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (1, [(USER, "failed")])
    assert ran.objects[0]["code"] == "4007"


@pytest.mark.parametrize(
    "read",
    [
        lambda _ids: (401, PAGE),
        lambda _ids: (200, PAGE),
        lambda _ids: (400, envelope(4001)),
        lambda _ids: (200, envelope(2000, {"successful_user_properties": [], "failure_details": None})),
    ],
)
def test_what_cannot_be_read_back_is_said_to_be_so(liar: LyingServer, run: Run, read: object) -> None:
    liar.answer_read = read  # type: ignore[assignment]
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (6, [(USER, "accepted")])
    assert ran.objects[0]["code"] == "not-read-back"
    liar.answer_write = failed
    liar.answer_read = lambda _ids: None
    liar.writes = 0
    liar.applies = False
    liar.users[USER]["mkt_push_flag"] = "Subscribed"
    liar.answer_read = read  # type: ignore[assignment]
    refused = withdraw(run)
    assert (refused.code, refused.outcomes) == (6, [(USER, "unknown")])


def test_the_same_user_twice_with_different_values_is_not_readable(liar: LyingServer, run: Run) -> None:
    def twice(_ids: list[str]) -> tuple[int, dict[str, object]]:
        rows = [
            {"user_id": USER, "properties": {"mkt_push_flag": state}}
            for state in ("Unsubscribed", "Subscribed")
        ]
        return 200, envelope(2000, {"successful_user_properties": rows, "failure_details": []})

    liar.answer_read = twice
    ran = withdraw(run)
    assert (ran.code, ran.outcomes) == (6, [(USER, "accepted")])


def test_values_that_come_back_normalised_are_different_with_what_is_there(
    liar: LyingServer, run: Run
) -> None:
    liar.shown = lambda kept: {name: str(value).strip() for name, value in kept.items()}
    ran = run("set", USER, "points:number=30", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (1, [(USER, "different")])
    assert ran.objects[0]["changes"][0]["now"] == "30"


@pytest.mark.parametrize("spelt", ["Undefined", None])
def test_nobody_is_created_for_how_absence_is_spelt(liar: LyingServer, run: Run, spelt: object) -> None:
    liar.shown = lambda kept: {"user_name": spelt, "mkt_push_flag": spelt, "phone_number": spelt} | kept
    ran = run("set", "nobody-7", "mkt_push_flag=Unsubscribed", "--yes", "--json")
    assert (ran.code, ran.objects[0]["code"], liar.writes) == (1, "unknown-user", 0)
    assert "nobody-7" not in liar.users


def test_one_odd_user_costs_nobody_else(liar: LyingServer, run: Run) -> None:
    liar.users["m-1"] = {"mkt_push_flag": "Perhaps", "tags": ["a"], "grade": "gold"}
    read = run("get", "m-1", USER, "--json")
    assert (read.code, [one for one, _outcome in read.outcomes]) == (0, ["m-1", USER])
    assert read.objects[0]["properties"]["grade"] == "gold"
    ran = run("set", "m-1", USER, "mkt_push_flag=Unsubscribed", "--yes", "--json")
    assert ran.code == 1
    assert ran.outcomes == [("m-1", "failed"), (USER, "confirmed")]
    assert liar.users["m-1"]["mkt_push_flag"] == "Perhaps"


@pytest.mark.parametrize(
    ("answer", "applies", "code", "words"),
    [
        (failed, True, 0, "1 ✓ confirmed"),
        (failed, False, 1, "1 ✗ failed"),
        (
            lambda _ids: (200, envelope(2000, NOBODY)),
            True,
            0,
            "1 ✓ confirmed",
        ),
        (lambda _ids: None, False, 1, "1 ✗ different"),
        (lambda _ids: (400, envelope(4007)), False, 1, "1 ✗ failed"),
    ],
)
def test_a_list_is_told_as_truly(
    liar: LyingServer, run: Run, tmp_path: Path, answer: object, applies: bool, code: int, words: str
) -> None:
    plan = str(tmp_path / "stop.plan")
    listed = f"{USER}\n".encode()
    assert run("bulk", "plan", "-", "mkt_push_flag=Unsubscribed", "-o", plan, stdin=listed).code == 0
    liar.answer_write = answer  # type: ignore[assignment]
    liar.applies = applies
    ran = run("bulk", "apply", plan, "--reason", "INC-9", "--yes")
    assert (ran.code, words in ran.err) == (code, True), ran.err
