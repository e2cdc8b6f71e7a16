"""What an operator says of a list's columns one by one, and what was said of the same heads before.

What was said before only stands ready: nothing is taken of it until it is confirmed again.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dfn_tui.api.types import Capabilities
from dfn_tui.consent.flags import State
from dfn_tui.consent.messages import flag_name
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.mapping import MappedColumn, Mapping, MappingOptions, Role
from dfn_tui.service.changes.fields import NameRefused, identity_kind, plain_name, resolve
from dfn_tui.store import FieldKind
from dfn_tui.temporary import replace_private
from dfn_tui.text import _
from dfn_tui.text.ids import bare_id

NOT_USED: Final = heads.NOT_USED
NO_HEAD: Final = "--no-head"
"""Said of a first line that is an id like the others."""

NEW: Final = "+"
"""Stands before the name of a property that no user has yet."""

_KEPT = 200  # sets of heads


def choices(mapping: Mapping, column: MappedColumn, capabilities: Capabilities) -> Iterator[tuple[str, str]]:
    """What that column may be, the likeliest first: each as `say_column` takes it, and in words."""
    named = dict(_choices(mapping, column, capabilities))
    first = column.suggestion or column.name
    if first in named:
        yield first, named.pop(first)
    yield from named.items()


def _choices(mapping: Mapping, column: MappedColumn, capabilities: Capabilities) -> Iterator[tuple[str, str]]:
    yield NOT_USED, _("not used")
    if len(mapping.columns) == 1:
        yield NO_HEAD, _("no head: the first line is an id, too")
    for kind in capabilities.write_by:
        yield kind.value, _("the user: {kind}").format(kind=kind.value)
    if len(capabilities.write_by) > 1:
        yield Role.IDENTITY.value, _("the user, by a kind that each row says")
        yield Role.KIND.value, _("the kind of the row's identity")
    for flag in capabilities.flags:
        yield flag.value, f"{flag_name(flag)} ({flag.value})"
    yield Role.EVIDENCE.value, _("evidence of each row")
    yield Role.EXPRESSED_ON.value, _("the date of the person's word")
    yield Role.EXPRESSED_SOURCE.value, _("where the person said it")
    yield Role.GROUND.value, _("the ground: expressed or correction")
    yield Role.CHANNEL.value, _("the channel: a row for each consent")
    yield Role.STATUS.value, _("the status of the row's channel")
    for field in capabilities.ci_fields:
        yield field, _("the CI field {name}").format(name=field)
    for prop in capabilities.standard_properties:
        yield prop.name, _("the property {name}").format(name=prop.name)
    try:
        own = resolve(column.head, capabilities, typed=False)
    except NameRefused:
        return
    if own.kind is FieldKind.PROPERTY and own.standard is None:
        for type in capabilities.value_types:
            words = _("the company's own property {name}, as {type}")
            yield f"{own.name}:{type.value}", words.format(name=own.name, type=type.value)
        for type in capabilities.value_types:
            words = _("{name}, a property that no user has yet, as {type}")
            yield f"{NEW}{own.name}:{type.value}", words.format(name=own.name, type=type.value)


def word_choices(capabilities: Capabilities) -> list[tuple[str, str]]:
    """What a word may mean: each as `say_word` takes it, and in words."""
    states = [(State.UNSUBSCRIBED.value, _("○ withdrawn")), (State.SUBSCRIBED.value, _("● given"))]
    channels = [
        (flag.value, _("the channel of {consent}").format(consent=flag_name(flag)))
        for flag in capabilities.flags
    ]
    kinds = [(kind.value, _("the kind {kind}").format(kind=kind.value)) for kind in capabilities.write_by]
    return [
        *states,
        ("", _("× nothing: such rows are left out")),
        *channels,
        *(kinds if len(kinds) > 1 else ()),
    ]


def say_column(asked: MappingOptions, mapping: Mapping, column: MappedColumn, name: str) -> MappingOptions:
    """What was said, and that this column is `name`: what `--map` takes, after `NEW` where it is one,
    `NOT_USED` or `NO_HEAD`. What of that cannot be so of two columns is not said of another one any more."""
    key = mapping.name_of(column)
    maps = [(head, before) for head, before in asked.maps if head != key and not _excludes(name, before)]
    ignored = [head for head in asked.ignored if head != key]
    if name == NOT_USED:
        ignored.append(key)
    elif name != NO_HEAD:
        maps.append((key, name.removeprefix(NEW)))
    new = [one for one in asked.new_properties if plain_name(one) != plain_name(column.head)]
    if name.startswith(NEW):
        new.append(bare_id(column.head))
    return asked._replace(
        maps=tuple(maps), ignored=tuple(ignored), new_properties=tuple(new), no_head=name == NO_HEAD
    )


def _excludes(name: str, before: str) -> bool:
    """Whether two columns cannot be this: users are named by one column of a kind, or by an identity."""
    kinds = identity_kind(name), identity_kind(before)
    if Role.IDENTITY in (name, before):
        return name == before or any(kinds)
    return kinds[0] is not None and kinds[0] is kinds[1]


def say_word(asked: MappingOptions, word: str, meaning: str) -> MappingOptions:
    """What was said, and that the word means this."""
    values = [pair for pair in asked.values if plain_name(pair[0]) != plain_name(word)]
    return asked._replace(values=(*values, (word, meaning)))


class SaidBefore:
    """What was said of lists with the same heads, in a private file. A file that cannot be read or written is
    no hindrance: then all is asked again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, mapping: Mapping) -> MappingOptions | None:
        """What was said last of a list with these heads."""
        found = self._read().get(_digest(mapping), {})
        try:
            maps = tuple((str(head), str(name)) for head, name in found["maps"])
            values = tuple((str(word), str(meaning)) for word, meaning in found["values"])
            return MappingOptions(maps, tuple(map(str, found["ignored"])), values)
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, mapping: Mapping, asked: MappingOptions) -> None:
        """Keeps what was said of these heads. A list without one has nothing that it is known by."""
        if asked.no_head or not any(column.head for column in mapping.columns):
            return
        kept = self._read()
        digest = _digest(mapping)
        kept.pop(digest, None)
        kept[digest] = {"maps": asked.maps, "ignored": asked.ignored, "values": asked.values}
        last = dict(list(kept.items())[-_KEPT:])
        try:
            replace_private(self._path, json.dumps(last, ensure_ascii=False).encode())
        except (OSError, ValueError):
            return

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _digest(mapping: Mapping) -> str:
    heads_in_order = json.dumps([plain_name(column.head) for column in mapping.columns])
    return hashlib.sha256(heads_in_order.encode()).hexdigest()
