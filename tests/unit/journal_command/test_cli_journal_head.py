"""`dfn-tui journal head`, and what the journal is known to have held."""

from pathlib import Path

import pytest

from dfn_tui.store import Journal, journal_file
from dfn_tui.store.body import GENESIS
from dfn_tui.store.known_head import remember
from tests.keyrings import Keyring
from tests.unit.journal_command.running import Ask, Run, lines
from tests.unit.journals import KEY, filled, intent


def rolled_back(path: Path) -> str:
    """Goes on with a journal, and puts the copy of before back; the head that it had in between."""
    filled(path, None)
    with Journal(path) as journal:
        journal.count()
    before = {file: file.read_bytes() for file in path.parent.glob("journal.db*")}
    with Journal(path) as journal:
        journal.begin([intent("u-9")])
        head = journal.head().text
    for file in path.parent.glob("journal.db*"):
        file.unlink()
    for file, data in before.items():
        file.write_bytes(data)
    return head


def test_the_head_is_printed_and_proved_later(run: Run) -> None:
    assert run("head")[:2] == (0, f"0:{GENESIS.hex()}\n")
    filled(journal_file(), None)
    code, out, _err = run("head")
    seq, _colon, digest = out.strip().partition(":")
    assert (code, seq, len(digest)) == (0, "8", 64)
    [told] = lines(run("head", "--json")[1])
    assert told == {"head": out.strip(), "entries": 8, "hash": digest}
    with Journal(journal_file()) as journal:
        journal.begin([intent("u-9")])
    assert run("verify", "--head", out.strip())[0] == 0, "it went on"
    code, said, _err = run("verify", "--head", f"8:{'0' * 64}")
    assert (code, said.startswith("Entry 8 is not the one")) == (1, True)


def test_a_journal_that_was_rolled_back_is_found_by_the_head(run: Run) -> None:
    head = rolled_back(journal_file())
    assert run("verify")[0] == 0, "nothing here knows of it"
    code, said, _err = run("verify", "--head", head)
    assert (code, said.startswith("The journal held entry 9 once, and ends before it now")) == (1, True)
    [told] = lines(run("verify", "--head", head, "--json")[1])
    assert (told["whole"], told["fault"], told["seq"]) == (False, "rolled-back", 9)


def test_a_journal_that_is_gone_is_told_until_somebody_says_that_it_is_fine(run: Run) -> None:
    filled(journal_file(), None)
    with Journal(journal_file()) as journal:
        remember(journal_file(), journal.head(), None)
    for file in ("journal.db", "journal.db-wal", "journal.db-shm"):
        journal_file().with_name(file).unlink(missing_ok=True)
    code, said, err = run("verify")
    assert (code, said.startswith("The journal held entry 8 once")) == (1, True)
    assert "There is no journal yet" in err
    assert run("verify")[0] == 1
    code, _said, err = run("verify", "--accept")
    assert (code, "known as it is now" in err) == (1, True)
    assert run("verify")[0] == 0


def test_the_keyring_knows_what_nobody_else_does(run: Run, keyring: Ask) -> None:
    kept = Keyring(KEY)
    keyring(lambda: kept)
    filled(journal_file())
    assert run("verify", "--accept")[0] == 0
    for file in journal_file().parent.glob("journal.db*"):
        file.unlink()
    assert run("verify")[0] == 1


@pytest.mark.parametrize("head", ["8", "8:xyz", "head"])
def test_what_is_no_head_is_bad_usage(run: Run, head: str) -> None:
    code, _out, err = run("verify", "--head", head)
    assert (code, "64 hexadecimal digits" in err) == (2, True)
