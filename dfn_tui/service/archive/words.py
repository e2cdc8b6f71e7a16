"""What is said of how far behind the archive is. Light: every command that may write says it."""

from dfn_tui.text import _, ngettext


def left_words(count: int, reason: str) -> str:
    """That so many entries are still to be archived, and why."""
    words = ngettext("{count} entry is not archived yet.", "{count} entries are not archived yet.", count)
    said = words.format(count=f"{count:,}") if count else _("Whether all is archived is not known.")
    return f"{said} {reason}".strip()
