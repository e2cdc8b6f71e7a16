"""What six screens look like in Korean, cell by cell."""

from collections.abc import Callable
from typing import Any

import pytest

from dfn_tui.app import ConsoleApp
from dfn_tui.service.async_journal import AsyncJournal
from dfn_tui.store import Journal
from tests.screens import test_bulk_snapshots, test_snapshots
from tests.screens.driving import DAY, see
from tests.screens.test_korean import Reach, english_after, in_korean, opened
from tests.screens.test_snapshots import digest

pytestmark = pytest.mark.slow  # .ci/run goes through them

__all__ = ["english_after", "in_korean", "opened"]

PLACES = [
    (test_snapshots.rows, "사용자 · ID 7개"),
    (test_snapshots.consents, "보낼 변경 1건"),
    (test_snapshots.review_at_night, "검토: 1명"),
    (test_snapshots.withdrawn, "다시 읽어 확인"),
    (test_snapshots.history, "INC-7"),
    (test_bulk_snapshots.plan, "변경 예정"),
]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize(("reach", "words"), PLACES, ids=lambda one: getattr(one, "__name__", ""))
def test_the_screen_looks_as_it_did(
    snap_compare: Callable[..., bool],
    opened: Callable[[Reach], ConsoleApp],
    in_korean: None,
    monkeypatch: pytest.MonkeyPatch,
    reach: Reach,
    words: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.setattr(AsyncJournal, "digest", digest)
    monkeypatch.setitem(Journal.__init__.__kwdefaults__ or {}, "clock", lambda: DAY)
    for module in ("service.bulk.planning", "service.changes.plan_rules"):
        monkeypatch.setattr(f"dfn_tui.{module}.address_of", lambda _connection: ("http://127.0.0.1:1", ""))

    async def reached(pilot: Any) -> None:
        await reach(pilot)
        await see(pilot, words)

    assert snap_compare(opened(reach), terminal_size=size, run_before=reached)
