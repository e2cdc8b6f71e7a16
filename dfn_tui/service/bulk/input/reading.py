"""Opening a file, a stream or a pasted text as users and what is wanted for each."""

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, cast

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.files import Closing
from dfn_tui.service.bulk.input.boxes import is_boxed, unboxed
from dfn_tui.service.bulk.input.cells import Remarks
from dfn_tui.service.bulk.input.encodings import UTF_8, FileUnreadable
from dfn_tui.service.bulk.input.json_lines import JsonReader
from dfn_tui.service.bulk.input.layout import Form, detect_layout
from dfn_tui.service.bulk.input.mapping import NOTHING_SAID, InputRefused, MappingOptions, Role
from dfn_tui.service.bulk.input.records import Bad, Counts, Good, StoppedAtBadRow
from dfn_tui.service.bulk.input.rows import IdReader, TableReader
from dfn_tui.service.bulk.input.source import InputSource, SourceOptions, open_source
from dfn_tui.service.bulk.input.sql_list import SqlBegin, SqlReader
from dfn_tui.service.changes.fields import FieldEdit, plain_name
from dfn_tui.service.changes.identities import require_plain
from dfn_tui.store import FieldKind
from dfn_tui.text import _, ngettext, sanitize

_BLANK_LINES: Final = 1000  # at most, before the first row
_SAMPLE: Final = 100  # lines from the first row on that say what the form is, and what the columns may be
_SAMPLE_SIZE: Final = 1 << 20  # characters, after which no more lines are taken for that

_NO_OPTIONS: Final = SourceOptions()


class BulkInput(Closing):
    """An input that was understood as a whole. `rows` reads its rows, each time from the start.

    Each record after the header becomes one `Good` or `Bad`, in the order of the file, or is blank; `counts`
    says how many of each there were, once `rows` came to the end. Nothing is held but the row at hand, so
    a user may come more than once: `take_in` settles that. A context manager, for it holds the file open.
    """

    def __init__(
        self,
        source: InputSource,
        capabilities: Capabilities,
        edits_for_all: Sequence[FieldEdit],
        kind: IdentityKind | None,
        asked: MappingOptions = NOTHING_SAID,
    ) -> None:
        self.source = source
        """Where its text is from."""
        self._capabilities = capabilities
        self.edits_for_all = tuple(edits_for_all)
        self.counts = Counts()
        self._boxed = False
        begin = self._begin()
        if not source.sheet and is_boxed(begin):
            self._boxed, begin = True, list(unboxed(begin))
        self._layout = detect_layout(begin, capabilities, kind, edits_for_all, asked, source.numeric)
        self._asked = asked
        self._blank_before = sum(not line.strip() for line in begin[: self._layout.first_line - 1])
        self._remarks = Remarks()
        self.encoding = source.described or None
        """By the name that is shown, with what it was packed in; None for pasted text, which is in none."""
        self.form = self._layout.form
        self.kind = self._layout.kind
        """What every user of this input is named by whose row does not say otherwise."""
        self.several = self._layout.several
        """Whether rows may do that."""
        self.mapping = self._layout.mapping
        """What each column is; without columns for ids."""
        self.columns = tuple(column.field for column in self.mapping.columns if column.field)
        """The fields that its columns are for, or the names in JSON lines."""
        self.long = bool(self.mapping.of(Role.CHANNEL))
        """Whether several rows of one user add up."""

    @property
    def named_by(self) -> str:
        """What users are named by, in words."""
        if self.mapping.of(Role.IDENTITY):
            return _("what each row says")
        return ", ".join(column.name for column in self.mapping.of(Role.USER)) or self.kind.value

    @property
    def new_properties(self) -> frozenset[str]:
        """Names of custom properties that need not be any user's yet."""
        return frozenset(map(plain_name, self._asked.new_properties))

    @property
    def custom_properties(self) -> frozenset[str]:
        """Names of the custom properties that are wanted."""
        standard = {prop.name for prop in self._capabilities.standard_properties}
        fields = [(one.kind, one.name) for one in self.columns]
        fields += [(edit.kind, edit.name) for edit in self.edits_for_all]
        return frozenset(name for kind, name in fields if kind is FieldKind.PROPERTY) - standard

    def remarks(self) -> list[str]:
        """What is to be said once of an input whose rows were read: what was left out of it, and how."""
        said = []
        named = [(one.head or f"#{one.place + 1}", one) for one in self.mapping.columns]
        mapped = [f"{head} = {one.name}" for head, one in named if one.said and one.name]
        mapped += [f"{word} = {state or '-'}" for word, state in self.mapping.words]
        mapped += [f"{word} = {kind}" for word, kind in self.mapping.kinds if word != kind]
        if mapped:
            said.append(_("As was said: {columns}.").format(columns=sanitize(", ".join(mapped), 400)))
        if self._layout.titles:
            words = ngettext(
                "{count} line above the head: left out.",
                "{count} lines above the head: left out.",
                self._layout.titles,
            )
            said.append(words.format(count=self._layout.titles))
        users = [head for head, one in named if one.role is Role.USER]
        if len(users) > 1 and self.form is not Form.JSON_LINES:
            words = _("Each user is named by the first of these that is filled: {columns}.")
            said.append(words.format(columns=sanitize(", ".join(users), 200)))
        unused = [head for head, one in named if one.role is Role.UNUSED]
        if unused:
            said.append(_("Not used: {columns}.").format(columns=sanitize(", ".join(unused), 200)))
        if self._remarks.trimmed:
            said.append(_("Blanks around values were dropped."))
        if self._remarks.empty:
            words = ", ".join(f"{word} ({count:,})" for word, count in self._remarks.empty.most_common())
            said.append(_("Taken for empty cells: {words}.").format(words=words))
        return said

    def rows(self, *, stop_at_first_bad: bool = False) -> Iterator[Good | Bad]:
        """The rows. With `stop_at_first_bad`, raises StoppedAtBadRow at the first one that is bad.

        Raises FileUnreadable where the file changes meanwhile. One iteration at a time.
        """
        lines = unboxed(self._lines()) if self._boxed else self._lines()
        self._remarks = Remarks()
        reader = self._reader()
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

    def _reader(self) -> "IdReader | TableReader | JsonReader | SqlReader":
        layout, for_all, remarks = self._layout, self.edits_for_all, self._remarks
        if self.form is Form.JSON_LINES:
            others = self._asked.ignore_others
            return JsonReader(layout, for_all, self._capabilities, remarks, ignore_others=others)
        if self.form is Form.SQL_LIST:
            column = next((one.head for one in layout.mapping.columns), "")
            return SqlReader(layout.kind, SqlBegin(layout.width, column), for_all)
        if self.form is Form.IDS:
            return IdReader(layout, for_all)
        return TableReader(layout, for_all, remarks)

    def _begin(self) -> list[str]:
        """The first lines: some more than up to the first that is not blank."""
        begin: list[str] = []
        filled = size = 0
        for line in islice(self._lines(), _BLANK_LINES):
            begin.append(line)
            filled += bool(line.strip())
            size += len(line)
            if filled == _SAMPLE or size > _SAMPLE_SIZE:
                break
        if not filled:
            raise InputRefused(
                _("The input was not taken"), _("There is no row in it."), _("Give at least one user.")
            )
        return begin

    def _lines(self) -> Iterator[str]:
        """The lines from the start, with their ends as they are."""
        encoding, errors = (held, "strict") if (held := self.source.encoding) else (UTF_8, "surrogatepass")
        self.source.stream.seek(encoding.mark)
        reader = io.TextIOWrapper(self.source.stream, encoding.codec, errors, newline="")
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
            if not self.source.stream.closed:  # before whoever stopped amid the rows let go of them
                reader.detach()

    def close(self) -> None:
        """Closes the file, or forgets what was kept of a stream."""
        self.source.close()


def open_input(
    source: Path | str | BinaryIO | InputSource,
    capabilities: Capabilities,
    edits_for_all: Sequence[FieldEdit] = (),
    kind: IdentityKind | None = None,
    asked: MappingOptions = NOTHING_SAID,
    *,
    options: SourceOptions = _NO_OPTIONS,
) -> BulkInput:
    """The users in a file, in a pasted text or in a stream of bytes, and what is wanted for each.

    `edits_for_all` are wanted for every user beside what its row says. `kind` is what users are named by
    where the input does not say; without it, the first kind this connection writes by. `asked` is what was
    said of its columns, and `options` how a file is to be read. A stream is read to its end and left open. An
    InputSource is closed with the input, or where this raises FileUnreadable, InputRefused, MappingNeeded or
    NameRefused.
    """
    opened = source if isinstance(source, InputSource) else open_source(source, options)
    try:
        return BulkInput(opened, capabilities, edits_for_all, kind, asked)
    except BaseException:  # whatever it is goes on: only the file must not stay open
        opened.close()
        raise
