"""How many people one write may reach."""

import pytest

from dfn_tui.config import Api, Connection, Environment
from dfn_tui.errors import GateRefused
from dfn_tui.service.changes.policy import Approval, Caps, Scope, caps_of, require
from dfn_tui.service.place import Mode

NOTHING = Approval()
FEW = Connection("few", Api.V1, Environment.SANDBOX, max_grants=2, max_users=5)


def ask(users: int, granted: int, once: Approval = NOTHING) -> None:
    scope = Scope(users, granted, reason_required=False, evidence_required=False)
    require(scope, Mode(False, ""), FEW, once)


def test_up_to_the_caps_and_no_further() -> None:
    ask(5, 2)
    with pytest.raises(GateRefused, match="6 users would be written to; 5 at most"):
        ask(6, 0)
    with pytest.raises(GateRefused, match="3 users would be given a consent; 2 at most"):
        ask(5, 3)


def test_what_is_allowed_for_once() -> None:
    ask(3, 3, Approval(max_grants=3))
    ask(9, 0, Approval(max_users=9))


def test_a_connection_has_the_defaults_where_it_says_nothing() -> None:
    assert caps_of(Connection("prod", Api.V1, Environment.PRODUCTION)) == Caps(100, 100_000)
    stated = Connection("prod", Api.V1, Environment.PRODUCTION, max_grants=5, max_users=7)
    assert caps_of(stated) == Caps(5, 7)
