"""The keys of a screen, a dialog or a widget: how they are bound and named, and which there are."""

from collections.abc import Iterator
from typing import NamedTuple

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen

from dfn_tui.text import N_

MARK = Binding.Group(N_("Mark"))
MOVE = Binding.Group(N_("Move"))
CHANGE = Binding.Group(N_("Change"))
FIND = Binding.Group(N_("Find"))
KEEP = Binding.Group(N_("Read and keep"))
HERE = Binding.Group(N_("Here"))
PLACES = Binding.Group(N_("Places"))
ALWAYS = Binding.Group(N_("Always"))
GROUPS = (MARK, CHANGE, HERE, FIND, KEEP, MOVE, PLACES, ALWAYS)
"""What keys are for, in the order of the help."""

EVERYWHERE = ("screen.", "app.", "dialog.")
"""How the ids begin of keys that work on every screen."""

SENDING = frozenset({"review.send", "job.resume", "job.failed"})
"""Ids of the keys that send something without another question. A click on one in the bar does not."""

_NAMES = {name: name for name in ("enter", "space", "tab", "backspace")} | {"escape": "esc"}


def bindings(*keys: Binding) -> list[BindingType]:
    """The `BINDINGS` of a class."""
    return [*keys]


def key(
    keys: str,
    action: str,
    words: str,
    id: str,
    tooltip: str,
    *,
    show: bool = True,
    shown_as: str = "",
    group: Binding.Group | None = None,
) -> Binding:
    """A `Binding` as all of ours are: with `words` for the key bar, a `tooltip` for the help and the palette,
    and an `id`. Without a `group` it stands in the help under "Here", or "Always" by its id."""
    if group is None:
        group = ALWAYS if id.startswith(EVERYWHERE) else HERE
    return Binding(keys, action, words, show, shown_as or None, False, tooltip, id, group=group)


class KnownKey(NamedTuple):
    """An action with all its keys. `node` is where it is bound, and `enabled` whether it would act now."""

    binding: Binding
    node: DOMNode
    names: tuple[str, ...]
    enabled: bool

    @property
    def written(self) -> str:
        """Its keys as they are shown. Backspace goes without saying where there is another."""
        return " ".join(name for name in self.names if name != "backspace") or self.names[0]


def key_name(binding: Binding) -> str:
    """A key as it is written in the bar and the help: `x`, `enter`, `F5`, `^p`."""
    if binding.key_display:
        return binding.key_display
    *modifiers, name = binding.key.split("+")
    name = _NAMES.get(name) or (name.upper() if name[0] == "f" and name[1:].isdecimal() else format_key(name))
    return "".join("^" if one == "ctrl" else f"{one} " for one in modifiers) + name


def lowered(words: str) -> str:
    """With a small first letter, for words that follow their key; `CI` stays."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def keys_of(screen: Screen[object]) -> list[KnownKey]:
    """Every key that means something on a screen, also those that a field with the focus would type."""
    found: dict[str, KnownKey] = {}
    for node in shown_nodes(screen):
        for _key, binding in node._bindings:  # Textual tells those alone that act at this moment
            state = screen.app._check_action_state(binding.action, node)
            if not binding.id or binding.group not in GROUPS or state is False:  # Textual's own have none
                continue
            known = found.setdefault(binding.id, KnownKey(binding, node, (), bool(state)))
            if known.node is node and (name := key_name(binding)) not in known.names:
                found[binding.id] = known._replace(names=(*known.names, name))
    return list(found.values())


def shown_nodes(screen: Screen[object]) -> Iterator[DOMNode]:
    """Where keys can be bound: around the focus, the screen, the app. All else that is shown as well where
    nothing has the focus but a field, which is left for it."""
    focused = screen.focused
    around = focused.ancestors_with_self if focused is not None else []
    yield from (node for node in around if node not in (screen, screen.app))
    if focused is None or focused.check_consume_key("a", "a"):
        shown = screen.query("*").results()
        yield from (node for node in shown if all(one.display for one in node.ancestors_with_self))
    yield screen
    yield screen.app
