"""Changes for many users at once, from a file, a pasted list or a script.

The input half: `open_input` reads users and what is wanted for each, a row at a time; `take_in` puts them
into SQLite, each user once.
"""

from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.intake import Taken, take_in
from dfn_tui.service.bulk.input.layout import Form, InputRefused
from dfn_tui.service.bulk.input.reading import BulkInput, open_input
from dfn_tui.service.bulk.input.records import Bad, Counts, Fault, Good, StoppedAtBadRow
from dfn_tui.service.changes.fields import EditSet, FieldEdit, NameRefused, parse_assignment

__all__ = [
    "Bad",
    "BulkInput",
    "Counts",
    "EditSet",
    "Fault",
    "FieldEdit",
    "FileUnreadable",
    "Form",
    "Good",
    "InputRefused",
    "NameRefused",
    "StoppedAtBadRow",
    "Taken",
    "open_input",
    "parse_assignment",
    "take_in",
]
