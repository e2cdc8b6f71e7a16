"""What the configuration may say of the archive, and what it must not."""

from pathlib import Path

import pytest

from dfn_tui.config import ConfigError
from dfn_tui.config.checks import Wrong
from dfn_tui.config.conninfo import conninfo
from dfn_tui.config.model import ArchiveKind
from dfn_tui.config.reading import load, parse

PATH = Path("/etc/dfn/config.toml")
FAR = "host=audit.example dbname=audit user=dfn_tui_writer sslrootcert=/etc/ssl/audit.pem"
NEAR = "host=127.0.0.1 dbname=audit user=dfn_tui_writer"


def archive(*lines: str) -> str:
    return "\n".join(["[journal]", "keep_days = 365", "[journal.archive]", *lines])


def test_reads_an_archive_on_postgresql() -> None:
    config = parse(
        archive('to = "postgresql"', f'dsn = "{FAR}"', 'password_command = ["pass", "show", "audit"]'), PATH
    )
    found = config.archive
    assert found is not None
    assert (found.to, found.password_command) == (ArchiveKind.POSTGRESQL, ("pass", "show", "audit"))
    assert dict(found.dsn)["sslmode"] == "verify-full"
    assert config.journal_keep_days == 365


def test_reads_an_archive_in_the_syslog() -> None:
    found = parse(archive('to = "syslog"'), PATH).archive
    assert found is not None
    assert (found.to, found.socket) == (ArchiveKind.SYSLOG, "/dev/log")
    assert parse("[journal]\nkeep_days = 1\n", PATH).archive is None


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (['dsn = "host=/run dbname=a user=w"'], "journal.archive.to"),
        (['to = "postgresql"'], "journal.archive.dsn"),
        (['to = "tape"'], "journal.archive.to"),
        (['to = "syslog"', 'socket = "log"'], "journal.archive.socket"),
        (['to = "postgresql"', f'dsn = "{NEAR}"', f'reader_dsn = "{NEAR}"'], "journal.archive.reader_dsn"),
        (['to = "postgresql"', f'dsn = "{NEAR} password=tok-3f81c6"'], "journal.archive.dsn"),
        (['to = "postgresql"', 'password = "tok-3f81c6"'], "journal.archive.password"),
    ],
)
def test_what_is_wrong_is_named_and_never_repeated(lines: list[str], key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(archive(*lines), PATH)
    assert raised.value.key == key
    assert "tok-3f81c6" not in f"{raised.value!r} {raised.value.happened} {raised.value.next_step}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FAR, "verify-full"),
        (FAR + " sslmode=verify-full", "verify-full"),
        (NEAR, "prefer"),
        (NEAR + " sslmode=disable", "disable"),
        ("host=/run/postgresql dbname=audit user=w", "prefer"),
        ("postgresql://w@localhost:5433/audit", "prefer"),
        ("postgresql://w@audit.example/audit?sslrootcert=system", "verify-full"),
    ],
)
def test_off_this_machine_the_certificate_is_checked(text: str, says: str) -> None:
    found = dict(conninfo(text))
    assert (found["sslmode"], found["gssencmode"]) == (says, "disable")


@pytest.mark.parametrize(
    "text",
    [
        "",
        7,
        "audit",
        FAR + " sslmode=require",
        FAR + " sslmode=prefer",
        "host=audit.example dbname=audit user=w",
        "host=127.0.0.1,audit.example dbname=audit user=w",
        "host=127.0.0.1.audit.example dbname=audit user=w",
        "dbname=audit user=w",
        "host='' dbname=audit user=w",
        "host=localhost dbname=audit",
        "host=localhost host=audit.example dbname=audit user=w",
        NEAR + " hostaddr=192.0.2.1",
        NEAR + " service=other",
        NEAR + " gssencmode=require",
        NEAR + " options='-c log_statement=all'",
        NEAR + " password=x",
        "postgresql://w:secret@localhost/audit",
        "postgresql://w@localhost/audit?hostaddr=192.0.2.1",
        "postgresql://w@localhost/audit?host=audit.example",
        "postgresql://w@localhost:x/audit",
        "https://w@localhost/audit",
        NEAR + "\n",
        "host=" + "a" * 5000,
    ],
)
def test_connection_strings_that_are_refused(text: object) -> None:
    with pytest.raises(Wrong):
        conninfo(text)


def test_a_value_in_quotes_is_read_as_libpq_reads_it() -> None:
    found = dict(conninfo(r"host=localhost dbname='the \'audit\'' user = 'dfn tui'"))
    assert (found["dbname"], found["user"]) == ("the 'audit'", "dfn tui")


def test_a_file_that_others_may_write_names_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(archive('to = "syslog"'))
    path.chmod(0o666)
    with pytest.raises(ConfigError):
        load(path)
