"""Plans are held to the company's policy when they are applied and when they are gone on with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dfn_tui.cli.exit_codes import ExitCode
from tests.commands.bulk.using import Bulk
from tests.companies import READ_ONLY, Company, company_in, root_only

pytestmark = root_only


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    return company_in(tmp_path, monkeypatch)


def test_a_plan_is_refused_by_rule_and_file_and_no_option_helps(
    bulk: Bulk, users: Callable[..., list[str]], company: Company
) -> None:
    bulk.plan(users(3), change="points:number=7")
    file = company("[max_users]\nmost = 2\n")
    ran = bulk("apply", "a.plan", "--yes", "--reason", "INC-7", "--max-users", "100")
    assert ran.code == ExitCode.REFUSED
    assert f"the company allows 2 at most (rule max_users in {file})" in ran.err
    assert bulk.jobs() == []


def test_a_plan_that_withdraws_is_sent(bulk: Bulk, users: Callable[..., list[str]], company: Company) -> None:
    bulk.plan(users(3))
    company(READ_ONLY + "[max_users]\nmost = 2\n[reason]\npattern = 'CS-'\n")
    assert bulk("apply", "a.plan", "--yes", "--reason", "INC-7").code == 0
