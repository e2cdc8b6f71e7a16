"""What is staged, in a line."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.text import Text

from dfn_tui.consent.flags import Flag, State, grants_night
from dfn_tui.consent.messages import short_name, state_glyph
from dfn_tui.service.records import FieldKind, UserChange
from dfn_tui.text import _, ngettext


def edits_words(changes: Sequence[UserChange]) -> str:
    """`12 users, 13 edits`."""
    users = ngettext("{count} user", "{count} users", len(changes)).format(count=f"{len(changes):,}")
    count = sum(len(change.fields) for change in changes)
    edits = ngettext("{count} edit", "{count} edits", count).format(count=f"{count:,}")
    return f"{users}, {edits}"


def staged_words(staged: Iterable[UserChange], here: int = 0) -> Text:
    """`Staged 12 users, 13 edits · SMS → ○ 12 · push → ○ 1`; empty where nothing is staged.

    `here` so many of the edits are of the user on the screen, which is said where others are staged too.
    """
    changes = [change for change in staged if change.fields]
    if not changes:
        return Text()
    count = sum(len(change.fields) for change in changes)
    text = Text.assemble((_("Staged") + " ", "strong.staged"), (edits_words(changes), "bold"))
    if 0 < here < count:
        text.append(" · " + _("{count} of them here").format(count=here), "label")
    kinds = Counter(
        (field.name, str(field.after)) if field.kind is FieldKind.CONSENT else (field.kind.value, "")
        for change in changes
        for field in change.fields
    )
    for (name, after), times in kinds.most_common():
        text.append(" · ", "label")
        if after:
            text.append(f"{short_name(Flag(name))} → ", "label")
            role = "danger" if grants_night(Flag(name), State(after)) else "staged"
            text.append(f"{state_glyph(State(after))} {times:,}", role)
        else:
            words = _("properties") if name == FieldKind.PROPERTY else _("identifiers")
            text.append(f"{words} {times:,}", "label")
    return text
