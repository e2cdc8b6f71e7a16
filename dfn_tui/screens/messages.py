"""What a screen tells the app. Each is posted to the app itself: a message that bubbles up is lost with a
screen that closes."""

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


@dataclass
class ConnectionRequested(Message):
    """That connection is to be opened, in place of all screens."""

    name: str


@dataclass
class ReviewRequested(Message):
    """Everything staged on that session is to be reviewed, over the screen shown or `in_place` of it."""

    session: "Session"
    in_place: bool = False


@dataclass
class PlanRequested(Message):
    """The bulk plan at that path is to be shown."""

    bulk: "BulkSession"
    path: "Path"


@dataclass
class JobStarted(Message):
    """A bulk job is under way, and its end is to be told wherever the operator is by then."""

    bulk: "BulkSession"


@dataclass
class WritesSettled(Message):
    """It was found out how the writes ended that an earlier run left open."""

    settled: "Sequence[Reconciled]"


@dataclass
class NothingThere(Message):
    """What was looked up is not there: keys that were typed for it mean nothing."""


@dataclass
class ScreenPainted(Message):
    """A screen was painted for the first time, and sent to the terminal."""

    painted: Screen[Any]


@dataclass
class ErrorRaised(Message):
    """An expected error. `retry` is called once a token was given, where one helps."""

    session: "Session"
    error: ConsoleError
    retry: Callable[[], object] | None = None


@dataclass
class WatchToggled(Message):
    """These users are to be watched from what was read of them, or no longer."""

    session: "Session"
    records: "Sequence[UserRecord]"
