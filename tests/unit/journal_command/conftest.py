"""A journal of four changes, the commands that read it, and the keyring they ask."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dfn_tui.cli import main
from dfn_tui.credentials import TokenStore
from dfn_tui.credentials.backends import Backend
from dfn_tui.outcomes import Outcome
from dfn_tui.store import FieldChange, FieldKind, FieldOutcome, Journal, OutcomeGroup, Subject, journal_file
from tests.unit.journal_command.running import EMAIL, HOSTILE, Ask, Run, no_keyring
from tests.unit.journals import BOB, KEY, PHONE, consent, intent, ticking


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Which keyring the commands ask."""

    def use(backend: Callable[[], Backend]) -> None:
        monkeypatch.setattr("dfn_tui.credentials.TokenStore", partial(TokenStore, backend=backend))

    return use


@pytest.fixture(autouse=True)
def _no_keyring_at_first(keyring: Ask) -> None:
    keyring(no_keyring)


@pytest.fixture
def journal() -> Path:
    """Four changes: settled at once; unknown, then settled by another; open and hostile; of a sealed id."""
    path = journal_file()
    flag = FieldOutcome(FieldKind.CONSENT, "mkt_flag", Outcome.CONFIRMED, True, "Unsubscribed")
    phone = FieldOutcome(FieldKind.CI, "phone_number", Outcome.DIFFERENT, True, "821099998888", personal=True)
    with Journal(path, KEY, clock=ticking()) as kept:
        kept.begin([intent("u-1", consent(), PHONE)])
        kept.conclude([OutcomeGroup((1,), Outcome.UNKNOWN)])
        kept.conclude([OutcomeGroup((1,), Outcome.DIFFERENT, (flag, phone), by=BOB)])
        kept.begin([intent("김철수", consent("night_flag", "Undefined", "Subscribed"), operator=BOB)])
        kept.conclude([OutcomeGroup((4,), Outcome.UNKNOWN, code="5003", message="busy")])
        kept.begin(
            [intent(HOSTILE, FieldChange(FieldKind.PROPERTY, HOSTILE, None, HOSTILE), connection="bank")]
        )
        kept.begin([intent(subject=Subject("email", EMAIL, personal=True))])
        kept.conclude([OutcomeGroup((7,), Outcome.ACCEPTED)])
    return path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `dfn-tui journal …` here: its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            code = main(["journal", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capfd.readouterr()
        return code, said.out, said.err

    return run
