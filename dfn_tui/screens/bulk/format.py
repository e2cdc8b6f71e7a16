"""Jobs as text: in a list, while one runs, and at its end."""

from collections.abc import Mapping

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.format import head_words
from dfn_tui.service.bulk.run.format import conflict_words, share_of, state_words
from dfn_tui.service.bulk.run.listing import JobSummary
from dfn_tui.service.bulk.run.records import JobRecord, RunProgress
from dfn_tui.service.change_format import count_words
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import korean_minute

_LONGEST_BAR = 50


def job_state(job: JobSummary) -> str:
    """Where a job stands."""
    return state_words(job.record.state, under_way=job.under_way)


def end_of_job(record: JobRecord, counts: Mapping[Outcome, int]) -> str:
    """How a job ended, in one line."""
    state = state_words(record.state, under_way=False)
    words = _("Job {job}: {state}. {counts}")
    return words.format(job=sanitize(record.id, 60), state=state, counts=", ".join(count_words(counts)))


def done_words(done: int, total: int) -> str:
    """`1,200 of 80,000 users`."""
    return _("{done} of {total} users").format(done=f"{done:,}", total=f"{total:,}")


def progress_bar(progress: RunProgress, width: int) -> str:
    """`[####......]  41 %  33,000 of 80,000 users`, in signs that every terminal has, on one line of that
    many columns."""
    share = share_of(progress)
    words = f"  {share:3} %  {done_words(progress.done, progress.total)}"
    room = min(_LONGEST_BAR, width - len(words) - 2)
    if room < 1:
        return words.strip()
    full = room * share // 100
    return f"[{'#' * full}{'.' * (room - full)}]{words}"


def job_lines(job: JobSummary) -> list[str]:
    """A job that does not run here: how far it came, how its users ended, and what was approved."""
    record = job.record
    counts = count_words(job.ended, job.nothing_set)
    lines = [done_words(job.done, job.total), *(f"  {words}" for words in counts)]
    if record.why:
        lines.append(_("Why it stopped: {why}").format(why=sanitize(record.why, 300)))
    if job.under_way:
        lines.append(_("Another console or command runs it."))
    lines += ["", *_approved(job), *head_words(job.head)]
    return lines


def _approved(job: JobSummary) -> list[str]:
    record = job.record
    lines = [
        _("Begun {time} KST by {by}, reason: {reason}").format(
            time=korean_minute(record.begun), by=sanitize(record.by, 80), reason=sanitize(record.reason, 200)
        )
    ]
    if record.evidence:
        lines.append(_("Evidence: {evidence}").format(evidence=sanitize(record.evidence, 200)))
    lines += [_("Acknowledged: {warning}").format(warning=sanitize(text, 300)) for text in record.warnings]
    rule = conflict_words(record.on_conflict)
    lines.append(_("Users changed since by someone else: {rule}").format(rule=rule))
    return lines
