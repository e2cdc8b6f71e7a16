"""A secret from a program that prints it: `pass`, `age`, a vault's client."""

import asyncio
import base64
import binascii
import errno
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from dfn_tui.credentials.backends import NoKeyring
from dfn_tui.credentials.token import BadToken, Unusable, clean_token
from dfn_tui.errors import system_reason
from dfn_tui.paths import child_environment
from dfn_tui.text import _, sanitize

LIMIT = 10.0
"""Seconds a program may take."""
KEPT = 65_536
"""Bytes of each of its outputs that are looked at."""
_SHOWN = 400  # characters of its error output that go into a reason
_PIECE = 4  # characters: anything shorter in its output is no part of a token worth hiding


JOURNAL_KEY_BYTES = 32


class CommandFailed(Unusable):
    """The program gave no token. Its output is not repeated in the error."""


class KeyCommandFailed(NoKeyring):
    """The program gave no key for the journal. Its output is not repeated in the error."""


async def token_from(
    command: Sequence[str], environ: Mapping[str, str] = os.environ, limit: float = LIMIT
) -> SecretStr:
    """The token that a program prints in its first line. Raises `CommandFailed`. As `_first_line`."""
    shown = _("The token's command {program}").format(program=sanitize(command[0], 80))
    line = await _first_line(command, shown, environ, limit)
    try:
        return clean_token(line)
    except BadToken as bad:
        reason = _("The first line that the token's command {program} printed is no token. {why}")
        program = sanitize(command[0], 80)
        raise CommandFailed(reason.format(program=program, why=bad.happened)) from None


async def journal_key_from(
    command: Sequence[str], environ: Mapping[str, str] = os.environ, limit: float = LIMIT
) -> bytes:
    """The journal's key that a program prints in its first line: 32 bytes, in base64 or as 64 hexadecimal
    digits. Raises `KeyCommandFailed`. As `_first_line`."""
    program = sanitize(command[0], 80)
    shown = _("The command of the journal's key, {program},").format(program=program)
    try:
        line = await _first_line(command, shown, environ, limit)
    except CommandFailed as failed:
        raise KeyCommandFailed(failed.reason) from None
    if (key := _key_in(line.strip())) is not None:
        return key
    reason = _(
        "The first line that the command of the journal's key, {program}, printed is no key: it must be 32 "
        "bytes in base64, as “openssl rand -base64 32” makes them, or 64 hexadecimal digits."
    )
    raise KeyCommandFailed(reason.format(program=program))


def _key_in(line: str) -> bytes | None:
    """A short or a guessable text is no key: nothing is derived from one."""
    for decode in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
        try:
            key = decode(line)
        except (ValueError, binascii.Error):
            continue
        if len(key) == JOURNAL_KEY_BYTES and len(set(key)) > 1:
            return key
    return None


async def _first_line(command: Sequence[str], shown: str, environ: Mapping[str, str], limit: float) -> str:
    """The first line that a program prints. `shown` is what errors call it. Raises `CommandFailed`.

    It runs without a shell and without our own variables, can read nothing and has no terminal, so it
    cannot ask for anything on the screen. After `limit` seconds it is killed with all it started in its
    process group.
    """
    if os.sep in command[0] and not Path(command[0]).is_absolute():
        reason = _("{command} depends on the folder one starts in. Give its whole path.")
        raise CommandFailed(reason.format(command=shown))
    try:
        process = await asyncio.create_subprocess_exec(
            _found(command[0], environ),
            *command[1:],
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=_inherited(environ),
            start_new_session=True,  # a process group to kill as one, and no terminal to draw on
        )
    except OSError as error:
        reason = _("{command} cannot be run: {error}.")
        raise CommandFailed(reason.format(command=shown, error=system_reason(error))) from None
    try:
        async with asyncio.timeout(limit):
            out, err, code = await asyncio.gather(
                _drain(process.stdout), _drain(process.stderr), process.wait()
            )
    except TimeoutError:
        reason = _("{command} did not end within {seconds:g} seconds and was killed.")
        raise CommandFailed(reason.format(command=shown, seconds=limit)) from None
    finally:
        await _end(process)
    if code != 0:
        raise CommandFailed(_failure(shown, code, out, err))
    return out.partition("\n")[0]


def _found(program: str, environ: Mapping[str, str]) -> str:
    """Where that program lies: a bare name in no folder that depends on where one starts. Raises
    `FileNotFoundError`."""
    found = program if Path(program).is_absolute() else shutil.which(program, path=_path(environ))
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    return found


def _path(environ: Mapping[str, str]) -> str:
    """The folders that programs are looked for in: whole paths only."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(filter(os.path.isabs, folders)) or os.defpath


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """With `GPG_TTY` gone, no pinentry draws over the console."""
    kept = {name: value for name, value in child_environment(environ).items() if name != "GPG_TTY"}
    return kept | {"PATH": _path(environ)}


async def _drain(stream: asyncio.StreamReader | None) -> str:
    """All of a stream is read, so that its writer can end; only the beginning is kept."""
    assert stream is not None
    kept = b""
    while piece := await stream.read(KEPT):
        kept += piece[: KEPT - len(kept)]
    return kept.decode("utf-8", "replace")


async def _end(process: Process) -> None:
    """Nothing of a program that did not end in time, or that nobody waits for any more, is left running."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _failure(shown: str, code: int, out: str, err: str) -> str:
    for line in sorted(map(str.strip, out.splitlines()), key=len, reverse=True):
        if len(line) >= _PIECE:
            err = err.replace(line, "[…]")
    said = sanitize(" ".join(err.split()), _SHOWN)
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        ended = _("{command} was ended by {signal}.").format(command=shown, signal=name)
    else:
        ended = _("{command} ended with exit code {code}.").format(command=shown, code=code)
    if not said:
        return ended
    return _("{ended} It said: {said}").format(ended=ended, said=said)
