"""What is about to be written, as the rules ask about it."""

from typing import NamedTuple

from dfn_tui.consent.flags import FlagChange
from dfn_tui.service.changes.plan_rules import MadeFor
from dfn_tui.store import FieldKind


class Notice(NamedTuple):
    """Something to be read before sending; some must be acknowledged one by one, by `id`."""

    id: str
    text: str
    must_acknowledge: bool


class Scope(NamedTuple):
    """What is about to be written, counted.

    `granted` of the `users` would be given a consent, `withdrawn` have one taken back; for `only_withdrawn`
    of them nothing else would be done. Of those given one, `proven` come with evidence of their own, and
    `resubscribed` had said no. `fields` are the
    properties and CI fields set, `deletes` the CI fields removed. `user` is the id where single changes reach
    one user only; `plan` is None for single changes.
    """

    users: int
    granted: int = 0
    withdrawn: int = 0
    consents: frozenset[FlagChange] = frozenset()
    fields: frozenset[tuple[FieldKind, str]] = frozenset()
    deletes: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    """What is to be known of these users in particular."""
    user: str = ""
    plan: MadeFor | None = None
    only_withdrawn: int = 0
    proven: int = 0
    resubscribed: int = 0
    expressed_on: str = ""
    """The day on which the people said so, as it was typed; empty for today."""
    before: int = 0
    """How often more than a withdrawal was written from here lately, without a second person."""

    @property
    def capped(self) -> int:
        """The users that a cap on users is about: a withdrawal is nothing to be hindered."""
        return self.users - self.only_withdrawn
