"""When a second person is asked for, and that no withdrawal waits for one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.config.team_policy import PolicyError, TeamPolicy
from dfn_tui.errors import GateRefused
from dfn_tui.service.changes.four_eyes import FOUR_EYES, SignedBy, may_be_cut, needs_second, require_second
from dfn_tui.service.changes.policy import Approval, require, requirements
from dfn_tui.service.changes.scope import Scope
from dfn_tui.service.four_eyes.statement import Signed, SignedAs, Statement
from tests.unit.plans import DAY
from tests.unit.test_policy import GIVE_ONE, GIVES, HERE, MAY_WRITE, PROD, STOP_ONE, STOPS

FROM_ONE = TeamPolicy(four_eyes_from=1)
BOTH = SignedBy("bob@company.kr", "alice@company.kr")


def refused(scope: Scope, team: TeamPolicy = FROM_ONE, signed: SignedBy | None = None) -> GateRefused:
    with pytest.raises(GateRefused) as caught:
        require_second(team, scope, PROD, signed)
    assert f"rule four_eyes in {team.path}" in caught.value.happened
    return caught.value


def test_a_single_consent_is_given_by_a_plan_alone() -> None:
    error = refused(GIVE_ONE)
    assert "Only a plan can be approved." in error.happened
    assert "dfn-tui bulk plan - NAME=VALUE -c here -o PLAN" in error.next_step
    refused(GIVE_ONE, signed=BOTH)  # whatever somebody signed, it was no single change


def test_it_is_said_before_anything_is_answered() -> None:
    [notice] = [one for one in requirements(GIVE_ONE, PROD, DAY, FROM_ONE).warnings if one.id == FOUR_EYES]
    assert "second person" in notice.text and not notice.must_acknowledge
    for scope, connection in ((STOP_ONE, PROD), (GIVE_ONE, HERE), (GIVES, PROD)):
        asked = requirements(scope, connection, DAY, FROM_ONE)
        assert FOUR_EYES not in [one.id for one in asked.warnings]


def test_the_one_policy_asks_for_it() -> None:
    approval = Approval("INC-7", "a form", typed_count=GIVES.users)
    with pytest.raises(GateRefused, match="second person"):
        require(
            GIVES,
            MAY_WRITE,
            HERE,
            approval,
            DAY,
            TeamPolicy(four_eyes_from=1, four_eyes_connections=("here",)),
        )


def test_a_plan_needs_two_names() -> None:
    refused(GIVES)
    refused(GIVES, signed=SignedBy("", "alice@company.kr"))
    refused(GIVES, signed=SignedBy("alice@company.kr", "alice@company.kr"))
    require_second(FROM_ONE, GIVES, PROD, BOTH)


def test_it_is_about_production_or_the_connections_named() -> None:
    assert not needs_second(FROM_ONE, GIVES, HERE._replace(base_url="https://test.example"))
    assert needs_second(FROM_ONE, GIVES, HERE._replace(base_url=None)), "it leads to the product's own host"
    assert needs_second(FROM_ONE, GIVES, HERE._replace(base_url="https://OPENAPI.dfinery.io."))
    hosts = TeamPolicy(four_eyes_from=1, four_eyes_hosts=("test.example",))
    assert needs_second(hosts, GIVES, HERE._replace(base_url="https://test.example"))
    assert not needs_second(hosts, GIVES, PROD)
    named = TeamPolicy(four_eyes_from=1, four_eyes_connections=(HERE.name,))
    assert needs_second(named, GIVES, HERE)
    assert not needs_second(named, GIVES, PROD._replace(name="other"))
    assert not needs_second(TeamPolicy(), GIVES, PROD)
    assert not needs_second(None, GIVES, PROD)
    unusable = PolicyError(Path("/etc/dfn-tui/policy.toml"), "{file}", "")
    assert not needs_second(unusable, GIVES, PROD)  # `require_sendable` refuses it before


def test_everywhere_is_over_tunnels_and_test_servers_too() -> None:
    tunnel = HERE._replace(base_url="http://localhost:8443")
    assert not needs_second(FROM_ONE, GIVES, tunnel)
    assert needs_second(TeamPolicy(four_eyes_from=1, four_eyes_everywhere=True), GIVES, tunnel)


@given(
    users=st.integers(1, 10**6),
    only=st.integers(0, 10**6),
    before=st.integers(0, 10**6),
    at=st.integers(1, 10**6),
)
def test_what_was_written_before_counts_for_all_but_withdrawals(
    users: int, only: int, before: int, at: int
) -> None:
    only = min(only, users)
    scope = Scope(users, withdrawn=only, only_withdrawn=only, plan=GIVES.plan, before=before)
    for withdrawals in (False, True):
        team = TeamPolicy(four_eyes_from=at, four_eyes_withdrawals=withdrawals)
        alone = needs_second(team, scope._replace(before=0), PROD)
        cut = users > only and users - only + before >= at
        assert needs_second(team, scope, PROD) is (alone or cut)
        assert may_be_cut(team, scope._replace(before=0), PROD) is (users > only and not alone)


@given(
    users=st.integers(1, 10**6),
    only=st.integers(0, 10**6),
    at=st.integers(1, 10**6),
    withdrawals=st.booleans(),
)
def test_who_only_withdraws_is_not_counted(users: int, only: int, at: int, withdrawals: bool) -> None:
    only = min(only, users)
    scope = Scope(users, withdrawn=only, only_withdrawn=only, plan=GIVES.plan)
    team = TeamPolicy(four_eyes_from=at, four_eyes_withdrawals=withdrawals)
    assert needs_second(team, scope, PROD) is ((users if withdrawals else users - only) >= at)
    if not withdrawals:
        assert not needs_second(team, scope._replace(users=only or 1, only_withdrawn=only or 1), PROD)


def test_withdrawals_wait_where_that_is_said() -> None:
    require_second(FROM_ONE, STOPS, PROD, None)
    require_second(FROM_ONE, STOP_ONE, PROD, None)
    both = TeamPolicy(four_eyes_from=1, four_eyes_withdrawals=True)
    refused(STOPS, both)
    refused(STOP_ONE, both)


STATEMENT = Statement(
    SignedAs.APPROVE, "0" * 64, "prod", "production", "https://api.dfinery.io", "", 3, "bob@company.kr", DAY
)


def test_what_is_signed_has_one_form_only() -> None:
    assert STATEMENT.text == (
        b'{"address":"https://api.dfinery.io","at":"2026-03-02T03:00:00Z","connection":"prod",'
        b'"environment":"production","plan":"'
        + b"0"
        * 64
        + b'","principal":"bob@company.kr","role":"approve",'
        b'"service":"","users":3}\n'
    )
    signed = Signed(STATEMENT, b"-----BEGIN SSH SIGNATURE-----\n")
    assert Signed.read(signed.text).statement == STATEMENT
    for other in (
        signed.text.replace(',"users"', ', "users"'),
        signed.text.replace('"users":3', '"users":3,"users":4'),
        signed.text.replace('"users":3', '"users":3,"more":4'),
        signed.text.replace('"users":3', '"users":"3"'),
        signed.text.replace('"users":3', '"users":3.0'),
        signed.text.replace("03:00:00Z", "03:00:00+00:00"),
        signed.text.replace("03:00:00Z", "03:00:00"),
        signed.text.replace("approve", "bless"),
        signed.text.replace("prod", "pröd"),
        " " + signed.text,
        "",
        "null",
        "[" * 10_000,
    ):
        with pytest.raises(ValueError):
            Signed.read(other)
