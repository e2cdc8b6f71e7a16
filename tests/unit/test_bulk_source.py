"""What a file is, whatever its name: packed, a document of another kind, or a text in some encoding."""

import gzip
import io
import os
import threading
from itertools import count
from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.service.bulk.input import source as sources
from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.mapping import InputRefused
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Bad, Good
from dfn_tui.service.bulk.input.source import Hidden, SourceOptions, open_source
from dfn_tui.service.changes.fields import parse_assignment
from tests.unit.workbooks import one, zipped

TABLE = "user_id,mkt_sms_flag\n김철수,Unsubscribed\n".encode()
STOP = parse_assignment("mkt_sms_flag=Unsubscribed", VERSION_1)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def refused(data: bytes, options: SourceOptions | None = None) -> str:
    with pytest.raises((InputRefused, FileUnreadable)) as raised:
        open_source(io.BytesIO(data), options or SourceOptions())
    return str(raised.value)


def ole(name: str) -> bytes:
    return OLE + name.encode("utf-16-le").ljust(64, b"\x00")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n\x00", "a picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (zipped({"members.csv": TABLE}), "a ZIP archive"),
        (zipped({}), "a ZIP archive"),
        (zipped({"word/document.xml": "<w/>"}), "a Word document"),
        (zipped({"ppt/presentation.xml": "<p/>"}), "a PowerPoint presentation"),
        (
            zipped({"mimetype": "application/hwp+zip", "Contents/content.hpf": "<h/>"}),
            "a Hangul document (HWP)",
        ),
        (
            zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}),
            "of another program",
        ),
        (ole("WordDocument"), "a Word document"),
        (ole("\x05HwpSummaryInformation"), "a Hangul document (HWP)"),
        (ole("Nothing known"), "a document of another program"),
        (ole("EncryptedPackage"), "protected by a password"),
        (b"SQLite format 3\x00\x10", "an SQLite database"),
        (b"PAR1\x15\x04\x15\x00\x00PAR1", "a Parquet file"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "an archive or a packed file"),
        (b"BZh91AY&SY\x00", "an archive or a packed file"),
        (b"{\\rtf1\\ansi kim}", "a text with formats"),
        (
            b"\r\n <HTML><body><table><tr><td>kim</td></tr></table>",
            "an HTML page, which many programs save as .xls",
        ),
        ('\ufeff<table border="1"><tr><td>김</td></tr></table>'.encode(), "an HTML page"),
        ("\ufeff<html xmlns:o='x'>김</html>".encode("utf-16-le"), "an HTML page"),
        (b'<?xml version="1.0"?><html><table></table></html>', "an HTML page"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "a web page in one file"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "an XML spreadsheet of Excel 2003",
        ),
        (b'<?xml version="1.0"?><list/>', "an XML document"),
        (gzip.compress(gzip.compress(TABLE)), "a gzip archive"),
        (gzip.compress(zipped({"members.csv": TABLE})), "a ZIP archive"),
    ],
    ids=count(),  # the bytes of archives have the time in them
)
def test_what_is_no_list_is_named(data: bytes, kind: str) -> None:
    words = refused(data)
    assert kind in words and "Nothing was taken." in words


@pytest.mark.parametrize("first", ["PAR1-kim", "BZh9", "GIF8", "PK", "<kim", "mime", "%PDF", "Rar!"])
def test_an_id_that_begins_as_other_files_do_is_an_id(first: str) -> None:
    with open_input(io.BytesIO(f"{first}\nlee\n".encode()), VERSION_1, [STOP]) as source:
        assert [row.user for row in source.rows() if isinstance(row, Good)] == [first, "lee"]


def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(gzip.compress(TABLE) + gzip.compress("이,Unsubscribed\n".encode()))
    with open_input(path, VERSION_1) as source:
        assert source.encoding == "gzip, UTF-8"
        for _again in range(2):
            assert [(row.line, row.user) for row in source.rows() if isinstance(row, Good)] == [
                (2, "김철수"),
                (3, "이"),
            ]
    path.write_bytes(gzip.compress(one(("kim",), ("lee",))))
    with open_input(path, VERSION_1, [STOP]) as source:
        assert source.encoding == 'gzip, Excel, sheet "List"'
        assert len(list(source.rows())) == 2


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TABLE)[:-9],
        gzip.compress(TABLE)[:-1] + b"\xff",
        gzip.compress(TABLE) + b"more",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00" + bytes(6) + b"\xff" * 20,
    ],
    ids=count(),
)
def test_a_gzip_archive_that_is_damaged(data: bytes) -> None:
    assert "It cannot be unpacked to its end." in refused(data)


def test_a_gzip_archive_is_unpacked_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sources.MOST_UNPACKED == 1 << 30
    monkeypatch.setattr(sources, "MOST_UNPACKED", 1 << 20)
    data = b"kim\n" * (1 << 20)
    assert "more than 1 MiB" in refused(gzip.compress(data))
    open_source(io.BytesIO(data)).close()


def test_a_pipe_and_a_stream_may_be_workbooks_and_packed(tmp_path: Path) -> None:
    for data in (
        one(("kim",), ("lee",)),
        gzip.compress(b"kim\nlee\n"),
        gzip.compress(one(("kim",), ("lee",))),
    ):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(data,))
        writer.start()
        for given in (pipe, io.BytesIO(data)):
            with open_source(given) as source:
                assert source.stream.read() == b"kim\nlee\n"
        writer.join()
        pipe.unlink()


def test_options_that_mean_nothing_are_refused() -> None:
    assert "no workbook" in refused(TABLE, SourceOptions(sheet="A"))
    assert "no workbook" in refused(TABLE, SourceOptions(hidden=Hidden.SKIP))
    assert "has no encoding" in refused(one(("kim",)), SourceOptions("cp949"))


def test_no_room_for_a_copy_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_files: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    assert "No space left on device. Nothing was taken." in refused(TABLE)


NAMES = {
    "shift_jis": "山田太郎\n佐藤花子\n鈴木一郎\n伊藤さくら\n",
    "gb18030": "王小明\n张伟\n李娜\n刘洋\n赵磊\n黄海\n",
    "euc-jp": "山田太郎\n佐藤花子\n鈴木一郎\n高橋美咲\n",
}


@pytest.mark.parametrize("name", NAMES)
def test_other_names_are_not_taken_for_korean(name: str) -> None:
    data = NAMES[name].encode(name)
    words = refused(data)
    assert "hardly Korean" in words and name in words and "cp949" in words
    with open_input(io.BytesIO(data), VERSION_1, [STOP], options=SourceOptions(name)) as source:
        assert [row.user for row in source.rows() if isinstance(row, Good)] == NAMES[name].split()


@pytest.mark.parametrize(
    "text",
    [
        "임꺽정",
        "회원번호,수신동의\n1,동의\n",
        "뺐다 꺾었다 했습니다 최희연 곽예원 위귀녀",
        "①,㈜한국,Ａ１\n김\n",
    ],
)
def test_korean_is_taken_for_korean(text: str) -> None:
    data = text.encode("cp949", "ignore") + b"\n"
    with open_source(io.BytesIO(data)) as source:
        assert source.encoding and source.encoding.name in {"CP949", "UTF-8"}


@pytest.mark.parametrize(
    ("name", "codec", "shown"),
    [
        ("UTF-8", "utf-8", "UTF-8"),
        ("utf8", "utf-8-sig", "UTF-8 with BOM"),
        ("cp949", "cp949", "CP949"),
        ("EUC-KR", "cp949", "CP949"),
        ("utf-16", "utf-16-le", "UTF-16 LE"),
        ("utf-16", "utf-16-be", "UTF-16 BE"),
        ("UTF_16", "utf-16", "UTF-16 LE with BOM"),
        ("utf-16-be", "utf-16-be", "UTF-16 BE"),
    ],
)
def test_the_encoding_that_is_named_decides(name: str, codec: str, shown: str) -> None:
    data = "김철수,이영희\nabc\n".encode(codec)
    with open_source(io.BytesIO(data), SourceOptions(name)) as source:
        assert source.encoding and source.encoding.name == shown
        source.stream.seek(source.encoding.mark)
        assert source.stream.read().decode(source.encoding.codec) == "김철수,이영희\nabc\n"


def test_an_encoding_that_cannot_be() -> None:
    for name in ("klingon", "rot13", "utf-7", "zip", "\x00", "x" * 500):
        words = refused(TABLE, SourceOptions(name))
        assert "no such encoding" in words and "shift_jis" in words and len(words) < 400
    assert "is no CP949" in refused(b"kim\n\xff\xff\n", SourceOptions("cp949"))
    assert "the mark of UTF-8 with BOM" in refused(b"\xef\xbb\xbfkim\n", SourceOptions("cp949"))
    assert "the mark of UTF-16 LE" in refused("kim".encode("utf-16"), SourceOptions("utf-16-be"))


def test_a_text_in_no_encoding_known_is_told_of_the_option() -> None:
    assert "--encoding" in refused("José,Ünal\n".encode("latin-1"))
    with open_source(io.BytesIO("José,Ünal\n".encode("latin-1")), SourceOptions("latin-1")) as source:
        assert source.described == "Latin-1"


def test_line_ends_zero_bytes_and_marks_amid_the_text_lose_nothing() -> None:
    data = b"kim\r\nlee\rpark\n\n\xef\xbb\xbfchoi\nju\x00n\n\x00\nyu\xef\xbb\xbfn\nend"
    with open_input(io.BytesIO(data), VERSION_1, [STOP]) as source:
        found = list(source.rows())
    good = [(row.line, row.user) for row in found if isinstance(row, Good)]
    assert good == [(1, "kim"), (2, "lee"), (3, "park"), (5, "choi"), (9, "end")]
    assert [row.line for row in found if isinstance(row, Bad)] == [6, 7, 8]
    assert source.counts.blank == 1
