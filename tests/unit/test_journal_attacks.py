"""What is found of each attack on the journal, and what is not: carried out, and as the manual says."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dfn_tui.paths import manual_files
from dfn_tui.store import Journal
from dfn_tui.store.archive_queue import ArchiveQueue
from dfn_tui.store.archive_verify import compare
from dfn_tui.store.body import GENESIS, canonical, chained
from dfn_tui.store.known_head import KnownHead, remember, remembered, remembered_file
from tests.unit.archives import ArchiveInMemory
from tests.unit.journals import KEY, OTHER_KEY, filled, intent, tampering, ticking

COLUMNS = ("no key", "a key", "a head kept elsewhere", "an archive")


class Kept:
    """A journal with a key, or without; what was noted of it; and a copy of both as they were before."""

    def __init__(self, folder: Path, key: bytes | None) -> None:
        self.path, self.key = folder / "journal.db", key
        self.old = folder / "old"
        filled(self.path, key)
        self.note()
        self.old.mkdir()
        for file in folder.glob("journal.db*"):
            shutil.copy(file, self.old)
        with Journal(self.path, key, clock=ticking()) as journal:
            journal.begin([intent("u-9"), intent("u-10")])
        self.elsewhere = self.note()

    def note(self) -> KnownHead:
        """Ends a run that wrote."""
        with Journal(self.path, self.key) as journal:
            head = journal.head()
        remember(self.path, head, self.key)
        return head

    def restore(self, *, whole: bool) -> None:
        """Puts the older copy back, with what was remembered then or without."""
        for file in self.path.parent.glob("journal.db*"):
            if file != remembered_file(self.path):
                file.unlink()
        for file in self.old.iterdir():
            if whole or file.name != remembered_file(self.path).name:
                shutil.copy(file, self.path.parent)


def rebuild(connection: sqlite3.Connection, count: int) -> None:
    """Makes the chain anew for the first entries, head and all."""
    digest = GENESIS
    for seq, body in connection.execute("SELECT seq, body FROM entry ORDER BY seq").fetchall():
        digest = chained(digest, body.encode())
        connection.execute("UPDATE entry SET hash = ? WHERE seq = ?", (digest, seq))
    connection.execute("UPDATE head SET count = ?, hash = ?", (count, digest))


def edit(connection: sqlite3.Connection) -> None:
    [text] = connection.execute("SELECT body FROM entry WHERE seq = 3").fetchone()
    changed = canonical(json.loads(text) | {"reason": "another one"})
    connection.execute("UPDATE entry SET body = ? WHERE seq = 3", (changed,))


def cut(connection: sqlite3.Connection) -> None:
    for table in ("entry", "intent", "sealed"):
        connection.execute(f"DELETE FROM {table} WHERE seq > 8")


def edited(kept: Kept) -> None:
    with tampering(kept.path) as connection:
        edit(connection)


def removed_entry(kept: Kept) -> None:
    with tampering(kept.path) as connection:
        connection.execute("DELETE FROM entry WHERE seq = 3")


def cut_off(kept: Kept) -> None:
    with tampering(kept.path) as connection:
        cut(connection)


def edited_and_rebuilt(kept: Kept) -> None:
    with tampering(kept.path) as connection:
        edit(connection)
        rebuild(connection, 10)


def rebuilt_unsigned(kept: Kept) -> None:
    edited_and_rebuilt(kept)
    with tampering(kept.path) as connection:
        connection.execute("UPDATE head SET key_id = NULL, since = NULL, signed = NULL, signature = NULL")


def rebuilt_and_remembered(kept: Kept) -> None:
    rebuilt_unsigned(kept)
    with Journal(kept.path) as journal:
        head = journal.head()
    remember(kept.path, head, None)


def cut_and_rebuilt(kept: Kept) -> None:
    with tampering(kept.path) as connection:
        cut(connection)
        rebuild(connection, 8)
        connection.execute("UPDATE head SET key_id = NULL, since = NULL, signed = NULL, signature = NULL")


def rolled_back(kept: Kept) -> None:
    kept.restore(whole=False)


def rolled_back_whole(kept: Kept) -> None:
    kept.restore(whole=True)


def removed(kept: Kept) -> None:
    for file in kept.path.parent.glob("journal.db*"):
        if file != remembered_file(kept.path):
            file.unlink()


def removed_whole(kept: Kept) -> None:
    removed(kept)
    remembered_file(kept.path).unlink()


def forked(kept: Kept) -> None:
    """An older copy that others went on with, and remembered."""
    kept.restore(whole=True)
    with Journal(kept.path, kept.key and OTHER_KEY, clock=ticking()) as journal:
        journal.begin([intent("u-9", connection="other"), intent("u-10"), intent("u-11")])
        head = journal.head()
    remember(kept.path, head, kept.key and OTHER_KEY)


ATTACKS: dict[str, Callable[[Kept], None]] = {
    "an entry is edited": edited,
    "an entry is removed": removed_entry,
    "the end is cut off": cut_off,
    "an entry is edited, and all hashes after it are made anew": edited_and_rebuilt,
    "the same, and the signature is taken away": rebuilt_unsigned,
    "the same, and what is remembered beside it is made anew": rebuilt_and_remembered,
    "the end is cut off, the head is made anew, and the signature is taken away": cut_and_rebuilt,
    "an older copy is put in its place": rolled_back,
    "the same, with what is remembered beside it": rolled_back_whole,
    "it is removed": removed,
    "it is removed, with what is remembered beside it": removed_whole,
    "an older copy is gone on with by somebody else": forked,
}


def found(kept: Kept, key: bytes | None, known: Sequence[KnownHead | None]) -> bool:
    with Journal(kept.path, key) as journal:
        return not journal.verify(known=[head for head in known if head is not None]).whole


def found_by_archive(kept: Kept, archive: ArchiveInMemory) -> bool:
    """Whether it is found without a key, before and after what lies there now is archived as well."""

    def fault() -> object:
        return compare(kept.path, archive.hashes(), ArchiveQueue(kept.path, "it").known()).fault

    at_once = fault()
    archive.take_all(kept.path)
    return found(kept, None, []) or None not in (at_once, fault())


def row(folder: Path, attack: Callable[[Kept], None]) -> list[bool]:
    """Whether it is found without a key, with the key and what lies beside it, by a head kept elsewhere, by
    what was archived."""
    folder.mkdir()
    for name in "abcd":
        (folder / name).mkdir()
    plain, sealed, noted = Kept(folder / "a", None), Kept(folder / "b", KEY), Kept(folder / "c", None)
    archived, archive = Kept(folder / "d", None), ArchiveInMemory()
    archive.take_all(archived.path)
    for kept in (plain, sealed, noted, archived):
        attack(kept)
    return [
        found(plain, None, [remembered(plain.path, None)]),
        found(sealed, KEY, [remembered(sealed.path, KEY), sealed.elsewhere]),  # as the keyring has it
        found(noted, None, [noted.elsewhere]),
        found_by_archive(archived, archive),
    ]


def in_words(one: bool) -> str:
    return "found" if one else "not found"


@pytest.mark.slow
def test_the_manual_says_what_is_found_of_each_attack(tmp_path: Path) -> None:
    table = [f"| attack | {' | '.join(COLUMNS)} |", "|---|---|---|---|---|"]
    for number, (name, attack) in enumerate(ATTACKS.items()):
        table.append(f"| {name} | {' | '.join(map(in_words, row(tmp_path / str(number), attack)))} |")
    assert "\n".join(table) in manual_files()["journal"].read_text(encoding="utf-8"), "\n".join(table)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_journal_nobody_touched_is_whole(tmp_path: Path, key: bytes | None) -> None:
    kept = Kept(tmp_path, key)
    assert not found(kept, key, [remembered(kept.path, key), kept.elsewhere])
    archive = ArchiveInMemory()
    archive.take_all(kept.path)
    assert not found_by_archive(kept, archive)
    with Journal(kept.path, key, clock=ticking()) as journal:
        journal.begin([intent("u-12")])
    assert not found_by_archive(kept, archive)
    assert not found(kept, key, [remembered(kept.path, key), kept.elsewhere]), "it may go on"


def test_what_is_remembered_counts_with_the_key_only_where_it_was_signed_with_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path, KEY)
    remember(kept.path, KnownHead(99, bytes(32)), OTHER_KEY)
    assert remembered(kept.path, KEY) is None
    remembered_file(kept.path).write_text("no head at all")
    assert remembered(kept.path, None) is None
    remembered_file(kept.path).write_bytes(b"\xff" * 2000)
    assert remembered(kept.path, None) is None


@pytest.mark.parametrize("text", ["", "7", "7:ab", "x:" + "0" * 64, "7:" + "g" * 64, "-1:" + "0" * 64])
def test_texts_that_are_no_head(text: str) -> None:
    assert KnownHead.read(text) is None
