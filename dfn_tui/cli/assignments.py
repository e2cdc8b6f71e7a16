"""The words after a command: ids first, then names or changes."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from dfn_tui.cli.ids import checked_text, given_ids
from dfn_tui.errors import ConsoleError
from dfn_tui.service.changes.fields import FieldEdit, parse_assignment, plain_name
from dfn_tui.service.changes.values import parse_ci, same_value
from dfn_tui.service.records import FieldKind
from dfn_tui.service.types import Capabilities, Value
from dfn_tui.text import _, sanitize


def ids_and_others(
    words: Sequence[str], is_other: Callable[[str], bool]
) -> tuple[tuple[str, ...], list[str]]:
    """The ids among the words, and what else they are. The first word is an id. Raises `ConsoleError`."""
    first, *rest = words
    if "=" in first:
        raise ConsoleError(
            _("No id was given"),
            _("The first word is a change. Nothing was sent."),
            _("Give ids before the changes; ids that hold an equals sign are read from the standard input."),
        )
    ids = [first, *(word for word in rest if not is_other(word))]
    return given_ids(ids), [word for word in rest if is_other(word)]


def ci_names(capabilities: Capabilities) -> tuple[str, ...]:
    """What `ci` is about over this connection: CI fields, or the identities that can be linked."""
    return (*capabilities.ci_fields, *capabilities.linkable)


def profile_edits(words: Sequence[str], capabilities: Capabilities) -> list[FieldEdit]:
    """The consents and properties wanted. Raises `ConsoleError`."""
    for word in words:
        if plain_name(word.partition("=")[0]) in ci_names(capabilities):
            raise ConsoleError(
                _("A CI field cannot be set with “set”"),
                _("{name} is one. Nothing was sent.").format(name=_shown(word)),
                _("Use “dfn-tui ci set”."),
            )
    return _once([parse_assignment(checked_text(word), capabilities) for word in words])


def edits_for_all(words: Sequence[str], capabilities: Capabilities) -> list[FieldEdit]:
    """What is wanted for every user of a list, CI fields too; nothing where the list itself says what. Raises
    `ConsoleError`."""
    edits = [parse_assignment(checked_text(word), capabilities) for word in words]
    return _once(edits) if edits else []


def ci_edits(words: Sequence[str], capabilities: Capabilities) -> list[FieldEdit]:
    """The CI fields wanted. Raises `ConsoleError`."""
    return _once([_ci_edit(checked_text(word), capabilities) for word in words])


def _ci_edit(word: str, capabilities: Capabilities) -> FieldEdit:
    name, _equals, value = word.partition("=")
    name = plain_name(name)
    if name not in ci_names(capabilities):
        not_ci(word, capabilities)
    return FieldEdit(FieldKind.CI, name, parse_ci(name, value)[0])


def not_ci(word: str, capabilities: Capabilities) -> NoReturn:
    """Raises `ConsoleError` about a word that names no CI field."""
    raise ConsoleError(
        _("This is no CI field"),
        _("{name} is none. Nothing was sent.").format(name=_shown(word)),
        _("CI fields here: {names}. Consents and properties are set with “dfn-tui set”.").format(
            names=", ".join(ci_names(capabilities))
        ),
    )


def _shown(word: str) -> str:
    return sanitize(word.partition("=")[0], 40)


def _once(edits: Sequence[FieldEdit]) -> list[FieldEdit]:
    """Each field once. Raises `ConsoleError` where two different things are wanted of one, or nothing is."""
    if not edits:
        raise ConsoleError(
            _("No change was given"),
            _("There are ids only. Nothing was sent."),
            _("Give changes after the ids, as mkt_sms_flag=Unsubscribed."),
        )
    wanted: dict[str, Value | None] = {}
    for edit in edits:
        if not same_value(wanted.setdefault(edit.name, edit.value), edit.value):
            raise ConsoleError(
                _("Two changes contradict each other"),
                _("{name} is given twice. Nothing was sent.").format(name=sanitize(edit.name, 40)),
                _("Give each field once."),
            )
    return [edit for at, edit in enumerate(edits) if edit not in edits[:at]]
