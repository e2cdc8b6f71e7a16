"""JSON lines as rows."""

import json
from collections.abc import Iterator, Sequence

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.service.bulk.input.cells import (
    EditReader,
    Problem,
    plain_user,
    problem_with_value,
    read_user,
    remember,
)
from dfn_tui.service.bulk.input.layout import Layout
from dfn_tui.service.bulk.input.records import Good, Row, RowFault
from dfn_tui.service.changes.fields import (
    EditSet,
    FieldColumn,
    FieldEdit,
    NameRefused,
    identity_kind,
    resolve,
)
from dfn_tui.service.changes.values import ValueRefused, no_constant
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id


class _Object(list[tuple[str, object]]):
    """The names and values of a JSON object, each as often as it was written."""


_decode = json.JSONDecoder(object_pairs_hook=_Object, parse_constant=no_constant).decode


class JsonReader:
    """One JSON object a line: the user under the name of an identity, what is wanted under the others."""

    def __init__(self, layout: Layout, for_all: Sequence[FieldEdit], capabilities: Capabilities) -> None:
        self.blank = 0
        self._kind = layout.kind
        self._capabilities = capabilities
        self._wishes = EditReader(for_all, self._read)
        self._meanings: dict[str, FieldColumn | IdentityKind | Problem] = {}

    def rows(self, lines: Iterator[str]) -> Iterator[Row]:
        plain = plain_user(self._kind)
        for number, line in enumerate(lines, 1):
            text = bare_id(line)
            if not text:
                self.blank += 1
                continue
            user = ""
            try:
                user, others = self._parts(text)
                if not plain(user):
                    user = read_user(self._kind, user)
                yield Good(number, user, self._wanted(others))
            except Problem as problem:
                yield problem.bad(number, self._kind, user)

    def _parts(self, text: str) -> tuple[str, list[tuple[str, object]]]:
        """The user named in the line, and all else in it."""
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
            else:
                others.append((name, value))
        return self._user(users), others

    def _user(self, users: list[tuple[IdentityKind, object]]) -> str:
        if len(users) > 1:
            raise Problem(RowFault.BAD_ID, _("The user is named more than once."))
        if not users or users[0][0] is not self._kind:
            raise Problem(RowFault.NO_ID, _("There is no {kind}.").format(kind=self._kind))
        user = users[0][1]
        if isinstance(user, int) and not isinstance(user, bool):
            return str(user)
        if not isinstance(user, str):
            raise Problem(RowFault.BAD_ID, _("The id is not a string."))
        return user

    def _mean(self, name: str) -> FieldColumn | IdentityKind | Problem:
        """What a name in an object stands for."""
        meaning: FieldColumn | IdentityKind | Problem
        kind = identity_kind(name)
        if kind in self._capabilities.write_by:
            meaning = kind
        else:
            try:
                meaning = resolve(name, self._capabilities, typed=False)
            except NameRefused as refused:
                meaning = Problem(RowFault.NAME, refused.reason)
        remember(self._meanings, name, meaning, len(name))
        return meaning

    def _wanted(self, others: list[tuple[str, object]]) -> EditSet:
        try:
            seen = repr(others)  # tells 1 from 1.0 and from True, as their hashes do not
        except RecursionError:
            raise Problem(RowFault.JSON, _("This is no JSON.")) from None
        return self._wishes.of(others, seen, len(seen))

    def _read(self, others: list[tuple[str, object]]) -> Iterator[FieldEdit]:
        return (self._edit(name, value) for name, value in others)

    def _edit(self, name: str, value: object) -> FieldEdit:
        meaning = self._meanings.get(name) or self._mean(name)
        if isinstance(meaning, Problem):
            raise Problem(meaning.fault, meaning.reason)
        assert isinstance(meaning, FieldColumn)  # `_parts` took the identities out
        try:
            return meaning.read_json(value, self._capabilities)
        except ValueRefused as refused:
            raise problem_with_value(meaning.name, refused) from None
