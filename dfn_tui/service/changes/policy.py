"""What may be written at all, and what has to be given first."""

from collections.abc import Iterable

from dfn_tui.api.types import Capabilities
from dfn_tui.errors import GateRefused
from dfn_tui.service.records import FieldChange, FieldKind
from dfn_tui.text import _


def check_removals(changes: Iterable[FieldChange], capabilities: Capabilities) -> None:
    """Raises `GateRefused` where an identifier would be removed that this generation cannot remove."""
    for change in changes:
        removes = change.kind is FieldKind.CI and change.after is None
        if removes and change.name not in capabilities.ci_fields:
            raise no_removal()


def no_removal() -> GateRefused:
    """Why no single identifier is removed over generation 2.

    Rests on DFINERY's documentation of the identity API: its deletion takes an external id and deletes the
    whole unified profile; nothing is documented that removes one identifier.
    """
    return GateRefused(
        _("An identifier cannot be removed here"),
        _(
            "This generation of the product has no call that removes one identifier: its only deletion takes "
            "the whole person away, with all consents. Nothing was sent."
        ),
        _("A whole profile is deleted in the product's own web console."),
    )
