"""The reading pass of a pre-flight: each user once, in the order of the list, in flat memory."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from dfn_tui.api.calls import Profile
from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities, Identity
from dfn_tui.consent.campaign import Campaign, Eligibility, judge
from dfn_tui.consent.flags import Channel, Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.client import ThrottledClient
from dfn_tui.service.bulk.input.ingest import Taken
from dfn_tui.service.bulk.input.mapping import MappingNeeded, MappingOptions, Role
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Good
from dfn_tui.service.bulk.preflight import JudgedUser, LiveConsents, Preflight, PreflightReport
from dfn_tui.service.bulk.preflight_lists import CampaignLists
from dfn_tui.service.export import NotExported
from dfn_tui.service.records import UserRecord

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
USERS_ONLY = MappingOptions(users_only=True)
GIVEN, OFF = (Profile(dict.fromkeys(Flag, one), {}) for one in (State.SUBSCRIBED, State.UNSUBSCRIBED))


class Consents:
    """Every third user gave no consent. Later batches answer first, as far as they are asked for together."""

    flags = tuple(Flag)
    batch_size = 20
    at_once = 4

    def __init__(self, *, fails_at: str = "") -> None:
        self._fails_at = fails_at
        self.under_way = self.most = self.batches = 0

    async def read(self, users: Sequence[Identity]) -> Mapping[Identity, UserRecord]:
        self.batches += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        for _turn in range(8 - self.batches % 8):
            await asyncio.sleep(0)
        self.under_way -= 1
        if self._fails_at in [one.value for one in users]:
            raise ConsoleError("Server failure", "It failed.", "Try again.")
        return {
            one: UserRecord(one, NOW, OFF if one.value.endswith(("0", "3", "6", "9")) else GIVEN)
            for one in users
        }


def read(text: str | Path, consents: Consents, folder: Path) -> tuple[PreflightReport, list[str]]:
    """The report, and the users in the order in which they were kept."""
    report = PreflightReport(Campaign(Channel.SMS, night=False), tuple(Flag))
    order: list[str] = []
    with (
        open_input(text, VERSION_1, asked=USERS_ONLY) as source,
        CampaignLists(report, "user_id", folder / "may.csv", folder / "not.csv") as lists,
    ):

        def keep(users: Sequence[JudgedUser]) -> None:
            order.extend(one.record.identity.value for one in users)
            lists.keep(users)

        seen: list[tuple[int, int]] = []
        preflight = Preflight(source, consents, report, keep, lambda: seen.append((report.rows, report.read)))
        asyncio.run(preflight.go())
        assert seen == sorted(seen)
        assert seen[-1][1] == report.read
        for written in lists.finish():
            assert written.digest == hashlib.sha256(written.path.read_bytes()).hexdigest()
            assert written.users == written.path.read_text("utf-8").count("\n") - 1
    return report, order


def test_users_come_in_the_order_of_the_list_whoever_answers_first(tmp_path: Path) -> None:
    ids = [f"user-{number}" for number in range(5003)]
    consents = Consents()
    report, order = read("\n".join([*ids, "user-1", "", "a, b"]), consents, tmp_path)
    assert order == ids
    assert (tmp_path / "may.csv").read_text("utf-8").split()[1:] == [
        one for one in ids if one[-1] not in "0369"
    ]
    assert report.taken is not None
    assert (report.read, report.taken.users, report.taken.duplicates, report.taken.bad) == (5003, 5003, 1, 1)
    assert sum(report.counts.values()) == 5003
    assert [row.line for row in report.bad] == [5006]
    assert consents.most <= 2 * consents.at_once


def test_what_stops_the_reading_leaves_no_list(tmp_path: Path) -> None:
    ids = [f"user-{number}" for number in range(3000)]
    with pytest.raises(ConsoleError):
        read("\n".join(ids), Consents(fails_at="user-1500"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_id_stands_in_a_list_as_it_was_given(tmp_path: Path) -> None:
    """A guarded one would be somebody else's."""
    ids = ["+8211", "-x", "@y", "kim, lee", 'a"b']
    text = "user_id,x\n" + "\n".join('"' + one.replace('"', '""') + '",1' for one in ids)
    _report, order = read(text, Consents(), tmp_path)
    assert order == ids
    _report, again = read((tmp_path / "may.csv"), Consents(), _folder(tmp_path))
    assert again == ids


def _folder(folder: Path) -> Path:
    new = folder / "again"
    new.mkdir()
    return new


def test_everything_counts_once() -> None:
    report = PreflightReport(Campaign(Channel.SMS, night=True), tuple(Flag))
    user = Identity(VERSION_1.write_by[0], "u")
    for profile in (GIVEN, OFF, None):
        report.add(UserRecord(user, NOW, profile))
    assert (report.read, report.to_send, report.by_day) == (3, 1, 1)
    assert {one.eligibility for one in report.counts} == {
        Eligibility.MAY,
        Eligibility.MAY_NOT,
        Eligibility.UNREADABLE,
    }
    assert not report.whole


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("U-1\nU-2\n", ["U-1", "U-2"]),
        ("user_id,name,mkt_sms_flag,등급\nU-1,kim,Perhaps,A\nU-2,,,\n", ["U-1", "U-2"]),
        ('{"user_id": "U-1", "mkt_flag": 7, "x": [1]}\n{"user_id": "U-2"}\n', ["U-1", "U-2"]),
        ("SELECT * FROM u WHERE user_id IN ('U-1', 'U-2')", ["U-1", "U-2"]),
    ],
)
def test_of_a_list_for_reading_nothing_but_its_users_is_taken(text: str, users: list[str]) -> None:
    with open_input(text, VERSION_1, asked=USERS_ONLY) as source:
        found = list(source.rows())
        good = [one for one in found if isinstance(one, Good)]
        assert ([one.user for one in good], len(found)) == (users, len(users))
        assert all(not one.wanted.edits for one in good)
        assert {one.role for one in source.mapping.columns} <= {Role.USER, Role.UNUSED}


@pytest.mark.parametrize(
    ("text", "has"),
    [("회원번호,grade\nU-1,A\n", VERSION_1), ("external_id,email\nU-1,a@b.kr\n", VERSION_2)],
)
def test_who_the_users_are_is_asked_all_the_same(text: str, has: Capabilities) -> None:
    with pytest.raises(MappingNeeded) as asked:
        open_input(text, has, asked=USERS_ONLY)
    assert "--map" in asked.value.options


_A_MILLION = """
import resource, sys
from pathlib import Path
from tests.unit.test_preflight import counted
folder = Path(sys.argv[1])
few, many = folder / "few.txt", folder / "many.txt"
for path, count in ((few, 20_000), (many, 1_000_000)):
    with path.open("w") as file:
        file.writelines(f"user-{number}\\n" for number in range(count))
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
for path in (few, many):
    made = folder / path.stem
    made.mkdir()
    report = counted(path, made)
    print(report.read, peak())
"""


def counted(path: Path, folder: Path) -> PreflightReport:
    """The report of a list, of which nothing else is held."""
    report = PreflightReport(Campaign(Channel.SMS, night=False), tuple(Flag))
    with (
        open_input(path, VERSION_1, asked=USERS_ONLY) as source,
        CampaignLists(report, "user_id", folder / "may.csv", folder / "not.csv") as lists,
    ):
        asyncio.run(Preflight(source, Consents(), report, lists.keep).go())
        lists.finish()
    return report


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is counted otherwise")
def test_a_million_ids_take_no_more_memory_than_a_few(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _A_MILLION, str(tmp_path)]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    (few, before), (many, after) = (map(int, line.split()) for line in ended.stdout.splitlines())
    assert (few, many) == (20_000, 1_000_000)
    assert after - before < 24  # MiB


def test_two_new_lists_get_their_names_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = PreflightReport(Campaign(Channel.SMS, night=False), tuple(Flag))
    (tmp_path / "not.csv").write_text("keep")
    monkeypatch.setattr("dfn_tui.service.bulk.preflight_lists.lexists", lambda _path: False)  # it came since
    wanted = (tmp_path / "may.csv", tmp_path / "not.csv")
    with CampaignLists(report, "user_id", *wanted) as lists, pytest.raises(NotExported):
        lists.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["not.csv"]
    assert (tmp_path / "not.csv").read_text() == "keep"


def test_who_was_never_asked_is_on_neither_list_unless_that_is_said() -> None:
    campaign = Campaign(Channel.SMS, night=False)
    never = judge(campaign, dict.fromkeys(Flag, State.NEVER_SET), tuple(Flag))
    off = judge(campaign, OFF.consents, tuple(Flag))
    for said in (False, True):
        report = PreflightReport(campaign, tuple(Flag), include_never_set=said)
        assert (report.may(never), report.may_not(never)) == (said, False)
        assert (report.may(off), report.may_not(off)) == (False, True)


def test_a_row_that_is_no_user_makes_a_list_unfit() -> None:
    report = PreflightReport(Campaign(Channel.SMS, night=False), tuple(Flag))
    report.add(UserRecord(Identity(VERSION_1.write_by[0], "u"), NOW, GIVEN))
    for bad in (0, 1):
        report.taken = Taken(users=1, duplicates=0, bad=bad, blank=0)
        assert report.whole is not bool(bad)


async def test_where_the_platform_is_of_no_more_use_that_is_raised() -> None:
    class Client:
        stopped = ConsoleError("The token was refused", "It is not valid.", "Give another.")

        async def read(self, users: Sequence[Identity]) -> Mapping[Identity, UserRecord]:
            return {}

    with pytest.raises(ConsoleError):
        await LiveConsents(cast("ThrottledClient", Client())).read([])
