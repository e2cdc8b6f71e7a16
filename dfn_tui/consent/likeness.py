"""Names and words that mean a consent without being one of the platform's.

Written as a property they would look done, and the messages would go on.

What they are compared with is made at the first question: most look-ups put none, and it takes 0.3 MiB.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from dfn_tui.consent.flags import OPTINS, Flag

_ALIKE = 0.8
_SEPARATORS = re.compile(r"[\s_.\-/()\[\]·]+")
_CHANNELS = (
    "광고성|광고|마케팅|이벤트|혜택|정보성|정보|활용|문자메시지|문자|앱푸시|앱알림|앱|푸시|알림|카카오톡|카카오"
    "|친구톡|알림톡|카톡|야간|심야|이메일|메일|전화|채널"
    "|marketing|mkt|advertising|advertisement|ads|ad|promotion(?:al)?|sms|mms|lms|text|push|kakao|email|e?mail"
    "|night|app|newsletter|of|to"
)
_ENDING = "(?:여부|상태|설정|yn|flag|status|state)?"
_NAMES = (
    rf"(?:{_CHANNELS})*수신(?:{_CHANNELS})*(?:동의|거부|허용|차단|철회)?(?:{_CHANNELS})*{_ENDING}"
    rf"|(?:{_CHANNELS})+(?:동의|거부|허용|차단|철회){_ENDING}"
    rf"|(?:is|has)?(?:{_CHANNELS})*(?:opt(?:ed)?(?:in|out)|consent|(?:un)?subscribed?|unsub)s?"
    rf"(?:{_CHANNELS})*{_ENDING}"
    rf"|(?:{_CHANNELS})+(?:agree(?:d|ment)?|accepts?(?:ed)?|allow(?:ed)?|rec(?:ei)?ve?d?){_ENDING}"
    rf"|(?:accepts?|agree[ds]?|allows?|receives?)(?:{_CHANNELS})+{_ENDING}"
    rf"|(?:{_CHANNELS})+(?:yn|여부)"
    rf"|(?:do(?:nt|not)|nolonger)(?:contact|disturb|send|call|text|e?mail)(?:by)?(?:{_CHANNELS})*"
)
_VALUES = re.compile(
    r"(?:un)?subscribed?|opt(?:ed)?(?:in|out)|(?:수신)?(?:동의|미동의|비동의|거부|철회)(?:함|안함)?"
)
_BEGINS = re.compile(rf"(?:{_SEPARATORS.pattern})?[uso]", re.IGNORECASE)
"""How one in ASCII begins."""


def bare_name(text: str) -> str:
    """A name as it is compared with others: however it is capitalised, and whatever parts its words."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


@cache
def _names() -> re.Pattern[str]:
    return re.compile(_NAMES)


@cache
def _stems() -> Mapping[str, str]:
    """What is left of a consent's name when its ending, or its beginning too, is forgotten."""
    stems = {bare_name(flag.value.removesuffix("_flag")): flag.value for flag in Flag}
    for name in OPTINS.values():
        for stem in (name.removesuffix("_optin"), name.removeprefix("df_")):
            stems[bare_name(stem)] = name
        stems[bare_name(name.removesuffix("_optin").removeprefix("df_"))] = name
    return stems | {bare_name(name): name for name in [*Flag, *OPTINS.values()]}


_NONE = frozenset({"info", "push"})
"""Stems that are words of their own; with another letter they are nobody's slip."""


def consent_meant(name: str) -> str | None:
    """The consent that a property of this name is mistaken for: its name, or "" where it could be any.
    None where the name is like no consent's."""
    bare = bare_name(name)
    stems = _stems()
    if bare in stems:
        return stems[bare]
    if _names().fullmatch(bare):
        return ""
    alike = difflib.get_close_matches(bare, [stem for stem in stems if stem not in _NONE], 1, _ALIKE)
    return stems[alike[0]] if alike else None


def is_consent_word(value: str) -> bool:
    """Whether a text says that somebody agreed or did not, which no property does."""
    if value.isascii() and not _BEGINS.match(value):
        return False  # so are nearly all, and a file has a million of them
    return _VALUES.fullmatch(bare_name(value)) is not None
