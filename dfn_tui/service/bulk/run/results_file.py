"""The results of a job as a file for spreadsheets."""

import csv
from pathlib import Path
from typing import TextIO

from dfn_tui.errors import ConsoleError
from dfn_tui.files import new_private_text
from dfn_tui.service.bulk.run.job import Job, open_job
from dfn_tui.service.bulk.run.results import COLUMNS, results
from dfn_tui.text import _, sanitize


class NotWritten(ConsoleError):
    """The results were not written to a file."""


def write_results(job: Path, text: str, *, revealed: bool = False) -> Path:
    """Writes how each user of the job at `job` ended to a new file, named by `text`, that only its owner may
    read, and says where that is. Personal values are masked unless `revealed`.

    Raises PlanError, and NotWritten, also where there is such a file already.
    """
    with open_job(job) as opened:
        place = _place(text)
        try:
            with new_private_text(place, newline="") as file:
                write_rows(opened, file, revealed=revealed)
        except FileExistsError:
            raise _not_written(
                _("There is such a file already, and nothing is written over."), _("Give another name.")
            ) from None
        except (OSError, ValueError) as error:
            raise _not_written(_why(error), _("Give another path, or make room.")) from error
        return place


def write_rows(job: Job, file: TextIO, *, revealed: bool = False) -> None:
    """Writes the same as CSV to an open file. Raises PlanError and OSError."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(row.cells() for row in results(job, revealed=revealed))


def _place(text: str) -> Path:
    try:
        return Path(text.strip()).expanduser().absolute()
    except (RuntimeError, ValueError) as error:
        raise _not_written(_why(error), _("Give another path.")) from error


def _why(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return sanitize(reason, 200) + "."


def _not_written(happened: str, next_step: str) -> NotWritten:
    return NotWritten(_("Not written"), happened, next_step)
