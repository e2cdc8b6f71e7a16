"""Mapping the columns of one input: what their heads say, what was said of them, and what is to be asked."""

import re
from collections.abc import Collection, Iterable, Sequence

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.likeness import consent_meant
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.mapping import (
    OPEN_PLACE,
    MappedColumn,
    Mapping,
    MappingNeeded,
    MappingOptions,
    Role,
    refuse,
)
from dfn_tui.service.bulk.input.meanings import Meanings
from dfn_tui.service.bulk.input.suggesting import agreed
from dfn_tui.service.changes.fields import (
    FieldColumn,
    FieldEdit,
    NameRefused,
    identity_kind,
    is_known,
    plain_name,
    resolve,
)
from dfn_tui.service.personal import is_personal
from dfn_tui.store import FieldKind
from dfn_tui.text import _, mask, sanitize
from dfn_tui.text.ids import bare_id

_FIRST_SHOWN = 3  # values of a column
_VALUE_SHOWN = 20  # characters of each
_PLACE = re.compile(r"#([1-9][0-9]{0,3})")
_ROLES = {
    role.value: role
    for role in (Role.EVIDENCE, Role.EXPRESSED_ON, Role.EXPRESSED_SOURCE, Role.CHANNEL, Role.STATUS)
}
_OF_KINDS = {role.value: role for role in (Role.IDENTITY, Role.KIND)}
"""Where users can be named in several ways."""


class Mapper:
    """Maps the columns of one input. `for_all` is wanted for every user beside what a row says.

    `numeric` are the places of columns in which a workbook holds numbers. `json`: the columns are names in
    objects, whose values bear their own types. `phones`: somebody said that users are named by phone numbers,
    of which a number loses nothing: the country stands for the zero, none is too long. Raises InputRefused
    and NameRefused where what was said makes no sense.
    """

    def __init__(
        self,
        capabilities: Capabilities,
        asked: MappingOptions,
        for_all: Sequence[FieldEdit] = (),
        numeric: Collection[int] = (),
        *,
        json: bool = False,
        phones: bool = False,
    ) -> None:
        self._has = capabilities
        self._asked = asked
        self._for_all = for_all
        self._numeric = numeric
        self._json = json
        self._phones = phones
        self._new = {plain_name(name) for name in asked.new_properties}
        said = [word for pair in (*asked.maps, *asked.values) for word in pair]
        if any(OPEN_PLACE in word for word in [*said, *asked.ignored, *asked.new_properties]):
            refuse(
                _("There is still {open} in an option.").format(open=OPEN_PLACE),
                _("Write in its place what is meant."),
            )
        self._meanings = Meanings(capabilities, asked.values)

    def is_said(self, head: str) -> bool:
        """Whether an option names a column of this head."""
        plain = plain_name(head)
        said = (*(head for head, _name in self._asked.maps), *self._asked.ignored)
        return bool(plain) and plain in map(plain_name, said)

    def map(self, header: Sequence[str], sample: Iterable[Sequence[str]], why: str = "") -> Mapping:
        """What these columns are; `sample` has some of the first rows. Raises MappingNeeded, too, which says
        `why` where something is to be said of the head."""
        rows = [[*row, *[""] * (len(header) - len(row))] for row in sample]
        said = self._places(header)
        columns = [self._column(place, head, said) for place, head in enumerate(header)]
        columns = self._one_user(columns, said)
        if self._asked.users_only:
            columns = _without_fields(columns)
        shown = tuple(agreed([with_first(column, rows) for column in columns]))
        mapping = self._meanings.mapping(shown, rows, users_only=self._asked.users_only)
        self._require_all(mapping, why)
        return mapping

    def _places(self, header: Sequence[str]) -> dict[int, str]:
        """What was said of which column: a NAME, or `NOT_USED`."""
        found: dict[int, str] = {}
        names = [*self._asked.maps, *((head, heads.NOT_USED) for head in self._asked.ignored)]
        plain = list(map(plain_name, header))
        for head, name in names:
            at = [place for place, one in enumerate(plain) if one and one == plain_name(head)]
            if not at and (place := _PLACE.fullmatch(head)) and int(place[1]) <= len(header):
                at = [int(place[1]) - 1]
            shown = sanitize(head, 40)
            if not at and not self._json:
                refuse(
                    _("No column is called {head}.").format(head=shown),
                    _("There are: {heads}.").format(
                        heads=", ".join(sanitize(one, 40) or f"#{n}" for n, one in enumerate(header, 1))
                    ),
                )
            if len(at) > 1 or found.keys() & set(at):
                refuse(
                    _("{head} is named twice.").format(head=shown),
                    _("Name each column once; #2 is the second one."),
                )
            found.update(dict.fromkeys(at, name))
        return found

    def _column(self, place: int, head: str, said: dict[int, str]) -> MappedColumn:
        name = said.get(place)
        if name == heads.NOT_USED:
            return MappedColumn(place, head, Role.UNUSED, said=True)
        if name is not None:
            return self._named(place, head, name)
        kind = identity_kind(head)
        known: FieldColumn | None = None
        try:
            if kind in self._has.write_by:
                return MappedColumn(place, head, Role.USER, kind.value)
            if self._is_new(head) or (is_known(head) and kind is None):
                known = resolve(head, self._has, typed=not self._json)
        except NameRefused:
            known = None  # of the other API version, or like a consent
        if known is not None:
            return MappedColumn(place, head, Role.FIELD, known.name, field=known)
        return self._open(place, head)

    def _is_new(self, head: str) -> bool:
        return plain_name(head) in self._new or plain_name(head.rpartition(":")[0]) in self._new

    def _open(self, place: int, head: str, suggestion: str | None = None) -> MappedColumn:
        if self._asked.ignore_others:
            return MappedColumn(place, head, Role.UNUSED, said=True)
        if suggestion is None:
            suggestion = heads.suggestion(head, self._has)
        return MappedColumn(
            place, head, Role.OPEN, suggestion=heads.NOT_USED if suggestion is None else suggestion
        )

    def _named(self, place: int, head: str, name: str) -> MappedColumn:
        kind = identity_kind(name)
        if kind in self._has.write_by:
            return MappedColumn(place, head, Role.USER, kind.value, said=True)
        role = _ROLES.get(plain_name(name))
        if len(self._has.write_by) > 1 and not self._json:
            role = role or _OF_KINDS.get(plain_name(name))
        if role:
            return MappedColumn(place, head, role, role.value, said=True)
        if kind is not None:
            refuse(
                _("This connection does not find users by {kind}.").format(kind=kind),
                _("Give one of: {kinds}.").format(kinds=", ".join(self._has.write_by)),
            )
        field = resolve(name, self._has)
        return MappedColumn(place, head, Role.FIELD, name.strip(), said=True, field=field)

    def _one_user(self, columns: list[MappedColumn], said: dict[int, str]) -> list[MappedColumn]:
        """One column names the users, or several that were said to, each by another kind; where several
        could, and nobody said which, they are asked about. Neither are numbers taken for ids unasked."""
        users = [column for column in columns if column.role in (Role.USER, Role.IDENTITY)]
        chosen = [column for column in users if column.said]
        kinds = {column.name for column in chosen}
        if len(chosen) > 1 and (len(kinds) < len(chosen) or Role.IDENTITY in kinds):
            refuse(
                _("Columns {first} and {second} both name users.").format(
                    first=chosen[0].place + 1, second=chosen[1].place + 1
                ),
                _("Keep the one that users are to be found by."),
            )
        if len(users) > 1 and not self._json:
            best = chosen or [min(users, key=lambda one: self._has.write_by.index(_kind(one)))]
            for column in users:
                if column not in best:
                    columns[column.place] = self._open(column.place, column.head, heads.NOT_USED)
                elif not chosen:
                    columns[column.place] = column._replace(role=Role.OPEN, name="", suggestion=column.name)
        for column in columns:
            phone = self._phones and column.name == IdentityKind.PHONE_NO
            ids = column.role is Role.USER and not phone
            ids = ids or (column.field is not None and column.field.kind is FieldKind.CI)
            if ids and column.place in self._numeric and column.place not in said:
                columns[column.place] = column._replace(role=Role.OPEN, name="", suggestion=column.name)
        return columns

    def _require_all(self, mapping: Mapping, why: str) -> None:
        """Raises MappingNeeded where something is to be asked, and InputRefused where nothing helps."""
        if mapping.of(Role.OPEN):
            raise MappingNeeded(mapping, why or _("Of some columns nobody said what they are."))
        if mapping.unread_words and not self._asked.values:
            raise MappingNeeded(mapping, _("Nobody said what the words in these columns mean."))
        if not mapping.users and not self._json:
            refuse(_("No column names the users."), _("Name it {name}.").format(name=self._has.write_by[0]))
        if bool(mapping.of(Role.CHANNEL)) is not bool(mapping.of(Role.STATUS)):
            refuse(
                _("A channel says nothing without a status, nor a status without a channel."),
                _("Map both columns, or map the status to a consent."),
            )
        if mapping.of(Role.KIND) and not mapping.of(Role.IDENTITY):
            refuse(
                _("A kind says nothing without the identity that it is of."),
                _("Map the column of ids to {name}.").format(name=Role.IDENTITY),
            )
        self._require_once(mapping)
        self._meanings.require_one_sense(mapping)

    def _require_once(self, mapping: Mapping) -> None:
        """Nothing is wanted by two columns, and something by one. Objects of JSON speak for themselves."""
        if self._json:
            return
        taken = [(edit.kind, edit.name) for edit in self._for_all]
        taken += [(one.field.kind, one.field.name) for one in mapping.columns if one.field]
        taken += [
            (FieldKind.CONSENT, one.name) for one in mapping.columns if one.name in (*_ROLES, *_OF_KINDS)
        ]
        twice = next((name for kind, name in taken if taken.count((kind, name)) > 1), None)
        if twice is not None:
            places = [one.place + 1 for one in mapping.columns if one.field and one.field.name == twice]
            hint = _("Give it once, or leave a column out: --ignore '#{place}'").format(
                place=max(places, default=0)
            )
            refuse(_("{name} is given twice.").format(name=twice), hint if places else _("Give it once."))
        changes = self._for_all or mapping.of(Role.FIELD) or mapping.of(Role.CHANNEL)
        if not (changes or self._asked.users_only):
            refuse(
                _("There are users, but nothing says what to change."),
                _("Name a change for all of them, or add a column for it."),
            )


def _without_fields(columns: Sequence[MappedColumn]) -> list[MappedColumn]:
    """The same with no column that is for a change; where one names the users, with no question either."""
    kept = {Role.USER, Role.IDENTITY, Role.KIND}
    if not any(column.role in (Role.USER, Role.IDENTITY) for column in columns):
        kept.add(Role.OPEN)
    return [
        one if one.role in kept else one._replace(role=Role.UNUSED, name="", field=None) for one in columns
    ]


def _kind(column: MappedColumn) -> IdentityKind:
    return IdentityKind(column.name)


def with_first(column: MappedColumn, rows: Sequence[Sequence[str]]) -> MappedColumn:
    """The column with its first values in these rows, masked where they are personal."""
    values = dict.fromkeys(filter(None, (bare_id(row[column.place]) for row in rows)))
    contact = (column.name or column.suggestion) in (
        IdentityKind.EMAIL,
        IdentityKind.PHONE_NO,
        Role.IDENTITY,
    )
    hide = contact or heads.names_people(column.head)
    # "Accepts e-mail" holds a yes or a no.
    head = column.head if consent_meant(column.head) is None else ""
    first = (
        sanitize(mask(value) if hide or is_personal(head, value) else value, _VALUE_SHOWN)
        for value in list(values)[:_FIRST_SHOWN]
    )
    return column._replace(first=tuple(first))
