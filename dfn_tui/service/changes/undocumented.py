"""What the platform takes without a word and may treat otherwise than it looks: told before it is sent.

Rests on DFINERY's documentation of version 2: properties are registered in its web console and anything else
is not stored; its user guide merges profiles whose identifiers are found to be one person's, and supports
phone numbers of Korea only.
"""

from collections.abc import Collection, Iterable

from dfn_tui.api.types import Capabilities, Identity, IdentityKind
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize

_KOREA = "82"


def unregistered_words(fields: Iterable[tuple[FieldKind, str]], has: Capabilities) -> str:
    """What is to be known of the properties among `fields` that are the company's own; "" for nothing."""
    standard = {prop.name for prop in has.standard_properties}
    own = sorted({name for kind, name in fields if kind is FieldKind.PROPERTY and name not in standard})
    if not own or not has.unregistered_dropped:
        return ""
    words = _(
        "{names}: where the service has no such property, or has it with another type, nothing is stored, "
        "and the platform does not complain. A snapshot that takes it along tells."
    )
    return words.format(names=sanitize(", ".join(own), 200))


def foreign_number(identity: Identity) -> str:
    """What is to be known of a phone number that is not a Korean one; "" for anything else."""
    if identity.kind is not IdentityKind.PHONE_NO or identity.value.startswith(_KOREA):
        return ""
    return _("the platform's guide supports phone numbers of Korea (+82) only")


def nobody_known(kinds: Collection[IdentityKind], has: Capabilities) -> str:
    """What cannot be known of users who are written to and cannot be read; "" where they can be."""
    if has.read_by:
        return ""
    if set(kinds) == {IdentityKind.PHONE_NO}:
        return _("Whether somebody has a number cannot be known: writing makes a profile where nobody has.")
    return _("Whether such a user exists cannot be known: writing makes a profile where there is none.")


def merging() -> str:
    """What linking an identity may do."""
    return _(
        "Linking may merge two people for good: where somebody else has that identifier already, the "
        "platform makes one profile of both, with one set of consents. No call takes that back. "
        "Nor can the link itself be undone: no call removes one identifier."
    )
