"""A list of whose columns something is asked, read as if the question were answered: for its figures alone.

Nothing is planned or written of what is only supposed.
"""

from collections.abc import Sequence
from typing import Final

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.consent.flags import State
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.mapping import (
    OPEN_PLACE,
    Mapping,
    MappingNeeded,
    MappingOptions,
    suggested,
)
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.input.source import InputSource
from dfn_tui.service.changes.fields import FieldEdit
from dfn_tui.store import FieldKind

_QUESTIONS: Final = 3
"""So often is asked at most: of the columns, and of the words in those that were said."""


def suppose(
    source: InputSource,
    capabilities: Capabilities,
    for_all: Sequence[FieldEdit],
    kind: IdentityKind | None,
    asked: MappingOptions,
    needed: MappingNeeded,
) -> BulkInput | None:
    """The list as it is with the suggestions taken, and without what none is made for; None where that is no
    list of users yet. Where nothing says what to change, its users are counted all the same."""
    some_change = FieldEdit(FieldKind.CONSENT, capabilities.flags[0].value, State.UNSUBSCRIBED.value)
    for edits in (for_all, [*for_all, some_change]):
        said, question = asked, needed
        for _number in range(_QUESTIONS):
            said = _answered(said, question.mapping)
            try:
                return BulkInput(source, capabilities, edits, kind, said)
            except MappingNeeded as more:
                question = more
            except ConsoleError:
                break
    return None


def _answered(asked: MappingOptions, mapping: Mapping) -> MappingOptions:
    answers = suggested(mapping)
    maps = tuple(pair for pair in answers.maps if OPEN_PLACE not in pair[1])
    ignored = (*answers.ignored, *(head for head, name in answers.maps if OPEN_PLACE in name))
    values = tuple((word, "" if OPEN_PLACE in meant else meant) for word, meant in answers.values)
    return asked._replace(
        maps=(*asked.maps, *maps),
        ignored=(*asked.ignored, *ignored),
        values=(*asked.values, *values),
    )
