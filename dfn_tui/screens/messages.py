"""What a screen tells the app. Each is posted to the app itself: a message that bubbles up is lost with a
screen that closes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from dfn_tui.errors import ConsoleError

if TYPE_CHECKING:
    from dfn_tui.service import BulkDesk, Desk


@dataclass
class ConnectionRequested(Message):
    """That connection is to be opened, in place of all screens."""

    name: str


@dataclass
class JobStarted(Message):
    """A bulk job is under way, and its end is to be told wherever the operator is by then."""

    bulk: "BulkDesk"


@dataclass
class ErrorRaised(Message):
    """An expected error. `retry` is called once a token was given, where one helps."""

    desk: "Desk"
    error: ConsoleError
    retry: Callable[[], object] | None = None
