"""Staged edits as text, for a later console: with what was seen when they were staged."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dfn_tui.api.calls import Profile, Reply
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.consent.duties import Ground
from dfn_tui.consent.flags import Flag, State
from dfn_tui.service.changes.grounds import AS_USUAL, Said
from dfn_tui.service.records import UserRecord
from dfn_tui.service.staging import Draft, TypedGround

FORM = 1


class Place(NamedTuple):
    """Where edits may be sent to: the connection as it was, and the address and service behind it."""

    connection: str
    environment: str
    api: str
    base_url: str
    service_id: str


class KeptEdits(NamedTuple):
    """What one console had staged. Each draft says when it was staged (`restored_from`)."""

    place: Place
    drafts: tuple[Draft, ...]
    ground: TypedGround


class KeptUnreadable(Exception):
    """The text is not of this form: it is of a later version of this program."""


def draft_text(draft: Draft, at: datetime) -> str:
    """A user's edits, staged at `at`."""
    record = draft.record
    profile, failure = record.profile, record.failure
    return json.dumps(
        {
            "user": record.identity,
            "at": at.isoformat(),
            "consents": draft.consents,
            "properties": draft.properties,
            "ci": draft.ci,
            "undo_of": draft.undo_of,
            "read_at": record.read_at.isoformat(),
            "profile": profile and [profile.consents, dict(profile.properties), dict(profile.unreadable)],
            "seen_ci": None if record.ci is None else dict(record.ci),
            "ci_unreadable": dict(record.ci_unreadable),
            "failure": failure and [failure.code, failure.message],
        }
    )


def whole_text(place: Place, ground: TypedGround, drafts: Sequence[str]) -> bytes:
    """All that a console has staged, of these texts of its users."""
    people = sorted(ground.people)
    typed = [ground.reason, ground.evidence, people, ground.said, sorted(ground.speakers)]
    head = json.dumps({"form": FORM, "place": place, "ground": typed})
    return "\n".join([head, *drafts]).encode("ascii")


def read_edits(text: bytes) -> KeptEdits:
    """The edits in what `whole_text` gave. Raises `KeptUnreadable`."""
    try:
        head, *drafts = map(json.loads, text.splitlines())
        if head["form"] != FORM:
            raise KeptUnreadable
        reason, evidence, people, *more = head["ground"]
        (rests_on, day), speakers = more or (AS_USUAL, [])  # as earlier versions kept it
        said = Said(rests_on and Ground(rests_on), str(day))
        ground = TypedGround(
            reason, evidence, frozenset(map(_identity, people)), said, frozenset(map(_identity, speakers))
        )
        return KeptEdits(Place(*head["place"]), tuple(map(_draft, drafts)), ground)
    except (ValueError, KeyError, TypeError) as error:
        raise KeptUnreadable from error


def _draft(kept: Mapping[str, Any]) -> Draft:
    return Draft(
        _record(kept),
        _consents(kept["consents"]),
        kept["properties"],
        kept["ci"],
        kept["undo_of"],
        restored_from=datetime.fromisoformat(kept["at"]),
    )


def _record(kept: Mapping[str, Any]) -> UserRecord:
    identity, profile, failure = _identity(kept["user"]), kept["profile"], kept["failure"]
    return UserRecord(
        identity,
        datetime.fromisoformat(kept["read_at"]),
        None if profile is None else Profile(_consents(profile[0]), *profile[1:]),
        kept["seen_ci"],
        None if failure is None else Reply(identity, ok=False, code=failure[0], message=failure[1]),
        kept["ci_unreadable"],
    )


def _consents(kept: Mapping[str, str]) -> dict[Flag, State]:
    return {Flag(name): State(state) for name, state in kept.items()}


def _identity(kept: Sequence[str]) -> Identity:
    kind, value = kept
    return Identity(IdentityKind(kind), value)
