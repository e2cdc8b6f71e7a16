"""Small workbooks, made part by part, so that they can also be what no program would write."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
# The formats of cells by their place: general, a day, a moment, a time of the day, a duration.
_STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts>'
    '<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="21"/>'
    '<xf numFmtId="46"/></cellXfs></styleSheet>'
)

Cell = str | int | float | bool | None


def xlsx(
    sheets: Mapping[str, str],
    *,
    hidden: Sequence[str] = (),
    shared: str = "",
    epoch: str = "",
    target: str = "worksheets/sheet{}.xml",
    parts: Mapping[str, str | bytes | None] | None = None,
) -> bytes:
    """A workbook of these sheets: name, and its XML or what stands in its <sheetData>.

    `parts` come in place of others or beside them; None leaves one out.
    """
    made: dict[str, str | bytes | None] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f"<sst {MAIN}>{shared}</sst>",
    }
    listed = ""
    for number, (name, data) in enumerate(sheets.items(), 1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name="{name}" sheetId="{number}"{state} r:id="rId{number}"/>'
        whole = f"<worksheet {MAIN}><sheetData>{data}</sheetData></worksheet>"
        made[f"xl/worksheets/sheet{number}.xml"] = whole if "worksheet" not in data else data
    made["xl/workbook.xml"] = (
        f'<workbook {MAIN} xmlns:r="{_RELATIONS}"><workbookPr{epoch}/><sheets>{listed}</sheets></workbook>'
    )
    targets = [("worksheet", target.format(number)) for number in range(1, len(sheets) + 1)]
    others = [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    made["xl/_rels/workbook.xml.rels"] = _relations(targets + others)
    return zipped({**made, **(parts or {})})


def zipped(parts: Mapping[str, str | bytes | None]) -> bytes:
    """A ZIP archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)
    return out.getvalue()


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{listed}</Relationships>"
    )


def rows(*table: Sequence[Cell], hidden: Sequence[int] = ()) -> str:
    """The rows of a sheet; `hidden` are the numbers of those that are, from 1."""
    return "".join(
        f'<row r="{number}"{" hidden=" + chr(34) + "1" + chr(34) if number in hidden else ""}>'
        + "".join(_cell(f"{chr(65 + place)}{number}", value) for place, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(table, 1)
    )


def _cell(at: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    return f'<c r="{at}"><v>{value}</v></c>'


def one(*table: Sequence[Cell]) -> bytes:
    """A workbook of one sheet, called List."""
    return xlsx({"List": rows(*table)})


def ods(rows_xml: str) -> bytes:
    """An OpenDocument spreadsheet of one sheet, called List."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{name}="{space}:{name}:1.0"' for name in names)
    table = f'<table:table table:name="List">{rows_xml}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>',
            "content.xml": f"<office:document-content {spaces}>{body}</office:document-content>",
        }
    )


def xlsb() -> bytes:
    """A binary workbook with a sheet, List, of two rows: kim and 12, 이 and TRUE."""
    listed = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("List")
    book = _record(131) + _record(143) + _record(156, listed) + _record(144) + _record(132)
    head = _record(129) + _record(148, struct.pack("<IIII", 0, 1, 0, 1)) + _record(145)
    number = _record(5, _place(1) + struct.pack("<d", 12))
    first = _record(0, struct.pack("<II", 0, 0) + bytes(17)) + _record(6, _place(0) + _wide("kim")) + number
    truth = _record(4, _place(1) + b"\1")
    second = _record(0, struct.pack("<II", 1, 0) + bytes(17)) + _record(6, _place(0) + _wide("이")) + truth
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _relations([("worksheet", "worksheets/sheet1.bin")]),
            "xl/worksheets/sheet1.bin": head + first + second + _record(146) + _record(130),
        }
    )


def _record(kind: int, data: bytes = b"") -> bytes:
    begin = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    return begin + bytes([len(data)]) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _place(column: int) -> bytes:
    return struct.pack("<II", column, 0)
