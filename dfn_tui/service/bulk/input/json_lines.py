"""JSON lines as rows."""

import json
from collections.abc import Iterator, Sequence

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.service.bulk.input.cells import (
    EditReader,
    Problem,
    Remarks,
    plain_user,
    problem_with_value,
    read_user,
    remember,
)
from dfn_tui.service.bulk.input.edits import CellEdits
from dfn_tui.service.bulk.input.evidence import WordReader
from dfn_tui.service.bulk.input.layout import Layout, json_text
from dfn_tui.service.bulk.input.mapping import WORD_ROLES, MappedColumn, Role, meaning_of
from dfn_tui.service.bulk.input.records import PersonsWord, Row, RowFault, quick_good
from dfn_tui.service.changes.fields import (
    EditSet,
    FieldEdit,
    NameRefused,
    identity_kind,
    is_known,
    resolve,
)
from dfn_tui.service.changes.values import ValueRefused, no_constant
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import NULL_WORDS, bare_id


class _Object(list[tuple[str, object]]):
    """The names and values of a JSON object, each as often as it was written."""


_decode = json.JSONDecoder(object_pairs_hook=_Object, parse_constant=no_constant).decode


Meaning = MappedColumn | IdentityKind | Problem | Role
"""What a name in an object stands for; a role only where that is UNUSED."""


class JsonReader:
    """One JSON object a line: the user under the name of an identity, what is wanted under the others."""

    def __init__(
        self,
        layout: Layout,
        for_all: Sequence[FieldEdit],
        capabilities: Capabilities,
        remarks: Remarks,
        *,
        ignore_others: bool = False,
    ) -> None:
        self.blank = 0
        self._kind = layout.kind
        self._several = layout.several
        self._capabilities = capabilities
        self._remarks = remarks
        self._ignore_others = ignore_others
        self._cells = CellEdits(layout.mapping)
        self._edits = EditReader(for_all, self._read, users_only=layout.mapping.users_only)
        has_words = any(layout.mapping.of(role) for role in WORD_ROLES)
        self._words = WordReader(range(len(WORD_ROLES))) if has_words else None
        self._mapping = layout.mapping
        self._meanings: dict[str, Meaning] = {
            column.head: IdentityKind(column.name)
            if column.role is Role.USER
            else (Role.UNUSED if column.role is Role.UNUSED else column)
            for column in layout.mapping.columns
        }

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        plain = plain_user(self._kind)
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text.startswith("{"):  # an invisible mark may stand before it
                text = bare_id(text)
            if not text:
                self.blank += 1
                continue
            kind, user = self._kind, ""
            try:
                kind, user, others = self._parts(text)
                if kind is not self._kind or not plain(user):
                    user = read_user(kind, user)
                word = self._word(others) if self._words else None
                yield quick_good(
                    (number, user, self._wanted(others), word, None if kind is self._kind else kind)
                )
            except Problem as problem:
                yield problem.bad(number, kind, user)

    def _parts(self, text: str) -> tuple[IdentityKind, str, list[tuple[str, object]]]:
        """The user named in the line, by what, and all else in it."""
        try:
            found = _decode(text)
        except (ValueError, RecursionError):
            raise Problem(RowFault.JSON, _("This is no JSON.")) from None
        if type(found) is not _Object:
            raise Problem(RowFault.JSON, _("This is no JSON object."))
        users: list[tuple[IdentityKind, object]] = []
        others: list[tuple[str, object]] = []
        for name, value in found:
            meaning = self._meanings.get(name) or self._mean(name)
            if isinstance(meaning, IdentityKind):
                users.append((meaning, value))
            elif meaning is not Role.UNUSED:
                others.append((name, value))
        kind, user = self._user(users)
        return kind, user, others

    def _user(self, users: list[tuple[IdentityKind, object]]) -> tuple[IdentityKind, str]:
        if len(users) > 1:
            raise Problem(RowFault.BAD_ID, _("The user is named more than once."))
        if not users or not (self._several or users[0][0] is self._kind):
            raise Problem(RowFault.NO_ID, _("There is no {kind}.").format(kind=self._kind))
        kind, user = users[0]
        if isinstance(user, int) and not isinstance(user, bool):
            return kind, str(user)
        if not isinstance(user, str):
            raise Problem(RowFault.BAD_ID, _("The id is not a string."))
        return kind, user

    def _mean(self, name: str) -> Meaning:
        """What a name stands for that comes so late that nobody was asked about it."""
        meaning: Meaning
        kind = identity_kind(name)
        if kind in self._capabilities.write_by:
            meaning = kind
        elif self._mapping.users_only:
            meaning = Role.UNUSED
        elif is_known(name) and kind is None:
            try:
                column = resolve(name, self._capabilities, typed=False)
                meaning = MappedColumn(0, name, Role.FIELD, column.name, field=column)
            except NameRefused as refused:
                meaning = Problem(RowFault.NAME, refused.reason)
        elif self._ignore_others:
            meaning = Role.UNUSED
        else:
            words = _("{name}: nobody said what this is (--map, --ignore).")
            meaning = Problem(RowFault.NAME, words.format(name=sanitize(name, 40)))
        remember(self._meanings, name, meaning, len(name))
        return meaning

    def _wanted(self, others: list[tuple[str, object]]) -> EditSet:
        try:
            seen = repr(others)  # tells 1 from 1.0 and from True, as their hashes do not
        except RecursionError:
            raise Problem(RowFault.JSON, _("This is no JSON.")) from None
        wanted = self._edits.known.get(seen)
        if type(wanted) is EditSet:
            return wanted
        empty = [value for _name, value in others if type(value) is str and value in NULL_WORDS]
        if empty:
            self._remarks.empty.update(empty)
            seen += " "  # which is not found above: the words are to be counted
        return self._edits.of(others, seen, len(seen))

    def _word(self, others: list[tuple[str, object]]) -> PersonsWord | None:
        """The evidence in an object. Raises Problem."""
        cells = [""] * len(WORD_ROLES)
        for name, value in others:
            meaning = self._meanings.get(name)
            if isinstance(meaning, MappedColumn) and meaning.role in WORD_ROLES:
                cells[WORD_ROLES.index(meaning.role)] = json_text(value)
        assert self._words is not None
        word = self._words.of(cells)
        if isinstance(word, Problem):
            raise Problem(word.fault, word.reason)
        return word

    def _read(self, others: list[tuple[str, object]]) -> Iterator[FieldEdit]:
        long = {Role.CHANNEL: "", Role.STATUS: ""}
        for name, value in others:
            meaning = self._meanings.get(name) or self._mean(name)
            if isinstance(meaning, Problem):
                raise Problem(meaning.fault, meaning.reason)
            assert isinstance(meaning, MappedColumn)  # `_parts` took the identities out
            if meaning.role in long:
                long[meaning.role] = json_text(value)
            if meaning.field is None or (isinstance(value, str) and value in NULL_WORDS):
                continue
            edit = self._edit(meaning, value)
            if edit is not None:
                yield edit
        if all(long.values()):
            edit = self._cells.of_channel(*long.values())
            if edit is not None:
                yield edit

    def _edit(self, column: MappedColumn, value: object) -> FieldEdit | None:
        assert column.field is not None
        words = self._mapping.words_of(column)
        try:
            if column.field.kind is FieldKind.CONSENT and value is not None and (column.said or words):
                return meaning_of(column, json_text(value), words)
            return column.field.read_json(value, self._capabilities)
        except ValueRefused as refused:
            raise problem_with_value(column.field.name, refused) from None
