"""What a snapshot shows of a job's users, where none can be read: what was accepted is then seen, or not.

Only one whose export began after the job had ended is asked. Who shows what was wanted becomes confirmed. Who
shows something else is named and stays accepted: how fresh an export is, nobody documents.
"""

from functools import partial

from dfn_tui.errors import ConsoleError
from dfn_tui.outcomes import IN_SNAPSHOT, Outcome
from dfn_tui.service.bulk.run.job import Job
from dfn_tui.service.bulk.run.records import JobRecord, UserEnd
from dfn_tui.service.bulk.run.run_log import RunLog
from dfn_tui.service.changes.outcome import shows_all
from dfn_tui.service.changes.reading import fields_of
from dfn_tui.service.snapshots.reader import SnapshotReader, seen_words
from dfn_tui.service.snapshots.snapshots import Snapshots
from dfn_tui.store import OutcomeGroup
from dfn_tui.store.snapshot import SnapshotHead
from dfn_tui.text import _
from dfn_tui.text.korea import spoken_time

_AHEAD = 2000


class SnapshotTooOld(ConsoleError):
    """No snapshot tells of the job: there is none, or its export began too early."""


async def fit_snapshot(snapshots: Snapshots | None, record: JobRecord) -> SnapshotHead:
    """The head of the snapshot that tells of that job. Raises `SnapshotTooOld` and what reading it does."""
    status = await snapshots.status() if snapshots is not None else None
    if status is not None and status.trouble is not None:
        raise status.trouble
    step = _("Take one, and verify then: dfn-tui snapshot take")
    if status is None or status.head is None:
        happened = _("This API version reads no single user, and there is no snapshot.")
        raise SnapshotTooOld(_("Nothing to verify with"), happened, step)
    if record.ended is None:
        raise SnapshotTooOld(
            _("The job has not ended"),
            _("What it writes from now on would be in no snapshot."),
            _("Let it end, or stop it; take a snapshot then."),
        )
    if status.head.began < record.ended:
        raise SnapshotTooOld(
            _("The snapshot is too old for this job"),
            _("Its export began {began}, and the job ended {ended} (KST).").format(
                began=spoken_time(status.head.began, seconds=True),
                ended=spoken_time(record.ended, seconds=True),
            ),
            step,
        )
    return status.head


async def confirm_seen(run_log: RunLog, reader: SnapshotReader, head: SnapshotHead) -> int:
    """Writes down of each accepted user whom the snapshot shows as wanted that this is so, and says how many
    they are. Raises what the snapshot, the journal and the job's file raise."""
    after, count = -1, 0
    message = seen_words(head)
    question = partial(Job.ended_in, outcome=Outcome.ACCEPTED, limit=_AHEAD)
    while found := await run_log.ask(partial(question, after=after)):
        after = found[-1][0].number
        fields = {field for user, _was in found for field in fields_of(user.group.changes)}
        records = await reader.read_fields([user.identity for user, _was in found], fields)
        ended = [
            UserEnd(user.number, was.seq, Outcome.CONFIRMED, IN_SNAPSHOT, message)
            for user, was in found
            if was.code is None and shows_all(user.group.changes, records[user.identity])
        ]
        seqs = tuple(one.seq for one in ended if one.seq is not None)
        group = OutcomeGroup(seqs, Outcome.CONFIRMED, code=IN_SNAPSHOT, message=message)
        run_log.end(ended, [group] if seqs else [])
        count += len(ended)
    await run_log.flush()
    return count
