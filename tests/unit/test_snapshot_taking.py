"""A snapshot: what an export says is kept, what is wrong with it is said, and what was there before stays."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfn_tui.api.errors import AnswerLost, AnswerUnreadable, Rejected
from dfn_tui.config import ApiVersion, TokenKind
from dfn_tui.consent.flags import Flag, State
from dfn_tui.outcomes import Outcome
from dfn_tui.service.connections import Connections
from dfn_tui.service.session import Session
from dfn_tui.service.snapshots.reader import SnapshotReader, confirm_entries
from dfn_tui.service.snapshots.snapshots import SnapshotKeyNeeded, Snapshots
from dfn_tui.service.snapshots.taking import TakingProgress
from dfn_tui.service.snapshots.view import SnapshotView
from dfn_tui.service.tokens import TokenNeeded
from dfn_tui.store import Filter
from dfn_tui.store.exports import ExportLog, ExportRefused
from dfn_tui.store.snapshot import SnapshotError, SnapshotHead, open_snapshot
from dfn_tui.store.snapshot_writer import SnapshotWriter
from tests.api.served import RawServer, Served, http
from tests.starting import KEY, connections, endings, send, until

OPTINS = (
    "df_push_optin",
    "df_push_ads_optin",
    "df_sms_ads_optin",
    "df_kakao_ads_optin",
    "df_push_night_ads_optin",
)
COLUMNS = ("df_unified_id", "df_external_id", *OPTINS, "df_name")
CSV = {"Content-Type": "text/csv"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"
REFUSED = http({"result": "fail", "message": "invalid_parameter"}, 400)
NOW = datetime(2026, 11, 27, 5, 2, tzinfo=UTC)


class Moment:
    """A clock that stands still until it is put on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class At:
    url: str
    token: str = "token-1"
    service_id: str = "service-7"


def table(*rows: str, columns: Sequence[str] = COLUMNS) -> bytes:
    return http("\n".join((",".join(columns), *rows, "")), headers=CSV)


ONE = table("u1,kim,,true,false,,true,")
"""Kim: push given, SMS withdrawn, Kakao never set, push at night given."""


@dataclass
class Host:
    """A console on a host, and the server it asks."""

    server: RawServer
    run: Connections
    session: Session
    clock: Moment

    @property
    def snapshots(self) -> Snapshots:
        assert self.session.snapshots is not None
        return self.session.snapshots

    async def take(self, *extras: str, audience: str | None = None) -> SnapshotHead:
        return (await self.session.take_snapshot(audience, extras, lambda _at: None)).head

    async def view(self, user: str) -> SnapshotView:
        record = await self.session.read_user(self.session.identity(user))
        assert record.profile is None  # it is no read
        assert record.snapshot is not None
        return record.snapshot


@asynccontextmanager
async def host(folder: Path, *replies: Served, key: bytes | None = KEY) -> AsyncIterator[Host]:
    async with RawServer(*replies) as server:
        clock = Moment()
        run = connections(At(server.url), folder / "journal.db", api=ApiVersion.V2, clock=clock, key=key)
        try:
            yield Host(server, run, run.session("here"), clock)
        finally:
            await run.finish()


async def test_what_an_export_says(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        head = await here.take()
        assert (head.rows, head.users, head.empty, head.repeated, head.exports) == (1, 1, 0, 0, 1)
        view = await here.view("kim")
        assert view.kept
        assert view.as_of == NOW
        assert view.consents == {
            Flag.MKT_PUSH: State.SUBSCRIBED,
            Flag.MKT_SMS: State.UNSUBSCRIBED,
            Flag.MKT_KAKAO: State.NEVER_SET,
            Flag.NIGHT_PUSH: State.SUBSCRIBED,
        }
        assert here.server.requests[0].json["identities_condition_type"] == "all"


async def test_ids_that_are_missing_are_counted_and_not_kept(tmp_path: Path) -> None:
    async with host(tmp_path, table("u1,,,true,,,,", "u2,kim,,true,,,,", "u3,,,,,,,")) as here:
        head = await here.take()
        assert (head.rows, head.users, head.empty) == (3, 1, 2)
        assert not (await here.view("")).kept


async def test_line_breaks_and_quotes_in_a_value(tmp_path: Path) -> None:
    async with host(tmp_path, table('u1,kim,,true,,,,"Kim, ""Lee""\nPark"', "u2,lee,,false,,,,")) as here:
        await here.take("df_name")
        assert (await here.view("kim")).properties == {"df_name": 'Kim, "Lee"\nPark'}
        assert (await here.view("lee")).consents[Flag.MKT_PUSH] is State.UNSUBSCRIBED


@pytest.mark.parametrize("word", ["True", "TRUE", "1", "yes", "null", "Undefined", " true"])
async def test_anything_else_than_true_false_and_nothing_is_not_readable(tmp_path: Path, word: str) -> None:
    async with host(tmp_path, table(f"u1,kim,,true,{word},,,")) as here:
        head = await here.take()
        view = await here.view("kim")
        assert Flag.MKT_SMS not in view.consents
        assert word in view.unreadable["mkt_sms_flag"]
        assert view.consents[Flag.MKT_PUSH] is State.SUBSCRIBED
        assert head.states["df_sms_ads_optin"] == {"x": 1}


async def test_a_user_twice_with_different_values(tmp_path: Path) -> None:
    rows = ("u1,kim,,true,false,,,Kim", "u2,kim,,true,true,,,Lee", "u3,lee,,,,,,", "u3,lee,,,,,,")
    async with host(tmp_path, table(*rows)) as here:
        head = await here.take("df_name")
        assert (head.rows, head.users, head.repeated, head.ambiguous) == (4, 2, 2, 1)
        view = await here.view("kim")
        assert view.consents[Flag.MKT_PUSH] is State.SUBSCRIBED
        assert set(view.unreadable) == {"mkt_sms_flag", "df_name"}
        assert (await here.view("lee")).unreadable == {}


async def test_without_the_id_every_column_is_asked_for_and_both_exports_count(tmp_path: Path) -> None:
    without = table("u1,,true,false,,true,", columns=[one for one in COLUMNS if one != "df_external_id"])
    async with host(tmp_path, without, ONE) as here:
        head = await here.take()
        assert (head.users, head.exports) == (1, 2)
        assert [one.json["properties_condition_type"] for one in here.server.requests] == ["include", "all"]
        assert "identities_condition_type" not in here.server.requests[1].json
        assert len((await here.snapshots.status()).asked) == 2


async def test_where_the_newer_form_is_refused_the_older_is_asked(tmp_path: Path) -> None:
    async with host(tmp_path, REFUSED, ONE) as here:
        assert (await here.take()).exports == 2


async def test_an_export_that_names_nobody_or_is_refused_twice(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        without = table("u1", columns=["df_unified_id"])
        for reply, kind in ((without, SnapshotError), (REFUSED, Rejected)):
            here.server.replies[:] = [reply]
            with pytest.raises(kind):
                await here.take()
            assert (await here.view("kim")).kept


async def test_other_columns_are_named_and_nothing_is_kept(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        columns = [one for one in COLUMNS if one != "df_sms_ads_optin"]
        here.server.replies[:] = [table("u1,lee,,true,,true,", columns=columns)]
        with pytest.raises(SnapshotError) as caught:
            await here.take()
        assert "df_sms_ads_optin" in caught.value.happened
        assert (await here.view("kim")).kept
        assert not (await here.view("lee")).kept


async def _cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = ",".join(COLUMNS).encode() + b"\n" + b"u2,lee,,true,,,,\n" * 1000
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n")
    await writer.drain()


async def test_a_cut_stream_leaves_the_old_one(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        here.server.replies[:] = [_cut]
        with pytest.raises(AnswerLost):
            await here.take()
        assert (await here.view("kim")).kept
        assert not (await here.view("lee")).kept
        assert left_over(tmp_path) == []


def left_over(folder: Path) -> list[str]:
    """What is there beside the snapshot and the count of exports."""
    kept = [one.name for one in (folder / "snapshots").iterdir()]
    return [name for name in kept if not name.endswith(".db")]


async def test_an_export_whose_end_nobody_can_tell_is_not_believed(tmp_path: Path) -> None:
    async def without_length(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n" + ",".join(COLUMNS).encode() + b"\nu1,kim,,true,,,,\n")
        await writer.drain()

    async with host(tmp_path, without_length) as here:
        with pytest.raises(AnswerUnreadable):
            await here.take()


async def test_too_many_exports_says_when_to_go_on(tmp_path: Path) -> None:
    refused = http({"result": "fail", "message": "too_many_api_requests"}, 429, {"Retry-After": "1800"})
    async with host(tmp_path, refused) as here:
        with pytest.raises(ExportRefused) as caught:
            await here.take()
        assert "14:32:00" in caught.value.next_step


async def test_stopped_in_the_middle(tmp_path: Path) -> None:
    came = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = ",".join(COLUMNS).encode() + b"\n" + b"u2,lee,,true,,,,\n" * 2000
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n")
        await reader.read()

    def on_progress(_at: TakingProgress) -> None:
        came.set()

    async with host(tmp_path, ONE) as here:
        await here.take()
        here.server.replies[:] = [endless]
        task = asyncio.ensure_future(here.session.take_snapshot(None, (), on_progress))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await here.view("kim")).kept
        assert left_over(tmp_path) == []
        here.server.replies[:] = [ONE]
        await here.take()  # nothing holds the next one up


async def test_stopped_when_it_is_being_put_in_place_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finishing, go_on = threading.Event(), threading.Event()
    finish = SnapshotWriter.finish

    def slowly(writer: SnapshotWriter, head: SnapshotHead) -> SnapshotHead:
        finishing.set()
        go_on.wait()
        return finish(writer, head)

    monkeypatch.setattr(SnapshotWriter, "finish", slowly)
    async with host(tmp_path, ONE) as here:
        task = asyncio.ensure_future(here.take())
        await asyncio.to_thread(finishing.wait)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert (await task).users == 1
        assert (await here.view("kim")).kept


async def test_one_at_a_time_on_a_host(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        with ExportLog(tmp_path / "snapshots").one_at_a_time():
            with pytest.raises(ExportRefused) as caught:
                await here.take()
            assert caught.value.title == "An export runs already"
        await here.take()


async def test_twenty_exports_an_hour(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        log, service = ExportLog(tmp_path / "snapshots"), here.snapshots.path.stem
        for _time in range(19):  # of other consoles
            log.count(service, 20, NOW)
        await here.take()
        here.clock.now += timedelta(minutes=10)
        with pytest.raises(ExportRefused) as caught:
            await here.take()
        assert "15:02" in caught.value.next_step
        assert len(here.server.requests) == 1
        here.clock.now += timedelta(minutes=51)
        await here.take()


async def test_where_none_is_left_no_second_attempt_is_made(tmp_path: Path) -> None:
    async with host(tmp_path, REFUSED) as here:
        log, service = ExportLog(tmp_path / "snapshots"), here.snapshots.path.stem
        for _time in range(19):
            log.count(service, 20, NOW)
        with pytest.raises(ExportRefused):
            await here.take()
        assert len(here.server.requests) == 1


STATEMENTS = (
    "DELETE FROM part WHERE number = 5",
    "UPDATE part SET sealed = (SELECT sealed FROM part WHERE number = 6) WHERE number = 5",
    "UPDATE part SET sealed = x'00'",
    "UPDATE head SET expires = '2036-01-01T00:00:00+00:00'",
    "UPDATE head SET began = '2026-11-27T05:03:00+00:00'",
    "UPDATE head SET sealed = x'00'",
    "DELETE FROM head",
    "DROP TABLE part",
    "PRAGMA application_id = 1",
)


@pytest.mark.slow
@pytest.mark.parametrize("statement", STATEMENTS)
async def test_an_altered_file_is_said_and_never_believed(tmp_path: Path, statement: str) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        with closing(sqlite3.connect(here.snapshots.path)) as db, db:
            db.execute(statement)
        users = [f"user-{number}" for number in range(60_000)] if "number = 5" in statement else ["kim"]
        with pytest.raises(SnapshotError), open_snapshot(here.snapshots.path, KEY) as file:
            file.find(users)
        if "number = 5" not in statement:
            view = await here.view("kim")
            assert not view.kept
            assert "damaged" in view.why
            about_head = "part" not in statement
            assert ((await here.snapshots.status()).trouble is not None) is about_head


async def test_a_file_of_another_service_or_another_key(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        other = here.snapshots.path.with_name("0" * 32 + ".db")
        other.write_bytes(here.snapshots.path.read_bytes())
        with pytest.raises(SnapshotError), open_snapshot(other, KEY):
            pass
        with pytest.raises(SnapshotError) as caught, open_snapshot(here.snapshots.path, bytes(32)):
            pass
        assert "another key" in caught.value.title


async def test_it_is_deleted_when_it_is_too_old(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        here.clock.now += timedelta(hours=23, minutes=59)
        assert (await here.view("kim")).kept
        here.clock.now += timedelta(minutes=1)
        record = await here.session.read_user(here.session.identity("kim"))
        assert record.snapshot is None
        assert not here.snapshots.path.exists()


async def test_a_console_that_runs_on_deletes_it_though_nobody_looks(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        here.snapshots._expiring = None  # as in a later run, which did not take it
        here.clock.now += timedelta(hours=24) - timedelta(milliseconds=20)
        assert (await here.view("kim")).kept
        here.clock.now += timedelta(hours=1)
        await until(lambda: not here.snapshots.path.exists())


async def test_the_next_start_deletes_what_is_too_old_without_a_key(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        path = here.snapshots.path
    async with RawServer(ONE) as server:
        clock = Moment()
        clock.now += timedelta(hours=24)
        run = connections(At(server.url), tmp_path / "journal.db", api=ApiVersion.V2, clock=clock, key=None)
        run.session("here")
        assert not path.exists()
        await run.finish()


async def test_another_token_ends_it(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        await here.run.give_token("here", TokenKind.EXPORT, "token-1")
        assert here.snapshots.path.exists()  # the same one once more
        await here.run.give_token("here", TokenKind.EXPORT, "token-2")
        assert not here.snapshots.path.exists()


async def test_a_token_that_came_from_elsewhere_ends_it_too(tmp_path: Path) -> None:
    async with RawServer(ONE) as server:
        for token in ("token-1", "token-2"):
            at = At(server.url, token)
            run = connections(at, tmp_path / "journal.db", api=ApiVersion.V2)
            session = run.session("here")
            assert session.snapshots is not None
            if token == "token-1":
                await session.take_snapshot(None, (), lambda _at: None)
            assert session.snapshots.path.exists()
            await session.settled_first()
            await run.finish()
            assert session.snapshots.path.exists() is (token == "token-1")


async def test_without_a_key_there_is_none(tmp_path: Path) -> None:
    async with host(tmp_path, ONE, key=None) as here:
        with pytest.raises(SnapshotKeyNeeded) as caught:
            await here.take()
        assert "journal_key_command" in caught.value.next_step
        assert here.server.requests == []
        assert not (tmp_path / "snapshots").exists()


async def test_a_test_of_the_connection_counts_as_the_export_it_is(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        assert (await here.session.probe()).ok
        assert len((await here.snapshots.status()).asked) == len(here.server.requests) == 1


async def test_an_export_token_that_is_missing_or_refused_is_asked_for(tmp_path: Path) -> None:
    refused = http({"result": "fail", "message": "unauthorized_token"}, 401)
    async with host(tmp_path, refused) as here:
        with pytest.raises(TokenNeeded) as caught:
            await here.take()
        assert caught.value.kind is TokenKind.EXPORT
        assert "--kind export" in caught.value.happened
        assert len(here.server.requests) == 1  # another form of the request would not help


async def test_nothing_of_a_user_is_in_the_file(tmp_path: Path) -> None:
    async with host(tmp_path, table("u1,kim-minji-1042,,true,false,,,Minji")) as here:
        await here.take("df_name")
        content = here.snapshots.path.read_bytes()
        assert [word for word in (b"kim-minji", b"Minji", b"df_sms", b"service-7") if word in content] == []


async def write(here: Host, state: State, clock: datetime, flag: Flag = Flag.MKT_SMS) -> None:
    """Writes Kim's consent; the server takes it."""
    here.server.replies[:] = [http({"status": True, "code": "20000", "message": "OK", "data": True})]
    user = here.session.identity("kim")
    here.session.staging.draft(await here.session.open_user(user)).stage_consents({flag: state})
    [result] = await send(here.session)
    assert result.outcome is Outcome.ACCEPTED
    here.server.replies[:] = [ONE]
    here.clock.now = clock


async def test_a_change_that_was_accepted_before_is_confirmed_by_what_it_shows(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        now = datetime.now(UTC)  # the journal has a clock of its own
        here.clock.now = now
        await write(here, State.SUBSCRIBED, now)
        await write(here, State.UNSUBSCRIBED, now + timedelta(hours=1))
        taken = await here.session.take_snapshot(None, (), lambda _at: None)
        assert taken.confirmed == 1  # the first one stands no more
        assert endings(here.session.journal.path) == [Outcome.ACCEPTED, Outcome.CONFIRMED]
        assert (await here.session.take_snapshot(None, (), lambda _at: None)).confirmed == 0


async def test_the_last_change_alone_may_be_what_it_shows(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        here.clock.now = datetime.now(UTC)
        await write(here, State.UNSUBSCRIBED, here.clock.now)
        await write(here, State.SUBSCRIBED, here.clock.now + timedelta(hours=1))
        taken = await here.session.take_snapshot(None, (), lambda _at: None)
        assert taken.confirmed == 0  # it shows another one: perhaps not yet, perhaps never
        assert endings(here.session.journal.path) == [Outcome.ACCEPTED, Outcome.ACCEPTED]


async def test_two_fields_of_a_user_are_each_confirmed(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        here.clock.now = datetime.now(UTC)
        await write(here, State.UNSUBSCRIBED, here.clock.now, Flag.MKT_SMS)
        await write(here, State.SUBSCRIBED, here.clock.now + timedelta(hours=1), Flag.MKT_PUSH)
        taken = await here.session.take_snapshot(None, (), lambda _at: None)
        assert endings(here.session.journal.path) == [Outcome.CONFIRMED, Outcome.CONFIRMED]
        assert taken.confirmed == 2


async def test_a_change_that_was_accepted_after_the_export_began_is_not(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        here.clock.now = datetime.now(UTC)
        await write(here, State.UNSUBSCRIBED, here.clock.now - timedelta(hours=1))
        # As where the export began before, and the answer to the write came in between.
        journal = here.session.journal
        head = (await here.session.take_snapshot(None, (), lambda _at: None)).head
        reader = SnapshotReader(here.snapshots, head)
        entry = (await journal.find(Filter()))[0]
        assert entry.outcome is not None and entry.outcome.at is not None
        late = head._replace(began=entry.outcome.at)
        assert await confirm_entries(reader, late, journal, "here") == 0
        assert endings(journal.path) == [Outcome.ACCEPTED]


async def test_it_is_never_what_a_write_is_compared_with(tmp_path: Path) -> None:
    async with host(tmp_path, ONE) as here:
        await here.take()
        user = here.session.identity("kim")
        record = await here.session.open_user(user)
        here.session.staging.draft(record).stage_consents({Flag.MKT_SMS: State.UNSUBSCRIBED})
        [change] = here.session.staging.changes()
        assert [(field.before, field.readable) for field in change.fields] == [(None, False)]
        assert not record.unknown_to_server


async def test_without_a_snapshot_a_look_up_is_as_before(tmp_path: Path) -> None:
    async with host(tmp_path, ONE, key=None) as here:
        record = await here.session.read_user(here.session.identity("kim"))
        assert record.snapshot is None
