"""How many requests a minute are made where nobody says: half of the documented limit, so that the company's
own backend keeps the rest, and the whole of it for what only withdraws consents."""

from dfn_tui.consent.flags import State
from dfn_tui.service.bulk.input.layout import Form
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.plan.totals import Totals
from dfn_tui.service.bulk.rate_limiter import DOCUMENTED_LIMIT
from dfn_tui.store import FieldKind

USUAL_LIMIT = DOCUMENTED_LIMIT // 2


def rates(found: Totals, usual: int | None, asked: int | None = None) -> tuple[int, ...]:
    """The rate that a plan is sent at, then the other one there is. `usual` is that of the connection, where
    it has its own, and `asked` what the operator wants for this once."""
    usual = usual or USUAL_LIMIT
    first = asked or (DOCUMENTED_LIMIT if found.only_withdraws else usual)
    return tuple(dict.fromkeys((first, usual if first == DOCUMENTED_LIMIT else DOCUMENTED_LIMIT)))


def only_withdraws(source: BulkInput) -> bool:
    """Whether an input takes consents back and wants nothing else, as far as its head tells."""
    edits = source.edits_for_all
    by_row = source.columns or source.form is Form.JSON_LINES
    return not by_row and all(
        edit.kind is FieldKind.CONSENT and edit.value == State.UNSUBSCRIBED.value for edit in edits
    )
