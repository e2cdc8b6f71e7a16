"""`dfn-tui journal archive`, and what other commands ask of the archive."""

import argparse
import asyncio
from contextlib import closing, suppress
from getpass import getpass

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.output import ProgressLine, say, write_lines
from dfn_tui.cli.stdin import is_terminal, piped_token
from dfn_tui.config import ConfigError, load
from dfn_tui.config.checks import Wrong
from dfn_tui.config.conninfo import conninfo
from dfn_tui.config.model import ArchiveConfig
from dfn_tui.errors import ConsoleError
from dfn_tui.paths import config_file
from dfn_tui.service.archive.sending import only_one, open_reader, open_sink, queue_of, send
from dfn_tui.service.archive.sink import ArchiveError, Origin
from dfn_tui.service.archive.tables import statements
from dfn_tui.store import journal_file
from dfn_tui.store.archive_verify import ArchiveVerification, compare
from dfn_tui.store.verify import Progress
from dfn_tui.text import _, ngettext


def configured() -> ArchiveConfig | None:
    """The archive of the configuration; None where there is none, or where the file cannot be used."""
    try:
        return load(config_file()).archive
    except ConfigError:
        return None


def _needed() -> ArchiveConfig:
    found = load(config_file()).archive
    if found is None:
        raise ArchiveError(
            _("The configuration names no archive."),
            _("Write [journal.archive] into it; see “help journal”."),
        )
    return found


def init(args: argparse.Namespace) -> int:
    """Makes the archive's table and roles, or prints how. Raises `ConsoleError`."""
    config = configured()
    writer = args.writer or (config and dict(config.dsn).get("user")) or "dfn_tui_writer"
    reader = args.reader or (config and dict(config.reader_dsn).get("user")) or "dfn_tui_reader"
    made = statements(writer, reader)
    if args.print:
        write_lines(line for statement in made for line in f"{statement};".splitlines())
        return ExitCode.DONE
    if args.dsn is None:
        raise ConsoleError(
            _("Nothing was made"),
            _("Which role may make the table was not said."),
            _("Give --dsn “host=… dbname=… user=…”, or --print for whoever runs the database."),
        )
    try:
        place = dict(conninfo(args.dsn))
    except Wrong as wrong:
        raise ConsoleError(_("Nothing was made"), _("--dsn cannot be used."), wrong.right) from None
    _make(place, made)
    say(
        _(
            "The archive is there. Give {writer} and {reader} a way to log in: a password or a certificate."
        ).format(writer=writer, reader=reader)
    )
    return ExitCode.DONE


def _make(place: dict[str, str], made: list[str]) -> None:
    from pydantic import SecretStr  # noqa: PLC0415  not for --print

    from dfn_tui.service.archive.postgres import PostgresArchive  # noqa: PLC0415  as above

    typed = (
        getpass(_("Password of {user} (empty: none): ").format(user=place["user"])) if is_terminal() else ""
    )
    with closing(PostgresArchive(place, SecretStr(typed) if typed else None)) as database:
        database.run("BEGIN")  # all of it or nothing
        for statement in made:
            database.run(statement)
        database.run("COMMIT")


def send_(_args: argparse.Namespace) -> int:
    """Sends all that is not archived yet. Raises `ConsoleError`."""
    config, path = _needed(), journal_file()
    queue = queue_of(config, path)
    behind = queue.behind()
    with only_one(path) as mine, ProgressLine() as progress:
        if not mine and behind:
            raise ArchiveError(_("Another process sends it at this moment."))
        count = send(
            queue,
            lambda: open_sink(config),
            lambda sent: progress.show(
                _("{count} of {all} entries archived").format(count=f"{sent:,}", all=f"{behind:,}")
            ),
        )
    say(
        ngettext("{count} entry was archived.", "{count} entries were archived.", count).format(
            count=f"{count:,}"
        )
    )
    return ExitCode.DONE


def password(args: argparse.Namespace) -> int:
    """Keeps the password of a role. Raises `ConsoleError`."""
    from dfn_tui.credentials import NoKeyring, clean_token  # noqa: PLC0415  pydantic, for this alone
    from dfn_tui.credentials.archive import keep_archive_password  # noqa: PLC0415  as above

    secret = clean_token(getpass(_("Password: "))) if is_terminal() else piped_token()
    try:
        asyncio.run(keep_archive_password(args.role, secret))
    except NoKeyring as none:
        raise ArchiveError(none.reason, _("Name a program in password_command instead.")) from None
    say(_("The password is kept in the keyring."))
    return ExitCode.DONE


def verified(progress: Progress) -> ArchiveVerification:
    """This account's journal beside what was archived of it. Raises `ConsoleError`."""
    config, path = _needed(), journal_file()
    with closing(open_reader(config)) as archive, closing(archive.hashes(Origin.here())) as archived:
        return compare(path, archived, queue_of(config, path).known(), progress)


def left() -> int:
    """How many entries are not archived; 0 where there is no archive, and where that cannot be read."""
    config = configured()
    with suppress(ConsoleError):  # whoever asks has something else to say of the journal
        return 0 if config is None else queue_of(config, journal_file()).behind()
    return 0
