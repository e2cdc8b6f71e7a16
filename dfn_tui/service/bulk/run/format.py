"""A job in words: how its users ended, and how far it is. All of it is inert."""

import shlex
from datetime import datetime, timedelta

from dfn_tui.service.bulk.plan.format import span
from dfn_tui.service.bulk.run.records import JobRecord, JobState, OnConflict, Phase, RunProgress
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


def conflict_words(rule: OnConflict) -> str:
    """What is done about users that somebody changed since the plan was made."""
    return {
        OnConflict.STOP: _("stop at the first one"),
        OnConflict.SKIP: _("set them aside"),
        OnConflict.OVERWRITE: _("send all the same, without looking"),
    }[rule]


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


def progress_words(progress: RunProgress, requests: int, now: datetime) -> list[str]:
    """How far a run is, in three lines: what it is at, what it is held to, and what holds it up. So many
    `requests` are under way at the aware instant `now`."""
    return [_at_words(progress), _limit_words(progress, requests), _held_up(progress, now)]


def _at_words(progress: RunProgress) -> str:
    doing = {
        Phase.SETTLING: _("looking at what an earlier run left open"),
        Phase.SENDING: _("sending"),
        Phase.READING_BACK: _("reading back: {checked} users read").format(checked=f"{progress.checked:,}"),
        Phase.OVER: _("over"),
    }[progress.phase]
    speed = _("{users:.0f} users/s").format(users=progress.users_per_second)
    left = "" if progress.seconds_left is None else _("{time} left").format(time=span(progress.seconds_left))
    return " · ".join(filter(None, (doing, speed, left)))


def _limit_words(progress: RunProgress, requests: int) -> str:
    limit = ngettext(
        "at most {limit} request a minute", "at most {limit} requests a minute", progress.limit
    ).format(limit=f"{progress.limit:,}")
    under_way = _("{requests} of at most {window} under way").format(
        requests=requests, window=progress.window
    )
    return f"{limit} · {under_way}"


def _held_up(progress: RunProgress, now: datetime) -> str:
    found = []
    if progress.paused:
        found.append(_("PAUSED: what is under way is finished, nothing more is sent"))
    if progress.waiting_seconds > 0:
        until = now + timedelta(seconds=progress.waiting_seconds)
        found.append(
            _("waiting for the server until {time} KST").format(time=korean_clock(until, seconds=True))
        )
    if progress.waiting:
        words = ngettext(
            "{users} user of unknown outcome is looked at again",
            "{users} users of unknown outcome are looked at again",
            progress.waiting,
        )
        found.append(words.format(users=f"{progress.waiting:,}"))
    return " · ".join(found)
