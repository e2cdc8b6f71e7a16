"""What the doctor looks at of the company's policy."""

from collections.abc import Iterator

from dfn_tui.config import Config, ConfigError
from dfn_tui.config.team_policy import POLICY_FILE, TeamPolicy, load_team_policy
from dfn_tui.service.archive.sending import places_of
from dfn_tui.service.changes.team_rules import is_asked_archive
from dfn_tui.service.doctor.seen import CheckResult, ok, warning
from dfn_tui.service.four_eyes.principals import known_people
from dfn_tui.service.four_eyes.ssh import SignatureRefused, require_programs
from dfn_tui.text import _, ngettext, sanitize


def team_policy(config: Config | ConfigError) -> CheckResult:
    """Which rules hold on this host, and whether the configuration can meet them. Raises `PolicyError`."""
    team = load_team_policy()
    if team is None:
        return ok(_("None: there is no {file}.").format(file=POLICY_FILE))
    rules = ", ".join(_rules(team)) or _("no rule")
    found = _("{file}: {rules}.").format(file=sanitize(str(team.path)), rules=rules)
    if team.four_eyes_from is not None:
        try:
            require_programs()
            found = f"{found} {_('You sign as {name}.').format(name=known_people(team).me())}"
        except SignatureRefused as refused:
            return warning(f"{found} {refused.happened}", refused.next_step)
    if isinstance(config, ConfigError):
        return ok(found)
    if team.forwarding is not None and config.archive is None:
        why = _("The journal has no archive, and the rule forwarding asks for one.")
        return warning(f"{found} {why}", _("Name it in [journal.archive]: dfn-tui help journal"))
    if team.forwarding is not None and not is_asked_archive(team.forwarding, places_of(config.archive)):
        asked = sanitize(", ".join(team.forwarding.archives), 200)
        why = _("The journal goes to another archive than the rule forwarding asks for: {archives}.")
        return warning(
            f"{found} {why.format(archives=asked)}", _("Name it in [journal.archive]: dfn-tui help journal")
        )
    if strange := sorted(_named(team) - set(config.connections)):
        why = ngettext(
            "It names a connection that the configuration does not have: {names}.",
            "It names connections that the configuration does not have: {names}.",
            len(strange),
        )
        return warning(
            f"{found} {why.format(names=', '.join(strange))}",
            _("Give your connections the names that the policy knows: its rules hold by them."),
        )
    return ok(found)


def _named(team: TeamPolicy) -> set[str]:
    """The connections that some rule is about by name."""
    rules = (team.read_only, team.max_users, team.max_grants, team.reason, team.evidence, team.grant_hours)
    named = [rule.connections for rule in (*rules, team.forwarding) if rule is not None]
    return set().union(*named, team.four_eyes_connections)


def _rules(team: TeamPolicy) -> Iterator[str]:
    """Each rule by its name in the file, with what it asks."""
    if team.read_only is not None:
        yield "read_only"
    if team.max_users is not None:
        yield f"max_users {team.max_users.most:,}"
    if team.max_grants is not None:
        yield f"max_grants {team.max_grants.most:,}"
    if team.reason is not None:
        yield f"reason {sanitize(team.reason.pattern, 40)}"
    if team.evidence is not None:
        yield "evidence"
    if team.grant_hours is not None:
        yield f"grant_hours {team.grant_hours.start:%H:%M}-{team.grant_hours.end:%H:%M}"
    if team.forwarding is not None:
        minutes = team.forwarding.minutes
        yield "forwarding" if minutes is None else f"forwarding {minutes} min"
    if team.four_eyes_from is not None:
        yield f"four_eyes {team.four_eyes_from:,}"
