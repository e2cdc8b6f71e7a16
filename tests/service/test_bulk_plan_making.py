"""Making plans: what a real server says of the users, and that every row is accounted for."""

import asyncio
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.errors import TokenRejected
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import ApiVersion
from dfn_tui.consent.flags import Direction, Flag
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import StoppedAtBadRow
from dfn_tui.service.bulk.plan.file import PlanFile
from dfn_tui.service.bulk.plan.format import planned_words, totals_words
from dfn_tui.service.bulk.plan.making import Reading, make_plan
from dfn_tui.service.bulk.plan.records import SENT, PlanError, PlanStatus
from dfn_tui.service.bulk.plan.totals import Cost, cost, totals
from dfn_tui.service.changes.policy import warnings
from tests.sandbox_thread import SandboxThread
from tests.unit.plans import DAY, STOP, Nowhere, about, blind_plan, by_user, calls, edits, make


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxThread]:
    with SandboxThread(SandboxOptions(users=60)) as sandbox:
        yield sandbox


def statuses(plan: PlanFile) -> dict[str, PlanStatus]:
    return {name: user.group.status for name, user in by_user(plan).items()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def nothing_left(folder: Path) -> None:
    assert names(folder) == []


async def test_a_plan_says_what_each_user_is(served: SandboxThread, tmp_path: Path) -> None:
    text = "user-0001\nuser-0007\nuser-0004\nnobody-here\n\nuser-0001\nuser-0001, x\n"
    readings: list[Reading] = []
    with await make(served, tmp_path / "p.plan", text, STOP, progress=readings.append) as plan:
        assert statuses(plan) == {
            "user-0001": PlanStatus.CHANGE,
            "user-0007": PlanStatus.ALREADY,
            "user-0004": PlanStatus.CHANGE,
            "nobody-here": PlanStatus.UNKNOWN,
        }
        users = by_user(plan)
        assert users["user-0001"].group.before == ("Subscribed",)
        assert users["user-0004"].group.before == ("Undefined",)
        assert [bad.fault for bad in plan.bad_rows()] == ["duplicate", "wrong-cells"]
        head = plan.head
        assert (head.users, head.duplicates, head.bad, head.blank) == (4, 1, 1, 1)
        assert (head.form, head.source, head.by) == ("ids", "stop.csv", "kim@bastion-1")
    assert readings[-1] == Reading(4, 4, 4)
    assert names(tmp_path) == ["p.plan"]
    assert stat.S_IMODE((tmp_path / "p.plan").stat().st_mode) == 0o600


async def test_ci_fields_are_read_where_they_are_wanted(served: SandboxThread, tmp_path: Path) -> None:
    text = "user_id,phone_number,mkt_sms_flag\nuser-0001,821011112222,\nuser-0002,,Unsubscribed\n"
    served.state.write_ci([("ci-only", {"kakao_id": "0123456789"})])
    with await make(served, tmp_path / "p.plan", text + "ci-only,821011112222,\n") as plan:
        users = by_user(plan)
        [was] = served.state.ci(["user-0001"]).values()
        assert users["user-0001"].group.before == (was["phone_number"],)
        [change] = users["user-0001"].group.changes
        assert (change.after, change.personal) == ("821011112222", True)
        assert users["ci-only"].group.status is PlanStatus.CHANGE  # though it has no profile
    with await make(served, tmp_path / "p.plan", "ci-only", STOP) as plan:
        assert by_user(plan)["ci-only"].group.status is PlanStatus.CHANGE


async def test_unknown_users_are_created_only_where_that_is_asked_for(
    served: SandboxThread, tmp_path: Path
) -> None:
    with await make(served, tmp_path / "p.plan", "nobody-1\nnobody-2", STOP, "age=30", create=True) as plan:
        assert set(statuses(plan).values()) == {PlanStatus.CREATE}
        user = by_user(plan)["nobody-1"]
        assert [change.before for change in user.group.changes] == ["Undefined", None]
        assert totals(plan).to_send == 2


async def test_a_consent_in_no_known_state_is_not_guessed(served: SandboxThread, tmp_path: Path) -> None:
    served.state.write_profiles([("odd", {Flag.MKT_SMS: "Maybe"}, {})])  # type: ignore[dict-item]
    with await make(served, tmp_path / "p.plan", "user-0001\nodd", STOP) as plan:
        group = by_user(plan)["odd"].group
        assert (group.status, group.code, group.changes) == (PlanStatus.UNREADABLE, "unknown-value", ())
        assert by_user(plan)["user-0001"].group.status is PlanStatus.CHANGE


async def test_users_the_server_is_too_busy_for_are_unreadable_alone(
    served: SandboxThread, tmp_path: Path
) -> None:
    served.faults.busy_users = frozenset({"user-0002"})
    try:
        plan = await make(served, tmp_path / "p.plan", "\n".join(f"user-{n:04}" for n in range(1, 41)), STOP)
    finally:
        served.faults.busy_users = frozenset()
    with plan:
        found = statuses(plan)
        assert [name for name, one in found.items() if one is PlanStatus.UNREADABLE] == ["user-0002"]
        assert by_user(plan)["user-0002"].group.code == "5003"
        assert len(found) == 40


async def test_new_contradictions_are_warned_of(served: SandboxThread, tmp_path: Path) -> None:
    text, night = "user-0001\nuser-0007", "night_sms_flag=Subscribed"
    with await make(served, tmp_path / "p.plan", text, night, resubscribe=True) as plan:
        users = by_user(plan)
        assert users["user-0001"].group.warnings == ()
        assert len(users["user-0007"].group.warnings) == 2  # neither by day, nor by every channel
        found = totals(plan)
        assert found.flags == {(Flag.NIGHT_SMS, Direction.GRANT): 1}
        assert (found.granted, found.withdrawn, set(found.warnings.values())) == (1, 0, {1})
        assert [warning.id for warning in warnings(found.scope, found.head.made)] == ["night-rule"]


async def test_a_property_that_becomes_of_another_type_is_warned_of(
    served: SandboxThread, tmp_path: Path
) -> None:
    for user, steps in (("walk-text", "3"), ("walk-number", 3)):
        served.state.write_profiles([(user, {}, {"steps": steps})])
    with await make(served, tmp_path / "p.plan", "walk-text\nwalk-number", "steps=4") as plan:
        users = by_user(plan)
        assert users["walk-text"].group.warnings == ()
        assert users["walk-number"].group.warnings == ("steps is a text, no longer a number.",)
        shown = planned_words(users["walk-number"], revealed=False)
        assert shown == ["steps  3 → 4", "after this: steps is a text, no longer a number."]


async def test_a_token_that_is_not_taken_leaves_no_plan(served: SandboxThread, tmp_path: Path) -> None:
    served.faults.refuse = "4001"
    try:
        with pytest.raises(TokenRejected):
            await make(served, tmp_path / "p.plan", "user-0001", STOP)
    finally:
        served.faults.refuse = None
    nothing_left(tmp_path)


async def test_a_making_that_is_given_up_leaves_no_plan(served: SandboxThread, tmp_path: Path) -> None:
    async with calls(served) as reads:
        reads.rate_limiter.close()
        with open_input("user-0001", VERSION_1, edits(STOP)) as source, pytest.raises(PlanError):
            await make_plan(reads, source, tmp_path / "p.plan", about())
    nothing_left(tmp_path)


async def test_a_making_that_is_cancelled_leaves_no_plan_at_any_point(
    served: SandboxThread, tmp_path: Path
) -> None:
    text = "\n".join(f"user-{number:04}" for number in range(1, 61))

    async def cancelled_at(step: int) -> bool:
        """Whether it came to that step at all."""
        steps = iter(range(step))

        def progress(_reading: Reading) -> None:
            if next(steps, None) is None:
                making.cancel()

        making = asyncio.ensure_future(make(served, tmp_path / "p.plan", text, STOP, progress=progress))
        try:
            (await making).close()
        except asyncio.CancelledError:
            return True
        return False

    step = 0
    while await cancelled_at(step):
        nothing_left(tmp_path)
        step += 1
    assert step > 3


def kill_while(statement: str) -> None:
    """Has another process do that, and kills it then."""
    script = (
        "import time\nfrom pathlib import Path\n"
        "from dfn_tui.service.bulk.plan.builder import PlanBuilder\n"
        f"{statement}\nprint(flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()


async def test_the_remains_of_a_crash_are_in_nobodys_way(served: SandboxThread, tmp_path: Path) -> None:
    path = tmp_path / "p.plan"
    kill_while(f"PlanBuilder(Path({str(path)!r})).begin()")
    assert len(names(tmp_path)) == 2
    (await make(served, path, "user-0001", STOP)).close()
    (await make(served, path, "user-0001\nuser-0002", STOP)).close()  # in place of the first
    assert names(tmp_path) == ["p.plan"]


async def test_nobody_elses_file_is_written_through_a_link(served: SandboxThread, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "p.plan.part").symlink_to(other)
    (tmp_path / "p.plan.rows").write_text("mine, too")
    (await make(served, tmp_path / "p.plan", "user-0001", STOP)).close()
    assert other.read_text() == "mine"
    assert names(tmp_path) == ["other", "p.plan", "p.plan.part", "p.plan.rows"]
    assert (tmp_path / "p.plan.rows").read_text() == "mine, too"


async def test_what_came_to_stand_there_meanwhile_is_left_as_it_is(
    served: SandboxThread, tmp_path: Path
) -> None:
    path = tmp_path / "p.plan"

    def progress(reading: Reading) -> None:
        if reading.read:
            path.write_text("mine")

    async with calls(served) as reads:
        source = open_input("user-0001", VERSION_1, edits(STOP))
        with source, pytest.raises(PlanError, match="File exists"):
            await make_plan(reads, source, path, about(), progress=progress)
    assert path.read_text() == "mine"
    assert names(tmp_path) == ["p.plan"]


async def test_a_bad_row_stops_the_making_where_that_is_asked_for(
    served: SandboxThread, tmp_path: Path
) -> None:
    for text in ("user-0001\na, b\n", "user_id,mkt_sms_flag\na,Subscribed\na,Unsubscribed\n"):
        assignments = () if "," in text.splitlines()[0] else (STOP,)
        with pytest.raises(StoppedAtBadRow):
            await make(served, tmp_path / "p.plan", text, *assignments, stop_at_first_bad=True)
        nothing_left(tmp_path)


async def test_a_folder_that_is_not_there_is_told(served: SandboxThread, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="No such file"):
        await make(served, tmp_path / "none" / "p.plan", "user-0001", STOP)


async def test_an_input_that_changes_meanwhile_leaves_no_plan(served: SandboxThread, tmp_path: Path) -> None:
    file, folder = tmp_path / "ids.txt", tmp_path / "plans"
    folder.mkdir()
    file.write_text("user-0001\n")
    async with calls(served) as reads:
        with open_input(file, VERSION_1, edits(STOP)) as source:
            file.write_bytes(b"user-0001\n\xff\xff\n")
            with pytest.raises(FileUnreadable):
                await make_plan(reads, source, folder / "p.plan", about())
    nothing_left(folder)


def test_version_2_is_planned_blind(tmp_path: Path) -> None:
    text = "email,df_sms_ads_optin\na@example.com,false\nb@example.com,true\n"
    with blind_plan(tmp_path / "p.plan", text) as plan:
        assert plan.head.kind is IdentityKind.EMAIL
        assert set(statuses(plan).values()) == {PlanStatus.BLIND}
        [change] = by_user(plan)["b@example.com"].group.changes
        assert (change.before, change.after, change.readable) == (None, "Subscribed", False)
        found = totals(plan)
        assert (found.to_send, found.granted, found.withdrawn) == (2, 1, 1)


async def test_what_sending_takes_is_foretold(served: SandboxThread, tmp_path: Path) -> None:
    text = "\n".join(f"user-{number:04}" for number in range(1, 51))
    with await make(served, tmp_path / "p.plan", text, "points:number=1", "kakao_id=0123456789") as plan:
        found = totals(plan)
    assert (found.to_send, found.with_profile, found.with_ci) == (50, 50, 50)
    assert cost(found, limit=60, look_first=True, read_back=True) == Cost(18, 18.0)
    assert cost(found, limit=120, look_first=False, read_back=False) == Cost(6, 3.0)


USERS = st.sampled_from([f"user-{number:04}" for number in range(1, 12)] + ["nobody", "김철수"])
CELLS = st.sampled_from(["Subscribed", "Unsubscribed", "", "Undefined", "maybe"])
ROWS = st.one_of(
    st.tuples(USERS, CELLS, CELLS).map(",".join),
    st.sampled_from(["", ",Subscribed,", '"broken', "user-0001,Subscribed", "a\x00b,Subscribed,", ",,"]),
)


@settings(max_examples=25)
@given(rows=st.lists(ROWS, min_size=1, max_size=60), create=st.booleans())
def test_every_row_is_accounted_for_once(served: SandboxThread, rows: list[str], create: bool) -> None:
    text = "user_id,mkt_sms_flag,night_flag\n" + "\n".join([*rows, "last,Subscribed,"])
    with tempfile.TemporaryDirectory() as folder:
        plan = asyncio.run(make(served, Path(folder) / "p.plan", text, create=create))
        with plan, open_input(text, VERSION_1) as source:
            records = len(list(source.rows())) + source.counts.blank
            head, found, users = plan.head, totals(plan), plan.users(limit=1000)
            assert head.users + head.duplicates + head.bad + head.blank == records
            lines = [user.number for user in users] + [bad.line for bad in plan.bad_rows()]
            assert len(lines) == len(set(lines)) == records - head.blank
            assert sum(found.statuses.values()) == head.users == len({user.user for user in users})
            assert found.to_send == sum(found.statuses.get(status, 0) for status in SENT)
            assert found.to_send == sum(bool(user.group.changes) for user in users)
            changes = [change for user in users for change in user.group.changes]
            assert sum(found.flags.values()) == len(changes)
            granted = sum(
                any(change.after == "Subscribed" for change in user.group.changes) for user in users
            )
            assert found.granted == granted


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=30))
def test_whatever_the_ids_are_a_blind_plan_holds_them(lines: list[str]) -> None:
    text = "\n".join(["external_id", "first", *lines])
    with (
        tempfile.TemporaryDirectory() as folder,
        blind_plan(Path(folder) / "p.plan", text, "df_sms_ads_optin=false") as plan,
    ):
        assert by_user(plan)["first"].group.status is PlanStatus.BLIND
        assert len(by_user(plan)) == plan.head.users


async def test_more_users_than_a_page_are_all_read(tmp_path: Path) -> None:
    text = "\n".join(f"u-{number}" for number in range(4500))
    with await make(Nowhere(), tmp_path / "p.plan", text, "df_sms_ads_optin=true", api=ApiVersion.V2) as plan:
        assert totals(plan).to_send == 4500
        assert len(list(plan.groups())) == 1


def test_of_version_2_it_is_said_that_nobody_can_tell_whether_a_property_is_new(tmp_path: Path) -> None:
    said = "NEW or not cannot be told, as no user is read: level"
    with blind_plan(tmp_path / "a.plan", "C-1", "level=gold", "df_membership=VIP") as plan:
        assert said in totals_words(totals(plan), DAY)
    with blind_plan(tmp_path / "b.plan", "C-1", "df_membership=VIP") as plan:
        assert not any("cannot be told" in line for line in totals_words(totals(plan), DAY))
