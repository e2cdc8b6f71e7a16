"""What the sandbox holds and where: seeded users, the state file, values that keep their type."""

import json
import sqlite3
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError
from dfn_tui.sandbox.database import Database, open_database
from dfn_tui.sandbox.notable import notable_ids
from dfn_tui.sandbox.options import SandboxOptions
from dfn_tui.sandbox.seed import seeded_users
from tests.sandbox_thread import SandboxThread

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = TEXT | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
PROPERTIES = st.dictionaries(TEXT, VALUES)


def test_the_state_file_persists_and_is_not_seeded_twice(tmp_path: Path) -> None:
    options = SandboxOptions(users=3, state=tmp_path / "state.db")
    change = {"user_properties": [{"user_id": "user-0001", "properties": {"mkt_sms_flag": "Unsubscribed"}}]}
    with SandboxThread(options) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        httpx.post(sandbox.url + "/api/v1/users/profile/update", headers=headers, json=change)
        with sqlite3.connect(tmp_path / "state.db") as other:
            rows = other.execute("SELECT mkt_sms_flag FROM users WHERE user_id = 'user-0001'").fetchall()
        other.close()
        assert rows == [("Unsubscribed",)]
    with SandboxThread(options) as sandbox:
        rows = sandbox.state.query("SELECT user_id, mkt_sms_flag FROM users ORDER BY id")
    assert [user_id for user_id, _ in rows] == ["user-0001", "user-0002", "user-0003"]
    assert rows[0][1] == "Unsubscribed"
    assert [path.name for path in tmp_path.iterdir()] == ["state.db"]


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    text, database = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("not a database " * 1000, encoding="utf-8")
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE users (name TEXT)")
    connection.commit()
    connection.close()
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(ConsoleError, match="Not a sandbox file"):
            open_database(path)
        assert path.read_bytes() == before


def test_a_file_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConsoleError, match="cannot be opened"):
        open_database(tmp_path / "missing" / "state.db")


def test_the_same_seed_makes_the_same_users() -> None:
    assert list(seeded_users(200, 1)) == list(seeded_users(200, 1))
    assert list(seeded_users(200, 1)) != list(seeded_users(200, 2))


def test_seeded_users_show_every_state_and_type() -> None:
    users = list(seeded_users(500, 1))
    for flag in Flag:
        assert {user[flag] for user in users} == {State.SUBSCRIBED, State.UNSUBSCRIBED, None}
    assert any(user["night_push_flag"] == State.SUBSCRIBED != user["mkt_push_flag"] for user in users)
    assert any(
        user["mkt_sms_flag"] == State.SUBSCRIBED and user["mkt_flag"] == "Unsubscribed" for user in users
    )
    assert any(not any(user[flag] for flag in Flag) for user in users[10:])
    properties = [json.loads(user["properties"] or "") for user in users]
    assert {type(value) for one in properties for value in one.values()} == {str, int, float, bool}
    names = [one["user_name"] for one in properties]
    assert any(name.isascii() for name in names)
    assert any("김" in name for name in names)
    assert any("[/foo]" in name for name in names)
    assert any("\x1b[" in name for name in names)
    assert any((user["kakao_id"] or "").startswith("0") for user in users)
    for column in ("user_id", "phone_no", "email", "kakao_user_id"):
        assert len({user[column] for user in users}) == 500


def test_notable_ids_are_what_their_sentences_say() -> None:
    users = {user["user_id"]: user for user in seeded_users(500, 1)}
    notable = [user_id for user_id, _why in notable_ids() if not user_id.startswith("odd-")]
    everything, night, day_off, never, hostile, nothing, unknown = notable
    assert {users[everything][flag] for flag in Flag} == {State.SUBSCRIBED}
    assert users[night]["night_push_flag"] == State.SUBSCRIBED != users[night]["mkt_push_flag"]
    assert users[day_off]["mkt_sms_flag"] == users[day_off]["mkt_kakao_flag"] == State.SUBSCRIBED
    assert users[day_off]["mkt_flag"] == State.UNSUBSCRIBED
    assert {users[never][flag] for flag in Flag} == {None}
    assert "[/foo]" in (users[hostile]["properties"] or "")
    assert {users[nothing][flag] for flag in Flag} == {State.UNSUBSCRIBED}
    assert unknown not in users


@given(PROPERTIES, PROPERTIES)
def test_properties_keep_value_and_type_and_are_merged(
    first: dict[str, object], second: dict[str, object]
) -> None:
    database = Database()
    database.write_profiles([("a", {}, first), ("b", {}, {}), ("a", {}, second)])
    stored = database.profiles(["a"])["a"][1]
    database.close()
    expected = first | second
    assert stored == expected
    assert {name: type(value) for name, value in stored.items()} == {
        name: type(value) for name, value in expected.items()
    }


def test_no_made_up_user_has_the_number_of_an_odd_one() -> None:
    """A sandbox with 150,000 users did not start: two of its numbers were the same."""
    numbers = {row["phone_no"] for row in seeded_users(12_000, 1)}
    assert len(numbers) == 12_000
    assert max(filter(None, numbers)) < "821090000000"
