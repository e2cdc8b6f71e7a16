"""How many people one write may reach: what cannot be done by a slip cannot reach everybody."""

from dataclasses import dataclass, replace

from dfn_tui.config import Connection
from dfn_tui.errors import GateRefused
from dfn_tui.text import _

MAX_GRANTS = 100
MAX_USERS = 100_000


@dataclass(frozen=True, slots=True)
class Caps:
    """The most users that may be written to in one go, and the most that may be given a consent."""

    max_grants: int = MAX_GRANTS
    max_users: int = MAX_USERS

    def raised(self, *, max_grants: int | None) -> "Caps":
        """These caps with what the operator explicitly allowed for once; None allows nothing more."""
        return self if max_grants is None else replace(self, max_grants=max_grants)


def of(connection: Connection) -> Caps:
    """The caps of a connection: those of its configuration, else the defaults."""
    return Caps(connection.max_grants or MAX_GRANTS, connection.max_users or MAX_USERS)


def check(users: int, grants: int, caps: Caps) -> None:
    """Raises `GateRefused` where more than allowed of `users` are written to, or of them `grants` are given a
    consent."""
    if users > caps.max_users:
        raise GateRefused(
            _("Too many users at once"),
            _("{users} users would be written to; {most} at most are allowed. Nothing was sent.").format(
                users=f"{users:,}", most=f"{caps.max_users:,}"
            ),
            _("Send fewer at once, or raise max_users of this connection in config.toml."),
        )
    if grants > caps.max_grants:
        raise GateRefused(
            _("Too many consents given at once"),
            _("{users} users would be given a consent; {most} at most are allowed. Nothing was sent.").format(
                users=f"{grants:,}", most=f"{caps.max_grants:,}"
            ),
            _("Check the list. To allow so many: --max-grants, or max_grants of this connection."),
        )
