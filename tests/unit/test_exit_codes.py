"""How a command ended, as a number."""

import pytest

from dfn_tui.api import messages
from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.cli.exit_codes import ExitCode, of_error, of_failures
from dfn_tui.cli.results import exit_code, of_result
from dfn_tui.errors import ConsoleError, GateRefused, TokenTrouble
from dfn_tui.outcomes import Outcome
from dfn_tui.service.changes.outcome import NOT_READ_BACK, FieldResult, UserResult
from dfn_tui.store import FieldChange, FieldKind

TOKEN, DENIED = (
    messages.token_rejected("4001", applied=False),
    messages.not_permitted("4004", "", applied=False),
)
LOST, LIMITED = (
    messages.answer_lost(timeout=True, write=False),
    messages.rate_limited("429", None, applied=False),
)
REJECTED = messages.rejected("4007", "", applied=False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConsoleError("", "", ""), ExitCode.BAD_USAGE),
        (REJECTED, ExitCode.BAD_USAGE),
        (GateRefused("", "", ""), ExitCode.REFUSED),
        (messages.read_only(), ExitCode.REFUSED),
        (TokenTrouble("", "", ""), ExitCode.TOKEN),
        (TOKEN, ExitCode.TOKEN),
        (DENIED, ExitCode.TOKEN),
        (messages.unreachable("tls", "host"), ExitCode.NETWORK),
        (LOST, ExitCode.NETWORK),
        (messages.server_failed("500", write=False), ExitCode.NETWORK),
        (LIMITED, ExitCode.NETWORK),
        (messages.answer_unreadable("field", write=False), ExitCode.NETWORK),
    ],
)
def test_what_an_error_means(error: ConsoleError, code: ExitCode) -> None:
    assert of_error(error) is code


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ([], ExitCode.DONE),
        ([None], ExitCode.SOME_FAILED),
        ([REJECTED], ExitCode.SOME_FAILED),
        ([TOKEN, DENIED], ExitCode.TOKEN),
        ([LOST, LIMITED], ExitCode.NETWORK),
        ([TOKEN, LOST], ExitCode.SOME_FAILED),
        ([LOST, None], ExitCode.SOME_FAILED),
    ],
)
def test_what_holds_for_all_failures_is_told(failures: list[ConsoleError | None], code: ExitCode) -> None:
    assert of_failures(failures) is code
    assert of_failures(failures, unknown=True) is ExitCode.UNKNOWN


def test_a_field_that_was_not_read_back_goes_before_one_that_is_different() -> None:
    change = FieldChange(FieldKind.PROPERTY, "tier", "silver", "gold")
    different = FieldResult(change, Outcome.DIFFERENT, read_back=True, now="silver", code="different")
    unread = FieldResult(change._replace(name="size"), Outcome.ACCEPTED, code=NOT_READ_BACK)
    lee = Identity(IdentityKind.USER_ID, "lee")
    assert exit_code([of_result(UserResult(lee, (different,)))]) is ExitCode.SOME_FAILED
    assert exit_code([of_result(UserResult(lee, (different, unread)))]) is ExitCode.UNKNOWN
