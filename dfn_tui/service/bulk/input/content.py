"""What a file is, by its first bytes and its parts and never by its name."""

import re
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, Final

from dfn_tui.text import _

_SAMPLE: Final = 4096
_PIECE: Final = 1 << 20


class Content(StrEnum):
    """What is in a file. ZIP and OLE are containers, which `in_zip` and `in_ole` look into."""

    TEXT = "text"
    GZIP = "gzip"
    ZIP = "zip"
    OLE = "ole"
    XLSX = "xlsx"
    XLSB = "xlsb"
    ODS = "ods"
    XLS = "xls"
    LOCKED = "locked"
    XML_SHEET = "xml-sheet"
    HTML = "html"
    MHTML = "mhtml"
    XML = "xml"
    PDF = "pdf"
    IMAGE = "image"
    RTF = "rtf"
    WORD = "word"
    POWERPOINT = "powerpoint"
    HANGUL = "hangul"
    NUMBERS = "numbers"
    SQLITE = "sqlite"
    PARQUET = "parquet"
    AVRO = "avro"
    ARCHIVE = "archive"
    OTHER = "other"


WORKBOOKS: Final = frozenset({Content.XLSX, Content.XLSB, Content.ODS, Content.XLS})

_MAGIC: Final = (
    (b"\x1f\x8b", Content.GZIP),
    (b"PK\x03\x04", Content.ZIP),
    (b"PK\x05\x06", Content.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content.OLE),
    (b"%PDF-", Content.PDF),
    (b"\x89PNG\r\n", Content.IMAGE),
    (b"\xff\xd8\xff", Content.IMAGE),
    (b"GIF87a", Content.IMAGE),
    (b"GIF89a", Content.IMAGE),
    (b"{\\rtf", Content.RTF),
    (b"SQLite format 3\x00", Content.SQLITE),
    (b"Obj\x01", Content.AVRO),
    (b"BZh91AY&SY", Content.ARCHIVE),
    (b"\xfd7zXZ\x00", Content.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Content.ARCHIVE),
    (b"Rar!\x1a\x07", Content.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Content.ARCHIVE),
)
_MARKUP: Final = re.compile(
    rb"<(?:!doctype|!--|html|head|meta|body|table|style|script|div|\?xml)[\s>\-]", re.I
)
# A book's first record in .xls and the one that says how it is encrypted, with at most one between them.
_LOCKED_XLS: Final = re.compile(
    rb"\x09\x08(?:\x10\x00\x00\x06.{14}|\x08\x00\x00\x05.{6})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
# Of the names in a compound document's directory, which are in UTF-16, those that tell what it is.
_STREAMS: Final = (
    ("EncryptedPackage", Content.LOCKED),
    ("Workbook", Content.XLS),
    ("Book", Content.XLS),
    ("WordDocument", Content.WORD),
    ("PowerPoint Document", Content.POWERPOINT),
    ("HwpSummaryInformation", Content.HANGUL),
)


def content_of(stream: BinaryIO) -> Content:
    """What `stream`, which can be sought, begins as."""
    stream.seek(0)
    begin = stream.read(_SAMPLE)
    for magic, content in _MAGIC:
        if begin.startswith(magic):
            return content
    if begin.startswith(b"PAR1") and b"\x00" in begin:
        return Content.PARQUET
    plain = begin.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")
    if plain[:13].lower() == b"mime-version:":
        return Content.MHTML
    if not _MARKUP.match(plain):
        return Content.TEXT
    if b"schemas-microsoft-com:office:spreadsheet" in plain and b"<Workbook" in plain:
        return Content.XML_SHEET
    return Content.XML if plain.startswith(b"<?xml") and b"<html" not in plain.lower() else Content.HTML


def in_zip(archive: zipfile.ZipFile) -> Content:
    """What a ZIP archive holds, by the names of its parts."""
    names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    for name, content in (
        ("xl/workbook.bin", Content.XLSB),
        ("xl/workbook.xml", Content.XLSX),
        ("word/document.xml", Content.WORD),
        ("ppt/presentation.xml", Content.POWERPOINT),
        ("contents/content.hpf", Content.HANGUL),
        ("index/document.iwa", Content.NUMBERS),
    ):
        if name in names:
            return content
    if "mimetype" in names and "content.xml" in names:
        kind = archive.read("mimetype")[:100]
        return Content.ODS if kind.endswith(b"opendocument.spreadsheet") else Content.OTHER
    return Content.ZIP


def in_ole(stream: BinaryIO) -> Content:
    """What a compound document (the container of .xls, .doc and .hwp) holds."""
    if any(_LOCKED_XLS.search(piece) for piece in _overlapping(stream)):
        return Content.LOCKED
    wanted = {name.encode("utf-16-le") + b"\x00\x00": content for name, content in _STREAMS}
    found: set[Content] = set()
    for piece in _overlapping(stream):
        found.update(content for name, content in wanted.items() if name in piece)
    return next((content for _name, content in _STREAMS if content in found), Content.OTHER)


def _overlapping(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    before = b""
    while piece := stream.read(_PIECE):
        yield before + piece
        before = piece[-64:]


def named(content: Content) -> str:
    """What a file of that content is called, for a sentence that says why it is not read."""
    return {
        Content.ZIP: _("a ZIP archive"),
        Content.GZIP: _("a gzip archive"),
        Content.XML_SHEET: _("an XML spreadsheet of Excel 2003"),
        Content.HTML: _("an HTML page, which many programs save as .xls"),
        Content.MHTML: _("a web page in one file, or a mail"),
        Content.XML: _("an XML document"),
        Content.PDF: _("a PDF document"),
        Content.IMAGE: _("a picture"),
        Content.RTF: _("a text with formats (RTF)"),
        Content.WORD: _("a Word document"),
        Content.POWERPOINT: _("a PowerPoint presentation"),
        Content.HANGUL: _("a Hangul document (HWP)"),
        Content.NUMBERS: _("a document of Apple's Numbers, Pages or Keynote"),
        Content.SQLITE: _("an SQLite database"),
        Content.PARQUET: _("a Parquet file"),
        Content.AVRO: _("an Avro file"),
        Content.ARCHIVE: _("an archive or a packed file"),
    }.get(content, _("a document of another program"))


def remedy(content: Content) -> str:
    """What makes a file of that content one that is read."""
    if content in {Content.HTML, Content.MHTML, Content.XML_SHEET}:
        return _("Open it in Excel, check it, and save it as .xlsx or as CSV.")
    if content in {Content.ZIP, Content.ARCHIVE, Content.GZIP}:
        return _("Unpack it, and give the file that is in it.")
    return _("Give a list of ids, CSV, TSV, JSON lines or an Excel workbook.")
