"""What would be left behind if the console ended now."""

from typing import NamedTuple

from dfn_tui.service.connections import Connections
from dfn_tui.service.records import UserChange
from dfn_tui.service.session import Session
from dfn_tui.text import _


class UnsentEdits(NamedTuple):
    """The staged edits of a connection that were not sent; and, where nobody will have them after the end,
    why that is, in a sentence."""

    session: Session
    changes: tuple[UserChange, ...]
    why_not_kept: str


async def unsent_edits(connections: Connections) -> list[UnsentEdits]:
    """What is staged over each connection. What can be kept of it is on the disk when this returns."""
    found = []
    for name, session in connections.sessions.items():
        if session.unsent():
            keeper = connections.keeper(name)
            sandbox = _("The sandbox ends with the console, and they end with it.")
            why_not = sandbox if keeper is None else await keeper.flush()
            found.append(UnsentEdits(session, session.unsent(), why_not))
    return found


def drop_all(connections: Connections) -> None:
    """Forgets what is staged over every connection."""
    for session in connections.sessions.values():
        session.staging.clear()
