"""Who changed this person, from any host: read from the archive with the reader's rights."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from dfn_tui.config.model import ArchiveConfig
from dfn_tui.service.archive.postgres import ArchivedEntry, PostgresArchive
from dfn_tui.service.archive.sending import open_reader
from dfn_tui.service.archive.sink import Origin
from dfn_tui.store import Entry, Filter
from dfn_tui.store.archive_queue import about
from dfn_tui.store.body import Body, Unreadable, entry_of, read_body
from dfn_tui.store.sealing import Sealer
from dfn_tui.text import _, sanitize


class ArchivedHistory(NamedTuple):
    """The entries of a user, the newest first. `doubled`: the archive has two of one journal and number, of
    which one is none that the journal's own account wrote."""

    entries: list[Entry]
    doubled: list[tuple[Origin, int]]


def history_of(archive: PostgresArchive, user: str, key: bytes | None) -> ArchivedHistory:
    """What was changed of a user. One named by an e-mail address or a phone number is found with the key of
    the journal that it was written to. Raises `ArchiveError`."""
    names = [user, *([Sealer(key).handle(user)] if key else [])]
    handles = [about(name) for name in names]
    entries, seen, doubled = list[Entry](), set[tuple[Origin, int]](), list[tuple[Origin, int]]()
    ended = dict[tuple[Origin, object], Body]()
    for one, body in _readable(archive.outcomes(handles)):
        place = one.origin, one.seq
        if place in seen:
            doubled.append(place)
        seen.add(place)
        ended[one.origin, body.get("intent")] = body
    for one, body in _readable(archive.intents(handles)):
        place = one.origin, one.seq
        if place in seen:
            doubled.append(place)
        seen.add(place)
        try:
            if body["subject"]["handle"] in names:  # what it is found by is only what its writer said
                entries.append(entry_of(one.seq, body, ended.get(place)))
        except (Unreadable, KeyError, TypeError):
            continue
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return ArchivedHistory(entries, doubled)


def read_history(config: ArchiveConfig | None, user: str, key: bytes | None) -> ArchivedHistory:
    """As `history_of`, of the archive that the configuration names. For a thread. Raises `ArchiveError`."""
    with closing(open_reader(config)) as archive:
        return history_of(archive, user, key)


def doubled_words(origin: Origin, seq: int) -> str:
    """That one of two entries of one number is forged; inert."""
    words = _("Two entries {seq} of {account} on {host} were archived: one of them is none of that journal.")
    return words.format(seq=seq, account=sanitize(origin.account, 80), host=sanitize(origin.host, 80))


def _readable(found: Sequence[ArchivedEntry]) -> Iterator[tuple[ArchivedEntry, Body]]:
    for one in found:
        try:
            yield one, read_body(one.body)
        except Unreadable:
            continue


def fitting(entries: Iterable[Entry], wanted: Filter) -> Iterator[Entry]:
    """Those that fit, as the journal would find them; of users all are taken to fit."""
    return (entry for entry in entries if _fits(entry, wanted))


def _fits(entry: Entry, wanted: Filter) -> bool:
    intent, by, ended = entry.intent, entry.intent.operator, entry.outcome
    return (
        (wanted.flag is None or any(change.name == wanted.flag for change in intent.changes))
        and wanted.operator in (None, by.user, by.sudo_user)
        and wanted.connection in (None, intent.connection)
        and wanted.incident in (None, intent.incident)
        and wanted.host in (None, by.host)
        and (wanted.outcome is None or (ended is not None and ended.outcome is wanted.outcome))
        and not (wanted.unresolved and ended is not None)
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.until is None or entry.at < wanted.until)
    )
