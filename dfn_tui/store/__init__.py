"""The journal: what was about to be written, by whom and why, and how it ended. It outlives the console."""

from dfn_tui.store.consoles import RunningConsole
from dfn_tui.store.errors import JournalError
from dfn_tui.store.journal import Journal, journal_file
from dfn_tui.store.records import (
    Change,
    Cover,
    Ending,
    Entry,
    Fault,
    FieldOutcome,
    Filter,
    Intent,
    Operator,
    Outcome,
    Subject,
    Verification,
)
from dfn_tui.store.words import explain_cover, explain_verification

__all__ = [
    "Change",
    "Cover",
    "Ending",
    "Entry",
    "Fault",
    "FieldOutcome",
    "Filter",
    "Intent",
    "Journal",
    "JournalError",
    "Operator",
    "Outcome",
    "RunningConsole",
    "Subject",
    "Verification",
    "explain_cover",
    "explain_verification",
    "journal_file",
]
