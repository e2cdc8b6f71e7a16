"""What a screen tells the app. Each is posted to the app itself: a message that bubbles up is lost with a
screen that closes.

To make a data class takes half as long without a comparison and a text of it, which no message needs,
and these are made before the first paint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.screen import Screen

from dfn_tui.errors import ConsoleError

if TYPE_CHECKING:
    from pathlib import Path

    from dfn_tui.service.bulk.session import BulkSession
    from dfn_tui.service.changes.reconcile import Reconciled
    from dfn_tui.service.records import UserRecord
    from dfn_tui.service.session import Session


@dataclass(eq=False, repr=False)
class ConnectionRequested(Message):
    """That connection is to be opened, in place of all screens."""

    name: str


@dataclass(eq=False, repr=False)
class ReviewRequested(Message):
    """Everything staged on that session is to be reviewed, over the screen shown or `in_place` of it."""

    session: "Session"
    in_place: bool = False


@dataclass(eq=False, repr=False)
class PlanRequested(Message):
    """The bulk plan at that path is to be shown."""

    bulk: "BulkSession"
    path: "Path"


@dataclass(eq=False, repr=False)
class JobStarted(Message):
    """A bulk job is under way, and its end is to be told wherever the operator is by then."""

    bulk: "BulkSession"


@dataclass(eq=False, repr=False)
class WritesSettled(Message):
    """It was found out how the writes ended that an earlier run left open."""

    settled: "Sequence[Reconciled]"


@dataclass(eq=False, repr=False)
class NothingThere(Message):
    """What was looked up is not there: keys that were typed for it mean nothing."""


@dataclass(eq=False, repr=False)
class ScreenPainted(Message):
    """A screen was painted for the first time, and sent to the terminal."""

    painted: Screen[Any]


@dataclass(eq=False, repr=False)
class ErrorRaised(Message):
    """An expected error. `retry` is called once a token was given, where one helps."""

    session: "Session"
    error: ConsoleError
    retry: Callable[[], object] | None = None


@dataclass(eq=False, repr=False)
class WatchToggled(Message):
    """These users are to be watched from what was read of them, or no longer."""

    session: "Session"
    records: "Sequence[UserRecord]"
