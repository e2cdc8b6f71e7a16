"""When a second person has to approve what is sent, as the company's policy says.

A withdrawal waits for nobody, unless the policy says so by that name.
"""

from typing import NamedTuple

from dfn_tui.config import Connection, Environment
from dfn_tui.config.team_policy import PolicyError, TeamPolicy
from dfn_tui.errors import GateRefused
from dfn_tui.service.changes.scope import Notice, Scope
from dfn_tui.service.changes.team_rules import is_named, named
from dfn_tui.service.context import is_product_host
from dfn_tui.text import _, sanitize

FOUR_EYES = "four-eyes"
COUNTED_HOURS = 24
"""So long what was written without a second person counts."""


class SignedBy(NamedTuple):
    """The principals who approved a plan and who applies it, by signatures that were checked."""

    approver: str
    signer: str


class SecondNeeded(GateRefused):
    """Single changes of which a plan has to be made, that a second person can approve."""


def needs_second(team: TeamPolicy | PolicyError | None, scope: Scope, connection: Connection) -> bool:
    """Whether that may be sent over that connection only once a second person has approved it.

    What was written without one before counts, too: else a list would only have to be cut into pieces. A
    withdrawal counts for nothing, unless the policy says so.
    """
    if not isinstance(team, TeamPolicy) or team.four_eyes_from is None or not _is_over(team, connection):
        return False
    if team.four_eyes_withdrawals and scope.users >= team.four_eyes_from:
        return True
    return scope.capped > 0 and scope.capped + scope.before >= team.four_eyes_from


def may_be_cut(team: TeamPolicy | PolicyError | None, scope: Scope, connection: Connection) -> bool:
    """Whether it depends on what was written before if a second person is asked for."""
    asked = isinstance(team, TeamPolicy) and team.four_eyes_from is not None and _is_over(team, connection)
    return asked and scope.capped > 0 and not needs_second(team, scope, connection)


def _is_over(team: TeamPolicy, connection: Connection) -> bool:
    if team.four_eyes_everywhere:
        return True
    names, hosts = team.four_eyes_connections, team.four_eyes_hosts
    if names or hosts:
        return is_named(names, hosts, connection)
    # What leads to the product is production, whatever an operator calls it.
    return connection.environment is Environment.PRODUCTION or is_product_host(connection)


def second_notice(
    team: TeamPolicy | PolicyError | None, scope: Scope, connection: Connection
) -> tuple[Notice, ...]:
    """What is to be read early of single changes that will not be sent as such."""
    if scope.plan is not None or not needs_second(team, scope, connection):
        return ()
    assert isinstance(team, TeamPolicy)
    return (Notice(FOUR_EYES, f"{_asked(team, scope)} {_as_plan(connection)}", must_acknowledge=False),)


def require_second(
    team: TeamPolicy | PolicyError | None, scope: Scope, connection: Connection, signed: SignedBy | None
) -> None:
    """Raises `GateRefused` where the policy wants a second person, and `signed` does not name one."""
    if not needs_second(team, scope, connection):
        return
    assert isinstance(team, TeamPolicy)
    if scope.plan is None:
        raise SecondNeeded(
            _("A second person has to approve this"),
            _("{asked} Only a plan can be approved. Nothing is sent.").format(asked=_asked(team, scope)),
            _as_plan(connection),
        )
    if signed is None or not signed.approver or signed.approver == signed.signer:
        raise GateRefused(
            _("A second person has to approve this"),
            _("{asked} Nobody has. Nothing is sent.").format(asked=_asked(team, scope)),
            _("Have it approved: dfn-tui bulk approve PLAN"),
        )


def _asked(team: TeamPolicy, scope: Scope) -> str:
    words = _("The company asks for a second person's approval from {users} users on ({rule}).")
    said = words.format(users=f"{team.four_eyes_from or 1:,}", rule=named(team, "four_eyes"))
    if not scope.before:
        return said
    words = _("What nobody approved counts for {hours} hours, and {before} were written so far.")
    return f"{said} {words.format(hours=COUNTED_HOURS, before=f'{scope.before:,}')}"


def _as_plan(connection: Connection) -> str:
    words = _(
        "Make a plan of it: dfn-tui bulk plan - NAME=VALUE -c {name} -o PLAN, with the ids on the standard "
        "input. Somebody else signs it: dfn-tui bulk approve PLAN. Withdrawals alone are sent as they are."
    )
    return words.format(name=sanitize(connection.name, 64))
