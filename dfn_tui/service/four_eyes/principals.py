"""Which person this is: a user of this host, by a map that root alone can write."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dfn_tui.config.model import ConfigError
from dfn_tui.config.reading import parse_toml, read_text
from dfn_tui.config.team_policy import TeamPolicy
from dfn_tui.errors import system_reason
from dfn_tui.service.four_eyes.ssh import REVOKED, SignatureRefused
from dfn_tui.text import _, ngettext, sanitize
from dfn_tui.trust import exposure_but_to_root

LOGIN_UID = Path("/proc/self/loginuid")
_UNSET = 2**32 - 1
_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")  # no sign of a pattern, nor of an option


class People(NamedTuple):
    """Who is who on this host, by `file`. `users` is the principal of each of its users that has one;
    `signers` the file that says whose key is whose."""

    users: Mapping[str, str]
    signers: Path
    file: Path

    @property
    def principals(self) -> list[str]:
        """Everybody, once."""
        return sorted(set(self.users.values()))

    def me(self) -> str:
        """The principal who sits here. Raises `SignatureRefused` where that is nobody, or more than one."""
        uid = person()
        mine = sorted({name for user, name in self.users.items() if _uid_of(user) == uid})
        if len(mine) == 1:
            return mine[0]
        user, file = sanitize(_user_name(uid), 60), sanitize(str(self.file))
        words = ngettext(
            "{file} names no principal for {user}, who is logged in here.",
            "{file} names {count} principals for {user}, who is logged in here.",
            len(mine) or 1,
        )
        raise SignatureRefused(
            _("Who you are is not known"),
            words.format(file=file, user=user, count=len(mine)),
            _("Whoever administers this host writes it there: {user} = “you@company”").format(user=user),
        )


def person() -> int:
    """The number of the user who logged in, whoever they became since by `sudo` or `su`; where the system
    does not say, of the one who runs this. The environment is not asked: it says what one likes."""
    try:
        uid = int(LOGIN_UID.read_text("ascii"))
    except (OSError, ValueError):
        uid = _UNSET
    return os.getuid() if uid == _UNSET else uid


def known_people(policy: TeamPolicy) -> People:
    """Who is who by the files that the policy names. Raises `SignatureRefused` where one is missing, is not
    right, or others than root could have written it."""
    try:
        revoked = policy.allowed_signers.with_name(REVOKED)
        for file in (policy.allowed_signers, policy.principals):
            _check_trust(file)
        if os.path.lexists(revoked):
            _check_trust(revoked)
        text = read_text(policy.principals)
        return People(_users(text or "", policy.principals), policy.allowed_signers, policy.principals)
    except ConfigError as error:
        raise _unusable(error.happened) from None


def _check_trust(file: Path) -> None:
    try:
        exposed = exposure_but_to_root(file)
        # A folder, or a pipe that ssh-keygen would wait for.
        regular = file.is_file()
    except OSError as error:
        words = _("{file} cannot be read: {reason}.")
        raise _unusable(words.format(file=sanitize(str(file)), reason=system_reason(error))) from None
    if exposed is not None:
        raise _unusable(exposed.why, exposed.hint)
    if not regular:
        raise _unusable(_("{file} is not a file.").format(file=sanitize(str(file))))


def _users(text: str, file: Path) -> dict[str, str]:
    document = parse_toml(text, file)
    users = document.pop("users", None)
    if document or not isinstance(users, dict):
        words = _("{file} holds something else than one table, [users].")
        raise _unusable(words.format(file=sanitize(str(file))))
    for user, name in users.items():
        if not (isinstance(name, str) and _PRINCIPAL.fullmatch(name)):
            words = _("{file}: what {user} is has to be a principal, like “kim@company.kr”.")
            raise _unusable(words.format(file=sanitize(str(file)), user=sanitize(user, 60)))
    return users


def _unusable(why: str, hint: str = "") -> SignatureRefused:
    return SignatureRefused(
        _("Who is who is not known"),
        why,
        hint or _("Whoever administers this host has to mend it, as root."),
    )


def _uid_of(user: str) -> int | None:
    import pwd  # noqa: PLC0415  not on Windows

    try:
        return pwd.getpwnam(user).pw_uid
    except (KeyError, ValueError):
        return None


def _user_name(uid: int) -> str:
    import pwd  # noqa: PLC0415  as above

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
