"""A job in words: how its users ended, and how far it is. All of it is inert."""

import shlex
from datetime import datetime, timedelta

from dfn_tui.outcomes import Outcome
from dfn_tui.service.bulk.plan.format import span, status_words
from dfn_tui.service.bulk.plan.records import PlanStatus
from dfn_tui.service.bulk.run.listing import JobSummary, UnreadableJob
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict, Phase, RunProgress
from dfn_tui.service.change_format import count_words, nothing_set_count
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import korean_clock


def state_words(state: JobState, *, under_way: bool) -> str:
    """Where a job stands. `under_way`: some process runs it at this moment."""
    if under_way:
        return _("under way")
    return {
        JobState.RUNNING: _("cut short"),
        JobState.STOPPED: _("stopped"),
        JobState.ABORTED: _("given up"),
        JobState.FINISHED: _("finished"),
    }[state]


def unreadable_words(job: UnreadableJob) -> str:
    """What is wrong with a job that cannot be read."""
    return _("cannot be read: {why}").format(why=job.why)


def conflict_words(rule: OnConflict) -> str:
    """What is done about users that somebody changed since the plan was made."""
    return {
        OnConflict.STOP: _("send nothing more, and list them"),
        OnConflict.SKIP: _("set them aside"),
        OnConflict.OVERWRITE: _("send all the same, without looking"),
    }[rule]


def counts_of(job: JobSummary) -> list[str]:
    """How the users of a job ended, and how many its plan left out, and why."""
    return count_words(job.ended, in_snapshot=job.blind) + aside_words(job)


def aside_words(job: JobSummary) -> list[str]:
    """How many users were not sent whole, how many the plan of a job left out, and why."""
    words: list[str] = []
    if job.partly:
        said = _("{count} of the failed: all was sent but what is not readable; a new plan sends that later")
        words.append(said.format(count=f"{job.partly:,}"))
    aside = job.set_aside
    if nobody := aside.get(PlanStatus.UNKNOWN):
        words.append(_("{users}, not sent").format(users=nothing_set_count(nobody)))
    if unread := aside.get(PlanStatus.UNREADABLE):
        said = ngettext(
            "{count} user could not be read, not sent", "{count} users could not be read, not sent", unread
        )
        words.append(said.format(count=f"{unread:,}"))
    if partly := aside.get(PlanStatus.CHANGE):
        said = ngettext(
            "{count} user: a field could not be read, and was left alone",
            "{count} users: a field could not be read, and was left alone",
            partly,
        )
        words.append(said.format(count=f"{partly:,}"))
    others = (PlanStatus.CHANGED, PlanStatus.SAID_NO)
    return words + [f"{aside[one]:,} {status_words(one)}" for one in others if aside.get(one)]


def decision_words() -> dict[OnConflict, str]:
    """What can be decided about the users that are known to be changed by somebody else."""
    return {
        OnConflict.SKIP: _("Leave these and any later ones aside, and send the rest"),
        OnConflict.OVERWRITE: _("Send these, too, as planned, without looking"),
        OnConflict.STOP: _("Look at all again, and send nothing where one is still changed"),
    }


def conflict_lines(job: JobSummary) -> list[str]:
    """The users whom somebody changed, with what is there now; many of them are cut."""
    more = job.ended.get(Outcome.CONFLICT, 0) - len(job.conflicts)
    words = ngettext("… and {count} more user", "… and {count} more users", more)
    lines = [*job.conflicts, *([words.format(count=f"{more:,}")] if job.conflicts and more > 0 else [])]
    return [f"  {line}" for line in lines]


def kept_lines(job: JobSummary) -> list[str]:
    """How the job's file is kept, where that is to be known."""
    if job.locked:
        words = _("The job is sealed, and its key is not at hand: ids, reasons and messages are not shown.")
        return [words]
    if job.sealed:
        return []
    words = _("The job's file holds ids and values plainly, for you alone to read. {command}")
    typed = ["dfn-tui", "bulk", "clean", "--older-than", "1", "-c", sanitize(job.head.connection, 64)]
    return [words.format(command=_("Remove old ones: {command}").format(command=shlex.join(typed)))]


def left_words(record: JobRecord, progress: RunProgress, connection: str) -> str:
    """How far a job came that was stopped because its console ends, and the command that goes on with it."""
    words = ["dfn-tui", "bulk", "resume", sanitize(record.id, 60), "-c", sanitize(connection, 64)]
    return _("Job {job} was left after {done} of {total} users. Go on with it: {command}").format(
        job=sanitize(record.id, 60),
        done=f"{progress.done:,}",
        total=f"{progress.total:,}",
        command=shlex.join(words),
    )


def share_of(progress: RunProgress) -> int:
    """How much is done, in percent: 100 only at the end."""
    share = progress.done * 100 // progress.total if progress.total else 100
    return share if progress.phase is Phase.OVER else min(share, 99)


def doing_words(progress: RunProgress) -> str:
    """What a run is at, and for how long still."""
    doing = {
        Phase.SETTLING: _("looking at what an earlier run left open"),
        Phase.SENDING: _("sending"),
        Phase.READING_BACK: _("reading back: {checked} of {users} users read"),
        Phase.LOOKING: _("{checked} of {users} looked at for changes by someone else, nothing is sent"),
        Phase.OVER: _("over"),
    }[progress.phase].format(checked=f"{progress.checked:,}", users=f"{progress.to_check:,}")
    left = "" if progress.seconds_left is None else _("{time} left").format(time=span(progress.seconds_left))
    return " · ".join(filter(None, (doing, left)))


def under_way_words(progress: RunProgress, requests: int) -> str:
    """How many `requests` of a run are under way, and of how many at most."""
    return _("{requests} of at most {window} under way").format(requests=requests, window=progress.window)


def limit_words(progress: RunProgress, requests: int) -> str:
    """What a run is held to; so many `requests` are under way."""
    limit = ngettext(
        "at most {limit} request a minute", "at most {limit} requests a minute", progress.limit
    ).format(limit=f"{progress.limit:,}")
    return f"{limit} · {under_way_words(progress, requests)}"


def held_up_words(progress: RunProgress, now: datetime) -> str:
    """What holds a run up at the aware instant `now`; empty where nothing does."""
    found = []
    if progress.paused:
        found.append(_("PAUSED: what is under way is finished, nothing more is sent"))
    if progress.waiting_seconds > 0:
        until = now + timedelta(seconds=progress.waiting_seconds)
        found.append(
            _("waiting for the server until {time} KST").format(time=korean_clock(until, seconds=True))
        )
    if progress.waiting:
        found.append(unknown_words(progress.waiting))
    return " · ".join(found)


def left_open_words(users: int) -> str:
    """That so many users were sent of whom the job's file does not tell how they ended."""
    words = ngettext(
        "{users} user was sent, and how that ended could not be written down: look them up. A job that is "
        "gone on with does so first.",
        "{users} users were sent, and how that ended could not be written down: look them up. A job that is "
        "gone on with does so first.",
        users,
    )
    return words.format(users=f"{users:,}")


def unknown_words(users: int) -> str:
    """That so many users of unknown outcome are waited for."""
    words = ngettext(
        "{users} user of unknown outcome is looked at again",
        "{users} users of unknown outcome are looked at again",
        users,
    )
    return words.format(users=f"{users:,}")
