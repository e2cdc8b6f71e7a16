"""Journals to show on the screens: what an earlier run left, and the keyring it was sealed with."""

from pathlib import Path

from textual.pilot import Pilot

from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    FieldChange,
    FieldKind,
    IntentGroup,
    IntentUser,
    Journal,
    Operator,
    OutcomeGroup,
    Subject,
)
from tests.keyrings import Keyring
from tests.sandbox_thread import SandboxThread
from tests.screens.driving import review_withdrawal, see


def written(
    journal: Path,
    *changes: FieldChange,
    user: str = "user-0001",
    connection: str = "here",
    ending: Outcome | None = Outcome.CONFIRMED,
    times: int = 1,
    expressed_on: str = "",
) -> None:
    """Entries as an earlier run would have left them."""
    intent = IntentGroup(
        connection=connection,
        environment="sandbox",
        api="v1",
        changes=changes,
        operator=Operator("kim", "bastion-1"),
        program="0.1.0",
        write="w1",
        users=(IntentUser(Subject("user_id", user)),) * times,
        reason="CS-7 고객 요청",
        expressed_on=expressed_on,
    )
    with Journal(journal) as run_log:
        numbers = run_log.begin([intent])
        if ending is not None:
            run_log.conclude([OutcomeGroup(tuple(numbers), ending)])


def spoil(journal: Path) -> None:
    """Puts something else in its place."""
    journal.rename(journal.with_name("moved"))
    journal.write_bytes(b"not a journal " * 1000)


def is_absent(journal: Path) -> bool:
    return not journal.exists()


def content(path: Path) -> bytes:
    return path.read_bytes()


def consent(flag: str, before: str, after: str) -> FieldChange:
    return FieldChange(FieldKind.CONSENT, flag, before, after)


SMS_OFF = consent("mkt_sms_flag", "Subscribed", "Unsubscribed")


async def unsubscribe_sms(pilot: "Pilot[None]", user: str = "user-0001") -> None:
    """Withdraws one consent on the screens, to the result."""
    await review_withdrawal(pilot, moves=("down", "down"), user=user)
    await pilot.press("tab", "enter")
    await see(pilot, "✓ 1 confirmed")


def state(sandbox: SandboxThread, user: str, flag: str) -> object:
    [[found]] = sandbox.state.query(f"SELECT {flag} FROM users WHERE user_id = ?", user)
    return found


def keyring() -> Keyring:
    """The one that has the journal's key."""
    return Keyring(bytes(range(32)))
