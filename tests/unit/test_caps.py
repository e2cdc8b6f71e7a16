"""How many people one write may reach."""

import pytest

from dfn_tui.config import Api, Connection, Environment
from dfn_tui.errors import GateRefused
from dfn_tui.service import caps
from dfn_tui.service.caps import Caps


def test_up_to_the_caps_and_no_further() -> None:
    few = Caps(max_grants=2, max_users=5)
    caps.check(5, 2, few)
    with pytest.raises(GateRefused, match="6 users would be written to; 5 at most"):
        caps.check(6, 0, few)
    with pytest.raises(GateRefused, match="3 users would be given a consent; 2 at most"):
        caps.check(5, 3, few)


def test_what_is_allowed_for_once() -> None:
    few = Caps(max_grants=2)
    assert few.raised(max_grants=None) == few
    caps.check(3, 3, few.raised(max_grants=3))


def test_a_connection_has_the_defaults_where_it_says_nothing() -> None:
    assert caps.of(Connection("prod", Api.V1, Environment.PRODUCTION)) == Caps(100, 100_000)
    stated = Connection("prod", Api.V1, Environment.PRODUCTION, max_grants=5, max_users=7)
    assert caps.of(stated) == Caps(5, 7)
