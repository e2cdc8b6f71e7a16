"""How the rows of a look-up are painted: pieces of text, each at its column."""

from collections.abc import Callable, Collection, Mapping, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from dfn_tui.consent.flags import Consents, Flag, Purpose, grants_night
from dfn_tui.consent.messages import flag_label, state_glyph, state_role
from dfn_tui.screens.lookup.columns import MARGIN, Columns, columns
from dfn_tui.screens.lookup.rows import AS_ASKED, BY_FINDINGS, BY_ID, BY_NAME, UserRows
from dfn_tui.service.records import UserRecord
from dfn_tui.service.staging import Staging
from dfn_tui.service.types import Identity
from dfn_tui.text import _, sanitize

Role = str | tuple[str, str]
"""The name of a style, or that and the one of what lies behind it."""
Piece = tuple[int, str, Role]
"""A column, the text that begins there, and how it looks."""


WATCHED = "◎"
"""Left of the id of somebody who is watched; amber where they changed since."""


class RowPainter:
    """Knows the columns for a width, and what stands in them for each user."""

    def __init__(
        self, rows: UserRows, staging: Staging, flags: Sequence[Flag], watched: Mapping[Identity, bool]
    ) -> None:
        """`watched` are the users that are watched, and whether they changed since."""
        self.rows = rows
        self._watched = watched
        self._staging = staging
        self._flags = flags
        self.fit(80)

    def fit(self, width: int) -> None:
        """Lays the columns out anew, for this width and for who is in the rows now."""
        self._columns = columns(width, self._flags, self.rows.records.values())

    def head(self, line: int) -> list[Piece]:
        """One of the two lines above the rows: purposes, or the labels of the columns."""
        at = self._columns
        if not self.rows.records:
            return []
        if line == 0:
            heads = {Purpose.ADVERTISING: _("advertising"), Purpose.NIGHT: _("at night 21–08")}
            firsts = {flag.purpose: x for flag, x in reversed(at.flags)}
            return [(x, heads[purpose], "label") for purpose, x in firsts.items() if purpose in heads]
        pieces: list[Piece] = [(MARGIN, self._label(BY_ID, _("id")), "strong.label")]
        if at.name_width:
            pieces.append((at.name, self._label(BY_NAME, _("name")), "strong.label"))
        pieces += [(x, self._label(flag, flag_label(flag)), "label") for flag, x in at.flags]
        pieces.append((at.findings, self._label(BY_FINDINGS, _("finding") if at.head else "▲"), "label"))
        return pieces + [(x, "│", "faint") for x in at.rules]

    def _label(self, by: str, words: str) -> str:
        if by != self.rows.sorted_by or by == AS_ASKED:
            return words
        return words + (" ↓" if self.rows.backwards else " ↑")

    def row(self, place: int, *, here: bool, focused: bool) -> list[Piece]:
        """The row at that place; nothing where there is none. `here`: the cursor is on it."""
        if place >= len(self.rows.shown):
            return []
        at, record = self._columns, self.rows.shown[place]
        identity = record.identity
        marked = identity in self.rows.marked
        tint = ("cursor" if focused else "cursor.off") if here else ""
        pieces: list[Piece] = [(0, "▌" if here else " ", "" if focused else "label")]
        watched = self._watched.get(identity)
        role = "" if watched is None else "strong.warn" if watched else "staged"
        pieces.append((1, " " if watched is None else WATCHED, _both(role, tint)))
        known = record.failure is None and not record.unknown_to_server
        sign = "✓" if marked else " " if known else "✗"
        pieces.append((2, sign, _both("" if marked else "label", tint)))
        pieces.append((3, " ", tint))
        named = "strong.withdrawn" if marked else "" if known else "label"
        pieces.append((MARGIN, _padded(identity.value, at.id_width), _both(named, tint)))
        room = at.width - at.name - 1  # a bar to scroll by lies over the last column
        if record.failure is not None:
            code = f"{record.failure.code}: " if record.failure.code else ""
            words = sanitize(f"{code}{record.failure.message}", 200)
            return [*pieces, (at.name, _cut(words, room), "danger")]
        staged = self._staging.consents_of(identity)
        if identity in self.rows.stale:
            return [*pieces, (at.name, _cut(_("being read again…"), room), "label")]
        if not staged and (
            record.unknown_to_server or (record.profile is None and not record.shown_consents)
        ):
            words = _("not known to the server: a write would create it")
            if record.profile is None:
                words = _("not readable one by one: F10 takes a snapshot of everybody")
            if record.snapshot is not None and record.snapshot.why:
                words = record.snapshot.why
            return [*pieces, (at.name, _cut(words, room), "label")]
        pieces.append((at.name - 1, " ", tint))
        unknown = record.unknown_to_server
        name, role = (_("unknown"), "warn") if unknown else (record.name, "")
        pieces.append((at.name, _padded(name, at.name_width), _both(role, tint)))
        later = record.snapshot.flags_later if record.snapshot else frozenset[Flag]()
        # Who is not known has no consents, where one never asked has none of them set.
        now = {} if unknown else record.shown_consents
        for flag, x in at.flags:
            pieces += _cell(x, now, staged, flag, later)
        pieces += [(x, "│", "faint") for x in at.rules]
        return pieces + self._finding(record, at)

    def _finding(self, record: UserRecord, at: Columns) -> list[Piece]:
        texts = [one.text for one in self.rows.findings[record.identity]]
        if unreadable := record.shown_unreadable:
            fields = ", ".join(f"{name} ({why})" for name, why in unreadable.items())
            texts.append(sanitize(_("not readable: {fields}").format(fields=fields), 200))
        if record.unknown_to_server:
            texts = [_("nothing set: unknown to the server, or never asked")]
        if not texts:
            return []
        if not at.sentences:
            return [(at.findings, f"▲ {len(texts)}" if len(texts) > 1 else "▲", "warn")]
        more = _(" (+{count})").format(count=len(texts) - 1) if len(texts) > 1 else ""
        words = _cut(texts[0], at.width - at.findings - 2 - cell_len(more))
        return [(at.findings, "▲", "warn"), (at.findings + 2, words + more, "label")]


def _both(role: str, behind: str) -> Role:
    return (role, behind) if behind else role


def _cell(x: int, now: Consents, staged: Consents, flag: Flag, later: Collection[Flag]) -> list[Piece]:
    if flag in staged:
        role = "danger" if grants_night(flag, staged[flag]) else "staged"
        return [(x, "›" + state_glyph(staged[flag]), role)]
    if not now:
        return []
    state = now.get(flag)
    written = [(x, "~", "warn")] if flag in later else []
    return [*written, (x + 1, state_glyph(state), state_role(state))]


def _cut(words: str, width: int, *, pad: bool = False) -> str:
    text = Text(words)
    text.truncate(max(width, 0), overflow="ellipsis", pad=pad)
    return text.plain


def _padded(value: str, width: int) -> str:
    return _cut(sanitize(value, 200), width, pad=True)


def laid_out(pieces: list[Piece], width: int, base: Style, named: Callable[[str], Style]) -> Strip:
    """The pieces at their columns, blanks between them. One that would overlap or run over is left out.
    Roles are `named` styles upon `base`."""
    segments: list[Segment] = []
    end = 0
    for x, text, role in sorted(pieces, key=lambda piece: piece[0]):
        length = cell_len(text)
        if x < end or x + length > width:
            continue
        if x > end:
            segments.append(Segment(" " * (x - end), base))
        style = base
        for one in reversed(role if isinstance(role, tuple) else (role,)):
            style = style + named(one) if one else style
        segments.append(Segment(text, style))
        end = x + length
    segments.append(Segment(" " * max(width - end, 0), base))
    return Strip(segments, width)
