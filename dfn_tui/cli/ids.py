"""Whom a command is about."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dfn_tui.cli.stdin import piped_text
from dfn_tui.errors import ConsoleError, system_reason
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import DASHES, NULL_WORDS, IdsUnreadable, bare_id, split_ids

if TYPE_CHECKING:
    from dfn_tui.service.types import Capabilities, Identity, IdentityKind

STDIN = "-"


def given_ids(words: Sequence[str]) -> tuple[str, ...]:
    """The ids named, `-` standing for those on the standard input; each once, in order. Raises `ConsoleError`
    where there is none, or one that cannot be sent."""
    found: list[str] = []
    for word in words:
        found += ids_of_text(piped_text()) if word == STDIN else [one_id(word)]
    if not found:
        raise ConsoleError(
            _("No id was given"), _("The standard input holds none."), _("Give ids, one a line.")
        )
    return tuple(dict.fromkeys(found))


def ids_of_file(path: Path) -> tuple[str, ...]:
    """The ids in a file, one a line, each once, in order. Raises `ConsoleError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else _("it is no text in UTF-8")
        raise ConsoleError(
            _("The ids cannot be read"),
            _("{path}: {reason}.").format(path=sanitize(str(path), 200), reason=reason),
            _("Name a file with an id on each line."),
        ) from None
    return tuple(dict.fromkeys(ids_of_text(text)))


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


def ids_of_text(text: str) -> tuple[str, ...]:
    """The ids in a list of them. Raises `ConsoleError`."""
    try:
        found = split_ids(text)
    except IdsUnreadable as error:
        raise ConsoleError(
            _("The ids cannot be read"), str(error), _("Mend the list and give it again.")
        ) from None
    from dfn_tui.service.changes.identities import is_head  # noqa: PLC0415  as below

    if len(found) > 1 and is_head(found[0]):  # or --create would make a user of it
        raise ConsoleError(
            _("The ids cannot be read"),
            _("{word}, the first of them, reads like the head of a column. Nothing was sent.").format(
                word=sanitize(found[0], 40)
            ),
            _("Leave it out. If it is a user, put it further down."),
        )
    return found


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


def require_written_ids(ids: Sequence[str], asked: str | None) -> None:
    """Raises `ConsoleError` for ids that are to be written to and that are rather a column's head, stand for
    an empty cell, or bear marks of where they were copied from; not where the kind `asked` for says that
    they are ids."""
    from dfn_tui.service.changes.identities import is_head  # noqa: PLC0415  as below
    from dfn_tui.service.changes.no_ids import require_ids  # noqa: PLC0415  as below

    doubtful = [
        one
        for one in ids
        if one in NULL_WORDS or one in DASHES or is_head(one) or not any(map(str.isalnum, one))
    ]
    if doubtful and asked is None:
        raise ConsoleError(
            _("Is this an id?"),
            _("{words}: this stands for an empty cell, or at the head of a list. Nothing was sent.").format(
                words=sanitize(", ".join(doubtful), 80)
            ),
            _("Leave it out; if a user is called so, say with --kind what it is."),
        )
    if asked is None:
        require_ids(ids)


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
