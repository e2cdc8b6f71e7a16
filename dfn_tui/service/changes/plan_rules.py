"""What a plan was made for and when, and whether that still holds."""

from datetime import datetime, timedelta
from typing import Protocol

from dfn_tui.api.open import HOSTS
from dfn_tui.api.types import IdentityKind
from dfn_tui.config import ApiVersion, Connection, Environment
from dfn_tui.errors import GateRefused
from dfn_tui.text import _, sanitize

PLAN_HOURS = 24
"""So old a plan that gives consents may be, in hours."""


class MadeFor(Protocol):
    """Where a plan may be sent to, what its users are named by, when it was made, and whether it may give a
    consent to who had said no. An address of "" is not known: a plan of an earlier version."""

    @property
    def connection(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def service_id(self) -> str: ...
    @property
    def made(self) -> datetime: ...
    @property
    def resubscribe(self) -> bool: ...
    @property
    def environment(self) -> Environment: ...
    @property
    def api(self) -> ApiVersion: ...
    @property
    def kinds(self) -> tuple[IdentityKind, ...]: ...
    @property
    def named_by(self) -> str: ...


def require_same_place(plan: MadeFor, connection: Connection) -> None:
    """Raises `GateRefused` where the plan was made for something else than this connection."""
    made_for = (plan.connection, plan.environment, plan.api)
    if made_for != (connection.name, connection.environment, connection.api):
        raise GateRefused(
            _("The plan is for another connection"),
            _("It was made for {connection} ({environment}, {api}). Nothing is sent.").format(
                connection=sanitize(plan.connection, 40),
                environment=plan.environment.value,
                api=plan.api.value,
            ),
            _("Open that connection, or make the plan anew for this one."),
        )
    its, ours = (plan.base_url, plan.service_id), address_of(connection)
    if plan.base_url and its != ours:
        raise GateRefused(
            _("The plan is for another address"),
            _("It was made for {its}; {connection} is {ours} now. Nothing is sent.").format(
                its=_address_words(*its),
                connection=sanitize(connection.name, 40),
                ours=_address_words(*ours),
            ),
            _("Set the connection to that address again, or make the plan anew for this one."),
        )


def address_of(connection: Connection) -> tuple[str, str]:
    """Where what is sent over that connection goes: the address, and version 2's service ("" for none)."""
    return (connection.base_url or HOSTS[connection.api]).rstrip("/"), connection.service_id or ""


def _address_words(base_url: str, service_id: str) -> str:
    address, service = sanitize(base_url, 80), sanitize(service_id, 40)
    return _("{address}, service {service}").format(address=address, service=service) if service else address


def require_whole(plan: MadeFor, resubscribed: int) -> None:
    """Raises `GateRefused` where the plan does not say what it was made for, or does not say that it may give
    a consent to who had said no, as it would to so many."""
    if not plan.base_url:
        raise GateRefused(
            _("The plan is of an earlier version"),
            _("It does not say for which address and service it was made. Nothing is sent."),
            _("Make the plan anew."),
        )
    if resubscribed and not plan.resubscribe:
        raise GateRefused(
            _("Some of these people had said no"),
            _("{users} users had withdrawn what they would be given. Nothing is sent.").format(
                users=f"{resubscribed:,}"
            ),
            _("Make the plan anew: it leaves them out, or takes them in with --resubscribe."),
        )


def require_fresh(plan: MadeFor, granted: int, connection: Connection, now: datetime) -> None:
    """Raises `GateRefused` where a plan that gives so many users a consent was made too long before the aware
    instant `now`: who was asked since may have said no. A plan that only withdraws is never too old."""
    hours = connection.plan_hours or PLAN_HOURS
    if granted and plan_age(plan, now) > timedelta(hours=hours):
        raise GateRefused(
            _("The plan is too old"),
            _(
                "It gives consents and was made {age} hours ago, by this host's clock; {hours} at most are "
                "allowed. Nothing is sent."
            ).format(age=hours_old(plan, now), hours=hours),
            _("Make it anew: people may have said no since."),
        )


def plan_age(plan: MadeFor, now: datetime) -> timedelta:
    """How long before the aware instant `now` it was made."""
    return abs(now - plan.made)  # a plan from the future says nothing of what is there now either


def hours_old(plan: MadeFor, now: datetime) -> int:
    """The same in whole hours."""
    return int(plan_age(plan, now) / timedelta(hours=1))
