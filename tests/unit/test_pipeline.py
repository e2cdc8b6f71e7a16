"""Who is still as they were seen, so that a change may be sent to them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from dfn_tui.api.calls import OnProgress, Profile, Progress, Reply, UserApi
from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.outcomes import Outcome
from dfn_tui.service.change_format import pause_words
from dfn_tui.service.changes import pipeline
from dfn_tui.service.changes.outcome import PROFILE
from dfn_tui.service.changes.pipeline import ChangeGroup, Checked, Target, check, not_sent, read_back, send
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


def test_what_is_to_be_overwritten_is_no_conflict_but_who_is_as_wanted_is_left_alone() -> None:
    group = ChangeGroup((GRADE,), (target("anna"), target("boris")))
    records = {
        target(name).identity: UserRecord(target(name).identity, NOW, Profile({}, {"grade": now}))
        for name, now in {"anna": "else", "boris": "new"}.items()
    }
    found = check([group], records, strict=False, overwrite=True)
    assert sent(found) == {"anna": ("grade",)}
    assert found.conflicts == ()
    assert [user.identity.value for user, _fields in found.unchanged] == ["boris"]


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


GIVE = FieldChange(FieldKind.CONSENT, "night_sms_flag", "Unsubscribed", "Subscribed")
STOP = FieldChange(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed", "Unsubscribed")
CONSENTS = {Flag.MKT_SMS: State.SUBSCRIBED, Flag.NIGHT_SMS: State.UNSUBSCRIBED}


def half_read(fields: tuple[FieldChange, ...], strict: bool, **properties: Value) -> Checked:
    """What becomes of anna, of whom `grade` and `tier` cannot be read."""
    anna = target("anna")
    odd = {"grade": "a list", "tier": "an object"}
    record = UserRecord(anna.identity, NOW, Profile(CONSENTS, properties, odd))
    return check([ChangeGroup(fields, (anna,))], {anna.identity: record}, strict=strict)


@pytest.mark.parametrize("strict", [True, False])
def test_a_field_that_cannot_be_read_now_costs_that_field_alone(strict: bool) -> None:
    found = half_read((GIVE, STOP, GRADE, field("tier"), CITY), strict, city="old")
    assert sent(found) == {"anna": ("night_sms_flag", "mkt_sms_flag", "city")}
    assert [group.left_out for group in found.fresh] == ["grade, tier"]
    [unread] = found.unread
    told = {one.change.name: (one.code, one.message) for one in not_sent(unread).fields}
    assert told == {
        "grade": ("not-readable", "Not sent. grade is not readable: a list."),
        "tier": ("not-readable", "Not sent. tier is not readable: an object."),
    }


@pytest.mark.parametrize("strict", [True, False])
def test_beside_a_field_that_cannot_be_read_nothing_is_left_to_be_sent(strict: bool) -> None:
    as_wanted = field("city", "new", "new")
    found = half_read((GRADE, as_wanted), strict, city="new")
    assert (sent(found), found.unchanged) == ({}, ((target("anna"), (as_wanted,)),))
    assert [len(one.fields) for one in found.unread] == [1]
    found = half_read((GRADE,), strict)
    assert (sent(found), found.unchanged, found.conflicts) == ({}, (), ())


@pytest.mark.parametrize("strict", [True, False])
def test_a_changed_field_holds_back_the_whole_user_beside_one_that_cannot_be_read(strict: bool) -> None:
    found = half_read((STOP, GRADE, CITY), strict, city="else")
    assert sent(found) == {}
    assert [one.change.name for one in found.conflicts] == ["city"]


def test_what_cannot_be_read_of_the_identifiers_holds_up_no_consent() -> None:
    """The call for them failed; the one for the profile did not."""
    anna = target("anna")
    why = Reply(anna.identity, ok=False, code="5001", message="Failed.", error=ConsoleError("a", "b", "c"))
    record = UserRecord(anna.identity, NOW, Profile(CONSENTS, {}), None, why)
    phone = FieldChange(FieldKind.CI, "phone_number", None, "821012345678", personal=True)
    found = check([ChangeGroup((STOP, phone), (anna,))], {anna.identity: record}, strict=True)
    assert sent(found) == {"anna": ("mkt_sms_flag",)}
    [result] = map(not_sent, found.unread)
    [of_phone] = result.fields
    assert (of_phone.code, result.errors) == ("5001", (why,))
    assert of_phone.message == "Not sent: it could not be read again first. Failed."


def test_of_a_consent_that_cannot_be_read_it_is_said_what_can_be_done() -> None:
    anna = target("anna")
    record = UserRecord(anna.identity, NOW, Profile({}, {}, {STOP.name: "not one of the three states"}))
    found = check([ChangeGroup((STOP,), (anna,))], {anna.identity: record}, strict=True)
    [field] = not_sent(found.unread[0]).fields
    assert "leave this user out of what is sent" in field.message


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


async def test_a_pause_and_a_failure_of_reading_back_are_told_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "READ_BACK_PAUSES", (0.0,))
    why = "db.example refused the connection. The request was not sent."

    async def read_profiles(
        identities: list[Identity], progress: OnProgress, **_names: object
    ) -> list[Reply]:
        progress(Progress(0, 1, 2, 3.0, why))
        return [Reply(one, ok=False, code="refused", message=why) for one in identities]

    api = cast("UserApi", SimpleNamespace(capabilities=VERSION_1, read_profiles=read_profiles))
    anna = target("anna")
    replies = {(anna.identity, PROFILE): Reply(anna.identity, ok=False, pending=True, message="No answer.")}
    told: list[str] = []
    [result] = await read_back(
        api,
        [ChangeGroup((GRADE,), (anna,))],
        replies,
        lambda: NOW,
        lambda at: told.append(pause_words(at)),
    )
    assert told == [f"Waiting 3 s, then attempt 2: Reading back: {why}"]
    assert result.fields[0].message == f"No answer. Reading back: {why}"


def test_no_pause_of_no_seconds_is_told() -> None:
    assert pause_words(Progress(0, 1, 2, 0.3, "It failed.")) == "Trying again, attempt 2: It failed."
