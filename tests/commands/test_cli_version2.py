"""Version 2 from a shell: what it takes without a word, and what linking may do, is said before."""

from pathlib import Path

import pytest

from dfn_tui.paths import config_file
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

NEXT = ("-c", "next")
LINK = (*NEXT, "ci", "set", "user-0004", "phone_no=010-2345-6789", "--yes", "--json")


def test_a_link_is_made_only_when_somebody_read_what_it_may_do(run: Run, sandbox: SandboxThread) -> None:
    refused = run(*LINK)
    assert (refused.code, refused.out) == (3, "")
    assert "Linking may merge two people for good" in " ".join(refused.err.split())
    assert "Nor can the link itself be undone" in " ".join(refused.err.split())
    assert "--acknowledge merges" in refused.err
    assert sandbox.requests == []
    linked = run(*LINK, "--acknowledge", "merges")
    assert (linked.code, linked.outcomes) == (0, [("user-0004", "accepted")])
    undone = sandbox.state.query("SELECT phone_no FROM users WHERE user_id = 'user-0004'")
    assert undone == [("821023456789",)]


def test_a_withdrawal_asks_nothing_of_the_kind(run: Run) -> None:
    ran = run(*NEXT, "set", "user-0005", "df_sms_ads_optin=false", "--yes", "--json")
    assert (ran.code, ran.outcomes) == (0, [("user-0005", "accepted")])


def test_a_property_of_the_company_may_be_dropped_silently_and_is_said_to(run: Run) -> None:
    ran = run(*NEXT, "set", "user-0006", "df_membership=gold", "nickname=Kim", "--yes", "--json")
    assert ran.code == 0
    assert "! nickname: where the service has no such property" in " ".join(ran.err.split())
    assert "df_membership:" not in ran.err
    said = ran.objects[0]["message"]
    assert "nothing was stored, and no answer says so" in said
    assert run(*NEXT, "set", "user-0006", "df_membership=blue", "--yes", "--json").objects[0]["message"] == ""


@pytest.mark.parametrize(("number", "warned"), [("+1 202 555 0123", True), ("010-2345-0009", False)])
def test_a_number_of_another_country_is_remarked_on(run: Run, number: str, warned: bool) -> None:
    ran = run(*NEXT, "set", number, "df_sms_ads_optin=false", "--kind", "phone_no", "--yes")
    assert ran.code == 0
    assert ("supports phone numbers of Korea (+82) only" in ran.err) == warned


def test_the_deprecated_consent_is_there_only_where_the_configuration_says_so(
    run: Run, sandbox: SandboxThread
) -> None:
    words = (*NEXT, "set", "user-0007", "df_push_optin=false", "--yes")
    refused = run(*words)
    assert (refused.code, sandbox.requests) == (2, [])
    assert "legacy_push_optin = true" in refused.err
    file = config_file()
    file.write_text(file.read_text().replace('api = "v2"\n', 'api = "v2"\nlegacy_push_optin = true\n'))
    assert run(*words).code == 0
    assert sandbox.state.query("SELECT info_flag FROM users WHERE user_id = 'user-0007'") == [
        ("Unsubscribed",)
    ]


def test_a_plan_tells_of_both(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(
        *NEXT,
        *(
            "bulk",
            "plan",
            "-",
            "shoe_size=260",
            "df_sms_ads_optin=false",
            "--kind",
            "phone_no",
            "-o",
            "a.plan",
        ),
        stdin=b"+12025550123\n+12025550124\n010-2345-0001\n",
    )
    assert ran.code == 0
    assert "shoe_size: where the service has no such property" in ran.err
    assert "A snapshot that takes it along tells." in ran.err
    assert "supports phone numbers of Korea (+82) only: 2 users" in ran.err
    applied = run(*NEXT, "bulk", "apply", "a.plan", "--reason", "r", "--yes", "--results", "r.csv")
    assert applied.code == 0
    rows = (tmp_path / "r.csv").read_text()
    assert rows.count("nothing is stored, and the platform does not complain") == 3
