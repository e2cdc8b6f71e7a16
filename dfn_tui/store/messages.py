"""What verification and redacted values mean, in sentences."""

from dfn_tui.store.records import ChainFault, Redaction, Verification
from dfn_tui.text import _, ngettext


def explain_verification(found: Verification) -> str:
    """One or two sentences for the operator."""
    if found.fault is not None:
        return _fault(found.fault).format(seq=found.seq)
    said = ngettext(
        "The journal is whole: {count} entry.", "The journal is whole: {count} entries.", found.entries
    ).format(count=found.entries)
    if not found.entries:
        return said
    if found.signed is None:
        proof = _(
            "No key vouches for it: whoever can write the file could have rebuilt all of it, or cut its end."
        )
    else:
        first, last = found.signed
        proof = _("The key vouches for entries {first} to {last}.").format(first=first, last=last)
    return f"{said} {proof}"


def _fault(fault: ChainFault) -> str:
    return {
        ChainFault.ALTERED: _("Entry {seq} was altered: it does not fit the chain."),
        ChainFault.MISPLACED: _("The order was changed at entry {seq}: another entry belongs in its place."),
        ChainFault.MISSING: _("Entry {seq} was removed."),
        ChainFault.TRUNCATED: _("The end was cut off: entry {seq} was written but is not there."),
        ChainFault.ADDED: _("Entry {seq} was put in: the journal never wrote it."),
        ChainFault.LOST: _("A sealed value of entry {seq} was removed before its time."),
        ChainFault.FORGED: _("A sealed value of entry {seq} was altered."),
        ChainFault.LISTED_WRONG: _("Entry {seq} is chained as it was written; lists would show it wrongly."),
        ChainFault.UNSIGNED: _(
            "The signature does not fit: the entries up to {seq} are not the ones that were signed."
        ),
        ChainFault.ROLLED_BACK: _(
            "The journal held entry {seq} once, and ends before it now: an older copy is in its place, its "
            "end was cut off, or it was removed."
        ),
        ChainFault.FORKED: _(
            "Entry {seq} is not the one that the journal held once: another journal is in its place, or it "
            "was made anew from an earlier entry on."
        ),
        ChainFault.UNVOUCHED: _(
            "The key vouched for the entries up to {seq} once, and its signature is gone: the journal was "
            "changed by something else than this program."
        ),
    }[fault]


def explain_redaction(redaction: Redaction) -> str:
    """Why a value is masked, and so whether its change can be undone."""
    return {
        Redaction.SEALED: _("This value is sealed."),
        Redaction.NOT_KEPT: _("Only the mask was kept: no key was at hand when this was written."),
        Redaction.DROPPED: _("This value was dropped when its retention time was over."),
        Redaction.NO_KEY: _("This value is sealed, and the key is not available."),
        Redaction.WRONG_KEY: _("This value was sealed with another key."),
        Redaction.ALTERED: _("This sealed value was altered and cannot be opened."),
    }[redaction]
