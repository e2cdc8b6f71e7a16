"""What the configuration says, once it has been found right."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _, sanitize

LOCK_AFTER = 10
"""Minutes, where the file does not say."""


class ApiVersion(StrEnum):
    """The API version: v1 is dfinery.io, v2 is dfinery.ai."""

    V1 = "v1"
    V2 = "v2"


class TokenKind(StrEnum):
    """Version 1 has one token for everything, version 2 one for writing and one for exporting."""

    API = "api"
    IMPORT = "import"
    EXPORT = "export"


class NamedBy(StrEnum):
    """What a connection of version 2 may name its users by."""

    EXTERNAL_ID = "external_id"
    PHONE_NO = "phone_no"
    EMAIL = "email"
    KAKAO_USER_ID = "kakao_user_id"
    LINE_USER_ID = "line_user_id"


class Environment(StrEnum):
    """What a change would touch."""

    PRODUCTION = "production"
    STAGING = "staging"
    SANDBOX = "sandbox"


class ColourTheme(StrEnum):
    """The colours of the console: the terminal's own, or ours on a dark or a light background."""

    TERMINAL = "terminal"
    DARK = "dark"
    LIGHT = "light"


class Language(StrEnum):
    """What the console speaks; AUTO: what the environment says."""

    EN = "en"
    KO = "ko"
    AUTO = "auto"


class ArchiveKind(StrEnum):
    """Where the journal's entries are sent to as well."""

    POSTGRESQL = "postgresql"
    SYSLOG = "syslog"


class ArchiveConfig(NamedTuple):
    """Where a copy of the journal is kept that no operator can change.

    `dsn` are the parameters of the writer's connection to PostgreSQL, `reader_dsn` those of the reader's;
    empty: none. Their passwords are what the first line of a command's output says, or else in the keyring.
    `socket` is where the local syslog listens.
    """

    to: ArchiveKind
    dsn: tuple[tuple[str, str], ...] = ()
    password_command: tuple[str, ...] = ()
    reader_dsn: tuple[tuple[str, str], ...] = ()
    reader_password_command: tuple[str, ...] = ()
    socket: str = "/dev/log"


class Connection(NamedTuple):
    """One service the console can be opened on. Tokens are no part of it, only where to get them.

    `base_url` None: the API version's own host. `service_id` is the query parameter that every call of
    version 2 carries; version 1 has none. `token_command` is a program with its arguments whose first
    line of output is the token, `export_token_command` the same for version 2's export token; empty:
    none. `kernel_keyring` lets the Linux kernel's keyring hold the tokens. `max_grants` users may be given a
    consent in one go, `max_users` may be written to; None: as many as everywhere. `max_withdrawals` is the
    only cap on withdrawals; None: none. So many `plan_hours` a plan that gives consents may be old. Bulk
    commands that do not only withdraw consents make `requests_per_minute`; None: half of what is documented.
    `identity` is what version 2's users are named by where nothing else is said. `legacy_push_optin`: its
    service still has the deprecated consent `df_push_optin`. A snapshot of version 2's users is deleted
    after `snapshot_hours`, and this host asks for `exports_per_hour`; None: 24 and 20.
    """

    name: str
    api: ApiVersion
    environment: Environment
    read_only: bool = False
    base_url: str | None = None
    service_id: str | None = None
    token_command: tuple[str, ...] = ()
    export_token_command: tuple[str, ...] = ()
    kernel_keyring: bool = False
    max_grants: int | None = None
    max_users: int | None = None
    requests_per_minute: int | None = None
    identity: str | None = None
    max_withdrawals: int | None = None
    plan_hours: int | None = None
    snapshot_hours: int | None = None
    exports_per_hour: int | None = None
    legacy_push_optin: bool = False
    sender: str = ""
    """Who sends the messages, as the law has notices name them."""
    consent_dates: tuple[tuple[str, str], ...] = ()
    """By flag, the property that bears the day on which that consent was given: written with each grant."""


class Config(NamedTuple):
    """The whole file at `path`, which need not exist. `default` names one of `connections`, or is None."""

    path: Path
    default: str | None
    connections: Mapping[str, Connection]
    journal_keep_days: int | None = None
    """After how many days the journal drops sealed personal values; None keeps them."""
    jobs_keep_days: int | None = None
    """After how many days finished bulk jobs are removed; None keeps them."""
    lock_after: int = LOCK_AFTER
    """After how many minutes without a key the console locks; 0: never."""
    theme: ColourTheme | None = None
    """None: dark where the terminal has the colours for it."""
    journal_key_command: tuple[str, ...] = ()
    """A program with its arguments whose first line of output is the journal's key; empty: the keyring."""
    ascii_glyphs: bool | None = None
    """Whether the console draws with ASCII alone; None: where the terminal makes two cells of its signs."""
    mouse: bool | None = None
    """Whether the console takes the mouse; None: not over SSH."""
    language: Language | None = None
    """What is spoken; None: what the environment says."""
    archive: ArchiveConfig | None = None
    """Where the journal's entries are sent to as well; None: nowhere."""


class ConfigError(ConsoleError):
    """The configuration cannot be read, used or written.

    `key` is the dotted key it is about (`connections.prod.api`), empty where the whole file is. The texts
    name the file and the key and what would be right; a value of the file is never repeated in them.
    `happened` has places for `file`, `key` and the others that are `named`.
    """

    def __init__(
        self,
        path: Path,
        happened: str,
        next_step: str,
        *,
        key: str = "",
        title: str | None = None,
        **named: object,
    ) -> None:
        happened = happened.format(file=sanitize(str(path)), key=key, **named)
        super().__init__(title or _("The configuration cannot be used"), happened, next_step)
        self.key = key
