"""What the company's policy refuses is said where it is decided, and nothing staged is lost by it."""

from pathlib import Path
from typing import Any

import pytest

from dfn_tui.screens.review import ReviewScreen
from dfn_tui.service.session import Session
from dfn_tui.store import FieldKind
from tests.companies import READ_ONLY, Company, company_in, root_only
from tests.sandbox_thread import SandboxThread
from tests.screens import bulk
from tests.screens.driving import console, driven, see, until

pytestmark = root_only

SIZES = [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    return company_in(tmp_path, monkeypatch)


async def review_points(pilot: Any) -> Session:
    """Stages a property of a user, and opens the review."""
    session: Session = pilot.app.connections.session("here")
    record = await session.open_user(session.identity("user-0001"))
    session.staging.draft(record).stage(FieldKind.PROPERTY, "points", 7)
    pilot.app.screen.action_review()
    return session


@pytest.mark.parametrize("size", SIZES)
async def test_a_review_says_what_the_company_asks_and_a_refusal_names_the_rule(
    sandbox: SandboxThread, company: Company, size: tuple[int, int]
) -> None:
    company("[reason]\npattern = 'INC-\\d+'\n[evidence]\nalways = true\n")
    async with driven(console(sandbox), size) as pilot:
        session = await review_points(pilot)
        await see(
            pilot,
            "Evidence (required)",
            "the company wants INC-\\d+ in it",
            "open: Evidence is missing",
        )
        wide = size[0] > 80  # where there is no room the fields say it
        if wide:
            await see(pilot, "▲ the company: a reason with INC-\\d+", "▲ the company: evidence of every")
        await pilot.press("i", *"form", "tab", *"he asked")
        await see(pilot, *["✓ the company: evidence"] * wide, "open: The reason is not as the company asks")
        await pilot.press(*" INC-7")
        await see(pilot, *["✓ the company: a reason with", "all met"] * wide, "sends")

        company(READ_ONLY)  # while the review is open
        await pilot.press("ctrl+s")
        await see(pilot, "Read-only by the company's policy", "rule read_only in")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        assert not [request for request in sandbox.requests if "update" in request.path]
        assert session.staging.changes()

        company(None)
        await pilot.press("ctrl+s")
        await see(pilot, "Result", "confirmed")


@pytest.mark.slow  # a whole job
async def test_a_plan_is_refused_where_it_is_applied_and_is_sent_once_the_answers_are_right(
    sandbox: SandboxThread, company: Company, tmp_path: Path
) -> None:
    file = company("[reason]\npattern = 'INC-\\d+'\n[max_users]\nmost = 2\n")
    app = console(sandbox)
    async with driven(app, (140, 40)) as pilot:
        await bulk.make_plan(pilot, bulk.write_list(tmp_path, *bulk.users(1, 3)), "points:number=7")
        await pilot.press("a")
        await see(pilot, "Reason or ticket (required)", "the company wants INC-\\d+ in it")
        await bulk.fill(pilot, "reason", "INC-7")
        await pilot.press("ctrl+s")
        await see(pilot, "Too many users at once", "the company allows 2 at most", "max_users in")
        assert bulk.writes(sandbox) == 0
        await pilot.press("escape")

        file.write_text("[reason]\npattern = 'INC-\\d+'\n[max_users]\nmost = 3\n", encoding="utf-8")
        await bulk.fill(pilot, "reason", "they asked")
        await pilot.press("ctrl+s")
        await see(pilot, "The reason is not as the company asks", "It has to hold")
        await pilot.press("escape")
        await bulk.fill(pilot, "reason", "INC-7, they asked")
        await pilot.press("ctrl+s")
        await see(pilot, "finished")
        assert bulk.writes(sandbox) == 1
