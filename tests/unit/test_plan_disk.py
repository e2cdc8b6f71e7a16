"""No room for a plan: said as that, and by the folder, not by a temporary file that is gone by then."""

import errno
import sqlite3
from pathlib import Path

import pytest

from dfn_tui.service.bulk.plan.errors import disk_errors
from dfn_tui.service.bulk.plan.records import PlanError


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_system_has_no_room(number: int) -> None:
    with pytest.raises(PlanError) as told, disk_errors(Path("/plans/.dfn-tui-1.rows")):
        raise OSError(number, "said by the system")
    assert (told.value.title, told.value.happened) == (
        "The disk is full",
        "There is no room left in /plans.",
    )


def test_sqlite_has_no_room() -> None:
    with sqlite3.connect("") as db:
        db.execute("PRAGMA max_page_count = 2")
        with pytest.raises(PlanError) as told, disk_errors(Path("/plans/a.plan")):
            db.execute("CREATE TABLE a (text TEXT)")
            db.execute("INSERT INTO a VALUES (?)", ("x" * 100_000,))
    assert told.value.title == "The disk is full"
