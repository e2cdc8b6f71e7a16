"""`dfn-tui ci`: what its commands print, and how they end. Each test has a user of its own."""

import json

import pytest

from tests.commands.running import EACH_SPELLING, Run, Typed
from tests.sandbox_thread import SandboxThread

pytestmark = EACH_SPELLING
DELETE = "/api/v1/users/ci/delete"


def ci(sandbox: SandboxThread, user: str) -> dict[str, str]:
    return sandbox.state.ci([user]).get(user, {})


def sent(sandbox: SandboxThread, path: str) -> list[dict[str, object]]:
    return [json.loads(request.body) for request in sandbox.requests if request.path == path]


def test_get_masks_what_it_shows(run: Run, sandbox: SandboxThread) -> None:
    number = ci(sandbox, "user-0001")["phone_number"]
    covered = f"{number[:2]}••••••••{number[-2:]}"
    as_text = run("ci", "get", "user-0001", "user-0007")
    assert as_text.code == 0
    assert as_text.out == (
        f"user-0001\n  kakao_id      06••••••89\n  phone_number  {covered}\n"
        "user-0007\n  kakao_id      03••••••23\n  phone_number  (none)\n"
    )
    masked = run("ci", "get", "user-0001", "--json")
    assert masked.objects[0]["properties"]["phone_number"] == covered
    assert number not in masked.out
    revealed = run("ci", "get", "user-0001", "--json", "--reveal")
    assert revealed.objects[0]["properties"]["phone_number"] == number


def test_get_of_one_field(run: Run) -> None:
    ran = run("ci", "get", "user-0007", "-", "phone_number", "--json", stdin=b"kakao_id")
    assert [(one["user_id"], one["properties"]) for one in ran.objects] == [
        ("user-0007", {"phone_number": None}),
        ("kakao_id", {"phone_number": None}),
    ]
    assert ran.objects[1]["code"] == "unknown-user"


def test_set_writes_a_number_as_the_platform_has_it(run: Run, sandbox: SandboxThread) -> None:
    ran = run("ci", "set", "user-0010", "phone_number=010-2345-6789", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (0, [("user-0010", "confirmed")])
    assert ci(sandbox, "user-0010")["phone_number"] == "821023456789"
    assert ran.objects[0]["changes"][0]["after"] == "82••••••••89"
    assert "2345" not in ran.out + ran.err
    again = run("ci", "set", "user-0010", "phone_number=+82 10-2345-6789", "--json")
    assert (again.code, again.outcomes) == (0, [("user-0010", "unchanged")])


@pytest.mark.parametrize(
    "words",
    [
        ["set", "user-0001", "phone_number=12"],
        ["set", "user-0001", "kakao_id=12"],
        ["set", "user-0001", "mkt_sms_flag=Unsubscribed"],
        ["set", "user-0001"],
        ["set", "user-0001", "kakao_id=0123456789", "kakao_id=9876543210"],
        ["delete", "user-0001"],
        ["delete", "user-0001", "phone_numbr"],
        ["delete", "user-0001", "phone_number=01023456789"],
        ["delete", "user-0001", "\x1b[2J="],
    ],
)
def test_bad_usage(run: Run, sandbox: SandboxThread, words: list[str]) -> None:
    ran = run("ci", *words, "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "\x1b" not in ran.err
    assert "0123456789" not in ran.err
    assert sandbox.requests == []


def test_consents_are_for_the_other_command(run: Run) -> None:
    ran = run("ci", "set", "user-0001", "mkt_sms_flag=Unsubscribed", "--yes")
    assert "Consents and properties are set with “dfn-tui set”." in ran.err


def test_delete_wants_to_be_confirmed(run: Run, sandbox: SandboxThread) -> None:
    refused = run("ci", "delete", "user-0011", "kakao_id")
    assert (refused.code, refused.out) == (3, "")
    in_production = run("ci", "delete", "-c", "prod", "user-0011", "kakao_id", "--yes", "--reason", "INC-7")
    assert in_production.code == 3
    assert sent(sandbox, DELETE) == []
    ran = run("ci", "delete", "user-0011", "nobody", "user-0012", "kakao_id", "--yes", "--json")
    assert ran.code == 1
    assert ran.outcomes == [("user-0011", "confirmed"), ("nobody", "failed"), ("user-0012", "confirmed")]
    assert "kakao_id" not in ci(sandbox, "user-0011")
    assert sent(sandbox, DELETE)[0]["user_ids"] == ["user-0011", "user-0012"]
    again = run("ci", "delete", "user-0011", "kakao_id", "--json")
    assert (again.code, again.outcomes) == (0, [("user-0011", "unchanged")])


def test_a_dry_run_deletes_nothing(run: Run, sandbox: SandboxThread) -> None:
    ran = run("ci", "delete", "user-0013", "kakao_id", "--dry-run")
    assert ran.code == 0
    assert ran.out.endswith("→ deleted  planned\n")
    assert sent(sandbox, DELETE) == []


def test_version_2_links_identities(run: Run, sandbox: SandboxThread) -> None:
    linked = run(
        "-c",
        "next",
        "ci",
        "set",
        "user-0014",
        "email=lee@example.com",
        "--yes",
        "--json",
        "--acknowledge",
        "merges",
    )
    assert (linked.code, linked.outcomes) == (0, [("user-0014", "accepted")])
    assert sandbox.state.find("email", "lee@example.com") is not None


@pytest.mark.parametrize("words", [["user-0015", "email"], ["user-0015", "phone_no=01023456789"]])
@pytest.mark.parametrize("options", [(), ("--yes",), ("--dry-run",)])
def test_version_2_removes_no_identifier(
    run: Run, sandbox: SandboxThread, words: list[str], options: tuple[str, ...]
) -> None:
    ran = run("-c", "next", "ci", "delete", *words, *options)
    assert (ran.code, ran.out) == (3, "")
    assert "takes the whole person away" in ran.err
    assert sandbox.requests == []


@pytest.mark.parametrize(("answer", "code"), [("user-0016", 0), ("user-0017", 3), ("yes", 3)])
def test_the_terminal_wants_the_id_of_one_user(sandbox: SandboxThread, answer: str, code: int) -> None:
    user = "user-0016" if code == 0 else "user-0018"
    with Typed(sandbox, "ci", "delete", user, "kakao_id") as typed:
        typed.see("Type the user's id to delete: ")
        typed.type(answer)
        assert typed.ended().code == code
    assert ("kakao_id" in ci(sandbox, user)) is (code != 0)


def test_the_terminal_wants_the_number_of_several(sandbox: SandboxThread) -> None:
    with Typed(sandbox, "ci", "delete", "user-0021", "user-0022", "kakao_id", "--json") as typed:
        typed.see("Type the number of users to send: ")
        typed.type("2")
        ran = typed.ended()
    assert (ran.code, ran.outcomes) == (0, [("user-0021", "confirmed"), ("user-0022", "confirmed")])
