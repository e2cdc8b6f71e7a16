"""Opening what users come in: a text or a workbook, packed with gzip or not; a file, a pipe, or pasted."""

import gzip
import io
import shutil
import tempfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from dfn_tui.errors import system_reason
from dfn_tui.files import Closing
from dfn_tui.service.bulk.input.content import Content, content_of
from dfn_tui.service.bulk.input.encodings import UTF_8, Encoding, FileUnreadable, detect_encoding
from dfn_tui.service.bulk.input.excel import quoted, quoted_all, read_workbook, refuse_content
from dfn_tui.service.bulk.input.mapping import InputRefused
from dfn_tui.text import _, ngettext

MOST_UNPACKED: Final = 1 << 30
"""The most bytes that are unpacked of a gzip archive."""

_IN_MEMORY: Final = 1 << 20  # bytes of a stream that are held before it goes to a nameless file
_SHOWN_COLUMNS: Final = 20


class Hidden(StrEnum):
    """What becomes of rows of a sheet that are hidden."""

    INCLUDE = "include"
    SKIP = "skip"


class SourceOptions(NamedTuple):
    """What the operator said of a file: the encoding of a text, the sheet of a workbook and what becomes of
    its hidden rows. "" and None leave it to be recognised, or asked."""

    encoding: str = ""
    sheet: str = ""
    hidden: Hidden | None = None

    def answered(self, option: str, value: str) -> "SourceOptions":
        """What was said, and that this option is so."""
        if option == "hidden":
            return self._replace(hidden=Hidden(value))
        return self._replace(sheet=value) if option == "sheet" else self._replace(encoding=value)


_NO_OPTIONS = SourceOptions()


@dataclass(frozen=True, slots=True)
class InputSource(Closing):
    """A text that can be read from its start again, and where it is from. It holds a file open.

    A sheet of a workbook is CSV with commas in UTF-8, a line for each of the sheet's rows, so that the
    numbers of lines are those of the rows: rows without a value, and hidden ones that are skipped, are blank
    lines, and a line break inside a cell is U+2028. Empty columns before the first that holds something are
    left out.
    """

    stream: BinaryIO
    encoding: Encoding | None
    """None for pasted text (UTF-8, halves of surrogate pairs as they are)."""
    sheet: str = ""
    """The sheet that was read."""
    other_sheets: tuple[str, ...] = ()
    """Those that were not, hidden ones too."""
    hidden: int | None = 0
    """Rows that are hidden and hold something; None where that cannot be told."""
    skipped: bool = False
    """Whether these were left out."""
    hidden_columns: tuple[str, ...] = ()
    """Columns that are hidden, by their letters. They are read like others."""
    numeric: frozenset[int] = frozenset()
    """Places of columns where a cell below the first filled row is a number (a date, a truth value) and no
    text: what only the format showed of it, as zeros in front, is lost."""
    packed: str = ""
    """What the text was taken out of: "gzip", "Excel", "OpenDocument", or two of them."""

    def close(self) -> None:
        """Closes the file, or forgets what was kept of a stream."""
        self.stream.close()

    @property
    def described(self) -> str:
        """What it is from, in a few words: `Excel, sheet "6월"` or `gzip, CP949`; "" for pasted text."""
        if self.sheet:
            return f"{self.packed}, {_('sheet')} {quoted(self.sheet)}"
        return ", ".join(filter(None, (self.packed, self.encoding.name if self.encoding else "")))

    def remarks(self) -> list[str]:
        """What has to be said of a sheet, a sentence each; nothing of a text."""
        if not self.sheet:
            return []
        said = [_("Sheet {sheet} was read.").format(sheet=quoted(self.sheet))]
        if self.other_sheets:
            said.append(_("Not read: {sheets}.").format(sheets=quoted_all(self.other_sheets)))
        if self.hidden is None:
            said.append(_("Whether rows are hidden cannot be told of this form of workbook: all were read."))
        elif self.hidden:
            words = ngettext("{count} hidden row was read.", "{count} hidden rows were read.", self.hidden)
            if self.skipped:
                words = ngettext(
                    "{count} hidden row was left out.", "{count} hidden rows were left out.", self.hidden
                )
            said.append(words.format(count=f"{self.hidden:,}"))
        if self.hidden_columns:
            words = ngettext(
                "Column {columns} is hidden, and was read.",
                "Columns {columns} are hidden, and were read.",
                len(self.hidden_columns),
            )
            said.append(words.format(columns=", ".join(self.hidden_columns[:_SHOWN_COLUMNS])))
        return said


def open_source(given: Path | str | BinaryIO, options: SourceOptions = _NO_OPTIONS) -> InputSource:
    """What was given as a text that can be read from its start again.

    A str is pasted text, to which no option applies. A stream is read to its end and left open. Raises
    FileUnreadable and InputRefused.
    """
    if isinstance(given, str):
        # Half of a surrogate pair is for its row to report.
        return InputSource(io.BytesIO(given.removeprefix("\ufeff").encode(errors="surrogatepass")), None)
    try:
        return _closing(_open(given) if isinstance(given, Path) else _spooled(given), options)
    except OSError as error:
        raise FileUnreadable(
            _("The file cannot be read"),
            _("{why}. Nothing was taken.").format(why=system_reason(error)),
            _("Check its name and its permissions."),
        ) from error


def _closing(stream: BinaryIO, options: SourceOptions, packed: str = "") -> InputSource:
    """The InputSource in `stream`, which is closed unless it is that of the InputSource."""
    try:
        source = _understood(stream, options, packed)
    except BaseException:  # whatever it is goes on: only the file must not stay open
        stream.close()
        raise
    if source.stream is not stream:
        stream.close()
    return source


def _understood(stream: BinaryIO, options: SourceOptions, packed: str) -> InputSource:
    content = content_of(stream)
    if content is Content.GZIP and not packed:
        return _closing(_unpacked(stream), options, "gzip")
    if content in {Content.ZIP, Content.OLE}:
        return _of_sheet(stream, options, packed)
    if content is not Content.TEXT:
        refuse_content(content)
    if options.sheet or options.hidden:
        raise InputRefused(
            _("This is no workbook"),
            _("The file is a text, which has no sheets and no hidden rows. Nothing was taken."),
            _("Leave --sheet and --hidden out."),
        )
    encoding = detect_encoding(stream, options.encoding)
    stream.seek(0)
    return InputSource(stream, encoding, packed=packed)


def _of_sheet(stream: BinaryIO, options: SourceOptions, packed: str) -> InputSource:
    if options.encoding:
        raise InputRefused(
            _("A workbook has no encoding"),
            _("The file is a workbook or another document, not a text. Nothing was taken."),
            _("Leave --encoding out."),
        )
    found = read_workbook(stream, options.sheet, options.hidden or "")
    program = "OpenDocument" if found.content is Content.ODS else "Excel"
    skipped = options.hidden is Hidden.SKIP
    return InputSource(
        found.stream,
        UTF_8,
        sheet=found.sheet,
        other_sheets=found.others,
        hidden=found.hidden,
        skipped=skipped,
        hidden_columns=found.hidden_columns,
        numeric=found.numeric,
        packed=f"{packed}, {program}" if packed else program,
    )


def _open(path: Path) -> BinaryIO:
    stream = path.open("rb")
    if stream.seekable():
        return stream
    with stream:  # a pipe
        return _spooled(stream)


def _spooled(stream: BinaryIO) -> BinaryIO:
    """A copy that can be read from the start again. On disk it has no name and goes with the process."""
    spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  closed with the InputSource
    try:
        shutil.copyfileobj(stream, spool)
    except BaseException:
        spool.close()
        raise
    return spool


def _unpacked(stream: BinaryIO) -> BinaryIO:
    """What a gzip archive holds, spooled. Raises FileUnreadable."""
    stream.seek(0)
    with gzip.GzipFile(fileobj=stream, mode="rb") as archive:
        try:
            return _spooled(cast("BinaryIO", _Bounded(archive)))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise FileUnreadable(
                _("The archive is damaged"),
                _("It cannot be unpacked to its end. Nothing was taken."),
                _("Copy it again from where it came from."),
            ) from None


class _Bounded:
    """An archive that is read to its end, or to the most that is unpacked."""

    def __init__(self, archive: gzip.GzipFile) -> None:
        self._archive = archive

    def read(self, size: int) -> bytes:
        if self._archive.tell() > MOST_UNPACKED:
            raise FileUnreadable(
                _("The archive is too large"),
                _("It unpacks to more than {most} MiB. Nothing was taken.").format(most=MOST_UNPACKED >> 20),
                _("Unpack it, and give the file that is in it."),
            )
        return self._archive.read(size)
