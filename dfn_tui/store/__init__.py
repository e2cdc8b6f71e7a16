"""The journal: what was about to be written, by whom and why, and how it ended. It outlives the console."""

from dfn_tui.store.consoles import RunningConsole
from dfn_tui.store.errors import JournalError
from dfn_tui.store.hosts import journal_file
from dfn_tui.store.journal import Journal
from dfn_tui.store.messages import explain_redaction, explain_verification
from dfn_tui.store.records import (
    ChainFault,
    DutyNote,
    Entry,
    FieldChange,
    FieldKind,
    FieldOutcome,
    Filter,
    Intent,
    IntentGroup,
    IntentUser,
    Operator,
    OutcomeGroup,
    OutcomeRecord,
    Redaction,
    Ref,
    Subject,
    Verification,
)
from dfn_tui.store.together import AllJournals

__all__ = [
    "AllJournals",
    "ChainFault",
    "DutyNote",
    "Entry",
    "FieldChange",
    "FieldKind",
    "FieldOutcome",
    "Filter",
    "Intent",
    "IntentGroup",
    "IntentUser",
    "Journal",
    "JournalError",
    "Operator",
    "OutcomeGroup",
    "OutcomeRecord",
    "Redaction",
    "Ref",
    "RunningConsole",
    "Subject",
    "Verification",
    "explain_redaction",
    "explain_verification",
    "journal_file",
]
