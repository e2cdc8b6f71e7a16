"""A workbook as a source: what its cells become, and what is asked before it is read."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.mapping import InputRefused, MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Bad, Good
from dfn_tui.service.bulk.input.sheets import number_text
from dfn_tui.service.bulk.input.source import Hidden, InputSource, SourceOptions, open_source
from tests.unit.workbooks import MAIN, Cell, ods, one, rows, xlsb, xlsx

JUNE = Path(__file__).parents[1] / "data" / "lists" / "june.xls"
HEAD: tuple[Cell, ...] = ("user_id", "mkt_sms_flag")


def opened(data: bytes, sheet: str = "", hidden: Hidden | None = None) -> InputSource:
    return open_source(io.BytesIO(data), SourceOptions(sheet=sheet, hidden=hidden))


def text(data: bytes, sheet: str = "", hidden: Hidden | None = None) -> str:
    with opened(data, sheet, hidden) as source:
        return source.stream.read().decode()


def refused(data: bytes, sheet: str = "", hidden: Hidden | None = None) -> str:
    with pytest.raises((InputRefused, FileUnreadable)) as raised:
        opened(data, sheet, hidden)
    return str(raised.value)


def test_a_workbook_is_read_as_a_table_with_the_numbers_of_its_rows() -> None:
    data = one(HEAD, ("kim", "Unsubscribed"), (None,), ("이", "Unsubscribed"), ("a,b", "maybe"))
    with open_input(io.BytesIO(data), VERSION_1) as source:
        assert source.encoding == 'Excel, sheet "List"'
        for _again in range(2):
            found = list(source.rows())
            assert [(row.line, row.user) for row in found if isinstance(row, Good)] == [(2, "kim"), (4, "이")]
            assert [row.line for row in found if isinstance(row, Bad)] == [5]
        assert source.counts.blank == 1
        assert source.source.remarks() == ['Sheet "List" was read.']


def test_what_stands_above_and_left_of_a_list() -> None:
    data = xlsx(
        {"List": '<row r="3"><c r="C3"><v>7</v></c></row><row r="5"><c r="D5" t="b"><v>1</v></c></row>'}
    )
    with opened(data) as source:
        assert source.stream.read() == b"\n\n7,\n\n,TRUE\n"
        assert source.numeric == {1}


def test_each_kind_of_cell() -> None:
    cells = (
        '<c r="A1" s="1"><v>45293</v></c><c r="B1" s="2"><v>45293.5</v></c><c r="C1" s="3"><v>0.25</v></c>'
        '<c r="D1" s="4"><v>1.25</v></c><c r="E1" t="b"><v>0</v></c><c r="F1" t="e"><v>#N/A</v></c>'
        '<c r="G1" t="str"><f>A1</f><v>made</v></c><c r="H1" t="str"><f>A1</f><v></v></c>'
        '<c r="I1" t="s"><v>0</v></c>'
    )
    shared = "<si><r><t>리치</t></r><r><t xml:space='preserve'> text</t></r></si>"
    with opened(xlsx({"List": f'<row r="1">{cells}</row>'}, shared=shared)) as source:
        assert source.stream.read().decode() == (
            "2024-01-02,2024-01-02T12:00:00,06:00:00,30:00:00,FALSE,#N/A,made,,리치 text\n"
        )
        assert source.numeric == frozenset()  # it is the first row


def test_days_since_1904() -> None:
    data = '<row r="1"><c r="A1" s="1"><v>43831</v></c></row>'
    assert text(xlsx({"List": data})) == "2020-01-01\n"
    assert text(xlsx({"List": data}, epoch=' date1904="1"')) == "2024-01-02\n"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1012345678.0, "1012345678"),
        (0.0, "0"),
        (-0.0, "0"),
        (-5.0, "-5"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (999_999_999_999_999.0, "999999999999999"),
        (1_234_567_890_123_457.0, "1234567890123457"),  # nothing a spreadsheet shortened ends with a 7
        (1_234_567_890_123_450.0, "1.2345678901234500E+15"),
        (float(2**53 - 1), "9007199254740991"),
        (float(2**53 + 2), "9.0071992547409940E+15"),
        (1e18, "1.0000000000000000E+18"),
        (float("inf"), "#NUM!"),
        (float("nan"), "#NUM!"),
    ],
)
def test_numbers_are_as_they_were_typed_or_as_no_id_is(number: float, written: str) -> None:
    assert number_text(number) == written


@pytest.mark.parametrize("number", [1234567890123456789, 8801012345678000000, 2**53 + 2, 10**15])
def test_a_number_whose_last_digits_are_lost_is_nobodys_id(number: int) -> None:
    said = MappingOptions(maps=(("user_id", "user_id"),))
    with open_input(io.BytesIO(one(HEAD, (number, "Unsubscribed"))), VERSION_1, asked=said) as source:
        [row] = source.rows()
        assert isinstance(row, Bad) and row.reason.startswith("A spreadsheet shortened this number")
        assert source.source.numeric == {0}


def test_columns_of_numbers_are_told_and_heads_are_not_among_them() -> None:
    with opened(one(("a", 2026, "b", "c"), ("x", "1", 1.0, None), ("y", "2", "z", True))) as source:
        assert source.numeric == {2, 3}


def test_a_line_break_in_a_cell_neither_moves_the_lines_nor_passes_for_an_id() -> None:
    data = one(HEAD, ("kim\nlee", "Unsubscribed"), ("park\n", "Unsubscribed"), ("a&#13;&#10;b", "x"))
    with open_input(io.BytesIO(data), VERSION_1) as source:
        bad, good, other = source.rows()
    assert isinstance(bad, Bad) and bad.line == 2 and "line break" in bad.reason
    assert isinstance(good, Good) and (good.line, good.user) == (3, "park")
    assert isinstance(other, Bad) and other.line == 4


def test_other_sheets_are_said_and_hidden_ones_never_read_unasked() -> None:
    sheets = {"6월": rows(("kim",)), "Empty": "", "Old": rows(("lee",), ("park",))}
    with opened(xlsx(sheets, hidden=["Old"])) as source:
        assert (source.sheet, source.other_sheets) == ("6월", ("Empty", "Old"))
        assert source.remarks() == ['Sheet "6월" was read.', 'Not read: "Empty", "Old".']
    words = refused(xlsx(sheets))
    assert 'Several sheets hold rows: "6월", "Old".' in words and '--sheet "6월"' in words
    assert text(xlsx(sheets), sheet="Old") == "lee\npark\n"
    assert text(xlsx(sheets, hidden=["Old"]), sheet="Old") == "lee\npark\n"
    assert '"6월", "Empty", "Old"' in refused(xlsx(sheets), sheet="old")
    assert 'no row in sheet "Empty"' in refused(xlsx(sheets), sheet="Empty")
    assert "No sheet that is shown" in refused(xlsx({"A": rows(("kim",)), "B": ""}, hidden=["A"]))
    assert "There is no row in it." in refused(xlsx({"A": "", "B": ""}))


def test_rows_that_a_filter_hides_are_asked_about() -> None:
    data = xlsx({"List": rows(HEAD, ("a", "x"), ("b", "x"), ("c", "x"), (None,), hidden=[3, 4, 5])})
    words = refused(data)
    assert '2 rows of sheet "List" are hidden' in words and "--hidden include, or --hidden skip" in words
    assert text(data, hidden=Hidden.INCLUDE).splitlines()[1:4] == ["a,x", "b,x", "c,x"]
    with opened(data, hidden=Hidden.SKIP) as source:
        assert source.stream.read().decode().splitlines() == ["user_id,mkt_sms_flag", "a,x", "", ""]
        assert (source.hidden, source.skipped) == (2, True)
        assert "2 hidden rows were left out." in source.remarks()
    with opened(data, hidden=Hidden.INCLUDE) as source:
        assert "2 hidden rows were read." in source.remarks()


def test_a_hidden_column_is_read_and_said() -> None:
    cols = '<cols><col min="2" max="2" hidden="1"/><col min="9" max="16384" hidden="true"/></cols>'
    whole = f"<worksheet {MAIN}>{cols}<sheetData>{rows(HEAD, ('a', 'x'))}</sheetData></worksheet>"
    with opened(xlsx({"List": whole})) as source:
        assert source.remarks()[1:] == ["Column B is hidden, and was read."]


def test_other_prefixes_of_the_same_xml() -> None:
    hidden = '<x:row r="1" hidden="true"><x:c r="A1"><x:v>5</x:v></x:c></x:row>'
    data = f"{hidden}<x:row><x:c><x:v>6</x:v></x:c></x:row>"
    whole = (
        f"<x:worksheet {MAIN.replace('xmlns=', 'xmlns:x=')}><x:sheetData>{data}</x:sheetData></x:worksheet>"
    )
    assert '1 row of sheet "List" is hidden' in refused(xlsx({"List": whole}))
    assert text(xlsx({"List": whole}), hidden=Hidden.INCLUDE) == "5\n6\n"
    assert text(xlsx({"List": whole}), hidden=Hidden.SKIP) == "\n6\n"


def test_a_formula_without_a_result_is_no_empty_cell() -> None:
    for cell in ("<f>B1</f>", "<f>B1</f><v/>", "<f>B1</f><v></v>"):
        data = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1">{cell}</c></row>'
        words = refused(xlsx({"List": data}))
        assert '1 formula of sheet "List", in B1, is stored without' in words
    assert text(xlsx({"List": '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'})) == "2\n"


def test_a_cell_for_several_rows_is_not_taken_for_the_first_alone() -> None:
    def merged(cells: str) -> bytes:
        data = rows(("title",), HEAD, ("a", "x"), ("b", None), ("c", "x"))
        after = f'<mergeCells count="1"><mergeCell ref="{cells}"/></mergeCells>'
        return xlsx({"List": f"<worksheet {MAIN}><sheetData>{data}</sheetData>{after}</worksheet>"})

    assert "from B3 down to row 4" in refused(merged("B3:B4"))
    for harmless in ("A1:B1", "A1:A2", "A3:B3", "A9:A12"):
        assert text(merged(harmless)).startswith("title,\nuser_id")


def test_an_xls() -> None:
    data = JUNE.read_bytes()
    with opened(data) as source:
        assert source.stream.read().decode().splitlines() == [
            "user_id,mkt_sms_flag,포인트,가입일",
            "김철수,Unsubscribed,1.5,2026-03-01",
            "1012345678,Unsubscribed,TRUE,",
        ]
        assert source.hidden is None and source.numeric == {0, 2, 3}
        assert source.remarks()[1:] == [
            'Not read: "비고".',
            "Whether rows are hidden cannot be told of this form of workbook: all were read.",
        ]
    assert "cannot be told" in refused(data, hidden=Hidden.SKIP)
    assert text(data, hidden=Hidden.INCLUDE).count("\n") == 3


def test_an_xls_with_a_password() -> None:
    data = JUNE.read_bytes()
    begin = data.index(
        struct.pack("<HHH", 0x809, 16, 0x600)
    )  # the book's first record; the next is the password's
    words = refused(data[: begin + 20] + struct.pack("<H", 0x2F) + data[begin + 22 :])
    assert "protected by a password" in words


def test_an_ods() -> None:
    cells = '<table:table-cell office:value-type="string"><text:p>김</text:p></table:table-cell>'
    cells += (
        '<table:table-cell office:value-type="float" office:value="12"><text:p>12</text:p></table:table-cell>'
    )
    with opened(ods(f"<table:table-row>{cells}</table:table-row>")) as source:
        assert (source.stream.read().decode(), source.packed, source.hidden) == (
            "김,12\n",
            "OpenDocument",
            None,
        )


def test_an_xlsb() -> None:
    with opened(xlsb()) as source:
        assert (source.stream.read().decode(), source.packed, source.hidden) == (
            "kim,12\n이,TRUE\n",
            "Excel",
            None,
        )
        assert source.numeric == {1}


def test_phones_in_numeric_cells_keep_no_zero_and_are_told() -> None:
    data = one(("phone_no", "mkt_sms_flag"), (1012345678, "x"))
    with pytest.raises(MappingNeeded, match="--map phone_no=phone_no"):
        open_input(io.BytesIO(data), VERSION_2)
    said = MappingOptions(maps=(("phone_no", "phone_no"),))
    with open_input(io.BytesIO(data), VERSION_2, asked=said) as source:
        assert source.source.numeric == {0}


@pytest.mark.slow
def test_nothing_of_workbooks_is_imported_before_one_comes() -> None:
    script = (
        "import sys, dfn_tui.cli.bulk.planning, dfn_tui.screens.bulk.new_plan\n"
        "from dfn_tui.service.bulk.input.source import open_source\n"
        "open_source('kim').close()\n"
        "print(*{'python_calamine'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout.split() == []
