"""Opening a file, a stream or a pasted text as users and what is wanted for each."""

import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, cast

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.files import Closing
from dfn_tui.service.bulk.input.encodings import UTF_8, Encoding, FileUnreadable, detect_encoding
from dfn_tui.service.bulk.input.json_lines import JsonReader
from dfn_tui.service.bulk.input.layout import Form, InputRefused, detect_layout, kind_in_json
from dfn_tui.service.bulk.input.records import Bad, Counts, Good, StoppedAtBadRow
from dfn_tui.service.bulk.input.rows import IdReader, TableReader
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.service.changes.identities import require_plain
from dfn_tui.text import _

_IN_MEMORY: Final = 1 << 20  # bytes of a stream that are held before it goes to a nameless file
_BLANK_LINES: Final = 1000  # at most, before the first row
_LINES_WITHOUT_USER: Final = 100  # at most, before the first JSON line that names its user


class BulkInput(Closing):
    """An input that was understood as a whole. Iterating reads its rows, each time from the start.

    Each record after the header becomes one `Good` or `Bad`, in the order of the file, or is blank; `counts`
    says how many of each there were, once iterating came to the end. Nothing is held but the row at hand, so
    a user may come more than once: `take_in` settles that. A context manager, for it holds the file open.
    """

    def __init__(
        self,
        stream: BinaryIO,
        encoding: Encoding | None,
        capabilities: Capabilities,
        edits_for_all: Sequence[FieldEdit],
        kind: IdentityKind | None,
    ) -> None:
        self._stream = stream
        self._encoding = encoding
        self._capabilities = capabilities
        self.edits_for_all = tuple(edits_for_all)
        self.counts = Counts()
        begin = self._begin()
        self._blank_before = len(begin) - 1
        self._layout = detect_layout(begin, capabilities, kind or self._kind_in_json(begin), edits_for_all)
        self.encoding = encoding.name if encoding else None
        """By the name that is shown; None for pasted text, which is in none."""
        self.form = self._layout.form
        self.kind = self._layout.kind
        """What every user of this input is named by."""
        self.columns = tuple(column for column in self._layout.columns if column)
        """The fields that a table's header names; none for ids, nor for JSON lines."""

    def rows(self, *, stop_at_first_bad: bool = False) -> Iterator[Good | Bad]:
        """The rows. With `stop_at_first_bad`, raises StoppedAtBadRow at the first one that is bad.

        Raises FileUnreadable where the file changes meanwhile. One iteration at a time.
        """
        lines = self._lines()
        reader: IdReader | TableReader | JsonReader
        if self.form is Form.JSON_LINES:
            reader = JsonReader(self._layout, self.edits_for_all, self._capabilities)
        elif self.form is Form.IDS:
            reader = IdReader(self._layout, self.edits_for_all)
        else:
            reader = TableReader(self._layout, self.edits_for_all)
        good = bad = 0
        in_doubt = not (self._layout.kind_said or self._capabilities.kind_said)
        for row in reader.rows(islice(lines, self._layout.first_line - 1, None)):
            if type(row) is Good:
                good += 1
                if in_doubt:
                    require_plain((row.user,), self._capabilities)
            else:
                bad += 1
                if stop_at_first_bad:
                    raise StoppedAtBadRow(cast("Bad", row))
            yield row
        self.counts = Counts(good, bad, reader.blank + self._blank_before)

    def __iter__(self) -> Iterator[Good | Bad]:
        return self.rows()

    def _begin(self) -> list[str]:
        """The first lines, up to the first that is not blank."""
        begin: list[str] = []
        for line in islice(self._lines(), _BLANK_LINES):
            begin.append(line)
            if line.strip():
                return begin
        raise InputRefused(
            _("The input was not taken"), _("There is no row in it."), _("Give at least one user.")
        )

    def _kind_in_json(self, begin: Sequence[str]) -> IdentityKind | None:
        if len(self._capabilities.write_by) == 1 or not begin[-1].lstrip().startswith("{"):
            return None
        lines = islice(self._lines(), len(begin) + _LINES_WITHOUT_USER)
        kinds = (kind_in_json(line, self._capabilities) for line in lines)
        return next((kind for kind in kinds if kind), None)

    def _lines(self) -> Iterator[str]:
        """The lines from the start, with their ends as they are."""
        encoding, errors = (self._encoding, "strict") if self._encoding else (UTF_8, "surrogatepass")
        self._stream.seek(encoding.mark)
        reader = io.TextIOWrapper(self._stream, encoding.codec, errors, newline="")
        try:
            for line in reader:  # noqa: UP028  it would close the file together with this generator
                yield line
        except UnicodeDecodeError:
            # `from None`: the error would carry the text itself.
            raise FileUnreadable(
                _("The file changed"),
                _("It was changed while it was being read, and can no longer be read."),
                _("Give it again once it is written."),
            ) from None
        finally:
            reader.detach()

    def close(self) -> None:
        """Closes the file, or forgets what was kept of a stream."""
        self._stream.close()


def open_input(
    source: Path | str | BinaryIO,
    capabilities: Capabilities,
    edits_for_all: Sequence[FieldEdit] = (),
    kind: IdentityKind | None = None,
) -> BulkInput:
    """The users in a file, in a pasted text or in a stream of bytes, and what is wanted for each.

    `wishes_for_all` are wanted for every user beside what its row says. `kind` is what users are named by
    where the input does not say; without it, the first kind this connection writes by. A stream is read to
    its end and left open. Raises FileUnreadable, InputRefused and NameRefused.
    """
    stream: BinaryIO
    if isinstance(source, str):
        # Half of a surrogate pair is for its row to report.
        stream = io.BytesIO(source.removeprefix("\ufeff").encode(errors="surrogatepass"))
    else:
        stream = _open(source) if isinstance(source, Path) else _spooled(source)
    try:
        encoding = None if isinstance(source, str) else detect_encoding(stream)
        return BulkInput(stream, encoding, capabilities, edits_for_all, kind)
    except BaseException:  # whatever it is goes on: only the file must not stay open
        stream.close()
        raise


def _open(path: Path) -> BinaryIO:
    try:
        stream = path.open("rb")
        if stream.seekable():
            return stream
        with stream:  # a pipe
            return _spooled(stream)
    except OSError as error:
        raise FileUnreadable(
            _("The file cannot be read"),
            _("{why}. Nothing was taken.").format(why=error.strerror or type(error).__name__),
            _("Check its name and its permissions."),
        ) from error


def _spooled(stream: BinaryIO) -> BinaryIO:
    """A copy that can be read from the start again. On disk it has no name and goes with the process."""
    spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  closed by BulkInput
    shutil.copyfileobj(stream, spool)
    return spool
