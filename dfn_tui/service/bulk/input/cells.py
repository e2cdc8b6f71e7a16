"""What a single cell says: the user's id it holds, or what is wrong with it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Generic, TypeVar

from dfn_tui.api.types import IdentityKind
from dfn_tui.consent.likeness import is_consent_word
from dfn_tui.service.bulk.input.heads import says_yes
from dfn_tui.service.bulk.input.records import Bad, RowFault, shown_user
from dfn_tui.service.changes.fields import EditSet, FieldEdit
from dfn_tui.service.changes.no_ids import BULLET, NO_IDS, PLAIN_END, why_no_id
from dfn_tui.service.changes.values import ValueRefused, parse_ci
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import DASHES, NULL_WORDS, bare_id

_KEPT = 1024  # edit sets and names remembered, so that memory does not grow with the file
_SHORT = 512  # characters of what is worth remembering
_NAME_SHOWN = 40

EMPTY_WORDS = NULL_WORDS | DASHES
# Ids that need no closer look. `phonenumbers` agrees on the mobile numbers, but takes 30 µs for each.
_WORDS = sorted(word for word in NO_IDS if word[0].isalpha())
_PLAIN = re.compile(
    # Their first letters by themselves: most ids are done with at once.
    rf"(?![{''.join(sorted({word[0] for word in _WORDS}))}](?:{'|'.join(word[1:] for word in _WORDS)})\Z)"
    rf"[A-Za-z0-9가-힣][A-Za-z0-9_가-힣.@|/-]*{PLAIN_END}"
)
_PLAIN_OF = {
    IdentityKind.PHONE_NO: re.compile(r"8210[0-46-9][0-9]{7}"),
    IdentityKind.EMAIL: re.compile(r"[\w.+-]{1,64}@[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,2}", re.ASCII),
}
_KOREAN_MOBILE = re.compile(r"(?:\+?82-?|0)10-?([0-46-9][0-9]{3})-?([0-9]{4})")
_FORMULA = re.compile(r'="([^"]*)"')


class Problem(Exception):
    """What is wrong with a row. It does not leave the readers, which make a `Bad` of it."""

    def __init__(self, fault: RowFault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason

    def bad(self, line: int, kind: IdentityKind, user: str) -> Bad:
        return Bad(line, self.fault, self.reason, shown_user(kind, user))


def plain_user(kind: IdentityKind) -> Callable[[str], object]:
    """A quick test for ids that are fine as they are; what fails it is for `read_user`."""
    return _PLAIN_OF.get(kind, _PLAIN).fullmatch


def mobile_number(cell: str) -> str:
    """A Korean mobile number that is written as people write them, as the platform has it; else ""."""
    found = _KOREAN_MOBILE.fullmatch(cell)
    return f"8210{found[1]}{found[2]}" if found else ""


def is_empty(text: str, *, dashes: bool = True) -> bool:
    """Whether a bare text stands for an empty cell. `dashes`: where a dash can be nothing else."""
    return text in NULL_WORDS or (dashes and text in DASHES)


def is_word(text: str) -> bool:
    """Whether a text says yes or no, as columns of consents do."""
    return says_yes(text) is not None or is_consent_word(text)


def is_marked(text: str) -> bool:
    """Whether a bullet, or the number of an item, stands before an id."""
    return BULLET.match(text) is not None


def cell_text(cell: str) -> str:
    """What a cell says: `="0123"` is how spreadsheets are told to keep a zero, and means 0123."""
    formula = _FORMULA.fullmatch(bare_id(cell)) if "=" in cell else None
    return formula[1] if formula else cell


def read_user(kind: IdentityKind, cell: str) -> str:
    """The user's id that a cell holds. Raises Problem."""
    if plain_user(kind)(cell):
        return cell
    user = bare_id(cell_text(cell))
    if not user:
        raise Problem(RowFault.NO_ID, _("There is no id."))
    if user in EMPTY_WORDS:
        raise Problem(RowFault.NO_ID, _("“{word}” stands for an empty cell.").format(word=user))
    if kind is IdentityKind.PHONE_NO:
        user = unicodedata.normalize("NFKC", user)  # full-width digits are the same number
    if why := why_no_id(user):
        raise Problem(RowFault.BAD_ID, why)
    if kind is IdentityKind.PHONE_NO and (mobile := mobile_number(user)):
        return mobile
    if kind is not IdentityKind.USER_ID:
        try:
            return parse_ci(kind, user)[0]
        except ValueRefused as refused:
            raise Problem(RowFault.BAD_ID, refused.happened) from None
    return user


_Key = TypeVar("_Key")
_Found = TypeVar("_Found")
_Cells = TypeVar("_Cells")


def remember(known: dict[_Key, _Found], key: _Key, found: _Found, size: int) -> None:
    """Keeps what was found under `key`, unless its `size` in characters makes another find unlikely."""
    if size <= _SHORT and key not in known:
        keep(known, key, found)


def keep(known: dict[_Key, _Found], key: _Key, found: _Found) -> None:
    """Keeps what was found under `key`, and forgets all others where they are many."""
    if len(known) >= _KEPT:
        known.clear()
    known[key] = found


class Remarks:
    """What is to be said once of the cells that were read."""

    def __init__(self) -> None:
        self.trimmed = False
        self.empty: Counter[str] = Counter()
        """How often each word stood for an empty cell."""


class EditReader(Generic[_Cells]):
    """What rows ask for, by what stands in them. `read` gives the edits of a row beside those `for_all`, and
    may raise Problem. `known` are those of rows seen before. `users_only`: a row may ask for nothing."""

    def __init__(
        self,
        for_all: Sequence[FieldEdit],
        read: Callable[[_Cells], Iterable[FieldEdit]],
        *,
        users_only: bool = False,
    ) -> None:
        self.known: dict[object, EditSet | Problem] = {}
        self._for_all = tuple(for_all)
        self._read = read
        self._users_only = users_only

    def of(self, cells: _Cells, key: object, size: int) -> EditSet:
        """What a row with these cells asks for. Raises Problem."""
        found = self.known.get(key)
        if found is None:
            try:
                found = self._of(cells)
            except Problem as problem:
                found = problem
            remember(self.known, key, found, size)
        if isinstance(found, Problem):  # anew: one that was raised holds on to what raised it
            raise Problem(found.fault, found.reason)
        return found

    def _of(self, cells: _Cells) -> EditSet:
        edits = [*self._for_all, *self._read(cells)]
        if len(edits) > len({edit.name for edit in edits}):  # a kind takes ten times as long to hash
            twice = next((one for one, other in combinations(edits, 2) if one[:2] == other[:2]), None)
            if twice is not None:
                raise Problem(RowFault.NAME, _("{name} is given twice.").format(name=twice.name))
        if not (edits or self._users_only):
            raise Problem(RowFault.NOTHING, _("The row asks for no change."))
        return EditSet.of(edits)


def problem_with_value(name: str, refused: ValueRefused) -> Problem:
    """The problem that a value of that field is."""
    shown = sanitize(name, _NAME_SHOWN)
    return Problem(RowFault.VALUE, _("{name}: {reason}").format(name=shown, reason=refused.happened))
