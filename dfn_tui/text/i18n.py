"""The one place where user-facing text is translated.

English is the source language. Whole sentences go in, with named placeholders
(`_("{count} users staged").format(count=n)`), so that a translator can reorder them.
"""

import gettext as _gettext
from functools import cache
from pathlib import Path


@cache
def _catalogue() -> _gettext.NullTranslations:
    return _gettext.translation("dfn_tui", Path(__file__).parent / "locale", fallback=True)


def gettext(message: str) -> str:
    """The text of `message` in the operator's language (`LANGUAGE`, `LC_ALL`, `LANG`)."""
    return _catalogue().gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Like `gettext`, choosing the form that fits `count`; the caller still formats it in."""
    return _catalogue().ngettext(singular, plural, count)
