"""The rows of an input in SQLite, each user once."""

import sqlite3

import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import IdentityKind
from dfn_tui.service.bulk.input.ingest import Taken, take_in
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import StoppedAtBadRow
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.store import FieldKind

STOP = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Unsubscribed")


def test_each_user_is_taken_in_once() -> None:
    text = (
        "user_id,mkt_sms_flag,night_flag\n"
        "same,Unsubscribed,\n"
        "torn,Unsubscribed,\n"
        "same,unsubscribed,\n"
        "once,Unsubscribed,Unsubscribed\n"
        "torn,Unsubscribed,Unsubscribed\n"
        "torn,Unsubscribed,\n"
        ",Unsubscribed,\n"
        "\n"
        "same,Unsubscribed,\n"
    )
    db = sqlite3.connect(":memory:")
    with open_input(text, VERSION_1) as source:
        assert take_in(source, db) == Taken(users=2, duplicates=2, bad=4, blank=1)
        assert db.in_transaction
    kept = db.execute("SELECT line, user, wanted FROM input_row").fetchall()
    assert [(line, user) for line, user, _wanted in kept] == [(2, "same"), (5, "once")]
    assert EditSet.read(kept[0][2]) == EditSet.of([STOP])
    assert db.execute("SELECT line, fault, shown FROM input_bad").fetchall() == [
        (3, "conflicting-wishes", "torn"),
        (4, "duplicate", "same"),
        (6, "conflicting-wishes", "torn"),
        (7, "conflicting-wishes", "torn"),
        (8, "no-id", ""),
        (10, "duplicate", "same"),
    ]
    db.close()


def test_taking_in_stops_at_a_conflict_but_not_at_a_duplicate() -> None:
    table = "user_id,mkt_sms_flag\na,Subscribed\nb,Subscribed\nb,Subscribed\n"
    with sqlite3.connect(":memory:") as db, open_input(table, VERSION_1) as source:
        assert take_in(source, db, stop_at_first_bad=True).users == 2
    with (
        sqlite3.connect(":memory:") as db,
        open_input(table + "a,Unsubscribed\n", VERSION_1) as source,
        pytest.raises(StoppedAtBadRow, match="Line 2:"),
    ):
        take_in(source, db, stop_at_first_bad=True)


def test_phone_numbers_written_differently_are_one_user() -> None:
    text = "010-1234-5678\n821012345678\n+82 10 1234 5678".replace(" ", "-")
    db = sqlite3.connect(":memory:")
    with open_input(text, VERSION_2, [STOP], IdentityKind.PHONE_NO) as source:
        assert take_in(source, db) == Taken(users=1, duplicates=2, bad=0, blank=0)
    db.close()
