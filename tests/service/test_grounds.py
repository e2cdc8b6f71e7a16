"""On what ground a consent is changed: the person's word and its day, or a correction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dfn_tui.consent.duties import Ground
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.service.changes.grounds import ConsentDates, Said
from dfn_tui.service.changes.inverse import prepare_undos, stage_undo
from dfn_tui.service.kept.format import Place, read_edits, whole_text
from dfn_tui.service.review import said_words
from dfn_tui.service.session import Session
from dfn_tui.service.staging import TypedGround
from dfn_tui.store import FieldKind, Journal
from tests.sandbox_thread import SandboxThread
from tests.starting import KEY, entries, send, start

LATE = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
"""Half past midnight in Korea, on 3 March."""
GIVE, STOP = {Flag.MKT_SMS: State.SUBSCRIBED}, {Flag.MKT_SMS: State.UNSUBSCRIBED}
DATES = (("mkt_sms_flag", "sms_given"),)


@asynccontextmanager
async def at_night(sandbox: SandboxThread, path: Path) -> AsyncIterator[Session]:
    async with start(sandbox, path, clock=lambda: LATE) as session:
        session.connection = session.connection._replace(consent_dates=DATES)
        yield session


async def stage(session: Session, user: str, consents: dict[Flag, State]) -> None:
    session.staging.draft(await session.open_user(session.identity(user))).stage_consents(consents)


def grounds(path: Path) -> list[tuple[str, str]]:
    return [(entry.intent.ground, entry.intent.expressed_on) for entry in entries(path)]


async def test_a_withdrawal_was_said_today_in_korea_without_a_word_more(
    sandbox: SandboxThread, path: Path
) -> None:
    async with at_night(sandbox, path) as session:
        await stage(session, "user-0001", STOP)
        reviewed = session.review()
        assert said_words(reviewed) == "Said on 2026-03-03: tell 1 person the outcome by 2026-03-17."
        assert len(reviewed.changes[0].fields) == 1
        await send(session)
    assert grounds(path) == [("expressed", "2026-03-03")]


async def test_what_is_no_consent_is_nobodys_word(sandbox: SandboxThread, path: Path) -> None:
    async with at_night(sandbox, path) as session:
        draft = session.staging.draft(await session.open_user(session.identity("user-0001")))
        draft.stage_property("points", 7)
        assert said_words(session.review()) == ""
        await send(session)
    assert grounds(path) == [("", "")]


@pytest.mark.parametrize(("day", "title"), [("2026-03-04", "in the future"), ("03/02/26", "no day")])
async def test_a_day_that_cannot_be_is_refused_before_anything_is_sent(
    sandbox: SandboxThread, path: Path, day: str, title: str
) -> None:
    async with at_night(sandbox, path) as session:
        await stage(session, "user-0001", STOP)
        session.staging.note_said(Said(None, day))
        with pytest.raises(GateRefused, match=title):
            await send(session)
    assert not sandbox.state.query("SELECT 1 FROM users WHERE user_id = 'user-0001' AND mkt_sms_flag = 0")
    assert grounds(path) == []


async def test_another_day_counts_for_whose_consents_were_staged_then(
    sandbox: SandboxThread, path: Path
) -> None:
    async with at_night(sandbox, path) as session:
        await stage(session, "user-0001", STOP)
        session.staging.note_said(Said(None, "2026-02-20"))
        assert session.review().expressed_on == "2026-02-20"
        await stage(session, "user-0003", STOP)
        assert session.review().expressed_on == "2026-03-03"


async def test_an_undo_is_a_correction_and_the_date_goes_with_the_consent(
    sandbox: SandboxThread, path: Path
) -> None:
    async with at_night(sandbox, path) as session:
        draft = session.staging.draft(await session.open_user(session.identity("user-0001")))
        draft.stage_consents(STOP)
        draft.stage_property("sms_given", "2024-05-06")
        await send(session)
        await stage(session, "user-0001", GIVE)
        session.staging.note_said(Said(None, "2026-03-01"))
        shown = [(one.name, one.before, one.after) for one in session.review().changes[0].fields]
        assert ("sms_given", "2024-05-06", "2026-03-01") in shown
        assert [one.outcome for one in await send(session)] == [Outcome.CONFIRMED]
        with Journal(path, KEY) as journal:
            given = journal.entry(3)
        assert given is not None
        [plan] = await prepare_undos(session, [given])
        stage_undo(session.staging.draft(plan.record), given.seq, plan.fields, "user-0001")
        reviewed = session.review()
        assert said_words(reviewed) == "A correction: nobody is to be told."
        assert {(one.name, one.after) for one in reviewed.changes[0].fields} == {
            ("mkt_sms_flag", "Unsubscribed"),
            ("sms_given", "2024-05-06"),
        }
        await send(session)
    assert grounds(path) == [("expressed", "2026-03-03"), ("expressed", "2026-03-01"), ("correction", "")]


async def test_a_correction_that_gives_a_consent_writes_no_date(sandbox: SandboxThread, path: Path) -> None:
    async with at_night(sandbox, path) as session:
        await stage(session, "user-0001", STOP)
        await send(session)
        await stage(session, "user-0001", GIVE)
        session.staging.note_said(Said(Ground.CORRECTION))
        assert [one.name for one in session.review().changes[0].fields] == ["mkt_sms_flag"]


def test_the_date_stands_beside_consents_that_are_given_now_and_no_others() -> None:
    dates = ConsentDates({"mkt_sms_flag": "sms_given", "night_flag": "night_given", "mkt_flag": "all_given"})
    wanted = EditSet.of(
        [
            FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed"),
            FieldEdit(FieldKind.CONSENT, "night_flag", "Unsubscribed"),
            FieldEdit(FieldKind.CONSENT, "mkt_flag", "Subscribed"),
        ]
    )
    more = dates.beside(wanted, {"mkt_flag"}, LATE.date())
    assert set(more.edits) - set(wanted.edits) == {FieldEdit(FieldKind.PROPERTY, "sms_given", "2026-03-02")}
    assert dates.beside(more, {"mkt_flag"}, LATE.date()) == more


def test_the_ground_is_kept_with_the_edits_and_older_ones_are_read() -> None:
    place = Place("here", "sandbox", "v1", "http://x", "")
    ground = TypedGround("r", "e", frozenset(), Said(Ground.CORRECTION, "2026-03-01"))
    text = whole_text(place, ground, [])
    assert read_edits(text).ground == ground
    older = text.replace(b', ["correction", "2026-03-01"], []', b"")
    assert older != text
    assert read_edits(older).ground == ground._replace(said=Said())
