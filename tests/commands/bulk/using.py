"""What the tests of the commands for many users share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dfn_tui.consent.flags import Flag
from tests.commands.running import Ran
from tests.sandbox_thread import SandboxThread

STOP, GIVE = "mkt_sms_flag=Unsubscribed", "mkt_sms_flag=Subscribed"
WRITE = "/api/v1/users/profile/update"
REASON = ("--reason", "INC-7")
APPLY = ("apply", "a.plan", *REASON, "--yes")

Users = Callable[..., list[str]]


class Plan(Protocol):
    """Makes the plan `name` of these users, by the command."""

    def __call__(self, ids: list[str], *more: str, change: str = STOP, name: str = "a.plan") -> Ran: ...


@dataclass(frozen=True)
class Bulk:
    """`bulk(…)` runs `dfn-tui bulk …`; `jobs` are the jobs as `status --json` has them, the newest first."""

    run: Callable[..., Ran]
    plan: Plan
    jobs: Callable[[], list[dict[str, Any]]]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran:
        return self.run(*arguments, stdin=stdin)

    @property
    def job(self) -> str:
        """The newest job's id."""
        return str(self.jobs()[0]["job"])


def state_of(sandbox: SandboxThread, user: str, flag: Flag = Flag.MKT_SMS) -> str:
    return sandbox.state.profiles([user])[user][0][flag]


def stop_one(bulk: Bulk, sandbox: SandboxThread, users: Users) -> list[str]:
    """A job that stopped at its first user, whom somebody changed; its two users."""
    found = users(2)
    bulk.plan(found, "points=7", "--force")
    sandbox.state.write_profiles([(found[0], {}, {"points": "5"})])
    assert bulk(*APPLY).code == 1
    return found


def writes(sandbox: SandboxThread) -> int:
    return sum(request.path in (WRITE, "/api/v1/user-profile") for request in sandbox.requests)
