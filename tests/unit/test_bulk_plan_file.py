"""A plan's file may come from anybody: nothing in it is believed before it was found whole."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfn_tui.service.bulk.plan.file import digest_of, open_plan
from dfn_tui.service.bulk.plan.records import PlanError, PlanGroup
from tests.unit.plans import blind_plan

TEXT = "external_id,df_sms_ads_optin,points:long\na,true,1\nb,false,2\nc,true,\nc,true,\n,true,\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    blind_plan(tmp_path / "p.plan", TEXT).close()
    return tmp_path / "p.plan"


def edit(path: Path, *statements: str, redigest: bool = False) -> None:
    db = sqlite3.connect(path)
    with db:
        for statement in statements:
            db.execute(statement)
        if redigest:
            db.execute("UPDATE head SET digest = ?", (digest_of(db),))
    db.close()


def edit_head(path: Path, **values: object) -> None:
    db = sqlite3.connect(path)
    with db:
        head = json.loads(db.execute("SELECT text FROM head").fetchone()[0]) | values
        db.execute("UPDATE head SET text = ?", (json.dumps(head),))
        db.execute("UPDATE head SET digest = ?", (digest_of(db),))
    db.close()


def refused(path: Path, title: str = "The plan is damaged") -> None:
    with pytest.raises(PlanError) as caught:
        open_plan(path).close()
    assert caught.value.title == title


def test_a_plan_is_opened_as_it_was_saved(path: Path) -> None:
    looked_at: list[int] = []
    with open_plan(path, looked_at.append) as plan:
        assert [user.user for user in plan.users()] == ["a", "b", "c"]
        assert [user.user for user in plan.users(after=2, limit=1)] == ["b"]
        found = plan.find("b")
        assert found is not None
        assert found.number == 3
        assert plan.find("nobody") is None
        assert len(plan.digest) == 64
    assert 3 in looked_at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE user SET user = 'x' WHERE number = 3",
        "UPDATE user SET left_out = 1 WHERE number = 3",
        "UPDATE user SET undo_of = 1 WHERE number = 3",
        "UPDATE user SET shape = shape % 2 + 1",
        "DELETE FROM user WHERE number = 3",
        "UPDATE shape SET wanted = replace(wanted, 'Unsubscribed', 'Subscribed')",
        "UPDATE shape SET standing = 'already'",
        "DELETE FROM bad",
        "UPDATE bad SET reason = 'none'",
        "UPDATE head SET text = replace(text, 'sandbox', 'staging')",
        "UPDATE head SET digest = replace(digest, 'a', 'b')",
        "DELETE FROM head",
        "UPDATE user SET user = x'ff' WHERE number = 3",
    ],
)
def test_any_edit_is_found_out(path: Path, statement: str) -> None:
    edit(path, statement)
    refused(path)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (x)",
        "CREATE TRIGGER t AFTER UPDATE ON user BEGIN DELETE FROM user; END",
        "CREATE VIEW v AS SELECT 1",
        "DROP INDEX user_user",
        "ALTER TABLE user ADD COLUMN more",
        "ANALYZE",
    ],
)
def test_no_other_table_is_let_in(path: Path, statement: str) -> None:
    edit(path, statement, redigest=True)
    refused(path)


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE shape SET rest = \'[[], [], "", ""]\'',
        'UPDATE shape SET rest = \'[[{}], [], "", ""]\'',
        "UPDATE shape SET rest = '1'",
        f"UPDATE shape SET rest = '{'[' * 100_000}'",
        "UPDATE shape SET standing = 'whatever'",
        'UPDATE shape SET wanted = \'[["consent", "mkt_sms_flag", "Undefined"]]\'',
        'UPDATE shape SET wanted = \'[["consent", "no_flag", "Subscribed"]]\'',
        'UPDATE shape SET wanted = \'[["property", "mkt_sms_flag", "Subscribed"]]\'',
        'UPDATE shape SET wanted = \'[["property", "df_sms_ads_optin", true]]\'',
        'UPDATE shape SET wanted = \'[["property", "points", null]]\'',
        "UPDATE shape SET wanted = '[[\"property\", 1, 2]]'",
        'UPDATE shape SET wanted = \'[["ci", "kakao_id", 1]]\'',
        'UPDATE shape SET wanted = \'[["property", "x", 1], ["property", "x", 2]]\'',
        "UPDATE user SET shape = 99",
        "UPDATE user SET left_out = 7",
        "DELETE FROM user",
        "INSERT INTO bad VALUES (99, 'x', 'x', 'x')",
    ],
)
def test_what_no_plan_says_is_refused_even_with_a_right_digest(path: Path, statement: str) -> None:
    edit(path, "DELETE FROM shape WHERE id > 1", "UPDATE user SET shape = 1", statement, redigest=True)
    refused(path)


@pytest.mark.parametrize(
    "values",
    [
        {"connection": 1},
        {"users": "3"},
        {"users": True},
        {"made": "yesterday"},
        {"made": "2026-03-02T03:00:00"},
        {"kind": "name"},
        {"environment": None},
        {"narrowed": [[1]]},
        {"narrowed": [["2026-03-02T03:00:00", "kim", "all", 1]]},
        {"more": 1},
    ],
)
def test_a_head_that_makes_no_sense_is_refused(path: Path, values: dict[str, object]) -> None:
    edit_head(path, **values)
    refused(path)


def test_foreign_and_odd_files_are_refused(path: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(os.urandom(5000))
    refused(foreign, "The file cannot be used")
    foreign.write_bytes(b"")
    refused(foreign, "This is no plan")
    edit(foreign, "CREATE TABLE t (x)")
    refused(foreign, "This is no plan")
    refused(tmp_path, "There is no such plan")
    refused(tmp_path / "none", "There is no such plan")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "There is no such plan")
    with foreign.open("wb") as file:
        file.truncate(1 << 40)  # a hole: a terabyte of nothing
    refused(foreign, "The file cannot be used")
    edit(path, "PRAGMA user_version = 2")
    refused(path, "The plan is of another version")


@pytest.fixture(scope="module")
def whole() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        blind_plan(Path(folder) / "p.plan", TEXT).close()
        yield (Path(folder) / "p.plan").read_bytes()


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data())
def test_a_flipped_byte_is_found_out_or_changes_nothing(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.plan"
        path.write_bytes(whole)
        with open_plan(path) as plan:
            before = plan.head, plan.digest, plan.users(), plan.bad_rows()
        path.write_bytes(flipped)
        try:
            opened = open_plan(path)
        except PlanError:
            return
        with opened as plan:
            assert (plan.head, plan.digest, plan.users(), plan.bad_rows()) == before


def test_halves_of_surrogate_pairs_are_kept_as_text() -> None:
    group = PlanGroup.read("unreadable", '[["property","x","y"]]', '[["\\ud83d"], ["\\udc00"], "c", "m"]')
    status, wanted, rest = group.row()
    rest.encode()
    assert PlanGroup.read(status, wanted, rest) == group
