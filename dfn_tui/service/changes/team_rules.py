"""What the company's policy asks beside the configuration: never less, and of withdrawals only what it says
of them by that name."""

import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from dfn_tui.config import Connection
from dfn_tui.config.team_policy import ForwardingRule, GrantHours, PolicyError, Rule, TeamPolicy
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.service.changes.scope import Scope
from dfn_tui.service.context import Forwarded, host_of
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import KOREA, korean_clock, spoken_time

Team = TeamPolicy | PolicyError | None
"""The policy of this host; why the one that is there cannot be used; None where there is none."""


def holds(rule: Rule | None, scope: Scope, connection: Connection) -> bool:
    """Whether that rule is about what would be sent over that connection."""
    return rule is not None and _over(rule, connection) and (rule.withdrawals or scope.capped > 0)


def _over(rule: Rule | GrantHours, connection: Connection) -> bool:
    everywhere = not (rule.connections or rule.hosts)
    return everywhere or is_named(rule.connections, rule.hosts, connection)


def is_named(names: Collection[str], hosts: Collection[str], connection: Connection) -> bool:
    """Whether a connection is one of these, by its name or by where it leads."""
    return connection.name in names or host_of(connection) in hosts


def reason_pattern(team: Team, scope: Scope, connection: Connection) -> str:
    """What the reason has to hold, as a regular expression; "" for nothing in particular."""
    if isinstance(team, TeamPolicy) and team.reason and holds(team.reason, scope, connection):
        return team.reason.pattern
    return ""


def fits(pattern: str, reason: str) -> bool:
    """Whether the reason holds what it has to."""
    return re.search(pattern, reason) is not None


def evidence_always(team: Team, scope: Scope, connection: Connection) -> bool:
    """Whether the policy wants evidence of what does not come with its own."""
    if not isinstance(team, TeamPolicy) or team.evidence is None:
        return False
    sent = scope.users if team.evidence.withdrawals else scope.capped
    return holds(team.evidence, scope, connection) and sent > scope.proven


def require_sendable(
    team: Team, scope: Scope, connection: Connection, now: datetime, forwarded: Callable[[], Forwarded]
) -> None:
    """Raises `GateRefused` where the policy does not let that be sent at the aware instant `now`, whatever is
    answered. `forwarded` is asked only where a rule is about it."""
    if isinstance(team, PolicyError):
        if scope.capped:  # it says nothing of withdrawals, then, and without a word none is held up
            words = _("{why} Nothing but withdrawals is sent.").format(why=team.happened)
            raise GateRefused(team.title, words, team.next_step)
        return
    if team is None:
        return
    if holds(team.read_only, scope, connection):
        raise GateRefused(
            _("Read-only by the company's policy"),
            _("It has {connection} read-only ({rule}). Nothing is sent.").format(
                connection=sanitize(connection.name), rule=named(team, "read_only")
            ),
            _("Ask whoever keeps that file. Withdrawals alone may be let through.")
            if not (team.read_only and team.read_only.withdrawals)
            else _("Ask whoever keeps that file."),
        )
    _require_caps(team, scope, connection)
    if team.grant_hours is not None and scope.granted and _over(team.grant_hours, connection):
        _require_hour(team, team.grant_hours, now)
    if team.forwarding is not None and holds(team.forwarding, scope, connection):
        _require_forwarded(team, team.forwarding, now, forwarded)


def require_answers(team: Team, scope: Scope, connection: Connection, evidence: str, reason: str) -> None:
    """Raises `GateRefused` where an answer is not as the policy asks."""
    if not isinstance(team, TeamPolicy):
        return
    if evidence_always(team, scope, connection) and not evidence.strip():
        raise GateRefused(
            _("Evidence is missing"),
            _("The company asks for the proof of every change ({rule}). Nothing is sent.").format(
                rule=named(team, "evidence")
            ),
            _("Name the proof: form, call record, date."),
        )
    pattern = reason_pattern(team, scope, connection)
    if pattern and not fits(pattern, reason):
        raise GateRefused(
            _("The reason is not as the company asks"),
            _("It has to hold {pattern} ({rule}). Nothing is sent.").format(
                pattern=sanitize(pattern, 60), rule=named(team, "reason")
            ),
            _("Write the ticket into the reason, in that form."),
        )


def named(team: TeamPolicy, rule: str) -> str:
    """A rule and the file it stands in."""
    return _("rule {rule} in {file}").format(rule=rule, file=sanitize(str(team.path)))


def _require_caps(team: TeamPolicy, scope: Scope, connection: Connection) -> None:
    cap = team.max_users
    if cap is not None and _over(cap, connection):
        users = scope.users if cap.withdrawals else scope.capped
        if users > cap.most:
            raise GateRefused(
                _("Too many users at once"),
                _(
                    "{users} users would be written to; the company allows {most} at most ({rule}). "
                    "Nothing is sent."
                ).format(users=f"{users:,}", most=f"{cap.most:,}", rule=named(team, "max_users")),
                _("Send fewer at once."),
            )
    cap = team.max_grants
    if cap is not None and _over(cap, connection) and scope.granted > cap.most:
        raise GateRefused(
            _("Too many consents given at once"),
            _(
                "{users} users would be given a consent; the company allows {most} at most ({rule}). "
                "Nothing is sent."
            ).format(users=f"{scope.granted:,}", most=f"{cap.most:,}", rule=named(team, "max_grants")),
            _("Check the list, and send fewer at once."),
        )


def _require_hour(team: TeamPolicy, hours: GrantHours, now: datetime) -> None:
    at, start, end = now.astimezone(KOREA).time(), hours.start, hours.end
    if not (start <= at < end if start < end else at >= start or at < end):
        return
    raise GateRefused(
        _("No consents are given at this hour"),
        _(
            "The company gives none from {start} to {end} in Korea, where it is {now} ({rule}). "
            "Nothing is sent."
        ).format(
            start=f"{start:%H:%M}", end=f"{end:%H:%M}", now=korean_clock(now), rule=named(team, "grant_hours")
        ),
        _("Send it from {end} on. Withdrawals alone can be sent now.").format(end=f"{end:%H:%M}"),
    )


def _require_forwarded(
    team: TeamPolicy, asked: ForwardingRule, now: datetime, forwarded: Callable[[], Forwarded]
) -> None:
    rule = named(team, "forwarding")
    try:
        found = forwarded()
    except ConsoleError as error:
        words = _("Nobody can tell what the archive has ({rule}). {why} Nothing is sent.")
        raise GateRefused(
            _("The archive may be behind"), words.format(rule=rule, why=error.happened), error.next_step
        ) from None
    if not found.configured:
        raise GateRefused(
            _("The journal has no archive"),
            _("The company asks for one ({rule}). Nothing is sent.").format(rule=rule),
            _("Name it in [journal.archive] of config.toml: dfn-tui help journal"),
        )
    if asked.minutes is None or found.oldest is None:
        return
    if now - found.oldest > timedelta(minutes=asked.minutes):
        raise GateRefused(
            _("The archive is behind"),
            _(
                "It lacks entries since {time} in Korea; the company allows {minutes} minutes ({rule}). "
                "Nothing is sent."
            ).format(time=spoken_time(found.oldest), minutes=asked.minutes, rule=rule),
            _("Send them: dfn-tui journal archive send"),
        )
