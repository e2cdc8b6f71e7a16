"""Names and words that mean a consent without being one of the platform's.

Written as a property they would look done, and the messages would go on.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping

from dfn_tui.consent.flags import OPTINS, Flag

_ALIKE = 0.8
_SEPARATORS = re.compile(r"[\s_.\-/]+")
_CHANNELS = (
    "광고성|광고|마케팅|이벤트|정보|문자|앱푸시|푸시|카카오톡|카카오|친구톡|알림톡|야간|이메일|메일"
    "|marketing|advertising|ads|ad|sms|mms|text|push|kakao|email|mail|night|app"
)
_NAMES = re.compile(
    rf"(?:{_CHANNELS})*수신(?:동의|거부)?(?:여부)?|(?:{_CHANNELS})+(?:동의|거부)(?:여부)?"
    rf"|(?:{_CHANNELS})*(?:opt(?:ed)?(?:in|out)|consent|(?:un)?subscribed?)"
)
_VALUES = re.compile(
    r"(?:un)?subscribed?|opt(?:ed)?(?:in|out)|(?:수신)?(?:동의|미동의|비동의|거부|철회)(?:함|안함)?"
)


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _stems() -> Mapping[str, str]:
    """What is left of a consent's name when its ending, or its beginning too, is forgotten."""
    stems = {_bare(flag.value.removesuffix("_flag")): flag.value for flag in Flag}
    for name in OPTINS.values():
        for stem in (name.removesuffix("_optin"), name.removeprefix("df_")):
            stems[_bare(stem)] = name
        stems[_bare(name.removesuffix("_optin").removeprefix("df_"))] = name
    return stems | {_bare(name): name for name in [*Flag, *OPTINS.values()]}


_STEMS = _stems()
_NONE = frozenset({"info", "push"})
"""Stems that are words of their own; with another letter they are nobody's slip."""


def consent_meant(name: str) -> str | None:
    """The consent that a property of this name is mistaken for: its name, or "" where it could be any.
    None where the name is like no consent's."""
    bare = _bare(name)
    if bare in _STEMS:
        return _STEMS[bare]
    if _NAMES.fullmatch(bare):
        return ""
    alike = difflib.get_close_matches(bare, [stem for stem in _STEMS if stem not in _NONE], 1, _ALIKE)
    return _STEMS[alike[0]] if alike else None


def is_consent_word(value: str) -> bool:
    """Whether a text says that somebody agreed or did not, which no property does."""
    return _VALUES.fullmatch(_bare(value)) is not None
