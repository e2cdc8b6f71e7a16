"""What each source says when it is asked for one token."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import SecretStr

from dfn_tui.config import TokenKind
from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.command import CommandFailed, token_from
from dfn_tui.credentials.kernel import KernelKeyring, KernelUnusable
from dfn_tui.credentials.system_keyring import SystemKeyring
from dfn_tui.credentials.token import BadToken, Settings, Source, SourceStatus, clean_token
from dfn_tui.text import _

TOKEN_VARIABLE = "DFN_TUI_TOKEN"  # noqa: S105  a variable's name
EXPORT_VARIABLE = "DFN_TUI_EXPORT_TOKEN"


class SourceAnswer(NamedTuple):
    """What one source said, and why, in a sentence. `locked`: unlocking the keyring may help."""

    status: SourceStatus
    reason: str
    token: SecretStr | None = None
    locked: bool = False


def variable_of(kind: TokenKind) -> str:
    """The environment variable that gives that kind of token."""
    return EXPORT_VARIABLE if kind is TokenKind.EXPORT else TOKEN_VARIABLE


def entry_of(connection: str, kind: TokenKind) -> str:
    """What a token is called in every store: `prod/api`."""
    return f"{connection}/{kind}"


def address_entry(connection: str) -> str:
    """What the address of its tokens is called beside them. No kind of token is called so."""
    return f"{connection}/address"


async def from_environment(kind: TokenKind, environ: Mapping[str, str]) -> SourceAnswer:
    """A variable that is set to something else than a token is a mistake."""
    variable = variable_of(kind)
    given = environ.get(variable)
    if not given:
        return SourceAnswer(SourceStatus.OFF, _("{name} is not set.").format(name=variable))
    try:
        token = clean_token(given)
    except BadToken as bad:
        reason = _("The variable {variable} is set, but not to a token. {reason}")
        return SourceAnswer(SourceStatus.FAILED, reason.format(variable=variable, reason=bad.happened))
    reason = _("The token is from the variable {name}.").format(name=variable)
    return SourceAnswer(SourceStatus.USED, reason, token)


async def from_command(kind: TokenKind, settings: Settings, environ: Mapping[str, str]) -> SourceAnswer:
    """Runs the connection's program, where one is configured."""
    command = settings.command_for(kind)
    if not command:
        return SourceAnswer(SourceStatus.OFF, _("No command is configured for this token."))
    try:
        token = await token_from(command, environ)
    except CommandFailed as failed:
        return SourceAnswer(SourceStatus.FAILED, failed.reason)
    return SourceAnswer(SourceStatus.USED, _("The token is from the connection's command."), token)


async def from_keyring(entry: str, chosen: Source | None, keyring: SystemKeyring) -> SourceAnswer:
    """Not asked where the kernel's keyring was chosen: an older token may still be here."""
    if chosen is Source.KERNEL:
        return SourceAnswer(SourceStatus.NOT_ASKED, _("This token was put into the kernel's keyring."))
    try:
        token = await keyring.read(entry)
    except NoKeyring as none:
        return SourceAnswer(SourceStatus.FAILED, none.reason, locked=isinstance(none, KeyringLocked))
    if token is None:
        reason = _("The keyring has no token {entry} yet.").format(entry=entry)
        return SourceAnswer(SourceStatus.EMPTY, reason)
    return SourceAnswer(SourceStatus.USED, _("The token is from the keyring."), token)


async def from_kernel(
    entry: str, chosen: Source | None, settings: Settings, kernel: KernelKeyring
) -> SourceAnswer:
    """Only where the configuration allows it, and never in place of a keyring that was chosen."""
    if not settings.kernel:
        reason = _("The configuration does not set kernel_keyring = true.")
        return SourceAnswer(SourceStatus.OFF, reason)
    if chosen is Source.KEYRING:
        reason = _("This token was put into the keyring; nothing weaker is taken in its place.")
        return SourceAnswer(SourceStatus.NOT_ASKED, reason)
    try:
        token = kernel.read(entry)
    except KernelUnusable as unusable:
        return SourceAnswer(SourceStatus.FAILED, unusable.reason)
    if token is None:
        reason = _("The kernel's keyring has no token {entry}, or it has expired.")
        return SourceAnswer(SourceStatus.EMPTY, reason.format(entry=entry))
    return SourceAnswer(SourceStatus.USED, _("The token is from the kernel's keyring."), token)
