"""Workbooks that no program writes: whatever is in one, it is read or refused, and the console goes on."""

import io
import random
import resource
import zipfile
from pathlib import Path

import pytest

from dfn_tui.service.bulk.input import excel, sheets
from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.mapping import InputRefused
from dfn_tui.service.bulk.input.source import SourceOptions, open_source
from tests.unit.workbooks import MAIN, ods, one, rows, xlsx

JUNE = Path(__file__).parents[1] / "data" / "lists" / "june.xls"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DAMAGED = "It is damaged, or no spreadsheet program wrote it."


def refused(data: bytes) -> str:
    with pytest.raises((InputRefused, FileUnreadable)) as raised:
        open_source(io.BytesIO(data))
    return raised.value.happened


def text(data: bytes) -> bytes:
    with open_source(io.BytesIO(data)) as source:
        return source.stream.read()


def sheet(data: str, before: str = "", after: str = "") -> bytes:
    return xlsx({"A": f"{before}<worksheet {MAIN}><sheetData>{data}</sheetData>{after}</worksheet>"})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(sheet('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), id="no such shared string"),
        pytest.param(
            xlsx(
                {"A": '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'}, parts={"xl/sharedStrings.xml": None}
            ),
            id="no shared strings",
        ),
        pytest.param(xlsx({"A": rows(("a",))}, parts={"xl/workbook.xml": "<workbook"}), id="half a workbook"),
        pytest.param(
            xlsx({"A": rows(("a",))}, parts={"xl/_rels/workbook.xml.rels": None}), id="no relations"
        ),
        pytest.param(xlsx({"A": rows(("a",))}, parts={"xl/worksheets/sheet1.xml": None}), id="no sheet"),
        pytest.param(xlsx({"A": rows(("a",))}, target="../../etc/passwd"), id="a part outside"),
        pytest.param(xlsx({"A": rows(("a",))}, parts={"XL/workbook.xml": "<workbook/>"}), id="a part twice"),
        pytest.param(sheet("<row r='1'><c r='A1'><v>&b;</v></c></row>", ENTITIES), id="entities"),
        pytest.param(
            xlsx({"A": rows(("a",))}, parts={"xl/workbook.xml": ENTITIES + "<workbook/>"}),
            id="entities of the book",
        ),
        pytest.param(sheet('<row r="1"><c r="A1"><v>1</v></c></row>' * 2), id="a row twice"),
        pytest.param(sheet('<row r="2"/><row r="1"/>'), id="rows out of order"),
        pytest.param(sheet('<row r="1"><c r="B1"/><c r="A1"/></row>'), id="cells out of order"),
        pytest.param(sheet('<row r="1"><c r="A1"/><c r="A1"/></row>'), id="a cell twice"),
        pytest.param(sheet('<row r="3"><c r="A1"><v>1</v></c></row>'), id="a cell of another row"),
        pytest.param(sheet('<row r="1"><c r="1"><v>1</v></c></row>'), id="a cell without a column"),
        pytest.param(sheet('<row r="1"><c r="XFE1"><v>1</v></c></row>'), id="beyond the last column"),
        pytest.param(sheet('<row r="1"><c r="ZZZZZZZ1"><v>1</v></c></row>'), id="far beyond the last column"),
        pytest.param(sheet('<row r="1048577"><c r="A1048577"><v>1</v></c></row>'), id="beyond the last row"),
        pytest.param(sheet('<row r="99999999999"/>'), id="far beyond the last row"),
        pytest.param(sheet('<row r="1"><f>A1</f></row>'), id="a formula in no cell"),
        pytest.param(sheet("<v>1</v>"), id="a value in no row"),
        pytest.param(sheet('<row r="01"/>'), id="a row's number with a zero"),
        pytest.param(sheet('<row r="1"><c r="A1" t="b"><v>x</v></c></row>'), id="a truth value that is none"),
        pytest.param(sheet("", after=f"<sheetData>{rows(('a',))}</sheetData>"), id="rows after the rows"),
        pytest.param(
            xlsx({"A": '<?xml version="1.0" encoding="UTF-16"?><worksheet/>'}),
            id="in another encoding than it says",
        ),
        pytest.param(one(("a",))[:-30], id="cut"),
        pytest.param(JUNE.read_bytes()[:-40], id="an .xls that is cut"),
        pytest.param(ods("<table:table-row><x"), id="half an .ods"),
    ],
)
def test_what_is_not_in_order_is_refused(data: bytes) -> None:
    assert refused(data).startswith(DAMAGED)


def test_a_sheet_that_only_one_of_two_readers_can_read_is_refused() -> None:
    table = f"<worksheet {MAIN}><sheetData>{rows((1,))}</sheetData></worksheet>"
    whole = f'<?xml version="1.0" encoding="UTF-16"?>{table}'
    data = xlsx({"A": ""}, parts={"xl/worksheets/sheet1.xml": whole.encode("utf-16")})
    assert refused(data).startswith(DAMAGED)


def test_absolute_targets_and_parts_in_other_letters_are_found() -> None:
    table = rows(("kim",))
    assert text(xlsx({"A": table}, target="/xl/worksheets/sheet{}.xml")) == b"kim\n"
    moved = {
        "xl/worksheets/sheet1.xml": None,
        "xl/Worksheets/Sheet1.XML": f"<worksheet {MAIN}><sheetData>{table}",
    }
    whole = {
        **moved,
        "xl/Worksheets/Sheet1.XML": f"<worksheet {MAIN}><sheetData>{table}</sheetData></worksheet>",
    }
    assert text(xlsx({"A": table}, parts=whole)) == b"kim\n"


@pytest.mark.slow
def test_an_inflated_sheet_is_refused_before_it_is_unpacked() -> None:
    bomb = b"<worksheet><sheetData>" + b" " * (64 << 20)
    out = io.BytesIO(xlsx({"A": ""}))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"xl/worksheets/other{number}.xml", bomb)
    assert out.tell() < 1 << 20
    assert refused(out.getvalue()) == "It unpacks to more than 512 MiB. Nothing was taken."


def test_a_part_that_is_longer_than_it_says_is_refused() -> None:
    data = one(*[("kim",)] * 1000)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        true = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert refused(data.replace(true.to_bytes(4, "little"), (true // 2).to_bytes(4, "little"))).startswith(
        DAMAGED
    )


def test_two_cells_in_far_corners_take_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    assert "more than 33,554,432 cells" in refused(data)
    wide = 'office:value-type="string" table:number-columns-repeated="16000"'
    cell = f"<table:table-cell {wide}><text:p>x</text:p>"
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-cell>'
    assert "Nothing was taken." in refused(ods(f"{row}</table:table-row>"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_a_reader_that_ends_without_a_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(excel, "_COMMAND", ("/bin/sh", "-c", "kill -KILL $$"))
    assert "2 GiB of memory or five minutes" in refused(one(("kim",)))
    monkeypatch.setattr(excel, "_COMMAND", (str(tmp_path / "nothing"),))
    assert refused(one(("kim",))) == "No such file or directory. Nothing was taken."


def test_a_full_disk_is_the_reason_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = " ".join(excel._COMMAND)
    monkeypatch.setattr(excel, "_COMMAND", ("/bin/sh", "-c", f'exec {reader} "$0" >/dev/full'))
    assert refused(one(("kim",))) == "No space left on device. Nothing was taken."


@pytest.mark.parametrize("base", ["xlsx", "xls", "ods"])
def test_no_content_gets_anything_but_rows_or_a_refusal(base: str) -> None:
    """In this process, where an error that nobody expects is seen."""
    made = {
        "xlsx": one(("user_id", "n"), ("kim", 1), ("lee", 2.5)),
        "xls": JUNE.read_bytes(),
        "ods": ods(
            "<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
        ),
    }[base]
    chance = random.Random(20261126)
    for _try in range(6):
        data = bytearray(made)
        for _change in range(chance.randrange(1, 6)):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        try:
            open_source(io.BytesIO(data), SourceOptions()).close()
        except (InputRefused, FileUnreadable) as error:
            assert "Nothing was taken" in error.happened or "no row" in error.happened


def test_what_a_panic_of_the_reader_becomes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class PanicException(BaseException):
        pass

    def panic(*_given: object, **_asked: object) -> None:
        raise PanicException

    monkeypatch.setattr(sheets, "read", panic)
    monkeypatch.setattr(sheets, "_limit", lambda: None)
    monkeypatch.setattr("sys.argv", ["sheets", "{}"])
    sheets.main()
    assert capfd.readouterr().err == '\n{"refused": "damaged"}'
