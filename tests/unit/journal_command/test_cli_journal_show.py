"""`dfn-tui journal show`: one entry, masked or not."""

import pytest

from tests.keyrings import Keyring
from tests.unit.journal_command.running import Ask, Run, lines, no_keyring, with_key
from tests.unit.journals import PHONE


@pytest.mark.usefixtures("journal")
def test_a_value_is_uncovered_with_its_key_only(run: Run, keyring: Ask) -> None:
    keyring(with_key)
    phone = lines(run("show", "1", "--reveal", "--json")[1])[0]["changes"][1]
    assert (phone["before"], phone["after"], phone["cover"]) == (PHONE.before, PHONE.after, None)
    covers = {
        (no_keyring, "This value is sealed, and the key is not available."),
        (lambda: Keyring(bytes(32)), "This value was sealed with another key."),
    }
    for backend, why in covers:
        keyring(backend)
        code, out, _err = run("show", "1", "--reveal")
        assert code == 0
        assert f"phone_number is masked. {why}\n" in out
        assert str(PHONE.after) not in out


@pytest.mark.usefixtures("journal")
def test_an_entry_that_is_not_there_is_told_apart_from_one_that_is_no_change(run: Run) -> None:
    assert run("show", "99") == (1, "", "There is no entry 99.\n")
    expected = "Entry 2 is no change: it says how a change ended, or is a note.\n"
    assert run("show", "2") == (1, "", expected)
