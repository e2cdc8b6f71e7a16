"""`dfn-tui journal verify`: what it finds, and how it ends."""

import pytest

from dfn_tui.store import journal_file
from tests.unit.journal_command.running import Ask, Run, lines, with_key
from tests.unit.journals import filled, tampering


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        ("UPDATE entry SET body = replace(body, 'u-2', 'u-9') WHERE seq = 3", "Entry 3 was altered"),
        ("DELETE FROM entry WHERE seq = 3", "Entry 3 was removed."),
        ("DELETE FROM entry WHERE seq > 6", "The end was cut off: entry 7 was written but is not there."),
        (
            "UPDATE entry SET seq = -3 WHERE seq = 3; UPDATE entry SET seq = 3 WHERE seq = 5;"
            "UPDATE entry SET seq = 5 WHERE seq = -3",
            "The order was changed at entry 3",
        ),
    ],
)
def test_verify_names_the_first_entry_that_is_not_as_it_was_written(
    run: Run, keyring: Ask, tamper: str, said: str
) -> None:
    filled(journal_file())
    keyring(with_key)
    assert run("verify") == (0, "The journal is whole: 8 entries. The key vouches for entries 1 to 8.\n", "")
    with tampering(journal_file()) as connection:
        connection.executescript(tamper)
    code, out, err = run("verify")
    assert (code, err) == (1, "")
    assert out.startswith(said)
    code, out, err = run("verify", "--json")
    (told,) = lines(out)
    assert (code, told["whole"], told["seq"]) == (1, False, 7 if "cut off" in said else 3)
