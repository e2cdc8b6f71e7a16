"""What each source says when it is asked for one token."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import SecretStr

from dfn_tui.credentials.backends import KeyringLocked, NoKeyring
from dfn_tui.credentials.command import CommandFailed, token_from
from dfn_tui.credentials.kernel import KernelKeyring, KernelUnusable
from dfn_tui.credentials.system_keyring import SystemKeyring
from dfn_tui.credentials.token import BadToken, Settings, Source, SourceStatus, Step, TokenKind, clean_token
from dfn_tui.text import _

TOKEN_VARIABLE = "DFN_TUI_TOKEN"  # noqa: S105  a variable's name
EXPORT_VARIABLE = "DFN_TUI_EXPORT_TOKEN"


class SourceAnswer(NamedTuple):
    """What one source said. `decides`: no source after it is asked, whether there is a token or not."""

    step: Step
    token: SecretStr | None = None
    decides: bool = False
    locked: bool = False


def variable_of(kind: TokenKind) -> str:
    """The environment variable that gives that kind of token."""
    return EXPORT_VARIABLE if kind is TokenKind.EXPORT else TOKEN_VARIABLE


def entry_of(connection: str, kind: TokenKind) -> str:
    """What a token is called in every store: `prod/api`."""
    return f"{connection}/{kind}"


async def from_environment(kind: TokenKind, environ: Mapping[str, str]) -> SourceAnswer:
    """A variable that is set to something else than a token is a mistake, and decides."""
    variable = variable_of(kind)
    given = environ.get(variable)
    if not given:
        return _said(Source.ENVIRONMENT, SourceStatus.OFF, _("{name} is not set.").format(name=variable))
    try:
        token = clean_token(given)
    except BadToken as bad:
        reason = _("The variable {variable} is set, but not to a token. {reason}")
        reason = reason.format(variable=variable, reason=bad.happened)
        return _said(Source.ENVIRONMENT, SourceStatus.FAILED, reason, decides=True)
    return _used(Source.ENVIRONMENT, _("The token is from the variable {name}.").format(name=variable), token)


async def from_command(kind: TokenKind, settings: Settings, environ: Mapping[str, str]) -> SourceAnswer:
    """A command that is configured decides: where it fails, an older token from elsewhere would not do."""
    command = settings.command_for(kind)
    if not command:
        return _said(Source.COMMAND, SourceStatus.OFF, _("No command is configured for this token."))
    try:
        token = await token_from(command, environ)
    except CommandFailed as failed:
        return _said(Source.COMMAND, SourceStatus.FAILED, failed.reason, decides=True)
    return _used(Source.COMMAND, _("The token is from the connection's command."), token)


async def from_keyring(entry: str, chosen: Source | None, keyring: SystemKeyring) -> SourceAnswer:
    """Not asked where the kernel's keyring was chosen: an older token may still be here."""
    if chosen is Source.KERNEL:
        reason = _("This token was put into the kernel's keyring.")
        return _said(Source.KEYRING, SourceStatus.NOT_ASKED, reason)
    try:
        token = await keyring.read(entry)
    except NoKeyring as none:
        step = Step(Source.KEYRING, SourceStatus.FAILED, none.reason)
        return SourceAnswer(step, locked=isinstance(none, KeyringLocked))
    if token is None:
        reason = _("The keyring has no token {entry} yet.").format(entry=entry)
        return _said(Source.KEYRING, SourceStatus.EMPTY, reason)
    return _used(Source.KEYRING, _("The token is from the keyring."), token)


async def from_kernel(
    entry: str, chosen: Source | None, settings: Settings, kernel: KernelKeyring
) -> SourceAnswer:
    """Only where the configuration allows it, and never in place of a keyring that was chosen."""
    if not settings.kernel:
        return _said(
            Source.KERNEL, SourceStatus.OFF, _("The configuration does not set kernel_keyring = true.")
        )
    if chosen is Source.KEYRING:
        reason = _("This token was put into the keyring; nothing weaker is taken in its place.")
        return _said(Source.KERNEL, SourceStatus.NOT_ASKED, reason)
    try:
        token = kernel.read(entry)
    except KernelUnusable as unusable:
        return _said(Source.KERNEL, SourceStatus.FAILED, unusable.reason)
    if token is None:
        reason = _("The kernel's keyring has no token {entry}, or it has expired.")
        return _said(Source.KERNEL, SourceStatus.EMPTY, reason.format(entry=entry))
    return _used(Source.KERNEL, _("The token is from the kernel's keyring."), token)


def _said(source: Source, status: SourceStatus, reason: str, *, decides: bool = False) -> SourceAnswer:
    return SourceAnswer(Step(source, status, reason), decides=decides)


def _used(source: Source, reason: str, token: SecretStr) -> SourceAnswer:
    return SourceAnswer(Step(source, SourceStatus.USED, reason), token, decides=True)
