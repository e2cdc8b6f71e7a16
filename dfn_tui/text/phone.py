"""Phone numbers and Kakao ids as the platform stores them: country code and number, and ten digits."""

import re
import unicodedata

from dfn_tui.text import _

# Digits and the punctuation people write between them. Letters stay out: `phonenumbers` would read
# "1-800-FLOWERS" and drop "ext. 5", and neither is what the operator sees.
_WRITTEN = re.compile(r"\+?[\d\s().\-‐‑‒–—−]+")
_KAKAO_ID = re.compile(r"[0-9]{10}")


class BadNumber(ValueError):
    """No phone number, or no Kakao id. The text is for the operator and does not repeat what was typed."""


def e164(text: str) -> str:
    """The phone number in `text` as E.164 without the plus (`821012345678`), taken for a Korean one where it
    bears no country code.

    A number with a plus may be of any country, and so may digits that are no valid Korean number but
    are already in the platform's form. Raises BadNumber when no valid number is meant.
    """
    # Copied contacts bring invisible directional marks along.
    seen = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    seen = seen.strip()
    digits = None
    if _WRITTEN.fullmatch(seen.replace("(+", "+(", 1)):
        digits = _valid(seen) or (_valid("+" + seen) if seen.isdecimal() else None)
    if digits is None:
        raise BadNumber(
            _(
                "This is not a valid phone number. Write a Korean number as 010-1234-5678, and any other "
                "with a plus and its country code, as +1 202 555 0123."
            )
        )
    return digits


def _valid(written: str) -> str | None:
    """The digits of a valid number, or None."""
    import phonenumbers  # noqa: PLC0415 - heavy metadata, needed only once a number is typed

    try:
        number = phonenumbers.parse(written, "KR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def kakao_id(text: str) -> str:
    """`text`, which must be exactly ten ASCII digits; a leading zero is real and stays.

    Raises BadNumber otherwise: the platform refuses anything else.
    """
    if not _KAKAO_ID.fullmatch(text):
        raise BadNumber(_("A Kakao id is exactly ten digits, 0 to 9, and nothing else."))
    return text
