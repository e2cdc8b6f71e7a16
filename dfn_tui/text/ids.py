"""A pasted list of ids, taken apart."""

from dfn_tui.text import _

# What spreadsheets, chat programs and web pages leave around a copied id without showing it: the byte
# order mark, zero-width characters and directional marks.
_INVISIBLE = (
    "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)

_EMPTY = r"""NULL Null null (null) <null> \N None NONE none nan NaN NAN <NA> NaT N/A n/a
#N/A #NULL! #REF! #VALUE! #NAME? #DIV/0! #NUM!"""
NULL_WORDS = frozenset(_EMPTY.split())
"""What databases, spreadsheets and programs write for an empty cell. Not "Nan" nor "NA", which are names."""
DASHES = frozenset(("-", "--", "–", "—"))
"""What people write for an empty cell, where it can be nothing else: no id and no consent is called so."""


class IdsUnreadable(ValueError):
    """An id that cannot be sent: it holds half of a surrogate pair. The text is for the operator."""


def bare_id(text: str) -> str:
    """`text` without the white space and the invisible characters around it; inside it they are kept."""
    bare = text.strip()
    while not bare.isascii() and (text := bare.strip(_INVISIBLE).strip()) != bare:
        bare = text
    return bare


def split_ids(pasted: str) -> tuple[str, ...]:
    """The ids in a text of any length, separated by commas and any white space, each one once, in order.

    Invisible characters around an id are dropped; inside one they are kept. Raises IdsUnreadable when
    an id cannot be encoded as UTF-8; its text gives the place in the list, never the id.
    """
    parts = pasted.replace(",", " ").split()
    ids = dict.fromkeys(part.strip(_INVISIBLE) for part in parts)
    ids.pop("", None)
    if not encodable(pasted):
        place = next(number for number, part in enumerate(parts, 1) if not encodable(part))
        raise IdsUnreadable(
            _(
                "Id number {place} in the list holds a character that cannot be sent (half of a surrogate "
                "pair). Nothing was looked up. Copy that id again from its source."
            ).format(place=place)
        )
    return tuple(ids)


def encodable(text: str) -> bool:
    """Whether a text can be sent and stored: half of a surrogate pair cannot."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return False
    return True
