"""Suggestions for the open columns of one input, such as can be said together."""

from collections.abc import Sequence

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.flags import OPTINS, State
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.mapping import (
    OPEN_PLACE,
    WORD_ROLES,
    MappedColumn,
    Role,
    has_words,
    is_consent,
)
from dfn_tui.service.changes.fields import identity_kind

_OWN = (IdentityKind.USER_ID, IdentityKind.EXTERNAL_ID)
_ONCE = (*WORD_ROLES, Role.CHANNEL, Role.STATUS, Role.KIND)
_FLAGS = {name: flag.value for flag, name in OPTINS.items()}


def agreed(columns: Sequence[MappedColumn]) -> list[MappedColumn]:
    """The columns with suggestions of which none contradicts another, nor what is known already."""
    # "SMS" over phone numbers is no consent.
    found = [
        column._replace(suggestion=heads.NOT_USED)
        if column.role is Role.OPEN and has_words(column) and any("•" in value for value in column.first)
        else column
        for column in columns
    ]
    found = _one_user(found)
    for role in _ONCE:
        found = _one_of(found, role)
    if any(Role.KIND in (column.role, column.suggestion) for column in found):
        for kind in IdentityKind:  # the row says which
            found = _instead(found, kind.value, Role.IDENTITY)
    present = {column.role for column in found} | {column.suggestion for column in found}
    if Role.STATUS not in present:
        found = _instead(found, Role.CHANNEL, heads.NOT_USED)
    if Role.CHANNEL not in present:
        found = _instead(found, Role.STATUS, "")  # a status of what?
    taken = [_FLAGS.get(one.suggestion, one.suggestion) for one in found if one.role is Role.OPEN]
    taken += [column.field.name for column in found if column.field]
    return [
        column._replace(suggestion="")
        if is_consent(column.suggestion) and taken.count(_FLAGS.get(column.suggestion, column.suggestion)) > 1
        else column
        for column in found
    ]


def _one_user(columns: list[MappedColumn]) -> list[MappedColumn]:
    """With one suggestion for the user, where none is known: the company's own id before contact data."""
    maybe = [
        column
        for column in columns
        if column.role is Role.OPEN and identity_kind(column.suggestion) is not None
    ]
    users = [column for column in columns if column.role in (Role.USER, Role.IDENTITY)]
    if any(identity_kind(one.head) in _OWN for one in maybe) and all(
        not one.said and one.name not in _OWN for one in users
    ):  # beside the other version's user_id, contact data is hardly what users are named by
        columns = [
            one._replace(role=Role.OPEN, name="", suggestion=heads.NOT_USED) if one in users else one
            for one in columns
        ]
        users = []
    known = bool(users)
    best = None if known else min(maybe, key=lambda one: one.suggestion not in _OWN, default=None)
    if not known and best is None:  # somebody has to say it, of whichever column
        first = next((column for column in columns if column.role is Role.OPEN), None)
        return [one._replace(suggestion=OPEN_PLACE) if one is first else one for one in columns]
    return [
        column._replace(suggestion=heads.NOT_USED) if column in maybe and column is not best else column
        for column in columns
    ]


def _one_of(columns: list[MappedColumn], role: Role) -> list[MappedColumn]:
    """With one suggestion of this role: for a column that is filled, and that of a refusal first."""
    maybe = [column for column in columns if column.role is Role.OPEN and column.suggestion == role]
    known = any(column.role is role for column in columns)
    best = (
        None
        if known
        else max(maybe, key=lambda one: (bool(one.first), heads.refuses(one.head)), default=None)
    )
    return [
        column._replace(suggestion=heads.NOT_USED) if column in maybe and column is not best else column
        for column in columns
    ]


def _instead(columns: list[MappedColumn], was: str, suggestion: str) -> list[MappedColumn]:
    return [
        column._replace(suggestion=suggestion)
        if column.role is Role.OPEN and column.suggestion == was
        else column
        for column in columns
    ]


def meaning_suggested(
    word: str, columns: Sequence[MappedColumn], capabilities: Capabilities, *, channel: bool
) -> str:
    """What a word in a column of consents, or of channels, probably means; `OPEN_PLACE` where that cannot be
    told."""
    if channel:
        return heads.flag_of_channel(word, capabilities) or OPEN_PLACE
    says_yes = heads.says_yes(word)
    refusing = {heads.refuses(column.head) for column in columns if has_words(column)}
    if says_yes is None or len(refusing) > 1:
        return OPEN_PLACE
    return State.SUBSCRIBED if says_yes is not (True in refusing) else State.UNSUBSCRIBED
