"""The look-ups of this run, to be done again."""

from typing import TYPE_CHECKING

from dfn_tui.text import inert, ngettext

if TYPE_CHECKING:
    from dfn_tui.service import Identity

KEPT = 10
"""How many look-ups are offered again."""


class Recent:
    """What was looked up, the latest first, each once."""

    def __init__(self) -> None:
        self._looked_up: list[tuple[Identity, ...]] = []

    def add(self, identities: "tuple[Identity, ...]") -> None:
        if identities in self._looked_up:
            self._looked_up.remove(identities)
        self._looked_up.insert(0, identities)
        del self._looked_up[KEPT:]

    @property
    def empty(self) -> bool:
        return not self._looked_up

    def at(self, number: int) -> "tuple[Identity, ...]":
        return self._looked_up[number]

    def words(self) -> list[str]:
        """Each look-up as it is offered, inert."""
        return [_words(identities) for identities in self._looked_up]


def _words(identities: "tuple[Identity, ...]") -> str:
    first = inert(identities[0].value, 40)
    if len(identities) == 1:
        return first
    more = len(identities) - 1
    return ngettext("{first} and {more} more", "{first} and {more} more", more).format(first=first, more=more)
