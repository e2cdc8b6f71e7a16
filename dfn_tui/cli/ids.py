"""Whom a command is about."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfn_tui.cli.stdin import piped_text
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import IdsUnreadable, bare_id, split_ids

if TYPE_CHECKING:
    from dfn_tui.service.types import Capabilities, Identity, IdentityKind

STDIN = "-"


def given_ids(words: Sequence[str]) -> tuple[str, ...]:
    """The ids named, `-` standing for those on the standard input; each once, in order. Raises `ConsoleError`
    where there is none, or one that cannot be sent."""
    found: list[str] = []
    for word in words:
        found += _split(piped_text()) if word == STDIN else [one_id(word)]
    if not found:
        raise ConsoleError(
            _("No id was given"), _("The standard input holds none."), _("Give ids, one a line.")
        )
    return tuple(dict.fromkeys(found))


def one_id(word: str) -> str:
    """The id that an argument is. Raises `ConsoleError` where it cannot be sent."""
    found = bare_id(word)
    if not found:
        raise ConsoleError(_("No id was given"), _("An id is empty."), _("Write the id."))
    return checked_text(found)


def checked_text(text: str) -> str:
    """`text` from the command line. Raises `ConsoleError` where it is not text in the terminal's encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:  # `from None`: the error would carry the text itself
        raise ConsoleError(
            _("An argument cannot be read"),
            _("It holds bytes that are no text in this terminal's encoding."),
            _("Copy it again from its source, and check LANG."),
        ) from None
    return text


def _split(text: str) -> tuple[str, ...]:
    try:
        return split_ids(text)
    except IdsUnreadable as error:
        raise ConsoleError(
            _("The ids cannot be read"), str(error), _("Mend the list and give it again.")
        ) from None


def identities(ids: Sequence[str], asked: str | None, capabilities: "Capabilities") -> "tuple[Identity, ...]":
    """The users that these ids of the kind `asked` for name, each once; of the API version's first kind where
    none was. Raises `ConsoleError`."""
    from dfn_tui.api.types import Identity  # noqa: PLC0415  it brings the API's types with it
    from dfn_tui.service.changes.identities import require_plain  # noqa: PLC0415  as above

    kind = identity_kind(asked, capabilities)
    if asked is None:
        require_plain(ids, capabilities)
    values = ids if kind == "user_id" else [_stored(kind, at, value) for at, value in enumerate(ids, 1)]
    return tuple(dict.fromkeys(Identity(kind, value) for value in values))


def identity_kind(asked: str | None, capabilities: "Capabilities") -> "IdentityKind":
    """What users are named by: the kind `asked` for, else the API version's first. Raises `ConsoleError`."""
    offered = {kind.value: kind for kind in capabilities.write_by}
    if asked is None:
        return capabilities.write_by[0]
    if asked not in offered:
        raise ConsoleError(
            _("No such identity"),
            _("This connection names no user by {kind}.").format(kind=asked),
            _("It has: {kinds}.").format(kinds=", ".join(offered)),
        )
    return offered[asked]


def _stored(kind: "IdentityKind", at: int, value: str) -> str:
    from dfn_tui.service.changes.values import ValueRefused, parse_ci  # noqa: PLC0415  as above

    try:
        return parse_ci(kind, value)[0]
    except ValueRefused as refused:
        raise ConsoleError(
            _("An id cannot be read"),
            _("Id number {place}, as {kind}: {reason} Nothing was sent.").format(
                place=at, kind=sanitize(kind), reason=refused.happened
            ),
            _("Correct it, or say with --kind what the ids are."),
        ) from None
