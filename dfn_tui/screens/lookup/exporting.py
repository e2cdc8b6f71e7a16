"""The shown rows as a file, in the platform's own words."""

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from dfn_tui.consent.flags import Flag
from dfn_tui.consent.lints import lint
from dfn_tui.service.export import export
from dfn_tui.service.records import UserRecord


async def write_rows(rows: Sequence[UserRecord], flags: Sequence[Flag], name: str) -> Path:
    """Writes a new CSV file that only its owner may read, and gives its path. Raises NotExported."""

    def write(file: TextIO) -> None:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kind", "id", "name", *(flag.value for flag in flags), "findings", "read_at"])
        for one in rows:
            failed = one.failure.message if one.failure is not None else ""
            said = failed or " ".join(finding.text for finding in lint(one.shown_consents))
            states = [str(one.shown_consents.get(flag, "")) for flag in flags]
            at = one.snapshot.as_of if one.snapshot and one.snapshot.kept else None
            kind, value = one.identity
            writer.writerow([kind, value, one.name, *states, said, (at or one.read_at).isoformat()])

    return await asyncio.to_thread(export, name, write)
