"""`dfn-tui preflight`: who of a list may be sent to, who may not, and why. The platform is only read."""

import argparse
from datetime import datetime
from pathlib import Path

from dfn_tui.cli.bulk.lists import check_new_file, list_name, opened_list
from dfn_tui.cli.bulk.output import opened_for_many
from dfn_tui.cli.bulk.preflight_view import preflight_view, records
from dfn_tui.cli.exit_codes import ExitCode, of_failures
from dfn_tui.cli.forms import write_records
from dfn_tui.cli.ids import STDIN
from dfn_tui.cli.output import say, what_was_done
from dfn_tui.cli.session import server_progress
from dfn_tui.consent.campaign import Campaign, Eligibility
from dfn_tui.consent.flags import Channel
from dfn_tui.consent.night import night_at
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.reading import BulkInput
from dfn_tui.service.bulk.plan.file import BadRow
from dfn_tui.service.bulk.plan.format import bad_words, reading_words
from dfn_tui.service.bulk.plan.making import Reading
from dfn_tui.service.bulk.preflight import LiveConsents, Preflight, PreflightReport
from dfn_tui.service.bulk.preflight_format import (
    campaign_name,
    may_words,
    never_words,
    night_words,
    read_words,
    unfit_words,
)
from dfn_tui.service.bulk.preflight_lists import CampaignLists, WrittenList
from dfn_tui.service.bulk.sending_time import sending_time
from dfn_tui.service.bulk.session import BulkSession
from dfn_tui.service.types import Capabilities
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.text.korea import spoken_time


def preflight(args: argparse.Namespace) -> ExitCode:
    """Judges every user of a list, and writes the lists asked for. Raises `ConsoleError`."""
    _check_files(args)
    with opened_for_many(args) as (bulk, runner):
        has = bulk.session.capabilities
        _require_consents(has)
        at = sending_time(args.at, bulk.session.clock())
        night = not args.informational and night_at(at).inside
        campaign = Campaign(Channel(args.channel), night, args.informational)
        report = PreflightReport(campaign, has.flags, args.include_never_set)
        with (
            opened_list(args, has, users_only=True) as source,
            CampaignLists(report, source.kind.value, args.may, args.may_not) as lists,
        ):
            for remark in source.source.remarks():
                say(remark)
            try:
                runner.run(_read_all(args, bulk, source, report, lists))
            except (KeyboardInterrupt, ConsoleError):
                say(_how_far(report))
                raise
            written = lists.finish(replace=args.force)
            for remark in source.remarks():
                say(remark)
        return _tell(args, report, at, written)


def _check_files(args: argparse.Namespace) -> None:
    """Raises `ConsoleError`, before anybody is read, where the lists could not be written as asked."""
    paths: list[Path] = [path for path in (args.may, args.may_not) if path is not None]
    words = _("The list would take the place of the one that was given")
    for path in paths:
        check_new_file(path, args.file, words, force=args.force)
        if str(path) == STDIN or path.is_dir():
            raise ConsoleError(
                _("A list is written to a file"),
                _("{path} is none. Nobody was read.").format(path=sanitize(str(path), 200)),
                _("Name a new file."),
            )
    if len({path.resolve() for path in paths}) < len(paths):
        raise ConsoleError(
            _("Two lists for one file"),
            _("Who may be sent to and who may not cannot stand in one list. Nobody was read."),
            _("Name two files."),
        )


def _require_consents(has: Capabilities) -> None:
    """Raises `ConsoleError` over a connection that tells nobody's consents."""
    if not has.read_by:
        raise ConsoleError(
            _("Version 2 cannot be read"),
            _("A pre-flight needs the consents of every user, and this API version tells nobody's."),
            _("Use a connection of version 1."),
        )


async def _read_all(
    args: argparse.Namespace,
    bulk: BulkSession,
    source: BulkInput,
    report: PreflightReport,
    lists: CampaignLists,
) -> None:
    async with server_progress() as line, bulk.reading(args.limit) as client:

        def on_progress() -> None:
            total = report.taken.users if report.taken else None
            line.show(reading_words(Reading(report.rows, report.read, total)))

        await Preflight(source, LiveConsents(client), report, lists.keep, on_progress).go()


def _how_far(report: PreflightReport) -> str:
    if report.taken is None:
        return _("Nobody was read, and no list was written.")
    words = _("{read} of {total} users were read. No list was written.")
    return words.format(read=f"{report.read:,}", total=f"{report.taken.users:,}")


def _tell(
    args: argparse.Namespace, report: PreflightReport, at: datetime, written: list[WrittenList]
) -> ExitCode:
    assert report.taken is not None
    found = list(records(report, at, list(zip(_results(args), written, strict=True))))
    with what_was_done():
        write_records(args, found, preflight_view(report))
    for row in report.bad:
        say(bad_words(BadRow(row.line, row.fault, row.reason, row.shown)))
    say(
        _("{list}: {campaign}, {at} KST.").format(
            list=sanitize(list_name(args), 200), campaign=campaign_name(report.campaign), at=spoken_time(at)
        )
    )
    found_words = (may_words(report), read_words(report), unfit_words(report), never_words(report))
    for words in filter(None, (night_words(report.campaign, at), *found_words)):
        say(words)
    for one in written:
        users = ngettext("{count} user", "{count} users", one.users).format(count=f"{one.users:,}")
        path = sanitize(str(one.path), 200)
        say(_("{path}: {users}, sha256 {digest}").format(path=path, users=users, digest=one.digest))
    if report.whole:
        return ExitCode.DONE
    return of_failures([*report.errors.values(), *([None] if report.taken.bad else [])])


def _results(args: argparse.Namespace) -> list[str]:
    wanted = ((Eligibility.MAY, args.may), (Eligibility.MAY_NOT, args.may_not))
    return [result.value for result, path in wanted if path is not None]
