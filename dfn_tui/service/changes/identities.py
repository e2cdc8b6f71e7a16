"""Ids that say by their looks that they are something else than what they are taken for."""

import re
from collections.abc import Iterable

from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.text import _

# Digits alone are no phone number: any id may be that.
_PHONE = re.compile(
    r"\+[0-9][0-9 ().-]{6,18}"
    r"|(?:\+?82[ .-]?)?(?:0[0-9]{1,2}|1[016789])[ .-]?[0-9]{3,4}[ .-]+[0-9]{4}"
    r"|\(0[0-9]{1,2}\)[ 0-9.-]{7,}"
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class KindInDoubt(ConsoleError):
    """The ids look like phone numbers or e-mail addresses, and nobody said what they are."""


def looks_like(value: str) -> IdentityKind | None:
    """The kind of id that a text is by its looks; None where it can be any."""
    if _EMAIL.fullmatch(value):
        return IdentityKind.EMAIL
    return IdentityKind.PHONE_NO if _PHONE.fullmatch(value.strip()) else None


def require_plain(values: Iterable[str], capabilities: Capabilities) -> None:
    """Raises `KindInDoubt` where ids of which nobody said the kind look like contact data.

    Version 2 takes any text for an external id, so the write would be accepted and reach nobody.
    """
    if capabilities.kind_said or IdentityKind.PHONE_NO not in capabilities.write_by:
        return
    kind = next(filter(None, map(looks_like, values)), None)
    if kind is not None:
        raise _in_doubt(kind, capabilities.write_by[0].value)


def _in_doubt(kind: IdentityKind, default: str) -> KindInDoubt:
    found = {
        IdentityKind.PHONE_NO: _("These look like phone numbers, and would be taken as {default}."),
        IdentityKind.EMAIL: _("These look like e-mail addresses, and would be taken as {default}."),
    }[kind]
    say = _("Say which: --kind {kind} or --kind {default}; F2 on the screen; or identity of the connection.")
    return KindInDoubt(
        _("What are these ids?"),
        _("{found} Nothing was sent.").format(found=found.format(default=default)),
        say.format(kind=kind.value, default=default),
    )
