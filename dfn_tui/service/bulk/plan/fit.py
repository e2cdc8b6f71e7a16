"""Whether a plan is for the connection that it is to be sent over."""

from dfn_tui.config import Connection
from dfn_tui.errors import GateRefused
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.place import capabilities_of
from dfn_tui.store import FieldKind
from dfn_tui.text import _, inert


def require_fit(found: Totals, connection: Connection) -> None:
    """Raises `GateRefused` where the plan of these figures is for something else than this connection."""
    head = found.head
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
    has = capabilities_of(connection.api)
    flags = {flag.value for flag, _direction in found.flags} - set(has.flags)
    ci = {name for kind, name in found.fields if kind is FieldKind.CI}
    strange = sorted(flags | (ci - set(has.ci_fields)))
    if strange or head.kind not in has.write_by:
        raise GateRefused(
            _("The plan does not fit this connection"),
            _("It asks for {what}, which this generation does not have. Nothing was sent.").format(
                what=inert(strange[0] if strange else head.kind.value, 40)
            ),
            _("Make the plan anew."),
        )
