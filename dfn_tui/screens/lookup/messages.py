"""What the list tells the screen it stands on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from dfn_tui.consent.flags import Consents
    from dfn_tui.service.types import Identity


class UserHighlighted(Message):
    """The cursor is on another user, or on none, or what is known of them is another."""


class UserChosen(Message):
    """Enter was pressed on a user."""


class MarksChanged(Message):
    """Other users are marked."""


class EditsStaged(Message):
    """Edits of users of the list were staged or dropped."""


@dataclass(eq=False, repr=False)
class PreflightAsked(Message):
    """The pre-flight of a campaign to these users is wanted."""

    identities: "Sequence[Identity]"


@dataclass(eq=False, repr=False)
class PlanAsked(Message):
    """A bulk plan for these users is wanted."""

    identities: "Sequence[Identity]"
    wanted: "Consents"
