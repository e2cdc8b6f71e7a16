"""`dfn-tui undo`, `history`, `receipt` and `sending`: what the screens of a user and an entry show."""

from collections.abc import Callable
from pathlib import Path

from dfn_tui.cli.results import of_result
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.outcome import FieldResult, UserResult
from dfn_tui.service.types import Identity, IdentityKind
from dfn_tui.store import FieldChange, FieldKind
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread

Users = Callable[..., list[str]]
STOP = "mkt_sms_flag=Unsubscribed"
SAID = ("--reason", "INC-7", "--evidence", "form 12", "--yes")


def states(run: Run, user: str) -> dict[str, object]:
    properties: dict[str, object] = run("get", user, "--json", "--reveal").objects[0]["properties"]
    return properties


def entry_of(run: Run, user: str) -> str:
    return str(run("history", user, "--json").objects[0]["seq"])


def test_a_change_is_taken_back_and_journalled_as_that(run: Run, users: Users) -> None:
    [user] = users()
    assert run("set", user, STOP, *SAID).code == 0
    entry = entry_of(run, user)
    foreseen = run("undo", entry, "--dry-run", "--json")
    assert (foreseen.code, foreseen.outcomes) == (0, [(user, "planned")])
    ran = run("undo", entry, "--json", *SAID)
    assert (ran.code, ran.outcomes) == (0, [(user, "confirmed")])
    assert states(run, user)["mkt_sms_flag"] == "Subscribed"
    newest = run("history", user, "--json").objects[0]
    assert (newest["undo_of"], newest["reason"], newest["evidence"]) == (int(entry), "INC-7", "form 12")
    again = run("undo", entry, "--json", *SAID)
    assert (again.code, again.outcomes) == (0, [(user, "unchanged")])


def test_several_users_at_once(run: Run, users: Users) -> None:
    found = users(3)
    assert run("set", *found, STOP, *SAID).code == 0
    entries = [entry_of(run, user) for user in found]
    assert run("undo", *entries, "--json", *SAID).outcomes == [(user, "confirmed") for user in found]


def test_what_somebody_changed_since_stays_unless_it_is_named(
    run: Run, users: Users, sandbox: SandboxThread
) -> None:
    [user] = users()
    assert run("set", user, STOP, "points:number=5", "--yes").code == 0
    entry = entry_of(run, user)
    sandbox.state.write_profiles([(user, {}, {"points": 9})])
    assert run("set", user, "points:number=7", "--yes").code == 0
    sandbox.state.write_profiles([(user, {}, {"points": 8})])
    kept = run("undo", entry_of(run, user), "--json", *SAID)
    assert (kept.code, kept.outcomes) == (1, [(user, "conflict")])
    assert kept.objects[0]["code"] == "changed-since"
    assert "changed since by someone else" in kept.err
    assert states(run, user)["points"] == 8
    forced = run("undo", entry_of(run, user), "--overwrite", "points", "--json", *SAID)
    assert (forced.code, forced.outcomes) == (0, [(user, "confirmed")])
    assert states(run, user)["points"] == 9
    assert run("undo", entry, "--overwrite", "mkt_flag", *SAID).code == 2


def test_what_cannot_be_restored_is_named_and_the_rest_is(run: Run, users: Users) -> None:
    [user] = users()
    assert run("set", user, STOP, "brand_new=x", "--yes").code == 0
    ran = run("undo", entry_of(run, user), "--json", *SAID)
    assert (ran.code, ran.outcomes) == (1, [(user, "failed")])
    outcomes = {one["name"]: one["outcome"] for one in ran.objects[0]["changes"]}
    assert outcomes == {"mkt_sms_flag": "confirmed", "brand_new": "failed"}
    assert "brand_new: cannot be restored. There was no such property before" in ran.err
    assert states(run, user)["mkt_sms_flag"] == "Subscribed"


def test_what_was_never_set_says_what_stands_in(run: Run, users: Users) -> None:
    [user] = users(1, State.NEVER_SET)
    assert run("set", user, "mkt_sms_flag=Subscribed", *SAID).code == 0
    ran = run("undo", entry_of(run, user), *SAID)
    assert ran.code == 0
    assert "withdrawn is the safe stand-in" in ran.err
    assert states(run, user)["mkt_sms_flag"] == "Unsubscribed"


def test_the_guards_of_a_write_hold(run: Run, users: Users) -> None:
    [user] = users()
    assert run("-c", "prod", "set", user, STOP, "--reason", "INC-7", "--confirm", "1").code == 0
    entry = entry_of(run, user)
    assert run("undo", entry, "--reason", "INC-7", "--evidence", "x", "--yes").code == 3
    assert run("undo", entry, "--reason", "INC-7", "--confirm", "1").code == 3  # no evidence of a yes
    assert run("undo", entry, "--evidence", "x", "--confirm", "1").code == 3
    assert run("--read-only", "undo", entry, "--reason", "x", "--evidence", "x", "--confirm", "1").code == 3
    assert run("undo", entry, "--reason", "INC-7", "--evidence", "form 12", "--confirm", "1").code == 0


def test_what_is_no_entry(run: Run, users: Users) -> None:
    [user] = users()
    missing = run("undo", "999", *SAID)
    assert (missing.code, missing.out) == (1, "")
    assert "no change of the number 999" in missing.err
    job = run("undo", "20261126-091212-abc", *SAID)
    assert job.code == 2
    assert "dfn-tui bulk undo 20261126-091212-abc -o undo.plan" in job.err
    for value in ("Unsubscribed", "Subscribed"):
        assert run("set", user, f"mkt_sms_flag={value}", *SAID).code == 0
    both = [str(one["seq"]) for one in run("history", user, "--json").objects]
    assert run("undo", *both, *SAID).code == 2
    assert run("-c", "prod", "undo", both[0], *SAID).code == 2


def test_the_history_of_a_user_of_one_kind(run: Run, users: Users) -> None:
    one, other = users(2)
    assert run("set", one, other, STOP, *SAID).code == 0
    assert [entry["user_id"] for entry in run("history", one, "--json").objects] == [one]
    assert run("history", one, "--kind", "email", "--json").out == ""
    assert run("history", one, "--outcome", "failed", "--json").out == ""
    nobody = run("history", "nobody-at-all")
    assert (nobody.code, nobody.out) == (0, "")
    assert "Nothing was changed of this user from this host." in nobody.err
    assert run("history", one, "--since", "yesterday").code == 2


def test_a_receipt_is_shown_or_written_once(run: Run, users: Users, tmp_path: Path) -> None:
    [user] = users()
    assert run("set", user, STOP, *SAID).code == 0
    shown = run("receipt", user)
    assert f"Consent receipt for user_id {user}" in shown.out
    assert "ground: INC-7" in shown.out
    file = tmp_path / "receipt.txt"
    assert run("receipt", user, "-o", str(file)).code == 0
    assert "ground: INC-7" in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    assert run("receipt", user, "-o", str(file)).code == 2


def test_when_advertising_may_go_out(run: Run, sandbox: SandboxThread) -> None:
    flags = dict.fromkeys(Flag, State.SUBSCRIBED) | {Flag.NIGHT_SMS: State.UNSUBSCRIBED}
    sandbox.state.write_profiles([("user-0005", flags, {})])
    [one] = run("sending", "user-0005", "--json").objects
    assert one["channels"]["sms"]["hours"] == [
        {"from": "00:00", "until": "08:00", "answer": "no"},
        {"from": "08:00", "until": "21:00", "answer": "yes"},
        {"from": "21:00", "until": "24:00", "answer": "no"},
    ]
    assert one["channels"]["push"]["now"] == "yes"
    assert run("sending", "nobody-here").code == 1
    assert run("sending", "nobody-here", "--allow-unknown").code == 0


def test_a_user_who_became_as_wanted_before_sending_is_unchanged() -> None:
    """Found so between the two readings, of all fields: that is no defect, and nothing was confirmed."""
    change = FieldChange(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed", "Unsubscribed")
    user = Identity(IdentityKind.USER_ID, "user-1")
    result = of_result(UserResult(user, (FieldResult(change, Outcome.UNCHANGED),)))
    assert result.outcome is Outcome.UNCHANGED


def test_an_undo_is_taken_back_as_any_entry(run: Run, users: Users) -> None:
    [user] = users()
    assert run("set", user, STOP, *SAID).code == 0
    assert run("undo", entry_of(run, user), *SAID).code == 0
    assert run("undo", entry_of(run, user), *SAID).code == 0
    assert states(run, user)["mkt_sms_flag"] == "Unsubscribed"


def test_a_ci_field_that_was_set_or_deleted_is_taken_back(run: Run, users: Users) -> None:
    [user] = users()

    def number() -> object:
        return run("ci", "get", user, "--json", "--reveal").objects[0]["properties"].get("phone_number")

    first, second = "821023456789", "821098765432"
    assert run("ci", "set", user, f"phone_number={first}", "--yes").code == 0
    assert run("ci", "set", user, f"phone_number={second}", "--yes").code == 0
    assert run("undo", entry_of(run, user), "--json", *SAID).outcomes == [(user, "confirmed")]
    assert number() == first
    assert run("ci", "delete", user, "phone_number", "--yes", "--reason", "INC-7").code == 0
    assert number() is None
    assert run("undo", entry_of(run, user), "--json", *SAID).outcomes == [(user, "confirmed")]
    assert number() == first


def test_properties_of_each_type_come_back_with_their_type(
    run: Run, users: Users, sandbox: SandboxThread
) -> None:
    [user] = users()
    before = {"points": 5, "tier": "gold", "vip": True}
    sandbox.state.write_profiles([(user, {}, before)])
    typed = ("points:number=6", "tier=silver", "vip:boolean=false")
    assert run("set", user, *typed, "--yes").code == 0
    assert run("undo", entry_of(run, user), "--json", *SAID).outcomes == [(user, "confirmed")]
    after = states(run, user)
    assert {name: after[name] for name in before} == before


def test_what_a_job_changed_is_taken_back_by_its_own_undo_or_by_entry(
    run: Run, users: Users, tmp_path: Path
) -> None:
    found = users(2)
    ids, plan = tmp_path / "ids", str(tmp_path / "stop.plan")
    ids.write_text("\n".join(found))
    assert run("bulk", "plan", str(ids), STOP, "-o", plan).code == 0
    assert run("bulk", "apply", plan, "--reason", "INC-7", "--yes").code == 0
    ran = run("undo", entry_of(run, found[0]), "--json", *SAID)
    assert (ran.code, ran.outcomes) == (0, [(found[0], "confirmed")])
    assert [states(run, user)["mkt_sms_flag"] for user in found] == ["Subscribed", "Unsubscribed"]


def test_what_failed_or_did_nothing_leaves_nothing_to_undo(
    run: Run, users: Users, sandbox: SandboxThread
) -> None:
    [user] = users()
    sandbox.faults.bad_users = frozenset({user})
    try:
        assert run("set", user, STOP, *SAID).code == 1
    finally:
        sandbox.faults.bad_users = frozenset()
    entry = entry_of(run, user)
    sent = len(sandbox.requests)
    ran = run("undo", entry, "--json", *SAID)
    assert ran.outcomes in ([(user, "unchanged")], [(user, "failed")], [])
    assert states(run, user)["mkt_sms_flag"] == "Subscribed"
    assert not [one for one in sandbox.requests[sent:] if one.path.endswith("/update")]


def test_a_receipt_as_a_page_and_as_an_object(run: Run, users: Users, tmp_path: Path) -> None:
    [user] = users()
    assert run("set", user, STOP, *SAID).code == 0
    file = tmp_path / "receipt.html"
    assert run("receipt", user, "--format", "html", "-o", str(file)).code == 0
    page, by_name = file.read_text("utf-8"), tmp_path / "again.HTML"
    assert run("receipt", user, "-o", str(by_name)).code == 0
    assert by_name.read_text("utf-8") == page
    assert "INC-7" not in page  # it goes to the person: what we noted for ourselves stays here
    assert " by " not in page.split("since ")[1].split("</p>")[0]
    assert "With this page we tell you that it was done." in page
    [one] = run("receipt", user, "--format", "json").objects
    assert one["user_id"] == user
    withdrawn = next(each for each in one["consents"] if "mkt_sms_flag" in each["consent"])
    assert any("to be told by" in fact for fact in withdrawn["facts"])


def test_what_version_2_never_showed_is_not_restored_and_nothing_is_sent(
    run: Run, sandbox: SandboxThread
) -> None:
    done = run(
        "-c", "next", "set", "user-0005", "mkt_sms_flag=Unsubscribed", "--reason", "x", "--yes", "--json"
    )
    assert done.outcomes == [("user-0005", "accepted")]
    listed = run("journal", "list", "--user", "user-0005", "--json").objects
    before = len(sandbox.requests)
    ran = run("undo", str(listed[0]["seq"]), "--reason", "y", "--yes", "--json")
    assert (ran.code, ran.objects[0]["code"]) == (1, "cannot-be-restored")
    assert len(sandbox.requests) == before
