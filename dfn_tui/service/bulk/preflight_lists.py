"""The lists that a pre-flight writes: who may be sent to, and who may not, with the reasons.

A list has its name when it is whole and not before: half of one would pass for the whole. Ids are written as
they were given, never guarded for spreadsheets: a guarded id would be another person's, or nobody's.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from os.path import lexists
from pathlib import Path
from typing import NamedTuple

from dfn_tui.files import Closing, sync
from dfn_tui.service.bulk.preflight import JudgedUser, PreflightReport
from dfn_tui.service.export import export_errors
from dfn_tui.temporary import TemporaryFiles
from dfn_tui.text.korea import korean_time

_WITH_REASONS = ("result", "reason", "as_read", "read_at_kst")


class WrittenList(NamedTuple):
    """A list that was written: how many users are on it, and the SHA-256 of the file, in hexadecimal."""

    path: Path
    users: int
    digest: str


class _ListFile:
    """One list in the making."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path.absolute()
        self.users = 0
        self._temporary = stack.enter_context(TemporaryFiles(self.path.parent))
        self._made = self._temporary.new(".part")
        self._file = stack.enter_context(self._made.open("wb"))
        self._digest = hashlib.sha256()

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        piece = text.getvalue().encode("utf-8", "surrogatepass")
        self._digest.update(piece)
        self._file.write(piece)

    def finish(self, *, replace: bool) -> WrittenList:
        self._file.close()
        sync(self._made)
        self._temporary.publish(self._made, self.path, replace=replace)
        return WrittenList(self.path, self.users, self._digest.hexdigest())


class CampaignLists(Closing):
    """The lists at `may` and `may_not`, where they are wanted, of users that are named by `kind`. Close it:
    what is not finished then is gone. Everything raises `NotExported`."""

    def __init__(self, report: PreflightReport, kind: str, may: Path | None, may_not: Path | None) -> None:
        self._report = report
        self._stack = ExitStack()
        with export_errors():
            try:
                self._may = None if may is None else _ListFile(may, self._stack)
                self._may_not = None if may_not is None else _ListFile(may_not, self._stack)
                if self._may is not None:
                    self._may.write([[kind]])
                if self._may_not is not None:
                    self._may_not.write([[kind, *_WITH_REASONS]])
            except BaseException:
                self.close()
                raise

    def keep(self, users: Sequence[JudgedUser]) -> None:
        """Writes each of these users to the list they belong to; who was never asked is on neither."""
        report = self._report
        with export_errors():
            if self._may is not None:
                may = [[one.record.identity.value] for one in users if report.may(one.verdict)]
                self._may.write(may)
                self._may.users += len(may)
            if self._may_not is not None:
                others = [self._with_reasons(one) for one in users if report.may_not(one.verdict)]
                self._may_not.write(others)
                self._may_not.users += len(others)

    def _with_reasons(self, one: JudgedUser) -> Sequence[str]:
        record, verdict = one
        states = record.consents_held
        asked = self._report.campaign.asked(self._report.flags)
        as_read = " ".join(f"{flag}={states[flag]}" for flag in asked if flag in states)
        return (
            record.identity.value,
            verdict.eligibility.value,
            verdict.reason.value,
            as_read,
            korean_time(record.as_of),
        )

    def finish(self, *, replace: bool = False) -> list[WrittenList]:
        """Gives the lists their names; in place of files that are there only if `replace`. Else both get
        theirs, or none does. Raises as all of this does."""
        lists = [one for one in (self._may, self._may_not) if one is not None]
        with export_errors():
            if not replace and any(lexists(one.path) for one in lists):
                raise FileExistsError
            written: list[WrittenList] = []
            try:
                for one in lists:
                    written.append(one.finish(replace=replace))
            except BaseException:
                if not replace:
                    for made in written:
                        made.path.unlink()
                raise
            return written

    def close(self) -> None:
        """Removes what has no name yet."""
        self._stack.close()
