"""`dfn-tui journal export`: whole, masked, and harmless in a spreadsheet."""

import csv
import io
from pathlib import Path

import pytest

from dfn_tui.store import FieldChange, FieldKind, Filter, Journal, journal_file
from tests.unit.journal_command.running import EMAIL, Ask, Run, golden, lines, no_keyring, with_key
from tests.unit.journals import PHONE, intent, tampering


@pytest.mark.usefixtures("journal")
def test_an_export_is_a_row_for_each_change_that_no_spreadsheet_runs(run: Run) -> None:
    assert run("export", "--format", "csv") == (0, golden("export.csv"), "4 entries were exported.\n")


@pytest.mark.usefixtures("journal")
def test_an_export_as_json_is_the_list_as_json(run: Run) -> None:
    exported = (0, golden("list.jsonl"), "4 entries were exported.\n")
    assert run("export", "--format", "json", "-o", "-") == exported


@pytest.mark.usefixtures("journal")
def test_an_export_is_masked_unless_it_is_asked_to_reveal(run: Run, keyring: Ask) -> None:
    keyring(with_key)
    masked = run("export", "--format", "csv")[1]
    code, revealed, err = run("export", "--format", "csv", "--reveal")
    assert (code, err) == (0, "4 entries were exported.\n")
    for value in (EMAIL, str(PHONE.before), str(PHONE.after)):
        assert value in revealed
        assert value not in masked
    assert masked == golden("export.csv")
    keyring(no_keyring)
    code, covered, err = run("export", "--format", "csv", "--reveal")
    assert (code, covered) == (0, masked)
    assert err.startswith("There is no key: sealed values stay masked.\n")


def test_what_was_exported_is_what_the_journal_holds(run: Run, journal: Path, tmp_path: Path) -> None:
    for form in ("json", "csv"):
        file = tmp_path / f"out.{form}"
        run("export", "--format", form, "-o", str(file))
        assert file.stat().st_mode & 0o777 == 0o600
    with Journal(journal) as kept:
        entries = kept.find(Filter())
    told = lines((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(one["seq"], one["user_id"], one["reason"]) for one in told] == [
        (entry.seq, entry.intent.subject.value, entry.intent.reason) for entry in entries
    ]
    assert [[(c["name"], c["before"], c["after"]) for c in one["changes"]] for one in told] == [
        [(change.name, change.before, change.after) for change in entry.intent.changes] for entry in entries
    ]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file_:
        table = list(csv.DictReader(file_))
    assert [(row["seq"], row["name"].removeprefix("'")) for row in table] == [
        (
            str(entry.seq),
            change.name.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\u202e", "\\u202e"),
        )
        for entry in entries
        for change in entry.intent.changes
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "\t=", "\r="])
def test_no_cell_begins_a_formula(run: Run, start: str) -> None:
    with Journal(journal_file()) as journal:
        journal.begin([intent(f"{start}1+1", FieldChange(FieldKind.PROPERTY, f"{start}a", f"{start}b", -5))])
    (row,) = csv.DictReader(io.StringIO(run("export", "--format", "csv")[1]))
    for cell in (row["user_id"], row["name"], row["before"], row["after"]):
        assert cell[0] in {"'", "\\"}
    assert row["after"] == "'-5"


@pytest.mark.usefixtures("journal")
def test_the_mark_excel_looks_for_is_written_when_asked_for(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert run("export", "--format", "csv", "--bom", "-o", str(file))[0] == 0
    assert file.read_bytes() == golden("export.csv").encode("utf-8-sig")
    assert run("export", "--format", "csv", "--bom")[1] == "\ufeff" + golden("export.csv")
    assert run("export", "--format", "json", "--bom")[0] == 2


@pytest.mark.usefixtures("journal")
def test_no_file_is_written_over(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("precious")
    code, out, err = run("export", "--format", "csv", "-o", str(file))
    assert (code, out) == (2, "")
    assert err.startswith("dfn-tui: This file is there already\n")
    assert file.read_text() == "precious"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert run("export", "--format", "csv", "-o", str(link))[0] == 2
    assert not (tmp_path / "elsewhere").exists()
    assert run("export", "--format", "csv", "-o", str(tmp_path / "none" / "out.csv"))[0] == 2


def test_a_damaged_entry_leaves_no_half_an_export(run: Run, journal: Path, tmp_path: Path) -> None:
    with tampering(journal) as connection:
        connection.execute("UPDATE entry SET body = 'nothing' WHERE seq = 1")
    file = tmp_path / "out.csv"
    code, _out, err = run("export", "--format", "csv", "-o", str(file))
    assert code == 2
    assert err.startswith("dfn-tui: The journal is damaged\n")
    assert not file.exists()
    assert run("show", "1")[0] == 2
