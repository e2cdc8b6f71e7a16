"""What must be given before a plan is sent: all that a single user asks for, and more."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from dfn_tui.api.capabilities import GENERATION_1, GENERATION_2
from dfn_tui.config import Api, Connection, Environment
from dfn_tui.consent.demands import Demands
from dfn_tui.errors import GateRefused
from dfn_tui.service import caps
from dfn_tui.service.bulk.plan.records import Head
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.changes.policy import no_removal
from dfn_tui.service.place import Mode
from dfn_tui.service.records import FieldKind
from dfn_tui.text import _, inert


@dataclass(frozen=True, slots=True)
class BulkApproval:
    """The operator's answers to a plan.

    `acknowledged` are the ids of the cautions that were read. `typed_count` is how many users will be sent,
    as typed. So many users may be given a consent (`max_grants`) or be written to (`max_users`) this once;
    None: no more than the connection's caps say.
    """

    reason: str = ""
    evidence: str = ""
    acknowledged: frozenset[str] = field(default=frozenset())
    typed_count: int | None = None
    max_grants: int | None = None
    max_users: int | None = None


def guard(
    found: Totals, head: Head, mode: Mode, connection: Connection, approval: BulkApproval, now: datetime
) -> None:
    """Raises `GateRefused` naming the first thing that is missing before the plan of these figures may be
    sent at the aware instant `now`. Nothing is sent here."""
    production = connection.environment is Environment.PRODUCTION
    require_writable(mode)
    _check_place(found, head, connection)
    if not found.to_send:
        raise GateRefused(
            _("Nothing to send"),
            _("No user of this plan is to be changed. Nothing was sent."),
            _("Look at the plan: users may be left out, or be as wanted already."),
        )
    _check_caps(found, connection, approval)
    _check_answers(found, found.demands(now, production=production), approval)
    if production and approval.typed_count != found.to_send:
        raise GateRefused(
            _("The number of users is not confirmed"),
            _("In production the number of users is typed before anything is sent. Nothing was sent."),
            _("Give it exactly: {users}").format(users=found.to_send),
        )


def require_writable(mode: Mode) -> None:
    """Raises `GateRefused` where nothing may be written."""
    if mode.read_only:
        raise GateRefused(
            _("Read-only"),
            _("This console may not write ({source}). Nothing was sent.").format(source=mode.source),
            _("Open a connection that may write, or start without --read-only."),
        )


def _check_place(found: Totals, head: Head, connection: Connection) -> None:
    made_for = (head.connection, head.environment, head.api)
    if made_for != (connection.name, connection.environment, connection.api):
        raise GateRefused(
            _("The plan is for another connection"),
            _("It was made for {connection} ({environment}, {api}). Nothing was sent.").format(
                connection=inert(head.connection, 40), environment=head.environment.value, api=head.api.value
            ),
            _("Open that connection, or make the plan anew for this one."),
        )
    # No plan made here holds any of this, but a plan's file may come from anywhere.
    has = GENERATION_1 if connection.api is Api.V1 else GENERATION_2
    flags = {flag.value for flag, _direction in found.flags} - set(has.flags)
    ci = {name for kind, name in found.fields if kind is FieldKind.CI}
    if found.deleted.keys() - set(has.ci_fields):
        raise no_removal()
    strange = sorted(flags | (ci - set(has.ci_fields)))
    if strange or head.kind not in has.write_by:
        raise GateRefused(
            _("The plan does not fit this connection"),
            _("It asks for {what}, which this generation does not have. Nothing was sent.").format(
                what=inert(strange[0] if strange else head.kind.value, 40)
            ),
            _("Make the plan anew."),
        )


def _check_caps(found: Totals, connection: Connection, approval: BulkApproval) -> None:
    most = caps.of(connection).raised(max_grants=approval.max_grants)
    if approval.max_users is not None:
        most = replace(most, max_users=approval.max_users)
    caps.check(found.to_send, found.granted, most)


def _check_answers(found: Totals, asked: Demands, approval: BulkApproval) -> None:
    if (found.withdrawn or asked.reason_required) and not approval.reason.strip():
        raise GateRefused(
            _("A reason is missing"),
            _("Changing many users needs a reason or a ticket. Nothing was sent."),
            _("Write why, in a few words."),
        )
    if found.granted and not approval.evidence.strip():
        raise GateRefused(
            _("Evidence is missing"),
            _("Granting consents needs the proof that these people gave them. Nothing was sent."),
            _("Name the proof: form, call record, date."),
        )
    for caution in asked.cautions:
        if caution.must_acknowledge and caution.id.value not in approval.acknowledged:
            raise GateRefused(
                _("A warning is not acknowledged"),
                _("{notice} Nothing was sent.").format(notice=caution.text),
                _("Read it and tick it off."),
            )
