"""Where the operator stands: what every screen names at its top. Light, because the first screen needs it
before anything that talks to a server is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from dfn_tui.api.capabilities import VERSION_1, VERSION_2, VERSION_2_LEGACY
from dfn_tui.api.open import HOSTS
from dfn_tui.api.types import Capabilities
from dfn_tui.config import ApiVersion, Connection


class Mode(NamedTuple):
    """Whether writing is allowed at all, and who said so."""

    read_only: bool
    source: str
    """Where the mode comes from: `--read-only`, or `config.toml` for the connection's own setting."""


class Forwarded(NamedTuple):
    """Whether the journal has an archive, and when the oldest entry was written that it has not got; None
    where it has all. `places` are the hosts or the socket where that is."""

    configured: bool
    oldest: datetime | None = None
    places: tuple[str, ...] = ()


@dataclass(slots=True)
class ConnectionContext:
    """A connection, and what is to be known of it at every moment."""

    connection: Connection
    mode: Mode
    token_in_memory: bool = False
    """The token is held for this run only, because no keyring took it."""
    clock_skew: Callable[[], timedelta | None] = lambda: None
    """Server time minus host time where it is more than tolerated, else None."""
    job_share: Callable[[], int | None] = lambda: None
    """How much of the job that runs over this connection is done, in percent; None where none runs."""
    not_archived: Callable[[], int] = lambda: 0
    """How many entries of the journal the archive had not got, when that was last looked at."""
    forwarded: Callable[[], Forwarded] = lambda: Forwarded(False)
    """How the archive stands at this moment. May raise `JournalError`."""
    made_up: bool = False
    """Nobody's consents are written over it: it leads to the sandbox of this run."""

    @property
    def capabilities(self) -> Capabilities:
        has = capabilities_over(self.connection)
        return has.named_by(self.connection.identity) if self.connection.identity else has


def server_url(connection: Connection) -> str:
    """Where a connection's server is: its own address, or that of the API version."""
    return connection.base_url or HOSTS[connection.api]


def host_of(connection: Connection) -> str:
    """The host that a connection leads to, in one spelling."""
    return (urlsplit(server_url(connection)).hostname or "").rstrip(".").lower()


def is_product_host(connection: Connection) -> bool:
    """Whether a connection leads to the product's own host, whatever it is called."""
    return host_of(connection) in {urlsplit(one).hostname for one in HOSTS.values()}


def capabilities_over(connection: Connection) -> Capabilities:
    """What can be done over that connection: its settings say whether it has the deprecated consent."""
    return VERSION_2_LEGACY if connection.legacy_push_optin else capabilities_of(connection.api)


def capabilities_of(api: ApiVersion) -> Capabilities:
    """What that API version can do, without what is deprecated."""
    return VERSION_1 if api is ApiVersion.V1 else VERSION_2
