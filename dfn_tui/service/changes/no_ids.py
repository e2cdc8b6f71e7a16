"""What is no id by its looks: what is left of one on its way here, or stands around it in lists and chats."""

import re
import unicodedata
from collections.abc import Iterable

from dfn_tui.api.types import IdentityKind
from dfn_tui.consent.flags import State
from dfn_tui.errors import ConsoleError
from dfn_tui.text import N_, _, sanitize
from dfn_tui.text.ids import DASHES, NULL_WORDS, encodable

_ENDINGS = """합계,합 계,소계,소 계,총계,총 계,총합계,누계,계,평균,끝,이하여백,이하 여백
Total,TOTAL,Grand Total,Subtotal,Sum,SUM,Average,Count"""
_SUMS = frozenset(_ENDINGS.replace("\n", ",").split(","))
"""What stands below the rows of a list, as spreadsheets sum them up."""
_KINDS = frozenset(kind.value for kind in IdentityKind)
_YES_NO = "동의 미동의 거부 철회 수신동의 수신거부"
_STATES = frozenset([*_YES_NO.split(), *State, *(state.value.casefold() for state in State)])
"""A consent's words, which stand in the wrong column."""
# No ids: a head amid the rows, as of two lists put together, and what stands for an empty cell.
NO_IDS = _KINDS | NULL_WORDS | DASHES | _SUMS | _STATES
BULLET = re.compile(r"(?:-|\(?[0-9]{1,4}[.)])\s|[*•·●▪○◦‣⁃>→☞✓✔☑☐①-⑳■□◆◇▶※]")
"""What stands before the items of a list."""
_COMMAS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\Z")
_ODD = (
    (
        re.compile(r".*[\x00-\x1f\x7f-\x9f\u2028\u2029]", re.DOTALL),
        N_("The id holds a control character or a line break."),
    ),
    (
        re.compile(r"[^•*]+(?:•|\*\*)|••|.*…"),
        N_("Parts of the id are covered (as •••) or cut off."),
    ),
    (re.compile("'"), N_("The id begins with an apostrophe, as spreadsheets mark text.")),
    (
        re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+\Z"),
        N_("A spreadsheet shortened this number: its last digits are lost."),
    ),
    (_COMMAS, N_("A spreadsheet put commas into this number.")),
    (
        re.compile(
            r"(?i:[0-9]{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|[0-9]+월 ?[0-9]+일)\Z"
        ),
        N_("A spreadsheet made a date of the id."),
    ),
    (
        re.compile(r"[0-9]+\.0+\Z"),
        N_("A program made a number with a fraction of the id (as 1001.0)."),
    ),
    (re.compile("="), N_("This is a formula, and no id.")),
    (re.compile("#|//|--"), N_("A mark of a remark stands before the id.")),
    (
        re.compile(
            rf"(?:{'|'.join(sorted(_KINDS))})\s*=|(?:user_?id|id|(?:회원|고객|사용자)(?:번호|id|아이디)|아이디|이메일|휴대폰)[=:]",
            re.IGNORECASE,
        ),
        N_("The name of a column stands before the id."),
    ),
    (re.compile(r"[^']*'\Z"), N_("The id ends with an apostrophe.")),
    (
        re.compile(
            r".*[\u00a0\u00ad\u115f\u1160\u180e\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\u3164\ufeff]"
        ),
        N_("There is a character in the id that nobody can see."),
    ),
    (re.compile(r".*[\uff01-\uff5e]"), N_("The id is written with full-width letters or digits.")),
    (re.compile(r"https?://|mailto:|tel:", re.IGNORECASE), N_("This is a web address, and no id.")),
    (re.compile("[“”‘’「」『』`]"), N_("The id begins with a quotation mark.")),
    (
        re.compile(r"\([^()]*\)\Z|\[[^\[\]]*\](?:\(.*\))?\Z|<.*>\Z|\*\*"),
        N_("The id stands in brackets or other marks, as chats and web pages write them."),
    ),
    (re.compile(r":[a-z0-9_+-]+:\Z"), N_("This is a picture in a chat, and no id.")),
    (re.compile(r".*[.,:;\\]\Z"), N_("A mark of punctuation stands after the id.")),
    (re.compile(r".*[A-Za-z0-9](?:님|번|건|명|개|입니다)\Z"), N_("A word stands after the id.")),
    (BULLET, N_("A bullet or a number stands before the id.")),
)
"""What no id is, but is left of an id on its way here, and what is said of it."""


PLAIN_END = r"(?:(?<=[1-9])|(?<![.:님번건명개다일])(?<!\.0)(?<!\.00)(?<!\.000)(?<!\.0000)(?<!-[A-Za-z]{3}))"
"""What ends like a number with a fraction or a date, in a mark or in a word is for a closer look."""
_PLAIN = re.compile(
    r"(?!user_?id:|id:|(?:회원|고객|사용자|아이디|이메일|휴대폰)[^:]*:|https?:|mailto:|tel:|[0-9]+\.0+\Z|[0-9.]+e\+)"
    rf"[a-z0-9가-힣][a-z0-9가-힣_.@:|/+~-]*{PLAIN_END}",
    re.IGNORECASE | re.ASCII,
)


def why_no_id(user: str) -> str:
    """Why this cannot be what the platform calls somebody; else ""."""
    return "" if _PLAIN.fullmatch(user) and user not in NO_IDS else looked_at(user)


def looked_at(user: str) -> str:
    """As `why_no_id`, of whatever text."""
    if user in _STATES:
        return _("This is a word of a consent, and no id.")
    if user in NO_IDS:
        return (
            _("This sums the rows up, and is no id.")
            if user in _SUMS
            else _("This is the name of a column, and no id.")
        )
    if not any(map(str.isalnum, user)):
        return _("This has neither letters nor digits: it is a line, and no id.")
    if not encodable(user):
        return _("The id holds a character that cannot be sent (half of a surrogate pair).")
    if not unicodedata.is_normalized("NFC", user):
        return _("The letters of the id are taken apart, as macOS does in names of files.")
    if _several(user):
        return _("There is more than one id here.")
    return next((_(why) for odd, why in _ODD if odd.match(user)), "")


def shape(text: str) -> str:
    """How an id is made: of letters here, of digits there."""
    return re.sub("[0-9]+", "0", re.sub("[A-Za-z]+", "a", text))


def _several(user: str) -> bool:
    """Whether commas or blanks part a text into ids that are all made alike."""
    parts, made = re.split("[,;]", user), "0"
    if len(parts) == 1:
        parts, made = user.split(), "a.*0|0.*a"  # numbers may be one number of a telephone
    alike = {shape(part.strip()) for part in parts}
    several = len(parts) > 1 and len(alike) == 1 and re.search(made, alike.pop()) is not None
    return several and not _COMMAS.fullmatch(user)


def require_ids(values: Iterable[str]) -> None:
    """Raises ConsoleError for the first of them that is none. Where nobody can be read, a write to it would
    be accepted and reach nobody."""
    for value in values:
        if why := why_no_id(value):
            raise ConsoleError(
                _("Is this an id?"),
                _("{word}: {why} Nothing was sent.").format(word=sanitize(value, 80), why=why),
                _("Leave it out; if a user is called so, say the kind of the id (--kind, F2 on the screen)."),
            )
