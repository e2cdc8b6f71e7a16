"""Who is still as they were seen, so that a change may be sent to them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from dfn_tui.api.calls import Profile, Reply, UserApi
from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.errors import GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes import pipeline
from dfn_tui.service.changes.outcome import PROFILE
from dfn_tui.service.changes.pipeline import ChangeGroup, Checked, Target, check, read_back, send
from dfn_tui.service.records import UserRecord
from dfn_tui.store import FieldChange, FieldKind

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def target(name: str) -> Target:
    return Target(Identity(IdentityKind.USER_ID, name))


def field(name: str, before: Value | None = "old", after: Value = "new") -> FieldChange:
    return FieldChange(FieldKind.PROPERTY, name, before, after)


GRADE, CITY = field("grade"), field("city")


def checked(fields: tuple[FieldChange, ...], strict: bool, **users: Mapping[str, Value]) -> Checked:
    """What becomes of these users, whose properties are given."""
    group = ChangeGroup(fields, tuple(map(target, users)))
    records = {
        target(name).identity: UserRecord(target(name).identity, NOW, Profile({}, properties))
        for name, properties in users.items()
    }
    return check([group], records, strict=strict)


def sent(found: Checked) -> dict[str, tuple[str, ...]]:
    return {
        user.identity.value: tuple(item.name for item in group.fields)
        for group in found.fresh
        for user in group.users
    }


@pytest.mark.parametrize("strict", [True, False])
def test_a_user_who_is_as_seen_is_sent_and_one_changed_meanwhile_is_not(strict: bool) -> None:
    found = checked((GRADE,), strict, anna={"grade": "old"}, boris={"grade": "else"}, cleo={})
    assert sent(found) == {"anna": ("grade",)}
    assert [(one.user.identity.value, one.now) for one in found.conflicts] == [
        ("boris", "else"),
        ("cleo", None),
    ]


def test_one_changed_field_holds_back_the_whole_user() -> None:
    found = checked((GRADE, CITY), False, anna={"grade": "old", "city": "else"})
    assert sent(found) == {}
    assert [one.change.name for one in found.conflicts] == ["city"]


def test_in_a_job_what_is_as_wanted_already_is_not_sent_again() -> None:
    found = checked(
        (GRADE, CITY), False, anna={"grade": "new", "city": "old"}, boris={"grade": "new", "city": "new"}
    )
    assert sent(found) == {"anna": ("city",)}
    assert [user.identity.value for user, _fields in found.unchanged] == ["boris"]
    assert found.conflicts == ()


def test_at_the_screen_a_field_that_somebody_else_made_so_is_a_conflict() -> None:
    found = checked((GRADE, CITY), True, anna={"grade": "new", "city": "old"})
    assert sent(found) == {}
    assert [one.change.name for one in found.conflicts] == ["grade"]


def test_at_the_screen_a_field_wanted_as_it_was_is_left_out() -> None:
    same = field("grade", "new", "new")
    found = checked(
        (same, CITY), True, anna={"grade": "new", "city": "old"}, boris={"grade": "new", "city": "old"}
    )
    assert sent(found) == {"anna": ("city",), "boris": ("city",)}
    assert checked((same,), True, anna={"grade": "new"}).unchanged == ((target("anna"), (same,)),)


def test_a_number_is_not_the_text_of_it_nor_true() -> None:
    change = field("points", 1, 2)
    found = checked((change,), False, anna={"points": 1}, boris={"points": "1"}, cleo={"points": True})
    assert sent(found) == {"anna": ("points",)}


def test_what_was_not_readable_when_it_was_seen_is_not_compared() -> None:
    blind = FieldChange(FieldKind.PROPERTY, "grade", None, "new", readable=False)
    assert sent(checked((blind,), True, anna={"grade": "else"})) == {"anna": ("grade",)}
    assert checked((blind,), True, anna={"grade": "new"}).unchanged == ((target("anna"), (blind,)),)


def test_a_field_that_cannot_be_read_now_holds_the_user_back() -> None:
    anna = target("anna")
    record = UserRecord(anna.identity, NOW, Profile({}, {"city": "old"}, {"grade": "a number too long"}))
    found = check([ChangeGroup((GRADE, CITY), (anna,))], {anna.identity: record}, strict=False)
    assert sent(found) == {}
    [(user, fields, why, _failure)] = found.unread
    assert (user, fields) == (anna, (GRADE, CITY))
    assert "a number too long" in why


async def test_a_link_is_never_removed_whatever_was_let_through() -> None:
    linked: list[Identity] = []

    async def link(identity: Identity, _others: object) -> Reply:
        linked.append(identity)
        return Reply(identity, ok=True)

    api = cast(UserApi, SimpleNamespace(capabilities=VERSION_2, link=link))
    removal = FieldChange(FieldKind.CI, "email", "anna@example.com", None)
    with pytest.raises(GateRefused, match="cannot be removed"):
        await send(api, [ChangeGroup((removal,), (target("anna"),))])
    assert linked == []


async def test_a_user_is_read_again_until_the_change_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "READ_BACK_PAUSES", (0.0, 0.0, 0.0))
    shown = iter(["old", "new"])

    async def read_profiles(identities: list[Identity], *_progress: object, **_names: object) -> list[Reply]:
        return [Reply(one, ok=True, profile=Profile({}, {"grade": next(shown)})) for one in identities]

    api = cast("UserApi", SimpleNamespace(capabilities=VERSION_1, read_profiles=read_profiles))
    anna = target("anna")
    replies = {(anna.identity, PROFILE): Reply(anna.identity, ok=True)}
    [result] = await read_back(api, [ChangeGroup((GRADE,), (anna,))], replies, lambda: NOW)
    assert result.outcome is Outcome.CONFIRMED
    assert next(shown, None) is None  # and no more often than that
